"""Area of the fit: the cell model, and what its fit to the run says of the memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from gui.app import transitions
from gui.app.area import DockSpec, Layout, Side
from gui.app.rules import Command, allowed
from gui.app.state import FitStage, Page
from gui.common.widgets import panel
from gui.fit.model_panel import FitPanel
from gui.fit.result_page import MemoryPage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gui.app.area import ActionSpec, Context
    from gui.app.state import AppState, Fit
    from gui.common.theme import Colours
    from gui.common.traces import Traces
    from gui.fit.result_model import ShownFit


class FitArea(QObject):
    """The docks "Cell model" and "Memory".

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.parent)
        self._context = context
        self._model = FitPanel()
        self._memory = MemoryPage()
        commands, exchange = context.commands, context.exchange
        context.actions[Command.FIT].triggered.connect(
            lambda: self._model.wanted.emit(self._model.model.currentText().strip())
        )
        self._model.wanted.connect(commands.start_fit)
        self._model.unwanted.connect(commands.cancel_fit)
        context.actions[Command.CANCEL_FIT].triggered.connect(commands.cancel_fit)
        commands.fitted.connect(self._show_result)
        commands.runs.follower.traced.connect(self._draw)
        self._memory.zoomed.connect(exchange.zoom_wanted)
        self._memory.zoom_out_wanted.connect(exchange.zoom_out_wanted)
        exchange.zoom_out_wanted.connect(self._memory.zoom_out)
        exchange.dock_raised.connect(self._note_page)
        self._docks = (
            DockSpec("model", "Cell model", panel(self._model), dict.fromkeys(Layout, Side.LEFT)),
            DockSpec("memory", "Memory", self._memory, dict.fromkeys(Layout, Side.CENTRE)),
        )

    def _note_page(self, dock: str) -> None:
        if dock == "memory":
            self._context.store.apply(transitions.page_shown, Page.MEMORY)

    def _draw(self, traces: Traces) -> None:
        run = self._context.store.state.run
        is_of_run = run is not None and run.facts is not None  # else these are curves of the run before
        if is_of_run and traces.view.fold is None and traces.view.latest_s is None:
            self._memory.show_traces(traces)

    def _show_result(self, fit: ShownFit) -> None:
        self._memory.show_fit(fit)
        self._model.remember(fit.headline)

    def docks(self) -> Sequence[DockSpec]:
        """Return the docks of the model and of the result."""
        return self._docks

    def actions(self) -> Sequence[ActionSpec]:
        """Return none: the fit is a command of the window."""
        return ()

    def show(self, state: AppState, before: AppState) -> None:
        """Show how the fit stands."""
        if state.page is Page.MEMORY is not before.page:
            self._context.exchange.dock_wanted.emit("memory")
        if state.run is not None and (before.run is None or before.run.number != state.run.number):
            self._memory.clear()
        if state.fit != before.fit:
            self._show_stage(state.fit)
        reason = allowed(state)[Command.FIT].reason
        self._model.set_state(reason=reason, fitting=state.fit.stage is FitStage.FITTING)

    def _show_stage(self, fit: Fit) -> None:
        text = {
            FitStage.FITTING: f"Fitting {fit.model} …",
            FitStage.CANCELLED: f"The fit of {fit.model} was cancelled.",
            FitStage.FAILED: f"{fit.model} was not fitted: {fit.problem}",
        }.get(fit.stage, "")
        self._memory.show_state(text, failed=fit.stage is FitStage.FAILED)

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self._memory.set_colours(colours)

    def close(self) -> None:
        """Nothing here ends with the window: the fit is ended by the commands."""
