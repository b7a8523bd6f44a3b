"""What if the noise is not white, or a few samples are far off? Fits that read the run a second time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.prediction import predict
from fitting.inference.single import fit_reduction
from fitting.reduction.nuisance import correlation_time_s
from fitting.reduction.reducer import reduce_run
from fitting.results.remarks import Remark, RemarkKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fitting.model.circuit import CellModel
    from fitting.records.record import Record
    from fitting.reduction.nuisance import Nuisance
    from fitting.reduction.reduction import Reduction
    from fitting.results.fit_result import FitResult
    from fitting.transforms.laplace import Floats


PASSES = 3


HUBER = 1.345  # 95 % as efficient as least squares where the noise is normal


NORMAL = 1.4826  # deviation of normal noise over its median size


_SETTLED = 0.05


def fit_whitened(run: Record, cell: CellModel, start: Mapping[str, float], terms: Nuisance) -> FitResult:
    """Fit a run; reduce it again, whitened, for as long as its residual is correlated."""
    reduction = reduce_run(run, terms)
    result = fit_reduction(reduction, cell, start)
    if terms.correlation_s > 0.0:
        return result
    return whitened(run, reduction, result, start)[1]


def whitened(
    run: Record, reduction: Reduction, result: FitResult, start: Mapping[str, float] | None = None
) -> tuple[Reduction, FitResult]:
    """Return reduction and fit of a run with noise of the AR(1) kind whitened, if there is any; else the same again.

    Parameters
    ----------
    run : Record
        The run that was reduced.
    reduction : Reduction
    result : FitResult
        Of the reduction.
    start : mapping of str to float, optional

    Returns
    -------
    reduction : Reduction
    result : FitResult
        With a remark that says so.
    """
    if result.widening <= 1.0:
        return reduction, result
    plain, correlation_s = result, 0.0
    for _ in range(PASSES):
        kept, residual = residual_of(run, result)
        times = np.asarray(run.t_s)[kept]
        now = correlation_time_s(times, residual, float(np.median(np.diff(times[:100_000]))))
        if now == 0.0 or abs(now - correlation_s) <= _SETTLED * now:
            break
        correlation_s = now
        reduction = reduce_run(run, replace(plain.terms, correlation_s=correlation_s))
        result = fit_reduction(reduction, result.model, result.values if start is None else {**result.values, **start})
    if correlation_s == 0.0:
        return reduction, plain
    remark = Remark(RemarkKind.WHITENED, {"correlation_s": correlation_s})
    return reduction, replace(result, remarks=(remark, *result.remarks))


def residual_of(run: Record, result: FitResult) -> tuple[NDArray[np.intp], Floats]:
    """Places of the samples without flags, and what the fit leaves of them (A)."""
    current = np.asarray(run.current_A)
    kept = np.flatnonzero((np.asarray(run.status) == 0) & np.isfinite(current))
    return kept, current[kept] - predict(run, result)[kept]
