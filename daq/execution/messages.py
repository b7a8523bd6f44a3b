"""Messages between the processes of a run: statuses, requests of front ends, orders and heartbeats to the runner.

Between guardian and runner (a pipe)::

    guardian                                runner
       │ ── RunRequest ───────────────────────► │   not handed over at its start: writing to a process that is frozen
       │                                        │   before it reads would freeze the guardian
       │ ── Heartbeat, every 0.25 s ──────────► │   2 s without one: it stops, and switches off by itself
       │ ◄── RunStatus ──────────────────────── │   silence past the deadline of its phase: it is taken over
       │ ◄── StartRequest(token) ────────────── │   the program is loaded, the output is still off
       │ ── StartAnswer(token, refusal) ──────► │   later than 1 s: it does not start
       │ ── StopOrder ────────────────────────► │
       │ ◄── RunStatus(switching off) ───────── │   its own session has failed
       │ ── SwitchOffAnswer(problem) ─────────► │
       │                                        │
       │ ── RunRequest ───────────────────────► │   the next run of a session, after the outcome of the last
       │ ── EndOfSession ─────────────────────► │   no more runs: it closes its session to the instrument
       │ ◄── SessionEnded(problem) ──────────── │   after a last read-back, if it had waited for another run

Between a front end and the guardian (the control channel): a `ControlRequest`, and a status as its answer. A front end
that did not hear the last one finds it in what the guardian it started has printed, as `end_to_line` wrote it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from daq.execution.run_request import RunRequest
from daq.state import Outcome, OutputState, Phase, RunState, RunStatus


class ControlRequest(StrEnum):
    """What a front end may ask of a guardian; each is answered by a `RunStatus`."""

    STATUS = "status"
    END = "end"
    """As `STATUS`, answered as soon as the run has ended, or after a fifth of a second."""
    STOP = "stop"
    """End the run now: output off, what was measured kept."""
    ABORT = "abort"
    """Switch the output off through the guardian's own session at once, then end the run."""


@dataclass(frozen=True)
class StopOrder:
    """Order of the guardian to its runner: reach the safe state and end the run.

    Attributes
    ----------
    reason : str
    """

    reason: str


@dataclass(frozen=True)
class SwitchOffAnswer:
    """Answer of the guardian to a runner whose own session has failed.

    Attributes
    ----------
    problem : str or None
        Why the output may still be on; None if it was read back as off.
    """

    problem: str | None


@dataclass(frozen=True)
class Heartbeat:
    """Sign of life of the guardian's supervising loop.

    Attributes
    ----------
    sent_s : float
        Reading of the monotonic clock, which all processes of a computer share: one that has waited in the pipe while
        its receiver was frozen is known to be old.
    """

    sent_s: float


@dataclass(frozen=True)
class StartRequest:
    """Question of the runner whether it may switch the output on.

    Attributes
    ----------
    token : str
        Tells this question from any other; the answer repeats it.
    """

    token: str


@dataclass(frozen=True)
class StartAnswer:
    """Answer of the guardian to a `StartRequest`.

    Attributes
    ----------
    token : str
    refusal : str or None
        Why the output must stay off; None if the runner may start.
    """

    token: str
    refusal: str | None


@dataclass(frozen=True)
class EndOfSession:
    """Word of the guardian to its runner that no more runs come."""


@dataclass(frozen=True)
class SessionEnded:
    """Last word of a runner that had waited for another run.

    Attributes
    ----------
    problem : str or None
        Why the output may be on; None if it was read back as off once more.
    """

    problem: str | None


PipeMessage = (
    RunRequest
    | RunStatus
    | StopOrder
    | SwitchOffAnswer
    | Heartbeat
    | StartRequest
    | StartAnswer
    | EndOfSession
    | SessionEnded
)


def status_to_json(status: RunStatus, supervision_age_s: float = 0.0) -> str:
    """Return a status as a message for a front end.

    Parameters
    ----------
    status : RunStatus
    supervision_age_s : float
        Time since the last turn of the guardian's supervising loop.
    """
    return json.dumps(asdict(status) | {"supervision_age_s": supervision_age_s})


def supervision_age_from_json(text: str) -> float:
    """Return the age of the supervising loop in a message that `status_to_json` wrote.

    Raises
    ------
    ValueError, KeyError, TypeError
        If the text is no such message.
    """
    return float(json.loads(text)["supervision_age_s"])


def status_from_json(text: str) -> RunStatus:
    """Return the status that `status_to_json` wrote.

    Raises
    ------
    ValueError, KeyError, TypeError
        If the text is no such message.
    """
    fields = json.loads(text)
    outcome = fields["outcome"]
    return RunStatus(
        Phase(fields["phase"]),
        int(fields["n_samples"]),
        int(fields["n_planned"]),
        OutputState(fields["output"]),
        None if outcome is None else _outcome_from(outcome),
    )


def end_to_line(run_id: str, outcome: Outcome) -> str:
    """Return how a run has ended, as a line that a guardian prints for a front end that did not hear it."""
    return json.dumps({"run_id": run_id, "outcome": asdict(outcome)})


def end_from_line(line: str, run_id: str) -> Outcome | None:
    """Return how a run has ended, as `end_to_line` wrote it; None if the line is about something else."""
    try:
        fields = json.loads(line)
        return _outcome_from(fields["outcome"]) if fields["run_id"] == run_id else None
    except (ValueError, KeyError, TypeError):
        return None


def _outcome_from(fields: dict[str, Any]) -> Outcome:
    return Outcome(
        RunState(fields["state"]),
        OutputState(fields["output"]),
        str(fields["reason"]),
        str(fields["error"]),
        int(fields["n_samples"]),
        tuple(str(warning) for warning in fields["warnings"]),
        str(fields.get("rescued", "")),
    )
