"""Attribution of a memory to the bulk, a grain boundary or the electrode, with its evidence.

The verdict depends on figures and on the kinds of remarks; the sentences are for readers only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.constants import VACUUM_PERMITTIVITY_F_m
from fitting.inference.information_criteria import criteria
from fitting.interpretation.assembly import fit_reduction
from fitting.interpretation.pulses import reversal_charges
from fitting.model.elements.base import Bulk
from fitting.model.elements.lumped import Capacitor, ConstantPhase
from fitting.reduction.reduce import reduce_run
from fitting.reduction.reduction import Reduction
from protocols import FitError, format_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fitting.model.circuit import CellModel
    from fitting.model.nodes import Leaf
    from fitting.records.record import Record
    from fitting.results.fit_result import FitResult
    from protocols import Sample

_NEEDED_AICC = 10.0
"""Gain in AICc from which the data need a memory: "essentially no support" for the cell without one (Burnham, Anderson,
Model Selection and Multimodel Inference (2002), p. 70). Doubled, memories of four deviations are left undecided."""
# Capacitances by origin at a cell constant of 1 /cm: Irvine, Sinclair, West, Adv. Mater. 2, 132 (1990), table 1.
# There 1e-12 F is bulk, 1e-11 to 1e-8 F grain boundary, 1e-7 to 1e-5 F the interface of sample and electrode.
_REFERENCE_LENGTH_m = 0.01
"""Area over thickness that the table's capacitances belong to. Doubled, all bounds on permittivities are halved."""
_BULK_LIMIT_F = 1e-11
"""Below it, even in series, nothing but the bulk. Doubled, thin grain boundaries might be called bulk."""
_BOUNDARY_F = (1e-11, 1e-8)
"""Range of grain boundaries by the table. Doubled, surface layers might be called grain boundaries."""
_ELECTRODE_LIMIT_F = 1e-7
"""Above it, even parallel to the bulk, nothing but an electrode. Doubled, small double layers stay undecided."""
_UNKNOWN_GEOMETRY = 10.0
"""Factor on all bounds without a geometry: cell constants of pellets and films scatter about 1 /cm by ten and more.
Doubled, more is left undecided."""


