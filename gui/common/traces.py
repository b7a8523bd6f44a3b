"""Curves that are drawn of a run: some thousand points that show every spike, over linear or logarithmic time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gui.common.pyramid import MinMaxPyramid
from gui.common.run_pyramid import RunPyramid
from gui.common.watched_run import WatchedRun

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from daq import Run
    from protocols import PulseSequence

    Floats = NDArray[np.float64]

LATEST_EDGE = -1
"""Stands for the latest voltage edge that has come."""
N_RANGES = 1000
"""Ranges whose extremes are drawn: about one for each pixel of a plot's width; twice as many cost twice the paint."""


@dataclass(frozen=True)
class View:
    """Which part of a run is looked at.

    Attributes
    ----------
    edge : int or None
        None: the whole run over linear time. A number: from that voltage edge (from 0; `LATEST_EDGE` for the latest one
        that has come) to the next, over the logarithm of the time since the edge.
    window_s : tuple of float, optional
        Over linear time: from when to when, instead of the whole run.
    """

    edge: int | None = None
    window_s: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class Traces:
    """Curves for drawing: copies that nobody writes into.

    Attributes
    ----------
    view : View
    time_s : ndarray, shape (k,)
        Since the start of the run, or since the edge `origin_s` in a logarithmic view.
    voltage_V, current_A : ndarray, shape (k,)
        NaN where the instrument was overloaded.
    origin_s : float
    edge : int or None
        Which edge a logarithmic view starts from.
    n_samples : int
        Samples in the run so far, those too that are not safely on disk.
    last_s, last_V, last_A : float
        The newest sample; NaN if there is none.
    first_s, end_s : ndarray, shape (m,)
        Times of the first and last sample of each range of which two points are drawn, the lowest and the highest, at
        the same time; empty where every sample is drawn.
    n_acknowledged : int
        So many samples, from the first, are safely on disk; the others may still be lost.
    share_read : float
        Share of the run whose extremes are known: below 1, what is drawn of the rest are some of its samples only.
    """

    view: View
    time_s: Floats
    voltage_V: Floats
    current_A: Floats
    origin_s: float
    edge: int | None
    n_samples: int
    last_s: float
    last_V: float
    last_A: float
    first_s: Floats = field(default_factory=lambda: np.empty(0))
    end_s: Floats = field(default_factory=lambda: np.empty(0))
    n_acknowledged: int = 0
    share_read: float = 1.0

    def in_step(self, time_s: Floats, values: Floats) -> tuple[Floats, Floats]:
        """Return another curve as it is drawn beside these ones: over the same spans, its extremes at the same places.

        Two curves of which one is drawn by extremes of ranges and the other is not differ by up to half a range.

        Parameters
        ----------
        time_s, values : ndarray, shape (n,)
            Since the start of the run, ascending; straight between them.

        Returns
        -------
        time_s, values : ndarray
            Time as in `time_s`.
        """
        if not len(time_s) or not len(self.time_s):
            return np.empty(0), np.empty(0)
        if not len(self.first_s):
            return self.time_s, np.interp(self.time_s + self.origin_s, time_s, values)
        inner = time_s[(time_s >= self.first_s[0]) & (time_s <= self.end_s[-1])]
        times = np.sort(np.concatenate([self.first_s, self.end_s, inner]))
        level = np.interp(times, time_s, values)
        starts = np.searchsorted(times, self.first_s)
        pairs = np.column_stack([np.fmin.reduceat(level, starts), np.fmax.reduceat(level, starts)])
        middle = 0.5 * (self.first_s + self.end_s) - self.origin_s
        return np.repeat(middle, 2), pairs.ravel()


