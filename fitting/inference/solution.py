"""Solution of a least-squares problem: the best cell, its intervals, and how well it describes the observations."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fitting.constants import Z95
from fitting.inference.alternative_minima import CurvatureIntervals, MinimaSearch, Profiles
from fitting.inference.baseline_share import baseline_remarks
from fitting.inference.degeneracy import Degeneracy, degeneracy_of
from fitting.inference.intervals import Displaced, Interval, covariance_factor_of, far_places
from fitting.inference.least_squares import AT_MINIMUM, TO_THE_END, Minimum, minimise, refined
from fitting.inference.likely_history import with_likely_histories
from fitting.inference.observations import PulseObservation, observation_of
from fitting.inference.optimum import Fitted
from fitting.inference.problem import Problem
from fitting.inference.starts import find_minima
from fitting.inference.verdicts import verdicts
from fitting.reduction.prediction import PulseResponse
from fitting.results.remarks import Remark, RemarkKind
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fitting.inference.goodness import Goodness
    from fitting.model.circuit import CellModel
    from fitting.reduction.reduction import Reduction
    from fitting.results.estimate import Estimate
    from fitting.transforms.laplace import Floats

_TIED = 0.1
"""Difference of two sums of squares, in variances, that says nothing about which is better: 0.3 deviations. Doubled,
cells that are known apart at half a deviation would be chosen by their lag."""
_WORTH_FOLLOWING = 100.0
"""How much worse, in variances, a minimum may be to be followed when observations get other weights. Doubled, only the
time of the search grows: what is ten deviations off does not catch up."""


@dataclass(frozen=True, eq=False)
class Solution:
    """The end of a fit, without what is derived from it.

    Attributes
    ----------
    problem : Problem
        With the weights that the observations have in the end.
    best : Minimum
    unit : float
        Standard deviation of the residual's components.
    profiles : Profiles
        Intervals, worked out when they are asked for.
    goodness : tuple of Goodness
        Of each observation.
    remarks : tuple of Remark
    inseparable : mapping of int to tuple of str
        Unknowns of two like parts whose order is not determined, and what these are called.
    n_downweighted : int
        Samples that a robust fit counts less than half.
    systematic : tuple of Displaced
        Where the unknowns would be beside likely disturbances of the record; intervals hold these places too.
    times : tuple of Estimate
        Delay and clock, where they were fitted.
    """

    problem: Problem
    best: Minimum
    unit: float
    profiles: Profiles
    goodness: tuple[Goodness, ...]
    remarks: tuple[Remark, ...]
    inseparable: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    n_downweighted: int = 0
    systematic: tuple[Displaced, ...] = ()
    times: tuple[Estimate, ...] = ()

    @property
    def model(self) -> CellModel:
        """The circuit."""
        return self.problem.model

    @cached_property
    def covariance(self) -> Floats:
        """Covariance of the unknowns on the line."""
        return self.covariance_factor @ self.covariance_factor.T

    @cached_property
    def covariance_factor(self) -> Floats:
        """Factor of the covariance, by which derived figures get their deviations."""
        factor = covariance_factor_of(self.best, self.unit)
        return np.column_stack([factor, *(one.shift / Z95 for one in self.systematic)])

    def widened(self, displaced: Sequence[Displaced]) -> Solution:
        """Return the solution with intervals that also hold where the unknowns would be beside some disturbances."""
        return replace(self, systematic=tuple(displaced))

    @cached_property
    def intervals(self) -> tuple[Interval, ...]:
        """Interval of each unknown, what it would be beside likely disturbances included."""
        found = self.profiles.intervals
        for displaced in self.systematic:
            found = tuple(one.hull(other) for one, other in zip(found, displaced.intervals, strict=True))
        return found

    @cached_property
    def far_places(self) -> Floats:
        """Where profiles end far from where the curvature has them end, shape (n, k): valleys that are bent."""
        found = far_places(self.problem.evaluate, self.best, self.unit, self.intervals)
        return found.reshape(-1, len(self.best.u))

    @cached_property
    def profiled(self) -> tuple[Estimate, ...]:
        """All unknowns with their intervals and verdicts by these."""
        problem = self.problem
        found = verdicts(
            problem.parameters, problem.transform, self.best, list(self.intervals), self.covariance, problem.window_s
        )
        return tuple(_with_twin(one, self.inseparable.get(k)) for k, one in enumerate(found))

    @cached_property
    def degeneracy(self) -> Degeneracy | None:
        """Unknowns that enter only in combination; not asked for intervals from the curvature."""
        open_ = [k for k, one in enumerate(self.profiled) if not one.determined]
        if not open_ or isinstance(self.profiles, CurvatureIntervals):
            return None
        return degeneracy_of(self.problem, self.best, self.profiles.search.box, self.unit, self.intervals, open_)

    @property
    def combined(self) -> frozenset[int]:
        """Unknowns that enter the circuit only in combination, whatever the record."""
        found = self.degeneracy
        return frozenset(found.unknowns) if found is not None and found.is_structural else frozenset()

    @cached_property
    def estimates(self) -> tuple[Estimate, ...]:
        """All unknowns with their intervals and verdicts; what enters only in combination is not determined."""
        names = [one.name for k, one in enumerate(self.profiled) if k in self.combined]
        return tuple(
            _within_combination(one, names) if k in self.combined else one for k, one in enumerate(self.profiled)
        )

    @property
    def all_remarks(self) -> tuple[Remark, ...]:
        """Remarks, and what is told only in combination."""
        return self.remarks if self.degeneracy is None else (*self.remarks, self.degeneracy.remark)

    @property
    def values(self) -> dict[str, float]:
        """Fitted unknowns (SI) by name."""
        names = [parameter.name for parameter in self.problem.parameters.parameters]
        return dict(zip(names, self.problem.transform.from_unbounded(self.best.u).tolist(), strict=True))

    def theta(self, k: int = 0) -> Floats:
        """Return the circuit's parameters for observation k."""
        return self.problem.parameters.theta(k, self.best.u)

    def fitted(self, k: int = 0) -> Fitted:
        """Return what memory quantities of observation k are derived from."""
        ends = np.array([[interval.low, interval.high] for interval in self.intervals])
        parameters = self.problem.parameters
        return Fitted(
            self.model,
            parameters.transform,
            self.best.u,
            self.covariance,
            ends,
            self.problem.observations[k].window_s,
            lambda u: parameters.theta(k, u),
            self.combined,
            self.far_places,
        )

    def response(self, k: int = 0) -> PulseResponse | None:
        """Return the fitted modes and nuisance of observation k, worked out once; None for a spectrum."""
        one = self.problem.observations[k]
        if not isinstance(one, PulseObservation):
            return None
        if k not in self._responses:
            reduction, weights = one.reduction, one.weights(self.problem.admittance(k, self.best.u))
            nuisance = reduction.nuisance(weights)
            self._responses[k] = PulseResponse(reduction.grid.rates, weights, nuisance, reduction.terms)
        return self._responses[k]

    @cached_property
    def _responses(self) -> dict[int, PulseResponse]:
        return {}

    @property
    def rms_residual_A(self) -> float:
        """What the fit of one run leaves of a sample (A; V where the current was controlled); nan for a spectrum."""
        reduction, response = self.reduction(), self.response()
        if reduction is None or response is None:
            return float("nan")
        return float(np.sqrt(reduction.residual_A2(response.weights) / reduction.n_samples))

    @property
    def rms_current_A(self) -> float:
        """Root mean square of what answered in one run (A or V); nan for a spectrum."""
        reduction = self.reduction()
        return float("nan") if reduction is None else reduction.rms_current_A

    @property
    def interval_inflation(self) -> float:
        """By how much the noise of the first observation counts more, since it is not white."""
        return self.goodness[0].inflation

    @property
    def misfit(self) -> float:
        """What free modes explain and the circuit does not, as a share of the current; nan for a spectrum."""
        return misfit_of(self.problem, self.best)

    def by_curvature(self) -> Solution:
        """Return the solution with intervals from the curvature at its place, which cost next to nothing."""
        profiles = self.profiles
        curved = CurvatureIntervals(profiles.search, profiles.best, profiles.minima, profiles.unit)
        return replace(self, profiles=curved)

    @property
    def n_fitted(self) -> int:
        """Unknowns of the cell, and coefficients of the first observation's nuisance."""
        response = self.response()
        return len(self.best.u) + (0 if response is None else len(response.nuisance))

    def weight_slopes(self, k: int = 0) -> Floats:
        """Return the derivatives of the mode weights of a pulsed observation k to the unknowns, shape (n, m)."""
        theta, slopes = self.problem.parameters.theta_and_slopes(k, self.best.u)
        one = self._pulsed(k)
        weights: Floats = slopes.T @ one.reduction.weight_slopes(*self.problem.response(k, theta))
        return weights

    def far_weights(self, k: int = 0) -> Floats:
        """Return the mode weights of a pulsed observation k at `far_places`, shape (n, m)."""
        found = [self._pulsed(k).weights(self.problem.admittance(k, place)) for place in self.far_places]
        return np.array(found).reshape(-1, len(self._pulsed(k).reduction.grid.rates))

    def _pulsed(self, k: int) -> PulseObservation:
        one = self.problem.observations[k]
        if not isinstance(one, PulseObservation):
            raise TypeError("a spectrum has no modes")
        return one

    def reduction(self, k: int = 0) -> Reduction | None:
        """Return the reduction of observation k; None for a spectrum."""
        one = self.problem.observations[k]
        return one.reduction if isinstance(one, PulseObservation) else None


