"""Header: what the top of the window says of the run and of the output. Without Qt.

A pure function of the state. The words OUTPUT MAY BE ON stand there exactly as long as there is an alarm, and the state
of the output with its time always does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from daq.state import OutputState, Phase, RunState
from gui.app.rules import Command, allowed
from gui.app.state import AttemptStage, Evidence, PlanStage, StopRequest
from protocols import format_quantity, printable

if TYPE_CHECKING:
    from datetime import date, datetime

    from gui.app.state import AppState, Attempt, CurrentRun

MAY_BE_ON = "OUTPUT MAY BE ON"
"""Stands in the header as long as there is an alarm, and never without one."""


class Tone(Enum):
    """How loud the badge of the output is."""

    QUIET = "quiet"
    ON = "on"
    ALARM = "alarm"


@dataclass(frozen=True)
class Badge:
    """State of the output, which is always in sight.

    Attributes
    ----------
    text : str
        ``OUTPUT ON``, ``OUTPUT OFF`` or ``OUTPUT UNKNOWN``, and since when.
    tip : str
        How that is known, with the date.
    tone : Tone
    """

    text: str
    tip: str
    tone: Tone


@dataclass(frozen=True)
class Header:
    """What the header of the window says.

    Attributes
    ----------
    headline, detail : str
    warning : str
        `MAY_BE_ON` with an alarm, empty without one.
    badge : Badge
    progress : float
        Share of the run that is in its file, 0 to 1.
    stop_text, stop_tip : str
        What the button Stop does next, in a word and in a sentence.
    """

    headline: str
    detail: str
    warning: str
    badge: Badge
    progress: float
    stop_text: str
    stop_tip: str


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
# A longer name is cut in its middle, so that the figures behind it stay in view on a screen of 1400 pixels: there the
# header has room for some 90 letters.
_NAME_LETTERS = 36
_BADGES = {
    OutputState.ON: "OUTPUT ON",
    OutputState.OFF: "OUTPUT OFF",
    OutputState.UNKNOWN: "OUTPUT UNKNOWN",
    OutputState.UNTOUCHED: "OUTPUT UNKNOWN",
}
_SOURCES = {
    Evidence.NONE: "from nobody",
    Evidence.PHASE: "from the run's own report",
    Evidence.READ_BACK: "by read-back",
    Evidence.OPERATOR: "from the operator, who has seen it",
    Evidence.FAILURE: "to be in doubt: it could not be read back as off",
}
_NOT_READ = "Nobody has read it yet: a run reads it back at its end."


def header(state: AppState) -> Header:
    """Return what the header says in a state."""
    stop_text, stop_tip = _stop_texts(state)
    return Header(
        _headline(state),
        _detail(state),
        MAY_BE_ON if state.alarms else "",
        _badge(state),
        _progress(state.run),
        stop_text,
        stop_tip,
    )


def _headline(state: AppState) -> str:
    run = state.run
    if state.run_in_progress is None and state.attempt.stage is AttemptStage.TRYING:
        return "Switching the output off …"
    if run is None or run.over_since is not None:
        return "Ready" if allowed(state)[Command.RUN].granted else "Not ready"
    if run.outcome is not None:
        if run.outcome.state is RunState.REFUSED and not run.outcome.error:
            return _ENDS[RunState.STOPPED]  # by the operator, before anything was started
        return _ENDS.get(run.outcome.state, "Output state unknown" if state.alarms else "Ended")
    if run.stop_failed:
        return "Stop not confirmed"
    if run.silent_since is not None:
        return "No report from the run"
    return {
        StopRequest.NONE: _PHASES[run.status.phase],
        StopRequest.STOP: "Stopping …",
        StopRequest.SWITCH_OFF: "Switching the output off …",
    }[run.stop_request]


def _detail(state: AppState) -> str:
    if state.note:
        return state.note
    run = state.run_in_progress
    if run is None and state.attempt.stage is not AttemptStage.NONE:
        return _attempt_text(state.attempt, state.today)
    if state.run is None:
        return _next_step(state)
    shown = _run_detail(state.run, state.today)
    return shown if state.run.over_since is None else f"{_next_step(state)} {shown}"


def _attempt_text(attempt: Attempt, today: date | None) -> str:
    if attempt.stage is AttemptStage.TRYING:
        return "A fresh session to the instrument is being tried."
    when = "" if attempt.at is None else f" at {_moment(attempt.at, today)}"
    if attempt.stage is AttemptStage.OFF:
        return f"The output was read back as off{when}."
    some = f" of {attempt.n_off + attempt.n_failed} outputs" if attempt.n_off else ""
    number = f"{attempt.n_failed}{some}" if some else "The output"
    return f"{number} could not be read back as off{when}: press the OUTPUT key of the instrument."


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


def _run_detail(run: CurrentRun, today: date | None) -> str:
    """Return the run's own instrument, then how the run stands or ended; its name comes last, where a line is cut."""
    instrument = _shortened(run.instrument) or "Instrument not known yet"
    if run.outcome is None:
        silent = "" if run.silent_since is None else f"last heard of at {_moment(run.silent_since, today)}"
        parts = [instrument, silent, *_progress_texts(run), _shortened(run.title)]
    else:
        output = {
            OutputState.OFF: "output off",
            OutputState.UNTOUCHED: "output never on",
            OutputState.ON: "",
            OutputState.UNKNOWN: "",
        }[run.outcome.output]
        name = "no run file" if run.facts is None else _shortened(run.facts.path.name)
        last = ""
        if run.over_since is not None:
            how = _ENDS.get(run.outcome.state, "Ended").lower()
            last = f"Last run: {how}, {_moment(run.over_since, today)}"
        parts = [last, instrument, f"{run.outcome.n_samples:,} samples", output, name]
    return " · ".join(filter(None, parts))


