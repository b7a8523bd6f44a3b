"""Ranking of cells on one run, by information criteria over fits of the same reduction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.inference.information_criteria import criteria
from fitting.interpretation.assembly import fit_reduction
from fitting.model.circuit import CellModel
from fitting.reduction.control import named_for
from fitting.reduction.reduce import reduce_run
from fitting.reduction.reduction import Reduction
from fitting.results.printable import Printable
from fitting.selection.candidates import Ranked
from fitting.selection.model_averaging import averaged
from protocols import FitError, format_quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fitting.records.record import Record
    from fitting.results.estimate import Estimate
    from fitting.results.fit_result import FitResult
    from fitting.results.tables import ResultTable

_TIED = 10.0
"""Difference of AICc from which a candidate has essentially no support (Burnham, Anderson (2002), table 2.6). Doubled,
families that hardly fit would still be called tied."""


@dataclass(frozen=True, eq=False)
class Ranking(Printable):
    """Candidates, the best first by AICc.

    Attributes
    ----------
    candidates : tuple of Ranked
    effective_samples : float
        Samples that the criteria count; fewer than were taken where the noise is correlated.
    source : str
    """

    candidates: tuple[Ranked, ...]
    effective_samples: float
    source: str

    @property
    def best(self) -> FitResult:
        """The fit of the first."""
        return self.candidates[0].result

    @property
    def decided(self) -> bool:
        """Whether the second is at least 10 in AICc behind (Burnham, Anderson: "essentially no support")."""
        return len(self.candidates) == 1 or self.candidates[1].delta_aicc >= _TIED

    @property
    def memory(self) -> tuple[Estimate, ...]:
        """Memory quantities over all candidates, whichever is the right one; none if one has no memory."""
        return averaged(self.candidates)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "memory": {quantity.name: quantity.to_document() for quantity in self.memory},
            "ranking": [
                named_for(
                    one.result.terms.control,
                    {
                        "model": one.result.model.circuit,
                        "free_parameters": len(one.result.estimates),
                        "delta_aicc": one.delta_aicc,
                        "delta_bic": one.delta_bic,
                        "weight": one.weight,
                        "whiteness": one.whiteness if np.isfinite(one.whiteness) else None,
                        "rms_residual_A": one.result.rms_residual_A,
                        "not_determined": [e.name for e in one.result.estimates if not e.determined],
                    },
                )
                for one in self.candidates
            ],
            "decided": self.decided,
            "effective_samples": self.effective_samples,
            "source": self.source,
        }

    def table(self) -> ResultTable:
        """Return the ranking as a table for the terminal."""
        from fitting.results.tables import result_table

        verdict = "the first is decidedly better" if self.decided else "the first ones are too close to decide"
        caption = f"{verdict}; {self.effective_samples:,.0f} effective samples; whiteness 1: white noise"
        headings = ("model", "free", "ΔAICc", "ΔBIC", "whiteness", "rms residual")
        table = result_table(f"Models on {self.source or 'record'}", headings, [caption])
        for one in self.candidates:
            table.add_row(
                one.result.model.circuit,
                str(len(one.result.estimates)),
                f"{one.delta_aicc:.4g}",
                f"{one.delta_bic:.4g}",
                f"{one.whiteness:.4g}",
                format_quantity(one.result.rms_residual_A, one.result.unit),
            )
        return table

    def memory_table(self) -> ResultTable:
        """Return the memory quantities over all candidates as a table for the terminal."""
        from fitting.results.tables import result_table

        headings = ("quantity", "value", "95 % interval")
        table = result_table("Memory over all models", headings, ["weighted by AICc"])
        for one in self.memory:
            table.add_row(one.title, *one.shown())
        return table


def rank(run_or_reduction: Record | Reduction, models: Sequence[CellModel | str]) -> Ranking:
    """Fit several cells to a run and rank them.

    Where the noise is correlated the record counts as ``n / inflation^2`` independent samples, inflation being the
    least of all fits: what not even the best of them explains.

    Parameters
    ----------
    run_or_reduction : Record or Reduction
    models : sequence of CellModel or str

    Returns
    -------
    Ranking

    Raises
    ------
    FitError
        If there is nothing to rank, a circuit cannot be read, or the record cannot be fitted.
    """
    if not models:
        raise FitError("name at least one circuit to be ranked")
    reduction = run_or_reduction if isinstance(run_or_reduction, Reduction) else reduce_run(run_or_reduction)
    results = [fit_reduction(reduction, CellModel.of(model)) for model in models]
    effective = reduction.n_samples / min(result.interval_inflation for result in results) ** 2
    scores = np.array([criteria(result, effective) for result in results])
    above = scores - scores.min(axis=0)
    likelihood = np.exp(-0.5 * above[:, 0])
    found = [
        Ranked(
            result,
            float(scores[k, 0]),
            float(scores[k, 1]),
            float(above[k, 0]),
            float(above[k, 1]),
            float(likelihood[k] / likelihood.sum()),
            result.whiteness,
        )
        for k, result in enumerate(results)
    ]
    return Ranking(tuple(sorted(found, key=lambda one: one.delta_aicc)), effective, reduction.source)
