"""Time that a campaign still takes: plans, and what was measured of everything that is in no plan.

What a plan does not have (arming, failed attempts) is taken to cost each point what it has cost the points so far on
the average, and until then what `ionecho check` takes at the least. The start of the processes is known from
measurement too: with a session it comes once, before the first point, and tells nothing of the others. The wait for a
temperature is taken to grow with the step of the set point as it has so far.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.planning.campaign import POINT_S, START_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from protocols.campaigns import Campaign

_K_S = 0.05
"""How fast (K/s) a cryostat reaches a set point, until it was measured: 3 K/min is usual. Doubled, the first estimate
of a campaign with temperatures is too short in most laboratories."""


@dataclass(frozen=True)
class Ahead:
    """A point that is still to be measured.

    Attributes
    ----------
    planned_s : float
        Duration of its protocol.
    temperature_K : float or None
        Set point.
    """

    planned_s: float
    temperature_K: float | None


class RemainingTime:
    """Estimate of the rest of a campaign's time.

    Parameters
    ----------
    points : sequence of Ahead
        All of them, in their order.
    rest_s : float
        Between two points.
    stable_for_s : float
        How long a temperature must have been stable.
    starts_each : bool
        Whether processes start for each point, without a session.
    """

    def __init__(
        self, points: Sequence[Ahead], rest_s: float, stable_for_s: float, *, starts_each: bool = False
    ) -> None:
        self._points = points
        self._rest_s, self._stable_for_s = rest_s, stable_for_s
        self._is_started = self._starts_each = starts_each
        self._n_points = 0
        self._beyond_plan_s = 0.0
        self._steps_K = self._travel_s = 0.0

    @classmethod
    def of(cls, campaign: Campaign, *, starts_each: bool) -> RemainingTime:
        """Return the estimate of a campaign of which nothing was measured yet."""
        rule = campaign.temperature
        points = [Ahead(point.protocol.duration_s, point.temperature_K) for point in campaign.points]
        stable_for_s = rule.stable_for_s if rule is not None else 0.0
        return cls(points, campaign.between.rest_s, stable_for_s, starts_each=starts_each)

    def spent(self, seconds: float) -> None:
        """Count time that brought no point to its end: a failed attempt."""
        self._beyond_plan_s += seconds

    def point_done(self, planned_s: float, took_s: float) -> None:
        """Count a point that is done; one with which a session starts is no example for the others."""
        if not self._is_started:
            self._is_started = True
            return
        self._n_points += 1
        self._beyond_plan_s += took_s - planned_s

    def temperature_reached(self, step_K: float, took_s: float) -> None:
        """Count a wait for a temperature that was so far (K) away."""
        if step_K > 0.0:
            self._steps_K += step_K
            self._travel_s += max(took_s - self._stable_for_s, 0.0)

    def remaining_s(self, numbers: Iterable[int], temperature_K: float | None) -> float:
        """Return the time (s) that points still take.

        Parameters
        ----------
        numbers : iterable of int
            Which points, counted from 1, in their order.
        temperature_K : float or None
            The set point now.
        """
        usual_s = POINT_S[0] + (START_S[0] if self._starts_each else 0.0)
        a_point_s = self._beyond_plan_s / self._n_points if self._n_points else usual_s
        s_a_K = self._travel_s / self._steps_K if self._steps_K else 1.0 / _K_S
        total_s, n = 0.0, 0
        for number in numbers:
            n, point = n + 1, self._points[number - 1]
            total_s += point.planned_s
            if point.temperature_K is not None and point.temperature_K != temperature_K:
                step_K = abs(point.temperature_K - temperature_K) if temperature_K is not None else 0.0
                total_s += self._stable_for_s + s_a_K * step_K
                temperature_K = point.temperature_K
        start_s = START_S[0] if n and not self._is_started else 0.0
        return start_s + total_s + n * a_point_s + max(n - 1, 0) * self._rest_s
