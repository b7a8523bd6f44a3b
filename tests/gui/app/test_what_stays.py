"""What must not change under the operator's eyes and hands: the live page, the plan, the places of things."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QListWidget, QPushButton

from daq import OutputState, Phase, RunStatus
from gui.app import transitions
from gui.app.state import Page, PlanStage
from gui.common.instrument import ConnectionStage
from gui.common.run_facts import RunFacts
from gui.protocol.plan_model import PlanView, plan_protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.gui.window_operator import Operator

PATH = Path("runs/pulse.nxs")
INSTRUMENT = "Keithley 2461 04089762"


@pytest.fixture
def in_a_run(operator: Operator) -> Iterator[Operator]:
    """Somebody at a window that has found a run of another program."""
    operator.window.store.apply(transitions.run_found, PATH, datetime.now().astimezone())
    follower = operator.window.commands.runs.follower
    follower.opened.emit(RunFacts(PATH, "Pulse", INSTRUMENT, 1.0, 1000, np.empty(0), np.empty(0)))
    follower.progressed.emit(RunStatus(Phase.RUNNING, 250, 1000, OutputState.ON))
    operator.wait(lambda: operator.text("headline") == "Running")
    yield operator
    operator.window.commands.leave_run()


def test_a_protocol_chosen_in_a_run_leaves_the_live_page_in_sight(in_a_run: Operator) -> None:
    window = in_a_run.window
    assert in_a_run.live_page.isVisible()
    in_a_run.choose("Pump probe")
    in_a_run.wait(lambda: window.store.state.plan.stage is PlanStage.READY)
    assert in_a_run.live_page.isVisible()
    assert window.store.state.page is Page.MEASUREMENT


def test_over_a_run_that_was_found_the_panel_names_its_instrument(in_a_run: Operator) -> None:
    assert in_a_run.text("instrumentName") == INSTRUMENT
    assert "run" in in_a_run.text("instrumentDetail")
    in_a_run.window.commands.runs.follower.failed.emit("it has ended")
    in_a_run.wait(lambda: in_a_run.text("instrumentName") == "Not connected")


def test_while_a_plan_is_made_nothing_of_the_one_before_is_shown(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def slow(source: str | Path, driver: str) -> PlanView:
        if source != "single_pulse":
            go_on.wait(60)
        return plan_protocol(source, driver)

    monkeypatch.setattr("gui.app.commands.plan_protocol", slow)
    operator.choose("Single pulse")
    operator.wait(lambda: bool(operator.text("planFact0")))
    operator.choose("Pump probe")
    try:
        assert operator.text("planTitle") == "Planning …"
        assert [operator.text(f"planFact{row}") for row in range(8)] == [""] * 8
        assert operator.text("planNotes") == operator.text("planChanges") == ""
        (curve,) = operator.plan_page.plot.listDataItems()
        assert curve.getData()[0] is None or len(curve.getData()[0]) == 0
    finally:
        go_on.set()
    operator.wait(lambda: bool(operator.text("planFact0")))


def test_while_an_instrument_is_connected_no_protocol_moves_under_the_mouse(operator: Operator) -> None:
    listed = operator.window.findChild(QListWidget, "protocolList")
    assert listed is not None
    (item,) = listed.findItems("Pump probe", Qt.MatchFlag.MatchExactly)
    listed.scrollToItem(item)

    def place() -> QRect:
        rect = listed.visualItemRect(item)
        return QRect(listed.viewport().mapTo(operator.window, rect.topLeft()), rect.size())

    aimed_at = place()
    seen: dict[ConnectionStage, QRect] = {}

    def note(*_: object) -> None:
        operator.window.grab()  # lays out what has changed
        seen[operator.window.store.state.connection.stage] = place()

    operator.window.store.changed.connect(note)
    operator.connect_simulated()
    note()
    assert set(seen) >= {ConnectionStage.STARTING_SIMULATOR, ConnectionStage.CONNECTING, ConnectionStage.CONNECTED}
    assert all(one == aimed_at for one in seen.values()), seen
    QTest.mouseClick(
        operator.window.windowHandle(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, aimed_at.center()
    )
    operator.wait(lambda: operator.window.store.state.plan.source == "pump_probe")


def test_stop_is_pressed_beside_the_question_before_closing(in_a_run: Operator) -> None:
    window = in_a_run.window
    window.close()
    stop = in_a_run.button("stopButton")
    QTest.mouseClick(
        window.windowHandle(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        stop.mapTo(window, QPoint(stop.width() // 2, stop.height() // 2)),
    )
    in_a_run.wait(lambda: in_a_run.text("headline") == "Stopping …")


def test_open_file_looks_where_the_last_file_was_and_lists_a_file_once(operator: Operator, tmp_path: Path) -> None:
    file = tmp_path / "there" / "mine.toml"
    file.parent.mkdir()
    file.write_text("name = 'mine'", encoding="utf-8")
    listed = operator.protocols.list
    before = listed.count()
    for _ in range(2):
        operator.click("openProtocolButton")
        dialog = operator.window.findChild(QFileDialog, "openProtocolDialog")
        assert dialog is not None
        dialog.fileSelected.emit(str(file))
        dialog.close()
        operator.wait(lambda: operator.window.findChild(QFileDialog, "openProtocolDialog") is None)
    operator.click("openProtocolButton")
    dialog = operator.window.findChild(QFileDialog, "openProtocolDialog")
    assert dialog is not None
    assert Path(dialog.directory().absolutePath()) == file.parent
    dialog.close()
    assert listed.count() == before + 1
    assert operator.window.findChild(QPushButton, "openProtocolButton") is not None
