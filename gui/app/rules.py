"""Rules: which command is allowed, with the reason for each refusal, and what the header says. Without Qt.

The only place that decides whether a button can be pressed. Pure functions of the state.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from daq.state import OutputState, Phase, RunState
from gui.app.state import Evidence, FitStage, PlanStage, StopRequest
from gui.common.instrument import USUAL_KIND, ConnectionStage
from protocols import format_quantity

if TYPE_CHECKING:
    from datetime import datetime

    from gui.app.state import AppState, CurrentRun

MAY_BE_ON = "OUTPUT MAY BE ON"
"""Stands in the header as long as there is an alarm, and never without one."""


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
        Command.CANCEL_FIT: Permission("" if state.fit.stage is FitStage.FITTING else "No fit is in progress."),
        Command.CONFIRM_OFF: Permission("" if state.alarms else "No output is in doubt."),
    }


def _no_connecting(state: AppState) -> str:
    if state.run_in_progress is not None:
        return "A run is in progress: stop it or wait for its end before you connect another instrument."
    if state.connection.stage is ConnectionStage.STARTING_SIMULATOR:
        return "A simulated instrument is starting."
    if state.connection.stage is ConnectionStage.CONNECTING:
        return f"Connecting to {state.connection.address}."
    return ""


def _no_second_simulator(state: AppState) -> str:
    connection = state.connection
    is_connected = connection.stage is ConnectionStage.CONNECTED and connection.kind == USUAL_KIND
    return "The simulated instrument is connected already." if is_connected else ""


def _no_run(state: AppState) -> str:
    if state.run_in_progress is not None:
        return "A run is in progress."
    if state.connection.is_busy:
        return "The instrument is still being connected."
    if state.connection.instrument is None:
        return "No instrument is connected."
    return {
        PlanStage.NONE: "No protocol is chosen.",
        PlanStage.PLANNING: "The plan is still being made.",
        PlanStage.REFUSED: "The protocol cannot be run: see the page Plan.",
        PlanStage.READY: (
            ""
            if state.plan.driver == state.connection.instrument.driver
            else "The plan was made for another instrument: choose the protocol again."
        ),
    }[state.plan.stage]


def _no_fit(state: AppState) -> str:
    if state.fit.stage is FitStage.FITTING:
        return "A fit is in progress: cancel it first."
    if state.run_in_progress is not None:
        return "The run is still in progress."
    return "" if state.finished_run is not None else "There is no finished run yet."


# -- header -----------------------------------------------------------------------------------------------------------


class Tone(Enum):
    """How loud the badge of the output is."""

    QUIET = "quiet"
    ON = "on"
    ALARM = "alarm"


@dataclass(frozen=True)
class Header:
    """What the header of the window says.

    Attributes
    ----------
    headline, detail : str
    badge : str
        State of the output with the time at which it became known; empty while this window has seen no run.
    tone : Tone
        Of the badge.
    progress : float
        Share of the run that is in its file, 0 to 1.
    stop_text : str
        What the button Stop does next.
    """

    headline: str
    detail: str
    badge: str
    tone: Tone
    progress: float
    stop_text: str


_PHASES = {
    Phase.CONNECTING: "Connecting …",
    Phase.PLANNING: "Planning …",
    Phase.ARMING: "Loading the program …",
    Phase.RUNNING: "Running",
    Phase.SWITCHING_OFF: "Switching the output off …",
    Phase.CLOSING: "Closing the run file …",
    Phase.FINISHED: "Finished",
}
_ENDS = {
    RunState.COMPLETE: "Complete",
    RunState.STOPPED: "Stopped",
    RunState.ABORTED: "Aborted",
    RunState.REFUSED: "Refused",
}
# A longer title is cut in its middle, so that the instrument beside it stays in view on a screen of 1400 pixels: there
# the header has room for some 110 letters.
_TITLE_LETTERS = 36
_END_UNKNOWN = "Output state unknown"
_BADGES = {OutputState.ON: "OUTPUT ON", OutputState.OFF: "OUTPUT OFF", OutputState.UNKNOWN: "OUTPUT UNKNOWN"}


def header(state: AppState) -> Header:
    """Return what the header says in a state."""
    run = state.run
    if state.note:
        headline, detail = _headline(state), state.note
    elif run is None:
        headline, detail = _headline(state), _next_step(state)
    else:
        headline, detail = _headline(state), _run_detail(run)
    if state.alarms:
        detail = " · ".join(filter(None, (MAY_BE_ON, detail)))
    badge, tone = _badge(state)
    return Header(headline, detail, badge, tone, _progress(run), _stop_text(state))


def _headline(state: AppState) -> str:
    run = state.run
    if run is None:
        return "Ready" if allowed(state)[Command.RUN].granted else "Not ready"
    if run.outcome is not None:
        return _ENDS.get(run.outcome.state, _END_UNKNOWN)
    if run.stop_failed:
        return "Stop not confirmed"
    return {
        StopRequest.NONE: _PHASES[run.status.phase],
        StopRequest.STOP: "Stopping …",
        StopRequest.SWITCH_OFF: "Switching the output off …",
    }[run.stop_request]


def _next_step(state: AppState) -> str:
    if state.connection.is_busy:
        return "Wait until the instrument has answered."
    if state.connection.instrument is None:
        return "Connect an instrument."
    return {
        PlanStage.NONE: "Choose a protocol.",
        PlanStage.PLANNING: "Wait for the plan.",
        PlanStage.REFUSED: "No plan for this protocol: see the page Plan.",
        PlanStage.READY: "Press Run to start.",
    }[state.plan.stage]


def _run_detail(run: CurrentRun) -> str:
    if run.outcome is None:
        parts = [_shortened(run.title), run.instrument, *_progress_texts(run)]
    else:
        output = {
            OutputState.OFF: "output off",
            OutputState.UNTOUCHED: "output never on",
            OutputState.ON: "",
            OutputState.UNKNOWN: "",
        }[run.outcome.output]
        name = "no run file" if run.facts is None else run.facts.path.name
        parts = [f"{run.outcome.n_samples:,} samples", output, run.instrument, name]
    return " · ".join(filter(None, parts))


def _shortened(title: str) -> str:
    if len(title) <= _TITLE_LETTERS:
        return title
    half = _TITLE_LETTERS // 2
    return f"{title[: half - 1].rstrip()} … {title[-half + 2 :].lstrip()}"


def _progress_texts(run: CurrentRun) -> list[str]:
    done, planned = run.status.n_samples, run.status.n_planned
    if run.facts is None or not planned:
        return []
    gone, whole = (format_quantity(run.facts.duration_s * share, "s", 3) for share in (run.fraction, 1.0))
    return [f"{gone} of {whole}", f"{done:,} of {planned:,} samples"]


def _progress(run: CurrentRun | None) -> float:
    if run is None:
        return 0.0
    if run.outcome is not None and run.outcome.state is RunState.COMPLETE:
        return 1.0
    return min(run.fraction, 1.0)


def _badge(state: AppState) -> tuple[str, Tone]:
    if state.alarms:
        return _stamped(_BADGES[OutputState.UNKNOWN], state.alarms[-1].at), Tone.ALARM
    output = state.output
    if output.state not in _BADGES:
        return "", Tone.QUIET
    badge = _stamped(_BADGES[output.state], output.at)
    if output.evidence is Evidence.OPERATOR:
        badge += f", {output.evidence.value}"
    return badge, {OutputState.ON: Tone.ON, OutputState.UNKNOWN: Tone.ALARM}.get(output.state, Tone.QUIET)


def _stamped(text: str, at: datetime | None) -> str:
    return text if at is None else f"{text} since {at:%H:%M:%S}"


def _stop_text(state: AppState) -> str:
    run = state.run_in_progress
    return "Stop" if run is None or run.stop_request is StopRequest.NONE else "Output off now"
