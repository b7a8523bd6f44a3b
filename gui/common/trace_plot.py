"""Stack of plots of a run over one time axis: it asks for the span that it shows, at its own width, and draws it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from gui.common.cursor_table import CursorTable
from gui.common.language import tr
from gui.common.plot_bar import AxisMode, PlotBar
from gui.common.plot_cursors import Cursors
from gui.common.plot_export import exported
from gui.common.plot_keys import PlotKeys
from gui.common.plot_legend import legend_text
from gui.common.plots import REST_MS, graphics, on_double_click, paint, set_time_axis
from gui.common.quantities import Quantity
from gui.common.trace_lane import Lane, Overlay
from gui.common.widgets import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

    from gui.common.run_facts import RunFacts
    from gui.common.theme import Colours
    from gui.common.trace_view import View
    from gui.common.traces import Traces

_LANE_HEIGHT = 72
"""Pixels of a plot, and of the axis below: the title of its values. Doubled, four plots scroll in most windows."""
_PAN = 10.0
"""How much further a key moves the axis than a cursor: a fortieth of it. Doubled, two presses lose what was seen."""
_READ_ON_MS = 30
"""From a curve of which a part is not read yet to the next question for it. Doubled, a long run takes longer."""
_MARK_SPAN = 0.05
"""Share of the run that is shown around an event that is gone to. Doubled, the event is found less easily."""


class TracePlot(QWidget):
    """Plots of voltage, current, charge and temperature, any of them, over one time axis.

    Parameters
    ----------
    name : str
        Object name of the widget with the plots.
    quantities : sequence of Quantity
        Those that are shown at first.
    empty : str
        What is said while there is no run: what to do.
    follows : bool
        Whether it shows a run that grows.

    Attributes
    ----------
    shown : Traces or None
        Curves that are on the screen.
    lanes : list of Lane
        The plots that are shown, from above.
    cursors : Cursors
    """

    span_wanted = Signal(object)
    """`View`: what is to be drawn; it is given to `show_traces`."""
    zoomed = Signal(float, float)
    """The user looks at this span of time (s, linear axis)."""
    zoom_out_wanted = Signal()
    """Show everything again, here and wherever the same run is shown."""
    save_wanted = Signal(str, object)
    """Keep what is drawn: ``svg``, ``png`` or ``csv``, and the content of the file (bytes)."""

    def __init__(self, name: str, quantities: Sequence[Quantity], empty: str, *, follows: bool) -> None:
        super().__init__()
        self.shown: Traces | None = None
        self._name = tr("this run")
        self._duration_s = 1.0
        self._window: tuple[float, float] | None = None
        self._asked: View | None = None
        self._log = False
        self._overlays: list[Overlay] = []
        self._colours: Colours | None = None
        self.bar = PlotBar(quantities, follows=follows)
        self._lanes: dict[Quantity, Lane] = {}
        self.lanes: list[Lane] = []
        self.cursors = Cursors(self)
        self._table = CursorTable()
        self._graphics = graphics(name)
        self._graphics.setAccessibleName(tr("Curves"))
        self._graphics.setAccessibleDescription(self.bar.keys())
        self._legend = label("", "", f"{name}Legend")
        self._empty = label(empty, "faint", f"{name}Empty")
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._look_where_the_mouse_is)
        self._read_on = QTimer(self, singleShot=True, interval=_READ_ON_MS)
        self._read_on.timeout.connect(self.ask_again)
        self._lay_out()
        self._connect()
        self._stack()
        self._set_axis()
        self._table.hide()
        self.bar.hide()

    def _lay_out(self) -> None:
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        self._legend.setContentsMargins(16, 2, 16, 2)
        self._legend.hide()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._figure = QWidget()
        self._figure.setObjectName("ground")
        figure = QVBoxLayout(self._figure)
        figure.setContentsMargins(0, 0, 0, 0)
        figure.setSpacing(0)
        figure.addWidget(self._legend)
        figure.addWidget(self._graphics, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self._figure)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget, stretch in ((self.bar, 0), (self._pages, 1), (self._table, 0)):
            column.addWidget(widget, stretch)

    def _connect(self) -> None:
        bar = self.bar
        bar.axis_changed.connect(self._change_axis)
        bar.quantities_changed.connect(self._change_quantities)
        bar.cursors_wanted.connect(self._show_cursors)
        bar.home_wanted.connect(self.zoom_out_wanted)
        bar.export_wanted.connect(self.export)
        bar.mark_wanted.connect(self._go_to)
        self.cursors.moved.connect(self._read_cursors)
        keys = PlotKeys(self._graphics)
        keys.moved.connect(self._move)
        keys.zoomed.connect(self._zoom_by)
        keys.cursors_toggled.connect(bar.cursors.toggle)
        keys.cursor_chosen.connect(self.cursors.choose)
        keys.values_fitted.connect(self._fit_values)
        keys.home_wanted.connect(self.zoom_out_wanted)
        on_double_click(self._graphics, self.zoom_out_wanted.emit)

    # -- the stack ----------------------------------------------------------------------------------------------------

    @property
    def time_plot(self) -> Any:
        """The lowest plot, whose time axis all others share."""
        return self.lanes[-1].plot

    def lane(self, quantity: Quantity) -> Lane:
        """Return the plot of a quantity, shown or not; made when it is wanted first: each takes the window 20 ms."""
        if quantity not in self._lanes:
            lane = self._lanes[quantity] = Lane(quantity)
            lane.plot.getViewBox().sigRangeChangedManually.connect(lambda _: self._rest.start())
            lane.draw_overlays(self._overlays)
        return self._lanes[quantity]

    def _stack(self) -> None:
        """Lay out the plots that are wanted, the lowest with the title of the axis."""
        self.cursors.remove_from(self.lanes)
        for lane in self.lanes:
            self._graphics.ci.removeItem(lane.plot)
        wanted = self.bar.quantities
        self._graphics.setMinimumHeight(_LANE_HEIGHT * (len(wanted) + 1))
        self.lanes = [self.lane(one) for one in wanted]
        for row, lane in enumerate(self.lanes):
            self._graphics.addItem(lane.plot, row=row, col=0)
            self._graphics.ci.layout.setRowStretchFactor(row, lane.stand_among(len(wanted)))
        for row in range(len(wanted), len(Quantity)):
            self._graphics.ci.layout.setRowStretchFactor(row, 0)
        for lane in self.lanes:
            lane.plot.setXLink(None if lane.plot is self.time_plot else self.time_plot)
        self.cursors.set_lanes(self.lanes)
        if self._colours is not None:
            self.set_colours(self._colours)

    def _change_quantities(self) -> None:
        span = self._span()
        self._stack()
        self._set_axis()
        self._show_whole()
        if self._window is not None:
            self.time_plot.setXRange(*span, padding=0.0)
        if self.shown is not None:
            self._redraw(self.shown)
        self._read_cursors()
        self._ask()

    def _set_axis(self) -> None:
        mode, shown = self.bar.mode, self.shown
        self._log = mode is AxisMode.LOG
        title = mode.title(None if shown is None else shown.edge)
        for lane in self.lanes:
            set_time_axis(lane.plot, title if lane.plot is self.time_plot else "", log=self._log)

    # -- what is asked ------------------------------------------------------------------------------------------------

    def view(self) -> View:
        """Return what is to be drawn, at its width."""
        return self.bar.view(self._window, self._graphics.width())

    def _ask(self) -> None:
        view = self.view()
        if view != self._asked:
            self._asked = view
            self.span_wanted.emit(view)

    def ask_again(self) -> None:
        """Ask for what is to be drawn, for whoever has forgotten it."""
        self._asked = None
        self._ask()

    def _span(self) -> tuple[float, float]:
        """Return the span of the axis as it is drawn, or is about to be."""
        self.time_plot.getViewBox().updateAutoRange()
        (low, high), _ = self.time_plot.viewRange()
        return float(low), float(high)

    def _look_where_the_mouse_is(self) -> None:
        low, high = self._span()
        window = (10.0**low, 10.0**high) if self._log else (low, high)
        if self.bar.mode is AxisMode.LINEAR:
            self.bar.whole_run()
            self.zoomed.emit(*window)
        self._window = window
        self._ask()

    def zoom_to(self, low_s: float, high_s: float) -> None:
        """Show a span of time, on a linear axis."""
        if self.bar.mode is AxisMode.LINEAR and self._window != (low_s, high_s):
            self._window = (low_s, high_s)
            self.bar.whole_run()
            self.time_plot.setXRange(low_s, high_s, padding=0.0)
            self._ask()

    def zoom_out(self) -> None:
        """Show the whole run, or all that follows the edge, or the whole of a pulse; values to fit."""
        self._rest.stop()
        self._window = None
        self._fit_values()
        self._show_whole()
        self._ask()

    def _show_whole(self) -> None:
        if self.bar.mode is AxisMode.LINEAR and self.bar.latest_s is None:
            # An axis that does not move while the run grows is half the paint.
            self.time_plot.setXRange(0.0, self._duration_s, padding=0.025)
        elif self.bar.mode is not AxisMode.LINEAR:
            self.time_plot.enableAutoRange(x=True)

    def _change_axis(self) -> None:
        self._rest.stop()
        self._window = None
        self._set_axis()
        self.cursors.forget(log=self._log)
        self._show_whole()
        self._ask()

    def _go_to(self, time_s: float) -> None:
        half = 0.5 * _MARK_SPAN * self._duration_s
        if self.bar.mode is AxisMode.LINEAR:
            self.zoomed.emit(time_s - half, time_s + half)
            self.zoom_to(time_s - half, time_s + half)

    # -- what is drawn ------------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """Forget the run that was shown."""
        self.shown = None
        self._window = None
        for lane in self._lanes.values():
            lane.clear()
        self._pages.setCurrentWidget(self._empty)
        self.bar.hide()
        self.bar.set_facts(None)
        self._set_axis()

    def set_facts(self, facts: RunFacts) -> None:
        """Make ready for a run."""
        self._duration_s = facts.duration_s
        self._window = None
        self._name = facts.path.stem
        self.bar.show()
        self._show_legend()
        self.bar.set_facts(facts)
        self._pages.setCurrentWidget(self._figure)
        self._set_axis()
        self._show_whole()
        self.ask_again()

    def say(self, text: str) -> None:
        """Say something in place of the plots; empty shows them again."""
        if text:
            self._empty.setText(text)
        self._pages.setCurrentWidget(self._empty if text else self._figure)

    def show_traces(self, traces: Traces) -> None:
        """Draw what has been asked for.

        Parameters
        ----------
        traces : Traces
            Of a view that was asked for before: drawn too, until the newest comes.
        """
        before, self.shown = self.shown, traces
        if traces.view.fold is not self.view().fold or (traces.view.edge is None) is self._log:
            return  # of another axis
        if before is None or before.edge != traces.edge:
            self._set_axis()
        if traces.problem or self._pages.currentWidget() is self._empty:
            self.say(traces.problem)
        self._redraw(traces)
        self.bar.show_traces(traces)
        if traces.view.latest_s is not None and math.isfinite(traces.last_s):
            self.time_plot.setXRange(traces.last_s - traces.view.latest_s, traces.last_s, padding=0.0)
        if self.cursors.is_visible:
            self._stand_cursors()
        if traces.share_read < 1.0:
            self._read_on.start()

    def _stand_cursors(self) -> None:
        """Put cursors that stand nowhere on what is drawn, and read them."""
        shown = self.shown
        if self.cursors.stand_nowhere and shown is not None and len(shown.time_s) > 1:
            first, last = float(shown.time_s[0]), float(shown.time_s[-1])
            self.cursors.show((math.log10(first), math.log10(last)) if self._log else (first, last), visible=True)
        self._read_cursors()

    def _redraw(self, shown: Traces) -> None:
        for lane in self.lanes:
            lane.draw(shown)
            lane.draw_marks(shown, log=self._log)

    def show_overlays(self, overlays: Sequence[Overlay]) -> None:
        """Draw other runs over it, each named in the legend; none removes them."""
        self._overlays = list(overlays)
        for lane in self._lanes.values():
            lane.draw_overlays(self._overlays)
        self._show_legend()

    def _show_legend(self) -> None:
        self._legend.setVisible(bool(self._overlays))
        if self._colours is not None:
            self._legend.setText(legend_text(self._colours, self._name, [one.name for one in self._overlays]))

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self._colours = colours
        paint(self._graphics, [lane.plot for lane in self._lanes.values()], colours)
        for lane in self._lanes.values():
            lane.set_colours(colours)
        self.cursors.set_colours(colours)
        self._show_legend()

    # -- cursors, keys, export ----------------------------------------------------------------------------------------

    def _show_cursors(self, visible: bool) -> None:
        self.cursors.show(self._span(), visible=visible)
        self._table.setVisible(visible)

    def _read_cursors(self) -> None:
        if self.cursors.is_visible:
            self._table.show_readings(self.shown, self.bar.quantities, *self.cursors.at_s)

    def _move(self, share: float) -> None:
        """Move a cursor by a share of the axis; without cursors, the axis by ten times as much."""
        low, high = self._span()
        by = share * (high - low)
        if self.cursors.is_visible:
            self.cursors.step(by)
        else:
            self._move_to(low + _PAN * by, high + _PAN * by)

    def _zoom_by(self, factor: float) -> None:
        low, high = self._span()
        middle, half = 0.5 * (low + high), 0.5 * factor * (high - low)
        self._move_to(middle - half, middle + half)

    def _fit_values(self) -> None:
        for lane in self.lanes:
            lane.plot.enableAutoRange(y=True)

    def _move_to(self, low: float, high: float) -> None:
        self.time_plot.setXRange(low, high, padding=0.0)
        self._rest.start()

    def export(self, kind: str) -> None:
        """Give away what is drawn: ``csv``, ``svg``, ``png``, or ``copy`` to the clipboard."""
        if self.shown is not None:
            curves = [(self._name, self.shown), *((one.name, one.traces) for one in self._overlays)]
            if (content := exported(kind, self._figure, curves, self.bar.quantities)) is not None:
                self.save_wanted.emit(kind, content)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for curves of another width, where they are others."""
        super().resizeEvent(event)
        if self.shown is not None:
            self._ask()
