"""Results of fits, assembled: estimates, goodness of fit, and what the fitted cell remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.observations import PulseObservation
from fitting.inference.solution import solve_single
from fitting.interpretation.memory import memory_quantities
from fitting.interpretation.pulses import reversal
from fitting.reduction.nuisance import Nuisance
from fitting.results.estimate import Estimates
from fitting.results.fit_result import FitResult
from fitting.results.joint_result import FittedPart, JointResult
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fitting.inference.solution import Solution
    from fitting.model.circuit import CellModel
    from fitting.reduction.reduction import Reduction
    from fitting.results.estimate import Band, Estimate


def fit_reduction(reduction: Reduction, model: CellModel, start: Mapping[str, float | str] | None = None) -> FitResult:
    """Fit one reduced run."""
    return fit_result(solve_single(reduction, model, start))


def fit_result(solution: Solution, *, with_band: bool = True) -> FitResult:
    """Return the result of a fit of one pulsed run.

    Parameters
    ----------
    solution : Solution
    with_band : bool
        Whether the band of W(t) is worked out, for who draws it or keeps it.

    Raises
    ------
    FitError
        If it is of a spectrum, or of several records.
    """
    reduction, response = solution.reduction(), solution.response()
    if reduction is None or response is None or len(solution.problem.observations) > 1:
        raise FitError("only the fit of one pulsed run has a result of this kind; others are joint fits")
    memory, band = _memory(solution, 0, with_band=with_band)
    goodness = solution.goodness[0]
    return FitResult(
        model=solution.model,
        estimates=Estimates(solution.estimates),
        covariance=solution.covariance,
        memory=Estimates(memory),
        band=band,
        grid=reduction.grid,
        window_s=reduction.window_s,
        weights=response.weights,
        nuisance=response.nuisance,
        rms_residual_A=solution.rms_residual_A,
        rms_current_A=reduction.rms_current_A,
        step_noise_A=reduction.scatter_A(response.weights),
        noise_A=goodness.noise,
        interval_inflation=goodness.inflation,
        n_samples=reduction.n_samples,
        n_excluded=reduction.n_excluded,
        remarks=solution.all_remarks,
        source=reduction.source,
        drive_is_measured=reduction.drive_is_measured,
        terms=reduction.terms,
        n_downweighted=solution.n_downweighted,
        voltage_error_V=reduction.voltage_error_V,
        times=Estimates(solution.times),
        far_places=solution.far_places,
        combinations=Estimates(() if solution.degeneracy is None else solution.degeneracy.combinations),
    )


def joint_result(solution: Solution) -> JointResult:
    """Return the result of a fit of any records."""
    parts = tuple(_part(solution, k) for k in range(len(solution.problem.observations)))
    return JointResult(solution.model, Estimates(solution.estimates), solution.covariance, parts, solution.all_remarks)


def _part(solution: Solution, k: int) -> FittedPart:
    problem = solution.problem
    one, goodness, response = problem.observations[k], solution.goodness[k], solution.response(k)
    temperature_K = problem.parameters.temperature_K
    memory, band = _memory(solution, k)
    names = [parameter.name for parameter in solution.model.parameters]
    return FittedPart(
        source=one.source,
        temperature_K=None if temperature_K is None else float(temperature_K[k]),
        values=dict(zip(names, solution.theta(k).tolist(), strict=True)),
        rates=np.empty(0) if response is None else response.rates,
        weights=np.empty(0) if response is None else response.weights,
        nuisance=np.empty(0) if response is None else response.nuisance,
        terms=Nuisance() if response is None else response.terms,
        residual=problem.part_residual(k, solution.best.u) * problem.noises[k] / goodness.noise,
        noise=goodness.noise,
        noise_unit=one.unit,
        interval_inflation=goodness.inflation,
        n_samples=one.n_samples,
        memory=Estimates(memory),
        band=band,
    )


def _memory(solution: Solution, k: int, *, with_band: bool = True) -> tuple[tuple[Estimate, ...], Band | None]:
    """Return what the cell of one observation remembers, and what comes back after the pulses of a run."""
    memory, band = memory_quantities(solution.fitted(k), with_band=with_band)
    one, response = solution.problem.observations[k], solution.response(k)
    if isinstance(one, PulseObservation) and response is not None:
        slopes = solution.weight_slopes(k)
        # What comes back is a charge after a pulse of the voltage.
        drive = None if one.reduction.terms.is_current_driven else one.reduction.drive
        far = solution.far_weights(k)
        memory += reversal(drive, response.rates, response.weights, slopes, solution.covariance_factor, far)
    return memory, band
