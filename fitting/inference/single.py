"""Which parameters does a run determine, and how well? Starts, the fit, noise, intervals and verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.alternative_minima import Landscape
from fitting.inference.intervals import Interval, covariance_of, verdicts
from fitting.inference.least_squares import Minimum, minimise, refined
from fitting.inference.optimum import Fitted
from fitting.interpretation.memory import memory_quantities
from fitting.interpretation.pulses import reversal
from fitting.results.fit_result import FitResult
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fitting.model.circuit import CellModel
    from fitting.reduction.reduction import Reduction
    from fitting.results.remarks import Remark

from fitting.inference.goodness import NoiseModel, check_instant_response, interval_inflation, voltage_noise_remarks
from fitting.inference.problem import Problem
from fitting.inference.starts import local_minima, starts_of

_RINGS = 1e-3


_TIED = 0.1


def fit_reduction(reduction: Reduction, cell: CellModel, start: Mapping[str, float], scale: float = 1.0) -> FitResult:
    """Fit one reduction; `scale` multiplies the noise."""
    n_free = len(cell.parameters)
    if reduction.n_samples <= n_free + reduction.n_nuisance:
        raise FitError(f"{reduction.n_samples} usable samples cannot determine {n_free} parameters of {cell.circuit}")
    problem = Problem.of(reduction, cell)
    starts = starts_of(problem, start)
    box = problem.scales.box(starts)
    ends = local_minima(problem, starts, box)
    landscape = Landscape(problem.evaluate, cell, problem.scales, box, reduction.window_s)
    ends += landscape.out_of_sight(_best(ends, cell), 1.0)
    best = _best(ends, cell)
    best = refined(problem.evaluate, minimise(problem.evaluate, best.u, box, irrelevant=0.0), box)
    missed = reduction.mode_map.misfit(cell.admittance(reduction.mode_map.s, problem.scales.outward(best.u)))
    if missed > _RINGS:
        raise FitError(
            f"{cell.circuit} rings where it fits this record best: sums of decays, which this engine works with, miss"
            f" its response by {missed:.2g} of the largest; leave the inductance or the capacitance out"
        )
    sudden = check_instant_response(problem, best)
    misfit_A2 = best.cost * problem.unit_A**2 + reduction.rest_A2
    noise_A = float(np.sqrt(misfit_A2 / (reduction.n_samples - n_free - reduction.n_nuisance)))
    widening, remarks = interval_inflation(problem, best, noise_A)
    widening *= scale
    unit = widening * noise_A / problem.unit_A
    intervals = landscape.intervals(best, ends, unit)
    remarks += sudden + voltage_noise_remarks(reduction)
    return _result(problem, best, intervals, NoiseModel(misfit_A2, noise_A, widening, unit), remarks)


def _best(ends: list[Minimum], cell: CellModel) -> Minimum:
    """Return the best end; of ends that are as good with another lag of the instrument, that with the fastest.

    A relaxation of the cell and a lag may change places. An instrument is faster than what it was chosen to measure.
    """
    finite = [end for end in ends if np.isfinite(end.cost)]
    best = min(finite, key=lambda end: end.cost)
    if not cell.lag_names:
        return best
    lags = [k for k, one in enumerate(cell.parameters) if one.name in cell.lag_names]
    as_good = [end for end in finite if end.cost <= best.cost + _TIED]
    return min(as_good, key=lambda end: float(end.u[lags].sum()))


def _result(
    problem: Problem, best: Minimum, intervals: list[Interval], noise: NoiseModel, remarks: tuple[Remark, ...]
) -> FitResult:
    reduction, model = problem.reduction, problem.model
    covariance = covariance_of(best, noise.unit)
    estimates = verdicts(problem.model, problem.scales, best, intervals, covariance, reduction.window_s)
    ends = np.array([[interval.low, interval.high] for interval in intervals])
    memory, band = memory_quantities(Fitted(model, problem.scales, best.u, covariance, ends, reduction.window_s))
    weights, slopes = problem.weights(best.u)
    memory += reversal(reduction.drive, reduction.grid.rates, weights, slopes, covariance)
    return FitResult(
        model=model,
        estimates=estimates,
        covariance=covariance,
        memory=memory,
        band=band,
        grid=reduction.grid,
        window_s=reduction.window_s,
        weights=weights,
        nuisance=reduction.nuisance(weights),
        rms_residual_A=float(np.sqrt(noise.misfit_A2 / reduction.n_samples)),
        rms_current_A=reduction.rms_current_A,
        step_noise_A=reduction.scatter_A(weights),
        noise_A=noise.noise_A,
        widening=noise.widening,
        n_samples=reduction.n_samples,
        n_excluded=reduction.n_excluded,
        remarks=remarks,
        source=reduction.source,
        drive_is_measured=reduction.drive_is_measured,
        terms=reduction.terms,
        voltage_error_V=reduction.voltage_error_V,
    )
