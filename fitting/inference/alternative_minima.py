"""Search for other cells that fit as well, such as one with a memory that the record cannot see.

A profile likelihood follows one valley. Where the data hardly need a memory there are others: one too fast for the
sampling and one too slow for the record, between which no downhill path leads. A memory of no amplitude has no time
either, so the usual limit of 1.96^2 on the sum of squares does not hold (Davies, Biometrika 64, 247 (1977)); chance
finds, at some time within the window, a feature of 2 to 3 standard deviations. Minima count up to 10. Searches that
ended elsewhere in a long bent valley count as well: a profile may lose its way there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fitting.constants import Z95
from fitting.inference.intervals import Interval, covariance_of, profile_intervals
from fitting.inference.least_squares import Minimum, minimise
from fitting.model.elements.base import Bulk, StartScale

if TYPE_CHECKING:
    from fitting.inference.problem import Problem
    from fitting.transforms.laplace import Floats

_AS_GOOD = 10.0
"""How much worse a sum of squares may be, in variances, for its cell to count (decision 089): 3.2
deviations. Doubled, intervals of memories that are seen at four would still reach out of the window."""
_SURE = 0.1
"""Deviation of a time's logarithm from which it is searched for elsewhere. A time known to a tenth belongs to a memory
of some ten deviations: without it the sum is 100 worse. Doubled, times known to a fifth would go unsearched."""
_BEYOND = 300.0
"""How far out of the window a memory is put. Doubled, no other minimum is found: it is flat there."""
_ALONG, _MOST_TIMES, _MOST_PROFILED = 9, 2, 4
"""Places of a circuit's only time, times of a record that are searched for, other minima that are profiled. Each is
some ten searches; doubled, uncertain fits take nearly twice as long."""

_MOST_STEPS = 1000
"""Steps that a search is given to get out of the best one's valley. Bent valleys take 400; doubled, no change."""


