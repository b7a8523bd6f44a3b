"""Delay of a current against its voltage, and the speed of its clock, found beside the cell.

A delay and a clock move samples under the drive. Where no sample crosses a jump the current changes smoothly, by a
column for each (`fitting.reduction.leading_columns.TimeShifts`): the run is reduced at some values, the columns are
marginalised, the fit says how far the values are off, and again, until they stand still. Where samples cross jumps it
does not change smoothly: a search over sizes of up to some samples comes first, on the samples about the jumps, with
all that the cell could do about it taken out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.least_squares import minimise
from fitting.inference.marginalised import Marginalised, Prior
from fitting.inference.observations import PulseObservation
from fitting.inference.solution import solve
from fitting.reduction.control import controlled
from fitting.reduction.drive import segments_of
from fitting.reduction.leading_columns import History, TimeShifts
from fitting.reduction.nuisance import CLOCK, DELAY, WORST_PPM
from fitting.reduction.prediction import PulseResponse, cursor_over, predict
from fitting.reduction.sampled_edges import edges_of
from fitting.reduction.whole_drive import segments_under
from fitting.results.estimate import Estimate
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fitting.inference.solution import Solution
    from fitting.records.record import Record
    from fitting.reduction.nuisance import Nuisance
    from fitting.transforms.laplace import Floats

_FARTHEST = 20
"""Sampling intervals to either side that are searched. Doubled, the search takes twice as long; more than that shows in
a plot, and is given as a starting value."""
_PER_INTERVAL = 8
"""Sizes in an interval that are tried. Doubled, no other minimum was found."""
_BETTER = 25.0
"""Chi-square that a size must take out to be moved to: five deviations. Halved, chance moves more of them."""
_ABOUT = 40
"""Samples about each jump that are asked: twice the search's reach."""
_MOST_JUMPS, _ELSEWHERE = 100, 2000
"""Jumps that are asked, and samples elsewhere, evenly. Doubled, the search takes twice as long and finds the same."""
_MORE_ROUNDS = 2
"""Further searches at most: the cell that was fitted to wrong times hides some of them. None is usual, with a look."""
_PASSES = 6
"""Reductions at most from one search over cells to the next; values settle within three."""
_SEARCHES = 2
"""Searches over all cells from one over sizes to the next. The second is needed where the first finds another."""
_IRRELEVANT = 1e-8
"""Chi-square that a step must promise between two reductions: along valleys values move with the cell."""
_SETTLED = 0.05
"""Move of every value, as a share of its deviation, that ends the passes; as for places of jumps."""
_INSIDE = 0.01
"""Share of the range within which no sample crosses a jump that values keep from its ends."""
_LEAST = 1e-3
"""Smallest such range, in sampling intervals: what a point sample is from a jump that it counts for."""


def solve_with_times(run: Record, common: Solution, start: Mapping[str, float | str]) -> Solution:
    """Return the solution with delay and clock found beside the cell, as far as `Nuisance.fitted` asks for them.

    Parameters
    ----------
    run : Record
    common : Solution
        Of the run alone, at the values that were given.
    start : mapping of str to float
        Values (SI) of unknowns that are tried first.

    Raises
    ------
    FitError
        If the voltage has no jump.
    """
    observation = common.problem.observations[0]
    if not isinstance(observation, PulseObservation):
        return common
    run, _ = controlled(run, observation.reduction.terms)
    times = _Times.of(run, observation.reduction.terms)
    times, now, solution = _settled(replace(times, terms=_searched(times, common)), common, start)
    for _ in range(_MORE_ROUNDS):
        found = _searched(times, solution)
        if found == times.terms:
            break
        times, now, solution = _settled(replace(times, terms=found), solution, start)
    return replace(solution, times=_estimates(times, now, solution))


