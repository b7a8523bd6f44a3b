"""Shares of the charge that flows back after pulses: the fitted bulk's, and the fitted electrode's.

A share is what is lost when the fitted bulk conducts as it does in the steady state, or when the fitted electrode is
shorted, all else as fitted (decision 070).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting.interpretation.pulses import reversal_charges
from fitting.model.elements.base import Bulk
from fitting.model.elements.lumped import Capacitor, ConstantPhase
from protocols import FitError, PulseSequence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fitting.model.circuit import CellModel
    from fitting.model.nodes import Leaf
    from fitting.reduction.reduction import Reduction
    from fitting.results.fit_result import FitResult
    from fitting.transforms.laplace import Floats


@dataclass(frozen=True)
class ReversalShares:
    """Who gives back the charge.

    Attributes
    ----------
    by_bulk, by_electrode : float or None
        They need not add up to 1, nor be positive: a double layer that blocks takes voltage from the bulk. None where
        nothing flows back, or the circuit has no electrode in series.
    """

    by_bulk: float | None
    by_electrode: float | None


def bulk_of_circuit(model: CellModel) -> Leaf:
    """Return the conductor with memory.

    Raises
    ------
    FitError
        If the circuit has none.
    """
    if model.bulk is None:
        raise FitError(f"{model.circuit} has no hopping conductor")
    return model.bulk


def steady_circuit(model: CellModel) -> tuple[str, str]:
    """Return the circuit with a resistor in place of the conductor with memory, and the resistor's name."""
    bulk = bulk_of_circuit(model)
    labels = [int(n) for n in re.findall(r"R_?(\d+)", model.circuit)]
    resistor = f"R{max(labels, default=0) + 1}"
    code = rf"(?<![A-Za-z]){re.escape(bulk.name)}(?!\d)(:\d+)?"
    return re.sub(code, resistor, model.circuit, count=1), resistor


def electrode_shorted(model: CellModel) -> str | None:
    """Return the circuit without what stores charge in series with the bulk; None if it has no such member."""
    electrodes = {leaf.name for leaf in model.leaves if isinstance(leaf.element, Capacitor | ConstantPhase)}
    cell, behind, lags = model.circuit.partition("@")
    members = series_members(cell)
    inside = [(one, {leaf.name for leaf in model.variant(one).leaves}) for one in members]
    kept = [one for one, names in inside if bulk_of_circuit(model).name in names or not electrodes & names]
    return None if len(kept) == len(members) else "-".join(kept) + behind + lags


def series_members(circuit: str) -> list[str]:
    """Return the members of the outermost series."""
    members, depth = [""], 0
    for mark in circuit:
        depth += (mark == "(") - (mark == ")")
        if mark == "-" and depth == 0:
            members.append("")
        else:
            members[-1] += mark
    return members


def reversal_shares(reduction: Reduction, result: FitResult) -> ReversalShares:
    """Return the shares of a fitted run, over all of its pulses.

    Of a run whose voltage was only measured, or whose current was controlled, nobody knows the pulses: a pulse of the
    voltage and a rest of half of its window each stand for them.
    """
    drive = None if reduction.terms.is_current_driven else reduction.drive
    weights = conductance_weights(reduction, result)
    if drive is None or _returned(result, drive, weights) == 0.0:
        width = 0.5 * result.window_s[1]
        drive = PulseSequence.pulse(1.0, width, after=width)
    whole = _returned(result, drive, weights)
    if whole == 0.0:
        return ReversalShares(None, None)
    steady = _returned(result, drive, steady_weights(reduction, result))
    shorted = electrode_shorted(result.model)
    by_electrode = None
    if shorted is not None:
        by_electrode = 1.0 - _returned(result, drive, _weights_of(reduction, result, shorted, {})) / whole
    return ReversalShares(1.0 - steady / whole, by_electrode)


def conductance_weights(reduction: Reduction, result: FitResult) -> Floats:
    """Return the modes (S) of the fitted cell: those of the fit, unless the current was controlled."""
    if not reduction.terms.is_current_driven:
        return result.weights
    return _weights_of(reduction, result, result.model.circuit, {})


def steady_weights(reduction: Reduction, result: FitResult) -> Floats:
    """Return the modes (S) of the fitted cell whose bulk conducts as it does in the steady state."""
    circuit, resistor = steady_circuit(result.model)
    bulk = bulk_of_circuit(result.model)
    p = result.model.complete(result.theta)[bulk.place]
    if not isinstance(bulk.element, Bulk):
        raise TypeError(f"{bulk.name} is no hopping conductor")
    steady_ohm = 1.0 / (bulk.element.g_inf(p) * bulk.element.w_inf(p))
    return _weights_of(reduction, result, circuit, {resistor: steady_ohm})


def _weights_of(reduction: Reduction, result: FitResult, circuit: str, given: Mapping[str, float]) -> Floats:
    other = result.model.variant(circuit)
    values = {**result.model.fixed, **result.values, **given}
    theta = np.array([values[parameter.name] for parameter in other.parameters])
    mode_map = reduction.mode_map
    return mode_map.weights(other.admittance(mode_map.s, theta))


def _returned(result: FitResult, drive: PulseSequence, weights: Floats) -> float:
    return float(reversal_charges(drive, result.rates, weights).sum())
