"""Page "Memory": the fit over the data, the relaxation of the bulk, and the figures with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.common.plots import REST_MS, add_plot, graphics, on_double_click, paint, pen, set_legend, set_time_axis
from gui.common.widgets import ScrolledLabel, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gui.common.theme import Colours
    from gui.common.traces import Traces
    from gui.fit.result_model import FitCurves, Row, ShownFit


_READOUT_WIDTH = 404
"""Pixels: the longest title, a value and an interval of seven digits each in the system's font. Doubled, half of a
small screen is figures."""

_STATE_HEIGHT = 96
"""Pixels: five lines of why a model was not fitted. Doubled, the figures of the fit shown are off the screen."""


class MemoryPage(QWidget):
    """Page "Memory": current with the fit over it, residual, W(t) with its band, figures with intervals."""

    zoomed = Signal(float, float)
    """The user looks at this span of time (s, linear axis)."""
    zoom_out_wanted = Signal()
    """Show everything again."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("memoryPage")
        self._graphics = graphics("fitPlots")
        self.current_plot = add_plot(self._graphics, 0, "Current", "A")
        self.residual_plot = add_plot(self._graphics, 1, "Residual", "A")
        self.memory_plot = add_plot(self._graphics, 2, "Relaxation W", "")
        for row, stretch in enumerate((5, 2, 4)):
            self._graphics.ci.layout.setRowStretchFactor(row, stretch)
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
        self.memory_plot.setLabel("bottom", "Time since a step of the voltage")
        self.memory_plot.setMouseEnabled(x=False, y=False)
        self.memory_plot.setYRange(0.0, 1.0, padding=0.05)
        self.memory_plot.setXRange(-5.0, 0.0, padding=0.02)
        self._fit: FitCurves | None = None
        self._traces: Traces | None = None
        self._memory = _table("memoryTable")
        self._parameters = _table("parameterTable")
        self._state = ScrolledLabel(label("", "faint", "fitState"), _STATE_HEIGHT)
        self._problem = ScrolledLabel(label("", "fault", "fitProblem"), _STATE_HEIGHT)
        self._headline = label("No fit yet", "headline", "fitHeadline")
        self._quality = label("Measure, then press Fit.", "faint", "fitQuality")
        self._attribution = label("", "faint", "attribution")
        self._doubts = label("", "fault", "fitDoubts")
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._emit_zoom)
        for plot in (self.current_plot, self.residual_plot):
            plot.getViewBox().sigRangeChangedManually.connect(lambda _: self._rest.start())
        on_double_click(self._graphics, self.zoom_out_wanted.emit)
        self._lay_out()
        self.show_state("")

    def _emit_zoom(self) -> None:
        if self._traces is not None and self._traces.edge is None:
            (low, high), _ = self.current_plot.viewRange()
            self.zoomed.emit(low, high)

    def zoom_out(self) -> None:
        """Show the whole run, or all that follows the edge."""
        self._rest.stop()
        self.current_plot.enableAutoRange(x=True)

    def _lay_out(self) -> None:
        readout = QWidget()
        readout.setFixedWidth(_READOUT_WIDTH)
        inner = QVBoxLayout(readout)
        inner.setContentsMargins(8, 10, 16, 12)
        inner.setSpacing(6)
        for widget in (self._state, self._problem, self._headline, self._quality):
            inner.addWidget(widget)
        inner.addSpacing(8)
        inner.addWidget(label("Memory", "heading"))
        inner.addWidget(self._memory)
        inner.addWidget(self._attribution)
        inner.addSpacing(8)
        inner.addWidget(label("Parameters", "heading"))
        inner.addWidget(self._parameters)
        inner.addWidget(self._doubts)
        inner.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._graphics, 1)
        layout.addWidget(readout)

    def clear(self) -> None:
        """Forget the fit that was shown."""
        self._fit = None
        self._headline.setText("No fit yet")
        self._quality.setText("Measure, then press Fit.")
        self._attribution.setText("")
        self._doubts.setText("")
        for table in (self._memory, self._parameters):
            _fill(table, [])
        for curve in (self._fitted, self._residual, self._relaxation, *self._edges_of_band):
            curve.setData([], [])

    def show_state(self, text: str, *, failed: bool = False) -> None:
        """Say how a fit stands, above the one that is shown: that one stays until another is there.

        Parameters
        ----------
        text : str
            May be empty.
        failed : bool
            Whether it says why there is no other fit.
        """
        if text and self._fit is not None:
            text += f"\nShown is the fit of {self._headline.text()}."
        for widget, is_it in ((self._state, not failed), (self._problem, failed)):
            widget.setText(text if is_it else "")
            widget.setVisible(is_it and bool(text))

    def show_traces(self, traces: Traces) -> None:
        """Draw the measured current.

        Parameters
        ----------
        traces : Traces
        """
        before, self._traces = self._traces, traces
        if before is None or (before.view, before.edge) != (traces.view, traces.edge):
            log = traces.edge is not None
            title = f"Time since edge {traces.edge + 1}" if traces.edge is not None else "Time"
            set_time_axis(self.current_plot, "", log=log)
            set_time_axis(self.residual_plot, title, log=log)
            window = None if log else traces.view.window_s
            if window is None:
                self.current_plot.enableAutoRange(x=True)
            elif not self.isVisible():  # another page was zoomed; on this one the mouse is ahead of the curves
                self.current_plot.setXRange(*window, padding=0.0)
        self._measured.setData(traces.time_s, traces.current_A)
        self._draw_fit()

    def show_fit(self, fit: ShownFit) -> None:
        """Show a fit.

        Parameters
        ----------
        fit : ShownFit
        """
        self._fit = fit.curves
        self._headline.setText(fit.headline)
        self._quality.setText(fit.quality)
        self._quality.setToolTip("The noise is taken from the differences between neighbouring samples")
        _fill(self._memory, fit.memory)
        _fill(self._parameters, fit.parameters)
        self._attribution.setText(fit.attribution)
        self._attribution.setToolTip(fit.evidence)
        self._doubts.setText(fit.doubts)
        self._draw_fit()
        self._draw_relaxation(fit.curves)

    def _draw_fit(self) -> None:
        if self._fit is None or self._traces is None:
            return
        fit, traces = self._fit, self._traces
        time = fit.time_s - traces.origin_s
        low, high = (traces.view.window_s or (-np.inf, np.inf)) if traces.edge is None else (0.0, np.inf)
        here = (time >= low) & (time <= high)
        if traces.edge is not None:
            later = fit.edges_s[traces.edge + 1 :]
            here = (time > 0) & (fit.time_s < (later[0] if len(later) else np.inf))
        self._fitted.setData(*traces.in_step(fit.time_s, fit.current_A))
        self._residual.setData(time[here], fit.residual_A[here])

    def _draw_relaxation(self, fit: FitCurves) -> None:
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
        set_legend(self.current_plot, {"measured": colours.current, "fitted": colours.fit})
        self._fitted.setPen(pen(colours.fit, 1.5))
        self._residual.setPen(pen(colours.current))
        self._relaxation.setPen(pen(colours.fit, 1.5))
        shade = QColor(colours.fit)
        shade.setAlphaF(0.25)
        self._band.setBrush(shade)


class _Table(QTableWidget):
    """A table as high as its rows."""

    def sizeHint(self) -> QSize:
        height = self.horizontalHeader().sizeHint().height() + sum(map(self.rowHeight, range(self.rowCount())))
        return QSize(_READOUT_WIDTH - 24, height + 4)


def _table(name: str) -> QTableWidget:
    table = _Table(0, 3)
    table.setObjectName(name)
    table.setHorizontalHeaderLabels(["", "Value", "95 % interval"])
    for column in (1, 2):
        heading = table.horizontalHeaderItem(column)
        if heading is not None:
            heading.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
    table.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    table.verticalHeader().setDefaultSectionSize(23)
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    table.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    return table


def _fill(table: QTableWidget, rows: Sequence[Row]) -> None:
    table.setRowCount(len(rows))
    for row, shown in enumerate(rows):
        for column, text in enumerate((shown.name, shown.value, shown.interval)):
            item = QTableWidgetItem(text)
            right = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
            item.setTextAlignment(right | Qt.AlignmentFlag.AlignVCenter)
            item.setToolTip(shown.doubt or shown.note)
            if shown.doubt:
                font = item.font()
                font.setItalic(True)
                item.setFont(font)
            table.setItem(row, column, item)
    table.updateGeometry()