class RunTraces:
    """A run, finished or growing, made ready for drawing.

    Parameters
    ----------
    run : Run
        Only read.
    pyramid : RunPyramid, optional
        Of this run, which it holds, as far as it has been read.
    """

    def __init__(self, run: Run, pyramid: RunPyramid | None = None) -> None:
        self.run = WatchedRun(run)
        self.edges_s = edge_times(run.drive)
        self.pyramid = RunPyramid(run.n_planned) if pyramid is None else pyramid
        if pyramid is None:
            self._add_samples()

    def refresh(self) -> bool:
        """Read new samples and return whether there are any."""
        before = self.run.n_samples, self.run.n_acknowledged
        if (self.run.refresh(), self.run.n_acknowledged) == before:
            return False
        self._add_samples()
        return True

    def _add_samples(self) -> None:
        self.pyramid.grow(self.run.t_s, self.run.voltage_V, self.run.current_A)

    def traces(self, view: View) -> Traces:
        """Return what a view shows of the samples that are there.

        Parameters
        ----------
        view : View
        """
        t = self.pyramid.t_s
        n = self.run.n_samples
        edge, origin = self._edge_of(view, float(t[-1]) if n else 0.0)
        bounds = self._bounds(t, view, edge, origin)
        first, last = int(bounds[0]), int(bounds[-1])
        first_s = end_s = np.empty(0)
        if last - first <= 2 * N_RANGES:
            here = slice(first, last)
            time, voltage, current = t[here] - origin, np.array(self.run.voltage_V[here]), self.run.current_A[here]
            time, current = np.array(time), np.array(current)
        else:
            time, voltage, current = self._extremes(t, bounds, origin)
            first_s, end_s = t[bounds[:-1]], t[bounds[1:] - 1]
        newest = (float(t[-1]), float(self.run.voltage_V[-1]), float(self.run.current_A[-1])) if n else (np.nan,) * 3
        share = self.pyramid.share if len(first_s) else 1.0
        curves = (time, voltage, current, origin, edge)
        return Traces(view, *curves, n, *newest, first_s, end_s, self.run.n_acknowledged, share)

    def _edge_of(self, view: View, now_s: float) -> tuple[int | None, float]:
        if view.edge is None or not len(self.edges_s):
            return None, 0.0
        edge = view.edge
        if edge == LATEST_EDGE:
            edge = max(int(np.searchsorted(self.edges_s, now_s)) - 1, 0)
        edge = min(edge, len(self.edges_s) - 1)
        return edge, float(self.edges_s[edge])

    def _bounds(self, t: Floats, view: View, edge: int | None, origin_s: float) -> NDArray[np.int64]:
        """Return the sample indices between which extremes are drawn, ascending, at least one."""
        if edge is None:
            start, stop = view.window_s or (-np.inf, np.inf)
        else:
            start = origin_s
            stop = float(self.edges_s[edge + 1]) if edge + 1 < len(self.edges_s) else np.inf
        first, last = (int(index) for index in self.pyramid.first_at(np.array([start, stop])))
        if last - first < 2:
            return np.array([first, last])
        if edge is None:
            grid = np.linspace(t[first], t[last - 1], N_RANGES + 1)
        else:
            since = np.maximum(t[[first, last - 1]] - origin_s, 1e-9)
            grid = origin_s + np.geomspace(since[0], since[1], N_RANGES + 1)
        inner = self.pyramid.first_at(grid[1:-1])
        return self.pyramid.drawn_at(_distinct(np.concatenate([[first], np.clip(inner, first, last), [last]])))

    def _extremes(self, t: Floats, bounds: NDArray[np.int64], origin_s: float) -> tuple[Floats, Floats, Floats]:
        """Return two points a range, lowest and highest, at its middle; one point where it holds one sample."""
        middle = 0.5 * (t[bounds[:-1]] + t[bounds[1:] - 1]) - origin_s
        drawn = np.ones(2 * len(middle), dtype=bool)
        drawn[1::2] = np.diff(bounds) > 1
        curves = [np.repeat(middle, 2)]
        for lowest, highest in self.pyramid.extremes(bounds):
            curve = np.empty(2 * len(middle))
            curve[0::2], curve[1::2] = lowest, highest
            curves.append(curve)
        time, voltage, current = (curve[drawn] for curve in curves)
        return time, voltage, current


def _distinct(ascending: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return ascending numbers, each once.

    Not by numpy.unique: its first call imports numpy.ma, 40 ms in which the interpreter lock is not let go and the
    window stands still.
    """
    return ascending[np.diff(ascending, prepend=-1) > 0]


def edge_times(drive: PulseSequence | None) -> Floats:
    """Return when the voltage jumps (s); nothing for a record of which only the measured voltage is known."""
    return np.empty(0) if drive is None else drive.jumps()[0]


def waveform(sequence: PulseSequence) -> tuple[Floats, Floats]:
    """Return a voltage program as a line: times (s) and levels (V).

    A program of very many edges is thinned to the extremes of some thousand spans of time.
    """
    ends = np.append(sequence.times_s[1:], sequence.duration_s)
    time = np.column_stack([sequence.times_s, ends]).ravel()
    level = np.column_stack([sequence.start_V, sequence.end_V]).ravel()
    time = np.concatenate([[0.0], time, [sequence.duration_s]])
    level = np.concatenate([[sequence.rest_V], level, [sequence.rest_V]])
    if len(time) <= 4 * N_RANGES:
        return time, level
    pyramid = MinMaxPyramid(len(level))
    pyramid.grow(level)
    bounds = _distinct(np.searchsorted(time, np.linspace(0.0, sequence.duration_s, N_RANGES + 1)))
    bounds[-1] = len(level)
    lowest, highest = pyramid.extremes(bounds)
    return np.repeat(time[bounds[:-1]], 2), np.column_stack([lowest, highest]).ravel()
