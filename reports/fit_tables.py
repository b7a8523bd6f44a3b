"""Tables of a fit, and its verdict in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fitting.interpretation.attribution import Reason
from fitting.interpretation.places import Verdict as Place
from fitting.results.remarks import RemarkKind
from protocols import format_quantity
from reports.content import Row, Table, Tone, Verdict
from reports.numbers import rounded_estimate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fitting.results.estimate import Estimate
    from fitting.results.fit_result import FitResult
    from fitting.study import Study

_LARGE = 10.0
"""Whiteness from which its decimals say nothing."""
HEADLINES = ("W_inf", "median_memory_time", "back_hop_fraction", "memory_time")
"""Memory quantities that stand beside the verdict, if the record determines them; two of them."""
_MOST_HEADLINES = 2
"""Figures beside a verdict: what it is about. Doubled, they are a table of their own."""


def verdict_of(study: Study) -> Verdict:
    """Return what a fit found; first of all whether the model describes the record."""
    result = study.result
    questioned = next((one for one in result.remarks if one.kind.questions_model), None)
    attribution = study.attribution
    evidence = () if attribution is None else attribution.evidence
    would = "Would confirm it" if attribution is not None and attribution.reason is Reason.ONE_PLACE else "Would decide"
    steps = () if attribution is None else tuple(f"{would}: {one}" for one in attribution.experiments)
    figures = tuple(
        (one.title, str(rounded_estimate(one)))
        for name in HEADLINES
        for one in result.memory
        if one.name == name and one.determined
    )[:_MOST_HEADLINES]
    circuit = result.model.circuit
    if questioned is not None:
        does_not = questioned.kind is RemarkKind.NOT_DESCRIBED
        sentence = (
            f"{circuit} does not describe this record: its figures are those of the nearest such cell"
            if does_not
            else f"{circuit} may not describe this record: the residual is more than the scatter of its samples"
        )
        return Verdict(f"{sentence}.", Tone.BAD if does_not else Tone.OPEN, (str(questioned), *evidence), (), steps)
    if attribution is None:
        tone = Tone.GOOD if not result.memory else Tone.OPEN
        sentence = f"{circuit} describes the record" + ("; whose memory it is was not asked." if result.memory else ".")
        return Verdict(sentence, tone, (), figures)
    # The last sentence of the evidence stands in the verdict.
    return Verdict(_attributed(study), _tone(study), evidence[:-1], figures, steps)


def _attributed(study: Study) -> str:
    found, circuit = study.attribution, study.result.model.circuit
    if found is None or found.reason is Reason.NO_CONDUCTOR:
        return f"{circuit} describes the record; it has no conductor with a memory."
    if found.reason is Reason.NOT_NEEDED and found.memory_gain is not None:
        return f"{circuit} describes the record, which needs no memory: {found.evidence[-1]}."
    if found.verdict is Place.UNDECIDED:
        return f"The memory is not attributed: {found.evidence[-1]}."
    return f"The memory is attributed to the {found.verdict}: {found.evidence[-1]}."


def _tone(study: Study) -> Tone:
    found = study.attribution
    is_settled = found is not None and (found.verdict is not Place.UNDECIDED or found.reason is Reason.NO_CONDUCTOR)
    return Tone.GOOD if is_settled else Tone.OPEN


def estimate_table(estimates: Iterable[Estimate], fixed: dict[str, float], caption: str) -> Table:
    """Return figures of a fit with intervals and units; those that the record does not determine are marked."""
    rows = [_row(one) for one in estimates]
    rows += [Row((name, f"{value:g}", "held", "", "")) for name, value in fixed.items()]
    headings: tuple[str, ...] = ("quantity", "value", "95 % interval", "unit", "note")
    if not any(row.cells[-1] for row in rows):
        headings, rows = headings[:-1], [Row(row.cells[:-1], row.is_doubtful) for row in rows]
    return Table(headings, tuple(rows), frozenset({1, 2}), caption)


def _row(one: Estimate) -> Row:
    found = rounded_estimate(one)
    note = one.note if one.determined else f"not determined: {one.note}"
    return Row((one.title, found.value, found.interval, found.unit, note), not one.determined)


def quality_rows(result: FitResult) -> Iterable[tuple[str, str]]:
    """Give how good a fit is, by name and value."""
    unit = result.unit
    answer = "current" if unit == "A" else "voltage"
    yield "circuit", result.model.circuit
    yield "rms residual", format_quantity(result.rms_residual_A, unit)
    yield f"rms {answer}", format_quantity(result.rms_current_A, unit)
    yield "noise of a sample", format_quantity(result.noise_A, unit)
    if result.whiteness == result.whiteness:
        yield "whiteness of the residual", f"{result.whiteness:.{2 if result.whiteness < _LARGE else 0}f} (white: 1)"
    yield "samples", f"{result.n_samples:,} used, {result.n_excluded:,} left out"
    shortest, longest = (format_quantity(end, "s") for end in result.window_s)
    yield "window after an edge", f"{shortest} to {longest}"
    if result.interval_inflation > 1.0:
        yield "intervals", f"{result.interval_inflation:.3g} times as wide as for white noise"
