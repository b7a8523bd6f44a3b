"""Fits of some runs side by side: a column for each run and circuit, a row for each figure. Without Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gui.common.language import tr
from protocols import format_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_FIGURES = ("parameters", "times", "memory", "combinations")
"""Members of a fit's document that hold figures by their names, in the order in which they are shown."""


@dataclass(frozen=True)
class Cell:
    """What stands in the table.

    Attributes
    ----------
    text : str
    tip : str
        Interval and note.
    is_doubtful : bool
        Whether the record does not determine it.
    """

    text: str
    tip: str = ""
    is_doubtful: bool = False


@dataclass(frozen=True)
class FitsSideBySide:
    """Kept fits of some runs.

    Attributes
    ----------
    runs : tuple of Path
    columns : tuple of pairs of str
        Name of the run, and circuit.
    rows : tuple
        Pairs of the title of a figure and its cells; None where a fit does not have it.
    problems : tuple of str
        Why fits of some runs cannot be read.
    """

    runs: tuple[Path, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...] = ()
    problems: tuple[str, ...] = ()


def side_by_side(
    runs: tuple[Path, ...], fits: Sequence[tuple[Path, Mapping[str, Any]]], problems: tuple[str, ...] = ()
) -> FitsSideBySide:
    """Return the table of some fits, each the document (of today's form) of a run.

    Rows come in the order in which the fits have them: what all have stands first.
    """
    columns = tuple((path.stem, str(one.get("model", ""))) for path, one in fits)
    cells = [_cells(one) for _, one in fits]
    titles = list(dict.fromkeys(title for one in cells for title in one))
    titles.sort(key=lambda title: sum(title not in one for one in cells))  # stable: the order stays among equals
    rows = tuple((title, tuple(one.get(title) for one in cells)) for title in titles)
    return FitsSideBySide(runs, columns, rows, problems)


def _cells(document: Mapping[str, Any]) -> dict[str, Cell]:
    from fitting.results.estimate import Estimate

    found = {tr("Verdict"): _verdict(document), tr("Residual"): _residual(document)}
    for member in _FIGURES:
        for name, one in document.get(member, {}).items():
            if not isinstance(one, dict) or one.get("value") is None:
                continue
            estimate = Estimate.from_document(name, one)
            if not math.isfinite(estimate.value):
                continue
            value, interval = estimate.shown()
            parts = (name, tr("95 %: {interval}").format(interval=interval), estimate.note)
            found[estimate.title] = Cell(value, "\n".join(filter(None, parts)), not estimate.determined)
    return found


def _verdict(document: Mapping[str, Any]) -> Cell:
    attribution = document.get("attribution") or {}
    return Cell(str(attribution.get("verdict", "")) or tr("not attributed"))


def _residual(document: Mapping[str, Any]) -> Cell:
    for unit in ("A", "V"):
        rms = document.get(f"rms_residual_{unit}")
        if rms is not None:
            noise = document.get(f"step_noise_{unit}")
            known = format_quantity(noise, unit) if noise else tr("unknown")
            return Cell(format_quantity(rms, unit), tr("noise {noise}").format(noise=known))
    return Cell("")
