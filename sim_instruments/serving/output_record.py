"""Record of when an instrument's output really was on, read inside the simulator and not over any of its links."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim_instruments.core.instrument import Instrument

# Interval (s) of looks at the output: a five-hundredth of the second in which it is promised to go off.
_INTERVAL_S = 0.002

# How long a look may be waited for: as an instrument that is served from a thread may take to begin.
_PATIENCE_S = 10.0


@dataclass(frozen=True)
class Edge:
    """Change of an output.

    Attributes
    ----------
    at_s : float
        When it was seen, by `time.monotonic`.
    on : bool
        To which state.
    """

    at_s: float
    on: bool


class OutputRecord:
    """True state of an instrument's output from the moment when it is served.

    Written by the thread that serves the instrument; may be read from any other.

    Parameters
    ----------
    device : Instrument
    """

    def __init__(self, device: Instrument) -> None:
        self._device = device
        self._edges: list[Edge] = []
        self._looked_at_s = time.monotonic()
        self._gaps: list[tuple[float, float]] = []
        self._n_looks = 0
        self._is_kept = False

    async def keep(self) -> None:
        """Look at the output again and again until this task is cancelled."""
        self._is_kept = True
        try:
            while True:
                self._look()
                await asyncio.sleep(_INTERVAL_S)
        finally:
            self._is_kept = False

    def _look(self) -> None:
        self._device.update()
        on = self._device.output_is_on
        now = time.monotonic()
        if now - self._looked_at_s > 10 * _INTERVAL_S:
            self._gaps.append((self._looked_at_s, now))
        self._looked_at_s = now
        if on != self._was_on_last:
            self._edges.append(Edge(now, on))
        self._n_looks += 1

    @property
    def edges(self) -> tuple[Edge, ...]:
        """All changes, the oldest first; the output is off before the first one."""
        return tuple(self._edges)

    @property
    def is_on(self) -> bool:
        """Whether the output is on, by a look that is made after this was asked; by the last one if no more are made.

        Asked of another thread than the instrument's. Without, a busy machine has an output on that a client has just
        read back as off.
        """
        before, until_s = self._n_looks, time.monotonic() + _PATIENCE_S
        while self._is_kept and self._n_looks == before and time.monotonic() < until_s:
            time.sleep(_INTERVAL_S)
        return self._was_on_last

    @property
    def _was_on_last(self) -> bool:
        return bool(self._edges) and self._edges[-1].on

    def was_on(self, at_s: float) -> bool:
        """Whether the output was on at a moment of `time.monotonic`."""
        before = [edge for edge in self._edges if edge.at_s <= at_s]
        return bool(before) and before[-1].on

    def longest_gap_s(self, since_s: float) -> float:
        """Return the longest time between two looks since a moment: how much a busy machine blurs the record."""
        gaps = [end - begin for begin, end in tuple(self._gaps) if end > since_s]
        return max(gaps, default=_INTERVAL_S)
