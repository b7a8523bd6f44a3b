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
from gui.common.language import tr, tr_later
from protocols import format_quantity, printable

if TYPE_CHECKING:
    from datetime import date, datetime

    from gui.app.state import AppState, Attempt, CurrentRun

MAY_BE_ON = tr_later("OUTPUT MAY BE ON")
"""Stands in the header as long as there is an alarm, and never without one."""


NO_INSTRUMENT = tr_later("No instrument")
"""Stands in place of the output's state as long as there is no instrument that could have an output."""


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
    Phase.CONNECTING: tr_later("Connecting …"),
    Phase.PLANNING: tr_later("Planning …"),
    Phase.ARMING: tr_later("Loading the program …"),
    Phase.RUNNING: tr_later("Running"),
    Phase.SWITCHING_OFF: tr_later("Switching the output off …"),
    Phase.CLOSING: tr_later("Closing the run file …"),
    Phase.FINISHED: tr_later("Finished"),
}
_ENDS = {
    RunState.COMPLETE: tr_later("Complete"),
    RunState.STOPPED: tr_later("Stopped"),
    RunState.ABORTED: tr_later("Aborted"),
    RunState.REFUSED: tr_later("Refused"),
}
# A longer name is cut in its middle, so that the figures behind it stay in view on a screen of 1400 pixels: there the
# header has room for some 90 letters.
_NAME_LETTERS = 36
_BADGES = {
    OutputState.ON: tr_later("OUTPUT ON"),
    OutputState.OFF: tr_later("OUTPUT OFF"),
    OutputState.UNKNOWN: tr_later("OUTPUT UNKNOWN"),
    OutputState.UNTOUCHED: tr_later("OUTPUT UNKNOWN"),
}
_SOURCES = {
    Evidence.NONE: tr_later("Known from nobody."),
    Evidence.PHASE: tr_later("Known from the run's own report."),
    Evidence.READ_BACK: tr_later("Known by read-back."),
    Evidence.OPERATOR: tr_later("Known from the operator, who has seen it."),
    Evidence.FAILURE: tr_later("Known to be in doubt: it could not be read back as off."),
}
_NOT_READ = tr_later("Nobody has read it yet: a run reads it back at its end.")


def header(state: AppState) -> Header:
    """Return what the header says in a state."""
    stop_text, stop_tip = _stop_texts(state)
    return Header(
        _headline(state),
        _detail(state),
        tr(MAY_BE_ON) if state.alarms else "",
        _badge(state),
        _progress(state.run),
        stop_text,
        stop_tip,
    )


