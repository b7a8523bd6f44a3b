"""Runner's process, as its guardian has it: the pipe, what comes over it, and the way to end it for certain.

The first runner of a guardian is a copy of it, made before it has any thread, where the operating system copies
processes (Linux): it has loaded already what it needs. All others are started anew, since a copy of a process whose
threads hold locks would wait for them forever.
"""

from __future__ import annotations

import gc
import multiprocessing
import queue
import sys
import threading
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from daq.execution.message_channel import MessageChannel
from daq.execution.messages import EndOfSession, Heartbeat, SessionEnded
from daq.execution.processes import ProcessId, signal_of
from daq.execution.runner_process import run_process
from daq.execution.worker import TURN_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from daq.execution.messages import PipeMessage

# How long (s) a runner that was killed may take to be gone: it does nothing more of its own meanwhile.
_KILLED_S = 2.0
# Age (s) up to which a runner that has no request yet is used: half of what it waits for one. Doubled: it may end for
# want of a request at the very moment when it is asked.
_FRESH_S = 30.0
# How the operating system calls a runner that is a copy of its guardian, with the same command line: at most 15
# characters.
_NAME = "ionecho runner"


class _Closable(Protocol):
    def close(self) -> None: ...


@dataclass(frozen=True)
class StartedRunner:
    """A runner's process that has no request yet.

    Attributes
    ----------
    process : multiprocessing process
    pipe : Connection
        The guardian's end.
    started_s : float
        Time on the monotonic clock.
    """

    process: Any
    pipe: Connection[Any, Any]
    started_s: float

    def is_fresh(self) -> bool:
        """Whether it still waits for its request, and will for a while."""
        return bool(self.process.is_alive()) and time.monotonic() - self.started_s < _FRESH_S

    def kill(self) -> None:
        """End it: it has done nothing yet."""
        self.process.kill()
        self.process.join(_KILLED_S)


def _spawned_runner() -> StartedRunner:
    context = multiprocessing.get_context("spawn")
    pipe, runners_end = context.Pipe()
    process: Any = context.Process(target=run_process, args=(runners_end,), name=_NAME)
    process.start()
    runners_end.close()
    return StartedRunner(process, pipe, time.monotonic())


def forked_runner(*not_for_it: _Closable) -> StartedRunner | None:
    """Start a runner as a copy of this process; None where no process can be copied safely.

    Parameters
    ----------
    *not_for_it
        What the runner must not hold open.
    """
    if sys.platform != "linux" or threading.active_count() > 1:
        return None
    context = multiprocessing.get_context("fork")
    pipe, runners_end = context.Pipe()
    gc.freeze()  # else the first collection of either process would copy all that they share
    process: Any = context.Process(target=_run_copy, args=(runners_end, (pipe, *not_for_it)), name=_NAME)
    try:
        with warnings.catch_warnings():
            # From 3.12 on Python warns of threads not its own, too: those of linear algebra, which see to forks.
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
    except OSError:  # no process can be made now; another try is made once one is needed
        return None
    finally:
        runners_end.close()
    return StartedRunner(process, pipe, time.monotonic())


def _run_copy(pipe: Connection[Any, Any], not_for_it: tuple[_Closable, ...]) -> None:
    """Be a runner, in a copy of the guardian: with the guardian's end of the pipe open it would not see it die."""
    for end in not_for_it:
        end.close()
    with suppress(OSError):
        Path("/proc/self/comm").write_text(_NAME, encoding="ascii")
    run_process(pipe)


class RunnerLink:
    """A runner in a process of its own, which serves one run after the other.

    Parameters
    ----------
    turn : callable
        Shows that the guardian's loop turns; called while something is waited for.
    started : StartedRunner, optional
        By default one is started anew.

    Attributes
    ----------
    identity : ProcessId
    is_ending : bool
        Whether it was told that no more runs come.
    """

    def __init__(self, turn: Callable[[], None], started: StartedRunner | None = None) -> None:
        started = started or _spawned_runner()
        self._turn = turn
        self._process = started.process
        self.identity = ProcessId.of(self._process.pid or 0)
        self.is_ending = False
        self._inbox: queue.SimpleQueue[PipeMessage | None] = queue.SimpleQueue()
        self._channel = MessageChannel(started.pipe, self._inbox.put)
        self.send(Heartbeat(time.monotonic()))  # it may have been waiting for longer than a guardian may be silent

    def send(self, message: PipeMessage) -> None:
        """Send a message. Never waits."""
        self._channel.send(message)

    def send_end(self) -> None:
        """Say that no more runs come."""
        self.is_ending = True
        self._channel.send(EndOfSession())

    def next_message(self, limit_s: float) -> PipeMessage | None:
        """Return the next message, or None once the runner has closed its end.

        Raises
        ------
        queue.Empty
            If none has come in time.
        """
        return self._inbox.get(timeout=limit_s)

    def is_alive(self) -> bool:
        """Whether the process lives."""
        return bool(self._process.is_alive())

    @property
    def killed_by(self) -> str:
        """What killed the process, in words that may follow a sentence; empty if it ended by itself."""
        return signal_of(self._process.exitcode)

    def await_end(self, limit_s: float) -> None:
        """Wait for the end of the process, for some seconds at most."""
        deadline = time.monotonic() + limit_s
        while self.is_alive() and time.monotonic() < deadline:
            self._turn()
            self._process.join(TURN_S)

    def kill(self) -> None:
        """End the process for certain: one that is frozen, too, does nothing of its own any more."""
        self._process.kill()
        self.await_end(_KILLED_S)

    def last_word(self, limit_s: float) -> str | None:
        """Return why the output may be on, as the runner says it at the end of its session; None if it is off.

        A runner that says nothing more is said to be silent.
        """
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            self._turn()
            try:
                message = self._inbox.get(timeout=TURN_S)
            except queue.Empty:
                continue
            if message is None:
                return "the measuring process ended before the end of its session"
            if isinstance(message, SessionEnded):
                return message.problem
        return f"the measuring process did not end its session within {limit_s:.0f} s"
