"""Clocks of simulated instruments: real time, scaled time, time moved by a test."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock(Protocol):
    """The time base of a simulated instrument, in instrument seconds."""

    def now(self) -> float:
        """Return instrument seconds since power-on."""

    def wall_s(self, instrument_s: float) -> float:
        """Return how many wall seconds a span of instrument time takes."""


class RealClock:
    """Time that runs by itself, `speed` instrument seconds a wall second.

    Parameters
    ----------
    speed : float
        1 for real time; 100 runs a programme of 100 s in one second.
    """

    def __init__(self, speed: float = 1.0) -> None:
        if not 0.0 < speed < float("inf"):
            raise ValueError(f"speed must be a positive number, not {speed!r}")
        self.speed = speed
        self._start = time.monotonic()

    def now(self) -> float:
        """Return instrument seconds since power-on."""
        return (time.monotonic() - self._start) * self.speed

    def wall_s(self, instrument_s: float) -> float:
        """Return how many wall seconds a span of instrument time takes."""
        return instrument_s / self.speed


class ManualClock:
    """Time that moves only when told: an hour of programme takes a test no time."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        """Return instrument seconds since power-on."""
        return self._now

    def wall_s(self, instrument_s: float) -> float:
        """Return how many wall seconds a span of instrument time takes (the span itself)."""
        return instrument_s

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self._now += seconds


_TURN_S = 0.015
"""Wall time (s) that an instrument may compute in one go: who asks it meanwhile waits at most that long."""
_REST_S = 0.01
"""Wall time (s) for which its time then stands still: enough to answer what came in; as often as the server ticks."""


class PacedClock:
    """Clock of one instrument, which falls behind rather than keep its clients waiting.

    An instrument that cannot be worked out as fast as its time passes lags, and hands out what it has: its time is that
    which it has reached. What is said to it is said at that time.

    Parameters
    ----------
    clock : Clock
        Time of all instruments.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._real = isinstance(getattr(clock, "base", clock), RealClock)  # a clock that holds another has it as base
        self._lag_s = 0.0
        self._held_s = 0.0
        self._held_until_s = 0.0

    def now(self) -> float:
        """Return instrument seconds since power-on."""
        if self._held_until_s:
            if time.monotonic() < self._held_until_s:
                return self._held_s
            self._held_until_s = 0.0
        return self._clock.now() - self._lag_s

    def wall_s(self, instrument_s: float) -> float:
        """Return how many wall seconds a span of instrument time takes."""
        return self._clock.wall_s(instrument_s)

    def turn(self) -> Callable[[], bool]:
        """Begin to compute; return what tells whether that has taken long enough. Never so if time waits for us."""
        if not self._real:
            return _never
        until_s = time.monotonic() + _TURN_S
        return lambda: time.monotonic() >= until_s

    def fall_behind(self, reached_s: float) -> None:
        """Let the time that was reached be the present, and let it rest for a moment."""
        self._lag_s = self._clock.now() - reached_s
        self._held_s, self._held_until_s = reached_s, time.monotonic() + _REST_S


def _never() -> bool:
    return False
