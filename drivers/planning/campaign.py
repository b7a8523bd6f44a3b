"""Plan of a campaign: what an instrument does at its points, how long all of it takes, and what it writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from protocols import LimitError, Problem, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.contract.plan import DrivePlan
    from protocols import Protocol as MeasurementProtocol
    from protocols.campaigns import Campaign, Point

START_S = (2.0, 10.0)
"""Time (s) from the start of a campaign to that of its first run, at best and at worst: guardian and runner load
everything and open their links, once. 2.3 s, measured on an idle computer, 10 s with 8 threads for each core
(docs/reference/benchmarks.md). Doubled at the upper end, a campaign is expected to take up to 10 s longer."""
POINT_S = (0.06, 1.0)
"""Time (s) that a point takes beside its plan and the rest before it, at best and at worst, with guardian and runner
that stay (decision 257): plan, file, arming, read-back of off. 0.06 s, measured on a simulated 2461 over a socket;
0.2 s with ten other processes a core, and 0.8 s more where each of the 25 exchanges of arming takes 32 ms, twice the
latency of a serial adapter. Doubled at the upper end, a thousand short points are expected to take up to 17 minutes
longer."""
BARE_FILE_BYTES = 100_000
"""Size (bytes) of a run file beside its samples: 0.1 MB, measured. Doubled, a disk is called full earlier."""


class MakesPlan(Protocol):
    """What plans one run; the class of a driver does."""

    def plan(self, protocol: MeasurementProtocol) -> DrivePlan:
        """Return what the instrument will do."""


@dataclass(frozen=True)
class PlannedPoint:
    """A point of a campaign, as an instrument would measure it.

    Attributes
    ----------
    number : int
    label : str
    values : dict of str to str
    repeat : int
    temperature_K : float or None
    duration_s : float
        0 of a point that the instrument refuses.
    n_samples, n_bytes : int
        Samples, and bytes of the run file.
    charge_C, energy_J : float
        Bounds: no more can go through or into the cell, by the limits of the protocol and the compliance.
    refusal : tuple of Problem
        Why the instrument cannot; empty if it can.
    done_s : tuple of float
        When it is done, in seconds from the start of the campaign, at the earliest and at the latest.
    """

    number: int
    label: str
    values: dict[str, str]
    repeat: int
    temperature_K: float | None
    duration_s: float
    n_samples: int
    n_bytes: int
    charge_C: float
    energy_J: float
    refusal: tuple[Problem, ...]
    done_s: tuple[float, float]


@dataclass(frozen=True)
class CampaignPlan:
    """What an instrument does for a campaign.

    Attributes
    ----------
    points : tuple of PlannedPoint
    measuring_s : float
        Time of the runs alone.
    duration_s : tuple of float
        Time of the whole, with waits, rests and overhead: at the earliest and at the latest, if no point is repeated.
    roundings, remarks, assumed : dict of str to list of int
        What is to be known of the plans, each once, with the numbers of its points.
    """

    points: tuple[PlannedPoint, ...]
    measuring_s: float
    duration_s: tuple[float, float]
    roundings: dict[str, list[int]]
    remarks: dict[str, list[int]]
    assumed: dict[str, list[int]]

    @property
    def n_bytes(self) -> int:
        """Bytes of all run files."""
        return sum(one.n_bytes for one in self.points)

    @property
    def refused(self) -> dict[str, list[int]]:
        """Why the instrument refuses points, each reason once, with their numbers."""
        found: dict[str, list[int]] = {}
        for point in self.points:
            for problem in point.refusal:
                found.setdefault(str(problem), []).append(point.number)
        return found

    def done_by(self, seconds: float) -> tuple[int, int]:
        """Return how many points are done some time after the start, at the least and at the most."""
        earliest, latest = (sum(point.done_s[k] <= seconds for point in self.points) for k in (0, 1))
        return latest, earliest


@dataclass
class _Notes:
    roundings: dict[str, list[int]] = field(default_factory=dict)
    remarks: dict[str, list[int]] = field(default_factory=dict)
    assumed: dict[str, list[int]] = field(default_factory=dict)

    def add(self, number: int, plan: DrivePlan) -> None:
        for found, notes in (
            (self.roundings, map(str, plan.roundings)),
            (self.remarks, plan.remarks),
            (self.assumed, (f"({one.concern}) {one.text}" for one in plan.assumed)),
        ):
            for note in notes:
                found.setdefault(note, []).append(number)


def plan_campaign(
    campaign: Campaign, driver: MakesPlan, watch: Callable[[Point, DrivePlan], None] | None = None
) -> CampaignPlan:
    """Plan every point of a campaign. Needs no instrument.

    Parameters
    ----------
    campaign : Campaign
    driver : MakesPlan
        Class of the driver.
    watch : callable, optional
        Is given each point with its plan, for what else is to be known of it; the plans are not kept.

    Returns
    -------
    CampaignPlan
        Points that the instrument refuses are among its points, with the reasons.
    """
    notes, points = _Notes(), []
    earliest, latest = START_S
    before_K: float | None = None
    for point in campaign.points:
        soonest_s, longest_s = wait_before(campaign, point, before_K)
        before_K = point.temperature_K
        plan, refusal = _plan(driver, point)
        if plan is not None:
            notes.add(point.number, plan)
            if watch is not None:
                watch(point, plan)
        length_s = plan.duration_s if plan else 0.0
        earliest += soonest_s + POINT_S[0] + length_s
        latest += longest_s + POINT_S[1] + length_s
        points.append(_planned(point, plan, refusal, (earliest, latest)))
    return CampaignPlan(
        tuple(points),
        sum(one.duration_s for one in points),
        (earliest, latest),
        notes.roundings,
        notes.remarks,
        notes.assumed,
    )


def _plan(driver: MakesPlan, point: Point) -> tuple[DrivePlan | None, tuple[Problem, ...]]:
    try:
        return driver.plan(point.protocol), ()
    except ProtocolError as error:
        return None, error.problems
    except LimitError as error:
        return None, (Problem("sequence", str(error)),)


def _planned(
    point: Point, plan: DrivePlan | None, refusal: tuple[Problem, ...], done_s: tuple[float, float]
) -> PlannedPoint:
    charge_C, energy_J = bounds(plan, point.protocol) if plan else (0.0, 0.0)
    return PlannedPoint(
        point.number,
        point.label,
        dict(point.values),
        point.repeat,
        point.temperature_K,
        plan.duration_s if plan else 0.0,
        plan.n_samples if plan else 0,
        plan.n_bytes + BARE_FILE_BYTES if plan else 0,
        charge_C,
        energy_J,
        refusal,
        done_s,
    )


def bounds(plan: DrivePlan, protocol: MeasurementProtocol) -> tuple[float, float]:
    """Return the largest charge (C) and energy (J) that a run can bring to the cell.

    The current is at most the compliance; a limit of charge or energy ends the run before.
    """
    sequence = plan.sequence
    dwell_s = np.diff(np.append(sequence.times_s, sequence.duration_s))
    volt_seconds = float(np.sum(0.5 * (np.abs(sequence.start_V) + np.abs(sequence.end_V)) * dwell_s))
    charge_C, energy_J = plan.compliance_A * plan.duration_s, plan.compliance_A * volt_seconds
    limits = protocol.limits
    return (
        charge_C if limits.charge_C is None else min(charge_C, limits.charge_C),
        energy_J if limits.energy_J is None else min(energy_J, limits.energy_J),
    )


def wait_before(campaign: Campaign, point: Point, before_K: float | None) -> tuple[float, float]:
    """Return how long a point waits before it is measured, at least and at most (s): rest and temperature.

    Parameters
    ----------
    campaign : Campaign
    point : Point
    before_K : float or None
        Set point before it; None before the first.
    """
    rest_s = campaign.between.rest_s if point.number > 1 else 0.0
    rule, wanted_K = campaign.temperature, point.temperature_K
    if rule is None or wanted_K is None or wanted_K == before_K:
        return rest_s, rest_s
    settling_s = rule.stable_for_s
    if before_K is not None and rule.ramp_K_s is not None:
        settling_s += abs(wanted_K - before_K) / rule.ramp_K_s
    return max(rest_s, settling_s), rest_s + max(rule.at_most_s, settling_s)
