"""Plan and program of a Keithley SourceMeter.

Common to the models of the 2450 family and to the 2600B: what `Planner` leaves to a model, and the list of levels and
dwells that is loaded into the instrument.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from drivers.planning.planner import Planner
from drivers.planning.steps import within_range

if TYPE_CHECKING:
    from drivers.contract.plan import DrivePlan
    from drivers.planning.planner import Rate
    from drivers.planning.steps import Steps

_LEAD_IN_SAMPLES = 100
"""Samples before a first edge: their mean is ten times as quiet as one of them, and readings run when it comes."""


class KeithleyPlanner(Planner):
    """Plan of a Keithley SourceMeter; a model says how it samples (`Planner.rate`)."""

    def compliance_A(self, limit_A: float, current_range_A: float) -> float:
        """Return the current limit as the source takes it."""
        return within_range(limit_A, current_range_A)

    def lead_in_ticks(self, steps: Steps, rate: Rate, shortest_dwell_s: float) -> int:
        """Return the rest before a first edge: readings must run when the edge comes."""
        return round(max(shortest_dwell_s, _LEAD_IN_SAMPLES * rate.interval_s) / self.caps.time_step_s)


@dataclass(frozen=True)
class Program:
    """What is loaded into the instrument.

    Attributes
    ----------
    levels_V, dwells_s : list of float
        One pass.
    rest_s : float
        How long the first level is held again after the last pass.
    """

    levels_V: list[float]
    dwells_s: list[float]
    rest_s: float


def program_of(plan: DrivePlan) -> Program:
    """Return the program of a plan."""
    n = plan.base_points
    times = plan.sequence.times_s
    bounds = np.append(times, plan.sequence.duration_s)
    dwells = [float(f"{dwell:.9g}") for dwell in np.diff(bounds[: n + 1])]
    rest_s = float(bounds[-1] - bounds[-2]) if len(times) > n * plan.repeats else 0.0
    return Program(plan.sequence.start_V[:n].tolist(), dwells, float(f"{rest_s:.9g}"))