def _shortened(name: str) -> str:
    """Return a name on one line, with its control characters spelt out, and cut in its middle where it is too long."""
    shown = " ".join(printable(name).split())
    if len(shown) <= _NAME_LETTERS:
        return shown
    half = _NAME_LETTERS // 2
    return f"{shown[: half - 1].rstrip()} … {shown[-half + 2 :].lstrip()}"


def _progress_texts(run: CurrentRun) -> list[str]:
    done, planned = run.status.n_samples, run.status.n_planned
    if run.facts is None or not planned:
        return []
    gone, whole = (format_quantity(run.facts.duration_s * share, "s", 3) for share in (run.fraction, 1.0))
    return [f"{gone} of {whole}", f"{done:,} of {planned:,} samples"]


def _progress(run: CurrentRun | None) -> float:
    if run is None or run.over_since is not None:
        return 0.0
    if run.outcome is not None and run.outcome.state is RunState.COMPLETE:
        return 1.0
    return min(run.fraction, 1.0)


def _badge(state: AppState) -> Badge:
    state_of_output, at, how, tone = _knowledge(state)
    text, tip = _BADGES[state_of_output], how
    if at is not None:
        text = f"{text} since {_moment(at, state.today)}"
        tip = f"{how} Since {at:%d %B %Y, %H:%M:%S}."
    if not state.alarms and state.output.evidence is Evidence.OPERATOR and state_of_output is OutputState.OFF:
        text += f", {Evidence.OPERATOR.value}"
    return Badge(text, tip, tone)


def _knowledge(state: AppState) -> tuple[OutputState, datetime | None, str, Tone]:
    """Return what is known of the output, since when, how that is known, and how loud it is to be said."""
    if state.alarms:
        return OutputState.UNKNOWN, state.alarms[-1].at, "It could not be read back as off.", Tone.ALARM
    run, output = state.run_in_progress, state.output
    if run is not None and run.silent_since is not None:
        return OutputState.UNKNOWN, run.silent_since, "The run has not been heard of since then.", Tone.ON
    if output.state is OutputState.UNTOUCHED:
        return OutputState.UNTOUCHED, output.at, _NOT_READ, Tone.QUIET
    tone = {OutputState.ON: Tone.ON, OutputState.UNKNOWN: Tone.ALARM}.get(output.state, Tone.QUIET)
    return output.state, output.at, f"Known {_SOURCES[output.evidence]}.", tone


def _moment(at: datetime, today: date | None) -> str:
    """Return a time of today, or date and time of another day."""
    return f"{at:%H:%M:%S}" if today is None or at.date() == today else f"{at:%d %b %H:%M}"


def _stop_texts(state: AppState) -> tuple[str, str]:
    run = state.run_in_progress
    if run is not None:
        if run.stop_request is StopRequest.NONE:
            return "Stop", "End the run: output off, samples kept. Again: output off at once"
        return "Output off now", "Switch the output off at once, by the guardian's own session"
    if state.alarms:
        return "Switch off", "Switch the output off through a fresh session, and read that back"
    return "Stop", "No run is in progress: there is nothing to stop"
