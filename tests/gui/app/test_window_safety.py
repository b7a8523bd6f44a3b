"""Buttons and header of the window in a run, and in doubt."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QMenu

from daq import Outcome, OutputState, Phase, RunState, RunStatus
from gui.app import transitions
from gui.app.state import StopRequest
from gui.common.run_facts import RunFacts
from gui.common.theme import Theme, palette_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.gui.window_operator import Operator

LONG = "pump-probe " * 30  # 330 letters
PATH = Path("runs/pulse.nxs")
REASON = "A run is in progress: stop it or wait for its end before you connect another instrument."


@pytest.fixture
def in_a_run(operator: Operator) -> Iterator[Operator]:
    """Somebody at a window that follows a run of another program, with a title of 330 letters."""
    operator.window.store.apply(transitions.run_found, PATH, datetime.now().astimezone())
    follower = operator.window.commands.runs.follower
    follower.opened.emit(RunFacts(PATH, LONG, "MODEL 2461 04089762", 1.0, 1000, np.empty(0), np.empty(0)))
    follower.progressed.emit(RunStatus(Phase.RUNNING, 250, 1000, OutputState.ON))
    operator.wait(lambda: operator.text("headline") == "Running")
    yield operator
    # A window that follows a run does not close without a question.
    operator.window.commands.leave_run()


def test_in_a_run_the_buttons_that_would_disturb_it_are_off_and_say_why(in_a_run: Operator) -> None:
    for name in ("connectButton", "foundButton", "simulateButton", "simulatedButton"):
        assert not in_a_run.button(name).isEnabled()
        assert in_a_run.button(name).toolTip() == REASON
    assert not in_a_run.connection.address.isEnabled()
    assert not in_a_run.button("runButton").isEnabled()
    assert in_a_run.button("runButton").toolTip() == "A run is in progress."
    assert not in_a_run.button("fitButton").isEnabled()
    assert in_a_run.button("fitButton").toolTip() == "The run is still in progress."
    assert in_a_run.button("stopButton").isEnabled()
    in_a_run.window.commands.runs.follower.ended.emit(Outcome(RunState.COMPLETE, OutputState.OFF))
    in_a_run.wait(in_a_run.button("connectButton").isEnabled)
    assert "Ask the address" in in_a_run.button("connectButton").toolTip()


def test_in_a_run_neither_keys_nor_clicks_start_or_connect_anything(
    in_a_run: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[object] = []
    commands = in_a_run.window.commands
    monkeypatch.setattr(commands.instruments, "ask", begun.append)
    monkeypatch.setattr(commands.simulators, "start", begun.append)
    monkeypatch.setattr(commands.runs, "start", begun.append)
    for name in ("connectButton", "simulateButton", "runButton"):
        QTest.mouseClick(in_a_run.button(name), Qt.MouseButton.LeftButton)
    address = in_a_run.window.findChild(QLineEdit, "resourceEdit")
    assert address is not None
    QTest.keyClick(address, Qt.Key.Key_Return)
    QTest.keyClick(in_a_run.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    for menu in ("foundButton", "simulatedButton"):
        QTest.mouseClick(in_a_run.button(menu), Qt.MouseButton.LeftButton)
        assert not in_a_run.button(menu).menu().isVisible()
    assert begun == []


def test_header_names_the_instrument_of_the_run_and_the_badge_its_output(in_a_run: Operator) -> None:
    assert "MODEL 2461 04089762" in in_a_run.text("detail")
    assert in_a_run.text("outputBadge").startswith("OUTPUT ON since ")
    in_a_run.window.commands.runs.follower.ended.emit(Outcome(RunState.STOPPED, OutputState.OFF, n_samples=250))
    in_a_run.wait(lambda: in_a_run.text("outputBadge").startswith("OUTPUT OFF since "))
    assert in_a_run.text("detail").startswith("MODEL 2461 04089762")


def test_the_key_of_stop_is_shown_and_works_wherever_the_focus_is(in_a_run: Operator) -> None:
    window = in_a_run.window
    assert in_a_run.text("stopButtonKey") == in_a_run.button("stopButton").toolTip().split("(")[-1].rstrip(")")
    assert in_a_run.is_visible("stopButtonKey")
    window.activateWindow()
    in_a_run.fitting.model.setFocus()
    QTest.keyClick(in_a_run.fitting.model, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    in_a_run.wait(lambda: in_a_run.text("headline") == "Stopping …")
    assert in_a_run.button("stopButton").text() == "Output off now"
    assert in_a_run.fitting.model.currentText() == "R0-Mig1-CPE1"


def test_a_key_that_is_held_down_is_one_press(in_a_run: Operator) -> None:
    window = in_a_run.window
    for kind, repeated in ((QEvent.Type.KeyPress, False), (QEvent.Type.KeyPress, True), (QEvent.Type.KeyPress, True)):
        event = QKeyEvent(kind, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier, ".", repeated)
        QApplication.sendEvent(window, event)
    QTest.keyRelease(window, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    run = window.store.state.run
    assert run is not None
    assert run.stop_request in {StopRequest.NONE, StopRequest.STOP}, "no second press: the output is not cut off"


@pytest.mark.parametrize("opener", ["close the window", "open a file"])
def test_stop_works_while_a_dialog_is_open(in_a_run: Operator, opener: str) -> None:
    window = in_a_run.window
    if opener == "close the window":
        window.close()
        dialog = window.findChild(QDialog, "closeQuestion")
    else:
        in_a_run.click("openProtocolButton")
        dialog = window.findChild(QDialog, "openProtocolDialog")
    assert dialog is not None
    assert dialog.isVisible()
    assert not dialog.isModal()
    assert QApplication.activeModalWidget() is None
    in_a_run.click("stopButton")
    in_a_run.wait(lambda: in_a_run.text("headline") == "Stopping …")
    QTest.keyClick(dialog, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    in_a_run.wait(lambda: in_a_run.text("headline") == "Switching the output off …")
    dialog.close()


def test_the_question_before_closing_is_asked_once(in_a_run: Operator) -> None:
    for _ in range(3):
        in_a_run.window.close()
    assert len(in_a_run.window.findChildren(QDialog, "closeQuestion")) == 1


def test_a_stop_that_reaches_nobody_is_an_alarm_until_the_output_is_read_back_as_off(in_a_run: Operator) -> None:
    in_a_run.click("stopButton")
    in_a_run.window.commands.runs.stop_failed.emit("the guardian does not answer")
    in_a_run.wait(lambda: in_a_run.is_visible("unknownOutput"))
    assert in_a_run.text("headline") == "Stop not confirmed"
    assert in_a_run.text("warning") == "OUTPUT MAY BE ON"
    assert in_a_run.is_visible("warning")
    assert in_a_run.text("outputBadge").startswith("OUTPUT UNKNOWN since ")
    in_a_run.window.commands.runs.follower.progressed.emit(RunStatus(Phase.RUNNING, 300, 1000, OutputState.ON))
    in_a_run.wait(lambda: "300 of 1,000" in in_a_run.text("detail"))
    assert in_a_run.is_visible("warning"), "a report is no read-back"
    in_a_run.window.commands.runs.follower.ended.emit(Outcome(RunState.STOPPED, OutputState.OFF))
    in_a_run.wait(lambda: in_a_run.text("headline") == "Stopped")
    assert not in_a_run.is_visible("warning")
    assert not in_a_run.is_visible("unknownOutput")
    assert in_a_run.text("outputBadge").startswith("OUTPUT OFF since ")


def test_a_stop_that_reaches_nobody_is_an_alarm_until_a_person_has_seen_it(in_a_run: Operator) -> None:
    in_a_run.click("stopButton")
    in_a_run.window.commands.runs.stop_failed.emit("the guardian does not answer")
    in_a_run.wait(lambda: in_a_run.is_visible("unknownOutput"))
    in_a_run.window.commands.runs.follower.ended.emit(Outcome(RunState.ABORTED, OutputState.UNTOUCHED))
    in_a_run.wait(lambda: in_a_run.text("headline") == "Aborted")
    assert in_a_run.text("warning") == "OUTPUT MAY BE ON"
    in_a_run.click("acknowledgeButton")
    assert not in_a_run.is_visible("warning")
    assert not in_a_run.is_visible("unknownOutput")
    assert in_a_run.text("outputBadge").endswith(", seen by the operator")


def test_a_run_that_is_not_heard_of_is_said_to_be_silent(in_a_run: Operator) -> None:
    in_a_run.window.commands.runs.silent.emit(datetime.now().astimezone())
    in_a_run.wait(lambda: in_a_run.text("headline") == "No report from the run")
    assert in_a_run.text("outputBadge").startswith("OUTPUT UNKNOWN since ")
    assert "last heard of at" in in_a_run.text("detail")
    in_a_run.window.commands.runs.follower.progressed.emit(RunStatus(Phase.RUNNING, 300, 1000, OutputState.ON))
    in_a_run.wait(lambda: in_a_run.text("headline") == "Running")
    assert in_a_run.text("outputBadge").startswith("OUTPUT ON since ")


def test_the_state_of_the_output_is_in_sight_from_the_first_moment(operator: Operator) -> None:
    assert operator.is_visible("outputBadge")
    assert operator.text("outputBadge") == "No instrument"
    operator.connect_simulated()
    assert re.fullmatch(r"OUTPUT UNKNOWN since \d\d:\d\d:\d\d", operator.text("outputBadge"))


def test_a_theme_is_chosen_from_the_menu(operator: Operator) -> None:
    menu = operator.window.findChild(QMenu, "menu.theme")
    assert menu is not None
    try:
        (dark,) = [entry for entry in menu.actions() if entry.text() == "Dark"]
        dark.trigger()
        base = palette_of(Theme.DARK).base().color()
        operator.wait(lambda: f"background: {base.name()}" in operator.window.styleSheet())
        assert QApplication.palette().base().color() == base
    finally:
        (system,) = [entry for entry in menu.actions() if entry.text() == "As the desktop"]
        system.trigger()
