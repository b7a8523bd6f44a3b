"""Page of the measurement: voltage and current as they come."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from gui.common.plots import REST_MS, add_plot, graphics, on_double_click, paint, pen, set_time_axis
from gui.common.widgets import label
from protocols import format_quantity

if TYPE_CHECKING:
    from gui.common.run_facts import RunFacts
    from gui.common.theme import Colours
    from gui.common.traces import Traces


class LivePlot(QWidget):
    """The page "Measurement": V over I, one time axis, and the newest figures in large type.

    Attributes
    ----------
    shown : Traces or None
        Curves that are on the screen.
    """

    zoomed = Signal(float, float)
    """The user looks at this span of time (s, linear axis)."""
    zoom_out_wanted = Signal()
    """Show everything again."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("measurementPage")
        self._figures = {name: label("–", "figure", f"now{name}") for name in ("Voltage", "Current", "Time", "Samples")}
        self._graphics = graphics("livePlots")
        self.voltage_plot = add_plot(self._graphics, 0, "Voltage", "V")
        self.current_plot = add_plot(self._graphics, 1, "Current", "A")
        self._graphics.ci.layout.setRowStretchFactor(0, 2)
        self._graphics.ci.layout.setRowStretchFactor(1, 5)
        self.voltage_plot.setXLink(self.current_plot)
        self._voltage = self.voltage_plot.plot(connect="finite")
        self._current = self.current_plot.plot(connect="finite")
        self._duration_s = 1.0
        self.shown: Traces | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._emit_zoom)
        for plot in (self.voltage_plot, self.current_plot):
            plot.getViewBox().sigRangeChangedManually.connect(lambda _: self._rest.start())
        on_double_click(self._graphics, self.zoom_out_wanted.emit)
        self._lay_out()
        self._set_axis(None)

    def _lay_out(self) -> None:
        figures = QGridLayout()
        figures.setContentsMargins(16, 10, 16, 2)
        for column, (name, figure) in enumerate(self._figures.items()):
            figures.addWidget(label(name, "faint"), 0, column)
            figures.addWidget(figure, 1, column)
            figures.setColumnStretch(column, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(figures)
        layout.addWidget(self._graphics, 1)

    def clear(self) -> None:
        """Forget the run that was shown."""
        self.shown = None
        for curve in (self._voltage, self._current):
            curve.setData([], [])
        for figure in self._figures.values():
            figure.setText("–")

    def set_facts(self, facts: RunFacts) -> None:
        """Make ready for a run."""
        self._duration_s = facts.duration_s
        self._set_axis(None)

    def show_traces(self, traces: Traces) -> None:
        """Draw what has come.

        Parameters
        ----------
        traces : Traces
        """
        before, self.shown = self.shown, traces
        if before is None or (before.view, before.edge) != (traces.view, traces.edge):
            self._set_axis(traces)
        self._voltage.setData(traces.time_s, traces.voltage_V)
        self._current.setData(traces.time_s, traces.current_A)
        self._show_figures(traces)

    def _set_axis(self, traces: Traces | None) -> None:
        edge = traces.edge if traces is not None else None
        title = "Time" if edge is None else f"Time since edge {edge + 1}"
        for plot in (self.voltage_plot, self.current_plot):
            set_time_axis(plot, title if plot is self.current_plot else "", log=edge is not None)
        if edge is not None or traces is None or traces.view.window_s is None:
            self._show_whole(edge)
        elif not self.isVisible():  # another page was zoomed; on this one the mouse is ahead of the curves
            self.current_plot.setXRange(*traces.view.window_s, padding=0.0)

    def _show_whole(self, edge: int | None) -> None:
        if edge is not None:
            self.current_plot.enableAutoRange(x=True)
        else:
            # An axis that does not move while the run grows is half the paint.
            self.current_plot.setXRange(0.0, self._duration_s, padding=0.025)

    def zoom_out(self) -> None:
        """Show the whole run, or all that follows the edge."""
        self._rest.stop()
        self._show_whole(None if self.shown is None else self.shown.edge)

    def _emit_zoom(self) -> None:
        if self.shown is None or self.shown.edge is None:
            (low, high), _ = self.current_plot.viewRange()
            self.zoomed.emit(low, high)

    def _show_figures(self, traces: Traces) -> None:
        for name, value, unit in (("Voltage", traces.last_V, "V"), ("Current", traces.last_A, "A")):
            self._figures[name].setText("overload" if math.isnan(value) else format_quantity(value, unit))
        self._figures["Time"].setText(format_quantity(traces.last_s, "s"))
        self._figures["Samples"].setText(f"{traces.n_samples:,}")

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        paint(self._graphics, (self.voltage_plot, self.current_plot), colours)
        self._voltage.setPen(pen(colours.voltage))
        self._current.setPen(pen(colours.current))
