"""Conditions of a campaign's document that end it, and where each is watched.

===========  ===========================================================================================
values       current, charge, energy: by the runner, on every block of samples, beside the limits; the
             block in which one is met is the run's last (`daq.execution.limit_monitor`)
temperature  by the conductor, with each reading while a run is in progress
drift        by the conductor between points, by the fits of a process (`daq.campaign.drift`)
time         by the conductor, before each point
===========  ===========================================================================================

What is to be known (`daq.campaign.known`) ends the run of a point, and no campaign.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from daq.campaign.drift import DriftWatch
from daq.execution.run_request import StopThreshold
from daq.state import CAMPAIGN_ENDS
from protocols import Problem, format_quantity
from protocols.campaigns import StopKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from daq.campaign.drift import FitsPoints
    from protocols import Protocol
    from protocols.campaigns import Campaign, Point, StopCondition

_TEMPERATURE = "temperature"
_PATH = "stop.stop_when"
_LIMIT_FIELDS = {"current": "current_A", "charge": "charge_C", "energy": "energy_J"}


class StopConditions:
    """Conditions that end a campaign.

    Parameters
    ----------
    campaign : Campaign
    fits : FitsPoints
        For drifts.
    note : callable
        Is given what a person is to know, and the number of the point.

    Attributes
    ----------
    thresholds : tuple of StopThreshold
        For the runs of all points.
    met : str
        Which condition has been met, with what was measured; empty so far.
    """

    def __init__(self, campaign: Campaign, fits: FitsPoints, note: Callable[[str, int], None]) -> None:
        self._stop = campaign.stop
        self.thresholds = thresholds_of(campaign)
        self._temperatures = [one for one in _of_kind(campaign, StopKind.LIMIT) if one.quantity == _TEMPERATURE]
        self._drift = DriftWatch(_of_kind(campaign, StopKind.DRIFT), fits, note)
        self.met = ""

    def met_by_temperature(self, temperature_K: float | None) -> str:
        """Return which condition a reading meets while a run is in progress; empty if none."""
        if temperature_K is None:
            return ""
        for one in self._temperatures:
            if temperature_K > one.value if one.above else temperature_K < one.value:
                self.met = f"{one.text} (temperature {format_quantity(temperature_K, 'K')})"
                return self.met
        return ""

    def point_done(self, point: Point, path: Path, why_early: str) -> None:
        """Take a point that is done, now or by an earlier conductor, with why its run ended before its time."""
        if why_early.startswith(CAMPAIGN_ENDS):
            self.met = why_early.removeprefix(CAMPAIGN_ENDS)
        self._drift.point_done(point, path)

    def judge(self, turn: Callable[[], object]) -> str:
        """Return which condition has been met, drifts of the last point included; `turn` is called meanwhile."""
        self.met = self.met or self._drift.why_over(turn)
        return self.met

    def why_too_late(self, point: Point, started_s: float, now_s: float) -> str:
        """Return why a point would not be done before the end of the campaign's time; empty if it would.

        Parameters
        ----------
        point : Point
        started_s, now_s : float
            Unix time.
        """
        zone = dt.datetime.now().astimezone().tzinfo
        end = self._stop.ends_at(dt.datetime.fromtimestamp(started_s, zone))
        if end is None or now_s + point.protocol.duration_s <= end.timestamp():
            return ""
        return f"the time of the campaign ends at {end:%Y-%m-%d %H:%M}, before point {point.number} would be done"


def thresholds_of(campaign: Campaign) -> tuple[StopThreshold, ...]:
    """Return at which values the runs of a campaign end, and it with them."""
    return tuple(
        StopThreshold(one.quantity, one.value, one.above, one.text)
        for one in _of_kind(campaign, StopKind.LIMIT)
        if one.quantity in _LIMIT_FIELDS
    )


def _of_kind(campaign: Campaign, kind: StopKind) -> list[StopCondition]:
    return [one for one in campaign.stop.stop_when if one.kind is kind]


def condition_problems(campaign: Campaign) -> Iterator[Problem]:
    """Give the conditions of a document that could never be met, or that nothing at all would meet."""
    limits, drifts = _of_kind(campaign, StopKind.LIMIT), _of_kind(campaign, StopKind.DRIFT)
    for one in limits:
        why = _why_no_temperature(campaign) if one.quantity == _TEMPERATURE else _why_no_limit(campaign, one)
        if why:
            yield Problem(_PATH, f"{one.text!r} {why}")
    if drifts and not _has_points_alike(campaign):
        yield Problem(
            _PATH,
            f"{drifts[0].text!r} compares points with the same values, and no two points have them: give `repeats` in "
            "[order], or a value once more at the end of its sweep",
        )


def _why_no_temperature(campaign: Campaign) -> str:
    if any(point.temperature_K is not None for point in campaign.points):
        return ""
    return "is never looked at: temperatures are read with a controller and set points, in [temperature]"


def _why_no_limit(campaign: Campaign, condition: StopCondition) -> str:
    """Return why a value that is measured makes no condition for the points of a campaign; empty if it does."""
    is_met_by_nothing = condition.value < 0.0 if condition.above else condition.value > 0.0
    is_reachable = False
    for point in campaign.points:
        if is_met_by_nothing and (condition.quantity != "current" or _has_no_drive(point.protocol)):
            return f"is met as soon as point {point.number} begins, by a cell through which nothing flows"
        highest = getattr(point.protocol.limits, _LIMIT_FIELDS[condition.quantity])
        is_reachable = is_reachable or highest is None or abs(condition.value) < highest
        if is_reachable and not is_met_by_nothing:
            return ""
    return "" if is_reachable else f"is never met: in all points the limit of the {condition.quantity} comes before it"


def _has_no_drive(protocol: Protocol) -> bool:
    """Whether a sequence is ever at 0 V, or leaves the cell to itself."""
    sequence = protocol.sequence
    is_at_zero = sequence.rest_V == 0.0 or bool(np.any(sequence.start_V * sequence.end_V <= 0.0))
    return is_at_zero or bool(sequence.demands)


def _has_points_alike(campaign: Campaign) -> bool:
    seen: set[frozenset[tuple[str, str]]] = set()
    for point in campaign.points:
        key = frozenset(point.values.items())
        if key in seen:
            return True
        seen.add(key)
    return False