@dataclass(frozen=True, eq=False)
class MinimaSearch:
    """Search for minima that searches from ordinary starts miss.

    Attributes
    ----------
    problem : Problem
    box : ndarray, shape (2, k)
        How far the unknowns may go.
    """

    problem: Problem
    box: Floats

    def outside_window(self, best: Minimum, unit: float) -> list[Minimum]:
        """Return the minima of searches that start with a bulk's time elsewhere, if the data hardly tell that time.

        Of one time its whole axis is searched; of several only what lies outside the window, and at most two a record.

        Parameters
        ----------
        best : Minimum
        unit : float
            Standard deviation of the residual's components.
        """
        deviation = np.sqrt(np.diag(covariance_of(best, unit)))
        times, unknowns = self._times()
        doubtful = sorted((k for k in unknowns if deviation[k] >= _SURE), key=lambda k: -deviation[k])
        shortest, longest = self.problem.window_s
        places = np.geomspace(shortest / _BEYOND, longest * _BEYOND, _ALONG if len(times) == 1 else 2)
        return [
            minimise(self.problem.evaluate, self._start(best.u, k, float(time_s)), self.box, irrelevant=1e-3)
            for k in doubtful[: _MOST_TIMES * len(self.problem.observations)]
            for time_s in places
        ]

    def intervals(self, best: Minimum, minima: list[Minimum], unit: float) -> list[Interval]:
        """Return profile intervals, stretched by those of each other minimum that fits as well and lies out of them.

        Parameters
        ----------
        best : Minimum
        minima : list of Minimum
            Of all searches, like parts in order.
        unit : float
            Standard deviation of the residual's components.
        """
        evaluate = self.problem.walled(unit)
        found = profile_intervals(evaluate, best, self.box, unit)
        n_profiled = 0
        for other in sorted(minima, key=lambda one: one.cost):
            # What is not a number fits nothing.
            if not other.cost < best.cost + _AS_GOOD * unit**2 or n_profiled == _MOST_PROFILED:
                break
            if _within(other, found):
                continue
            # A search may have been given up in the valley of the best one: then it is no other minimum.
            other = self._at_the_end(other, unit)  # noqa: PLW2901 - the same search
            if _within(other, found):
                continue
            others = profile_intervals(evaluate, other, self.box, unit)
            found = [one.hull(another) for one, another in zip(found, others, strict=True)]
            n_profiled += 1
        return found

    def _at_the_end(self, found: Minimum, unit: float) -> Minimum:
        """Return where a search ends that goes on."""
        problem = self.problem
        ended = minimise(problem.evaluate, found.u, self.box, irrelevant=1e-4 * unit**2, max_steps=_MOST_STEPS)
        return problem.ordered(ended)

    def _times(self) -> tuple[list[int], list[int]]:
        """Return the places of the bulk's relaxation times among the circuit's parameters, and among the unknowns."""
        model = self.problem.model
        leaf = model.bulk
        if leaf is None or not isinstance(leaf.element, Bulk):
            return [], []
        times = [
            i for i, one in enumerate(model.parameters) if one.unit == "s" and one.name.startswith(f"{leaf.name}.")
        ]
        unknowns = [row[i].level for i in times for row in self.problem.parameters.places]
        return times, list(dict.fromkeys(unknowns))

    def _start(self, u: Floats, k: int, time_s: float) -> Floats:
        """Return the best cell with one time elsewhere and the shape of the bulk in the middle of its range.

        Of a time that is activated, the prefactor moves so that its mean over the records is there.
        """
        problem = self.problem
        model, places = problem.model, problem.parameters.places
        values = problem.transform.from_unbounded(u)
        shortest_and_longest = problem.window_s
        middle = model.start(StartScale(1.0, *shortest_and_longest), np.full(model.n_all, 0.5))
        name = "" if model.bulk is None else f"{model.bulk.name}."
        logarithms = []
        for record, row in enumerate(places):
            at = [i for i, place in enumerate(row) if place.level == k]
            if not at:
                continue
            logarithms.append(float(np.log(problem.parameters.theta(record, u)[at[0]])))
            for place, parameter, value in zip(row, model.parameters, middle, strict=True):
                if parameter.name.startswith(name) and parameter.unit == "":
                    values[place.level] = value
        values[k] *= time_s / float(np.exp(np.mean(logarithms)))
        return problem.transform.to_unbounded(values)


def _within(one: Minimum, intervals: list[Interval]) -> bool:
    return all(interval.low <= u <= interval.high for interval, u in zip(intervals, one.u, strict=True))


@dataclass(frozen=True, eq=False)
class Profiles:
    """Profile intervals of a fit, worked out when they are first asked for.

    They take most of a fit's time, and nobody asks for those of a fit that is only on the way to another.

    Attributes
    ----------
    search : MinimaSearch
    best : Minimum
    minima : tuple of Minimum
        Of all searches, like parts in order.
    unit : float
        Standard deviation of the residual's components.
    """

    search: MinimaSearch
    best: Minimum
    minima: tuple[Minimum, ...]
    unit: float

    @cached_property
    def intervals(self) -> tuple[Interval, ...]:
        """The interval of each unknown."""
        return tuple(self.search.intervals(self.best, list(self.minima), self.unit))


class CurvatureIntervals(Profiles):
    """Intervals from the curvature where the fit ended: ends of straight profiles, whatever else fits as well."""

    @cached_property
    def intervals(self) -> tuple[Interval, ...]:
        """The interval of each unknown; open to a side on which it reaches as far as searches may go."""
        spread = Z95 * np.sqrt(np.diag(covariance_of(self.best, self.unit)))
        low, high = self.best.u - spread, self.best.u + spread
        lowest, highest = self.search.box
        ends = np.where(low > lowest, low, -np.inf), np.where(high < highest, high, np.inf)
        return tuple(Interval(float(one), float(other)) for one, other in zip(*ends, strict=True))