def solve(problem: Problem, start: Mapping[str, float | str] | None = None, inflation: float = 1.0) -> Solution:
    """Solve a least-squares problem.

    Each observation is weighted by its own noise: first by what no causal cell explains of it, then, once, by what the
    fit left of it, inflated where that is not white.

    Parameters
    ----------
    problem : Problem
    start : mapping of str to float, optional
        Values (SI) of unknowns that are tried first.
    inflation : float
        A further factor on all noise.

    Raises
    ------
    FitError
        If there are too few samples, or the circuit cannot describe such observations at all.
    """
    check_observations(problem)
    return solved_from(problem, *find_minima(problem, start or {}), inflation)


def misfit_of(problem: Problem, found: Minimum) -> float:
    """Return what free modes explain of one run and a minimum does not, as a share of the current."""
    one = problem.observations[0]
    if not isinstance(one, PulseObservation):
        return float("nan")
    current_A = one.reduction.rms_current_A * np.sqrt(one.reduction.n_samples)
    return float(np.sqrt(found.cost) * problem.noises[0] / current_A) if current_A > 0.0 else float("nan")


def solved_from(
    problem: Problem, minima: list[Minimum], box: Floats, inflation: float = 1.0, *, with_others: bool = True
) -> Solution:
    """Return the solution of a problem for which searches have found some minima.

    Parameters
    ----------
    problem : Problem
    minima : list of Minimum
    box : ndarray, shape (2, k)
        How far searches may go.
    inflation : float
        A further factor on all noise.
    with_others : bool
        Whether minima are looked for that searches miss.
    """
    likely = with_likely_histories(problem, _best_of(minima, problem).u)
    if likely is not problem:
        problem = likely
        minima = [minimise(problem.evaluate, one.u, box, irrelevant=1e-3) for one in minima]
    if with_others:
        minima = minima + MinimaSearch(problem, box).outside_window(_best_of(minima, problem), 1.0)
    minima = [problem.ordered(one) for one in minima]
    best = _sharpened(problem, minima, box)
    n_free = len(problem.model.parameters)
    remarks, goodness = [], []
    for k, one in enumerate(problem.observations):
        remarked = one.check(problem.model, problem.parameters.theta(k, best.u))
        found = one.goodness(problem.admittance(k, best.u), n_free)
        goodness.append(replace(found, inflation=found.inflation * inflation))
        source = "" if len(problem.observations) == 1 else one.source or f"record {k + 1}"
        remarks += [replace(remark, source=source, control=one.control) for remark in (*found.remarks, *remarked)]
    factors = np.array([g.inflation * g.noise / noise for g, noise in zip(goodness, problem.noises, strict=True)])
    # One observation only gets another unit; several get other weights among each other, so that the fit moves.
    unit = float(np.exp(np.mean(np.log(factors))))
    if len(factors) > 1:
        minima = [one for one in minima if one.cost < best.cost + _WORTH_FOLLOWING * float(factors.max()) ** 2]
        problem = problem.reweighted(factors / unit)
        minima = [problem.ordered(minimise(problem.evaluate, one.u, box, irrelevant=1e-3)) for one in (best, *minima)]
        best = _sharpened(problem, minima, box)
    profiles = Profiles(MinimaSearch(problem, box), best, tuple(minima), unit)
    inseparable = problem.ordering.inseparable(problem.evaluate, best, box, unit)
    remarks += [*baseline_remarks(problem, best.u), *_order_remark(problem)]
    return Solution(problem, best, unit, profiles, tuple(goodness), tuple(remarks), inseparable)


