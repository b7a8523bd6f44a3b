"""Catalogue of the runs in some folders: brought up to date by what has changed, and searched.

It is kept in a database of the user and can be made anew from the run files at any time; nothing is only in it.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daq.catalogue.database import open_database, put_entry, remove_database, remove_entry, snapshot, transaction
from daq.catalogue.fields import ALIASES, FIELDS, Kind
from daq.catalogue.place import CatalogueError, database_path, followed_folders
from daq.catalogue.scan import look
from daq.catalogue.where import Condition, compile_where, since_condition, tag_condition, words_condition
from protocols import printable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

_AT_ONCE = 200
"""Files whose entries are put in together: others wait a tenth of a second for the catalogue meanwhile. Doubled, so do
they twice as long; halved, a rebuild takes a tenth longer."""
_COLUMNS = (
    "id, path, problem, start, state, title, kind, maker, model, serial, resource, sample, thickness AS thickness_m, "
    "area AS area_m2, temperature AS temperature_K, operator, project, notes, campaign, point, samples, "
    "duration AS duration_s, circuit AS fit, verdict"
)


@dataclass(frozen=True)
class Search:
    """What is asked of the catalogue; what is empty asks for nothing.

    Attributes
    ----------
    folders : tuple of Path
        Runs in these folders and below them, followed or not; those of all followed folders unless any is given.
    where : str
        A condition (`daq.catalogue.where`).
    tags : tuple of str
        All of them.
    since : str
        A date, or a time such as ``3 days``.
    text : str
        Words that are anywhere.
    sort : str
        A field; behind a minus, the largest first.
    limit : int or None
        Most runs.
    """

    folders: tuple[Path, ...] = ()
    where: str = ""
    tags: tuple[str, ...] = ()
    since: str = ""
    text: str = ""
    sort: str = "-start"
    limit: int | None = None


@dataclass(frozen=True)
class CataloguedRun:
    """A run as the catalogue has it.

    Attributes
    ----------
    path : Path
    values : dict
        Plain data by the names of its columns, as ``ionecho runs --json`` prints them.
    tags : tuple of str
    figures : dict
        Fitted figures by name: ``value``, ``ci95``, ``unit``, ``determined``.
    """

    path: Path
    values: dict[str, Any]
    tags: tuple[str, ...] = ()
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Listing:
    """Answer to a search.

    Attributes
    ----------
    runs : tuple of CataloguedRun
    n_found : int
        How many there are beyond the limit too.
    notes : tuple of str
        What could not be looked into.
    """

    runs: tuple[CataloguedRun, ...]
    n_found: int
    notes: tuple[str, ...]


def search_runs(search: Search, *, rebuild: bool = False, on_read: Callable[[int, int], None] | None = None) -> Listing:
    """Bring the catalogue up to date and search it.

    Parameters
    ----------
    search : Search
    rebuild : bool, default False
        Whether all files are read anew.
    on_read : callable, optional
        Told how many of how many changed files have been read.

    Raises
    ------
    CatalogueError
        If the catalogue cannot be kept, or the search cannot be understood.
    """
    path = database_path()
    if rebuild:
        try:
            remove_database(path)
        except OSError as error:
            raise CatalogueError(
                f"the catalogue cannot be made anew: {error}. Close what uses it", str(path)
            ) from error
    folders = search.folders or tuple(followed_folders())
    with open_database(path) as connection:
        notes = update(connection, folders, on_read)
        with snapshot(connection):
            runs, n_found = select_runs(connection, replace(search, folders=folders))
    return Listing(runs, n_found, tuple(notes))


def update(
    connection: sqlite3.Connection, folders: Sequence[Path], on_read: Callable[[int, int], None] | None = None
) -> list[str]:
    """Read what has changed in some folders, take out what is gone, and return what could not be looked into.

    A file is read if its size or time of change, or that of what lies beside it, is not what it was. Runs of a folder
    that cannot be reached now stay in the catalogue.
    """
    found = look(folders)
    here = inside(folders)
    known = dict(connection.execute(f"SELECT path, stamp FROM runs WHERE {here.clause}", here.values))  # noqa: S608
    changed = [path for path, stamp in found.stamps.items() if known.get(path) != stamp]
    lost = [one.partition(": ")[0] for one in found.unreachable]
    gone = [
        path for path in known.keys() - found.stamps.keys() if not any(Path(path).is_relative_to(one) for one in lost)
    ]
    if gone:
        with transaction(connection):
            for path in gone:
                remove_entry(connection, path)
    if changed:
        _read_all(connection, changed, found.stamps, on_read)
    return found.unreachable


def _read_all(
    connection: sqlite3.Connection,
    changed: list[str],
    stamps: dict[str, str],
    on_read: Callable[[int, int], None] | None,
) -> None:
    # What reads run files needs arrays; a search of a catalogue that is up to date does not.
    from daq.catalogue.entry import needs_trial, read_entry, refused_entry
    from daq.files.probe import readable_files
    from daq.state import RunState

    for first in range(0, len(changed), _AT_ONCE):
        paths = [Path(one) for one in changed[first : first + _AT_ONCE]]
        tried = {one for one in paths if needs_trial(one)}
        refused = tried - readable_files(tried) if tried else set()
        entries = [refused_entry() if one in refused else read_entry(one) for one in paths]
        with transaction(connection):
            for path, entry in zip(changed[first : first + _AT_ONCE], entries, strict=True):
                # A run in progress changes in place, perhaps within the tick of the clock in which it was read.
                is_settled = bool(entry.problem) or RunState.from_file(entry.state).is_final
                put_entry(connection, path, stamps[path] if is_settled else "in progress", entry)
        if on_read is not None:
            on_read(min(first + _AT_ONCE, len(changed)), len(changed))


def select_runs(connection: sqlite3.Connection, search: Search) -> tuple[tuple[CataloguedRun, ...], int]:
    """Return the runs that a search finds in the catalogue as it is, and how many there are beyond its limit too."""
    condition, order = condition_of(connection, search), order_of(connection, search.sort)
    # The clause is made of columns and marks that `where` wrote; what the user gave is among the values.
    n_found = int(
        connection.execute(f"SELECT count(*) FROM runs WHERE {condition.clause}", condition.values).fetchone()[0]  # noqa: S608
    )
    return runs_like(connection, condition, order, search.limit), n_found


def runs_like(
    connection: sqlite3.Connection, condition: Condition, order: Condition, limit: int | None = None
) -> tuple[CataloguedRun, ...]:
    """Return the runs that meet a condition, in an order."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM runs WHERE {condition.clause} ORDER BY {order.clause}, runs.path LIMIT ?",  # noqa: S608 - as above
        [*condition.values, *order.values, -1 if limit is None else limit],
    )
    names = [one[0] for one in rows.description]
    found = [dict(zip(names, row, strict=True)) for row in rows]
    tags, figures = _beside(connection, [one["id"] for one in found])
    return tuple(_run(one, tags, figures) for one in found)


