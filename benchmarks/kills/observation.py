"""What was seen of one case, as plain data: times from the signals on, in seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.kills.cases import Process


@dataclass(frozen=True)
class Change:
    """Change of the true state of the output after the signals.

    Attributes
    ----------
    at_s : float
    on : bool
    """

    at_s: float
    on: bool


@dataclass(frozen=True)
class Alarm:
    """Look at the alarm at a moment when no process of the run existed.

    Attributes
    ----------
    when : str
        In words.
    output_on : bool
        The truth.
    is_up : bool
        Whether the run counts as one whose output may be on.
    is_marked : bool
        Whether the instrument has a marker, which the next run on it finds.
    """

    when: str
    output_on: bool
    is_up: bool
    is_marked: bool


@dataclass
class Observation:
    """One case as it went.

    Attributes
    ----------
    phase : str
        That the guardian had told last when the signals were sent.
    acknowledged : int
        Largest number of samples that a front end had been told by then.
    output_on : bool
        The truth at the signals.
    changes : list of Change
        After the signals.
    longest_gap_s : float
        Between two looks at the truth.
    duration_s : float
        Of the program.
    ended_s : dict
        When each process was first seen to have ended.
    frozen_until_s : float or None
        When the frozen processes were woken; None if none were.
    front_end_status : int or None
        Exit status of the front end; None if it had to be killed at the end of the case.
    front_end_output, front_end_errors : str
        What it printed.
    front_end_output_on : bool
        The truth when it ended.
    leftovers : list of str
        Processes that had to be killed at the end of the case.
    alarms : list of Alarm
    recover_status : int or None
        Exit status of `ionecho recover`; None if there was no run file, or it had to be killed.
    recover_text : str
        What it printed.
    recover_s : float
        How long it took.
    has_file : bool
        Whether there is a run file.
    n_samples : int
        In the run file in the end.
    bad_blocks : int
        Of them, with a wrong checksum.
    state_left : str
        Of the run file when all processes had ended; empty if there was none, or they did not end.
    state : str
        Of the run file in the end.
    problem : str
        Why the case could not be played; empty if it was.
    """

    phase: str = ""
    acknowledged: int = 0
    output_on: bool = False
    changes: list[Change] = field(default_factory=list)
    longest_gap_s: float = 0.0
    duration_s: float = 0.0
    ended_s: dict[Process, float] = field(default_factory=dict)
    frozen_until_s: float | None = None
    front_end_status: int | None = None
    front_end_output: str = ""
    front_end_errors: str = ""
    front_end_output_on: bool = False
    leftovers: list[str] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    recover_status: int | None = None
    recover_text: str = ""
    recover_s: float = 0.0
    has_file: bool = False
    n_samples: int = 0
    bad_blocks: int = 0
    state_left: str = ""
    state: str = ""
    problem: str = ""

    @property
    def off_s(self) -> float | None:
        """From the signals to the output off for good; 0 if it never was on, None if it stayed on."""
        on = self.changes[-1].on if self.changes else self.output_on
        if on:
            return None
        return self.changes[-1].at_s if self.changes else 0.0

    @property
    def on_at_end(self) -> bool:
        """Whether the output was on when the case was over."""
        return self.off_s is None

    def was_on(self, at_s: float) -> bool:
        """Whether the output was on at a moment after the signals."""
        states = [self.output_on] + [change.on for change in self.changes if change.at_s <= at_s]
        return states[-1]

    @property
    def front_end_outcome(self) -> dict[str, Any]:
        """The document that the front end printed; empty if it printed none."""
        import json

        try:
            document = json.loads(self.front_end_output)
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}
