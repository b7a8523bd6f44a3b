"""Page "Curves": current with the fit over it, residual, W(t) with its band."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.common.language import tr
from gui.common.plots import (
    REST_MS,
    add_plot,
    graphics,
    on_double_click,
    paint,
    pen,
    set_legend,
    set_time_axis,
    show_row,
)
from gui.fit.parts import scrolled_plots, shade

if TYPE_CHECKING:
    from gui.common.theme import Colours
    from gui.common.traces import Traces
    from gui.fit.result_model import FitCurves


_HEIGHTS = (5, 2, 4)
"""Shares of the height: current, residual, relaxation. Noise needs no height, a curve with its band does."""
_LOWEST_RESIDUAL = 120
"""Pixels of the residual with its time axis: its title fits. Doubled, the current above is a line on common screens."""


class CurvePlots(QWidget):
    """Current (or voltage, where the current was controlled) with the fit, residual, and W(t)."""

    zoomed = Signal(float, float)
    """The user looks at this span of time (s, linear axis)."""
    zoom_out_wanted = Signal()
    """Show everything again."""

    def __init__(self) -> None:
        super().__init__()
        self._graphics = graphics("fitPlots")
        self._graphics.setAccessibleName(tr("Measured and fitted current, residual, relaxation"))
        self.current_plot = add_plot(self._graphics, 0, tr("Current"), "A")
        self.residual_plot = add_plot(self._graphics, 1, tr("Residual"), "A")
        self.memory_plot = add_plot(self._graphics, 2, "W(t)", "")
        for row, stretch in enumerate(_HEIGHTS):
            self._graphics.ci.layout.setRowStretchFactor(row, stretch)
        self._graphics.ci.layout.setRowMinimumHeight(1, _LOWEST_RESIDUAL)
        self.residual_plot.setXLink(self.current_plot)
        self._measured = self.current_plot.plot(connect="finite", antialias=False)
        self._fitted = self.current_plot.plot(connect="finite")
        self._residual = self.residual_plot.plot(connect="finite")
        self._edges_of_band = [pg.PlotCurveItem(), pg.PlotCurveItem()]
        self._band = pg.FillBetweenItem(*self._edges_of_band)
        self._relaxation = pg.PlotCurveItem()
        for item in (self._band, self._relaxation):
            self.memory_plot.addItem(item)
        self.memory_plot.getAxis("bottom").setLogMode(True)
        self.memory_plot.getAxis("bottom").setStyle(maxTickLevel=1)
        self.memory_plot.setLabel("bottom", tr("Time since a step of the voltage"))
        self.memory_plot.setMouseEnabled(x=False, y=False)
        self.memory_plot.setYRange(0.0, 1.0, padding=0.05)
        set_time_axis(self.current_plot, "", log=False)
        set_time_axis(self.residual_plot, tr("Time"), log=False)
        self._fit: FitCurves | None = None
        self._traces: Traces | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._emit_zoom)
        for plot in (self.current_plot, self.residual_plot):
            plot.getViewBox().sigRangeChangedManually.connect(lambda _: self._rest.start())
        on_double_click(self._graphics, self.zoom_out_wanted.emit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scrolled_plots(self._graphics, 3))

    def _emit_zoom(self) -> None:
        if self._traces is not None and self._traces.edge is None:
            (low, high), _ = self.current_plot.viewRange()
            self.zoomed.emit(low, high)

    def zoom_to(self, low: float, high: float) -> None:
        """Show a span of time that was chosen elsewhere; here the mouse is ahead of the curves."""
        if self._traces is not None and self._traces.edge is not None:
            return
        if not self._rest.isActive() and not self._graphics.underMouse():
            self.current_plot.setXRange(low, high, padding=0.0)

    def zoom_out(self) -> None:
        """Show the whole run."""
        self._rest.stop()
        self.current_plot.enableAutoRange(x=True)

    def show_traces(self, traces: Traces) -> None:
        """Draw what was measured."""
        before, self._traces = self._traces, traces
        if before is None or before.edge != traces.edge:
            log = traces.edge is not None
            title = tr("Time since edge {n}").format(n=(traces.edge or 0) + 1) if log else tr("Time")
            set_time_axis(self.current_plot, "", log=log)
            set_time_axis(self.residual_plot, title, log=log)
            self.current_plot.enableAutoRange(x=True)
        self._draw()

    def show_fit(self, fit: FitCurves | None) -> None:
        """Draw a fit, or none."""
        self._fit = fit
        if fit is None:
            self._traces = None
            for curve in (self._measured, self._fitted, self._residual, self._relaxation, *self._edges_of_band):
                curve.setData([], [])
            return
        name = tr("Current") if fit.unit == "A" else tr("Voltage")
        self.current_plot.setLabel("left", name, units=fit.unit)
        self.residual_plot.setLabel("left", tr("Residual"), units=fit.unit)
        self._draw()
        self._draw_relaxation(fit)

    def _draw(self) -> None:
        fit, traces = self._fit, self._traces
        if fit is None or traces is None:
            return
        self._measured.setData(traces.time_s, traces.current_A if fit.unit == "A" else traces.voltage_V)
        low, high = traces.view.window_s or (-np.inf, np.inf)
        here = (fit.time_s >= low) & (fit.time_s <= high)
        if traces.edge is not None:
            later = fit.edges_s[traces.edge + 1 :]
            here = (fit.time_s > traces.origin_s) & (fit.time_s < (later[0] if len(later) else np.inf))
        self._fitted.setData(*traces.in_step(fit.time_s, fit.fitted))
        self._residual.setData(fit.time_s[here] - traces.origin_s, fit.residuals.residual[here])

    def _draw_relaxation(self, fit: FitCurves) -> None:
        show_row(self._graphics, 2, self.memory_plot, _HEIGHTS[2], shown=len(fit.W) > 0)
        log_time = np.log10(fit.W_time_s)
        self._relaxation.setData(log_time, fit.W)
        for curve, values in zip(self._edges_of_band, (fit.W_lowest, fit.W_highest), strict=True):
            curve.setData(log_time, values)
        if len(fit.W):
            self.memory_plot.setXRange(log_time[0], log_time[-1], padding=0.02)

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        paint(self._graphics, (self.current_plot, self.residual_plot, self.memory_plot), colours)
        # The data as a broad light line under the thin fit: one sees where the fit leaves it. Opaque and not smoothed,
        # or a broad line takes 50 ms to paint.
        self._measured.setPen(pen(colours.measured, 5.0))
        set_legend(self.current_plot, {tr("measured"): colours.current, tr("fitted"): colours.fit})
        set_legend(self.memory_plot, {tr("fitted, with its 95 % band"): colours.fit})
        self._fitted.setPen(pen(colours.fit, 1.5))
        self._residual.setPen(pen(colours.current))
        self._relaxation.setPen(pen(colours.fit, 1.5))
        self._band.setBrush(shade(colours.fit, 0.25))
