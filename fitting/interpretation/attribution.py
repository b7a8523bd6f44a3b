"""Attribution of a memory to the bulk, a grain boundary or the electrode, with its evidence.

The verdict depends on figures and on the kinds of remarks; the sentences are for readers only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from fitting.inference.solution import solve_single
from fitting.interpretation.deciding_experiments import (
    Experiment,
    experiments_between,
    longer_pulse,
    shorter_pulse,
)
from fitting.interpretation.places import (
    Geometry,
    Hypothesis,
    Place,
    THIN_FILM_m,
    Verdict,
    format_length,
    hypotheses,
    possible_places,
)
from fitting.interpretation.reversal_shares import reversal_shares, steady_circuit
from fitting.interpretation.simpler_cells import NEEDED_AICC, JudgedFit, aicc_loss, judged_fit
from fitting.reduction.reduction import Reduction
from fitting.results.remarks import RemarkKind
from protocols import FitError, format_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fitting.records.record import Record
    from fitting.results.fit_result import FitResult
    from fitting.results.remarks import Remark
    from protocols import Sample

_SHARE_OF_ITS_OWN = 0.05
"""Least share of the returning charge that makes a memory the bulk's: real electrodes leave a few percent that no
circuit describes. Doubled, bulk beside an electrode that charges fast is left undecided."""
_WHOLE_GAIN = 1000.0
"""Gain in AICc from which its decimals are left out: all say the same. Doubled, nobody would act on them either."""


class Reason(StrEnum):
    """What a verdict rests on; the values are the codes in documents."""

    NO_CONDUCTOR = "no_conductor"
    """The circuit has no conductor with a memory."""
    NOT_NEEDED = "not_needed"
    """The same cell without a memory explains the record as well, or cannot be fitted for comparison."""
    MODEL_QUESTIONED = "model_questioned"
    """A remark says that the fitted cell may not be the one that was measured."""
    NOT_DETERMINED = "not_determined"
    """The record does not determine time, depth or capacitance of the memory."""
    SEVERAL_PLACES = "several_places"
    """The capacitance occurs in more than one place."""
    NO_PLACE = "no_place"
    """The capacitance occurs in none of the places."""
    SMALL_SHARE = "small_share"
    """The bulk has the capacitance, but hardly any of the charge that flows back is its own."""
    ONE_PLACE = "one_place"
    """The capacitance occurs in one place only."""


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
        layer that blocks takes voltage from the bulk. None where nothing flows back, or without an electrode.
    capacitance_F : tuple of float or None
        Least and greatest capacitance that the relaxation may have, whichever place it sits at.
    permittivity : tuple of float or None
        The same as a relative permittivity of the sample, where its geometry is known.
    area_capacitance_F_m2 : tuple of float or None
        The same per area of an electrode, where that is known.
    reason : Reason or None
        What the verdict rests on; None in documents of earlier versions.
    hypotheses : tuple of Hypothesis
        The places that the memory might have, each with what it would have to be.
    experiments : tuple of Experiment
        What would decide, or confirm, the most telling first.
    """

    verdict: Verdict
    evidence: tuple[str, ...]
    memory_gain: float | None = None
    reversal_by_bulk: float | None = None
    reversal_by_electrode: float | None = None
    capacitance_F: tuple[float, float] | None = None
    permittivity: tuple[float, float] | None = None
    area_capacitance_F_m2: tuple[float, float] | None = None
    reason: Reason | None = None
    hypotheses: tuple[Hypothesis, ...] = ()
    experiments: tuple[Experiment, ...] = ()

    @property
    def summary(self) -> str:
        """The verdict and what decided it, in one line."""
        return f"memory attributed to: {self.verdict} ({self.evidence[-1]})"

    @property
    def possible_places(self) -> tuple[Place, ...]:
        """Places that the size of the memory allows."""
        return possible_places(self.hypotheses)

    @property
    def lines(self) -> tuple[str, ...]:
        """The evidence, then the experiments that would decide."""
        would = "would confirm it" if self.reason is Reason.ONE_PLACE else "would decide"
        return (*self.evidence, *(f"{would}: {one}" for one in self.experiments))

    def __str__(self) -> str:
        return f"memory attributed to: {self.verdict}\n" + "\n".join(f"  - {line}" for line in self.lines)

    def to_document(self) -> dict[str, Any]:
        """Return plain data (JSON)."""
        return {
            "verdict": str(self.verdict),
            "reason": None if self.reason is None else str(self.reason),
            "evidence": list(self.evidence),
            "memory_gain_aicc": self.memory_gain,
            "reversal_by_bulk": self.reversal_by_bulk,
            "reversal_by_electrode": self.reversal_by_electrode,
            "capacitance_F": _listed(self.capacitance_F),
            "relative_permittivity": _listed(self.permittivity),
            "area_capacitance_F_m2": _listed(self.area_capacitance_F_m2),
            "hypotheses": [one.to_document() for one in self.hypotheses],
            "experiments": [one.to_document() for one in self.experiments],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Attribution:
        """Read what `to_document` wrote; documents of earlier versions have no reason, hypotheses and experiments."""
        reason = document.get("reason")
        return cls(
            Verdict(document["verdict"]),
            tuple(document["evidence"]),
            document["memory_gain_aicc"],
            document["reversal_by_bulk"],
            document["reversal_by_electrode"],
            _pair(document["capacitance_F"]),
            _pair(document["relative_permittivity"]),
            _pair(document.get("area_capacitance_F_m2")),
            None if reason is None else Reason(reason),
            tuple(Hypothesis.from_document(one) for one in document.get("hypotheses", ())),
            tuple(Experiment.from_document(one) for one in document.get("experiments", ())),
        )


def _listed(ends: tuple[float, float] | None) -> list[float] | None:
    return None if ends is None else list(ends)


def _pair(ends: list[float] | None) -> tuple[float, float] | None:
    return None if ends is None else (ends[0], ends[1])


@dataclass(frozen=True)
class _Judgement:
    """What was concluded, with the sentence that says so."""

    verdict: Verdict
    reason: Reason
    text: str
    experiments: tuple[Experiment, ...] = ()


def attribute(run_or_reduction: Record | Reduction, result: FitResult, sample: Sample | None = None) -> Attribution:
    """Attribute the memory that a fit has found.

    A Debye conductor cannot be distinguished from a resistor in series with a resistor and capacitor side by side: by
    its shape alone an electrode or a grain boundary is a memory as good as any. What distinguishes them is the size of
    the capacitance: as a permittivity of the sample if it is the bulk's own, per area if it is an interface's, by the
    number of grains if it is their boundaries'. Each place is a hypothesis. The verdict names one if no other is left,
    for a memory that the data need (AICc against the same cell without it), whose time, depth and capacitance the
    record determines, in a cell that no remark questions; and it is "bulk" only if a share of the charge that flows
    back is the bulk's. Otherwise the verdict is "undecided", and the experiments say what would decide.

    Parameters
    ----------
    run_or_reduction : Record or Reduction
        What was fitted.
    result : FitResult
        Its fit.
    sample : Sample, optional
        Thickness and area; permittivity, grain size and temperature where they are known. What is not known may be
        anything that is usual.

    Returns
    -------
    Attribution
    """
    if result.model.bulk is None:
        line = f"{result.model.circuit} has no conductor with a memory: its relaxations are resistors and capacitors"
        return Attribution(Verdict.UNDECIDED, (line,), reason=Reason.NO_CONDUCTOR)
    if isinstance(run_or_reduction, Reduction):
        reduction = run_or_reduction
    else:
        from fitting.reduction.reduce import reduce_run  # a kept reduction needs none of it

        reduction = reduce_run(run_or_reduction)
    evidence: list[str] = []
    shares = reversal_shares(reduction, result)
    if shares.by_electrode is None:
        evidence.append("the circuit has no electrode in series: one in the cell would be taken for memory")
    judged = judged_fit(reduction, result)
    asked, result = result, judged.result
    if judged.left_out:
        evidence.append(
            f"the record does not show {judged.left_out}: {result.model.circuit} explains it as well and is judged"
        )
    gain = _memory_gain(reduction, result, evidence)
    for name, share in (("bulk", shares.by_bulk), ("electrode", shares.by_electrode)):
        if share is not None:
            evidence.append(f"{100.0 * share:.3g} % of the charge that flows back is contributed by the fitted {name}")
    geometry = Geometry.of(sample)
    size = _interval(judged)
    places = () if size is None else hypotheses(*size, geometry)
    judgement = _obstacle(reduction, judged, gain, (*asked.remarks, *judged.result.remarks))
    if judgement is None:
        evidence += _described(result, places, geometry)
        judgement = _judgement(reduction, judged, places, shares.by_bulk, sample)
    evidence.append(judgement.text)
    ends = None if size is None else (size[0][0], size[1][1])
    permittivity = area_capacitance = None
    if ends is not None and geometry.is_known:
        unit_F = geometry.unit_permittivity_F[0]
        permittivity = (ends[0] / unit_F, ends[1] / unit_F)
    if ends is not None and sample is not None and sample.area_m2:
        area_capacitance = (ends[0] / sample.area_m2, ends[1] / sample.area_m2)
    return Attribution(
        judgement.verdict,
        tuple(evidence),
        gain,
        shares.by_bulk,
        shares.by_electrode,
        ends,
        permittivity,
        area_capacitance,
        judgement.reason,
        places,
        judgement.experiments,
    )


def _gained(gain: float) -> str:
    """Return a gain in AICc: no decimals where they would have no meaning."""
    return f"{gain:+.4g}" if abs(gain) < _WHOLE_GAIN else f"{gain:+,.0f}"


def _memory_gain(reduction: Reduction, result: FitResult, evidence: list[str]) -> float | None:
    """Refit with a plain resistor in place of the bulk; return the gain in AICc by its memory."""
    circuit, _ = steady_circuit(result.model)
    try:
        plain = solve_single(reduction, result.model.variant(circuit))
    except FitError as error:
        evidence.append(f"{circuit}, without a memory, cannot be fitted for comparison: {error}")
        return None
    gain = aicc_loss(reduction, plain, result)
    needed = "the data need a memory" if gain > NEEDED_AICC else "the data do not need a memory"
    evidence.append(f"{needed}: AICc of {circuit}, refitted without one, is {_gained(gain)}")
    return gain


def _interval(judged: JudgedFit) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return the 95 % intervals of the capacitance in both readings (F); None where an end is open."""
    (low, high), (least, most) = (one.ci95 for one in judged.sizes)
    if low is None or high is None or least is None or most is None:
        return None
    return (low, max(high, most) if judged.plateau_is_shared else high), (least, most)


def _obstacle(
    reduction: Reduction, judged: JudgedFit, gain: float | None, remarks: tuple[Remark, ...]
) -> _Judgement | None:
    """Return why there is no verdict whatever the size of the capacitance; None if there is no reason."""
    result = judged.result
    if gain is None or gain <= NEEDED_AICC:
        return _Judgement(Verdict.UNDECIDED, Reason.NOT_NEEDED, "without a memory there is nothing to attribute")
    if any(one.kind.questions_model or one.kind is RemarkKind.INSTANT_RESPONSE for one in remarks):
        text = f"{result.model.circuit} may not describe the record: find a circuit that does"
        return _Judgement(Verdict.UNDECIDED, Reason.MODEL_QUESTIONED, text)
    if not judged.open_questions:
        return None
    text = "the memory is not resolved: " + "; ".join(judged.open_questions)
    return _Judgement(Verdict.UNDECIDED, Reason.NOT_DETERMINED, text, longer_pulse(reduction, result))


def _described(result: FitResult, places: tuple[Hypothesis, ...], geometry: Geometry) -> list[str]:
    """Say what was found of a memory that the record determines, and what each place makes of it."""
    time = format_quantity(result["median_memory_time"].value, "s")
    shortest, longest = (format_quantity(end, "s") for end in result.window_s)
    lines = [f"the memory is resolved: median time {time}, window {shortest} to {longest}", *map(str, places)]
    if not geometry.is_known:
        lines.append("thickness and area are not both known: what is not known may be anything that is usual")
    elif geometry.is_thin:
        lines.append(
            f"below about {format_length(THIN_FILM_m)} bulk and interfaces hold the same number of farads: only"
            " another thickness distinguishes them"
        )
    return lines


def _judgement(
    reduction: Reduction,
    judged: JudgedFit,
    judged_places: tuple[Hypothesis, ...],
    share: float | None,
    sample: Sample | None,
) -> _Judgement:
    """Judge a memory that the record determines by its size and by who gives back the charge."""
    result, places = judged.result, possible_places(judged_places)
    if not places:
        text = "capacitances of this size occur in none of these places: check thickness, area and permittivity"
        return _Judgement(Verdict.UNDECIDED, Reason.NO_PLACE, text)
    experiments = experiments_between(places, result, sample, judged.sizes[1])
    verdicts = {place.verdict for place in places}
    if len(verdicts) > 1:
        text = f"capacitances of this size occur in more than one place: {', '.join(places)}"
        return _Judgement(Verdict.UNDECIDED, Reason.SEVERAL_PLACES, text, experiments)
    verdict = verdicts.pop()
    if verdict is Verdict.BULK and (share is None or share < _SHARE_OF_ITS_OWN):
        text = "the capacitance is the bulk's, but nearly all of the charge that flows back is not"
        return _Judgement(Verdict.UNDECIDED, Reason.SMALL_SHARE, text, shorter_pulse(reduction, result))
    text = {
        Verdict.BULK: "no interface of this sample holds so little; leads and fixture may: measure them empty",
        Verdict.GRAIN_BOUNDARY: "it is too large for the bulk's dielectric and too small for an electrode",
        Verdict.ELECTRODE: "neither the bulk's dielectric nor grain boundaries hold so much",
    }[verdict]
    return _Judgement(verdict, Reason.ONE_PLACE, text, experiments)
