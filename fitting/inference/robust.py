"""Robust fit by Huber weights."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.single import fit_reduction
from fitting.reduction.reducer import reduce_run
from fitting.results.remarks import Remark, RemarkKind
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fitting.model.circuit import CellModel
    from fitting.records.record import Record
    from fitting.reduction.nuisance import Nuisance
    from fitting.results.fit_result import FitResult
from fitting.inference.whitening import HUBER, NORMAL, PASSES, residual_of


def fit_huber(run: Record, cell: CellModel, start: Mapping[str, float], terms: Nuisance) -> FitResult:
    """Fit a run with samples far off counting less.

    Huber's weights ``min(1, 1.345 sigma / |residual|)`` by reduction with weights, some passes; sigma from the median
    size of the residual. Intervals take Huber's factor for them; Huber, Ronchetti, Robust Statistics (2009), 7.6.
    """
    if terms.correlation_s > 0.0:
        raise FitError("a robust fit takes each sample by itself: it cannot whiten at the same time")
    result = fit_reduction(reduce_run(run, terms), cell, start)
    weight, scale = np.ones(run.n_samples), 1.0
    for _ in range(PASSES):
        kept, residual = residual_of(run, result)
        sigma = max(NORMAL * float(np.median(np.abs(residual))), 1e-12 * result.rms_current_A)
        size = np.abs(residual) / sigma
        share = np.minimum(1.0, HUBER / np.maximum(size, 1e-300))
        weight[kept] = share
        # Intervals of the weighted sum of squares, to those of the psi function.
        influence = float(np.mean((share * size) ** 2)) / float(np.mean(size < HUBER)) ** 2
        scale = float(np.sqrt(influence * np.mean(share) / np.mean(share * size**2)))
        result = fit_reduction(reduce_run(run, terms, weight=weight), cell, result.values, scale)
    n_doubted = int(np.count_nonzero(weight < 0.5))
    remark = Remark(RemarkKind.DOWNWEIGHTED, {"n_downweighted": n_doubted, "n_samples": result.n_samples})
    return replace(result, n_doubted=n_doubted, remarks=(remark, *result.remarks))
