"""Would a memory that the record cannot see fit as well? Competing cells widen the intervals.

A profile likelihood follows one valley. Where the data hardly need a memory there are others: one too fast for the
sampling and one too slow for the record, between which no downhill path leads. A memory of no amplitude has no time
either, so the usual limit of 1.96^2 on the sum of squares does not hold (Davies, Biometrika 64, 247 (1977)); chance
finds, at some time within the window, a feature of 2 to 3 standard deviations. Rivals count up to 10.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting._intervals import Interval, covariance_of, profile_intervals
from fitting._leastsquares import Minimum, Scales, minimise
from fitting.elements import Bulk, StartScale

if TYPE_CHECKING:
    from collections.abc import Callable

    from fitting.circuit import CellModel
    from fitting.laplace import Floats

_AS_GOOD = 10.0
# A time known to a tenth belongs to a memory of some ten standard deviations: without it the sum is 100 worse.
_SURE = 0.1
_BEYOND = 300.0
_OPEN = float(np.log(4.0))


@dataclass(frozen=True, eq=False)
class Valley:
    """Where a fit ended, and what it needs to look for others.

    Attributes
    ----------
    evaluate : callable
        Residual and Jacobian.
    model : CellModel
    scales : Scales
    best : Minimum
    box : ndarray, shape (2, k)
        How far the parameters may go.
    unit : float
        Standard deviation of the residual's components.
    """

    evaluate: Callable[[Floats], tuple[Floats, Floats]]
    model: CellModel
    scales: Scales
    best: Minimum
    box: Floats
    unit: float

    def intervals(self, window_s: tuple[float, float]) -> list[Interval]:
        """Return profile intervals, stretched by those of each cell with a memory out of sight that fits as well.

        Parameters
        ----------
        window_s : tuple of float
            Times after an edge of which the record tells.
        """
        found = profile_intervals(self.evaluate, self.best, self.box, self.unit)
        deviation = np.sqrt(np.diag(covariance_of(self.best, self.unit)))
        joined = False
        for k in _times(self.model):
            # Of several spare modes one tells enough: the others' times are as open already.
            if deviation[k] < _SURE or (joined and found[k].high - found[k].low > _OPEN):
                continue
            for time_s in (window_s[0] / _BEYOND, window_s[1] * _BEYOND):
                start = _start(self.model, self.scales, self.best.u, k, time_s, window_s)
                rival = minimise(self.evaluate, start, self.box, irrelevant=1e-3)
                elsewhere = np.abs(rival.u - self.best.u).max() > _SURE
                if elsewhere and rival.cost < self.best.cost + _AS_GOOD * self.unit**2:
                    others = profile_intervals(self.evaluate, rival, self.box, self.unit)
                    joined = True
                    found = [_hull(one, other) for one, other in zip(found, others, strict=True)]
        return found


def _times(model: CellModel) -> list[int]:
    """Places of the bulk's relaxation times among the free parameters."""
    leaf = model.bulk
    if leaf is None or not isinstance(leaf.element, Bulk):
        return []
    return [k for k, one in enumerate(model.parameters) if one.unit == "s" and one.name.startswith(f"{leaf.name}.")]


def _start(model: CellModel, scales: Scales, u: Floats, k: int, time_s: float, window_s: tuple[float, float]) -> Floats:
    """Return the best cell with one time out of sight and the shape of the bulk in the middle of its range."""
    leaf = model.bulk
    assert leaf is not None  # noqa: S101 - there is a time only of a bulk
    values = scales.outward(u)
    middle = model.start(StartScale(1.0, *window_s), np.full(model.n_all, 0.5))
    for i, one in enumerate(model.parameters):
        if one.name.startswith(f"{leaf.name}.") and one.unit == "":
            values[i] = middle[i]
    values[k] = time_s
    return scales.inward(values)


def _hull(one: Interval, other: Interval) -> Interval:
    return Interval(min(one.low, other.low), max(one.high, other.high))