def solve_single(
    reduction: Reduction, model: CellModel, start: Mapping[str, float | str] | None = None, inflation: float = 1.0
) -> Solution:
    """Solve the problem of one reduced run."""
    return solve(Problem.single(observation_of(reduction), model), start, inflation)


def check_observations(problem: Problem) -> None:
    """Refuse what no fit can answer."""
    cell, observations = problem.model, problem.observations
    if cell.lag_names and not any(one.through_instrument for one in observations):
        raise FitError(
            f"{cell.circuit}: a lag is an ammeter's; a spectrum has none in it, and of a record whose current was"
            " controlled none is fitted yet; leave @Lag out"
        )
    n_samples = sum(one.n_samples for one in observations)
    n_free = len(problem.parameters.parameters)
    if n_samples <= n_free + sum(one.n_nuisance for one in observations):
        raise FitError(f"{n_samples} usable samples cannot determine {n_free} parameters of {cell.circuit}")


def _best_of(minima: list[Minimum], problem: Problem) -> Minimum:
    """Return the best minimum; of minima as good with another lag of the instrument, that with the fastest.

    A relaxation of the cell and a lag may change places. An instrument is faster than what it was chosen to measure.
    """
    finite = [one for one in minima if np.isfinite(one.cost)]
    best = min(finite, key=lambda one: one.cost)
    lags = [k for name in problem.model.lag_names for k in problem.parameters.unknowns_of(name)]
    if not lags:
        return best
    as_good = [one for one in finite if one.cost <= best.cost + _TIED]
    return min(as_good, key=lambda one: float(one.u[lags].sum()))


