"""The dock of the live fit in the window: it waits for a run, fails in words, and leaves no process behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil
from PySide6.QtWidgets import QComboBox

from gui.services.json_lines import JsonLines
from tests.gui.window_operator import SIMULATOR_STARTS_MS

if TYPE_CHECKING:
    from tests.gui.window_operator import Operator


def children(operator: Operator) -> list[JsonLines]:
    return operator.window.findChildren(JsonLines)


def test_a_live_fit_waits_for_a_run_fails_in_words_and_ends_with_the_window(operator: Operator) -> None:
    operator.window.exchange.dock_wanted.emit("live_fit")
    box = operator.window.findChild(QComboBox, "liveModelBox")
    assert box is not None
    box.setEditText("R0-Nonsense")
    operator.click("liveFitButton")
    operator.wait(lambda: "Nonsense" in operator.text("liveFitProblem"), SIMULATOR_STARTS_MS)
    assert operator.button("liveFitButton").text() == "Start live fit"
    box.setEditText("R0-Mig1-CPE1")
    operator.click("liveFitButton")
    operator.wait(lambda: "waits for the next run" in operator.text("liveFitState"))
    assert operator.button("liveFitButton").text() == "Stop live fit"
    assert not operator.is_visible("liveFitProblem")
    operator.wait(lambda: children(operator)[-1].process_id > 0)
    number = children(operator)[-1].process_id
    operator.window.close()
    assert not psutil.pid_exists(number)
