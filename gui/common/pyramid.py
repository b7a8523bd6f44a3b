"""Min-max pyramid: the extremes of a record of any length in each of some thousand ranges.

Level 0 is the record itself, each bin of a level holds the extremes of 16 bins of the level below.
A range is put together from the coarsest bins that lie wholly within it and at most 15 finer ones at each of its ends,
level by level, so that a query costs the same for 1e4 and 1e9 samples and is exact: no spike is ever lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# The levels above the record take a fifteenth of its size; twice the fan halves that and doubles the bins at the ends.
_FAN = 16


@dataclass
class _Level:
    """Extremes of bins that are complete."""

    lowest: Floats
    highest: Floats
    count: int = 0


class MinMaxPyramid:
    """Extremes over a record that grows.

    Parameters
    ----------
    capacity : int
        The most samples that will ever be.
    """

    def __init__(self, capacity: int) -> None:
        self._levels: list[_Level] = []
        while capacity >= _FAN:
            capacity //= _FAN
            self._levels.append(_Level(np.empty(capacity), np.empty(capacity)))
        self._values: Floats = np.empty(0)

    def __len__(self) -> int:
        return len(self._values)

    def grow(self, values: Floats) -> None:
        """Take in the record as it is now.

        Parameters
        ----------
        values : ndarray of float64, shape (n,)
            The whole record: what was there before, unchanged, and what came since. It is kept, not copied.
        """
        self._values = values
        lowest, highest, count = values, values, len(values)
        for level in self._levels:
            new = slice(level.count, count // _FAN)
            source = slice(new.start * _FAN, new.stop * _FAN)
            level.lowest[new] = np.fmin.reduce(lowest[source].reshape(-1, _FAN), axis=1)
            level.highest[new] = np.fmax.reduce(highest[source].reshape(-1, _FAN), axis=1)
            level.count = new.stop
            lowest, highest, count = level.lowest, level.highest, level.count

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
        for low_source, high_source in sources:
            inner_start, inner_stop = -(-start // _FAN), stop // _FAN
            left_end = np.minimum(inner_start * _FAN, stop)
            right_start = np.maximum(inner_stop * _FAN, left_end)
            for fringe in ((start, left_end), (right_start, stop)):
                np.fmin(lowest, _reduced(np.fmin, low_source, *fringe), out=lowest)
                np.fmax(highest, _reduced(np.fmax, high_source, *fringe), out=highest)
            start, stop = inner_start, np.maximum(inner_start, inner_stop)
            if np.array_equal(start, stop):
                break
        return lowest, highest


def _reduced(extreme: np.ufunc, source: Floats, start: NDArray[np.int64], stop: NDArray[np.int64]) -> Floats:
    """Return the extreme of each of some ranges shorter than a bin; NaN for an empty one."""
    found = np.full(len(start), np.nan)
    filled = np.flatnonzero(stop > start)
    if filled.size:
        index = start[filled, None] + np.arange(_FAN)
        # A short range repeats its last member: that changes no extreme.
        index = np.minimum(index, stop[filled, None] - 1)
        found[filled] = extreme.reduce(source[index], axis=1)
    return found
