"""Would another cell fit as well, such as one with a memory that the record cannot see? Rivals widen the intervals.

A profile likelihood follows one valley. Where the data hardly need a memory there are others: one too fast for the
sampling and one too slow for the record, between which no downhill path leads. A memory of no amplitude has no time
either, so the usual limit of 1.96^2 on the sum of squares does not hold (Davies, Biometrika 64, 247 (1977)); chance
finds, at some time within the window, a feature of 2 to 3 standard deviations. Rivals count up to 10. Searches that
ended elsewhere in a long bent valley are rivals as well: a profile may lose its way there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.intervals import Interval, covariance_of, profile_intervals
from fitting.inference.least_squares import Minimum, Scales, minimise
from fitting.model.elements.base import Bulk, StartScale

if TYPE_CHECKING:
    from collections.abc import Callable

    from fitting.model.circuit import CellModel
    from fitting.transforms.laplace import Floats

_AS_GOOD = 10.0
# A time known to a tenth belongs to a memory of some ten standard deviations: without it the sum is 100 worse.
_SURE = 0.1
_BEYOND = 300.0
_ALONG, _MOST_TIMES, _MOST_RIVALS = 9, 2, 4


@dataclass(frozen=True, eq=False)
class Landscape:
    """Where searches ended, and what it needs to look for other ends.

    Attributes
    ----------
    evaluate : callable
        Residual and Jacobian.
    model : CellModel
    scales : Scales
    box : ndarray, shape (2, k)
        How far the parameters may go.
    window_s : tuple of float
        Times after an edge of which the record tells.
    """

    evaluate: Callable[[Floats], tuple[Floats, Floats]]
    model: CellModel
    scales: Scales
    box: Floats
    window_s: tuple[float, float]

    def out_of_sight(self, best: Minimum, unit: float) -> list[Minimum]:
        """Return the ends of searches that start with a bulk's time elsewhere, if the record hardly tells that time.

        Of one time its whole axis is searched; of several only what lies out of sight, and at most two.

        Parameters
        ----------
        best : Minimum
        unit : float
            Standard deviation of the residual's components.
        """
        deviation = np.sqrt(np.diag(covariance_of(best, unit)))
        times = _times(self.model)
        doubtful = sorted((k for k in times if deviation[k] >= _SURE), key=lambda k: -deviation[k])
        ends = self.window_s[0] / _BEYOND, self.window_s[1] * _BEYOND
        places = np.geomspace(*ends, _ALONG if len(times) == 1 else 2)
        return [
            minimise(self.evaluate, self._start(best.u, k, float(time_s)), self.box, irrelevant=1e-3)
            for k in doubtful[:_MOST_TIMES]
            for time_s in places
        ]

    def intervals(self, best: Minimum, ends: list[Minimum], unit: float) -> list[Interval]:
        """Return profile intervals, stretched by those of each other end that fits as well and lies out of them.

        Parameters
        ----------
        best : Minimum
        ends : list of Minimum
            Where all searches ended.
        unit : float
            Standard deviation of the residual's components.
        """
        found = profile_intervals(self.evaluate, best, self.box, unit)
        n_profiled = 0
        for rival in sorted(ends, key=lambda end: end.cost):
            # What is not a number is no rival.
            if not rival.cost < best.cost + _AS_GOOD * unit**2 or n_profiled == _MOST_RIVALS:
                break
            if all(one.low <= u <= one.high for one, u in zip(found, rival.u, strict=True)):
                continue
            others = profile_intervals(self.evaluate, rival, self.box, unit)
            found = [_hull(one, other) for one, other in zip(found, others, strict=True)]
            n_profiled += 1
        return found

    def _start(self, u: Floats, k: int, time_s: float) -> Floats:
        """Return the best cell with one time elsewhere and the shape of the bulk in the middle of its range."""
        leaf = self.model.bulk
        assert leaf is not None  # noqa: S101 - there is a time only of a bulk
        values = self.scales.outward(u)
        middle = self.model.start(StartScale(1.0, *self.window_s), np.full(self.model.n_all, 0.5))
        for i, one in enumerate(self.model.parameters):
            if one.name.startswith(f"{leaf.name}.") and one.unit == "":
                values[i] = middle[i]
        values[k] = time_s
        return self.scales.inward(values)


def _times(model: CellModel) -> list[int]:
    """Places of the bulk's relaxation times among the free parameters."""
    leaf = model.bulk
    if leaf is None or not isinstance(leaf.element, Bulk):
        return []
    return [k for k, one in enumerate(model.parameters) if one.unit == "s" and one.name.startswith(f"{leaf.name}.")]


def _hull(one: Interval, other: Interval) -> Interval:
    return Interval(min(one.low, other.low), max(one.high, other.high))
