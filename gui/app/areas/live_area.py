"""Area of the run: its curves as they come, over the time axis that is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.app import transitions
from gui.app.area import DockSpec, Layout, Side
from gui.app.rules import Command
from gui.app.state import Page
from gui.run.live_plot import LivePlot
from gui.run.time_axis_bar import TimeAxisBar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gui.app.area import ActionSpec, Context
    from gui.app.state import AppState
    from gui.common.theme import Colours
    from gui.common.traces import Traces


class LiveArea(QObject):
    """The dock "Measurement".

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.parent)
        self._context = context
        self._plot = LivePlot()
        self._time_axis = TimeAxisBar(context.actions[Command.ZOOM_OUT])
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._time_axis)
        column.addWidget(self._plot, 1)
        exchange, runs = context.exchange, context.commands.runs
        self._time_axis.chosen.connect(runs.set_view)
        self._plot.zoomed.connect(exchange.zoom_wanted)
        self._plot.zoom_out_wanted.connect(exchange.zoom_out_wanted)
        exchange.zoom_wanted.connect(self._time_axis.zoom)
        exchange.zoom_out_wanted.connect(self._zoom_out)
        exchange.dock_raised.connect(self._note_page)
        runs.follower.traced.connect(self._draw)
        sides = {Layout.MEASURE: Side.CENTRE, Layout.ANALYSE: Side.CENTRE}
        self._docks = (DockSpec("live", "Measurement", page, sides),)

    def _zoom_out(self) -> None:
        self._time_axis.zoom_out()
        self._plot.zoom_out()

    def _note_page(self, dock: str) -> None:
        if dock == "live":
            self._context.store.apply(transitions.page_shown, Page.MEASUREMENT)

    def _draw(self, traces: Traces) -> None:
        run = self._context.store.state.run
        if run is not None and run.facts is not None:  # else these are curves of the run before
            self._plot.show_traces(traces)
            self._time_axis.show_traces(traces)
        self._context.commands.runs.allow_next_curves()

    def docks(self) -> Sequence[DockSpec]:
        """Return the dock of the curves."""
        return self._docks

    def actions(self) -> Sequence[ActionSpec]:
        """Return none: zooming out is a command of the window."""
        return ()

    def show(self, state: AppState, before: AppState) -> None:
        """Make ready for the run that is followed."""
        if state.page is Page.MEASUREMENT is not before.page:
            self._context.exchange.dock_wanted.emit("live")
        if state.run is None:
            return
        if before.run is None or before.run.number != state.run.number:
            self._plot.clear()
            self._time_axis.set_facts(None)
        facts = state.run.facts
        if facts is not None and (before.run is None or before.run.facts is not facts):
            self._plot.set_facts(facts)
            self._time_axis.set_facts(facts)

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self._plot.set_colours(colours)

    def close(self) -> None:
        """Nothing here ends with the window."""
