"""The fit of one run or reduction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fitting.model.circuit import CellModel
from fitting.reduction.nuisance import Nuisance
from fitting.reduction.reduction import Reduction
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fitting.records.record import Record
    from fitting.results.fit_result import FitResult
from fitting.inference.single import fit_reduction


def fit(
    run_or_reduction: Record | Reduction,
    model: CellModel | str,
    *,
    start: Mapping[str, float] | None = None,
    terms: Nuisance | None = None,
    robust: bool = False,
) -> FitResult:
    """Fit a cell model to a run.

    Levenberg-Marquardt with exact derivatives, from several starts, on the reduced problem: its cost does not depend
    on the length of the run. Intervals are profile likelihoods. Where a run's residual shows noise that carries on
    from sample to sample, the run is reduced again, whitened; what is still not white widens the intervals, and so
    does all of it where only a reduction is at hand.

    Parameters
    ----------
    run_or_reduction : Record or Reduction
    model : CellModel or str
        A circuit, or its string.
    start : mapping of str to float, optional
        Values (SI) that are tried first.
    terms : Nuisance, optional
        What of a run is not the cell's; only an offset unless given. A correlation time that is given is kept.
    robust : bool
        Whether samples far off count less (Huber); needs the run.

    Returns
    -------
    FitResult

    Raises
    ------
    FitError
        If the circuit cannot be read, or the record cannot be fitted.
    """
    cell = CellModel(model) if isinstance(model, str) else model
    if isinstance(run_or_reduction, Reduction):
        if robust or terms is not None:
            raise FitError(
                "a robust fit, or another nuisance, needs the run itself: what a reduction has left is fixed"
            )
        return fit_reduction(run_or_reduction, cell, start or {})
    from fitting.inference.robust import fit_huber
    from fitting.inference.whitening import fit_whitened

    if robust:
        return fit_huber(run_or_reduction, cell, start or {}, terms or Nuisance())
    return fit_whitened(run_or_reduction, cell, start or {}, terms or Nuisance())
