"""Share of the information about a cell that a smooth baseline takes.

A slow electrode does much the same: how much less sure is each parameter beside a baseline?
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.observations import PulseObservation
from fitting.reduction.triangle import triangle_of
from fitting.results.remarks import Remark, RemarkKind

if TYPE_CHECKING:
    from fitting.inference.problem import Problem
    from fitting.transforms.laplace import Floats

_POINTS = 400
"""Times at which the baseline is looked at: twenty between two knots. Doubled, its size is the same to 1e-3."""
_NOTHING = 1e-9
"""Share of the largest singular value below which the record tells nothing; as far as a solution goes."""


def baseline_remarks(problem: Problem, u: Floats) -> list[Remark]:
    """Return how large the baseline of each run is, and which unknown it makes most uncertain."""
    remarks = []
    for k, one in enumerate(problem.observations):
        if isinstance(one, PulseObservation) and one.reduction.terms.baseline:
            source = "" if len(problem.observations) == 1 else one.source
            remarks.append(_remark(problem, k, one, u, source))
    return remarks


def _remark(problem: Problem, k: int, one: PulseObservation, u: Floats, source: str) -> Remark:
    reduction = one.reduction
    terms, factor = reduction.terms, reduction.factor
    theta, slopes = problem.parameters.theta_and_slopes(k, u)
    by_u = reduction.weight_slopes(*problem.model.evaluate(one.s, theta, seen=one.through_instrument)).T @ slopes
    n = reduction.n_nuisance
    # Drift and baseline held: their columns are left out before the others are taken out.
    held = reduction.n_history + 1 + np.arange(1 + terms.n_baseline)
    kept = np.setdiff1d(np.arange(len(factor)), held)
    known = triangle_of(factor[:, kept])
    n_others = n - len(held)
    before, beside = (_deviations(rows @ by_u) for rows in (known[n_others:-1, n_others:-1], factor[n:-1, n:-1]))
    wider = beside / before
    most = int(np.argmax(wider))
    coefficients = reduction.nuisance(one.weights(problem.admittance(k, u)))[: len(terms)]
    t = np.linspace(terms.span_s[0], terms.span_s[1], _POINTS)
    smooth = terms.columns(t)[:, : 2 + terms.n_baseline] @ coefficients[: 2 + terms.n_baseline]
    values: dict[str, float | int | str] = {
        "size_A": float(np.ptp(smooth)),
        "parameter": problem.parameters.parameters[most].name,
        "wider": float(wider[most]),
    }
    return Remark(RemarkKind.BASELINE, values, source)


def _deviations(jacobian: Floats) -> Floats:
    """Return how uncertain each unknown is, for a noise of 1."""
    _, sizes, axes = np.linalg.svd(jacobian, full_matrices=False)
    sizes = np.maximum(sizes, _NOTHING * sizes[0])
    return np.asarray(np.linalg.norm(axes.T / sizes, axis=1))