def _order_remark(problem: Problem) -> list[Remark]:
    """Say which parts have no names of their own, and how they are told apart."""
    classes = [" and ".join(names) for names in problem.ordering.names]
    return [Remark(RemarkKind.LIKE_PARTS, {"parts": "; ".join(classes)})] if classes else []


def _with_twin(one: Estimate, pair: tuple[str, str] | None) -> Estimate:
    """Return the estimate; one of two like parts that may change places is not determined, however short its interval.

    Where their order leaves off, each has the values of the other.
    """
    if pair is None:
        return one
    note = f"the order of {pair[0]} and {pair[1]} is not determined: they cannot be told apart"
    return replace(one, determined=False, note=f"{one.note}; {note}" if one.note else note)


def _within_combination(one: Estimate, names: Sequence[str]) -> Estimate:
    """Return the estimate of a parameter that enters only in combination: not determined, unless it is a bound."""
    if one.bound:
        return one
    others = ", ".join(name for name in names if name != one.name)
    note = f"it enters only in combination with {others}"
    return replace(one, determined=False, note=f"{one.note}; {note}" if one.note else note)


def _sharpened(problem: Problem, minima: list[Minimum], box: Floats) -> Minimum:
    """Return the best minimum to rounding."""
    best = _best_of(minima, problem)
    ended = minimise(problem.evaluate, best.u, box, irrelevant=0.0, max_steps=TO_THE_END, damping=AT_MINIMUM)
    return problem.ordered(refined(problem.evaluate, ended, box))
