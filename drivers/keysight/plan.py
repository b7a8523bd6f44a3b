"""Plan of a Keysight B2900: a list of levels on one time step, and evenly timed samples."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from drivers.contract.assumption import Assumption, Concern
from drivers.contract.plan import Rounding
from drivers.planning.planner import Planner, Rate
from drivers.planning.steps import Steps, within_range
from protocols import Problem, format_quantity

if TYPE_CHECKING:
    from drivers.contract.plan import DrivePlan
    from drivers.planning.planner import Notes
    from protocols import PulseSequence

LIST_POINTS = 2500
"""Points that a list holds: data sheet p. 17."""
TRIGGERS = 100_000
"""Triggers of one run: range of ``:TRIGger:COUNt``."""
SHORTEST_APERTURE_S, LONGEST_APERTURE_S = 8e-6, 2.0
"""Apertures: SCPI reference p. 4-73."""
_TRIALS = 2000
"""Time steps that are tried between the finest and the coarsest: a bound on the work, some milliseconds."""
_TOLERATED_SHIFT = 0.01
"""By how much of the shortest dwell an edge may be moved to fit the list; the plan says so. A decision of ours."""
_APERTURE_SHARE = 0.8
"""Aperture as a share of the interval: some less than all, so that an edge between two readings spoils neither."""
_LEAD_IN_SAMPLES = 100
"""Samples before a first edge: their mean is ten times as quiet as one of them."""
_ALWAYS = (
    Assumption(Concern.SETTINGS, "the output commands of the B2961A reference hold for the B2900"),
    Assumption(Concern.TIMES, "timers resolve 1 us"),
    Assumption(Concern.TIMES, "the time stamp of a sample is the start of its aperture"),
    Assumption(Concern.TIMES, "bits 1 and 4 of the operation status mean that both actions are idle"),
    Assumption(Concern.READINGS, "the current settles with a time constant of 10 us"),
)
"""What every plan rests on; docs/reference/sources/keysight-b2900.md."""
_OF_REPEATS = Assumption(Concern.LEVELS, "a list that is over begins anew with the next trigger")
"""What a program with repeats rests on in addition; each sample tells the level that is sourced."""
_SAME_INTERVAL = 1e-9
"""Relative difference below which two intervals are the same: decimals in, decimals out."""


@dataclass(frozen=True)
class Grid:
    """A sequence as a list with one time step.

    Attributes
    ----------
    step_ticks : int
        In the instrument's resolution, `Capabilities.time_step_s`.
    steps : Steps
        Dwells that are whole multiples of it.
    """

    step_ticks: int
    steps: Steps

    @property
    def points(self) -> int:
        """How many points the list has."""
        return int(self.steps.dwell_ticks.sum()) // self.step_ticks


def on_grid(steps: Steps, shortest_ticks: int, max_points: int) -> Grid | None:
    """Return the steps on their greatest common time step, or on a coarser one that hardly moves them.

    Parameters
    ----------
    steps : Steps
    shortest_ticks : int
        Least time step of the instrument.
    max_points : int
        What the list may hold.

    Returns
    -------
    Grid or None
        None if every time step within reach moves an edge by more than a hundredth of the shortest dwell.
    """
    exact = Grid(int(np.gcd.reduce(steps.dwell_ticks)), steps)
    if exact.step_ticks >= shortest_ticks and exact.points <= max_points:
        return exact
    edges = np.concatenate([[0], np.cumsum(steps.dwell_ticks)])
    shortest = int(steps.dwell_ticks.min())
    finest = max(shortest_ticks, math.ceil(edges[-1] / max_points))
    if finest > shortest:
        return None
    trials = np.unique(np.linspace(finest, shortest, _TRIALS).astype(np.int64))
    trials = np.unique(np.concatenate([trials, shortest // np.arange(1, shortest // finest + 1)[:_TRIALS]]))
    moved = np.abs(np.rint(edges / trials[:, None]) * trials[:, None] - edges).max(axis=1)
    best = int(np.argmin(moved))
    if moved[best] > _TOLERATED_SHIFT * shortest:
        return None
    step = int(trials[best])
    moved_edges = np.rint(edges / step).astype(np.int64) * step
    dwells = moved_edges[1:] - moved_edges[:-1]
    grid = Grid(step, Steps(dwells, steps.levels_V))
    return grid if dwells.min() > 0 and grid.points <= max_points else None


class B2900Planner(Planner):
    """Plan of a B2900; ``min_interval_s`` of its capabilities is its least time from trigger to trigger."""

    assumed = _ALWAYS

    def assumptions(self, plan: DrivePlan) -> tuple[Assumption, ...]:
        """Return what the plan's program rests on."""
        return (*self.assumed, *([_OF_REPEATS] if plan.repeats > 1 else []))

    def compliance_A(self, limit_A: float, current_range_A: float) -> float:
        """Return the current limit as the source takes it."""
        return within_range(limit_A, current_range_A)

    def rate(self, asked_s: float, current_range_A: float, sequence: PulseSequence) -> Rate:
        """Return the sampling that is asked for: what can be done depends on the list, see `arrange`."""
        asked_s = min(asked_s, self.caps.max_interval_s)
        return Rate(asked_s, asked_s)

    def lead_in_ticks(self, steps: Steps, rate: Rate, shortest_dwell_s: float) -> int:
        """Return the rest before a first edge: whole multiples of the common time step keep the list short."""
        common = int(np.gcd.reduce(steps.dwell_ticks))
        wanted = max(shortest_dwell_s, _LEAD_IN_SAMPLES * rate.interval_s) / self.caps.time_step_s
        return math.ceil(wanted / common - 1e-9) * common if common else 0

    def arrange(self, steps: Steps, rate: Rate, repeats: int, notes: Notes) -> tuple[Steps, Rate]:
        """Return the steps as a list on one time step, and the sampling beside it."""
        # A dwell that vanishes on the time step is a problem that is noted already: no list has it.
        grid = self._grid(steps, repeats, notes) if steps.dwell_ticks.min() > 0 else None
        duration_s = int((steps if grid is None else grid.steps).dwell_ticks.sum()) * repeats * self.caps.time_step_s
        if grid is None:  # refused; but not for the number of samples, which would have been kept within the trace
            return steps, self._sampling(rate.interval_s, duration_s, Grid(1, steps))
        return grid.steps, self._sampling(rate.interval_s, duration_s, grid)

    def n_samples(self, steps: Steps, repeats: int, rate: Rate) -> int:
        """Return how many apertures fit, the first at the start."""
        duration_s = int(steps.dwell_ticks.sum()) * repeats * self.caps.time_step_s
        return math.floor((duration_s - rate.aperture_s) / rate.interval_s + 1 + 1e-6)

    def _grid(self, steps: Steps, repeats: int, notes: Notes) -> Grid | None:
        most = min(LIST_POINTS, TRIGGERS // repeats)
        tick_s = self.caps.time_step_s
        grid = on_grid(steps, round(self.caps.min_interval_s / tick_s), most)
        if grid is None:
            total = format_quantity(float(steps.dwell_ticks.sum()) * tick_s, "s")
            least = format_quantity(float(steps.dwell_ticks.min()) * tick_s, "s")
            notes.problems.append(
                Problem(
                    "sequence",
                    f"dwells from {least} in {total} have no common time step with which a list of {most} points would "
                    "do: make the rests shorter, or all dwells multiples of a longer step",
                )
            )
            return None
        asked, done = np.cumsum(steps.dwell_ticks), np.cumsum(grid.steps.dwell_ticks)
        worst = int(np.argmax(np.abs(done - asked)))
        if done[worst] != asked[worst]:
            at = (float(asked[worst]) * tick_s, float(done[worst]) * tick_s)
            what = f"end of dwell {worst + 1}, to fit a list of {grid.points} points"
            notes.roundings.append(Rounding(what, *at, "s"))
        return grid

    def _sampling(self, asked_s: float, duration_s: float, grid: Grid) -> Rate:
        """Return a rate with no more samples than the trace holds, and with edges between samples if it is moved."""
        tick_s = self.caps.time_step_s
        needed = max(asked_s, self.caps.min_interval_s, duration_s / self.caps.max_samples)
        ticks = math.ceil(needed / tick_s - 1e-6)
        if ticks * tick_s > asked_s * (1 + _SAME_INTERVAL):
            while grid.step_ticks % ticks and ticks < grid.step_ticks:
                ticks += 1
        aperture = math.floor(_APERTURE_SHARE * ticks) * tick_s
        aperture = min(max(aperture, SHORTEST_APERTURE_S), LONGEST_APERTURE_S)
        return Rate(float(f"{ticks * tick_s:.9g}"), float(f"{aperture:.9g}"))