class Verdict(StrEnum):
    """Where a memory sits."""

    BULK = "bulk"
    GRAIN_BOUNDARY = "grain boundary"
    ELECTRODE = "electrode"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Attribution:
    """Where the memory of a fitted run sits.

    Attributes
    ----------
    verdict : Verdict
    evidence : tuple of str
        What speaks for it, what against, and what was not known.
    memory_gain : float or None
        By how much AICc is worse if the same cell has no memory.
    reversal_by_bulk, reversal_by_electrode : float or None
        Share of the charge flowing back after all pulses that is lost when the fitted bulk conducts as it does in the
        steady state, and when the fitted electrode is shorted. They need not add up to 1, nor be positive: a double
        layer that blocks takes voltage from the bulk. None without commanded pulses, or without an electrode.
    capacitance_F : tuple of float or None
        Least and greatest capacitance that the relaxation may have, whichever place it sits at.
    permittivity : tuple of float or None
        The same as a relative permittivity of the sample, where its geometry is known.
    """

    verdict: Verdict
    evidence: tuple[str, ...]
    memory_gain: float | None = None
    reversal_by_bulk: float | None = None
    reversal_by_electrode: float | None = None
    capacitance_F: tuple[float, float] | None = None
    permittivity: tuple[float, float] | None = None

    @property
    def summary(self) -> str:
        """The verdict and what decided it, in one line."""
        return f"memory attributed to: {self.verdict} ({self.evidence[-1]})"

    def __str__(self) -> str:
        return f"memory attributed to: {self.verdict}\n" + "\n".join(f"  - {line}" for line in self.evidence)

    def to_document(self) -> dict[str, Any]:
        """Return plain data (JSON)."""
        return {
            "verdict": str(self.verdict),
            "evidence": list(self.evidence),
            "memory_gain_aicc": self.memory_gain,
            "reversal_by_bulk": self.reversal_by_bulk,
            "reversal_by_electrode": self.reversal_by_electrode,
            "capacitance_F": None if self.capacitance_F is None else list(self.capacitance_F),
            "relative_permittivity": None if self.permittivity is None else list(self.permittivity),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Attribution:
        """Read what `to_document` wrote."""
        return cls(
            Verdict(document["verdict"]),
            tuple(document["evidence"]),
            document["memory_gain_aicc"],
            document["reversal_by_bulk"],
            document["reversal_by_electrode"],
            _pair(document["capacitance_F"]),
            _pair(document["relative_permittivity"]),
        )


def _pair(ends: list[float] | None) -> tuple[float, float] | None:
    return None if ends is None else (ends[0], ends[1])


def attribute(run_or_reduction: Record | Reduction, result: FitResult, sample: Sample | None = None) -> Attribution:
    """Attribute the memory that a fit has found.

    A Debye conductor cannot be distinguished from a resistor in series with a resistor and capacitor side by side: by
    its shape alone an electrode or a grain boundary is a memory as good as any. What distinguishes them is the size of
    the capacitance, ``C = g tau`` if the relaxation is the bulk's own (dielectric, parallel to its conductance), and
    ``C / (1 - W_inf)^2`` if it is an interface in series. The verdict is "bulk" only where even the second is too small
    for any interface; "electrode" only where even the first is too large for any bulk; both only for a memory that the
    data need (AICc against the same cell without it) and whose time, plateau and depth the record resolves.

    Parameters
    ----------
    run_or_reduction : Record or Reduction
        What was fitted.
    result : FitResult
        Its fit.
    sample : Sample, optional
        Thickness and area make the capacitance a permittivity; without them the bounds are ten times stricter.

    Returns
    -------
    Attribution
    """
    if result.model.bulk is None:
        line = f"{result.model.circuit} has no conductor with a memory: its relaxations are resistors and capacitors"
        return Attribution(Verdict.UNDECIDED, (line,))
    reduction = run_or_reduction if isinstance(run_or_reduction, Reduction) else reduce_run(run_or_reduction)
    evidence: list[str] = []
    gain = _memory_gain(reduction, result, evidence)
    shares = _reversal_by_bulk(reduction, result), _reversal_by_electrode(reduction, result, evidence)
    for name, share in zip(("bulk", "electrode"), shares, strict=True):
        if share is not None:
            evidence.append(f"{100.0 * share:.3g} % of the charge that flows back is contributed by the fitted {name}")
    size = _capacitance(result)
    scale = _cell_scale(sample)
    permittivity = None
    if size is not None and scale is not None:
        permittivity = (size[0] * scale / VACUUM_PERMITTIVITY_F_m, size[1] * scale / VACUUM_PERMITTIVITY_F_m)
    verdict = _verdict(result, gain, size, scale, evidence)
    return Attribution(verdict, tuple(evidence), gain, *shares, size, permittivity)


def _members(circuit: str) -> list[str]:
    """Return the members of the outermost series."""
    members, depth = [""], 0
    for mark in circuit:
        depth += (mark == "(") - (mark == ")")
        if mark == "-" and depth == 0:
            members.append("")
        else:
            members[-1] += mark
    return members


def _names(model: CellModel, member: str) -> set[str]:
    return {leaf.name for leaf in model.variant(member).leaves}


def _steady_circuit(result: FitResult) -> tuple[str, str]:
    """Return the circuit with a resistor in place of the conductor with memory, and the resistor's name."""
    bulk = _bulk(result)
    labels = [int(n) for n in re.findall(r"R_?(\d+)", result.model.circuit)]
    resistor = f"R{max(labels, default=0) + 1}"
    code = rf"(?<![A-Za-z]){re.escape(bulk.name)}(?!\d)(:\d+)?"
    return re.sub(code, resistor, result.model.circuit, count=1), resistor


def _bulk(result: FitResult) -> Leaf:
    if result.model.bulk is None:
        raise FitError(f"{result.model.circuit} has no hopping conductor")
    return result.model.bulk


def _memory_gain(reduction: Reduction, result: FitResult, evidence: list[str]) -> float | None:
    """Refit with a plain resistor in place of the bulk; return the gain in AICc by its memory."""
    circuit, _ = _steady_circuit(result)
    try:
        plain = fit_reduction(reduction, result.model.variant(circuit))
    except FitError as error:
        evidence.append(f"{circuit}, without a memory, cannot be fitted for comparison: {error}")
        return None
    n = reduction.n_samples / min(result.interval_inflation, plain.interval_inflation) ** 2
    gain = criteria(plain, n)[0] - criteria(result, n)[0]
    needed = "the data need a memory" if gain > _NEEDED_AICC else "the data do not need a memory"
    evidence.append(f"{needed}: AICc of {circuit}, refitted without one, is {gain:+.4g}")
    return gain


def _reversal_by_bulk(reduction: Reduction, result: FitResult) -> float | None:
    """Hold all as fitted but let the bulk conduct as it does in the steady state."""
    circuit, resistor = _steady_circuit(result)
    bulk = _bulk(result)
    p = result.model.complete(result.theta)[bulk.place]
    if not isinstance(bulk.element, Bulk):
        raise TypeError(f"{bulk.name} is no hopping conductor")
    return _lost(reduction, result, circuit, {resistor: 1.0 / (bulk.element.g_inf(p) * bulk.element.w_inf(p))})


def _reversal_by_electrode(reduction: Reduction, result: FitResult, evidence: list[str]) -> float | None:
    """Hold all as fitted but short what stores charge in series with the bulk."""
    electrodes = {leaf.name for leaf in result.model.leaves if isinstance(leaf.element, Capacitor | ConstantPhase)}
    cell, behind, lags = result.model.circuit.partition("@")
    members = _members(cell)
    inside = [(one, _names(result.model, one)) for one in members]
    kept = [one for one, names in inside if _bulk(result).name in names or not electrodes & names]
    if len(kept) == len(members):
        evidence.append("the circuit has no electrode in series: one in the cell would be taken for memory")
        return None
    return _lost(reduction, result, "-".join(kept) + behind + lags, {})


def _lost(reduction: Reduction, result: FitResult, circuit: str, given: dict[str, float]) -> float | None:
    """Return the share of the charge flowing back that another circuit with the fitted values does not give."""
    if reduction.drive is None:
        return None
    other = result.model.variant(circuit)
    values = {**result.model.fixed, **result.values, **given}
    theta = np.array([values[parameter.name] for parameter in other.parameters])
    mode_map, rates = reduction.mode_map, reduction.grid.rates
    weights = mode_map.weights(other.admittance(mode_map.s, theta))
    whole = float(reversal_charges(reduction.drive, rates, result.weights).sum())
    if whole == 0.0:
        return None
    return 1.0 - float(reversal_charges(reduction.drive, rates, weights).sum()) / whole


def _capacitance(result: FitResult) -> tuple[float, float] | None:
    """Return the least and greatest capacitance at 95 %: all modes parallel to the bulk, and in series with it."""
    parallel = [q.ci95 for q in result.memory if q.name.startswith("mode_capacitance")]
    shallowest = result["W_inf"].ci95[1]
    if shallowest is None or shallowest >= 1.0 or any(end is None for ends in parallel for end in ends):
        return None
    lowest = sum(low for low, _ in parallel if low is not None)
    highest = sum(high for _, high in parallel if high is not None) / (1.0 - shallowest) ** 2
    return lowest, highest


def _cell_scale(sample: Sample | None) -> float | None:
    """Return thickness over area (1/m)."""
    if sample is None or not sample.thickness_m or not sample.area_m2:
        return None
    return sample.thickness_m / sample.area_m2


def _is_resolved(result: FitResult, evidence: list[str]) -> bool:
    """Whether the record determines time, plateau and depth of the memory."""
    problems = []
    remaining, middle = result["W_inf"], result["median_memory_time"]
    shortest, longest = result.window_s
    low, high = middle.ci95
    window = f"{format_quantity(shortest, 's')} to {format_quantity(longest, 's')}"
    if low is None or high is None or not (shortest <= low and high <= longest):
        problems.append(f"its median time is not within the window that was seen ({window})")
    elif not middle.determined:
        problems.append("its median time is uncertain by more than a factor of four")
    if not remaining.determined:
        problems.append("its depth W_inf is not determined by this record")
    if any(remark.kind.questions_model for remark in result.remarks):
        problems.append(f"{result.model.circuit} may not describe the record")
    evidence.append(
        "the memory is not resolved: " + "; ".join(problems)
        if problems
        else f"the memory is resolved: median time {format_quantity(middle.value, 's')}, window {window}"
    )
    return not problems


def _verdict(
    result: FitResult,
    gain: float | None,
    size: tuple[float, float] | None,
    scale: float | None,
    evidence: list[str],
) -> Verdict:
    if gain is None or gain <= _NEEDED_AICC:
        return Verdict.UNDECIDED
    if not _is_resolved(result, evidence) or size is None:
        return Verdict.UNDECIDED
    lowest, highest = size
    shown = (
        f"{format_quantity(lowest, 'F')} (if parallel to the bulk) to {format_quantity(highest, 'F')} (if in series)"
    )
    if scale is None:
        margin, at_reference = _UNKNOWN_GEOMETRY, 1.0
        evidence.append(f"it takes up {shown}; thickness and area are not known, so bounds are ten times stricter")
    else:
        margin, at_reference = 1.0, scale * _REFERENCE_LENGTH_m
        low, high = (end * scale / VACUUM_PERMITTIVITY_F_m for end in size)
        evidence.append(f"it takes up {shown}: a relative permittivity of {low:.3g} to {high:.3g} by the geometry")
    lowest, highest = lowest * at_reference, highest * at_reference
    if highest < _BULK_LIMIT_F / margin:
        evidence.append("even in series, it is too small for a double layer or a grain boundary")
        evidence.append("leads and fixture store as little: the same run on an empty fixture must not show it")
        return Verdict.BULK
    if lowest > _ELECTRODE_LIMIT_F * margin:
        evidence.append("even parallel to the bulk, it is too large for a dielectric: it is an interface's")
        return Verdict.ELECTRODE
    if scale is not None and lowest > _BOUNDARY_F[0] and highest < _BOUNDARY_F[1]:
        evidence.append("it is too large for the bulk's dielectric and too small for an electrode's double layer")
        return Verdict.GRAIN_BOUNDARY
    evidence.append("capacitances of this size occur in more than one place: vary the thickness of the sample")
    return Verdict.UNDECIDED
