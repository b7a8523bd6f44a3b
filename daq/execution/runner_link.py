"""Runner's process, as its guardian has it: the pipe, what comes over it, and the way to end it for certain."""

from __future__ import annotations

import multiprocessing
import queue
import time
from typing import TYPE_CHECKING, Any

from daq.execution.message_channel import MessageChannel
from daq.execution.messages import EndOfSession, SessionEnded
from daq.execution.processes import ProcessId, signal_of
from daq.execution.runner_process import run_process
from daq.execution.worker import TURN_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from daq.execution.messages import PipeMessage

# How long (s) a runner that was killed may take to be gone: it does nothing more of its own meanwhile.
_KILLED_S = 2.0


class RunnerLink:
    """A runner in a process of its own, which serves one run after the other.

    Parameters
    ----------
    turn : callable
        Shows that the guardian's loop turns; called while something is waited for.

    Attributes
    ----------
    identity : ProcessId
    is_ending : bool
        Whether it was told that no more runs come.
    """

    def __init__(self, turn: Callable[[], None]) -> None:
        self._turn = turn
        context = multiprocessing.get_context("spawn")
        pipe, runners_end = context.Pipe()
        self._process: Any = context.Process(target=run_process, args=(runners_end,), name="ionecho runner")
        self._process.start()
        runners_end.close()
        self.identity = ProcessId.of(self._process.pid or 0)
        self.is_ending = False
        self._inbox: queue.SimpleQueue[PipeMessage | None] = queue.SimpleQueue()
        self._channel = MessageChannel(pipe, self._inbox.put)

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
