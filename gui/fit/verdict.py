"""Verdict of a fit: what is remembered, for how long, how surely, and by whom, in one sentence. Without Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gui.common.language import tr
from protocols import format_estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fitting import Estimate, Study
    from fitting.results.remarks import Remark

_NOTES = {
    "not_described",
    "noise_not_white",
    "voltage_noise",
    "edge_lead",
    "edge_places",
    "history_free",
    "baseline",
    "whitened",
    "downweighted",
    "like_parts",
    "uncoded",
}
"""Kinds of remarks that say what was done, and those that the verdict's own sentence says; all others say that a figure
may be wrong, or that there is none."""


@dataclass(frozen=True)
class KeyFigure:
    """One of the few figures that everybody asks for.

    Attributes
    ----------
    title, value, detail : str
        The detail is its interval, or what it rests on.
    """

    title: str
    value: str
    detail: str


@dataclass(frozen=True)
class Verdict:
    """What a fit says of the memory, before any evidence.

    Attributes
    ----------
    tone : str
        ``good``, ``open`` or ``bad``: a memory that is somebody's, one that is not decided or not determined, a model
        that does not describe the record.
    sentence : str
    source : str
        Circuit, record, what is left of it.
    figures : tuple of KeyFigure
    """

    tone: str
    sentence: str
    source: str
    figures: tuple[KeyFigure, ...] = ()


@dataclass(frozen=True)
class Notice:
    """Something to know before a figure is used, or of what was done.

    Attributes
    ----------
    is_warning : bool
    text : str
    option : str
        Option of a fit that would help; empty if none is known.
    """

    is_warning: bool
    text: str
    option: str = ""


def verdict_of(study: Study, source: str) -> Verdict:
    """Return the verdict of a study."""
    result, circuit = study.result, study.result.model.circuit
    kinds = {str(one.kind) for one in result.remarks}
    found = {one.name: one for one in result.memory}
    share, time = found.get("back_hop_fraction"), found.get("median_memory_time")
    if "not_described" in kinds:
        text = tr("{circuit} does not describe this record. Its figures are those of the nearest such cell: use none.")
        return Verdict("bad", text.format(circuit=circuit), source)
    if share is None or time is None:
        text = tr("{circuit} has no conductor that remembers: its fit says nothing of a memory.")
        return Verdict("open", text.format(circuit=circuit), source)
    figures = (_share_figure(share), _time_figure(time), _owner_figure(study))
    if "noise_not_white" in kinds:
        text = tr(
            "It is not sure that {circuit} describes this record: the fit leaves more than the samples scatter by."
        )
        return Verdict("bad", text.format(circuit=circuit), source, figures)
    if not (share.determined and time.determined):
        text = tr("This record does not determine what is remembered, or for how long.")
        return Verdict("open", text, source, figures)
    fall = tr("the conductance falls by {share}, half of it within {time}.").format(
        share=figures[0].value, time=figures[1].value
    )
    verdict = "" if study.attribution is None else str(study.attribution.verdict)
    owners = {
        "bulk": tr("The bulk remembers: {fall}"),
        "electrode": tr("The electrode remembers, not the bulk: {fall}"),
        "grain boundary": tr("Grain boundaries remember: {fall}"),
    }
    if verdict in owners:
        return Verdict("good", owners[verdict].format(fall=fall), source, figures)
    text = tr("Something remembers, and bulk or electrode is not decided: {fall}")
    return Verdict("open", text.format(fall=fall), source, figures)


def _share_figure(share: Estimate) -> KeyFigure:
    scaled = tuple(None if end is None else 100.0 * end for end in share.ci95)
    value, interval = format_estimate(100.0 * share.value, (scaled[0], scaled[1]), "")
    detail = tr("95 %: {interval} %").format(interval=interval)
    if not share.determined:
        return KeyFigure(tr("Remembered"), tr("not determined"), share.note)
    return KeyFigure(tr("Remembered"), share.bound or f"{value} %", detail)


def _time_figure(time: Estimate) -> KeyFigure:
    value, interval = time.shown()
    if not time.determined:
        return KeyFigure(tr("Half of it within"), tr("not determined"), time.note)
    return KeyFigure(tr("Half of it within"), value, tr("95 %: {interval}").format(interval=interval))


def _owner_figure(study: Study) -> KeyFigure:
    attribution = study.attribution
    if attribution is None:
        return KeyFigure(tr("By"), tr("not asked"), tr("fit again to have the memory attributed"))
    owners = {
        "bulk": tr("the bulk"),
        "electrode": tr("the electrode"),
        "grain boundary": tr("grain boundaries"),
        "undecided": tr("undecided"),
    }
    return KeyFigure(tr("By"), owners[str(attribution.verdict)], attribution.evidence[-1])


def notices_of(remarks: Sequence[Remark], figures: Sequence[Estimate]) -> tuple[Notice, ...]:
    """Return what to know, warnings first: figures that must not be used, then the remarks."""
    found = [_notice(one) for one in remarks]
    doubted = [one.title for one in figures if not one.determined]
    if doubted:
        text = tr("Not determined by this record, and not to be used: {names}.").format(names=", ".join(doubted))
        found.append(Notice(is_warning=True, text=text))
    return tuple(sorted(found, key=lambda one: not one.is_warning))


def _notice(remark: Remark) -> Notice:
    text = str(remark)
    text = text[:1].upper() + text[1:] + "." * (not text.endswith("."))
    option = str(remark.values.get("remedy", "")) if str(remark.kind) == "likely_cause" else ""
    option = option if option.startswith(("--", "@")) else ""  # else it is advice, and no option of a fit
    return Notice(str(remark.kind) not in _NOTES, text, option)
