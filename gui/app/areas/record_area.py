"""Area of saved runs: their curves, beside those of the run in progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from gui.app import transitions
from gui.app.area import DockSpec, Layout, Side
from gui.app.saving import save_as
from gui.services.record_reader import Records

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from gui.app.area import ActionSpec, Context
    from gui.app.state import AppState
    from gui.common.run_facts import RunFacts
    from gui.common.theme import Colours
    from gui.common.trace_view import View
    from gui.common.traces import Traces
    from gui.run.record_dock import RecordDock


class RecordArea(QObject):
    """The dock "Record".

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.parent)
        self._context = context
        self._page: RecordDock | None = None
        self._records = Records(context.parent)
        self._over: tuple[Path, ...] = ()
        self._lead: Path | None = None
        self._records.opened.connect(self._show_opened)
        self._records.traced.connect(self._draw)
        self._records.failed.connect(context.exchange.message)
        context.exchange.runs_opened.connect(self._open)
        context.exchange.overlay_wanted.connect(self._lay_over)
        self._docks = (DockSpec("record", "Record", self._build, {Layout.ANALYSE: Side.CENTRE}),)

    def _build(self) -> QWidget:
        from gui.run.record_dock import RecordDock  # plots take their time

        self._page = RecordDock()
        plot, exchange = self._page.plot, self._context.exchange
        plot.span_wanted.connect(self._ask)
        plot.zoom_out_wanted.connect(plot.zoom_out)
        exchange.zoom_out_wanted.connect(plot.zoom_out)
        plot.save_wanted.connect(self._save)
        return self._page

    def _open(self, paths: tuple[Path, ...]) -> None:
        self._context.store.apply(transitions.runs_opened, paths)
        if paths:
            self._context.exchange.dock_wanted.emit("record")

    def _lay_over(self, paths: tuple[Path, ...]) -> None:
        self._over = tuple(paths)
        self._read(self._context.store.state.opened)

    def _read(self, opened: tuple[Path, ...]) -> None:
        if self._page is None:
            return
        self._lead = None
        if not opened:
            self._page.clear()
            return
        self._page.show_waiting([path.name for path in opened])
        self._records.open([*opened, *(path for path in self._over if path not in opened)])

    def _ask(self, view: View) -> None:
        if self._lead is not None:
            self._records.set_view(view)

    def _show_opened(self, facts: tuple[RunFacts, ...], problems: tuple[str, ...]) -> None:
        if self._page is None:
            return
        if facts:
            self._lead = facts[0].path
            self._page.show_opened(facts)
        self._page.show_problem("\n".join(problems), nothing_left=not facts)

    def _draw(self, answers: tuple[tuple[Path, Traces], ...]) -> None:
        if self._page is None:
            return
        from gui.common.trace_lane import Overlay  # with the plots, which are there now

        lead = [traces for path, traces in answers if path == self._lead]
        if lead:
            self._page.plot.show_traces(lead[0])
        self._page.plot.show_overlays([Overlay(path.stem, traces) for path, traces in answers if path != self._lead])

    def _save(self, suffix: str, content: bytes) -> None:
        if self._page is not None and self._lead is not None:
            save_as(self._context, self._page, self._lead.stem, suffix, content)

    def docks(self) -> Sequence[DockSpec]:
        """Return the dock of the curves of saved runs."""
        return self._docks

    def actions(self) -> Sequence[ActionSpec]:
        """Return none: runs are opened from their list, by a file, or by a drop."""
        return ()

    def show(self, state: AppState, before: AppState) -> None:
        """Read what is opened."""
        if state is before or state.opened != before.opened:
            self._read(state.opened)

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        if self._page is not None:
            self._page.set_colours(colours)

    def close(self) -> None:
        """End the reader."""
        self._records.close()
