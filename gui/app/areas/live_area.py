"""Area of the run: its curves as they come, over the time axis that is chosen."""

from __future__ import annotations

import sys
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from gui.app import transitions
from gui.app.area import DockSpec, Layout, Side
from gui.app.saving import save_as
from gui.app.state import Page
from gui.services import garbage
from gui.services.record_reader import Records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from gui.app.area import ActionSpec, Context
    from gui.app.state import AppState
    from gui.common.theme import Colours
    from gui.common.trace_view import View
    from gui.common.traces import Traces
    from gui.run.live_dock import LiveDock

_N_TIME_PLOTS, _N_PLAIN_PLOTS = 4, 5
"""Plots that are made before somebody wants them: all quantities of a run; three of a fit and two of a live fit.
Doubled, 2 MB that nobody needs."""
_MODULES = ("pyqtgraph", "gui.run.live_dock", "gui.run.live_fit_panel", "gui.fit.result_page", "gui.fit.curves_page")
"""Modules of the docks with plots. Where the first show of a dock loads them, it takes 20 ms more."""
_REST_MS = 20
"""From one thing that is made ready to the next: each takes some 10 ms, and whoever clicks meanwhile is heard. Doubled,
all is there so much later: 0.5 s after the first paint."""


class LiveArea(QObject):
    """The dock "Measurement".

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.parent)
        self._context = context
        self._dock: LiveDock | None = None
        self._ready: LiveDock | None = None
        self._others = Records(context.parent)
        self._others_of: tuple[Path, ...] = ()
        self._things = self._load()
        self._rest = QTimer(self, interval=_REST_MS)
        self._rest.timeout.connect(self._go_on)
        exchange, runs = context.exchange, context.commands.runs
        exchange.painted.connect(self._get_ready)
        exchange.dock_raised.connect(self._note_page)
        exchange.overlay_wanted.connect(self._lay_over)
        runs.follower.traced.connect(self._draw)
        self._others.opened.connect(lambda _facts, problems: self._show_others("\n".join(problems)))
        self._others.traced.connect(self._draw_others)
        self._others.failed.connect(exchange.message)
        sides = {Layout.MEASURE: Side.CENTRE, Layout.ANALYSE: Side.CENTRE}
        self._docks = (DockSpec("live", "Measurement", self._build, sides),)

    def _get_ready(self) -> None:
        """Load what plots are made with before anybody asks for one: arrays in a worker thread, what is Qt's here."""
        self._context.jobs.do(partial(import_module, "numpy"), lambda _arrays: self._rest.start(), self._report)

    def _go_on(self) -> None:
        """Do the next thing that the first docks with plots would wait for: one in each turn of the event loop."""
        next(self._things, self._rest.stop)()

    def _load(self) -> Iterator[Callable[[], object]]:
        """Give what is to be done before somebody looks at curves, in its order."""
        for name in _MODULES:
            yield partial(import_module, name)
        from gui.common.plots import TimeViewBox, make_ready

        yield from (partial(make_ready, TimeViewBox) for _ in range(_N_TIME_PLOTS))
        yield from (make_ready for _ in range(_N_PLAIN_PLOTS))
        yield self._made
        yield garbage.leave_out  # with what worker threads have loaded meanwhile, modules of fits most of all

    def _report(self, error: Exception) -> None:
        self._context.exchange.message.emit(str(error))

    def _made(self) -> LiveDock:
        """Return the content of the dock, made once: before somebody looks at it, if there was time."""
        from gui.run.live_dock import LiveDock  # plots take their time

        if self._ready is None:
            self._ready = LiveDock()
        return self._ready

    def _build(self) -> LiveDock:
        self._dock = self._made()
        plot, exchange = self._dock.plot, self._context.exchange
        plot.span_wanted.connect(self._ask)
        plot.zoomed.connect(exchange.zoom_wanted)
        plot.zoom_out_wanted.connect(exchange.zoom_out_wanted)
        plot.save_wanted.connect(self._save)
        exchange.zoom_wanted.connect(plot.zoom_to)
        exchange.zoom_out_wanted.connect(plot.zoom_out)
        return self._dock

    def _ask(self, view: View) -> None:
        self._context.commands.runs.set_view(view)
        if self._others_of:
            self._others.set_view(view)

    def _lay_over(self, paths: tuple[Path, ...]) -> None:
        self._others_of = tuple(paths)
        if self._dock is None:
            return
        if not paths:
            self._dock.show_overlays(())
        elif self._context.store.state.run is not None:
            self._others.open(paths)

    def _show_others(self, problem: str) -> None:
        if problem:
            self._context.exchange.message.emit(problem)
        if self._dock is not None:
            self._others.set_view(self._dock.plot.view())

    def _draw_others(self, answers: tuple[tuple[Path, Traces], ...]) -> None:
        if self._others_of and self._dock is not None:
            from gui.common.trace_lane import Overlay  # with the plots, which are there now

            self._dock.show_overlays([Overlay(path.stem, traces) for path, traces in answers])

    def _save(self, suffix: str, content: bytes) -> None:
        if self._dock is None:
            return
        run = self._context.store.state.run
        stem = "run" if run is None or run.path is None else run.path.stem
        save_as(self._context, self._dock, stem, suffix, content)

    def _note_page(self, dock: str) -> None:
        if dock == "live":
            self._context.store.apply(transitions.page_shown, Page.MEASUREMENT)

    def _draw(self, traces: Traces) -> None:
        run = self._context.store.state.run
        if (
            self._dock is not None and run is not None and run.facts is not None
        ):  # else these are curves of the run before
            self._dock.show_traces(traces)
        # Once these are painted: the next ones would be worked out beside the paint, and be old when it is their turn.
        QTimer.singleShot(0, self, self._context.commands.runs.allow_next_curves)

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
        if state.run is None or self._dock is None:
            return
        shown = None if state is before else before.run
        if shown is None or shown.number != state.run.number:
            self._dock.clear()
        facts = state.run.facts
        if facts is not None and (shown is None or shown.facts is not facts):
            self._dock.set_facts(facts)
            self._lay_over(self._others_of)

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        if self._dock is not None:
            self._dock.set_colours(colours)

    def close(self) -> None:
        """End the reader of the runs that are drawn over it; plots that are ready go."""
        self._others.close()
        self._rest.stop()
        if self._ready is not None and self._dock is None:  # nobody has looked at it
            self._ready.deleteLater()
        if "gui.common.plots" in sys.modules:
            sys.modules["gui.common.plots"].forget_ready()
