"""Goodness of fit: does the model describe the record down to its noise?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting.results.remarks import Remark, RemarkKind
from protocols import FitError

if TYPE_CHECKING:
    from fitting.inference.least_squares import Minimum
    from fitting.inference.problem import Problem
    from fitting.reduction.reduction import Reduction


_SOONER, _GROWS = 30.0, 1.1


def voltage_noise_remarks(reduction: Reduction) -> tuple[Remark, ...]:
    """Say so where the noise of a measured voltage counts."""
    if not reduction.is_freed:
        return ()
    return (Remark(RemarkKind.VOLTAGE_NOISE, {"voltage_noise_V": reduction.voltage_error_V}),)


def check_instant_response(problem: Problem, best: Minimum) -> tuple[Remark, ...]:
    """Say so, or refuse, where a cell answers a measured voltage faster than it was sampled.

    What lies between two samples nobody knows; the line that is drawn there makes the current of a bare constant phase
    element or capacitor, which has no bound after a step, a matter of the mode grid.
    """
    if not problem.reduction.drive_is_measured:
        return ()
    fastest = 1.0 / problem.reduction.grid.shortest_s
    at = np.array([1.0, _SOONER, 1e9, 1e9 * _SOONER]) * fastest
    with np.errstate(all="ignore"):  # beyond what some elements can be evaluated at: then there is nothing to say
        size = np.abs(problem.model.admittance(at.astype(np.complex128), problem.scales.outward(best.u)))
    if size[3] > _GROWS * size[2]:
        raise FitError(
            f"{problem.model.circuit} has no resistance in series: after a step its current is without bound, and a"
            " voltage that was measured, sample by sample, does not say how steep it was; put R0- before it"
        )
    if size[1] > _GROWS * size[0]:
        return (Remark(RemarkKind.INSTANT_RESPONSE),)
    return ()


@dataclass(frozen=True)
class NoiseModel:
    """Noise of a record as one fit sees it: misfit, noise, and the inflation of intervals."""

    misfit_A2: float
    noise_A: float
    widening: float
    unit: float


def interval_inflation(problem: Problem, best: Minimum, noise_A: float) -> tuple[float, tuple[Remark, ...]]:
    """Factor on the intervals, and what to say, where the residual is not white noise; the larger of two."""
    found = [one for one in (_coloured(problem, best, noise_A), _lack_of_fit(problem, best)) if one is not None]
    if not found:
        return 1.0, ()
    widening, remark = max(found, key=lambda one: one[0])
    return widening, (remark,)


def _lack_of_fit(problem: Problem, best: Minimum) -> tuple[float, Remark] | None:
    """Whether sums of modes explain what the model leaves: its residual in their space is chi-square if it is noise."""
    spare = len(problem.reduction.grid) - len(best.u)
    ratio = best.cost / max(spare, 1)
    if problem.reduction.rest_A2 == 0.0 or ratio <= 1.0 + 5.0 * np.sqrt(2.0 / max(spare, 1)):
        return None
    widening = float(np.sqrt(ratio))
    return widening, Remark(RemarkKind.NOT_DESCRIBED, {"interval_inflation": widening})


def _coloured(problem: Problem, best: Minimum, noise_A: float) -> tuple[float, Remark] | None:
    """Whether the residual is more than what the samples scatter by from one to the next.

    For AR(1) noise of lag-1 correlation rho, second differences have the variance 2 (1 - rho)(3 - rho) sigma^2, and
    the mean of slow features is as uncertain as if there were (1 - rho)/(1 + rho) as many samples.
    """
    reduction = problem.reduction
    step = reduction.scatter_A(problem.weights(best.u)[0])
    if not (np.isfinite(step) and reduction.n_bends > 30):
        return None
    ratio = (noise_A / step) ** 2 if step > 0.0 else np.inf
    if ratio <= 1.0 + 8.0 / np.sqrt(reduction.n_bends):
        return None
    rho = min(2.0 - float(np.sqrt(1.0 + 3.0 / ratio)), 0.999)
    widening = float(np.sqrt((1.0 + rho) / (1.0 - rho)))
    values = {"residual_ratio": float(np.sqrt(ratio)), "interval_inflation": widening}
    return widening, Remark(RemarkKind.NOISE_NOT_WHITE, values)
