"""Pulses of a run laid over each other: their mean, their spread, and what pumps differ by from probes. Without Qt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from gui.common.language import tr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from protocols import PulseSequence

    Floats = NDArray[np.float64]

_MOST_BINS = 16_384
"""Bins of a folded pulse: a bin a sample up to so many samples a pulse. Doubled, a fold takes 1 MB more."""
_AT_ONCE = 1 << 20
"""Samples that are taken in at once: 60 MB of work, some 50 ms. Doubled, a view waits twice as long for its turn."""


class Fold(Enum):
    """How pulses are laid over each other."""

    PULSES = "mean over all pulses"
    PUMP_PROBE = "first pulses of pairs minus the second ones"


@dataclass(frozen=True, eq=False)
class Folded:
    """Pulses laid over each other.

    Attributes
    ----------
    time_s : ndarray, shape (k,)
        Since the beginning of a pulse: mean of the samples of each bin.
    means, lowest, highest : tuple of ndarray, shape (k,)
        Of voltage (V) and of current (A); of a difference, `lowest` and `highest` are its mean.
    n_pulses : int
        Pulses that have begun.
    """

    time_s: Floats
    means: tuple[Floats, Floats]
    lowest: tuple[Floats, Floats]
    highest: tuple[Floats, Floats]
    n_pulses: int

    @property
    def charge_C(self) -> Floats:
        """Charge since the beginning of a pulse by the mean current, trapezoids; shape (k,)."""
        current = np.nan_to_num(self.means[1])
        areas = 0.5 * (current[1:] + current[:-1]) * np.diff(self.time_s)
        return np.concatenate([[0.0], np.cumsum(areas)])[: len(current)]

    def within(self, window_s: tuple[float, float] | None, n_ranges: int) -> Folded:
        """Return the part between two times, with neighbouring bins put together where there are too many to draw.

        Parameters
        ----------
        window_s : tuple of float or None
            None: all of it.
        n_ranges : int
            Up to twice as many points are drawn.
        """
        first, last = (0, len(self.time_s)) if window_s is None else np.searchsorted(self.time_s, window_s)
        step = max(-(-int(last - first) // (2 * n_ranges)), 1)
        starts = np.arange(first, last, step)
        if not len(starts):
            nothing = (np.empty(0), np.empty(0))
            return Folded(np.empty(0), nothing, nothing, nothing, self.n_pulses)
        sizes = np.diff(np.append(starts, last))

        def mean(values: Floats) -> Floats:
            sums: Floats = np.add.reduceat(values[:last], starts)
            return sums / sizes

        lowest = tuple(np.fmin.reduceat(one[:last], starts) for one in self.lowest)
        highest = tuple(np.fmax.reduceat(one[:last], starts) for one in self.highest)
        means = (mean(self.means[0]), mean(self.means[1]))
        return Folded(mean(self.time_s), means, (lowest[0], lowest[1]), (highest[0], highest[1]), self.n_pulses)


def pulse_onsets(drive: PulseSequence | None) -> Floats:
    """Return when the voltage leaves its rest level (s); nothing for a record without a drive."""
    if drive is None:
        return np.empty(0)
    before = np.concatenate([[drive.rest_V], drive.end_V[:-1]])
    leaves = (before == drive.rest_V) & (drive.start_V != drive.rest_V)
    onsets: Floats = drive.times_s[leaves]
    return onsets


def fold_problem(drive: PulseSequence | None, fold: Fold) -> str:
    """Return why pulses cannot be folded, and what to do; empty if they can."""
    onsets = pulse_onsets(drive)
    if drive is None:
        return tr("The edges of this record are not known. State them, then it can be folded.")
    if len(onsets) < 2:
        return tr("Folding needs at least two pulses that start from the rest level.")
    if fold is Fold.PUMP_PROBE and len(onsets) % 2:
        return tr("Pump minus probe needs pulses in pairs; this run has {n}.").format(n=len(onsets))
    return ""


class RunFold:
    """A fold of a run that grows; each sample is read once.

    Parameters
    ----------
    drive : PulseSequence
        With pulses that can be folded (`fold_problem`).
    fold : Fold
    interval_s : float
        Time from sample to sample; the shortest of an uneven run.
    """

    def __init__(self, drive: PulseSequence, fold: Fold, interval_s: float) -> None:
        self._onsets = pulse_onsets(drive)
        paired = fold is Fold.PUMP_PROBE
        gaps = np.diff(self._onsets)
        last = drive.duration_s - self._onsets[-1]
        # Of a train every pulse has its whole period but perhaps the last one; of pairs only what both have counts.
        length = float(min(gaps[::2].min(), gaps[1::2].min(initial=np.inf), last) if paired else gaps.max())
        n_bins = int(np.clip(round(length / interval_s), 1, _MOST_BINS)) if interval_s > 0.0 else _MOST_BINS
        groups = (self._onsets[::2], self._onsets[1::2]) if paired else (self._onsets,)
        self._groups = [_Bins(onsets, length, n_bins) for onsets in groups]
        self._n_read = self._n_there = 0
        self._last_s = -np.inf

    def grow(self, t_s: Floats, voltage_V: Floats, current_A: Floats) -> None:
        """Take in the record as it is now; of very many new samples the first, the others at the next call."""
        new = slice(self._n_read, min(self._n_read + _AT_ONCE, len(t_s)))
        t, voltage, current = (np.asarray(one[new]) for one in (t_s, voltage_V, current_A))
        for group in self._groups:
            group.add(t, (voltage, current))
        self._n_read, self._n_there = new.stop, len(t_s)
        self._last_s = float(t_s[new.stop - 1]) if new.stop else -np.inf

    @property
    def share(self) -> float:
        """Share of the record that is folded; it grows with each `grow`."""
        return self._n_read / self._n_there if self._n_there else 1.0

    def folded(self) -> Folded:
        """Return what has come so far; bins without a sample are left out."""
        n_pulses = int(np.searchsorted(self._onsets, self._last_s))
        first = self._groups[0]
        filled = np.all([group.counts.min(axis=0) > 0 for group in self._groups], axis=0)
        time = first.phases[filled] / first.n_phases[filled]
        means = [tuple(group.sums[k][filled] / group.counts[k][filled] for k in (0, 1)) for group in self._groups]
        if len(means) == 2:
            difference = (means[0][0] - means[1][0], means[0][1] - means[1][1])
            return Folded(time, difference, difference, difference, n_pulses)
        lowest, highest = ((one[0][filled], one[1][filled]) for one in (first.lowest, first.highest))
        return Folded(time, (means[0][0], means[0][1]), lowest, highest, n_pulses)


class _Bins:
    """Sums and extremes of voltage and current over the time since the last of some beginnings."""

    def __init__(self, onsets_s: Floats, length_s: float, n_bins: int) -> None:
        self._onsets, self._length, self._n_bins = onsets_s, length_s, n_bins
        self.phases, self.n_phases = np.zeros(n_bins), np.zeros(n_bins)
        self.sums, self.counts = np.zeros((2, n_bins)), np.zeros((2, n_bins))
        self.lowest, self.highest = np.full((2, n_bins), np.inf), np.full((2, n_bins), -np.inf)

    def add(self, t_s: Floats, quantities: tuple[Floats, Floats]) -> None:
        """Add samples."""
        pulse = np.searchsorted(self._onsets, t_s, side="right") - 1
        phase = t_s - self._onsets[np.maximum(pulse, 0)]
        inside = (pulse >= 0) & (phase < self._length)
        phase = phase[inside]
        bins = np.minimum((phase * (self._n_bins / self._length)).astype(np.int64), self._n_bins - 1)
        self.phases += np.bincount(bins, phase, self._n_bins)
        self.n_phases += np.bincount(bins, minlength=self._n_bins)
        for k, values in enumerate(quantities):
            here = values[inside]
            good = np.isfinite(here)
            at, here = bins[good], here[good]
            self.sums[k] += np.bincount(at, here, self._n_bins)
            self.counts[k] += np.bincount(at, minlength=self._n_bins)
            np.minimum.at(self.lowest[k], at, here)
            np.maximum.at(self.highest[k], at, here)