@dataclass(frozen=True, eq=False)
class _Times:
    """A run, and what is taken for its times.

    Attributes
    ----------
    run : Record
    terms : Nuisance
    own_s : ndarray, shape (n,)
        What the times of its samples say.
    places_s : ndarray, shape (e,)
        When the voltage jumps.
    unknown_s : float
        Largest time by which jumps of a sampled voltage may be elsewhere than in the middle between two samples.
    """

    run: Record
    terms: Nuisance
    own_s: Floats
    places_s: Floats
    unknown_s: float

    @classmethod
    def of(cls, run: Record, terms: Nuisance) -> _Times:
        edges = edges_of(run, terms)
        unknown_s = 0.0
        if run.drive is not None:
            segments = segments_of(run.drive)
            places = segments[0][segments[1] != 0.0]
        else:
            places = np.empty(0) if edges is None or edges.leads_s is None else edges.after_s - edges.leads_s
            if edges is not None and terms.edges in {"", "step"} and not (terms.edge_leads_s or terms.edge_times_s):
                unknown_s = 0.5 * float(edges.gap_s.min())
        own = np.ascontiguousarray(run.t_s)
        t = terms.times_of_drive(own, float(own[0]))
        places = places[(places > t[0]) & (places < t[-1])]
        if not len(places):
            raise FitError(
                f"{run.path.name}: without a jump of the voltage no time between voltage and current is told"
            )
        return cls(run, terms, own, places, unknown_s)

    @property
    def seen_s(self) -> Floats:
        """When the samples were taken by the clock of the drive, shape (n,)."""
        seen: Floats = self.terms.times_of_drive(self.own_s, float(self.own_s[0]))
        return seen

    @property
    def since_s(self) -> Floats:
        """Time from the first sample to each jump, by which a clock moves it; at least one interval."""
        since: Floats = np.maximum(self.places_s - self.seen_s[0], self.interval_s)
        return since

    @property
    def interval_s(self) -> float:
        """Typical time from sample to sample."""
        return float(np.median(np.diff(self.own_s[:100_000])))

    @property
    def values(self) -> Floats:
        """What is fitted, in the order of `Nuisance.fitted`: s, ppm."""
        return np.array([self.terms.delay_s if one == DELAY else self.terms.clock_ppm for one in self.terms.fitted])

    def at(self, values: Floats) -> _Times:
        """Return the run with other values."""
        terms = self.terms
        for name, value in zip(terms.fitted, values, strict=True):
            is_delay = name == DELAY
            terms = replace(terms, delay_s=float(value)) if is_delay else replace(terms, clock_ppm=float(value))
        return replace(self, terms=terms)

    @property
    def sizes(self) -> Floats:
        """What moves samples at the last jump by an interval, for each."""
        of_clock = 1e6 / float(self.since_s[-1])
        return np.array([self.interval_s * (1.0 if one == DELAY else of_clock) for one in self.terms.fitted])

    @property
    def range(self) -> tuple[Floats, Floats]:
        """How far each value can go down and up without a sample crossing a jump, each by itself; shapes (k,)."""
        t = self.seen_s
        half_s = 0.5 * self.terms.aperture_of(self.run)
        after = np.searchsorted(t - half_s, self.places_s)
        before = np.searchsorted(t + half_s, self.places_s, side="right") - 1
        whole = (after < len(t)) & (before >= 0)
        places = self.places_s[whole]
        later = np.maximum(t[after[whole]] - half_s - places, _LEAST * self.interval_s)
        earlier = np.maximum(places - t[before[whole]] - half_s, _LEAST * self.interval_s)
        since = self.since_s[whole]
        per = [np.ones(len(places)) if one == DELAY else 1e-6 * since for one in self.terms.fitted]
        # Together they reach farther than each by itself.
        wider = 1.0 if len(per) == 1 else 2.0
        return (
            np.array([-wider * float(np.min(earlier / one)) for one in per]),
            np.array([wider * float(np.min(later / one)) for one in per]),
        )

    @property
    def asked(self) -> NDArray[np.intp]:
        """Samples about the jumps, and some elsewhere."""
        n = len(self.own_s)
        near = np.searchsorted(self.seen_s, self.places_s[:: max(len(self.places_s) // _MOST_JUMPS, 1)])
        about = np.clip(np.add.outer(near, np.arange(-_ABOUT, _ABOUT)).ravel(), 0, n - 1)
        chosen = np.union1d(about, np.linspace(0, n - 1, min(n, _ELSEWHERE)).astype(np.intp))
        whole = (np.asarray(self.run.status)[chosen] == 0) & np.isfinite(np.asarray(self.run.current_A)[chosen])
        return np.asarray(chosen[whole])


def _searched(times: _Times, solution: Solution) -> Nuisance:
    """Return the terms with the values that explain most, one after the other, whatever the cell does about it."""
    response = solution.response()
    if response is None:
        return times.terms
    asked, run = times.asked, times.run
    t = times.own_s[asked]
    current = np.asarray(run.current_A)[asked]
    noise_A = solution.goodness[0].noise
    steps = np.arange(-_FARTHEST * _PER_INTERVAL, _FARTHEST * _PER_INTERVAL + 1) / _PER_INTERVAL
    for k, size in enumerate(times.sizes):
        onto = np.linalg.qr(_columns(times, solution, response, t))[0]
        costs = []
        values = times.values
        far = WORST_PPM if times.terms.fitted[k] == CLOCK else np.inf
        here = steps[np.abs(values[k] + steps * size) < far]
        tried = [np.where(np.arange(len(values)) == k, values + step * size, values) for step in here]
        for one in tried:
            there = times.at(one)
            left = current - predict(run, replace(response, terms=there.terms), t)
            clear = ~_crossed(there, t)
            left = np.where(clear, left, 0.0)
            costs.append(float(left @ left - np.sum((onto.T @ left) ** 2)))
        least = int(np.argmin(costs))
        # Where nothing is plainly better than what there is, nothing moves.
        if costs[least] < costs[int(np.argmin(np.abs(here)))] - _BETTER * noise_A**2:
            times = times.at(tried[least])
    return times.terms


def _crossed(times: _Times, t_s: Floats) -> NDArray[np.bool_]:
    """Return of which samples the aperture holds a jump."""
    half_s = 0.5 * times.terms.aperture_of(times.run)
    if half_s == 0.0:
        return np.zeros(len(t_s), np.bool_)
    t = times.terms.times_of_drive(t_s, float(times.own_s[0]))
    return np.asarray(np.searchsorted(times.places_s, t - half_s) != np.searchsorted(times.places_s, t + half_s))


def _columns(times: _Times, solution: Solution, response: PulseResponse, t_s: Floats) -> Floats:
    """Return what the cell and the nuisance can do at some samples, shape (n, k)."""
    terms = replace(response.terms, fitted=times.terms.fitted)
    cursor = cursor_over(times.run, response.rates, terms, times.interval_s)
    t = terms.times_of_drive(t_s, float(times.own_s[0]))
    modes, _ = cursor.rows(t, np.zeros(len(t)))
    history = History(float(t[0]), response.rates, len(response.nuisance) - len(terms))
    return np.column_stack([modes @ solution.weight_slopes().T, terms.columns(t), history.columns(t)])


def _settled(
    times: _Times, solution: Solution, start: Mapping[str, float | str]
) -> tuple[_Times, Marginalised, Solution]:
    """Return the values at which fits move them no more, the run there, and its solution."""
    response = solution.response()
    if response is None:
        raise TypeError("a spectrum has no times")
    u, weights = solution.best.u, response.weights
    for _ in range(_SEARCHES):
        for _ in range(_PASSES):
            here, now = times, _marginalised(times, weights, solution)
            box = now.problem.transform.search_box([u])
            u = minimise(now.problem.evaluate, u, box, irrelevant=_IRRELEVANT).u
            weights, moved = now.weights(u), _kept_inside(here, now.moves(u))
            if np.all(np.abs(moved) < _SETTLED * now.deviations):
                break
            times = here.at(here.values + moved)
        values = dict(zip(solution.values, now.problem.transform.from_unbounded(u).tolist(), strict=True))
        found = solve(now.problem, {**values, **start})
        u, weights = found.best.u, now.weights(found.best.u)
        moved = _kept_inside(here, now.moves(u))
        if np.all(np.abs(moved) < now.deviations):
            break
        times = here.at(here.values + moved)
    return here, now, found


def _marginalised(times: _Times, weights: Floats, solution: Solution) -> Marginalised:
    """Return the run at some values, and these marginalised about the cell that has some weights."""
    reduction = solution.reduction()
    if reduction is None:
        raise TypeError("a spectrum has no times")
    segments = segments_under(times.run, times.terms)
    columns = TimeShifts(times.terms.fitted, float(times.seen_s[0]), reduction.grid.rates, weights, segments)
    prior = Prior.even(*times.range)
    return Marginalised.of(times.run, reduction, times.terms, columns, prior, solution.problem.parameters)


def _kept_inside(times: _Times, moved: Floats) -> Floats:
    lowest, highest = times.range
    return np.clip(moved, (1.0 - _INSIDE) * lowest, (1.0 - _INSIDE) * highest)


def _estimates(times: _Times, now: Marginalised, found: Solution) -> tuple[Estimate, ...]:
    """Return the values with their intervals, wherever jumps of a sampled voltage are between two samples."""
    values = times.values + now.moves(found.best.u)
    estimates = []
    ends = now.intervals(found, *times.range)
    for name, reference, value, (low, high) in zip(times.terms.fitted, times.values, values, ends, strict=True):
        beyond = times.unknown_s if name == DELAY else 0.0
        note = "wherever between two samples the voltage jumped" if beyond else ""
        ci95 = float(reference + low - beyond), float(reference + high + beyond)
        unit = "s" if name == DELAY else "ppm"
        estimates.append(Estimate(name, unit, float(value), ci95, determined=True, note=note))
    return tuple(estimates)
