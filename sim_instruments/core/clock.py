"""Clocks of simulated instruments: real time, scaled time, time moved by a test."""

from __future__ import annotations

import time
from typing import Protocol


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
