"""Runs of points: what a conductor needs of an instrument, and its form in which each run has a guardian of its own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from daq.execution.bench import Bench
from daq.execution.run_in_progress import RunInProgress
from daq.locks import is_in_progress
from daq.state import Outcome, RunState
from protocols import IonechoError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from protocols import Limits
    from protocols import Protocol as Measurement

    Watch = Callable[[], str | None]
    """Called several times a second while a run is in progress; returns why it is to be stopped, or None."""

_POLL_S = 0.05
"""Interval (s) between two looks at a run: as often as its guardian's loop turns."""


class PointRunner(Protocol):
    """Runner of points, one after the other, on one instrument."""

    def run_point(self, protocol: Measurement, path: Path, watch: Watch) -> Outcome:
        """Run a point to its end under a guardian, and return how it ended; stop it if `watch` says so.

        Raises nothing: whatever keeps a run from its end is an outcome.
        """
        ...

    def close(self) -> None:
        """Let go of the instrument. May be called more than once."""
        ...


class BenchPointRunner:
    """Runs of points, each with a guardian and a runner of its own.

    Parameters
    ----------
    resource : str
    limits : Limits
        Of the rig.
    transcript : str
        File in which every byte is recorded; empty for none.
    """

    def __init__(self, resource: str, limits: Limits, transcript: str = "") -> None:
        self._bench = Bench(resource, limits=limits, transcript=transcript or None)

    def run_point(self, protocol: Measurement, path: Path, watch: Watch) -> Outcome:
        """See `PointRunner.run_point`."""
        try:
            run = self._bench.start(protocol, path)
        except (IonechoError, OSError) as error:
            return Outcome.refused(str(error), type(error).__name__)
        outcome = follow(run, watch)
        if outcome.state is RunState.REFUSED and is_in_progress(path):
            # A guardian that a conductor started before it died, and that had not taken its lock when we looked: the
            # run at this path is this point's.
            return follow(RunInProgress(path), watch)
        return outcome

    def close(self) -> None:
        """Nothing is held between two runs."""


def follow(run: RunInProgress, watch: Watch) -> Outcome:
    """Wait for the end of a run in progress, whoever started it, and return its outcome; stop it if `watch` says so."""
    is_stopped = False
    while (outcome := run.poll().outcome) is None:
        if not is_stopped and watch() is not None:
            is_stopped = True
            run.stop()
        time.sleep(_POLL_S)
    run.close()
    return outcome
