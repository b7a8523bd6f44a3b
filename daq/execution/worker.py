"""Thread that does for a loop what may take long, so that the loop itself never waits.

What is given to a `Worker` is done one after the other in one thread: a VISA session belongs to the thread that opened
it. The thread does not keep its process from ending.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from protocols import ConnectionLost

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

# Longest wait (s) for a result before the loop that waits turns: it adds to the time from the death of a runner to the
# output off, for which a second is promised.
TURN_S = 0.05


class Job(Generic[T]):
    """Something that a worker does, and its result.

    Parameters
    ----------
    function : callable
    """

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._is_done = threading.Event()
        self._result: list[T] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        """Do it; called by the worker."""
        try:
            self._result.append(self._function())
        except BaseException as error:  # noqa: BLE001 - raised again where the result is asked for
            self._error = error
        self._is_done.set()

    @property
    def is_done(self) -> bool:
        """Whether `result` returns at once."""
        return self._is_done.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for the end, for some seconds at most; return whether it has come."""
        return self._is_done.wait(seconds)

    def result(self) -> T:
        """Return what the function returned, or raise what it raised. Only after the end."""
        if self._error is not None:
            raise self._error
        return self._result[0]


class Worker:
    """One thread with a queue of jobs.

    Parameters
    ----------
    name : str
        Of the thread.
    """

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[Job[Any]] = queue.SimpleQueue()
        threading.Thread(target=self._run_all, name=name, daemon=True).start()

    def submit(self, function: Callable[[], T]) -> Job[T]:
        """Have something done after everything that was given before."""
        job: Job[T] = Job(function)
        self._jobs.put(job)
        return job

    def _run_all(self) -> None:
        while True:
            self._jobs.get().run()


class WorkerStuckError(ConnectionLost):
    """Something that a worker does has taken too long."""


class TurningWorker:
    """A worker for a loop that keeps turning while it waits for a result.

    Parameters
    ----------
    name : str
        Of the thread, and of whoever waits.
    turn : callable
        Shows that the loop turns.
    """

    def __init__(self, name: str, turn: Callable[[], None]) -> None:
        self._name = name
        self._turn = turn
        self._worker = Worker(name)

    def submit(self, function: Callable[[], T]) -> Job[T]:
        """Have something done after everything that was given before; does not wait."""
        return self._worker.submit(function)

    def do(self, function: Callable[[], T], limit_s: Callable[[], float], what: str) -> T:
        """Have something done, keep turning meanwhile, and return its result or raise its error.

        Parameters
        ----------
        function : callable
        limit_s : callable
            Returns how long it may take: asked with each turn, since a computer may become slow meanwhile.
        what : str
            What is done, for the error.

        Raises
        ------
        WorkerStuckError
            If it takes too long: the thread is then left with it, and a new one takes its place.
        """
        job = self._worker.submit(function)
        begun = time.monotonic()
        while not job.wait(TURN_S):
            self._turn()
            if time.monotonic() - begun > (limit := limit_s()):
                self._worker = Worker(self._name)
                raise WorkerStuckError(f"the guardian process is still {what} after {limit:.0f} s")
        return job.result()
