"""Long lists of runs for somebody who scrolls: the paths of all, and what is known of the few that are in sight."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from daq.catalogue.catalogue import (
    CataloguedRun,
    Search,
    condition_of,
    figure_units,
    inside,
    order_of,
    runs_like,
    update,
)
from daq.catalogue.database import open_database, snapshot
from daq.catalogue.place import database_path, followed_folders
from daq.catalogue.where import Condition

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_MOST_CHOICES = 500
"""Most values of a field that are offered to choose from: nobody reads more, and a search finds them all the same."""


@dataclass(frozen=True)
class FoundPaths:
    """Runs that a search finds, by their files only.

    Attributes
    ----------
    paths : tuple of str
        In the order of the search.
    followed : tuple of Path
        Folders that are followed.
    notes : tuple of str
        What could not be looked into; empty if it was not looked.
    """

    paths: tuple[str, ...]
    followed: tuple[Path, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choices:
    """Values that runs of the catalogue have, to choose from.

    Attributes
    ----------
    samples, instruments, states, tags : tuple of str
    figures : dict of str to str
        Names of all fitted figures, and their units.
    """

    samples: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    figures: dict[str, str] = field(default_factory=dict)


def find_paths(
    search: Search, *, up_to_date: bool = True, on_read: Callable[[int, int], None] | None = None
) -> FoundPaths:
    """Return the files of all runs that a search finds.

    Parameters
    ----------
    search : Search
        Its limit counts.
    up_to_date : bool, default True
        Whether the folders are looked into first; else the catalogue answers as it is, in milliseconds.
    on_read : callable, optional
        Told how many of how many changed files have been read.

    Raises
    ------
    CatalogueError
        If the catalogue cannot be kept, or the search cannot be understood.
    """
    followed = tuple(followed_folders())
    search = replace(search, folders=search.folders or followed)
    with open_database(database_path()) as connection:
        notes = update(connection, search.folders, on_read) if up_to_date else []
        with snapshot(connection):
            condition, order = condition_of(connection, search), order_of(connection, search.sort)
            rows = connection.execute(
                f"SELECT path FROM runs WHERE {condition.clause} ORDER BY {order.clause}, runs.path LIMIT ?",  # noqa: S608 - as in `select_runs`
                [*condition.values, *order.values, -1 if search.limit is None else search.limit],
            )
            return FoundPaths(tuple(one[0] for one in rows), followed, tuple(notes))


def read_runs(paths: Sequence[str]) -> dict[str, CataloguedRun]:
    """Return what the catalogue has of some runs; those that it no longer has are not among them."""
    chosen = Condition("runs.path IN (SELECT value FROM json_each(?))", [json.dumps(list(paths))])
    with open_database(database_path()) as connection:
        found = runs_like(connection, chosen, Condition("runs.id"))
    return {str(one.path): one for one in found}


def read_choices() -> Choices:
    """Return the values that runs of the followed folders have."""
    with open_database(database_path()) as connection, snapshot(connection):
        here = inside(followed_folders())

        def values(column: str, tables: str = "runs") -> tuple[str, ...]:
            rows = connection.execute(
                f"SELECT DISTINCT {column} FROM {tables} WHERE {here.clause} AND {column} != '' ORDER BY 1 LIMIT ?",  # noqa: S608 - columns of ours
                [*here.values, _MOST_CHOICES],
            )
            return tuple(str(one[0]) for one in rows)

        instruments = values("trim(runs.maker || ' ' || runs.model || ' ' || runs.serial)")
        tags = values("tags.tag", "runs JOIN tags ON tags.run = runs.id")
        return Choices(values("runs.sample"), instruments, values("runs.state"), tags, figure_units(connection))
