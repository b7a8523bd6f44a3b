"""Answers of fits: what a document says, made ready to be shown. Without Qt; called in a worker thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gui.common.language import tr
from gui.fit.documents import (
    DiagnosisView,
    Listing,
    ProfileView,
    SeveralView,
    comparison_of,
    diagnosis_of,
    families_of,
    figures_listing,
    profile_of,
)
from gui.fit.fit_wish import FitKind, FitWish
from gui.fit.joint_documents import joint_diagnosis_of, joint_of
from gui.fit.kept_model import KeptFits, kept_fits
from gui.fit.result_model import ShownFit, load_fit

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, eq=False)
class StudyAnswer:
    """A fit of one run, and all that are kept of it.

    Attributes
    ----------
    fit : ShownFit or None
        None if none is kept.
    kept : KeptFits or None
    """

    fit: ShownFit | None
    kept: KeptFits | None


@dataclass(frozen=True)
class OtherAnswer:
    """A spectrum of relaxations, a posterior, or a referee's table."""

    listing: Listing


@dataclass(frozen=True)
class FamiliesAnswer:
    """Circuits, the best first."""

    listing: Listing


Answer = StudyAnswer | FamiliesAnswer | DiagnosisView | ProfileView | SeveralView | OtherAnswer


def kept_answer(run: Path, circuit: str = "") -> StudyAnswer:
    """Return a fit that is kept beside a run, the newest unless a circuit is given, and all that are kept."""
    kept = kept_fits(run)
    return StudyAnswer(None if kept is None else load_fit(run, circuit), kept)


def answer_of(wish: FitWish, document: Mapping[str, Any]) -> Answer:
    """Return what is shown of a document that a wish has brought."""
    if "records" in document:  # a joint fit, or an impedance text
        is_diagnosis = wish.kind in {FitKind.DIAGNOSE, FitKind.DIAGNOSE_TOGETHER}
        return joint_diagnosis_of(document) if is_diagnosis else joint_of(document)
    if wish.kind is FitKind.CIRCUIT:
        return kept_answer(Path(document["run"]), document["model"])
    if wish.kind is FitKind.RANK:
        return FamiliesAnswer(families_of(document))
    if wish.kind is FitKind.DIAGNOSE:
        return diagnosis_of(document)
    if wish.kind is FitKind.PROFILE:
        return profile_of(document)
    if wish.kind is FitKind.COMPARE:
        return comparison_of(document)
    return OtherAnswer(_other(wish.kind, document))


def _other(kind: FitKind, document: Mapping[str, Any]) -> Listing:
    if kind is FitKind.TABLE:
        return _referee_listing(document)
    if kind is FitKind.POSTERIOR:
        return figures_listing(tr("Posterior: all cells that fit"), _figures_in(document))
    return figures_listing(tr("Spectrum of relaxations, without a model"), _figures_in(document))


def _figures_in(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return all that looks like a figure, in its order."""
    found: dict[str, Mapping[str, Any]] = {}
    for name, one in document.items():
        if isinstance(one, dict):
            found |= {name: one} if "value" in one and "ci95" in one else _figures_in(one)
    return found


def _referee_listing(document: Mapping[str, Any]) -> Listing:
    rows = []
    for number, run in enumerate(document["runs"], start=1):
        for name, one in _figures_in(run).items():
            row = figures_listing("", {name: one}).rows[0]
            rows.append((str(run.get("run", number)), *row))
    headings = (tr("Run"), tr("Figure"), tr("Value"), tr("95 %"), tr("Note"))
    return Listing(tr("What a referee asks for"), headings, tuple(rows))
