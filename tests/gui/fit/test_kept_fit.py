"""What the page Memory and the box of models show while fits come and go, by clicks and keys."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox

from gui.app import transitions
from gui.app.fit_state import FitStage
from gui.app.state import Page
from gui.common.trace_view import View
from gui.common.traces import RunTraces
from protocols import PulseSequence
from tests.gui.kept_runs import put_run
from tests.gui.wheel import turn_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from daq import Run
    from tests.gui.window_operator import Operator

WRONG = "R0-Nonsense1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put_run(tmp_path / "runs")
    return tmp_path / "runs"


def box_of(operator: Operator) -> QComboBox:
    box = operator.window.findChild(QComboBox, "modelBox")
    assert box is not None
    return box


def type_letters(operator: Operator, model: str) -> None:
    typed = box_of(operator).lineEdit()
    assert typed is not None
    typed.selectAll()
    QTest.keyClicks(typed, model)


def type_model(operator: Operator, model: str) -> None:
    type_letters(operator, model)
    typed = box_of(operator).lineEdit()
    assert typed is not None
    QTest.keyClick(typed, Qt.Key.Key_Return)


def test_a_mistyped_model_leaves_the_shown_fit_and_is_not_kept(operator: Operator) -> None:
    window = operator.window
    operator.wait(lambda: operator.memory_page.shown is not None)
    window.store.apply(transitions.page_shown, Page.MEMORY)
    operator.show_evidence("Figures")
    rows = operator.rows("memoryTable")
    assert rows
    offered = [box_of(operator).itemText(index) for index in range(box_of(operator).count())]

    type_model(operator, WRONG)
    assert window.store.state.fit.stage is FitStage.FITTING, "Enter fits what was typed"
    assert operator.rows("memoryTable") == rows, "while the other fit is in progress"
    assert WRONG in operator.text("fitState")
    operator.wait(lambda: window.store.state.fit.stage is FitStage.FAILED, 60_000)
    assert operator.rows("memoryTable") == rows
    assert operator.text("verdictSource").startswith("R0-Mig1-CPE1 on run.nxs")
    assert WRONG in operator.text("fitProblem")
    assert "Shown is the fit of R0-Mig1-CPE1" in operator.text("fitProblem")
    assert operator.is_visible("fitProblem")
    assert [box_of(operator).itemText(index) for index in range(box_of(operator).count())] == offered


def test_a_model_that_was_fitted_is_offered_from_then_on(operator: Operator) -> None:
    box = box_of(operator)
    operator.wait(lambda: operator.memory_page.shown is not None)
    type_letters(operator, "R0-Kww1-CPE1")
    for _ in range(2):
        operator.fitting.remember("R0-Jo1-CPE1")
    assert [box.itemText(index) for index in range(box.count())].count("R0-Jo1-CPE1") == 1
    assert box.currentText() == "R0-Kww1-CPE1", "what is being typed stays"


@pytest.mark.parametrize("window_s", [None, (0.3, 1.9), (0.349, 0.3515)], ids=["whole", "most of it", "about an edge"])
def test_the_fit_is_drawn_at_the_places_of_the_measured_current(window_s: tuple[float, float] | None) -> None:
    # A line that steps where the current steps, given by far fewer points: drawn alike, it coincides with it.
    n, edge_s = 100_000, 0.35
    time = (np.arange(n) + 0.5) * 2.0 / n
    level = np.where(time < edge_s, 0.0, 1e-6)
    drive = PulseSequence.pulse("10 mV", "300 ms", before="50 ms", after="1650 ms")
    good = np.zeros(n, np.uint8)
    written = SimpleNamespace(t_s=time, voltage_V=level, current_A=level, status=good, n_acknowledged=n)
    run = SimpleNamespace(n_planned=n, drive=drive, events=[], written=lambda: written)
    traces = RunTraces(cast("Run", run)).traces(View(window_s=window_s))
    few = np.unique(
        np.concatenate([np.arange(0, n, 50), [n - 1, np.searchsorted(time, edge_s) - 1, np.searchsorted(time, edge_s)]])
    )
    drawn_s, drawn = traces.in_step(time[few], level[few])
    assert drawn_s[0] == pytest.approx(traces.time_s[0])
    assert drawn_s[-1] == pytest.approx(traces.time_s[-1])
    measured_at = traces.time_s[np.argmax(traces.current_A > 0.5e-6)]
    fitted_at = drawn_s[np.argmax(drawn > 0.5e-6)]
    assert fitted_at == pytest.approx(measured_at, abs=1e-9)


def test_zoomed_by_the_wheel_the_fit_spans_what_the_measured_current_spans(operator: Operator) -> None:
    window = operator.window
    operator.wait(lambda: operator.memory_page.shown is not None)
    window.store.apply(transitions.page_shown, Page.MEMORY)
    operator.wait(lambda: operator.memory_page.curves.is_built)
    plot = operator.memory_page.curves.plots.current_plot
    measured, fitted = plot.listDataItems()
    operator.wait(lambda: measured.getOriginalDataset()[0] is not None)
    QApplication.processEvents()
    view = plot.getViewWidget().viewport()
    turn_wheel(view, plot.getViewWidget().mapFromScene(plot.getViewBox().sceneBoundingRect().center()))

    def zoomed() -> bool:
        shown = measured.getOriginalDataset()[0]
        return shown is not None and len(shown) < 1500

    operator.wait(zoomed)
    spans = [(curve.getOriginalDataset()[0][0], curve.getOriginalDataset()[0][-1]) for curve in (measured, fitted)]
    assert spans[0] == pytest.approx(spans[1], abs=1e-9)
