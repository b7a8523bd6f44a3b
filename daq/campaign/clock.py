"""Clock of a conductor: time that passes, time of day, and waiting; injected, so that a week is tested in seconds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import threading


class Clock(Protocol):
    """Time as a conductor needs it."""

    def now_s(self) -> float:
        """Return seconds that nobody can set."""
        ...

    def unix_s(self) -> float:
        """Return the time of day, in seconds since 1970."""
        ...

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait for an event, for some seconds at most; return whether it is set."""
        ...


class SystemClock:
    """The computer's clocks."""

    def now_s(self) -> float:
        """Return the monotonic clock."""
        return time.monotonic()

    def unix_s(self) -> float:
        """Return the wall clock."""
        return time.time()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait in real time."""
        return event.wait(seconds)
