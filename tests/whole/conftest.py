"""Tools of the tests of the whole: questions to a simulated instrument from outside, over a plain socket."""

from __future__ import annotations

from collections.abc import Callable

import psutil

from benchmarks import from_outside
from daq import RunInProgress
from tests.patience import patience


def asked(resource: str, query: str) -> str:
    """Return the answer to a query over a connection of its own."""
    return from_outside.asked(resource, query, patience(5))


def runner_of(guardian: psutil.Process) -> psutil.Process:
    """Return the runner among a guardian's children."""
    children = [child for child in guardian.children() if from_outside.is_runner(child)]
    assert len(children) == 1
    return children[0]


def running_with(run: RunInProgress, n_samples: int) -> Callable[[], bool]:
    """Return a condition: the run has that many samples on disk."""

    def holds() -> bool:
        status = run.poll()
        assert status.outcome is None, status
        return status.n_samples >= n_samples

    return holds
