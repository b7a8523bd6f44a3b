"""Times of the samples of a run that are not evenly spaced."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class SampleGrid:
    """Planned times of samples, as blocks within which they are evenly spaced.

    Attributes
    ----------
    first_s : ndarray of float64, shape (n,)
        Centre of the aperture of each block's first sample, from the start of the run.
    interval_s : ndarray of float64, shape (n,)
        From sample to sample in each block: each sample stands for that long.
    count : ndarray of int64, shape (n,)
        Samples of each block.
    aperture_s : ndarray of float64, shape (n,)
        Over which time each of its samples averages.
    """

    first_s: NDArray[np.float64]
    interval_s: NDArray[np.float64]
    count: NDArray[np.int64]
    aperture_s: NDArray[np.float64]

    @classmethod
    def of(cls, blocks: Iterable[tuple[float, float, int, float]]) -> SampleGrid:
        """Return the grid of blocks: first centre (s), interval (s), count, aperture (s)."""
        table = np.array(list(blocks), dtype=np.float64).reshape(-1, 4)
        return cls(table[:, 0].copy(), table[:, 1].copy(), np.rint(table[:, 2]).astype(np.int64), table[:, 3].copy())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SampleGrid) and all(
            np.array_equal(getattr(self, name), getattr(other, name)) for name in self.__dataclass_fields__
        )

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return int(self.count.sum())

    @cached_property
    def _place(self) -> NDArray[np.int64]:
        """Place of each sample in its block."""
        before = np.cumsum(self.count) - self.count
        return np.arange(len(self)) - np.repeat(before, self.count)

    @cached_property
    def times_s(self) -> NDArray[np.float64]:
        """Centre of each sample's aperture (s), shape (n_samples,)."""
        return np.repeat(self.first_s, self.count) + self._place * np.repeat(self.interval_s, self.count)

    @cached_property
    def intervals_s(self) -> NDArray[np.float64]:
        """For how long each sample stands (s), shape (n_samples,)."""
        return np.repeat(self.interval_s, self.count)

    @cached_property
    def apertures_s(self) -> NDArray[np.float64]:
        """Over which time each sample averages (s), shape (n_samples,)."""
        return np.repeat(self.aperture_s, self.count)

    @cached_property
    def begins_s(self) -> NDArray[np.float64]:
        """When each sample's aperture begins (s), shape (n_samples,)."""
        return self.times_s - 0.5 * self.apertures_s

    def nearest(self, begun_s: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return which samples began nearest to some times (s)."""
        above = np.clip(np.searchsorted(self.begins_s, begun_s), 1, max(len(self) - 1, 1))
        is_below = begun_s - self.begins_s[above - 1] < self.begins_s[np.minimum(above, len(self) - 1)] - begun_s
        return np.minimum(above - is_below, len(self) - 1)
