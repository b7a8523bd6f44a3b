"""Pyramids over voltage and current of a run, and the way from times to samples. Without Qt.

What is drawn of very many samples begins and ends at whole bins, so that no sample has to be read: a range of a
thousand samples is moved by an eighth of its width at most, and is drawn at the times of its own first and last sample.

A finished run of very many samples is drawn at once from a few samples of each range, and exactly as far as its
pyramids have been made, or kept (`daq.files.kept_extremes`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gui.common.pyramid import BIN, Level, MinMaxPyramid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

COLUMNS = ("voltage", "current")
"""Columns of a run file of which there are pyramids."""
_WHOLE_BINS = 4
"""Ranges of so many bins and more begin at whole bins. Halved, a range is moved by up to a quarter of its width."""
_LOOKED_AT = 64
"""Samples of a range that are looked at before its pyramid is there: half a kilobyte, of one page of the disk mostly.
Doubled, a first look shows little more: a range of a run of 1e9 samples has a million."""
_NEAR = 8
"""Samples around the place where a time is looked for first: it is among them in a run of even intervals."""


class RunPyramid:
    """Extremes of voltage and current of a run that grows, or that is read piece by piece.

    Parameters
    ----------
    capacity : int
        The most samples that will ever be.
    levels : mapping of str to sequence of Level, optional
        What is known of each of `COLUMNS` already.

    Attributes
    ----------
    t_s : ndarray, shape (n,)
        Time of each sample.
    """

    def __init__(self, capacity: int, levels: Mapping[str, Sequence[Level]] | None = None) -> None:
        known = levels or {}
        self._of = {name: MinMaxPyramid(capacity, known.get(name, ())) for name in COLUMNS}
        self.t_s: Floats = np.empty(0)

    @property
    def levels(self) -> dict[str, tuple[Level, ...]]:
        """Levels of each column."""
        return {name: pyramid.levels for name, pyramid in self._of.items()}

    @property
    def n_binned(self) -> int:
        """Samples whose extremes are known."""
        return min(pyramid.n_binned for pyramid in self._of.values())

    @property
    def share(self) -> float:
        """Share of the samples whose extremes are known, those apart that fill no bin."""
        n_whole = len(self.t_s) // BIN * BIN
        return min(self.n_binned / n_whole, 1.0) if n_whole else 1.0

    def grow(self, t_s: Floats, voltage_V: Floats, current_A: Floats) -> None:
        """Take in the record as it is now, and read what is new of it; see `MinMaxPyramid.grow`."""
        self.t_s = np.asarray(t_s)
        for pyramid, values in zip(self._of.values(), (voltage_V, current_A), strict=True):
            pyramid.grow(values)

    def hold(self, t_s: Floats, voltage_V: Floats, current_A: Floats) -> None:
        """Take the record as it is, to be read by `add`; see `MinMaxPyramid.hold`."""
        self.t_s = np.asarray(t_s)
        for pyramid, values in zip(self._of.values(), (voltage_V, current_A), strict=True):
            pyramid.hold(np.asarray(values))

    def add(self, name: str, values: Floats) -> None:
        """Read samples of a column into bins; see `MinMaxPyramid.add`."""
        self._of[name].add(values)

    def first_at(self, times_s: Floats) -> NDArray[np.int64]:
        """Return for each of some times the first sample at or after it, as `numpy.searchsorted` does.

        A sample is looked for where it is in a run of even intervals, so that of a run on a disk a page is read for
        each time and not one for each halving.
        """
        t, n = self.t_s, len(self.t_s)
        if n <= BIN or not t[-1] > t[0]:
            return _bisected(t, times_s)
        with np.errstate(invalid="ignore"):
            guess = np.nan_to_num((times_s - t[0]) * ((n - 1) / (t[-1] - t[0])), posinf=n, neginf=0.0)
        left = np.clip(guess.astype(np.int64) - _NEAR // 2, 0, n - _NEAR)
        near = t[left[:, None] + np.arange(_NEAR)]
        inside = np.sum(near < times_s[:, None], axis=1)
        found: NDArray[np.int64] = left + inside
        is_sure = ((inside > 0) | (left == 0)) & ((inside < _NEAR) | (left == n - _NEAR))
        found[~is_sure] = _bisected(t, times_s[~is_sure])
        return found

    def drawn_at(self, bounds: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return bounds of ranges, those between long ranges moved to whole bins; ascending as they were."""
        lengths = np.diff(bounds)
        if len(lengths) < 2:
            return bounds
        is_long = np.minimum(lengths[:-1], lengths[1:]) >= _WHOLE_BINS * BIN
        moved = bounds.copy()
        inner = moved[1:-1]
        inner[is_long] = (inner[is_long] + BIN // 2) // BIN * BIN
        return moved

    def extremes(self, bounds: NDArray[np.int64]) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """Return lowest and highest voltage, and lowest and highest current, of consecutive ranges.

        Of ranges that are not known yet, those of some samples in their middle; see `MinMaxPyramid.extremes`.
        """
        voltage, current = (self._extremes_of(pyramid, bounds) for pyramid in self._of.values())
        return voltage, current

    def _extremes_of(self, pyramid: MinMaxPyramid, bounds: NDArray[np.int64]) -> tuple[Floats, Floats]:
        unread = pyramid.n_binned + BIN <= len(pyramid)
        n_known = int(np.searchsorted(bounds, pyramid.n_binned, side="right")) if unread else len(bounds)
        known = pyramid.extremes(bounds[:n_known]) if n_known > 1 else (np.empty(0), np.empty(0))
        if n_known == len(bounds):
            return known
        rest = pyramid.looked_at(bounds[max(n_known - 1, 0) :], _LOOKED_AT)
        return np.concatenate([known[0], rest[0]]), np.concatenate([known[1], rest[1]])


def _bisected(ascending: Floats, wanted: Floats) -> NDArray[np.int64]:
    """Return what `numpy.searchsorted` returns, which copies the whole array if it is not aligned.

    A column of a run file of an earlier version is not.
    """
    low = np.zeros(len(wanted), np.int64)
    high = np.full(len(wanted), len(ascending), np.int64)
    for _ in range(len(ascending).bit_length()):
        open_still = low < high
        middle = (low + high) // 2
        is_before = open_still & (ascending[np.minimum(middle, len(ascending) - 1)] < wanted)
        low = np.where(is_before, middle + 1, low)
        high = np.where(open_still & ~is_before, middle, high)
    return low
