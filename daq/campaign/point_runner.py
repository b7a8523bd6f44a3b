"""Runs of points: what a conductor needs of an instrument, and its two forms, over a session and run by run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from daq.campaign.known import KnownWatcher, await_orphan
from daq.execution.bench import Bench
from daq.execution.bench_session import BenchSession
from daq.execution.run_in_progress import RunInProgress
from daq.locks import is_in_progress
from daq.state import Outcome, RunState
from protocols import IonechoError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from daq.execution.run_request import CampaignPlace
    from protocols import Limits
    from protocols import Protocol as Measurement
    from protocols.campaigns import StopCondition

    Watch = Callable[[], str | None]
    """Called several times a second while a run is in progress; returns why it is to be stopped, or None."""


class PointRunner(Protocol):
    """Runner of points, one after the other, on one instrument."""

    def run_point(self, protocol: Measurement, path: Path, watch: Watch, place: CampaignPlace) -> Outcome:
        """Run a point to its end under a guardian, and return how it ended; stop it if `watch` says so.

        Raises nothing: whatever keeps a run from its end is an outcome.
        """
        ...

    def close(self) -> None:
        """Let go of the instrument until the next point. May be called more than once.

        Raises
        ------
        OutputStateUnknown
            If the output could not be read back as off.
        """
        ...


class BenchPointRunner:
    """Runs of points, each with a guardian and a runner of its own.

    For campaigns that keep a transcript, which a session has not.

    Parameters
    ----------
    resource : str
    limits : Limits
        Of the rig.
    transcript : str
        File in which every byte is recorded; empty for none.
    rule : StopCondition, optional
        That ends a run once a quantity is known.
    """

    def __init__(self, resource: str, limits: Limits, transcript: str, rule: StopCondition | None = None) -> None:
        self._rule = rule
        self._bench = Bench(resource, limits=limits, transcript=transcript or None)

    def run_point(self, protocol: Measurement, path: Path, watch: Watch, place: CampaignPlace) -> Outcome:
        """See `PointRunner.run_point`."""
        return _run(self._bench, protocol, path, watch, place, self._rule)

    def close(self) -> None:
        """Nothing is held between two runs."""


class SessionPointRunner:
    """Runs of points under one guardian and one runner that stay warm, over one session to the instrument.

    Parameters
    ----------
    resource : str
    limits : Limits
        Of the rig.
    rule : StopCondition, optional
        That ends a run once a quantity is known.
    """

    def __init__(self, resource: str, limits: Limits, rule: StopCondition | None = None) -> None:
        self._rule = rule
        self._resource, self._limits = resource, limits
        self._session: BenchSession | None = None

    def run_point(self, protocol: Measurement, path: Path, watch: Watch, place: CampaignPlace) -> Outcome:
        """See `PointRunner.run_point`."""
        if self._session is None:
            self._session = BenchSession(self._resource, self._limits)
        return _run(self._session, protocol, path, watch, place, self._rule)

    def close(self) -> None:
        """Have the output read back as off once more, and give the instrument back; the next point takes it again.

        Raises
        ------
        OutputStateUnknown
            If the output could not be read back as off.
        """
        session, self._session = self._session, None
        if session is not None:
            session.close()


def _run(
    starter: Bench | BenchSession,
    protocol: Measurement,
    path: Path,
    watch: Watch,
    place: CampaignPlace,
    rule: StopCondition | None,
) -> Outcome:
    watcher: KnownWatcher | None = None
    try:
        run = starter.start(protocol, path, place=place)
        watcher = KnownWatcher(path, rule) if rule is not None else None
        outcome = follow(run, watch)
    except (IonechoError, OSError) as error:
        outcome = Outcome.refused(str(error), type(error).__name__)
    if outcome.state is RunState.REFUSED and is_in_progress(path):
        # A guardian that a conductor started before it died, and that had not taken its lock when we looked: the run at
        # this path is this point's.
        outcome = follow(RunInProgress(path), watch)
    if watcher is not None and (problem := watcher.end(outcome, watch)):
        outcome = replace(outcome, warnings=(*outcome.warnings, problem))
    return outcome


def follow_adopted(run: RunInProgress, watch: Watch, rule: StopCondition | None) -> Outcome:
    """Follow a run that an earlier conductor started, and what watches it for a rule that ends it."""
    path = run.path
    outcome = follow(run, watch)
    if rule is not None and outcome.state is RunState.STOPPED:
        await_orphan(path, watch)
    return outcome


def follow(run: RunInProgress, watch: Watch) -> Outcome:
    """Wait for the end of a run in progress, whoever started it, and return its outcome; stop it if `watch` says so."""
    is_stopped = False
    while (outcome := run.await_end().outcome) is None:
        if not is_stopped and watch() is not None:
            is_stopped = True
            run.stop()
    run.close()
    return outcome
