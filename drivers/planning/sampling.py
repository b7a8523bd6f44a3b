"""Samples of a run whose steps are sampled by rules: when they are on an instrument.

A model that takes samples at any times gets them as they are asked for (`free_grid`). One that samples evenly does so
at the finest interval, and the run averages its samples into those that are asked for (`averaged_grid`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from drivers.contract.sample_grid import SampleGrid
from protocols.sampling_rules import Stretch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

_MEAN_SHARE = 1.0 / 32.0
"""Largest width of a mean, as a share of the time since the last edge: the mean of a current that falls with the square
root of time then deviates from its value in the middle by 3e-5. Doubled: 1.2e-4, which fits would see."""
_SLACK = 1e-6
"""Share of an interval by which times may miss each other for rounding: decimals, some 1e-9."""


@dataclass(frozen=True)
class RunTimes:
    """Where the times of a sequence are in a run.

    Attributes
    ----------
    asked_s, done_s : ndarray of float64, shape (n,)
        Edges as asked for, and as the instrument has them in a pass, lead-in included; both with the end.
    pass_s : float
        Length of a pass.
    repeats : int
    """

    asked_s: NDArray[np.float64]
    done_s: NDArray[np.float64]
    pass_s: float
    repeats: int

    def stretches(self, asked: Sequence[Stretch], finest_s: float) -> Iterator[Stretch]:
        """Give stretches of a sequence in run time: after each lead-in, in every pass."""
        bounds = np.array([(one.start_s, one.end_s) for one in asked])
        moved = np.interp(bounds, self.asked_s, self.done_s).tolist()
        lead_s = float(self.done_s[0])
        for k in range(self.repeats):
            at = k * self.pass_s
            if lead_s > 0.0:
                yield Stretch(at, at + lead_s, finest_s)
            for (start, end), one in zip(moved, asked, strict=True):
                yield Stretch(at + start, at + end, one.interval_s)


def free_grid(
    stretches: Iterable[Stretch], aperture_s: float, step_s: float, bounds_s: tuple[float, float]
) -> SampleGrid:
    """Return the grid of a model that takes samples at any times.

    What is left of a stretch after its last whole interval gets a sample too, if it is long enough for one.

    Parameters
    ----------
    stretches : iterable of Stretch
        In run time.
    aperture_s : float
        Of every sample.
    step_s : float
        Grid of the model's times.
    bounds_s : tuple of float
        Shortest and longest interval of the model.
    """
    shortest, longest = (round(bound / step_s) for bound in bounds_s)
    blocks: list[tuple[float, float, int, float]] = []
    free = 0  # from when on there is room for a sample
    for start_s, end_s, interval_s in stretches:
        start, end = max(round(start_s / step_s), free), round(end_s / step_s)
        interval = min(max(round(interval_s / step_s), shortest), longest)
        for size in (interval, (end - start) % interval):
            count = (end - start) // size if size >= shortest else 0
            if count > 0:
                blocks.append((start * step_s + 0.5 * aperture_s, size * step_s, count, aperture_s))
                free = start = start + count * size
    return SampleGrid.of(blocks)


def averaged_grid(
    stretches: Iterable[Stretch], spacing_s: tuple[float, float], n_samples: int, edges_s: NDArray[np.float64]
) -> SampleGrid:
    """Return the grid of means of even samples, each from the middle of the time for which it stands.

    Parameters
    ----------
    stretches : iterable of Stretch
        In run time.
    spacing_s : tuple of float
        Interval and aperture of the even samples.
    n_samples : int
        How many even samples there are.
    edges_s : ndarray, shape (n,)
        When the voltage jumps: a mean spans no more than `_MEAN_SHARE` of the time since.
    """
    blocks: list[tuple[float, float, int, float]] = []
    every_s, aperture_s = spacing_s

    def append(first: int, size: int, count: int) -> None:
        while count > 0:
            before = int(np.searchsorted(edges_s, (first + _SLACK) * every_s, side="right"))
            elapsed = first - (edges_s[before - 1] / every_s if before else 0.0)
            width = min(size, max(1, int(_MEAN_SHARE * elapsed)))
            # As many as come until that time has doubled.
            part = count if width == size else min(count, max(1, int(elapsed / size)))
            centre_s = (first + (size - width) // 2 + 0.5 * (width - 1)) * every_s + 0.5 * aperture_s
            blocks.append((centre_s, size * every_s, part, (width - 1) * every_s + aperture_s))
            first, count = first + part * size, count - part

    free = 0
    for _, end_s, interval_s in stretches:
        # A sample that has begun before the end belongs to it.
        end = min(math.ceil(end_s / every_s - _SLACK), n_samples)
        size = max(1, round(interval_s / every_s))
        count = max((end - free) // size, 0)
        append(free, size, count)
        append(free + count * size, end - free - count * size, int(end > free + count * size))
        free = max(free, end)
    append(free, n_samples - free, int(n_samples > free))
    return SampleGrid.of(blocks)