def _run(
    values: dict[str, Any], tags: dict[int, list[str]], figures: dict[int, dict[str, dict[str, Any]]]
) -> CataloguedRun:
    number = values.pop("id")
    path = Path(values.pop("path"))
    return CataloguedRun(path, values, tuple(tags.get(number, ())), figures.get(number, {}))


def _beside(
    connection: sqlite3.Connection, numbers: list[int]
) -> tuple[dict[int, list[str]], dict[int, dict[str, dict[str, Any]]]]:
    """Return tags and fitted figures of some runs."""
    import json

    chosen = [json.dumps(numbers)]
    tags: dict[int, list[str]] = {}
    for number, tag in connection.execute(
        "SELECT run, tag FROM tags WHERE run IN (SELECT value FROM json_each(?))", chosen
    ):
        tags.setdefault(number, []).append(tag)
    figures: dict[int, dict[str, dict[str, Any]]] = {}
    for number, name, value, low, high, unit, determined in connection.execute(
        "SELECT run, name, value, low, high, unit, determined FROM figures "
        "WHERE run IN (SELECT value FROM json_each(?))",
        chosen,
    ):
        figure = {"value": value, "ci95": [low, high], "unit": unit, "determined": bool(determined)}
        figures.setdefault(number, {})[name] = figure
    return tags, figures


def condition_of(connection: sqlite3.Connection, search: Search) -> Condition:
    """Return what runs must be like that a search finds.

    Raises
    ------
    CatalogueError
        If it cannot be understood.
    """
    parts = [inside(search.folders)]
    if search.where:
        parts.append(compile_where(search.where, figure_units(connection)))
    parts += [tag_condition(one) for one in search.tags]
    if search.since:
        parts.append(since_condition(search.since, dt.datetime.now(dt.UTC)))
    if search.text:
        parts.append(words_condition(search.text))
    return Condition(" AND ".join(one.clause for one in parts), [value for one in parts for value in one.values])


def inside(folders: Sequence[Path]) -> Condition:
    """Return the condition that a run lies in one of some folders, or below it."""
    starts = [os.path.join(os.path.abspath(one), "") for one in folders]  # noqa: PTH100, PTH118 - as they are followed
    clause = " OR ".join("substr(runs.path, 1, ?) = ?" for _ in starts) or "FALSE"
    return Condition(f"({clause})", [value for one in starts for value in (len(one), one)])


def figure_units(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the names of all fitted figures, and their units."""
    return dict(connection.execute("SELECT DISTINCT name, unit FROM figures"))


def order_of(connection: sqlite3.Connection, sort: str) -> Condition:
    """Return the order of a search: by a field or a figure; behind a minus, the largest first.

    Raises
    ------
    CatalogueError
        If there is no such field.
    """
    name = sort.removeprefix("-")
    direction = "DESC" if sort.startswith("-") else "ASC"
    known = ALIASES.get(name, name)
    if known in FIELDS and FIELDS[known].kind not in {Kind.TAGS, Kind.WORDS}:
        column = FIELDS[known].column
        collation = " COLLATE NOCASE" if FIELDS[known].kind is Kind.TEXT else ""
        return Condition(f"{column} IS NULL, {column}{collation} {direction}")
    figures = figure_units(connection)
    if known in figures:
        column = "(SELECT value FROM figures WHERE run = runs.id AND name = ?)"
        return Condition(f"{column} IS NULL, {column} {direction}", [known, known])
    sortable = ", ".join(one for one in [*FIELDS, *sorted(figures)] if one not in {"tag", "text"})
    raise CatalogueError(f"{printable(name)!r} is nothing to sort by: give one of {sortable}", "--sort")
