"""Second differences of the current within holds: what the noise does from sample to sample, whatever the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.reduction.hold_blocks import SETTLED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fitting.transforms.laplace import Floats


class SecondDifferences:
    """Sums squared second differences, block by block; the last samples of a block wait for the next.

    Parameters
    ----------
    needs_level : bool
        Whether only samples count that have seen the same level for `SETTLED` samples.
    """

    def __init__(self, *, needs_level: bool) -> None:
        self._needs_level = needs_level
        self._level, self._current = np.empty(0), np.empty(0)
        self._kept = np.empty(0, dtype=np.bool_)

    def observe(self, level_V: Floats, current_A: Floats, kept: NDArray[np.bool_]) -> tuple[float, int]:
        """Return the sum (A^2) and number of squared second differences that some more samples complete.

        Parameters
        ----------
        level_V, current_A : ndarray, shape (n,)
        kept : ndarray of bool, shape (n,)
            Which samples count.
        """
        level = np.concatenate([self._level, level_V])
        current = np.concatenate([self._current, current_A])
        kept = np.concatenate([self._kept, kept])
        self.resume(level[-SETTLED:], current[-SETTLED:], kept[-SETTLED:])
        if len(level) <= SETTLED:
            return 0.0, 0
        even = kept[SETTLED:] & kept[SETTLED - 1 : -1] & kept[SETTLED - 2 : -2]
        if self._needs_level:
            even &= level[SETTLED:] == level[:-SETTLED]
        bends = np.diff(current[SETTLED - 2 :], 2)[even]
        return float(bends @ bends), len(bends)

    def resume(self, level_V: Floats, current_A: Floats, kept: NDArray[np.bool_]) -> None:
        """Take the last samples of a stretch that was summed otherwise, shape (SETTLED,) each."""
        self._level, self._current, self._kept = level_V, current_A, kept
