"""Curves that are drawn of a run: some thousand points that show every spike, over the time axis that is looked at.

The time axis is linear, logarithmic since an edge, or that of a pulse onto which all pulses are folded. Without Qt.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from gui.common.folding import Fold, RunFold, fold_problem
from gui.common.pyramid import MinMaxPyramid
from gui.common.quantities import Quantity
from gui.common.run_marks import FlagMarks, event_marks
from gui.common.run_pyramid import RunPyramid
from gui.common.running_charge import RunningCharge
from gui.common.trace_view import LATEST_EDGE, N_RANGES, View
from gui.common.watched_run import WatchedRun

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from daq import Run
    from gui.common.run_marks import Mark
    from protocols import PulseSequence

    Floats = NDArray[np.float64]

_EVENTS_EVERY = 30
"""Reads of new samples from one look at the events to the next: a second. Doubled, a mark comes a second later."""


@dataclass(frozen=True, eq=False)
class Traces:
    """Curves for drawing: copies that nobody writes into.

    Attributes
    ----------
    view : View
    time_s : ndarray, shape (k,)
        Since the start of the run, since the edge `origin_s` in a logarithmic view, or since the beginning of a pulse.
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
    charge_C : ndarray, shape (k,)
        Passed since the start of the run, or of a pulse; empty if it is not asked for.
    temperature_s, temperature_K : ndarray, shape (j,)
        Readings, at times of their own; empty if they are not asked for.
    last_K : float
        The newest of them.
    spread : dict
        Lowest and highest value at each time over all pulses that are folded; empty otherwise.
    n_pulses : int
        Pulses that are folded.
    marks : tuple of Mark
    problem : str
        Why there is nothing to draw; empty if there is, or nothing has come yet.
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
    charge_C: Floats = field(default_factory=lambda: np.empty(0))
    temperature_s: Floats = field(default_factory=lambda: np.empty(0))
    temperature_K: Floats = field(default_factory=lambda: np.empty(0))
    last_K: float = float("nan")
    spread: dict[Quantity, tuple[Floats, Floats]] = field(default_factory=dict)
    n_pulses: int = 0
    marks: tuple[Mark, ...] = ()
    problem: str = ""

    def curve(self, quantity: Quantity) -> tuple[Floats, Floats]:
        """Return times (s) and values (SI) of a quantity as they are drawn; empty where it was not asked for."""
        if quantity is Quantity.TEMPERATURE:
            return self.temperature_s, self.temperature_K
        values = {Quantity.VOLTAGE: self.voltage_V, Quantity.CURRENT: self.current_A, Quantity.CHARGE: self.charge_C}
        return (self.time_s, values[quantity]) if len(values[quantity]) else (np.empty(0), np.empty(0))

    def value_at(self, quantity: Quantity, time_s: float) -> float:
        """Return the value of a quantity at a time of the axis, straight between what is drawn; NaN beyond it.

        Where the extremes of a range are drawn at one time, their middle counts.
        """
        time, values = self.curve(quantity)
        if not len(time) or not time[0] <= time_s <= time[-1]:
            return float("nan")
        left, right = (int(np.searchsorted(time, time_s, side=side)) for side in ("left", "right"))
        if right > left:
            return float(np.mean(values[left:right]))
        before = slice(int(np.searchsorted(time, time[left - 1])), left)
        after = slice(left, int(np.searchsorted(time, time[left], side="right")))
        share = (time_s - time[left - 1]) / (time[left] - time[left - 1])
        return float((1.0 - share) * np.mean(values[before]) + share * np.mean(values[after]))

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
        self._charge: RunningCharge | None = None
        self._folds: dict[Fold, RunFold] = {}
        self._flags = FlagMarks()
        self._event_marks: tuple[Mark, ...] = ()
        self._n_reads = 0
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

    def _marks(self) -> tuple[Mark, ...]:
        self._flags.grow(self.run.t_s, self.run.status)
        if self._n_reads % _EVENTS_EVERY == 0:
            self._event_marks = event_marks(self.run.run.events)
        self._n_reads += 1
        return (*self._event_marks, *self._flags.marks)

    def traces(self, view: View) -> Traces:
        """Return what a view shows of the samples that are there.

        Parameters
        ----------
        view : View
        """
        if view.fold is not None:
            return self._folded(view, view.fold)
        t = self.pyramid.t_s
        edge, origin = self._edge_of(view, float(t[-1]) if len(t) else 0.0)
        bounds = self._bounds(t, view, edge, origin)
        first, last = int(bounds[0]), int(bounds[-1])
        first_s = end_s = np.empty(0)
        if last - first <= 2 * view.n_ranges:
            here, drawn = slice(first, last), None
            time, voltage, current = t[here] - origin, np.array(self.run.voltage_V[here]), self.run.current_A[here]
            time, current = np.array(time), np.array(current)
        else:
            time, voltage, current, drawn = self._extremes(t, bounds, origin)
            first_s, end_s = t[bounds[:-1]], t[bounds[1:] - 1]
        charge = self._charge_of(bounds, drawn) if Quantity.CHARGE in view.extras else np.empty(0)
        curves = (time, voltage, current, origin, edge)
        shown = Traces(view, *curves, *self._newest(), first_s, end_s, self.run.n_acknowledged, charge_C=charge)
        share = self.pyramid.share if len(first_s) else 1.0
        if Quantity.CHARGE in view.extras and self._charge is not None:
            share = min(share, self._charge.share)
        return self._with_temperature(replace(shown, share_read=share), marks=self._marks())

    def _newest(self) -> tuple[int, float, float, float]:
        run = self.run
        if not run.n_samples:
            return 0, np.nan, np.nan, np.nan
        return run.n_samples, float(run.t_s[-1]), float(run.voltage_V[-1]), float(run.current_A[-1])

    def _charge_of(self, bounds: NDArray[np.int64], drawn: NDArray[np.bool_] | None) -> Floats:
        """Return the charge at every sample between the bounds, or where each range begins and the next one does."""
        run = self.run
        if self._charge is None:
            self._charge = RunningCharge(run.n_planned)
        self._charge.grow(run.t_s, run.current_A)
        if drawn is None:
            return self._charge.at(np.arange(bounds[0], bounds[-1]))
        charge = self._charge.at(np.minimum(bounds, bounds[-1] - 1))
        pairs: Floats = np.column_stack([charge[:-1], charge[1:]]).ravel()[drawn]
        return pairs

    def _with_temperature(self, shown: Traces, marks: tuple[Mark, ...]) -> Traces:
        """Return curves with the readings of the temperature between their ends, and the marks of the run."""
        if Quantity.TEMPERATURE not in shown.view.extras:
            return replace(shown, marks=marks)
        t, kelvin = self.run.run.slow("temperature")
        since = t - shown.origin_s
        window = shown.view.window_s or (0.0 if shown.edge is not None else -np.inf, np.inf)
        here = (since >= window[0]) & (since <= window[1])
        last = float(kelvin[-1]) if len(kelvin) else np.nan
        return replace(shown, marks=marks, temperature_s=since[here], temperature_K=kelvin[here], last_K=last)

    def _folded(self, view: View, fold: Fold) -> Traces:
        run, nothing = self.run, np.empty(0)
        drive = run.drive
        problem = fold_problem(drive, fold)
        if problem or drive is None or run.n_samples < 2:
            return Traces(view, nothing, nothing, nothing, 0.0, None, *self._newest(), problem=problem)
        if fold not in self._folds:
            interval_s = run.run.sample_interval_s or float(np.diff(run.t_s[: 2 * N_RANGES]).min())
            self._folds[fold] = RunFold(drive, fold, interval_s)
        self._folds[fold].grow(run.t_s, run.voltage_V, run.current_A)
        folded = self._folds[fold].folded().within(view.window_s, view.n_ranges)
        voltage, current = folded.means
        spread = {
            quantity: (folded.lowest[k], folded.highest[k])
            for k, quantity in enumerate((Quantity.VOLTAGE, Quantity.CURRENT))
            if fold is Fold.PULSES
        }
        charge = folded.charge_C if Quantity.CHARGE in view.extras else nothing
        curves = (folded.time_s, voltage, current, 0.0, None)
        shown = Traces(
            view, *curves, *self._newest(), n_acknowledged=run.n_acknowledged, charge_C=charge, spread=spread
        )
        return replace(shown, n_pulses=folded.n_pulses, share_read=self._folds[fold].share)

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
        start, stop = view.window_s or (-np.inf, np.inf)
        if edge is not None:
            next_edge = float(self.edges_s[edge + 1]) if edge + 1 < len(self.edges_s) else np.inf
            start, stop = max(start, 0.0) + origin_s, min(stop + origin_s, next_edge)
        elif view.latest_s is not None and len(t):
            start, stop = float(t[-1]) - view.latest_s, np.inf
        first, last = (int(index) for index in self.pyramid.first_at(np.array([start, stop])))
        if last - first < 2:
            return np.array([first, max(first, last)])
        if edge is None:
            grid = np.linspace(t[first], t[last - 1], view.n_ranges + 1)
        else:
            since = np.maximum(t[[first, last - 1]] - origin_s, 1e-9)
            grid = origin_s + np.geomspace(since[0], since[1], view.n_ranges + 1)
        inner = self.pyramid.first_at(grid[1:-1])
        return self.pyramid.drawn_at(_distinct(np.concatenate([[first], np.clip(inner, first, last), [last]])))

    def _extremes(
        self, t: Floats, bounds: NDArray[np.int64], origin_s: float
    ) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
        """Return two points a range, lowest and highest, at its middle; one point where it holds one sample.

        Beside them which of two points a range are drawn, shape (2 m,).
        """
        middle = 0.5 * (t[bounds[:-1]] + t[bounds[1:] - 1]) - origin_s
        drawn = np.ones(2 * len(middle), dtype=bool)
        drawn[1::2] = np.diff(bounds) > 1
        curves = []
        for lowest, highest in self.pyramid.extremes(bounds):
            curve = np.empty(2 * len(middle))
            curve[0::2], curve[1::2] = lowest, highest
            curves.append(curve[drawn])
        return np.repeat(middle, 2)[drawn], curves[0], curves[1], drawn


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
