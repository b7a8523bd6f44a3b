"""Buttons of the window in a run, in doubt, and with very long names."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget

from daq import Outcome, OutputState, Phase, RunState, RunStatus
from gui.app import transitions
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
    assert not in_a_run.window.connection.address.isEnabled()
    assert not in_a_run.button("runButton").isEnabled()
    assert in_a_run.button("runButton").toolTip() == "A run is in progress."
    assert not in_a_run.button("fitButton").isEnabled()
    assert in_a_run.button("fitButton").toolTip() == "The run is still in progress."
    assert in_a_run.button("stopButton").isEnabled()
    in_a_run.window.commands.runs.follower.ended.emit(Outcome(RunState.COMPLETE, OutputState.OFF))
    in_a_run.wait(in_a_run.button("connectButton").isEnabled)
    assert "Ask the address" in in_a_run.button("connectButton").toolTip()


def test_header_names_the_instrument_of_the_run_and_the_badge_its_output(in_a_run: Operator) -> None:
    assert "MODEL 2461 04089762" in in_a_run.text("detail")
    assert in_a_run.text("outputBadge").startswith("OUTPUT ON since ")
    in_a_run.window.commands.runs.follower.ended.emit(Outcome(RunState.STOPPED, OutputState.OFF, n_samples=250))
    in_a_run.wait(lambda: in_a_run.text("outputBadge").startswith("OUTPUT OFF since "))


def test_a_name_of_330_letters_keeps_stop_on_a_screen_of_1400_pixels(in_a_run: Operator) -> None:
    window = in_a_run.window
    assert window.minimumSizeHint().width() < 1400
    window.resize(1400, 860)
    stop = in_a_run.button("stopButton")
    right_edge = stop.mapTo(window, stop.rect().topRight()).x()
    assert window.width() == 1400
    assert right_edge < window.width()
    assert "MODEL 2461 04089762 · 250 ms of 1 s" in in_a_run.text("detail")
    detail = window.findChild(QLabel, "detail")
    assert detail is not None
    assert detail.fontMetrics().horizontalAdvance(detail.text()) <= detail.width(), "all of it is shown"


def test_the_key_of_stop_works_wherever_the_focus_is(in_a_run: Operator) -> None:
    window = in_a_run.window
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    in_a_run.wait(lambda: in_a_run.text("headline") == "Stopping …")
    assert in_a_run.button("stopButton").text() == "Output off now"


def test_a_stop_that_reaches_nobody_is_an_alarm_that_outlives_the_end_of_the_run(in_a_run: Operator) -> None:
    in_a_run.click("stopButton")
    in_a_run.window.commands.runs.stop_failed.emit("the guardian does not answer")
    in_a_run.wait(lambda: in_a_run.is_visible("unknownOutput"))
    assert in_a_run.text("headline") == "Stop not confirmed"
    assert "OUTPUT MAY BE ON" in in_a_run.text("detail")
    assert in_a_run.text("outputBadge").startswith("OUTPUT UNKNOWN since ")
    in_a_run.window.commands.runs.follower.ended.emit(Outcome(RunState.STOPPED, OutputState.OFF))
    in_a_run.wait(lambda: in_a_run.text("headline") == "Stopped")
    assert "OUTPUT MAY BE ON" in in_a_run.text("detail")
    in_a_run.click("acknowledgeButton")
    assert "OUTPUT MAY BE ON" not in in_a_run.text("detail")
    assert not in_a_run.is_visible("unknownOutput")


def test_stop_under_an_alarm_says_what_to_do(operator: Operator) -> None:
    operator.window.commands.recall_alarms({PATH: "no answer to :OUTP?"})
    operator.click("stopButton")
    assert "press the OUTPUT key of the instrument" in operator.text("detail")
    assert "OUTPUT MAY BE ON" in operator.text("detail")


def test_an_error_that_nobody_foresaw_becomes_a_message(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_source: object, _driver: str) -> None:
        raise KeyError("level")

    monkeypatch.setattr("gui.app.commands.plan_protocol", fail)
    operator.choose("Single pulse")
    operator.wait(lambda: "KeyError" in operator.text("planFault"))
    assert "cannot be run" in operator.text("planTitle")


def test_a_theme_is_chosen_from_the_menu(operator: Operator) -> None:
    menu = operator.button("themeButton").menu()
    try:
        (dark,) = [entry for entry in menu.actions() if entry.text() == "Dark"]
        dark.trigger()
        base = palette_of(Theme.DARK).base().color()
        operator.wait(lambda: operator.window.palette().base().color() == base)
        ground = operator.window.findChild(QWidget, "ground")
        assert ground is not None
        assert base.name() in ground.styleSheet()
    finally:
        (system,) = [entry for entry in menu.actions() if entry.text() == "As the desktop"]
        system.trigger()
