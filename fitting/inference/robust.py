"""Robust fit by Huber weights."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.solution import solve_single
from fitting.inference.whitening import PASSES, residual_of
from fitting.reduction.reduce import reduce_run
from fitting.results.remarks import Remark, RemarkKind
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fitting.inference.solution import Solution
    from fitting.model.circuit import CellModel
    from fitting.records.record import Record
    from fitting.reduction.nuisance import Nuisance

_HUBER = 1.345
"""Deviations from which a sample counts less: 95 % as efficient as least squares where the noise is normal. Doubled,
99.9 % as efficient, and outliers weigh twice as much."""
_NORMAL = 1.4826
"""Deviation of normal noise over its median size."""


def solve_robust(run: Record, cell: CellModel, start: Mapping[str, float | str], terms: Nuisance) -> Solution:
    """Solve the problem of a run with samples far off counting less.

    Huber's weights ``min(1, 1.345 sigma / |residual|)`` by reduction with weights, some passes; sigma from the median
    size of the residual. Intervals take Huber's factor for them; Huber, Ronchetti, Robust Statistics (2009), 7.6.

    Raises
    ------
    FitError
        If the noise is to be whitened as well, or times are to be fitted.
    """
    if terms.fitted:
        raise FitError(f"a robust fit finds no {' or '.join(terms.fitted)}: fit without it first, then give the value")
    if terms.correlation_s > 0.0:
        raise FitError("a robust fit takes each sample by itself: it cannot whiten at the same time")
    reduction = reduce_run(run, terms)
    solution = solve_single(reduction, cell, start)
    weight = np.ones(run.n_samples)
    for _ in range(PASSES):
        response = solution.response()
        if response is None:
            break
        kept, residual = residual_of(run, response)
        sigma = max(_NORMAL * float(np.median(np.abs(residual))), 1e-12 * reduction.rms_current_A)
        size = np.abs(residual) / sigma
        share = np.minimum(1.0, _HUBER / np.maximum(size, 1e-300))
        weight[kept] = share
        # Intervals of the weighted sum of squares, to those of the psi function.
        influence = float(np.mean((share * size) ** 2)) / float(np.mean(size < _HUBER)) ** 2
        inflation = float(np.sqrt(influence * np.mean(share) / np.mean(share * size**2)))
        reduction = reduce_run(run, terms, weight=weight)
        solution = solve_single(reduction, cell, solution.values, inflation)
    n_downweighted = int(np.count_nonzero(weight < 0.5))
    values = {"n_downweighted": n_downweighted, "n_samples": reduction.n_samples}
    remark = Remark(RemarkKind.DOWNWEIGHTED, values)
    return replace(solution, n_downweighted=n_downweighted, remarks=(remark, *solution.remarks))