def _headline(state: AppState) -> str:
    run = state.run
    if state.run_in_progress is None and state.attempt.stage is AttemptStage.TRYING:
        return tr("Switching the output off …")
    if run is None or run.over_since is not None:
        return tr("Ready") if allowed(state)[Command.RUN].granted else tr("Not ready")
    if run.outcome is not None:
        if run.outcome.state is RunState.REFUSED and not run.outcome.error:
            return tr(_ENDS[RunState.STOPPED])  # by the operator, before anything was started
        unknown = tr("Output state unknown") if state.alarms else tr("Ended")
        return tr(_ENDS[run.outcome.state]) if run.outcome.state in _ENDS else unknown
    if run.stop_failed:
        return tr("Stop not confirmed")
    if run.silent_since is not None:
        return tr("No report from the run")
    return {
        StopRequest.NONE: tr(_PHASES[run.status.phase]),
        StopRequest.STOP: tr("Stopping …"),
        StopRequest.SWITCH_OFF: tr("Switching the output off …"),
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
        return tr("A fresh session to the instrument is being tried.")
    when = "" if attempt.at is None else tr(" at {moment}").format(moment=_moment(attempt.at, today))
    if attempt.stage is AttemptStage.OFF:
        return tr("The output was read back as off{when}.").format(when=when)
    if attempt.n_off:
        return tr(
            "{n} of {all} outputs could not be read back as off{when}: press the OUTPUT key of the instrument."
        ).format(n=attempt.n_failed, all=attempt.n_off + attempt.n_failed, when=when)
    return tr("The output could not be read back as off{when}: press the OUTPUT key of the instrument.").format(
        when=when
    )


def _next_step(state: AppState) -> str:
    if state.connection.is_busy:
        return tr("Wait until the instrument has answered.")
    if state.connection.instrument is None:
        return tr("Connect an instrument.")
    return {
        PlanStage.NONE: tr("Choose a protocol."),
        PlanStage.PLANNING: tr("Wait for the plan."),
        PlanStage.REFUSED: tr("No plan for this protocol: see the page Plan."),
        PlanStage.READY: tr("Press Run to start."),
    }[state.plan.stage]


def _run_detail(run: CurrentRun, today: date | None) -> str:
    """Return the run's own instrument, then how the run stands or ended; its name comes last, where a line is cut."""
    instrument = _shortened(run.instrument) or tr("Instrument not known yet")
    if run.outcome is None:
        silent = ""
        if run.silent_since is not None:
            silent = tr("last heard of at {moment}").format(moment=_moment(run.silent_since, today))
        parts = [instrument, silent, *_progress_texts(run), _shortened(run.title)]
    else:
        output = {
            OutputState.OFF: tr("output off"),
            OutputState.UNTOUCHED: tr("output never on"),
            OutputState.ON: "",
            OutputState.UNKNOWN: "",
        }[run.outcome.output]
        name = tr("no run file") if run.facts is None else _shortened(run.facts.path.name)
        last = ""
        if run.over_since is not None:
            how = tr(_ENDS.get(run.outcome.state, tr_later("Ended"))).lower()
            last = tr("Last run: {how}, {moment}").format(how=how, moment=_moment(run.over_since, today))
        parts = [last, instrument, tr("{n} samples").format(n=f"{run.outcome.n_samples:,}"), output, name]
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
    return [
        tr("{part} of {whole}").format(part=gone, whole=whole),
        tr("{n} of {all} samples").format(n=f"{done:,}", all=f"{planned:,}"),
    ]


def _progress(run: CurrentRun | None) -> float:
    if run is None or run.over_since is not None:
        return 0.0
    if run.outcome is not None and run.outcome.state is RunState.COMPLETE:
        return 1.0
    return min(run.fraction, 1.0)


def _knows_no_instrument(state: AppState) -> bool:
    """Whether there was none yet: no connection, not even a wanted one, no run, not even an old one, no alarm."""
    connection = state.connection
    is_unknown = connection.instrument is None and not connection.is_busy and state.run is None
    is_untouched = state.output.state is OutputState.UNTOUCHED and state.attempt.stage is AttemptStage.NONE
    return is_unknown and is_untouched and not state.alarms


def _badge(state: AppState) -> Badge:
    if _knows_no_instrument(state):
        return Badge(tr(NO_INSTRUMENT), tr("Connect one: then the state of its output stands here."), Tone.QUIET)
    state_of_output, at, how, tone = _knowledge(state)
    text, tip = tr(_BADGES[state_of_output]), how
    if at is not None:
        text = tr("{output} since {moment}").format(output=text, moment=_moment(at, state.today))
        tip = tr("{how} Since {moment}.").format(how=how, moment=f"{at:%d %B %Y, %H:%M:%S}")
    if not state.alarms and state.output.evidence is Evidence.OPERATOR and state_of_output is OutputState.OFF:
        text += tr(", seen by the operator")
    return Badge(text, tip, tone)


def _knowledge(state: AppState) -> tuple[OutputState, datetime | None, str, Tone]:
    """Return what is known of the output, since when, how that is known, and how loud it is to be said."""
    if state.alarms:
        return OutputState.UNKNOWN, state.alarms[-1].at, tr("It could not be read back as off."), Tone.ALARM
    run, output = state.run_in_progress, state.output
    if run is not None and run.silent_since is not None:
        return OutputState.UNKNOWN, run.silent_since, tr("The run has not been heard of since then."), Tone.ON
    if output.state is OutputState.UNTOUCHED:
        return OutputState.UNTOUCHED, output.at, tr(_NOT_READ), Tone.QUIET
    tone = {OutputState.ON: Tone.ON, OutputState.UNKNOWN: Tone.ALARM}.get(output.state, Tone.QUIET)
    return output.state, output.at, tr(_SOURCES[output.evidence]), tone


def _moment(at: datetime, today: date | None) -> str:
    """Return a time of today, or date and time of another day."""
    return f"{at:%H:%M:%S}" if today is None or at.date() == today else f"{at:%d %b %H:%M}"


def _stop_texts(state: AppState) -> tuple[str, str]:
    run = state.run_in_progress
    if run is not None:
        if run.stop_request is StopRequest.NONE:
            return tr("Stop"), tr("End the run: output off, samples kept. Again: output off at once")
        return tr("Output off now"), tr("Switch the output off at once, by the guardian's own session")
    if state.alarms:
        return tr("Switch off"), tr("Switch the output off through a fresh session, and read that back")
    return tr("Stop"), tr("No run is in progress: there is nothing to stop")
