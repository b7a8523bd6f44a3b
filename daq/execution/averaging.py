"""Means of even samples, for instruments that cannot sample by step themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from drivers import Block, Status

if TYPE_CHECKING:
    from drivers import DrivePlan

_LEFT_OUT = np.uint8(Status.EDGE | Status.OVERLOAD)
"""Flags of samples that do not count for a mean, where others do."""
_ALWAYS_TOLD = np.uint8(~np.uint8(Status.EDGE))
"""Flags that a mean has if any of its samples has: all but that of an edge, which is left out of it."""
_STEP_SHARE = 1e-6
"""Share of the voltage range by which voltages within a mean may differ before it is flagged as one over an edge."""


class Averaging:
    """Blocks of even samples on their way to the run file.

    Parameters
    ----------
    plan : DrivePlan
        One whose samples the run averages (`DrivePlan.is_averaged`).

    Raises
    ------
    ValueError
        If the plan has no grid.
    """

    def __init__(self, plan: DrivePlan) -> None:
        if plan.grid is None:
            raise ValueError("a plan without a grid of samples has nothing to average")
        every_s, grid = plan.interval_s, plan.grid
        sizes = np.rint(grid.intervals_s / every_s).astype(np.int64)
        self._ends = np.cumsum(sizes)
        # Of the even samples for whose time a mean stands, it is made of so many in the middle.
        self._widths = 1 + np.rint((grid.apertures_s - plan.aperture_s) / every_s).astype(np.int64)
        self._left_out = (sizes - self._widths) // 2
        self._tolerance_V = _STEP_SHARE * plan.voltage_range_V
        self._n_done = 0  # means that are made
        self._n_taken = 0  # even samples that went into them
        self._left: list[Block] = []  # even samples whose mean is not whole yet
        self._n_left = 0

    def take(self, block: Block) -> Block:
        """Take in the next even samples and return the means that are whole now."""
        if len(block):
            self._left.append(block)
            self._n_left += len(block)
        n_done = int(np.searchsorted(self._ends, self._n_taken + self._n_left, side="right"))
        if n_done == self._n_done:
            return Block(np.empty(0), np.empty(0), np.empty(0), np.empty(0, dtype=np.uint8))
        left = _joined(self._left)
        ends = self._ends[self._n_done : n_done] - self._n_taken
        done = slice(self._n_done, n_done)
        means = self._means(left, ends, self._left_out[done], self._widths[done])
        used = int(ends[-1])
        rest = Block(left.t_s[used:], left.voltage_V[used:], left.current_A[used:], left.status[used:])
        self._left, self._n_left = ([rest] if len(rest) else []), len(rest)
        self._n_done, self._n_taken = n_done, self._n_taken + used
        return means

    def _means(self, left: Block, ends: np.ndarray, left_out: np.ndarray, widths: np.ndarray) -> Block:
        """Return the means of samples up to each of some ends, from 0 on, without those left out on either side."""
        starts = np.concatenate([[0], ends[:-1]])
        n, sizes = int(ends[-1]), np.diff(ends, prepend=0)
        place = np.arange(n) - np.repeat(starts, sizes)
        from_first = place - np.repeat(left_out, sizes)
        is_within = (from_first >= 0) & (from_first < np.repeat(widths, sizes))
        status, voltage, current = left.status[:n], left.voltage_V[:n], left.current_A[:n]
        counts = is_within & ((status & _LEFT_OUT) == 0) & np.isfinite(current)
        n_counted = np.add.reduceat(counts, starts, dtype=np.int64)
        # Where none counts, all do: the flag says what they are worth.
        weights = np.where(np.repeat(n_counted == 0, sizes), is_within, counts).astype(np.float64)
        total = np.add.reduceat(weights, starts)
        mean_V = np.add.reduceat(weights * voltage, starts) / total
        strays = (weights > 0.0) & (np.abs(voltage - np.repeat(mean_V, sizes)) > self._tolerance_V)
        flags = np.bitwise_or.reduceat(status, starts)
        told = np.where(n_counted == 0, flags, flags & _ALWAYS_TOLD)
        told |= np.where(np.logical_or.reduceat(strays, starts), np.uint8(Status.EDGE), np.uint8(0))
        return Block(
            np.add.reduceat(np.where(is_within, left.t_s[:n], 0.0), starts) / widths,
            mean_V,
            np.add.reduceat(weights * np.where(weights > 0.0, current, 0.0), starts) / total,
            told.astype(np.uint8),
        )


def _joined(blocks: list[Block]) -> Block:
    if len(blocks) == 1:
        return blocks[0]
    return Block(*(np.concatenate([getattr(one, name) for one in blocks]) for name in Block.__dataclass_fields__))
