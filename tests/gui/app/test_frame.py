"""The frame of the window: docks, layouts, command palette, keys, files, start page, status line, alarm call."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QDockWidget, QLineEdit, QListWidget, QMenu, QScrollArea

from daq import OutputState, Phase, RunStatus
from gui import MainWindow
from gui.app import transitions
from gui.app.command_palette import score
from gui.app.queue_state import QueueState
from gui.app.settings import Settings
from gui.app.state import StopRequest
from gui.app.status import status
from gui.common.queue_view import CampaignView, QueueView
from gui.common.run_facts import RunFacts
from gui.services.opening import Kind, OpeningError, kind_of
from tests.gui.kept_runs import put_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from tests.gui.window_operator import Operator

PATH = Path("runs/pulse.nxs")
NOW = datetime.now().astimezone()
FACTS = RunFacts(PATH, "Pulse", "Keithley 2461", 100.0, 1000, np.empty(0), np.empty(0))
PROTOCOL = (
    'name = "Mine"\n[sequence]\nkind = "pulse"\nlevel = "20 mV"\nwidth = "10 ms"\nafter = "50 ms"\n'
    '[sampling]\ninterval = "10 us"\n[limits]\nvoltage = "1 V"\ncurrent = "1 mA"\n'
)


@pytest.fixture
def in_a_run(operator: Operator) -> Iterator[Operator]:
    operator.window.store.apply(transitions.run_found, PATH, NOW)
    operator.window.store.apply(transitions.run_opened, FACTS)
    operator.window.store.apply(transitions.run_progressed, RunStatus(Phase.RUNNING, 250, 1000, OutputState.ON), NOW)
    yield operator
    operator.window.commands.leave_run()


def docks(window: MainWindow) -> dict[str, QDockWidget]:
    return {dock.objectName(): dock for dock in window.findChildren(QDockWidget)}


def actions_of(menu: QMenu) -> list[QAction]:
    found: list[QAction] = []
    for action in menu.actions():
        inner = action.menu()
        found += actions_of(inner) if isinstance(inner, QMenu) else [action] * (not action.isSeparator())
    return found


def all_actions(window: MainWindow) -> list[QAction]:
    menus = [menu for menu in window.findChildren(QMenu) if menu.objectName().startswith("menu.")]
    tops = [menu for menu in menus if not any(menu.menuAction() in other.actions() for other in menus)]
    return [action for menu in tops for action in actions_of(menu)]


def stop_asked(operator: Operator) -> bool:
    run = operator.window.store.state.run
    return run is not None and run.stop_request is not StopRequest.NONE


def palette(operator: Operator) -> tuple[QLineEdit, QListWidget]:
    QTest.keyClick(operator.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    dialog = operator.window.findChild(QDialog, "commandPalette")
    assert dialog is not None
    assert dialog.isVisible()
    edit, found = dialog.findChild(QLineEdit, "paletteEdit"), dialog.findChild(QListWidget, "paletteList")
    assert edit is not None
    assert found is not None
    return edit, found


# -- actions ----------------------------------------------------------------------------------------------------------


def test_every_action_has_a_name_a_text_a_tip_and_a_place_in_a_menu_and_no_key_twice(operator: Operator) -> None:
    listed = all_actions(operator.window)
    assert len(listed) > 25
    own = [action for action in listed if action.parent() is not None and not action.isCheckable()]
    for action in own:
        if action.objectName().startswith("menu.") or not action.isEnabled():
            continue
        assert action.text().strip(), action.objectName()
        assert action.toolTip().strip() not in {"", action.text()}, action.text()
    in_menus = set(map(id, listed))
    keyed = [action for action in operator.window.actions() if action.shortcut().toString()]
    assert [action.text() for action in keyed if id(action) not in in_menus] == []
    keys = Counter(key.toString() for action in keyed for key in action.shortcuts())
    assert [key for key, times in keys.items() if times > 1] == []
    assert {"F12", "Ctrl+.", "Ctrl+K", "Ctrl+R", "Ctrl+O", "Ctrl+Z"} <= set(keys) | {
        action.shortcut().toString() for action in listed
    }


def test_a_tool_tip_of_an_action_names_its_key(operator: Operator) -> None:
    for action in operator.window.actions():
        if action.isEnabled() and action.shortcut().toString() and not action.objectName().startswith("visit."):
            assert f"({action.shortcut().toString()})" in action.toolTip(), action.objectName()


# -- command palette --------------------------------------------------------------------------------------------------


def test_letters_find_the_beginnings_of_words_first() -> None:
    assert score("xyz", "Layout: measure") == -1
    assert score("lm", "Layout: measure") < score("lm", "Calm")
    assert score("stop", "Stop") == 0
    assert score("STOP", "stop") == 0
    assert score("go m", "Go to: Memory") < score("go m", "Algorithm")


def test_the_palette_lists_what_is_not_allowed_with_its_reason_and_does_what_enter_chooses(operator: Operator) -> None:
    edit, found = palette(operator)
    whole = found.count()
    QTest.keyClicks(edit, "run")
    assert found.item(0).text().startswith("Run    Ctrl+R")
    assert "No instrument is connected." in found.item(0).text()
    assert found.count() < whole
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert operator.window.store.state.run is None, "what is not allowed is not done"
    edit.clear()
    QTest.keyClicks(edit, "go to memory")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert operator.memory_page.isVisible()
    assert not edit.isVisible()


def test_the_palette_is_walked_by_the_arrow_keys(operator: Operator) -> None:
    edit, found = palette(operator)
    QTest.keyClick(edit, Qt.Key.Key_Down)
    QTest.keyClick(edit, Qt.Key.Key_Down)
    assert found.currentRow() == 2
    QTest.keyClick(edit, Qt.Key.Key_Up)
    QTest.keyClick(edit, Qt.Key.Key_PageUp)
    assert found.currentRow() == 0
    QTest.keyClick(edit, Qt.Key.Key_Escape)
    assert not edit.isVisible()


# -- stop -------------------------------------------------------------------------------------------------------------


def press(window: QWindow, *keys: Qt.Key) -> None:
    """Press keys in a window that has the focus; without a screen, a busy computer gives it late."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    application.focusWindowChanged.emit(window)
    for key in keys:
        QTest.keyClick(window, key)


