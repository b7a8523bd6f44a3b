"""Messages over a pipe between two processes, of which neither can hold up the other.

A pipe blocks its sender once it is full, and its receiver in the middle of a message: a process that was frozen would
then freeze the one that watches it. Here two threads do the waiting, so that the owner of an end never does.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from daq.execution.messages import Heartbeat
from daq.state import RunStatus

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from daq.execution.messages import PipeMessage


class MessageChannel:
    """One end of a pipe.

    Parameters
    ----------
    pipe : Connection
    take : callable
        Is given each message that arrives, and None when the other end is closed, in a thread of the channel's own.
    """

    def __init__(self, pipe: Connection[Any, Any], take: Callable[[PipeMessage | None], None]) -> None:
        self._pipe = pipe
        self._take = take
        self._waiting: deque[PipeMessage] = deque()
        self._changed = threading.Condition()
        self._is_sending = False
        self._is_broken = False
        threading.Thread(target=self._send_all, name="pipe, sending", daemon=True).start()
        threading.Thread(target=self._receive_all, name="pipe, receiving", daemon=True).start()

    def send(self, message: PipeMessage) -> None:
        """Send a message as soon as the pipe takes it. Never waits.

        While the pipe is full, news of the same kind replace each other: only the latest status of each phase and the
        latest heartbeat wait, so their number is bounded.
        """
        with self._changed:
            if self._waiting and _replaces(message, self._waiting[-1]):
                self._waiting[-1] = message
            else:
                self._waiting.append(message)
            self._changed.notify_all()

    def flush(self, limit_s: float) -> bool:
        """Wait until all messages are in the pipe, for some seconds at most; return whether they are."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_broken or not (self._waiting or self._is_sending), limit_s)
            return not (self._is_broken or self._waiting or self._is_sending)

    def _send_all(self) -> None:
        while True:
            with self._changed:
                self._is_sending = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting)
                message = self._waiting.popleft()
                self._is_sending = True
            try:
                self._pipe.send(message)
            except (OSError, ValueError):  # the other end is closed; the receiving thread tells
                with self._changed:
                    self._is_broken = True
                    self._changed.notify_all()
                return

    def _receive_all(self) -> None:
        try:
            while True:
                self._take(self._pipe.recv())
        except (OSError, EOFError):
            self._take(None)


def _replaces(new: PipeMessage, old: PipeMessage) -> bool:
    """Return whether a message makes an older one, which nobody has seen yet, useless."""
    if isinstance(new, Heartbeat) and isinstance(old, Heartbeat):
        return True
    return isinstance(new, RunStatus) and isinstance(old, RunStatus) and new.phase is old.phase and not old.is_final
