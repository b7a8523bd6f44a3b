"""Area of the protocol: the ready ones and files, and the plan of the one that is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from gui.app import transitions
from gui.app.area import DockSpec, Layout, Side
from gui.app.state import Page, PlanStage
from gui.common.widgets import panel
from gui.protocol.library_panel import ProtocolPanel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gui.app.area import ActionSpec, Context
    from gui.app.state import AppState
    from gui.common.theme import Colours
    from gui.protocol.plan_page import PlanPage


class ProtocolArea(QObject):
    """The docks "Protocols" and "Plan".

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.parent)
        self._context = context
        settings = context.settings
        self._library = ProtocolPanel(None if settings is None else settings.protocol_folder)
        self._plan: PlanPage | None = None
        self._library.chosen.connect(self._plan_protocol)
        self._library.file_opened.connect(self._keep_folder)
        context.exchange.dock_raised.connect(self._note_page)
        context.exchange.planned_wanted.connect(self._choose)
        self._docks = (
            DockSpec("protocols", "Protocols", panel(self._library, low=True), {Layout.MEASURE: Side.LEFT}),
            DockSpec("plan", "Plan", self._page, {Layout.MEASURE: Side.CENTRE}),
        )

    def _page(self) -> PlanPage:
        from gui.protocol.plan_page import PlanPage  # plots take their time

        self._plan = PlanPage()
        exchange = self._context.exchange
        self._plan.zoom_out_wanted.connect(exchange.zoom_out_wanted)
        exchange.zoom_out_wanted.connect(self._plan.zoom_out)
        return self._plan

    def _keep_folder(self, path: Path) -> None:
        if self._context.settings is not None:
            self._context.settings.protocol_folder = path.parent

    def _note_page(self, dock: str) -> None:
        if dock == "plan":
            self._context.store.apply(transitions.page_shown, Page.PLAN)

    def _plan_protocol(self, source: str | Path) -> None:
        if self._context.store.state.run_in_progress is None:  # the curves of a run stay in sight
            self._context.exchange.dock_wanted.emit("plan")
        self._context.commands.choose_protocol(source)

    def _choose(self, source: str | Path) -> None:
        if isinstance(source, str):
            self._library.choose(source)
        else:
            self._library.open_file(source)

    def docks(self) -> Sequence[DockSpec]:
        """Return the docks of the library and of the plan."""
        return self._docks

    def actions(self) -> Sequence[ActionSpec]:
        """Return none yet."""
        return ()

    def show(self, state: AppState, before: AppState) -> None:
        """Show the plan."""
        if state.page is Page.PLAN is not before.page:
            self._context.exchange.dock_wanted.emit("plan")
        plan = state.plan
        if self._plan is None or (plan == before.plan and state is not before):
            return
        if plan.stage is PlanStage.PLANNING:
            self._plan.show_waiting()
        elif plan.view is not None:
            self._plan.show_plan(plan.view, connected=state.connection.instrument is not None)
        elif plan.error is not None:
            self._plan.show_problems(plan.title, plan.error)

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        if self._plan is not None:
            self._plan.set_colours(colours)

    def close(self) -> None:
        """Nothing here ends with the window."""
