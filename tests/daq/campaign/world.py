"""A world without instruments and without real time, in which campaigns are conducted."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from daq.campaign.conductor import Conductor
from daq.campaign.drift import FittedValue
from daq.campaign.requests import Wishes
from daq.campaign.schema import Facts, PlannedPoint, create_store
from daq.campaign.settling import FoundRun
from daq.campaign.states import CampaignEnd
from daq.campaign.store import CampaignStore
from daq.campaign.temperature import Reading
from daq.execution.run_request import CampaignPlace, StopThreshold
from daq.state import Outcome, OutputState, RunState
from protocols import FitError, Limits, Protocol
from protocols.campaigns import Campaign, Point, StopCondition

START_S = 1_795_000_000.0
COMPLETE = Outcome(RunState.COMPLETE, OutputState.OFF, n_samples=700)
ABORTED = Outcome(RunState.ABORTED, OutputState.OFF, "the cable was pulled", "InstrumentError", 300)
REFUSED = Outcome.refused("the instrument does not answer", "ConnectionLost")
OVER_LIMIT = Outcome(RunState.STOPPED, OutputState.OFF, "the current was above its limit", "LimitError", 300)
UNKNOWN = Outcome.unknown("the output may still be ON")
STOPPED = Outcome(RunState.STOPPED, OutputState.OFF, "stopped by the operator", n_samples=300)

DOCUMENT = """
name = "study"
[sequence]
kind = "pulse"
level = "10 mV"
width = "1 s"
before = "0.5 s"
after = "1.5 s"
[sampling]
interval = "1 ms"
[limits]
voltage = "1 V"
current = "10 mA"
[[sweep]]
field = "sequence.level"
values = {levels}
"""


def document(count: int, more: str = "") -> str:
    """Return a campaign of some points, each of 3 s."""
    return DOCUMENT.format(levels=[f"{0.1 * (k + 1):.1f} mV" for k in range(count)]) + more


class KilledError(BaseException):
    """The process of the conductor dies here."""


class FakeClock:
    """Time that passes only when somebody waits, and what happens in it."""

    def __init__(self) -> None:
        self.t_s = 0.0
        self.plans: list[tuple[float, Callable[[], None]]] = []

    def now_s(self) -> float:
        return self.t_s

    def unix_s(self) -> float:
        return START_S + self.t_s

    def at(self, t_s: float, do: Callable[[], None]) -> None:
        """Have something done when that time has come."""
        self.plans.append((t_s, do))
        self.plans.sort(key=lambda plan: plan[0])

    def pass_s(self, seconds: float) -> None:
        self.t_s += seconds
        while self.plans and self.plans[0][0] <= self.t_s:
            self.plans.pop(0)[1]()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if not event.is_set():
            self.pass_s(seconds)
        return event.is_set()


@dataclass
class FakeFiles:
    """Run files of a campaign, by their names: a run's identity, and whether it is complete."""

    runs: dict[str, tuple[str, bool]] = field(default_factory=dict)
    aside: dict[str, str] = field(default_factory=dict)
    early: dict[str, str] = field(default_factory=dict)

    def path(self, name: str) -> Path:
        return Path(name)

    def exists(self, name: str) -> bool:
        return name in self.runs

    def in_progress(self, name: str) -> None:  # noqa: ARG002 - see `RunFiles`
        return None

    def found(self, name: str, protocol: Protocol) -> FoundRun | None:  # noqa: ARG002 - see `RunFiles`
        if name not in self.runs:
            return None
        run_id, is_complete = self.runs[name]
        return FoundRun(is_complete, run_id, 700 if is_complete else 300, self.early.get(name, ""))

    def put_aside(self, name: str, attempt: int) -> str:
        moved = f"aside/{name}.{attempt}"
        if name in self.runs:
            run_id, is_complete = self.runs.pop(name)
            assert not is_complete, "a complete run was put aside"
            self.aside[moved] = run_id
        return moved if moved in self.aside else ""


