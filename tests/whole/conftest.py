"""Tools of the tests of the whole: simulated instruments, and questions to them from outside, over a plain socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psutil
import pytest

from benchmarks import from_outside
from daq import RunInProgress
from sim_instruments.serving.in_process import served_here
from tests.patience import patience


@pytest.fixture
def simulated() -> Iterator[Callable[..., str]]:
    """Return a function that serves a simulated 2461 from a thread and gives its VISA resource.

    The processes of these tests are those of runs. One for the instrument would load what is loaded here.
    """
    with ExitStack() as served:

        def serve(cell: str = "demo", *, seed: int = 1, speed: float = 1.0) -> str:
            return served.enter_context(served_here("keithley2461", cell=cell, speed=speed, seed=seed)).resource

        yield serve


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
