"""State of the window: everything that decides what it says and what may be pressed. Frozen, without Qt.

A state is never changed: `gui.app.transitions` returns the next one for each event, `gui.app.store` keeps the newest,
`gui.app.rules` derives from it what is allowed and what the header says. Curves are not part of it: they are too large
and too frequent, and decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from daq.state import OutputState, RunStatus
from gui.app.editor_state import EditorState
from gui.app.fit_state import Fit
from gui.app.queue_state import QueueState
from gui.app.runs_state import RunsState
from gui.common.instrument import Connection, Simulator

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path

    from daq.state import Outcome
    from gui.common.run_facts import RunFacts
    from gui.protocol.plan_model import PlanView


class Page(Enum):
    """Pages of the window."""

    PLAN = "Plan"
    MEASUREMENT = "Measurement"
    MEMORY = "Memory"


class PlanStage(Enum):
    """Stages of the plan::

    NONE ──► PLANNING ──► READY
              ▲   └─────► REFUSED
              └── a protocol is chosen, or the instrument changes
    """

    NONE = "no protocol is chosen"
    PLANNING = "the plan is being made"
    READY = "there is a plan"
    REFUSED = "the protocol cannot be run"


@dataclass(frozen=True)
class Plan:
    """The protocol that is chosen, and the plan for it.

    Attributes
    ----------
    stage : PlanStage
    source : str or Path or None
        Name of a ready protocol, or a file.
    driver : str
        The driver that it is or was planned for.
    view : PlanView or None
        Set when ready, and only then.
    error : Exception or None
        Why there is no plan, when it was refused.
    """

    stage: PlanStage = PlanStage.NONE
    source: str | Path | None = None
    driver: str = ""
    view: PlanView | None = None
    error: Exception | None = None

    @property
    def title(self) -> str:
        """What the protocol is called before its own name is known."""
        return "" if self.source is None else self.source if isinstance(self.source, str) else self.source.name


class Owner(Enum):
    """Who started a run."""

    THIS_WINDOW = "this window"
    ELSEWHERE = "another window or a script"


class StopRequest(Enum):
    """What the operator has asked of a run in progress; each press of Stop goes one further."""

    NONE = "nothing"
    STOP = "to end the run: output off, samples kept"
    SWITCH_OFF = "to switch the output off at once by the guardian's own session"


@dataclass(frozen=True)
class CurrentRun:
    """The run that the window follows, or the last one it has followed.

    Attributes
    ----------
    number : int
        Counts the runs of this window, from 1: two runs never compare equal.
    owner : Owner
    instrument : str
        The run's own instrument, which need not be the one that is connected.
    resource : str
        Its VISA resource; empty while that is not known.
    simulated : bool
        Whether that instrument is a simulated one that ends with this window.
    path : Path or None
        Its run file; None until the run has been ordered.
    facts : RunFacts or None
        None until the run file is there.
    status : RunStatus
    stop_request : StopRequest
    stop_failed : str
        Why the last request could not be delivered; empty if it was, or none was made.
    silent_since : datetime or None
        When the last report came, if none has come for too long; None while reports come.
    over_since : datetime or None
        When it ended, if it was over before this window was opened; None for a run that was followed.
    """

    number: int
    owner: Owner
    instrument: str = ""
    simulated: bool = False
    path: Path | None = None
    facts: RunFacts | None = None
    status: RunStatus = field(default_factory=RunStatus)
    stop_request: StopRequest = StopRequest.NONE
    stop_failed: str = ""
    resource: str = ""
    silent_since: datetime | None = None
    over_since: datetime | None = None

    @property
    def outcome(self) -> Outcome | None:
        """How the run ended; None while it is in progress."""
        return self.status.outcome

    @property
    def in_progress(self) -> bool:
        """Whether the run has not ended yet, as far as the window knows."""
        return self.status.outcome is None

    @property
    def title(self) -> str:
        """Title of the run, or the name of its file while the title is not known."""
        return self.facts.title if self.facts is not None else self.path.name if self.path is not None else ""

    @property
    def fraction(self) -> float:
        """Share of the planned samples that are in the run file."""
        return self.status.n_samples / self.status.n_planned if self.status.n_planned else 0.0


class Evidence(Enum):
    """Where the knowledge of the output's state comes from."""

    NONE = ""
    PHASE = "by the run's own report"
    READ_BACK = "read back"
    OPERATOR = "seen by the operator"
    FAILURE = "not read back"


@dataclass(frozen=True)
class Output:
    """What is known of the output, and since when.

    Attributes
    ----------
    state : OutputState
        ``untouched``: nothing is known of it yet, since no run of this window has used the instrument.
    at : datetime or None
        Since when this is so.
    evidence : Evidence
    resource : str
        Instrument that it is the output of; empty if there is none, or its resource is not known.
    """

    state: OutputState = OutputState.UNTOUCHED
    at: datetime | None = None
    evidence: Evidence = Evidence.NONE
    resource: str = ""


