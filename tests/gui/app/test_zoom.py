"""Zoom by the mouse wheel, and the ways back from it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QWidget

from gui.app import transitions
from gui.app.state import Page
from tests.gui.kept_runs import put_run
from tests.gui.wheel import turn_wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.gui.window_operator import Operator

DURATION_S = 2.0  # of the run that is kept with the tests
PLOTS = {Page.PLAN: "planPlot", Page.MEASUREMENT: "livePlots", Page.MEMORY: "fitPlots"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put_run(tmp_path / "runs")
    return tmp_path / "runs"


@pytest.fixture(autouse=True)
def _fit_is_shown(operator: Operator) -> None:
    """The fit that is kept of the run is drawn when its dock has been in front once."""
    operator.wait(lambda: operator.memory_page.shown is not None)
    operator.window.store.apply(transitions.page_shown, Page.MEMORY)
    operator.wait(lambda: operator.memory_page.curves.is_built)
    operator.window.store.apply(transitions.page_shown, Page.MEASUREMENT)


def viewport(operator: Operator, page: Page) -> QWidget:
    found = operator.window.findChild(QWidget, PLOTS[page])
    assert found is not None
    view: QWidget = found.viewport()  # type: ignore[attr-defined]
    return view


def place(view: QWidget) -> QPoint:
    """Within the uppermost plot of a page."""
    return QPoint(view.width() // 2, view.height() // 6)


def zoom_in(operator: Operator, page: Page) -> None:
    view = viewport(operator, page)
    turn_wheel(view, place(view))


def span_s(operator: Operator, page: Page) -> float:
    """Time on the page's axis; decades where it is logarithmic."""
    if page is Page.PLAN:
        plot = operator.plan_page.plot
    elif page is Page.MEASUREMENT:
        plot = operator.live_page.current_plot
    else:
        plot = operator.memory_page.curves.plots.current_plot
    (low, high), _ = plot.viewRange()
    return float(high - low)


def wait_for_span(operator: Operator, page: Page, span: float, rel: float = 0.1) -> None:
    operator.wait(lambda: span_s(operator, page) == pytest.approx(span, rel=rel))


def by_key(operator: Operator, _page: Page) -> None:
    QTest.keyClick(operator.window, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)


def by_double_click(operator: Operator, page: Page) -> None:
    view = viewport(operator, page)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=place(view))
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=place(view))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=place(view))


@pytest.mark.parametrize("back", [by_key, by_double_click])
def test_from_a_zoom_on_any_page_the_key_and_a_double_click_lead_back(
    operator: Operator, back: Callable[[Operator, Page], None]
) -> None:
    operator.wait(lambda: operator.live_page.shown is not None)
    operator.choose("Single pulse")
    operator.wait(lambda: operator.window.store.state.plan.view is not None)
    for page in Page:
        operator.window.store.apply(transitions.page_shown, page)
        QApplication.processEvents()
        whole = span_s(operator, page)
        zoom_in(operator, page)
        assert span_s(operator, page) < 0.5 * whole
        back(operator, page)
        wait_for_span(operator, page, whole)


def test_from_a_zoom_into_the_logarithm_of_time_the_key_leads_back(operator: Operator) -> None:
    operator.wait(lambda: operator.live_page.shown is not None)
    box = operator.live_page.findChild(QComboBox, "axisBox")
    assert box is not None
    QTest.keyClick(box, Qt.Key.Key_Down)
    page = Page.MEASUREMENT
    operator.wait(lambda: getattr(operator.live_page.shown, "edge", None) is not None)
    QApplication.processEvents()
    decades = span_s(operator, page)
    zoom_in(operator, page)
    assert span_s(operator, page) < 0.5 * decades
    by_key(operator, page)
    wait_for_span(operator, page, decades)


def have_one_span(operator: Operator) -> bool:
    return span_s(operator, Page.MEMORY) == pytest.approx(span_s(operator, Page.MEASUREMENT))


def test_a_zoom_on_either_page_is_the_zoom_of_both_and_brings_finer_curves(operator: Operator) -> None:
    operator.wait(lambda: operator.live_page.shown is not None)
    for page, other in ((Page.MEMORY, Page.MEASUREMENT), (Page.MEASUREMENT, Page.MEMORY)):
        operator.window.store.apply(transitions.page_shown, page)
        QApplication.processEvents()
        zoom_in(operator, page)

        def is_finer() -> bool:
            shown = operator.live_page.shown
            return shown is not None and shown.view.window_s is not None and shown.time_s[-1] < 0.9 * DURATION_S

        operator.wait(is_finer)
        operator.wait(partial(have_one_span, operator))
        by_key(operator, page)
        operator.window.store.apply(transitions.page_shown, other)  # a hidden page finds its range when it is shown
        wait_for_span(operator, other, DURATION_S, rel=0.25)  # margins depend on the width of a page
