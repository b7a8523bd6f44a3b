"""Min-max pyramid: the extremes of a record of any length in each of some thousand ranges.

Level 0 is the record itself. A bin of the first level above it holds the extremes of 256 samples, each bin of a higher
level those of 16 bins of the level below. A range is put together from the coarsest bins that lie wholly within it and
some finer ones at each of its ends, level by level, so that a query costs the same for 1e4 and 1e9 samples and is
exact: no spike is ever lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BIN = 256
"""Samples of a bin of the first level: all levels together take a 120th of the record. Half of it doubles that;
doubled, twice as many samples are read at the ends of a range."""
FAN = 16
"""Bins that make a bin of the next level. Doubled, more are read at the ends of a range and nothing else is gained."""
_AT_ONCE = 1_048_576
"""Samples or bins of all ranges that are read in one pass, 0.1 ms for 1e5 of them. Doubled, a pass over the longest
takes longer than the ends of ranges do for which a coarser level would be asked."""


@dataclass
class Level:
    """Extremes of bins that are complete.

    Attributes
    ----------
    lowest, highest : ndarray of float64
        Room for all bins that there will ever be.
    count : int
        Bins that are complete.
    """

    lowest: Floats
    highest: Floats
    count: int = 0


class MinMaxPyramid:
    """Extremes over a record that grows.

    Parameters
    ----------
    capacity : int
        The most samples that will ever be.
    levels : sequence of Level, optional
        As `levels` of another pyramid over the same record; what it knows need not be read again.
    """

    def __init__(self, capacity: int, levels: Sequence[Level] = ()) -> None:
        self._levels = list(levels)
        fan = BIN
        while not levels and capacity >= fan:
            capacity //= fan
            fan = FAN
            self._levels.append(Level(np.empty(capacity), np.empty(capacity)))
        self._values: Floats = np.empty(0)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def levels(self) -> tuple[Level, ...]:
        """Levels above the record, the finest first."""
        return tuple(self._levels)

    @property
    def n_binned(self) -> int:
        """Samples in bins that are complete."""
        return self._levels[0].count * BIN if self._levels else 0

    def grow(self, values: Floats) -> None:
        """Take in the record as it is now.

        Parameters
        ----------
        values : ndarray of float64, shape (n,)
            The whole record: what was there before, unchanged, and what came since. It is kept, not copied.
        """
        self._values = values
        self.add(values[self.n_binned :])

    def hold(self, values: Floats) -> None:
        """Take the record as it is now without reading it: what is in no bin yet comes by `add`.

        Parameters
        ----------
        values : ndarray of float64, shape (n,)
            As for `grow`.
        """
        self._values = values

    def add(self, values: Floats) -> None:
        """Read samples into bins.

        Parameters
        ----------
        values : ndarray of float64, shape (m,)
            Those that follow upon `n_binned`; the last ones that fill no bin are left.
        """
        fan = BIN
        lowest, highest, start, count = values, values, self.n_binned, self.n_binned + len(values)
        for level in self._levels:
            new = slice(level.count, count // fan)
            source = slice(new.start * fan - start, new.stop * fan - start)
            level.lowest[new] = np.fmin.reduce(lowest[source].reshape(-1, fan), axis=1)
            level.highest[new] = np.fmax.reduce(highest[source].reshape(-1, fan), axis=1)
            level.count = new.stop
            lowest, highest, start, count, fan = level.lowest, level.highest, 0, level.count, FAN

    def extremes(self, bounds: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Return the extremes of consecutive ranges.

        Parameters
        ----------
        bounds : ndarray of int64, shape (m + 1,)
            Ascending sample indices, at most ``len(self)``: range ``k`` is ``bounds[k] ... bounds[k + 1] - 1``.

        Returns
        -------
        lowest, highest : ndarray of float64, shape (m,)
            NaN where a range is empty or holds nothing but NaN; NaNs beside numbers do not count.
        """
        start, stop = bounds[:-1], bounds[1:]
        lowest = np.full(len(start), np.nan)
        highest = lowest.copy()
        sources = [(self._values, self._values), *((level.lowest, level.highest) for level in self._levels)]
        fan = BIN
        for low_source, high_source in sources:
            if len(start) and stop[-1] - start[0] <= _AT_ONCE:
                np.fmin(lowest, _in_one_pass(np.fmin, low_source, start, stop), out=lowest)
                np.fmax(highest, _in_one_pass(np.fmax, high_source, start, stop), out=highest)
                break
            inner_start, inner_stop = -(-start // fan), stop // fan
            left_end = np.minimum(inner_start * fan, stop)
            right_start = np.maximum(inner_stop * fan, left_end)
            for fringe in ((start, left_end), (right_start, stop)):
                np.fmin(lowest, _reduced(np.fmin, low_source, *fringe), out=lowest)
                np.fmax(highest, _reduced(np.fmax, high_source, *fringe), out=highest)
            start, stop, fan = inner_start, np.maximum(inner_start, inner_stop), FAN
        return lowest, highest

    def looked_at(self, bounds: NDArray[np.int64], n_samples: int) -> tuple[Floats, Floats]:
        """Return the extremes of some samples in the middle of each of consecutive ranges; see `extremes`."""
        start, stop = bounds[:-1], bounds[1:]
        first = np.maximum((start + stop - n_samples) // 2, start)
        last = np.minimum(first + n_samples, stop)
        return _reduced(np.fmin, self._values, first, last), _reduced(np.fmax, self._values, first, last)


def _reduced(extreme: np.ufunc, source: Floats, start: NDArray[np.int64], stop: NDArray[np.int64]) -> Floats:
    """Return the extreme of each of some ranges shorter than a bin; NaN for an empty one."""
    found = np.full(len(start), np.nan)
    filled = np.flatnonzero(stop > start)
    if filled.size:
        index = start[filled, None] + np.arange(int(np.max(stop - start)))
        # A short range repeats its last member: that changes no extreme.
        index = np.minimum(index, stop[filled, None] - 1)
        found[filled] = extreme.reduce(source[index], axis=1)
    return found


def _in_one_pass(extreme: np.ufunc, source: Floats, start: NDArray[np.int64], stop: NDArray[np.int64]) -> Floats:
    """Return the extreme of each of some ascending ranges that do not overlap; NaN for an empty one."""
    found = np.full(len(start), np.nan)
    filled = stop > start
    if np.any(filled):
        first, last = start[filled], stop[filled]
        # From each start to its stop, and from there to the next start, which is left out.
        ends = np.column_stack([first, last]).ravel()[:-1]
        found[filled] = extreme.reduceat(source[: last[-1]], ends)[::2]
    return found
