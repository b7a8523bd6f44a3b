"""Messages between the processes of a run: statuses, requests of front ends, orders to the runner."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from daq.state import Outcome, OutputState, Phase, RunState, RunStatus


class ControlRequest(StrEnum):
    """What a front end may ask of a guardian; each is answered by a `RunStatus`."""

    STATUS = "status"
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


def status_to_json(status: RunStatus) -> str:
    """Return a status as a message for a front end."""
    return json.dumps(asdict(status))


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
