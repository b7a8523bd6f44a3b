"""States of a run, phases of its execution, states of its output, and how a run ended.

A run file carries a `RunState`, which outlives all processes::

    created ──► running ──► complete
       │           ├──────► stopped     by an operator or a limit
       │           ├──────► aborted     something failed; also written by `recover` after a read-back
       ├───────────┴──────► unknown     the output could not be read back as off; ``aborted`` once it was
       └──────────────────► stopped, aborted

``refused`` is the state of an outcome only: nothing was sent, and there is no run file.

While a run is executed it also has a `Phase`, which the runner reports and the guardian passes on. The diagram, with
the output in each phase, is in the docstring of `Phase`. What the guardian does in each phase is drawn in
`daq.execution.guardian`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from protocols import (
    ConnectionLost,
    InstrumentError,
    IonechoError,
    LimitError,
    OutputStateUnknown,
    ProtocolError,
    RunFileError,
)


class RunState(StrEnum):
    """State of a run, as its file says it; the values are the words on disk."""

    CREATED = "created"
    """The file is whole and its space is reserved; the output was never on."""
    RUNNING = "running"
    """The program was started: the output may be on."""
    PAUSED = "paused"
    """Reserved: a run cannot be paused (decision 033), and no version writes this word."""
    COMPLETE = "complete"
    """Every planned sample is on disk, and the output was read back as off."""
    STOPPED = "stopped"
    """An operator or a limit ended the run; the output was read back as off."""
    ABORTED = "aborted"
    """Something failed; the output was read back as off, seen to be off by a person, or never on."""
    UNKNOWN = "unknown"
    """The output could not be read back as off."""
    REFUSED = "refused"
    """Nothing was sent to the instrument. Of outcomes only: such a run has no file."""

    @classmethod
    def from_file(cls, word: str) -> RunState:
        """Return the state for a word in a run file; a damaged word counts as `UNKNOWN`, the state that alarms."""
        try:
            state = cls(word)
        except ValueError:
            return cls.UNKNOWN
        return state if state.is_of_file else cls.UNKNOWN

    @property
    def is_of_file(self) -> bool:
        """Whether a run file may carry this state."""
        return self is not RunState.REFUSED

    @property
    def is_final(self) -> bool:
        """Whether the run has ended and its samples change no more."""
        return self not in _OPEN_STATES

    @property
    def output_is_off(self) -> bool:
        """Whether a run in this state, with no process of its own alive, has left its output off."""
        return self not in _STATES_OUTPUT_MAY_BE_ON


# States of a run that has not ended, and states in which a dead run may have left its output on.
_OPEN_STATES = frozenset({RunState.CREATED, RunState.RUNNING, RunState.PAUSED})
_STATES_OUTPUT_MAY_BE_ON = frozenset({RunState.RUNNING, RunState.PAUSED, RunState.UNKNOWN})


class OutputState(StrEnum):
    """What is known of an instrument's output."""

    UNTOUCHED = "untouched"
    """This run never switched it on."""
    ON = "on"
    """The program was started: the instrument drives the cell. Of a run in progress only."""
    OFF = "off"
    """Read back as off."""
    UNKNOWN = "unknown"
    """May be on: it could not be read back as off."""

    @property
    def is_off(self) -> bool:
        """Whether the output is off for certain as far as this run is concerned."""
        return self in {OutputState.UNTOUCHED, OutputState.OFF}


class Phase(StrEnum):
    """What a run's processes do at the moment.

    ::

        connecting ──► planning ──► arming ──► running ──► closing ──► finished
            │              │           └───────────────────▲  ▲           ▲
            │              │            stopped, failed       │           │
            └──────────────┴─ refused: nothing was sent ──────┼───────────┤
                                                              │           │
        any phase but finished ──► switching off ─────────────┴───────────┘

    =============  =============================  ====================================================================
    phase          output                         who acts
    =============  =============================  ====================================================================
    connecting     untouched                      guardian and runner open their sessions
    planning       untouched                      runner: plan, limits, run file
    arming         off (the program is loaded)    runner
    running        on until it is read back off   runner: samples, then its safe state; the guardian expects its reports
    switching off  may be on                      guardian: the runner's session failed, or the runner itself
    closing        off, or unknown (see outcome)  runner: last samples, events, trimming
    finished       off, untouched, or unknown     nobody
    =============  =============================  ====================================================================

    The runner reaches its safe state before it reports anything else: switching off comes before telling.
    """

    CONNECTING = "connecting"
    PLANNING = "planning"
    ARMING = "arming"
    RUNNING = "running"
    SWITCHING_OFF = "switching off"
    CLOSING = "closing"
    FINISHED = "finished"

    @property
    def output_is_off(self) -> bool:
        """Whether silence does no harm in this phase: the output is off when it begins, or all has been tried."""
        return self in PHASES_OUTPUT_OFF

    def may_follow(self, before: Phase) -> bool:
        """Return whether a run may come from another phase to this one, or stay in it."""
        return self is before or self in _NEXT_PHASES[before]

    @property
    def activity(self) -> str:
        """What is being done, for a sentence: "while measuring"."""
        return _ACTIVITIES.get(self, self.value)


