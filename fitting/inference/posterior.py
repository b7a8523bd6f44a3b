"""Posterior of a cell's parameters, by ensemble sampling on the reduced problem."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.inference.joint_parameters import JointParameters
from fitting.inference.likely_history import with_likely_histories
from fitting.inference.observations import PulseObservation, observation_of
from fitting.inference.parameter_transform import ParameterTransform
from fitting.inference.problem import Problem
from fitting.inference.second_pass import solve_runs
from fitting.model.circuit import CellModel
from fitting.reduction.reduce import reduce_run
from fitting.reduction.reduction import Reduction
from fitting.results.fit_result import FitResult
from protocols import FitError, format_estimate

if TYPE_CHECKING:
    from rich.table import Table

    from fitting.records.record import Record
    from fitting.transforms.laplace import Floats

_REACH = 11.5
"""Reach of the flat prior on a logarithm: a factor of 1e5 either way. Doubled, open sides take longer to be walked."""
_WALKERS = 4
"""Walkers a parameter: with two, moves along differences are stuck in a subspace. Doubled, chains are half as long."""
_BURNT = 0.3
"""Share of the chain that is dropped. Doubled, intervals are a third less certain."""
_SPREAD = (1e-6, 0.5)
"""Least and largest spread of the walkers' starts, in any direction: neither a point nor beyond the linear."""
_AT_END = 0.02
"""Share of the box that is its end; samples flat over all of it have as many there."""
_REACHED = 0.005
"""Share of the samples at an end that tells of an open side: a quarter of what a flat posterior has there."""
_INDEPENDENT = 50.0
"""Autocorrelation times that a chain needs before its own estimate of them is trusted (emcee's advice)."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Samples of the posterior.

    Attributes
    ----------
    model : CellModel
    samples : ndarray, shape (n, k)
        Parameters (SI), thinned to half an autocorrelation time.
    acceptance : float
        Share of the moves that were taken.
    autocorrelation_steps : ndarray, shape (k,)
        Integrated autocorrelation time of each parameter, in steps of the ensemble.
    n_effective : ndarray, shape (k,)
        Independent samples that the kept part of the chain is worth: walkers times steps over the autocorrelation time.
    prior : ndarray, shape (2, k)
        Lowest and highest value (SI) that the flat prior allows.
    n_evaluations : int
        Of the likelihood, or refused by the prior.
    converged : bool
    reason : str
        Why it has not converged.
    source : str
    """

    model: CellModel
    samples: Floats
    acceptance: float
    autocorrelation_steps: Floats
    n_effective: Floats
    prior: Floats
    n_evaluations: int
    converged: bool
    reason: str
    source: str

    @property
    def quantiles(self) -> dict[str, tuple[float, float, float]]:
        """2.5 %, 50 % and 97.5 % of each parameter, by name."""
        rows = np.quantile(self.samples, [0.025, 0.5, 0.975], axis=0).T
        names = [parameter.name for parameter in self.model.parameters]
        return {name: (float(a), float(b), float(c)) for name, (a, b, c) in zip(names, rows, strict=True)}

    @property
    def correlation(self) -> Floats:
        """Correlations of the logarithms (logits where a parameter has two bounds), shape (k, k)."""
        matrix: Floats = np.atleast_2d(
            np.corrcoef(ParameterTransform(self.model.parameters).to_unbounded(self.samples).T)
        )
        return matrix

    @property
    def open_sides(self) -> dict[str, str]:
        """Parameters whose samples reach the end of the prior, and which: that end is the prior's, not the record's."""
        transform = ParameterTransform(self.model.parameters)
        u, (lowest, highest) = transform.to_unbounded(self.samples), transform.to_unbounded(self.prior)
        margin = _AT_END * (highest - lowest)
        low, high = np.mean(u < lowest + margin, axis=0), np.mean(u > highest - margin, axis=0)
        sides: dict[str, str] = {}
        for parameter, below, above in zip(self.model.parameters, low, high, strict=True):
            ends = [end for end, share in (("lower", below), ("upper", above)) if share > _REACHED]
            if ends:
                sides[parameter.name] = " and ".join(ends)
        return sides

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        units = {parameter.name: parameter.unit for parameter in self.model.parameters}
        return {
            "model": self.model.circuit,
            "fixed": dict(self.model.fixed),
            "parameters": {
                name: {"median": median, "ci95": [low, high], "unit": units[name], "prior": list(prior)}
                for (name, (low, median, high)), prior in zip(
                    self.quantiles.items(), self.prior.T.tolist(), strict=True
                )
            },
            "correlation_of_logarithms": self.correlation.tolist(),
            "open_sides": self.open_sides,
            "samples": len(self.samples),
            "effective_samples": self.n_effective.tolist(),
            "evaluations": self.n_evaluations,
            "acceptance": self.acceptance,
            "autocorrelation_steps": self.autocorrelation_steps.tolist(),
            "converged": self.converged,
            "reason": self.reason,
            "source": self.source,
        }

    def table(self) -> Table:
        """Return medians and intervals as a table for the terminal."""
        from rich.table import Table
        from rich.text import Text

        verdict = "converged" if self.converged else f"not converged: {self.reason}"
        caption = f"{self.n_evaluations:,} evaluations, {self.acceptance:.0%} of moves taken; {verdict}"
        table = Table(title=f"Posterior of {self.model.circuit} on {self.source or 'record'}", caption=Text(caption))
        for heading in ("", "median", "95 % interval", "effective samples", ""):
            table.add_column(heading, justify="right" if heading else "left")
        quantiles, open_sides = self.quantiles, self.open_sides
        for parameter, n_effective in zip(self.model.parameters, self.n_effective, strict=True):
            low, median, high = quantiles[parameter.name]
            side = open_sides.get(parameter.name)
            remark = f"not determined: reaches the {side} end of the prior" if side else ""
            shown = format_estimate(median, (low, high), parameter.unit)
            table.add_row(Text(parameter.name), *shown, f"{n_effective:,.0f}", Text(remark))
        return table


