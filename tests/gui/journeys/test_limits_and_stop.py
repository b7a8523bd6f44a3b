"""A limit is changed in the editor, and a run under it is stopped while its plots are busy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QTreeWidget

from daq import open_run
from gui.app.editor_state import EditorStage
from gui.app.state import PlanStage
from sim_instruments.serving.in_process import InProcess, served_here
from tests.gui.wheel import turn_wheel
from tests.gui.window_operator import RUN_ENDS_MS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.gui.window_operator import Operator

CTRL = Qt.KeyboardModifier.ControlModifier
PROTOCOL = """name = "a minute"
[sequence]
kind = "pulse"
level = "10 mV"
width = "60 s"
before = "100 ms"
after = "100 ms"
[sampling]
interval = "1 ms"
[limits]
voltage = "100 mV"
current = "1 mA"
"""


@pytest.fixture
def instrument() -> Iterator[InProcess]:
    with served_here("keithley2461", cell="demo", record_output=True) as served:
        yield served


def _run_until_it_draws(operator: Operator, instrument: InProcess) -> Path:
    operator.wait(operator.button("runButton").isEnabled)
    operator.window.activateWindow()
    QTest.keyClick(operator.window, Qt.Key.Key_R, CTRL)
    operator.wait(lambda: operator.text("headline") == "Running", RUN_ENDS_MS)
    operator.wait(lambda: operator.text("nowSamples") not in {"–", "0"}, RUN_ENDS_MS)
    assert instrument.output.is_on
    run = operator.window.store.state.run
    assert run is not None
    assert run.path is not None
    return run.path


def _assert_stopped(operator: Operator, instrument: InProcess, path: Path) -> None:
    operator.wait(lambda: operator.text("headline") == "Stopped", RUN_ENDS_MS)
    assert not instrument.output.is_on
    assert operator.text("outputBadge").startswith("OUTPUT OFF")
    assert open_run(path).state == "stopped"


def test_a_limit_that_is_changed_is_in_the_plan_and_in_the_run_that_f12_stops(
    operator: Operator, instrument: InProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, file = operator.window, tmp_path / "minute.toml"
    file.write_text(PROTOCOL)
    operator.connect(instrument.resource)
    window.exchange.protocol_wanted.emit(file)
    operator.wait(lambda: window.store.state.editor.stage is EditorStage.RIGHT)
    tree = window.findChild(QTreeWidget, "editorTree")
    assert tree is not None
    (limits,) = tree.findItems("Limits", Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=tree.visualItemRect(limits).center())
    field = window.findChild(QLineEdit, "field:limits.current")
    assert field is not None
    QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    QTest.keyClick(field, Qt.Key.Key_A, CTRL)
    QTest.keyClicks(field, "2.5 mA")
    operator.wait(lambda: window.store.state.editor.is_modified)
    operator.wait(lambda: window.store.state.editor.stage is EditorStage.RIGHT)
    QTest.keyClick(field, Qt.Key.Key_P, CTRL)
    operator.wait(lambda: window.store.state.plan.stage is PlanStage.READY)
    view = window.store.state.plan.view
    assert view is not None
    assert view.protocol.limits.current_A == pytest.approx(2.5e-3)
    assert any("2.5 mA" in operator.text(f"planFact{row}") for row in range(8)), "the plan shows it"

    path = _run_until_it_draws(operator, instrument)
    kept = open_run(path).protocol
    assert kept is not None
    assert kept.limits.current_A == pytest.approx(2.5e-3)
    plot = operator.live_page.current_plot.getViewWidget().viewport()
    for _ in range(5):  # every turn draws everything anew, and asks for finer curves
        turn_wheel(plot, plot.rect().center())
    QTest.keyClick(operator.live_page, Qt.Key.Key_F12)
    _assert_stopped(operator, instrument, path)

    # Once more, by Esc twice from a text field.
    monkeypatch.setattr("gui.app.stop_keys.TWICE_S", 60.0)
    path = _run_until_it_draws(operator, instrument)
    for _ in range(5):
        turn_wheel(plot, plot.rect().center())
    for _ in range(2):
        QTest.keyClick(window.windowHandle(), Qt.Key.Key_Escape)
    _assert_stopped(operator, instrument, path)
