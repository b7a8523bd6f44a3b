"""Tables with a row for each run: without columns that are empty, and without those that say one thing of all runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reports.content import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COMPACT = "In brackets: half of the 95 % interval, in units of the last digits."
"""What the brackets of `compact_estimate` mean."""
_TOLD_ONCE = ("sample", "T", "thickness", "circuit")
"""Columns that stand in the caption where all runs are alike: figures beside them need the room."""
_NUMERIC = ("T", "thickness")
"""Columns that are set to the right."""


def runs_table(headings: Sequence[str], rows: Sequence[Row], caption: str = "") -> Table:
    """Return a table of runs.

    Parameters
    ----------
    headings : sequence of str
    rows : sequence of Row
        The first cell names the run.
    caption : str
        What is told beside the brackets of figures.
    """
    columns = list(zip(*(row.cells for row in rows), strict=True))
    alike = [
        k
        for k, heading in enumerate(headings)
        if heading in _TOLD_ONCE and len(rows) > 1 and columns[k][0] and len(set(columns[k])) == 1
    ]
    kept = [k for k in range(len(headings)) if k == 0 or (k not in alike and columns and any(columns[k]))]
    told = f"All: {', '.join(f'{headings[k]} {columns[k][0]}' for k in alike)}." if alike else ""
    return Table(
        tuple(headings[k] for k in kept),
        tuple(Row(tuple(row.cells[k] for k in kept), row.is_doubtful) for row in rows),
        frozenset(place for place, k in enumerate(kept) if headings[k] in _NUMERIC),
        " ".join(text for text in (told, COMPACT, caption) if text),
    )


def common_folder(paths: Iterable[str]) -> str:
    """Return the folder that all paths begin with; empty if there is none, or one path alone."""
    parents = {os.path.dirname(path) for path in paths}  # noqa: PTH120 - texts of a table, of whatever computer
    if len(parents) == 1:
        return parents.pop()
    try:
        return os.path.commonpath(parents)
    except ValueError:  # some absolute, or on several drives
        return ""


def name_in(folder: str, path: str) -> str:
    """Return how a run is called in a folder: without that and without the ending of run files."""
    inside = os.path.relpath(path, folder) if folder else path
    return inside.removesuffix(".nxs")