def test_esc_twice_stops_from_a_dialog_too_and_one_press_does_not(
    in_a_run: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.app.stop_keys.TWICE_S", 60.0)  # a busy computer may take a while between two presses
    window = in_a_run.window
    window.close()
    dialog = window.findChild(QDialog, "closeQuestion")
    assert dialog is not None
    press(dialog.windowHandle(), Qt.Key.Key_Escape)
    assert window.findChild(QDialog, "closeQuestion") is None, "the dialog hears it as well"
    assert not stop_asked(in_a_run)
    press(window.windowHandle(), Qt.Key.Key_Escape)
    assert stop_asked(in_a_run)


def test_another_key_or_a_while_between_two_presses_of_esc_makes_them_single_ones(
    in_a_run: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.app.stop_keys.TWICE_S", 60.0)
    press(in_a_run.window.windowHandle(), Qt.Key.Key_Escape, Qt.Key.Key_A, Qt.Key.Key_Escape)
    assert not stop_asked(in_a_run)
    monkeypatch.setattr("gui.app.stop_keys.TWICE_S", 0.0)
    press(in_a_run.window.windowHandle(), Qt.Key.Key_Escape)
    assert not stop_asked(in_a_run)


def test_f12_stops(in_a_run: Operator) -> None:
    QTest.keyClick(in_a_run.window, Qt.Key.Key_F12)
    in_a_run.wait(lambda: stop_asked(in_a_run))


# -- docks ------------------------------------------------------------------------------------------------------------


def test_docks_come_back_as_they_were_left_and_a_reset_undoes_that(qtbot: QtBot, tmp_path: Path) -> None:
    kept = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    first = MainWindow(tmp_path / "runs", settings=kept)
    qtbot.addWidget(first)
    first.show()
    usual = {name: (first.dockWidgetArea(dock), dock.isHidden()) for name, dock in docks(first).items()}
    first.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, docks(first)["protocols"])
    docks(first)["model"].hide()
    first.close()

    second = MainWindow(tmp_path / "runs", settings=kept)
    qtbot.addWidget(second)
    second.show()
    assert second.dockWidgetArea(docks(second)["protocols"]) == Qt.DockWidgetArea.RightDockWidgetArea
    assert docks(second)["model"].isHidden()
    (reset,) = [action for action in second.actions() if action.objectName() == "window.reset"]
    second.resize(900, 600)
    reset.trigger()
    side = docks(second)["live_fit"]
    assert second.dockWidgetArea(side) == Qt.DockWidgetArea.TopDockWidgetArea, "nothing is right of a narrow centre"
    second.resize(1280, 700)
    reset.trigger()
    assert usual == {name: (second.dockWidgetArea(dock), dock.isHidden()) for name, dock in docks(second).items()}
    second.close()


def test_the_live_fit_takes_no_room_before_there_is_a_run_and_stands_beside_it_then(operator: Operator) -> None:
    side = docks(operator.window)["live_fit"]
    assert side.isHidden()
    operator.window.store.apply(transitions.run_found, PATH, NOW)
    assert side.isVisible()
    assert operator.window.dockWidgetArea(side) == Qt.DockWidgetArea.RightDockWidgetArea
    operator.window.commands.leave_run()


def test_what_stands_on_the_right_goes_among_the_tabs_of_a_narrow_window_and_comes_back(operator: Operator) -> None:
    window, all_docks = operator.window, docks(operator.window)
    side, live = all_docks["live_fit"], all_docks["live"]
    window.resize(1280, 700)
    window.exchange.dock_wanted.emit("live_fit")
    window.exchange.dock_wanted.emit("live")
    window.resize(900, 600)
    operator.wait(lambda: window.dockWidgetArea(side) == Qt.DockWidgetArea.TopDockWidgetArea)
    assert side in window.tabifiedDockWidgets(live)
    assert live.widget().isVisible(), "what was in front stays there"
    assert not side.widget().isVisible()
    window.resize(1280, 700)
    operator.wait(lambda: window.dockWidgetArea(side) == Qt.DockWidgetArea.RightDockWidgetArea)
    assert side.isVisible()
    operator.wait(lambda: side.width() <= window.width() // 3)


def bring_out(window: MainWindow, way: str) -> None:
    if way == "wanted":
        window.exchange.dock_wanted.emit("live_fit")
        return
    action = window.findChild(QAction, way)
    assert action is not None
    action.trigger()


@pytest.mark.parametrize("way", ["wanted", "visit.live_fit", "dock.live_fit"])
def test_what_comes_out_alone_on_the_right_has_room_for_its_content_whichever_way_it_comes(
    operator: Operator, way: str
) -> None:
    window, side = operator.window, docks(operator.window)["live_fit"]
    window.resize(1280, 700)
    bring_out(window, way)
    operator.wait(side.isVisible)
    area = side.findChild(QScrollArea)
    assert area is not None
    operator.wait(lambda: area.horizontalScrollBar().maximum() == 0)
    side.close()
    circuit = side.findChild(QComboBox)
    assert circuit is not None
    circuit.setMinimumWidth(400)  # as in a wide font
    bring_out(window, way)
    operator.wait(side.isVisible)
    operator.wait(lambda: area.horizontalScrollBar().maximum() == 0)
    side.close()


@pytest.mark.parametrize("size", [(900, 600), (1920, 1080)])
def test_in_either_layout_lists_are_left_curves_have_the_most_room_and_nothing_leaves_the_window(
    operator: Operator, size: tuple[int, int]
) -> None:
    window = operator.window
    window.resize(*size)
    for name in ("window.analyse", "window.measure"):
        (action,) = [action for action in window.actions() if action.objectName() == name]
        action.trigger()
        QApplication.processEvents()
        assert (window.width(), window.height()) == size
        shown = [dock for dock in docks(window).values() if dock.isVisible() and dock.x() >= 0]
        left = [dock for dock in shown if window.dockWidgetArea(dock) == Qt.DockWidgetArea.LeftDockWidgetArea]
        centre = [dock for dock in shown if window.dockWidgetArea(dock) == Qt.DockWidgetArea.TopDockWidgetArea]
        assert all(window.rect().contains(dock.geometry()) for dock in shown), name
        assert left
        assert max(dock.width() for dock in centre) > max(dock.width() for dock in left), name


def test_a_dock_that_was_closed_is_shown_again_when_it_is_wanted(operator: Operator) -> None:
    dock = docks(operator.window)["live"]
    dock.close()
    operator.window.exchange.dock_wanted.emit("live")
    assert dock.isVisible()
    assert operator.live_page.isVisible()


# -- files and start page ---------------------------------------------------------------------------------------------


def drop(window: MainWindow, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    for event in (QDragEnterEvent(QPoint(300, 300), *how), QDropEvent(QPointF(300, 300), *how)):
        QApplication.sendEvent(window, event)
        assert event.isAccepted()


def test_what_is_dropped_goes_to_who_can_open_it_by_its_content(operator: Operator, tmp_path: Path) -> None:
    run = put_run(tmp_path / "other", fitted=True)
    protocol, campaign = tmp_path / "mine.toml", tmp_path / "all.toml"
    protocol.write_text(PROTOCOL)
    campaign.write_text(PROTOCOL + '[[sweep]]\n"sequence.level" = ["10 mV", "20 mV"]\n')
    text = tmp_path / "cell.txt"
    text.write_text("time/s\tEwe/V\t<I>/mA\n" + "".join(f"{k / 100}\t0.1\t{1 / (k + 1)}\n" for k in range(50)))
    assert [kind_of(one) for one in (run, protocol, campaign, text)] == [
        Kind.RUN,
        Kind.PROTOCOL,
        Kind.CAMPAIGN,
        Kind.TEXT,
    ]
    with pytest.raises(OpeningError, match="keeps the fits"):
        kind_of(run.with_name("run.results.nxs"))
    told: dict[str, list[object]] = {"runs_opened": [], "protocol_wanted": [], "queue_wanted": []}
    for name, found in told.items():
        getattr(operator.window.exchange, name).connect(found.append)
    drop(operator.window, run, protocol, campaign, tmp_path / "gone.nxs")
    operator.wait(lambda: all(told.values()))
    operator.wait(lambda: operator.is_visible("messages"))
    assert told == {"runs_opened": [(run,)], "protocol_wanted": [protocol], "queue_wanted": [campaign]}
    assert "gone.nxs" in operator.text("messageText")
    drop(operator.window, text)
    operator.wait(lambda: len(told["runs_opened"]) == 2, 60_000)
    (imported,) = cast("tuple[Path]", told["runs_opened"][1])
    assert kind_of(imported) is Kind.RUN


def test_what_was_opened_is_remembered_ten_at_most_and_the_newest_first(tmp_path: Path) -> None:
    kept = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    assert not kept.recent
    numbers = [*range(12), 5]
    for number in numbers:
        kept.remember(tmp_path / f"{number}.nxs")
    assert [path.stem for path in kept.recent] == ["5", "11", "10", "9", "8", "7", "6", "4", "3", "2"]


def test_the_start_page_leads_to_a_plan_on_a_simulated_instrument(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(operator.window.commands.simulators, "start", started.append)
    operator.click("tryButton")
    operator.wait(lambda: operator.window.store.state.plan.view is not None)
    assert started == ["keithley2461"]
    assert operator.window.store.state.plan.source == "pump_probe"
    assert operator.plan_page.isVisible()


# -- status line and alarm --------------------------------------------------------------------------------------------


def test_the_status_line_says_whose_run_it_is_when_it_ends_and_what_the_disk_has_left(in_a_run: Operator) -> None:
    state = in_a_run.window.store.state
    shown = status(state, NOW, 3_000_000_000)
    assert shown.owner == "Run of another window or script"
    end = NOW + timedelta(seconds=75)
    assert shown.end.startswith("75 s left, ends at ")
    assert shown.end.endswith(f"{end:%H:%M:%S}" if end.date() == NOW.date() else f"{end:%d %b %H:%M}")
    assert (shown.disk, shown.disk_is_low) == ("3.0 GB free on the disk of the runs", True)
    assert status(replace(state, run=None), NOW, None) == status(replace(state, run=None), NOW, None)
    assert status(replace(state, run=None), NOW, 2e11).disk == "200 GB free on the disk of the runs"  # type: ignore[arg-type]
    assert in_a_run.text("outputStatus").startswith("OUTPUT ON since ")
    assert in_a_run.text("ownerStatus") == "Run of another window or script"
    run = state.run_in_progress
    assert run is not None
    assert run.path is not None
    measured = CampaignView(1, "study", "", run.path.parent, "running", is_conducted=True, is_open=True)
    queued = replace(state, queue=QueueState(QueueView((measured,), is_read=True)))
    assert status(queued, NOW, None).owner == "Run of the queue"


def test_an_alarm_calls_once_for_each_output_in_doubt(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    beeps: list[str] = []
    monkeypatch.setattr(QApplication, "beep", lambda: beeps.append("beep"))
    monkeypatch.setattr(QApplication, "alert", lambda *_: beeps.append("alert"))
    operator.window.commands.recall_alarms({PATH: "no answer"})
    assert beeps == ["alert", "beep"]
    operator.window.commands.recall_alarms({PATH: "still no answer"})
    assert beeps.count("alert") == 1
    operator.wait(lambda: beeps.count("beep") == 3)
    operator.window.commands.recall_alarms({Path("runs/other.nxs"): "no answer"})
    assert beeps.count("alert") == 2
