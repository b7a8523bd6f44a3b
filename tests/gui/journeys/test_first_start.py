"""First start to the memory of a simulated cell, with no mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from tests.gui.journeys.keyboard import CTRL, Keyboard
from tests.gui.window_operator import FIT_ENDS_MS, RUN_ENDS_MS, SIMULATOR_STARTS_MS

if TYPE_CHECKING:
    from tests.gui.window_operator import Operator


def test_from_the_start_page_to_the_memory_by_the_keyboard_alone(operator: Operator) -> None:
    keys, window = Keyboard(operator.window), operator.window
    keys.command("go to start")
    keys.tab_to("tryButton")
    keys.press(Qt.Key.Key_Space)
    operator.wait(lambda: window.store.state.connection.instrument is not None, SIMULATOR_STARTS_MS)
    operator.wait(operator.button("runButton").isEnabled)
    keys.press(Qt.Key.Key_R, CTRL)
    operator.wait(lambda: operator.text("headline") == "Complete", RUN_ENDS_MS)
    operator.wait(operator.button("fitButton").isEnabled)
    keys.command("go to cell model")
    keys.command("fit")
    operator.wait(lambda: operator.memory_page.shown is not None, FIT_ENDS_MS)
    keys.command("go to memory")
    assert operator.memory_page.isVisible()
    assert operator.is_visible("verdictSentence")
    # The demo cell remembers: it hops back.
    assert "half of it within" in operator.text("verdictSentence")
