"""Command `runs`: which runs there are."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ionecho.commands.output import error_console, print_json
from ionecho.commands.refusals import UsageError
from protocols import format_quantity, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daq.catalogue import CataloguedRun, Listing

_USUAL_LIMIT = 50
"""Runs that a table lists unless told otherwise: two screens. Doubled, the newest are out of sight."""
_NARROWEST = 8
"""Narrowest column of texts that may be cut short (characters): the beginning of a name. Doubled, fewer columns fit."""
_TOLD_FROM = 1000
"""Changed files from which on a terminal is told how many have been read: they take a second."""
_HEADINGS = ("start", "state", "sample", "T", "title", "tags", "fit", "verdict", "run")
_CUT = frozenset({"sample", "title", "tags", "fit", "verdict", "run"})
"""Columns that may be cut short."""
_LEFT_OUT_FIRST = ("verdict", "fit", "tags", "T", "title")
"""Columns that a narrow terminal has no room for, in the order in which they are left out."""


@dataclass(frozen=True)
class RunsRequest:
    """What ``ionecho runs`` was asked; see its options."""

    folders: tuple[Path, ...]
    where: str
    tags: tuple[str, ...]
    since: str
    text: str
    sort: str
    limit: int | None
    follow: Path | None
    unfollow: Path | None
    rebuild: bool


def list_runs(request: RunsRequest, *, as_json: bool) -> None:
    """Follow a folder or no longer, bring the catalogue up to date, and print the runs that were asked for."""
    from daq.catalogue import Search, follow, followed_folders, search_runs, unfollow

    for folder in (*request.folders, *([request.follow] if request.follow else [])):
        if not folder.is_dir():
            raise UsageError("there is no such folder", str(folder))
    if request.unfollow is not None:
        unfollow(request.unfollow)
    if request.follow is not None:
        follow(request.follow)
    limit = request.limit if request.limit is not None or as_json else _USUAL_LIMIT
    search = Search(
        request.folders, request.where, request.tags, request.since, request.text, request.sort, limit or None
    )
    listing = search_runs(search, rebuild=request.rebuild, on_read=None if as_json else _tell_progress)
    for note in listing.notes:
        error_console().print(f"note: {note}: its runs are listed as they were", markup=False, soft_wrap=True)
    followed = followed_folders()
    if as_json:
        runs = [{"run": one.path, **one.values, "tags": list(one.tags), "figures": one.figures} for one in listing.runs]
        print_json({"runs": runs, "found": listing.n_found, "followed": followed, "notes": list(listing.notes)})
    elif not (followed or request.folders):
        _print("No folder is followed: `ionecho runs --follow FOLDER` looks in one from now on.")
    else:
        _print_table(listing)


def _tell_progress(n_read: int, n_changed: int) -> None:
    if n_changed >= _TOLD_FROM and sys.stderr.isatty():
        sys.stderr.write(f"\rreading {n_read} of {n_changed} run files" + "\n" * (n_read == n_changed))
        sys.stderr.flush()


def _print_table(listing: Listing) -> None:
    if not listing.runs:
        _print("No run is like that.")
        return
    rows = [_row(one) for one in listing.runs]
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in table_lines(rows, width):
        _print(line)
    for one in listing.runs:
        if one.values["problem"]:
            _print(f"{one.path}: {one.values['problem']}")
    if len(listing.runs) < listing.n_found:
        _print(f"{len(listing.runs)} of {listing.n_found} runs; `--limit 0` lists all")


def _row(one: CataloguedRun) -> dict[str, str]:
    values = one.values
    temperature_K = values["temperature_K"]
    return {
        "start": _local(values["start"]),
        "state": "unreadable" if values["problem"] and not values["state"] else values["state"],
        "sample": values["sample"],
        "T": "" if temperature_K is None else format_quantity(temperature_K, "K"),
        "title": values["title"],
        "tags": ", ".join(one.tags),
        "fit": values["fit"],
        "verdict": values["verdict"],
        "run": _shown_path(one.path),
    }


def _shown_path(path: Path) -> str:
    """Return a path from the current folder, where it lies below that."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def _local(start: str) -> str:
    """Return a time of a run file as it is here."""
    try:
        return dt.datetime.fromisoformat(start).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return start[:16]


def table_lines(rows: Sequence[dict[str, str]], width: int | None) -> list[str]:
    """Return the lines of a table of texts that fits a width; columns without a text are left out.

    Parameters
    ----------
    rows : sequence of dict of str to str
        Texts by the headings of their columns; all have the same.
    width : int or None
        Characters of a line; None cuts nothing short.
    """
    shown = [{name: printable(" ".join(text.split())) for name, text in row.items()} for row in rows]
    names = [name for name in rows[0] if any(row[name] for row in shown)]
    widths = {name: max(_width(name), *(_width(row[name]) for row in shown)) for name in names}
    if width is not None:
        widths = _fitted(widths, width)
    lines = []
    for row in ({name: name for name in widths}, *shown):
        cells = [_cell(row[name], size, from_left=name == "run") for name, size in widths.items()]
        lines.append("  ".join(cells).rstrip())
    return lines


def _fitted(widths: dict[str, int], width: int) -> dict[str, int]:
    """Return widths of columns that fit a line: columns are left out, then texts cut short, the longest first."""
    fitted = dict(widths)

    def excess(of: dict[str, int]) -> int:
        return sum(of.values()) + 2 * (len(of) - 1) - width

    def least(of: dict[str, int]) -> dict[str, int]:
        return {name: min(size, _NARROWEST) if name in _CUT else size for name, size in of.items()}

    for name in _LEFT_OUT_FIRST:
        if excess(least(fitted)) > 0:
            fitted.pop(name, None)
    while excess(fitted) > 0:
        # The path last: it is what other commands are given.
        cut = [name for name in fitted if name in _CUT and fitted[name] > _NARROWEST and name != "run"] or ["run"]
        longest = max(cut, key=lambda name: fitted[name])
        if fitted[longest] <= 1:
            break
        fitted[longest] -= 1
    return fitted


def _width(text: str) -> int:
    return len(text) + sum(unicodedata.east_asian_width(one) in "WF" for one in text if not one.isascii())


def _cell(text: str, size: int, *, from_left: bool) -> str:
    """Return a text with blanks up to a width, or cut short to it; a path loses its beginning."""
    if _width(text) > size:
        while text and _width(text) > size - 1:
            text = text[1:] if from_left else text[:-1]
        text = f"…{text}" if from_left else f"{text}…"
    return text + " " * (size - _width(text))


def _print(line: str) -> None:
    sys.stdout.write(printable(line) + "\n")
