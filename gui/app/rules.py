"""Rules: which command is allowed, with the reason for each refusal. Without Qt.

The only place that decides whether a button can be pressed. A pure function of the state.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from gui.app.fit_state import FitStage
from gui.app.state import AttemptStage, PlanStage
from gui.common.instrument import USUAL_KIND, ConnectionStage
from gui.common.language import tr

if TYPE_CHECKING:
    from pathlib import Path

    from gui.app.state import AppState


class Command(Enum):
    """What the operator can ask for."""

    CONNECT = "connect"
    FIND = "find instruments"
    SIMULATE = "simulate an instrument"
    SIMULATE_USUAL = "simulate the usual instrument"
    RUN = "run"
    STOP = "stop"
    FIT = "fit"
    CANCEL_FIT = "cancel the fit"
    CONFIRM_OFF = "confirm that the output is off"
    ZOOM_OUT = "show the whole of what is zoomed into"


@dataclass(frozen=True)
class Permission:
    """Whether a command is allowed.

    Attributes
    ----------
    reason : str
        Why it is not; empty if it is.
    """

    reason: str = ""

    @property
    def granted(self) -> bool:
        """Whether the command is allowed."""
        return not self.reason


def allowed(state: AppState) -> dict[Command, Permission]:
    """Return for every command whether it is allowed, and why not.

    Stop is allowed in every state: should the window be wrong about a run, the button must still work.
    """
    connect = _no_connecting(state)
    return {
        Command.CONNECT: Permission(connect),
        Command.FIND: Permission(connect),
        Command.SIMULATE: Permission(connect),
        Command.SIMULATE_USUAL: Permission(connect or _no_second_simulator(state)),
        Command.RUN: Permission(_no_run(state)),
        Command.STOP: Permission(),
        Command.FIT: Permission(_no_fit(state)),
        Command.CANCEL_FIT: Permission("" if state.fit.stage is FitStage.FITTING else tr("No fit is in progress.")),
        Command.CONFIRM_OFF: Permission("" if state.alarms else tr("No output is in doubt.")),
        Command.ZOOM_OUT: Permission(),
    }


def fitted_runs(state: AppState) -> tuple[Path, ...]:
    """Return the runs that a fit is about: those that are opened, else the run of this window when it is over."""
    run = state.finished_run
    return state.opened or (() if run is None or run.facts is None else (run.facts.path,))


def _no_connecting(state: AppState) -> str:
    if state.run_in_progress is not None:
        return tr("A run is in progress: stop it or wait for its end before you connect another instrument.")
    if state.attempt.stage is AttemptStage.TRYING:
        return tr("An output is being switched off.")
    if state.connection.stage is ConnectionStage.STARTING_SIMULATOR:
        return tr("A simulated instrument is starting.")
    if state.connection.stage is ConnectionStage.CONNECTING:
        return tr("Connecting to {address}.").format(address=state.connection.address)
    return ""


def _no_second_simulator(state: AppState) -> str:
    connection = state.connection
    is_connected = connection.stage is ConnectionStage.CONNECTED and connection.kind == USUAL_KIND
    return tr("The simulated instrument is connected already.") if is_connected else ""


def _no_run(state: AppState) -> str:
    if state.run_in_progress is not None:
        return tr("A run is in progress.")
    if state.attempt.stage is AttemptStage.TRYING:
        return tr("An output is being switched off.")
    if state.connection.is_busy:
        return tr("The instrument is still being connected.")
    if state.connection.instrument is None:
        return tr("No instrument is connected.")
    return {
        PlanStage.NONE: tr("No protocol is chosen."),
        PlanStage.PLANNING: tr("The plan is still being made."),
        PlanStage.REFUSED: tr("The protocol cannot be run: see the page Plan."),
        PlanStage.READY: (
            ""
            if state.plan.driver == state.connection.instrument.driver
            else tr("The plan was made for another instrument: choose the protocol again.")
        ),
    }[state.plan.stage]


def _no_fit(state: AppState) -> str:
    if state.fit.stage is FitStage.FITTING:
        return tr("A fit is in progress: cancel it first.")
    if not state.opened and state.run_in_progress is not None:
        return tr("The run is still in progress.")
    return "" if fitted_runs(state) else tr("There is no finished run yet.")
