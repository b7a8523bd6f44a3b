"""Columns of the list of runs: what each shows of a run, and by what it is sorted. Without Qt."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gui.common.language import tr
from protocols import format_estimate, format_quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from daq.catalogue import CataloguedRun

PICTURE = "picture"
"""Key of the column of pictures."""
EDITED = frozenset({"tags", "notes"})
"""Keys of columns that are edited in place."""


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes
    ----------
    key : str
        Name of a field, or of a fitted figure.
    title : str
    width : int
        Pixels, at first.
    is_number : bool
    sort : str
        By what the catalogue sorts; empty if it cannot.
    """

    key: str
    title: str
    width: int = 120
    is_number: bool = False
    sort: str = ""


def usual_columns() -> tuple[Column, ...]:
    """Return the columns that are shown at first."""
    known = {one.key: one for one in known_columns()}
    keys = ("start", PICTURE, "sample", "T", "title", "tags", "fit", "state", "notes")
    return tuple(known[key] for key in keys)


def known_columns() -> tuple[Column, ...]:
    """Return all columns but those of fitted figures, in the order in which they are offered."""
    return (
        Column("start", tr("Time"), 128, sort="start"),
        Column(PICTURE, tr("Current"), 112),
        Column("sample", tr("Sample"), 120, sort="sample"),
        Column("T", tr("T"), 76, is_number=True, sort="T"),
        Column("title", tr("Title"), 170, sort="title"),
        Column("tags", tr("Tags"), 130),
        Column("notes", tr("Notes"), 220, sort="notes"),
        Column("fit", tr("Newest fit"), 130, sort="fit"),
        Column("verdict", tr("Verdict"), 110, sort="verdict"),
        Column("state", tr("State"), 90, sort="state"),
        Column("instrument", tr("Instrument"), 190, sort="instrument"),
        Column("kind", tr("Kind"), 110, sort="kind"),
        Column("thickness", tr("Thickness"), 90, is_number=True, sort="thickness"),
        Column("area", tr("Area"), 90, is_number=True, sort="area"),
        Column("duration", tr("Duration"), 90, is_number=True, sort="duration"),
        Column("samples", tr("Samples"), 100, is_number=True, sort="samples"),
        Column("operator", tr("Operator"), 110, sort="operator"),
        Column("project", tr("Project"), 120, sort="project"),
        Column("campaign", tr("Campaign"), 150, sort="campaign"),
        Column("point", tr("Point"), 64, is_number=True, sort="point"),
        Column("path", tr("File"), 320, sort="path"),
    )


def columns_of(keys: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns of some keys, in their order, fitted figures too; the usual ones if there are none."""
    known = {one.key: one for one in known_columns()}
    return tuple(known.get(key) or figure_column(key) for key in dict.fromkeys(keys)) or usual_columns()


def figure_column(name: str) -> Column:
    """Return the column of a fitted figure."""
    return Column(name, name, 110, is_number=True, sort=name)


def cell_text(run: CataloguedRun, key: str) -> str:
    """Return what stands in a column of a run."""
    if key in _TEXTS:
        return _TEXTS[key](run)
    if key in run.values:
        return " ".join(str(run.values[key]).split())
    figure = run.figures.get(key)
    if figure is None:
        return ""
    text = format_quantity(figure["value"], figure["unit"], 3)
    return text if figure["determined"] else f"({text})"


def cell_tip(run: CataloguedRun, key: str) -> str:
    """Return what more is known of a cell."""
    if key in {"notes", "path"}:
        return str(run.path) if key == "path" else str(run.values["notes"])
    if key == "state" and run.values["problem"]:
        return str(run.values["problem"])
    return _interval(run.figures[key]) if key in run.figures else ""


def _interval(figure: Mapping[str, Any]) -> str:
    low, high = figure["ci95"]
    _, ends = format_estimate(figure["value"], (low, high), figure["unit"])
    text = tr("95 %: {interval}").format(interval=ends)
    return text if figure["determined"] else tr("{interval}; this run does not determine it").format(interval=text)


def local_time(start: str) -> str:
    """Return a time of a run file as it is here."""
    try:
        return dt.datetime.fromisoformat(start).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return start[:16]


def _quantity(name: str, unit: str) -> Callable[[CataloguedRun], str]:
    def text(run: CataloguedRun) -> str:
        value = run.values[name]
        return "" if value is None else format_quantity(value, unit)

    return text


_TEXTS: dict[str, Callable[[CataloguedRun], str]] = {
    PICTURE: lambda _: "",
    "start": lambda run: local_time(run.values["start"]),
    "T": _quantity("temperature_K", "K"),
    "thickness": _quantity("thickness_m", "m"),
    "area": _quantity("area_m2", "m^2"),
    "duration": _quantity("duration_s", "s"),
    "samples": lambda run: f"{run.values['samples']:,}",
    "point": lambda run: str(run.values["point"] or ""),
    "tags": lambda run: ", ".join(run.tags),
    "state": lambda run: tr("unreadable") if run.values["problem"] and not run.values["state"] else run.values["state"],
    "instrument": lambda run: " ".join(run.values[name] for name in ("maker", "model", "serial")).strip(),
    "path": lambda run: run.path.name,
}
