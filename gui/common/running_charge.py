"""Charge that has passed up to a sample of a run that grows. Without Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_STRIDE = 64
"""Samples from one kept sum to the next: sums take a 64th of a column. Doubled, a curve takes twice as long."""
_AT_ONCE = 1 << 22
"""Samples that are read at once: some 50 ms. Doubled, a view waits twice as long for its turn."""


class RunningCharge:
    """Integral of the current from the first sample on, by trapezoids; a sample without a current counts as none.

    Parameters
    ----------
    capacity : int
        The most samples that will ever be.
    """

    def __init__(self, capacity: int) -> None:
        self._sums: Floats = np.zeros(max(capacity, 1) // _STRIDE + 1)
        self._n_sums = 1
        self._t: Floats = np.empty(0)
        self._current: Floats = np.empty(0)

    def grow(self, t_s: Floats, current_A: Floats) -> None:
        """Take in the record as it is now.

        Parameters
        ----------
        t_s, current_A : ndarray, shape (n,)
            What was there before, unchanged, and what came since. Kept, not copied. Of very many new samples the first
            are read, the others at the next call.
        """
        self._t, self._current = t_s, current_A
        n_sums = min((len(t_s) - 1) // _STRIDE + 1, self._n_sums + _AT_ONCE // _STRIDE)
        if n_sums <= self._n_sums:
            return
        new = slice((self._n_sums - 1) * _STRIDE, (n_sums - 1) * _STRIDE + 1)
        passed = _trapezoids(t_s[new], current_A[new]).reshape(-1, _STRIDE).sum(axis=1)
        self._sums[self._n_sums : n_sums] = self._sums[self._n_sums - 1] + np.cumsum(passed)
        self._n_sums = n_sums

    @property
    def share(self) -> float:
        """Share of the record whose charge is known; it grows with each `grow`."""
        return min(self._n_sums * _STRIDE / len(self._t), 1.0) if len(self._t) else 1.0

    def at(self, indices: NDArray[np.int64]) -> Floats:
        """Return the charge (C) that has passed when some samples were taken.

        Parameters
        ----------
        indices : ndarray of int64, shape (m,)

        Returns
        -------
        ndarray of float64, shape (m,)
            NaN where it is not known yet.
        """
        whole = indices // _STRIDE
        known = whole < self._n_sums
        whole = np.minimum(whole, self._n_sums - 1)
        charge: Floats = self._sums[whole]
        between = np.flatnonzero(indices % _STRIDE)  # few of a view of very many samples
        first, last = whole[between, None] * _STRIDE, indices[between, None]
        # What lies behind the sample repeats it: a trapezoid without a width.
        here = np.minimum(first + np.arange(_STRIDE + 1), last)
        charge[between] += _trapezoids(self._t[here], self._current[here]).sum(axis=1)
        return np.where(known, charge, np.nan)


def _trapezoids(t_s: Floats, current_A: Floats) -> Floats:
    current = np.nan_to_num(current_A, nan=0.0)
    areas: Floats = 0.5 * (current[..., 1:] + current[..., :-1]) * np.diff(t_s)
    return areas
