"""Simpler cells that explain a record as well: without an electrode, or a series resistance, that it does not show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fitting.inference.information_criteria import criteria
from fitting.inference.solution import solve_single
from fitting.interpretation.assembly import fit_result
from fitting.interpretation.relaxation_size import relaxation_capacitances
from fitting.interpretation.reversal_shares import bulk_of_circuit, electrode_shorted, series_members
from fitting.model.elements.lumped import Resistor
from protocols import FitError, format_quantity

if TYPE_CHECKING:
    from fitting.inference.information_criteria import ComparedFit
    from fitting.model.circuit import CellModel
    from fitting.reduction.reduction import Reduction
    from fitting.results.estimate import Estimate
    from fitting.results.fit_result import FitResult

NEEDED_AICC = 10.0
"""Gain in AICc from which the data need a part of a cell: "essentially no support" for the cell without it (Burnham,
Anderson, Model Selection and Multimodel Inference (2002), p. 70). Doubled, memories of four deviations are left
undecided."""


@dataclass(frozen=True)
class JudgedFit:
    """The fit that a memory is judged by.

    Attributes
    ----------
    result : FitResult
    sizes : tuple of Estimate
        Capacitance (F) of its memory, as the bulk's own and in series.
    open_questions : tuple of str
        What of the memory it does not determine.
    left_out : str
        What the record does not show and it does without; empty if it is the fit that was asked for.
    plateau_is_shared : bool
        Whether a resistance in series that nothing determines was left out: part of the plateau may be its own, so
        that the bulk's own capacitance may be anything up to that in series.
    """

    result: FitResult
    sizes: tuple[Estimate, Estimate]
    open_questions: tuple[str, ...]
    left_out: str = ""
    plateau_is_shared: bool = False


def judged_fit(reduction: Reduction, result: FitResult) -> JudgedFit:
    """Return a fit that determines the memory, as simple as the record allows; else the same fit.

    A constant phase element that is not seen is anything, a resistance among others; and a resistance in series cannot
    be told from the plateau of a Debye, Cole-Cole or Prony conductor. What they take is taken from the bulk.
    """
    asked = _judged(result)
    if not asked.open_questions:
        return asked
    best, least = asked, NEEDED_AICC
    for circuit, left_out, plateau_is_shared in _simpler_circuits(result.model):
        try:
            simpler = solve_single(reduction, result.model.variant(circuit))
        except FitError:
            continue
        loss = aicc_loss(reduction, simpler, result)
        # Intervals take most of a fit's time: those of a cell that explains less are not worked out.
        if loss > least:
            continue
        found = _judged(fit_result(simpler), left_out, plateau_is_shared=plateau_is_shared)
        if not found.open_questions:
            best, least = found, loss
    return best


def aicc_loss(reduction: Reduction, other: ComparedFit, result: ComparedFit) -> float:
    """Return by how much AICc of another fit of a reduction is worse than that of a result."""
    n = reduction.n_samples / min(result.interval_inflation, other.interval_inflation) ** 2
    return criteria(other, n)[0] - criteria(result, n)[0]


def _simpler_circuits(model: CellModel) -> list[tuple[str, str, bool]]:
    """Return circuits with parts left out, what that is, and whether a series resistance is among it."""
    found = []
    without = _without_resistance(model)
    shorted = electrode_shorted(model)
    if shorted is not None:
        found.append((shorted, "the electrode", False))
    if without is not None:
        found.append((without, "the resistance in series", True))
        neither = electrode_shorted(model.variant(without))
        if neither is not None:
            found.append((neither, "the electrode and the resistance in series", True))
    return found


def _without_resistance(model: CellModel) -> str | None:
    """Return the circuit without its free resistors in series; None if it has none."""
    free = {parameter.name for parameter in model.parameters}
    resistors = {leaf.name for leaf in model.leaves if isinstance(leaf.element, Resistor)} & free
    cell, behind, lags = model.circuit.partition("@")
    members = series_members(cell)
    kept = [one for one in members if one not in resistors]
    return None if len(kept) == len(members) else "-".join(kept) + behind + lags


def _judged(result: FitResult, left_out: str = "", *, plateau_is_shared: bool = False) -> JudgedFit:
    sizes = relaxation_capacitances(result)
    return JudgedFit(result, sizes, _open_questions(result, sizes), left_out, plateau_is_shared)


def _open_questions(result: FitResult, sizes: tuple[Estimate, Estimate]) -> tuple[str, ...]:
    """Say what of the memory the record does not determine: time, depth, conductance or capacitance."""
    time, W = result["median_memory_time"], result["W_inf"]
    shortest, longest = result.window_s
    low, high = time.ci95
    window = f"{format_quantity(shortest, 's')} to {format_quantity(longest, 's')}"
    problems = []
    if low is None or high is None or not (shortest <= low and high <= longest):
        problems.append(f"its median time is not within the window that was seen ({window})")
    elif not time.determined:
        problems.append("its median time is uncertain by more than a factor of four")
    if not W.determined:
        problems.append("its depth W_inf is not determined by this record")
    # The first parameter of a conductor with memory is its conductance: whatever it holds is proportional to it.
    bulk = bulk_of_circuit(result.model)
    conductance = f"{bulk.name}.{bulk.element.quantities[0].symbol}"
    if any(one.name == conductance and not one.determined for one in result.estimates):
        problems.append(f"its conductance {conductance} is not determined by this record")
    elif not all(one.determined for one in sizes):
        problems.append("its capacitance is not determined by this record")
    return tuple(problems)