@dataclass(frozen=True)
class Alarm:
    """An output that may still be on. It stays until the output is read back as off, or a person has seen that it is.

    Attributes
    ----------
    reason : str
    path : Path or None
        The run that left it; None if the run is not known.
    at : datetime or None
        When it was raised.
    resource : str
        VISA resource of the instrument; empty if only the run file knows it, or nobody does.
    """

    reason: str
    path: Path | None = None
    at: datetime | None = None
    resource: str = ""


class AttemptStage(Enum):
    """Stages of an attempt to switch off outputs that may be on::

    NONE ──► TRYING ──► OFF       every one was read back as off: no alarm is left
               └──────► FAILED    at least one may still be on: its alarm stays
    """

    NONE = "nothing was tried"
    TRYING = "fresh sessions are being tried"
    OFF = "read back as off"
    FAILED = "not read back as off"


@dataclass(frozen=True)
class Attempt:
    """The attempt to switch off outputs that may be on, by a session of this window's own.

    Attributes
    ----------
    stage : AttemptStage
    n_off, n_failed : int
        Outputs that were read back as off, and those that were not.
    at : datetime or None
        When it ended.
    """

    stage: AttemptStage = AttemptStage.NONE
    n_off: int = 0
    n_failed: int = 0
    at: datetime | None = None


@dataclass(frozen=True)
class AppState:
    """State of the whole window.

    Attributes
    ----------
    connection : Connection
    simulators : tuple of Simulator
        Simulated instruments that this window serves; they end with it.
    plan : Plan
    run : CurrentRun or None
        The run that is or was followed; None before the first.
    output : Output
    alarms : tuple of Alarm
    attempt : Attempt
    fit : Fit
    page : Page
        Page that is shown.
    opened : tuple of Path
        Saved runs that are opened, whose curves and fits are shown; empty: those of the run of this window.
    queue : QueueState
        Campaigns that follow each other, whoever conducts them.
    runs : RunsState
        What is selected among all kept runs, and what is done with it.
    note : str
        Answer to the last press that had nothing to do; the next event removes it.
    close_when_ended : bool
        Whether the window closes as soon as the run has ended.
    today : date or None
        Today's date: a time of another day is shown with its date.
    editor : EditorState
        The protocol that is edited.
    """

    connection: Connection = field(default_factory=Connection)
    simulators: tuple[Simulator, ...] = ()
    plan: Plan = field(default_factory=Plan)
    run: CurrentRun | None = None
    output: Output = field(default_factory=Output)
    alarms: tuple[Alarm, ...] = ()
    attempt: Attempt = field(default_factory=Attempt)
    fit: Fit = field(default_factory=Fit)
    page: Page = Page.PLAN
    opened: tuple[Path, ...] = ()
    queue: QueueState = field(default_factory=QueueState)
    runs: RunsState = field(default_factory=RunsState)
    note: str = ""
    close_when_ended: bool = False
    today: date | None = None
    editor: EditorState = field(default_factory=EditorState)

    @property
    def run_in_progress(self) -> CurrentRun | None:
        """The run that is followed, if it has not ended."""
        return self.run if self.run is not None and self.run.in_progress else None

    @property
    def instrument_in_run(self) -> str | None:
        """The instrument of the run in progress, empty while it is not known; None without a run."""
        run = self.run_in_progress
        return None if run is None else run.instrument

    @property
    def output_may_be_on(self) -> bool:
        """Whether an output is on, or nobody knows that it is off."""
        return bool(self.alarms) or self.output.state in {OutputState.ON, OutputState.UNKNOWN}

    @property
    def finished_run(self) -> CurrentRun | None:
        """The run that can be fitted: it has ended, and its file is known."""
        run = self.run
        return run if run is not None and not run.in_progress and run.facts is not None else None

    @property
    def shown_runs(self) -> tuple[Path, ...]:
        """Saved runs that are shown: those that are opened, else the run of this window when it has ended."""
        run = self.finished_run
        return self.opened or (() if run is None or run.facts is None else (run.facts.path,))

    @property
    def campaign_ends_with_window(self) -> bool:
        """Whether a campaign is being measured on a simulated instrument of this window."""
        conducted = (one for one in self.queue.view.running if one.is_conducted and one.campaign_state != "paused")
        return any(self.simulator_at(one.resource) is not None for one in conducted)

    @property
    def asks_before_closing(self) -> bool:
        """Whether something would end, or be left, that the operator has not decided on yet."""
        return self.run_in_progress is not None or (self.campaign_ends_with_window and not self.close_when_ended)

    def simulator_at(self, address: str) -> Simulator | None:
        """Return the simulated instrument of this window at an address, as it or as a queue writes it."""
        wanted = address.replace("TCPIP0::", "TCPIP::")
        return next((one for one in self.simulators if one.resource.replace("TCPIP0::", "TCPIP::") == wanted), None)

    def simulator_of(self, kind: str) -> Simulator | None:
        """Return the simulated instrument of a kind, if this window serves one."""
        return next((one for one in self.simulators if one.kind == kind), None)

    def evolve(self, **changes: object) -> AppState:
        """Return a state that differs in some fields; the note, which answers the last press only, is removed."""
        return replace(self, **({"note": ""} | changes))  # type: ignore[arg-type]
