"""Database of the catalogue: its tables, and how entries are put in and taken out."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from daq.catalogue.place import ENVIRONMENT, CatalogueError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from daq.catalogue.entry import Entry

VERSION = 1
"""Version of the tables: a catalogue of an earlier version is made anew from the run files, a newer one is left."""
PATIENCE_S = 30.0
"""How long (s) one program waits for another that writes the catalogue: a piece of a rebuild takes a second. Doubled, a
program that hangs is told half a minute later."""
_RETRY_S = 0.02
"""Pause (s) between two attempts: a switch takes a millisecond. Doubled, a start waits so much longer."""
_TABLES = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, stamp TEXT NOT NULL, problem TEXT NOT NULL,
    start TEXT NOT NULL, state TEXT NOT NULL, title TEXT NOT NULL, kind TEXT NOT NULL, maker TEXT NOT NULL,
    model TEXT NOT NULL, serial TEXT NOT NULL, resource TEXT NOT NULL, sample TEXT NOT NULL, thickness REAL, area REAL,
    temperature REAL, operator TEXT NOT NULL, project TEXT NOT NULL, notes TEXT NOT NULL, campaign TEXT NOT NULL,
    point INTEGER NOT NULL, samples INTEGER NOT NULL, duration REAL NOT NULL, circuit TEXT NOT NULL,
    verdict TEXT NOT NULL
);
CREATE INDEX runs_by_start ON runs (start);
CREATE TABLE tags (run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, tag TEXT NOT NULL);
CREATE INDEX tags_by_run ON tags (run);
CREATE TABLE figures (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, name TEXT NOT NULL, value REAL, low REAL, high REAL,
    unit TEXT NOT NULL, determined INTEGER NOT NULL
);
CREATE INDEX figures_by_run ON figures (run, name);
CREATE INDEX figures_by_name ON figures (name, unit);
CREATE VIRTUAL TABLE words USING fts5 (found_by, tokenize = "unicode61 remove_diacritics 2");
"""
_COLUMNS = (
    "path, stamp, problem, start, state, title, kind, maker, model, serial, resource, sample, thickness, area, "
    "temperature, operator, project, notes, campaign, point, samples, duration, circuit, verdict"
)


@contextmanager
def open_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield the database; one that is damaged, or of an earlier version, is made anew and empty.

    Raises
    ------
    CatalogueError
        If its folder cannot be written to, another program keeps it to itself, or a newer ionecho made it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = _connected(path)
    except (OSError, sqlite3.Error) as error:
        raise CatalogueError(f"the catalogue of runs cannot be kept: {error}", str(path)) from error
    try:
        yield connection
    except sqlite3.Error as error:
        raise CatalogueError(
            f"the catalogue of runs failed: {error}. `ionecho runs --rebuild` makes it anew", str(path)
        ) from error
    finally:
        connection.close()


def remove_database(path: Path) -> None:
    """Remove the database: the next program that opens it makes it anew."""
    for end in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            os.unlink(f"{path}{end}")  # noqa: PTH108 - a path with an ending


def _connected(path: Path) -> sqlite3.Connection:
    try:
        return _with_tables(path)
    except sqlite3.OperationalError:  # locked, or a folder that cannot be written to: it is no damage
        raise
    except sqlite3.DatabaseError:
        remove_database(path)
        return _with_tables(path)


def _with_tables(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)
    try:
        _require_known(connection, path)
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.create_function("contains", 2, _contains, deterministic=True)
        connection.create_function("same", 2, _same, deterministic=True)
        if _version(connection) != VERSION:
            _make_tables(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    """Let readers and a writer work side by side; SQLite does not wait by itself for another program that says so."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_S)
        else:
            return


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _require_known(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a catalogue that a newer ionecho made, before anything of it is changed: that one may be in use."""
    version = _version(connection)
    if version > VERSION:
        raise CatalogueError(
            f"a newer ionecho made this catalogue of runs (version {version}; this one reads up to {VERSION}), and it"
            f" is left as it is. Upgrade, or name another folder in {ENVIRONMENT} for this ionecho; `ionecho runs"
            " --rebuild` makes it anew for this one, from the run files",
            str(path),
        )


def _make_tables(connection: sqlite3.Connection) -> None:
    """Make the tables, in place of those of an earlier version, unless another program has just done so."""
    with transaction(connection):
        if _version(connection) == VERSION:
            return
        for name in ("words", "figures", "tags", "runs"):
            connection.execute(f"DROP TABLE IF EXISTS {name}")
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _contains(whole: str | None, part: str) -> bool | None:
    return None if whole is None else part.casefold() in whole.casefold()


def _same(one: str | None, other: str) -> bool | None:
    return None if one is None else one.casefold() == other.casefold()


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Let all that is read within be of one moment, whatever other programs change meanwhile."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Make all changes within, or none."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def put_entry(connection: sqlite3.Connection, path: str, stamp: str, entry: Entry) -> None:
    """Put an entry in, in place of the one before it."""
    one = entry.summary
    remove_entry(connection, path)
    values = (
        *(
            path,
            stamp,
            entry.problem,
            one.start_time,
            entry.state,
            one.title,
            one.kind,
            one.maker,
            one.model,
            one.serial,
        ),
        *(one.resource, one.sample, one.thickness_m, one.area_m2, one.temperature_K, one.operator, one.project),
        *(one.notes, one.campaign, one.point, entry.samples, entry.duration_s, entry.circuit, entry.verdict),
    )
    marks = ", ".join("?" * len(values))
    run = connection.execute(f"INSERT INTO runs ({_COLUMNS}) VALUES ({marks})", values).lastrowid  # noqa: S608 - ours
    connection.executemany("INSERT INTO tags VALUES (?, ?)", [(run, tag) for tag in one.tags])
    connection.executemany(
        "INSERT INTO figures VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(run, f.name, f.value, f.low, f.high, f.unit, f.determined) for f in entry.figures],
    )
    words = (one.title, one.sample, one.operator, one.project, one.campaign, *one.tags, one.notes, one.kind, one.maker)
    words += (one.model, one.serial, entry.circuit, entry.verdict, entry.state, os.path.basename(path))  # noqa: PTH119
    connection.execute("INSERT INTO words (rowid, found_by) VALUES (?, ?)", (run, "\n".join(filter(None, words))))


def remove_entry(connection: sqlite3.Connection, path: str) -> None:
    """Take an entry out, if there is one."""
    row = connection.execute("SELECT id FROM runs WHERE path = ?", (path,)).fetchone()
    if row is not None:
        connection.execute("DELETE FROM words WHERE rowid = ?", row)
        connection.execute("DELETE FROM runs WHERE id = ?", row)
