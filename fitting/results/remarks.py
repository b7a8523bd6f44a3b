"""Remarks of a fit: what to know before any of its figures is used.

A verdict depends on the kind of a remark, never on its wording. `TEXTS` is the only place where the wording stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from string import Formatter
from typing import TYPE_CHECKING, Any

from fitting.reduction.control import in_words_of, named_for
from protocols import format_number, format_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping


class RemarkKind(StrEnum):
    """Kinds of remarks; the values are the codes in documents and results files."""

    NOT_DESCRIBED = "not_described"
    """Free relaxations explain what the circuit leaves of a pulsed run. Value: ``interval_inflation``."""
    NOISE_NOT_WHITE = "noise_not_white"
    """The residual exceeds the scatter from sample to sample. Values: ``residual_ratio``, ``interval_inflation``."""
    INSTANT_RESPONSE = "instant_response"
    """The cell answers faster than a measured voltage was sampled. No values."""
    VOLTAGE_NOISE = "voltage_noise"
    """The bias by noise of a measured voltage was taken out. Value: ``voltage_noise_V``."""
    EDGE_LEAD = "edge_lead"
    """Where the jumps of a sampled voltage were found. Values: ``lead_s``, ``most_s``."""
    EDGE_RAMPS = "edge_ramps"
    """A sampled voltage went in straight lines from sample to sample. No values."""
    EDGE_PLACES = "edge_places"
    """Each jump of a sampled voltage has a place of its own. Values: ``n_edges``, ``deviation_s``."""
    NOT_AT_REST = "not_at_rest"
    """What came before the record still showed in it, and is fitted. Value: ``ratio``."""
    HISTORY_FREE = "history_free"
    """Decays from before the record are fitted, as was asked. No values."""
    OFFSET_PRESUMED = "offset_presumed"
    """The drive stood at one level, so that the offset had to be presumed. Value: ``deviation_A``."""
    BASELINE = "baseline"
    """A smooth baseline was fitted. Values: ``size_A``, ``parameter``, ``wider``."""
    SAMPLE_CHANGED = "sample_changed"
    """The last of equal pulses draws another current than the first.

    Values: ``n_pulses``; ``change``, ``low``, ``high`` (%)."""
    WHITENED = "whitened"
    """Correlated noise was whitened before the fit. Value: ``correlation_s``."""
    DOWNWEIGHTED = "downweighted"
    """A robust fit counts some samples less. Values: ``n_downweighted``, ``n_samples``."""
    SPECTRUM_CORRELATED = "spectrum_correlated"
    """The residual of a spectrum is correlated between neighbouring frequencies. Value: ``interval_inflation``."""
    SPECTRUM_MISFIT = "spectrum_misfit"
    """The circuit leaves more of an impedance than its Kramers-Kronig test. Value: ``residual_ratio``."""
    CONDUCTIVITY_MISFIT = "conductivity_misfit"
    """The circuit leaves more of a conductivity than free relaxations. Value: ``residual_ratio``."""
    LIKE_PARTS = "like_parts"
    """Parts of the circuit may change places: they are named by rising time. Value: ``parts``."""
    DEGENERATE = "degenerate"
    """Parameters of the circuit enter only in combination. Values: ``parameters``, ``combinations``."""
    ONLY_COMBINED = "only_combined"
    """The record tells parameters only in combination. Values: ``parameters``, ``combinations``."""
    LIKELY_CAUSE = "likely_cause"
    """What explains most of what a fit leaves. Values: ``cause``, ``kind``, ``share``, ``remedy``."""
    UNCODED = "uncoded"
    """A remark of a results file written before remarks had codes. Value: ``text``."""

    @property
    def questions_model(self) -> bool:
        """Whether the circuit may be the wrong one: the fit leaves what noise alone does not explain."""
        return self in {RemarkKind.NOT_DESCRIBED, RemarkKind.NOISE_NOT_WHITE}


TEXTS: dict[RemarkKind, str] = {
    RemarkKind.NOT_DESCRIBED: (
        "the model does not describe this record: free relaxations explain what it leaves; its parameters are those of"
        " the nearest such cell; the noise counts {interval_inflation:number} times for it, and intervals are as much"
        " wider"
    ),
    RemarkKind.NOISE_NOT_WHITE: (
        "the residual is {residual_ratio:number} times what the samples scatter by from one to the next: the noise is"
        " not white, or the model does not describe the cell; the noise counts {interval_inflation:number} times for"
        " it, and intervals are as much wider"
    ),
    RemarkKind.INSTANT_RESPONSE: (
        "the fitted cell answers faster than the voltage was sampled: what lies between two samples is a guess, and the"
        " parameters depend on it; sample faster, or fit to the commanded drive"
    ),
    RemarkKind.VOLTAGE_NOISE: (
        "the voltage was read with a noise of {voltage_noise_V:quantity V}, which the current does not follow: its bias"
        " is taken out"
    ),
    RemarkKind.EDGE_LEAD: (
        "the voltage was only sampled: by the current, it jumped {lead_s:quantity s} before the first sample after each"
        " jump; it may have done so at any time in the {most_s:quantity s} before it"
    ),
    RemarkKind.EDGE_RAMPS: (
        "the voltage was only sampled: by the current, it went straight from sample to sample where it changed, and did"
        " not jump between two of them (--edges step takes jumps)"
    ),
    RemarkKind.EDGE_PLACES: (
        "the voltage was only sampled, and not by the clock that stepped it: each of its {n_edges} jumps has a place of"
        " its own between two samples, found to {deviation_s:quantity s} and accounted for"
    ),
    RemarkKind.NOT_AT_REST: (
        "the cell was not at rest when the record began, or its baseline drifts: decays since the first sample explain"
        " {ratio:.3g} times what chance would; they are fitted beside it; if it was at rest at a level that you know,"
        " --before says so"
    ),
    RemarkKind.HISTORY_FREE: "what came before the record is not assumed: its decays are fitted beside the cell",
    RemarkKind.OFFSET_PRESUMED: (
        "the voltage stood at one level all the time, so that a steady current of the cell cannot be told from an"
        " offset of the ammeter: the offset is taken for 0, to {deviation_A:quantity A}"
    ),
    RemarkKind.BASELINE: (
        "a smooth baseline, {size_A:quantity A} from its lowest to its highest, is fitted beside the cell, as strong as"
        " the record says; with it {parameter} is {wider:.3g} times as uncertain"
    ),
    RemarkKind.SAMPLE_CHANGED: (
        "the sample changed: the last of {n_pulses} equal pulses draws {change:+.3g} % more current than the first,"
        " as the fit has both (95 %: {low:+.3g} to {high:+.3g} %)"
    ),
    RemarkKind.WHITENED: (
        "the noise is correlated from sample to sample, for {correlation_s:quantity s}: it was whitened (AR(1)) before"
        " the fit"
    ),
    RemarkKind.DOWNWEIGHTED: (
        "robust: {n_downweighted:,} of {n_samples:,} samples lie more than 2.7 deviations off and count less"
    ),
    RemarkKind.SPECTRUM_CORRELATED: (
        "the residual is correlated between neighbouring frequencies; the noise counts {interval_inflation:number}"
        " times for it, and intervals are as much wider"
    ),
    RemarkKind.SPECTRUM_MISFIT: (
        "the model leaves {residual_ratio:number} times what the Kramers-Kronig test leaves; the noise is taken from"
        " the residual"
    ),
    RemarkKind.CONDUCTIVITY_MISFIT: (
        "the model leaves {residual_ratio:number} times what free relaxations leave; the noise counts as many times for"
        " it, and intervals are as much wider"
    ),
    RemarkKind.LIKE_PARTS: (
        "{parts} may change places without changing the cell: the smallest label is given to the shortest time (or to"
        " the smallest value, without a time)"
    ),
    RemarkKind.DEGENERATE: (
        "{parameters} enter this circuit only in combination, whatever is measured; determined are {combinations}; hold"
        " one of them at what is known (--hold), or leave a part out"
    ),
    RemarkKind.ONLY_COMBINED: "this record tells {parameters} only in combination; determined are {combinations}",
    RemarkKind.LIKELY_CAUSE: (
        "likely cause: {cause} (explains {share:.0%} of the misfit; what would help: {remedy}); intervals hold what the"
        " parameters would be beside it"
    ),
    RemarkKind.UNCODED: "{text}",
}
"""Wording of each kind, with its values; ``quantity U`` shows a value with the unit U and a prefix."""


@dataclass(frozen=True)
class Remark:
    """A remark of a fit.

    Attributes
    ----------
    kind : RemarkKind
    values : mapping of str to float, int or str
        The figures that its text names, SI.
    source : str
        The record that it is about, in a fit of several.
    control : str
        Which quantity the instrument controlled; see `Nuisance.control`.
    """

    kind: RemarkKind
    values: Mapping[str, float | int | str] = field(default_factory=dict, hash=False)
    source: str = ""
    control: str = ""

    def __str__(self) -> str:
        text = _TextFormatter().vformat(in_words_of(self.control, TEXTS[self.kind]), (), self.values)
        return f"{self.source}: {text}" if self.source else text

    def to_document(self) -> dict[str, Any]:
        """Return code, values and text as plain data."""
        values = named_for(self.control, self.values)
        found = {"kind": str(self.kind), "values": values, "source": self.source, "text": str(self)}
        return {**found, "control": self.control} if self.control else found

    @classmethod
    def from_document(cls, document: Mapping[str, Any] | str) -> Remark:
        """Read what `to_document` wrote, or the bare sentence of an earlier version.

        A kind that this version does not know keeps its text.
        """
        if isinstance(document, str):
            return cls(RemarkKind.UNCODED, {"text": document})
        if document["kind"] not in set(RemarkKind):
            return cls(RemarkKind.UNCODED, {"text": document["text"]})
        control = document.get("control", "")
        values = named_for(control, document["values"])
        return cls(RemarkKind(document["kind"]), values, document["source"], control)


class _TextFormatter(Formatter):
    """The format of `TEXTS`: ``{x:quantity V}`` and ``{x:number}`` beside Python's own."""

    def format_field(self, value: Any, format_spec: str) -> str:
        kind, _, unit = format_spec.partition(" ")
        if kind == "number":
            return format_number(value)
        return format_quantity(value, unit) if kind == "quantity" else str(super().format_field(value, format_spec))
