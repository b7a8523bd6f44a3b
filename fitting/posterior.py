"""Which cells are compatible with a run, all of them? The posterior by ensemble sampling on the reduced problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.circuit import CellModel
from fitting.inference import Problem, fit_reduction
from fitting.reducer import reduce_run
from fitting.reduction import Reduction
from fitting.result import FitResult
from protocols import FitError, format_estimate

if TYPE_CHECKING:
    from rich.table import Table

    from fitting.laplace import Floats
    from fitting.reducer import Record

_REACH = 11.5  # a factor of 1e5 either way
_WALKERS = 4  # for each parameter
_BURNT = 0.3
_INDEPENDENT = 50.0  # autocorrelation times that a chain needs before its own estimate of them is trusted


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
    n_evaluations : int
    converged : bool
    reason : str
        Why it has not converged.
    source : str
    """

    model: CellModel
    samples: Floats
    acceptance: float
    autocorrelation_steps: Floats
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

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        units = {parameter.name: parameter.unit for parameter in self.model.parameters}
        return {
            "model": self.model.circuit,
            "fixed": dict(self.model.fixed),
            "parameters": {
                name: {"median": median, "ci95": [low, high], "unit": units[name]}
                for name, (low, median, high) in self.quantiles.items()
            },
            "correlation_of_logarithms": np.corrcoef(np.log(self.samples.T)).tolist(),
            "samples": len(self.samples),
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
        for heading in ("", "median", "95 % interval"):
            table.add_column(heading, justify="right" if heading else "left")
        for parameter in self.model.parameters:
            low, median, high = self.quantiles[parameter.name]
            table.add_row(Text(parameter.name), *format_estimate(median, (low, high), parameter.unit))
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
    emcee; it forgets its start some twice as fast as by the stretch of Goodman and Weare. The
    likelihood is normal, with the noise that the fit found, its widening included. The prior is flat in the logarithm
    of a parameter (in the logit where it has two bounds), over a factor of 1e5 either side of the fit (and all of its
    range).

    Parameters
    ----------
    run_or_reduction : Record or Reduction
    model_or_result : CellModel, str or FitResult
        A fit of the reduction spares another.
    n_evaluations : int
        Of the likelihood, all walkers together.
    seed : int

    Raises
    ------
    FitError
        If emcee is not installed, or the record cannot be fitted.
    """
    try:
        import emcee
    except ImportError:
        raise FitError('posterior sampling needs emcee: pip install "ionecho[posterior]"') from None
    reduction = run_or_reduction if isinstance(run_or_reduction, Reduction) else reduce_run(run_or_reduction)
    result = _fitted(reduction, model_or_result)
    problem = Problem.of(reduction, result.model)
    best = problem.scales.inward(result.theta)
    unit = result.noise_A * result.widening / problem.unit_A
    end = np.where(problem.scales.is_logit, problem.scales.end, _REACH)
    lowest = np.where(problem.scales.is_logit, -end, best - end)
    highest = np.where(problem.scales.is_logit, end, best + end)

    def log_probability(u: Floats) -> float:
        if np.any(u < lowest) or np.any(u > highest):
            return -np.inf
        residual = problem.residual(u)
        value = -0.5 * float(residual @ residual) / unit**2
        return value if np.isfinite(value) else -np.inf

    k = len(best)
    n_walkers = _WALKERS * k
    random = np.random.default_rng(seed)
    size = np.minimum(np.sqrt(np.diag(result.covariance)), 0.5)
    starts = np.clip(best + 0.3 * size * random.standard_normal((n_walkers, k)), lowest + 1e-9, highest - 1e-9)
    moves = [(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)]
    sampler = emcee.EnsembleSampler(n_walkers, k, log_probability, moves=moves)
    sampler.random_state = np.random.RandomState(seed).get_state()
    n_steps = max(n_evaluations // n_walkers, 10)
    sampler.run_mcmc(starts, n_steps)
    burnt = int(_BURNT * n_steps)
    steps = np.asarray(sampler.get_autocorr_time(discard=burnt, tol=0), dtype=np.float64)
    worst = float(np.nanmax(steps)) if np.isfinite(steps).any() else np.inf
    reason = ""
    if not worst * _INDEPENDENT <= n_steps - burnt:
        reason = f"{n_steps - burnt} steps are only {(n_steps - burnt) / worst:.3g} autocorrelation times; ask for more"
    thin = max(int(0.5 * worst), 1) if np.isfinite(worst) else 1
    chain = np.asarray(sampler.get_chain(discard=burnt, thin=min(thin, max((n_steps - burnt) // 10, 1)), flat=True))
    return Posterior(
        result.model,
        problem.scales.outward(chain),
        float(np.mean(sampler.acceptance_fraction)),
        steps,
        n_walkers * n_steps,
        not reason,
        reason,
        reduction.source,
    )


def _fitted(reduction: Reduction, model_or_result: CellModel | str | FitResult) -> FitResult:
    if isinstance(model_or_result, FitResult):
        return model_or_result
    model = CellModel(model_or_result) if isinstance(model_or_result, str) else model_or_result
    return fit_reduction(reduction, model, {})