# Phases in which a silent runner does no harm; in all others the guardian takes a silent runner over.
PHASES_OUTPUT_OFF = frozenset({Phase.CONNECTING, Phase.PLANNING, Phase.ARMING, Phase.CLOSING, Phase.FINISHED})
# The arrows of the diagram in `Phase`.
_NEXT_PHASES = {
    Phase.CONNECTING: frozenset({Phase.PLANNING, Phase.SWITCHING_OFF, Phase.FINISHED}),
    Phase.PLANNING: frozenset({Phase.ARMING, Phase.SWITCHING_OFF, Phase.FINISHED}),
    Phase.ARMING: frozenset({Phase.RUNNING, Phase.SWITCHING_OFF, Phase.CLOSING}),
    Phase.RUNNING: frozenset({Phase.SWITCHING_OFF, Phase.CLOSING}),
    Phase.SWITCHING_OFF: frozenset({Phase.CLOSING, Phase.FINISHED}),
    Phase.CLOSING: frozenset({Phase.SWITCHING_OFF, Phase.FINISHED}),
    Phase.FINISHED: frozenset[Phase](),
}

# What is being done in each phase, for sentences; the others are words for it themselves.
_ACTIVITIES = {
    Phase.ARMING: "loading the program",
    Phase.RUNNING: "measuring",
    Phase.SWITCHING_OFF: "the output was being switched off",
    Phase.CLOSING: "closing the run file",
    Phase.FINISHED: "ending",
}

# Errors that an outcome can name, since it crosses processes as text.
_ERRORS: dict[str, type[IonechoError]] = {
    kind.__name__: kind
    for kind in (ConnectionLost, InstrumentError, LimitError, OutputStateUnknown, ProtocolError, RunFileError)
}


STOPPED_BY_OPERATOR, ABORTED_BY_OPERATOR = "stopped by the operator", "aborted by the operator"
"""Reason of a run that a front end asked to stop: a person's, or a process that watches a rule."""
CAMPAIGN_ENDS = "the campaign ends here: "
"""Beginning of the reason of a run that ended at a condition of its campaign: no failure, and no limit."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes
    ----------
    state : RunState
        ``complete``, ``stopped`` (an operator or a limit stopped it), ``aborted`` (something failed), ``refused``
        (nothing was sent), or ``unknown`` (see `output`).
    output : OutputState
        ``off`` (read back), ``untouched`` (never switched on by this run) or ``unknown``.
    reason : str
        In words.
    error : str
        Class name of the error, empty if there was none.
    n_samples : int
        Safely in the run file.
    warnings : tuple of str
        What to know before the samples are trusted.
    rescued : str
        File in which the samples are if the run's own file was lost at its path; else empty.
    """

    state: RunState
    output: OutputState
    reason: str = ""
    error: str = ""
    n_samples: int = 0
    warnings: tuple[str, ...] = ()
    rescued: str = ""

    @classmethod
    def refused(cls, reason: str, error: str) -> Outcome:
        """Return the outcome of a run of which nothing was sent."""
        return cls(RunState.REFUSED, OutputState.UNTOUCHED, reason, error)

    @classmethod
    def unknown(cls, reason: str, n_samples: int = 0) -> Outcome:
        """Return the outcome of a run whose output may still be on."""
        return cls(RunState.UNKNOWN, OutputState.UNKNOWN, reason, OutputStateUnknown.__name__, n_samples)

    @property
    def campaign_ends_for(self) -> str:
        """Which condition of its campaign ended the run, with the value; empty if none did."""
        is_met = self.state is RunState.STOPPED and self.reason.startswith(CAMPAIGN_ENDS)
        return self.reason.removeprefix(CAMPAIGN_ENDS) if is_met else ""

    @property
    def is_by_operator(self) -> bool:
        """Whether an operator wanted the run to end, also if something failed at that."""
        return STOPPED_BY_OPERATOR in self.reason or ABORTED_BY_OPERATOR in self.reason

    def for_operator(self, wish: str) -> Outcome:
        """Return the outcome of a run that an operator wanted to end; the reason says so, after what failed at that.

        Parameters
        ----------
        wish : str
            `STOPPED_BY_OPERATOR` or `ABORTED_BY_OPERATOR`.
        """
        is_told = self.is_by_operator or self.state is RunState.COMPLETE
        return self if is_told else replace(self, reason=f"{self.reason} ({wish})".strip())

    def raise_if_failed(self) -> None:
        """Raise what went wrong, as the class that it was in the run's own process."""
        if self.output is OutputState.UNKNOWN:
            raise OutputStateUnknown(self.reason)
        if self.error:
            raise _ERRORS.get(self.error, InstrumentError)(self.reason)


@dataclass(frozen=True)
class RunStatus:
    """Progress of a run in one moment.

    Attributes
    ----------
    phase : Phase
    n_samples : int
        Safely in the run file.
    n_planned : int
        Samples that the plan has; 0 until there is a plan.
    output : OutputState
        What the run's processes know of the output.
    outcome : Outcome or None
        How the run ended; None until then.
    """

    phase: Phase = Phase.CONNECTING
    n_samples: int = 0
    n_planned: int = 0
    output: OutputState = OutputState.UNTOUCHED
    outcome: Outcome | None = None

    @property
    def is_final(self) -> bool:
        """Whether the run has ended: `outcome` says how."""
        return self.outcome is not None

    def ended(self, outcome: Outcome) -> RunStatus:
        """Return the status of the same run after its end."""
        return replace(self, phase=Phase.FINISHED, n_samples=outcome.n_samples, output=outcome.output, outcome=outcome)