def sample_posterior(
    run_or_reduction: Record | Reduction,
    model_or_result: CellModel | str | FitResult,
    *,
    n_evaluations: int = 100_000,
    seed: int = 1,
) -> Posterior:
    """Sample the posterior of a cell's parameters.

    An ensemble of walkers moved along the differences of others (ter Braak, Vrugt, Stat. Comput. 18, 435 (2008)), by
    emcee; it forgets its start some twice as fast as by the stretch of Goodman and Weare. The likelihood is normal,
    with the noise that the fit found, its inflation included. The prior is flat in the logarithm of a parameter (in
    the logit where it has two bounds), over a factor of 1e5 either side of the fit (and all of its range), with like
    parts of the circuit in order.

    Parameters
    ----------
    run_or_reduction : Record or Reduction
    model_or_result : CellModel, str or FitResult
        A fit of the same record spares another. With a run, it is reduced as the fit had it: its nuisance, its
        whitening.
    n_evaluations : int
        Of the likelihood, all walkers together.
    seed : int

    Raises
    ------
    FitError
        If emcee is not installed, the record cannot be fitted, or the fit was robust or of another reduction.
    """
    try:
        import emcee
    except ImportError:
        raise FitError('posterior sampling needs emcee: pip install "ionecho[posterior]"') from None
    optimum = _optimum(run_or_reduction, model_or_result)
    problem, best, prior = optimum.problem, optimum.best, optimum.prior
    k = len(best)
    n_walkers = _WALKERS * k
    random = np.random.default_rng(seed)
    variances, directions = np.linalg.eigh(optimum.covariance)
    size = np.clip(np.sqrt(np.maximum(variances, 0.0)), *_SPREAD)
    around = best + (0.5 * size * random.standard_normal((n_walkers, k))) @ directions.T
    starts = np.clip(np.array([problem.ordering.ordered(u) for u in around]), prior[0] + 1e-9, prior[1] - 1e-9)
    moves = [(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)]
    sampler = emcee.EnsembleSampler(n_walkers, k, optimum.log_probability, moves=moves)
    sampler.random_state = np.random.RandomState(seed).get_state()
    n_steps = max(n_evaluations // n_walkers - 1, 10)
    sampler.run_mcmc(starts, n_steps)
    burnt = int(_BURNT * n_steps)
    steps = np.asarray(sampler.get_autocorr_time(discard=burnt, tol=0), dtype=np.float64)
    worst = float(np.nanmax(steps)) if np.isfinite(steps).any() else np.inf
    reason = ""
    if not worst * _INDEPENDENT <= n_steps - burnt:
        reason = f"{n_steps - burnt} steps are only {(n_steps - burnt) / worst:.3g} autocorrelation times; ask for more"
    if optimum.undetermined:
        # Walkers that start about the fit hardly move along a flat valley: their spread says nothing of its length.
        names = ", ".join(optimum.undetermined)
        reason = f"{names} are not determined and their valley too long to be walked: hold some of them"
    thin = max(int(0.5 * worst), 1) if np.isfinite(worst) else 1
    chain = np.asarray(sampler.get_chain(discard=burnt, thin=min(thin, max((n_steps - burnt) // 10, 1)), flat=True))
    return Posterior(
        problem.model,
        problem.transform.from_unbounded(chain),
        float(np.mean(sampler.acceptance_fraction)),
        steps,
        n_walkers * (n_steps - burnt) / steps,
        problem.transform.from_unbounded(prior),
        n_walkers * (n_steps + 1),
        not reason,
        reason,
        problem.observations[0].source,
    )


@dataclass(frozen=True, eq=False)
class _Optimum:
    """A fit as the sampler needs it.

    Attributes
    ----------
    problem : Problem
    best : ndarray, shape (k,)
        On the line.
    unit : float
        Standard deviation of the residual's components.
    covariance : ndarray, shape (k, k)
    undetermined : tuple of str
        Parameters that the record does not determine.
    """

    problem: Problem
    best: Floats
    unit: float
    covariance: Floats
    undetermined: tuple[str, ...]

    @cached_property
    def prior(self) -> Floats:
        """Return lowest and highest place on the line, shape (2, k)."""
        transform = self.problem.transform
        reach = np.where(transform.is_logit, transform.limit, _REACH)
        middle = np.where(transform.is_logit, 0.0, self.best)
        return np.stack([middle - reach, middle + reach])

    def log_probability(self, u: Floats) -> float:
        """Return the logarithm of the posterior, but for a constant."""
        lowest, highest = self.prior
        if np.any(u < lowest) or np.any(u > highest) or not self.problem.ordering.is_ordered(u):
            return -np.inf
        residual = self.problem.residual(u)
        value = -0.5 * float(residual @ residual) / self.unit**2
        return value if np.isfinite(value) else -np.inf


def _optimum(run_or_reduction: Record | Reduction, model_or_result: CellModel | str | FitResult) -> _Optimum:
    """Return a fit of a record, made anew unless it is given."""
    if isinstance(model_or_result, FitResult):
        return _optimum_of_result(run_or_reduction, model_or_result)
    model = CellModel(model_or_result) if isinstance(model_or_result, str) else model_or_result
    runs = {} if isinstance(run_or_reduction, Reduction) else {0: run_or_reduction}
    solution = solve_runs(runs, [observation_of(run_or_reduction)], JointParameters(model), {})
    undetermined = tuple(one.name for one in solution.estimates if not one.determined)
    return _Optimum(solution.problem, solution.best.u, solution.unit, solution.covariance, undetermined)


def _optimum_of_result(run_or_reduction: Record | Reduction, result: FitResult) -> _Optimum:
    if result.n_downweighted:
        raise FitError("a robust fit has no likelihood to sample: fit by least squares, then sample")
    if not isinstance(run_or_reduction, Reduction):
        reduction = reduce_run(run_or_reduction, result.terms)
    elif run_or_reduction.terms == result.terms:
        reduction = run_or_reduction
    else:
        raise FitError("the fit is of another reduction (nuisance or whitening differ): hand over its own, or the run")
    problem = Problem.single(PulseObservation(reduction), result.model)
    u = problem.transform.to_unbounded(result.theta)
    problem = with_likely_histories(problem, u)
    unit = result.noise_A * result.interval_inflation / problem.noises[0]
    undetermined = tuple(one.name for one in result.estimates if not one.determined)
    covariance = problem.ordering.moved_covariance(u, result.covariance)  # kept by a version that knew no order
    return _Optimum(problem, problem.ordering.ordered(u), unit, covariance, undetermined)
