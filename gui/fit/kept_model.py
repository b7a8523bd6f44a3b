"""Fits that are kept of a run, side by side. Without Qt; called in a worker thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gui.common.language import tr
from gui.fit.documents import Listing
from protocols import format_estimate, format_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_ASKED = ("back_hop_fraction", "median_memory_time", "W_inf", "memory_time", "mode_capacitance")
"""Figures that stand side by side for every model that has them; then its parameters."""


@dataclass(frozen=True)
class KeptFits:
    """Fits that are kept of a run, the newest first.

    Attributes
    ----------
    circuits : tuple of str
    listing : Listing
        A row for each figure, a column for each fit.
    """

    circuits: tuple[str, ...]
    listing: Listing


def kept_fits(run_path: Path) -> KeptFits | None:
    """Return the fits that are kept beside a run, None if there are none."""
    from daq.files.kept_fits import fit_documents

    documents = fit_documents(run_path)
    return side_by_side(documents) if documents else None


def side_by_side(documents: tuple[Mapping[str, Any], ...]) -> KeptFits:
    """Return documents of fits as one table."""
    from fitting.results.document import up_to_date
    from fitting.results.titles import title_of

    fits = [up_to_date(one) for one in documents]
    circuits = tuple(one["model"] for one in fits)
    rows = [(tr("Describes the record"), *(_describes(one) for one in fits))]
    rows.append((tr("Residual"), *(_residual(one) for one in fits)))
    rows.append((tr("By"), *(_verdict(one) for one in fits)))
    asked = [name for name in _ASKED if any(name in one["memory"] for one in fits)]
    rows += [(title_of(name), *(_shown(one["memory"].get(name)) for one in fits)) for name in asked]
    names = dict.fromkeys(name for one in fits for name in one["parameters"])
    rows += [(name, *(_shown(one["parameters"].get(name)) for one in fits)) for name in names]
    return KeptFits(circuits, Listing("", (tr("Figure"), *circuits), tuple(rows)))


def _describes(document: Mapping[str, Any]) -> str:
    kinds = {one.get("kind", "") if isinstance(one, dict) else "" for one in document["remarks"]}
    if "not_described" in kinds:
        return tr("no")
    return tr("not sure") if "noise_not_white" in kinds else tr("yes")


def _residual(document: Mapping[str, Any]) -> str:
    unit = "V" if "rms_residual_V" in document else "A"
    return format_quantity(document[f"rms_residual_{unit}"], unit, 3)


def _verdict(document: Mapping[str, Any]) -> str:
    attribution = document.get("attribution")
    return str(attribution["verdict"]) if attribution else "–"


def _shown(figure: Mapping[str, Any] | None) -> str:
    if figure is None or figure["value"] is None:
        return "–"
    low, high = figure["ci95"]
    value, interval = format_estimate(figure["value"], (low, high), figure["unit"])
    doubt = "" if figure["determined"] else tr("; not determined")
    return f"{value} ({interval}){doubt}"
