"""Playback of one waveform in instrument time, and what the state bits of the samples say of it.

State bits after table 4 of the *EC301 User Manual*, revision 1.1, p. 95.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.srs.waveforms import Event, Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_KEPT = 16
"""Finished runs of which the bits are still known: samples are asked for within seconds."""


class Generator(IntEnum):
    """Which of the three waveform generators; the value is its status bit."""

    RAMP = 11
    PULSE = 19
    ARB = 22


_EDGES = {Generator.PULSE: 20}
"""Bit that toggles after each edge, by generator."""
_REPEATS = {Generator.RAMP: 12, Generator.PULSE: 21, Generator.ARB: 23}
"""Bit that toggles after each beginning and repeat."""


@dataclass
class _Run:
    generator: Generator
    began_s: float
    ended_s: float = math.inf


@dataclass
class Player:
    """The waveform that is played, event by event.

    Attributes
    ----------
    runs : list
        The one that is played, and those before.
    """

    runs: list[_Run] = field(default_factory=list)
    _next: Event | None = None
    _events: Iterator[Event] = field(default_factory=lambda: iter(()))
    _toggles: dict[int, list[float]] = field(default_factory=dict)

    def start(self, generator: Generator, events: Iterator[Event], at_s: float) -> None:
        """Play a waveform from a moment on (instrument seconds)."""
        self.runs = [*self.runs[-_KEPT:], _Run(generator, at_s)]
        self._events = events
        self._next = next(events, None)

    @property
    def running(self) -> Generator | None:
        """The generator at work, if one is."""
        return self.runs[-1].generator if self.runs and math.isinf(self.runs[-1].ended_s) else None

    def stop(self, at_s: float) -> None:
        """Stop; what was set last stays set."""
        if self.running is not None:
            self.runs[-1].ended_s = at_s
        self._next = None

    def due(self, now_s: float) -> Iterator[tuple[float, Event]]:
        """Yield what is due, with its time (instrument seconds)."""
        while self._next is not None:
            event, run = self._next, self.runs[-1]
            at = run.began_s + event.at_s
            if at > now_s:
                return
            self._next = next(self._events, None)
            if event.mark in {Mark.HOLD, Mark.OPEN}:
                run.ended_s = at
            self._toggle(run.generator, event.mark, at)
            yield at, event

    def _toggle(self, generator: Generator, mark: Mark, at_s: float) -> None:
        if mark in {Mark.LEVEL, Mark.REPEAT} and generator in _EDGES:
            self._toggles.setdefault(_EDGES[generator], []).append(at_s)
        if mark is Mark.REPEAT:
            self._toggles.setdefault(_REPEATS[generator], []).append(at_s)

    def flags(self, t_s: Array) -> NDArray[np.int32]:
        """Return the generators' bits at times that have passed."""
        found = np.zeros(len(t_s), np.int32)
        for run in self.runs:
            found[(t_s >= run.began_s) & (t_s < run.ended_s)] |= 1 << run.generator
        for bit, times in self._toggles.items():
            found |= ((np.searchsorted(times, t_s, side="right") & 1) << bit).astype(np.int32)
        return found