class FakeRunner:
    """Runner whose runs end as they are told to; complete unless told otherwise.

    Attributes
    ----------
    endings : list of Outcome or callable
        Of the next runs, in their order. A callable is given the point's path and returns the outcome.
    begun : list of str
        Files of the runs that were begun.
    completed : dict of str to int
        How often a complete run was made at each path.
    ends_at : tuple of StopThreshold
        At which values the last run was to end.
    """

    def __init__(self, clock: FakeClock, files: FakeFiles, overhead_s: Callable[[], float] = lambda: 0.0) -> None:
        self._clock, self._files, self._overhead_s = clock, files, overhead_s
        self.endings: list[Outcome | Callable[[str], Outcome]] = []
        self.begun: list[str] = []
        self.completed: dict[str, int] = {}
        self.is_closed = False
        self.ends_at: tuple[StopThreshold, ...] = ()

    def run_point(
        self, protocol: Protocol, path: Path, watch: Callable[[], str | None], place: CampaignPlace
    ) -> Outcome:
        name = str(path)
        assert (place.campaign != "", f"{place.point:04d}.nxs") == (True, name), (
            "a run is told its place in the campaign"
        )
        assert name not in self._files.runs, "a run was begun where one lies"
        self.ends_at = place.ends_at
        self.begun.append(name)
        ending = self.endings.pop(0) if self.endings else COMPLETE
        left_s = protocol.duration_s + self._overhead_s()
        step_s = left_s / 3.0 if left_s > 10.0 else 1.0
        while left_s > 0.0:
            self._clock.pass_s(min(left_s, step_s))
            left_s -= step_s
            if watch() is not None:
                ending = STOPPED
                break
        outcome = ending(name) if callable(ending) else ending
        if outcome.state is not RunState.REFUSED:
            why_early = outcome.reason if outcome.campaign_ends_for else ""
            self.leave(name, is_complete=outcome.state is RunState.COMPLETE or why_early != "", why_early=why_early)
        return outcome

    def leave(self, name: str, *, is_complete: bool, why_early: str = "") -> None:
        """Leave a run file."""
        self._files.runs[name] = (f"run {len(self.begun)}", is_complete)
        self._files.early[name] = why_early
        if is_complete:
            self.completed[name] = self.completed.get(name, 0) + 1

    def close(self) -> None:
        self.is_closed = True


class FakeTemperature:
    """Temperature that follows its set point at a rate, without overshoot, and is stable some time later."""

    def __init__(
        self, clock: FakeClock, rate_K_s: float = 0.1, begins_K: float = 290.0, stable_after_s: float = 0.0
    ) -> None:
        self._clock, self._rate_K_s, self._stable_after_s = clock, rate_K_s, stable_after_s
        self._from_K, self._since_s, self._to_K = begins_K, 0.0, begins_K
        self.problem, self.is_limit, self.is_ended = "", False, False
        self.setpoints: list[float] = []
        self._read_s, self.read_every_s = -1000.0, 10.0

    @property
    def temperature_K(self) -> float:
        gone_K = (self._clock.t_s - self._since_s) * self._rate_K_s
        step_K = self._to_K - self._from_K
        return self._to_K if abs(step_K) <= gone_K else self._from_K + (gone_K if step_K > 0 else -gone_K)

    @property
    def is_stable(self) -> bool:
        there_s = self._since_s + abs(self._to_K - self._from_K) / self._rate_K_s
        return self._clock.t_s >= there_s + self._stable_after_s

    def go_to(self, setpoint_K: float) -> None:
        if setpoint_K == self._to_K:
            return
        self._from_K, self._since_s, self._to_K = self.temperature_K, self._clock.t_s, setpoint_K
        self.setpoints.append(setpoint_K)

    def readings(self) -> list[Reading]:
        if self._clock.t_s - self._read_s < self.read_every_s:
            return []
        self._read_s = self._clock.t_s
        return [Reading(self._clock.unix_s(), self.temperature_K, self._to_K, self.is_stable)]

    def end(self) -> str:
        self.is_ended = True
        return ""


class FakeFits:
    """Fits that tell what a test has entered for a run, by its name: a value and its half width."""

    def __init__(self) -> None:
        self.values: dict[str, FittedValue] = {}
        self.asked: list[str] = []

    def value(self, path: Path, condition: StopCondition, turn: Callable[[], object]) -> FittedValue:
        self.asked.append(f"{path.name}: {condition.text}")
        turn()
        if path.name not in self.values:
            raise FitError("the run cannot be fitted")
        return self.values[path.name]


class World:
    """One campaign, its state on disk, and conductors that follow each other."""

    def __init__(self, folder: Path, text: str) -> None:
        self.campaign = Campaign.from_toml(text)
        self.path = folder / "campaign.sqlite"
        points = [_planned(point) for point in self.campaign.points]
        create_store(self.path, Facts("study", "id", "R", Limits()), points)
        self.clock, self.files = FakeClock(), FakeFiles()
        self.runner = FakeRunner(self.clock, self.files)
        self.temperature: FakeTemperature | None = None
        self.fits = FakeFits()
        self.wishes = Wishes()

    def conduct(self, wrapped: Callable[[CampaignStore], CampaignStore] = lambda store: store) -> CampaignEnd | None:
        """Have a new conductor conduct the campaign; return how it ended, None if it was killed."""
        self.wishes = Wishes()
        store = CampaignStore(self.path)
        try:
            return Conductor(
                self.campaign,
                self.files,  # type: ignore[arg-type] # a stand-in
                wrapped(store),
                self.runner,
                self.temperature,
                self.wishes,
                clock=self.clock,
                fits=self.fits,
            ).conduct()
        except KilledError:
            return None
        finally:
            store.close()

    def expected_end_s(self) -> float | None:
        """Return when (Unix time) the campaign is told to end."""
        with closing(sqlite3.connect(self.path)) as link:
            told = link.execute("SELECT expected_end_s FROM campaign").fetchone()[0]
        return None if told is None else float(told)


def _planned(point: Point) -> PlannedPoint:
    name = f"{point.number:04d}.nxs"
    return PlannedPoint(point.number, point.label, name, point.temperature_K, point.protocol.duration_s)
