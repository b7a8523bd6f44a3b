"""Work spread over an executor, whichever of its workers die.

Any `concurrent.futures.Executor` does: processes of this machine, a Dask cluster by ``Client.get_executor()``. Work
that raises nothing of its own ends with its result or with its worker; what was lost is given out again, and what has
been lost twice is tried alone, so that a task that kills its worker takes no other with it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from concurrent.futures import FIRST_COMPLETED, CancelledError, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from protocols import FitError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor, Future

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")

_AHEAD = 2
"""Pieces of work that are given out for each worker, so that none waits for the next. Doubled, twice as many are given
out again when a worker dies."""
_STARTS = 2
"""How often processes are started that end before they have done anything: once one may have been killed. Doubled, a
script that cannot be imported takes twice as long to say so."""


@dataclass(frozen=True)
class Workers(Generic[_Task, _Result]):
    """Where work is done.

    Attributes
    ----------
    open_pool : callable
        Returns an executor with some number of workers; asked again when one has broken.
    count : int
        Workers.
    tries : int
        How often work is given out that its workers do not live to bring: at first together with others, then alone.
        Once where the executor itself tries again.
    """

    open_pool: Callable[[int], Executor]
    count: int
    tries: int = 2


def processes(count: int) -> Workers[Any, Any]:
    """Return processes of this machine as workers."""
    if count < 1:
        raise InputError(f"at least one worker is needed, not {count}", "--workers")
    return Workers(_process_pool, count)


def _process_pool(count: int) -> Executor:
    # Threads of linear algebra would take each other's core; a process reads this when it loads numpy.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for _ in range(_STARTS):
        # A fork would copy locks and open HDF5 files.
        pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_start_worker)
        with suppress(BrokenProcessPool):
            # One for each process, so that all are started; whichever is the first to be ready does the first.
            starting = [pool.submit(os.getpid) for _ in range(count)]
            starting[0].result()
            return pool
        pool.shutdown()
    raise FitError(
        "no process of its own can be started, so nothing was done; what they said as they ended stands above. Each"
        " imports the script that starts it: keep that in a file, what it does under `if __name__ == '__main__':`"
    )


def _start_worker() -> None:
    """Prepare a process: it leaves Ctrl-C to the one that started it, and does not outlive that."""
    with suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:

        def leave() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=leave, name="end of the parent", daemon=True).start()


@contextmanager
def cluster(address: str) -> Iterator[Workers[Any, Any]]:
    """Yield the workers of a Dask cluster.

    Parameters
    ----------
    address : str
        Of its scheduler, e.g. ``tcp://10.0.0.5:8786``. The workers need ionecho, and the runs at the same paths.

    Raises
    ------
    InputError
        If distributed is not installed.
    FitError
        If the scheduler does not answer, or has no worker.
    """
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "a cluster needs distributed, which is not installed: pip install 'ionecho[cluster]'", "--scheduler"
        ) from None
    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise FitError(f"the scheduler at {address} does not answer: {error}") from None
    with client:
        count = sum(client.nthreads().values())
        if count == 0:
            raise FitError(f"the scheduler at {address} has no worker: start one with `dask worker {address}`")
        # Its scheduler gives work out four times itself.
        yield Workers(lambda _: client.get_executor(pure=False), count, tries=1)


@dataclass
class _Piece(Generic[_Task]):
    """Tasks that are given out together, and how often they were lost with their worker."""

    tasks: tuple[_Task, ...]
    n_lost: int = 0


def spread(
    workers: Workers[_Task, _Result],
    work: Callable[[Sequence[_Task]], list[_Result]],
    tasks: Sequence[_Task],
    lost: Callable[[_Task], _Result],
    size: int,
) -> Iterator[_Result]:
    """Yield the result of each task, in the order in which they are done.

    Parameters
    ----------
    workers : Workers
    work : callable
        Does several tasks in another process, and raises nothing of its own.
    tasks : sequence
    lost : callable
        Result of a task that ends whatever process does it.
    size : int
        Tasks that are given out together.

    Raises
    ------
    FitError
        If there is nobody left to do the work.
    """
    waiting = deque(_Piece(tuple(tasks[k : k + size])) for k in range(0, len(tasks), size))
    alone: list[_Piece[_Task]] = []
    pool = workers.open_pool(workers.count)
    running: dict[Future[list[_Result]], _Piece[_Task]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < _AHEAD * workers.count:
                piece = waiting.popleft()
                running[pool.submit(work, piece.tasks)] = piece
            ended = wait(running, return_when=FIRST_COMPLETED).done
            broken: list[_Piece[_Task]] = []
            for future in ended:
                piece = running.pop(future)
                found = _result(future)
                if found is None:
                    broken.append(piece)
                else:
                    yield from found
            if broken:
                # A pool of processes loses all that it was given; a cluster only the one piece.
                if isinstance(pool, ProcessPoolExecutor):
                    broken += running.values()
                    running = {}
                    pool.shutdown(wait=False)
                    pool = workers.open_pool(workers.count)
                for piece in broken:
                    piece.n_lost += 1
                    (waiting if piece.n_lost < workers.tries else alone).append(piece)
    finally:
        for future in running:
            future.cancel()
        pool.shutdown(wait=False)
    for task in (task for piece in alone for task in piece.tasks):
        yield _alone(workers, work, task, lost)


def _result(future: Future[list[_Result]]) -> list[_Result] | None:
    """Return the result of some work; None if its worker did not live to bring it."""
    try:
        return future.result()
    except CancelledError:
        raise FitError(
            "the scheduler is gone. What was found is kept, and the same command goes on from there"
        ) from None
    except Exception:  # noqa: BLE001 - the work raises nothing: whatever comes is about the worker
        return None


def _alone(
    workers: Workers[_Task, _Result],
    work: Callable[[Sequence[_Task]], list[_Result]],
    task: _Task,
    lost: Callable[[_Task], _Result],
) -> _Result:
    """Return the result of a task that is done by itself; again if need be, since others may kill a worker too."""
    for _ in range(workers.tries):
        pool = workers.open_pool(1)
        try:
            found = _result(pool.submit(work, (task,)))
        finally:
            pool.shutdown(wait=False)
        if found is not None:
            return found[0]
    return lost(task)
