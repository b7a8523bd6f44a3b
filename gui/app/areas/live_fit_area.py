"""Area of the live fit: a cell model that follows the run in progress, in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from gui.app import live_fit_state
from gui.app.area import ActionSpec, DockSpec, Layout, Menu, Side
from gui.app.live_fit_state import LiveFit, LiveFitStage
from gui.common.circuits import MODELS
from gui.common.language import tr
from gui.services.json_lines import JsonLines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QWidget

    from gui.app.area import Context
    from gui.app.state import AppState
    from gui.common.theme import Colours
    from gui.run.live_fit_panel import LiveFitPanel

_MODULE = "fitting.live_process"


class LiveFitArea(QObject):
    """The dock "Live fit".

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.parent)
        self._context = context
        self._panel: LiveFitPanel | None = None
        self._children: list[JsonLines] = []
        self._fit = LiveFit()
        self._was_offered = False
        self._docks = (DockSpec("live_fit", "Live fit", self._build, {Layout.MEASURE: Side.RIGHT}, waits=True),)

    def _build(self) -> QWidget:
        from gui.run.live_fit_panel import LiveFitPanel  # with arrays: the window paints before they are there

        self._panel = LiveFitPanel(MODELS)
        self._panel.start_wanted.connect(self.start)
        self._panel.stop_wanted.connect(self.stop)
        return self._panel

    # -- what the operator wants --------------------------------------------------------------------------------------

    def start(self, model: str) -> None:
        """Follow the run in progress with a circuit, or the next one."""
        self._end_child()
        if self._panel is not None:
            self._panel.clear()
        child = JsonLines(tr("The live fit"), _MODULE, self)
        child.told.connect(self._take)
        child.ended.connect(lambda: self._become(live_fit_state.ended(self._fit)))
        child.failed.connect(lambda why: self._become(live_fit_state.failed(self._fit, why)))
        self._children.append(child)
        self._become(live_fit_state.started(model))
        child.start(model)
        self._follow(self._context.store.state)

    def _follow(self, state: AppState) -> None:
        """Tell its process which run it is, as soon as there is one."""
        run = live_fit_state.run_to_follow(state)
        if self._fit.stage is LiveFitStage.ARMED and run is not None:
            self._children[-1].tell(str(run))
            self._become(live_fit_state.following(self._fit, run))

    def stop(self) -> None:
        """Follow it no longer; what was found stays."""
        self._end_child()
        self._become(live_fit_state.stopped(self._fit))

    def _toggle(self) -> None:
        self._context.exchange.dock_wanted.emit("live_fit")
        if self._fit.is_on:
            self.stop()
        elif self._panel is not None:
            self.start(self._panel.model.currentText().strip())

    def _end_child(self) -> None:
        for child in self._children:
            child.end()
        self._children = [child for child in self._children if child.is_running]

    # -- what its process tells ---------------------------------------------------------------------------------------

    def _take(self, document: dict[str, Any]) -> None:
        from gui.run.live_estimates import LiveFigures

        try:
            figures = LiveFigures.of(document)
        except (KeyError, TypeError, ValueError) as error:
            self._end_child()
            why = tr("The live fit tells what nobody understands: {error}").format(error=error)
            self._become(live_fit_state.failed(self._fit, why))
            return
        over = bool(document.get("over"))
        if self._fit.stage is not LiveFitStage.FITTING or over:
            self._become(live_fit_state.fitted(self._fit, over=over))
        if figures is not None and self._panel is not None:
            self._panel.show_figures(figures)

    def _become(self, fit: LiveFit) -> None:
        self._fit = fit
        self._show_stage()

    def _show_stage(self) -> None:
        if self._panel is None:
            return
        fit = self._fit
        text = {
            LiveFitStage.OFF: tr(
                "While a run is in progress, this shows its relaxation W(t) with its band, the parameters as they "
                "close in, and how well each is known. Choose a cell model and start; the next run is waited for."
            ),
            LiveFitStage.ARMED: tr("{model} waits for the next run.").format(model=fit.model),
            LiveFitStage.STARTING: tr("{model} waits for a response to fit …").format(model=fit.model),
            LiveFitStage.OVER: tr("The run has ended. Fit it for intervals that can be quoted."),
        }.get(fit.stage, "")
        self._panel.show_stage(text, fit.problem, is_on=fit.is_on)

    # -- area ---------------------------------------------------------------------------------------------------------

    def docks(self) -> Sequence[DockSpec]:
        """Return the dock of the live fit."""
        return self._docks

    def actions(self) -> Sequence[ActionSpec]:
        """Return the action that starts and stops it."""
        return (
            ActionSpec(
                "live_fit.toggle",
                "&Live fit",
                Menu.ANALYSE,
                self._toggle,
                "Fit the cell model to the run as it comes, or stop that",
                "Ctrl+Shift+L",
            ),
        )

    def show(self, state: AppState, before: AppState) -> None:
        """Follow the run that begins, if a live fit waits for it."""
        if state is before:
            self._show_stage()
        elif live_fit_state.run_to_follow(state) != live_fit_state.run_to_follow(before):
            self._offer(state)
            self._follow(state)

    def _offer(self, state: AppState) -> None:
        """Show the dock when the first run begins; who closes it is not asked again."""
        if live_fit_state.run_to_follow(state) is not None and not self._was_offered:
            self._was_offered = True
            self._context.exchange.dock_offered.emit("live_fit")

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        if self._panel is not None:
            self._panel.set_colours(colours)

    def close(self) -> None:
        """End its process."""
        for child in self._children:
            child.end()
        for child in self._children:
            child.wait_for_end()
