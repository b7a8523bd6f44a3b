"""Refit of an archive: every run with every circuit, into one table that grows, whatever happens on the way."""

from __future__ import annotations

import os
import platform
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from daq.locks import Lock, LockHeldError
from fitting.archive.dispatch import processes, spread
from fitting.archive.job import Done, Job, refit_chunk
from fitting.archive.journal import Entry, Journal
from fitting.archive.records import runs_of, told_apart
from fitting.archive.rows import DUPLICATE, FAILED, FITTED, Row, key_of
from fitting.archive.settings import RefitSettings
from fitting.archive.table import check_table, read_table, write_table
from fitting.results.provenance import code_versions
from protocols import RunFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from fitting.archive.dispatch import Workers
    from fitting.archive.records import ArchivedRun

_MOST_TOGETHER = 8
"""Runs that are given out together: sending a piece of work takes a millisecond, a run some hundred. Doubled, twice as
much is done again when a worker dies."""
_LOST = "the process that fitted it ended before it was done, whenever it was tried: memory ran out, or it was killed"


@dataclass(frozen=True)
class Progress:
    """How far a refit is.

    Attributes
    ----------
    n_done, n_runs : int
        Runs, those that need not be fitted again among them.
    last : str
        Path of the run that was done last.
    """

    n_done: int
    n_runs: int
    last: str = ""


@dataclass(frozen=True)
class Refitted:
    """What a refit did.

    Attributes
    ----------
    table : Path
    rows : list of Row
        All rows of the table.
    n_runs : int
        Runs that were given.
    n_fitted, n_failed, n_duplicate, n_unchanged : int
        Rows of these runs: new ones, those that say why there is no fit, records that were given twice, and fits that
        were in the table and still hold.
    failures : list of Row
    duplicates : list of ArchivedRun
    """

    table: Path
    rows: list[Row]
    n_runs: int
    n_fitted: int
    n_failed: int
    n_duplicate: int
    n_unchanged: int
    failures: list[Row]
    duplicates: list[ArchivedRun]


def refit_archive(
    runs: Iterable[Path | str],
    circuits: Iterable[str],
    table: Path | str,
    *,
    settings: RefitSettings | None = None,
    workers: Workers[Job, Done] | None = None,
    follow: Callable[[Progress], None] | None = None,
) -> Refitted:
    """Fit every run to every circuit, each by itself, and write one table with a row for each.

    Rows are kept as they are found, in a journal beside the table: a refit that was killed goes on from there. Rows of
    a table that is there already stay; those of the same record, circuit and settings are fitted again only if the run,
    what was stated of it, or the code has changed.

    Parameters
    ----------
    runs : iterable of path
        Run files, patterns, folders.
    circuits : iterable of str
    table : path
        A .csv or .parquet file.
    settings : RefitSettings, optional
        Its circuits are replaced by those given.
    workers : Workers, optional
        Who does it; one process for each core unless given. See `processes` and `cluster`.
    follow : callable, optional
        Is told how far it is.

    Returns
    -------
    Refitted

    Raises
    ------
    InputError
        If there is no run, or no such table can be made.
    RunFileError
        If the table that is there is none of a refit, or the disk fails.
    """
    target = Path(table)
    check_table(target)
    chosen = replace(settings or RefitSettings(()), circuits=tuple(dict.fromkeys(circuits)))
    archive = told_apart(runs_of(Path(one) for one in runs))
    with _locked(target):
        return _refitted(archive, target, chosen, workers, follow or (lambda _: None))


@contextmanager
def _locked(table: Path) -> Iterator[None]:
    """Hold a table, so that no other refit writes it meanwhile."""
    try:
        lock = Lock(table.with_name(f"{table.name}.lock"), f"process {os.getpid()} on {platform.node()}")
    except LockHeldError as error:
        raise RunFileError(f"{table}: another refit writes it just now ({error}): wait for it, or stop it") from None
    try:
        yield
    finally:
        lock.remove()


def _refitted(
    archive: list[ArchivedRun],
    target: Path,
    settings: RefitSettings,
    workers: Workers[Job, Done] | None,
    tell: Callable[[Progress], None],
) -> Refitted:
    journal = Journal(target)
    book = _Book(settings, read_table(target) if target.exists() else [])
    found_before: dict[str, Entry] = {}
    for entry in journal.entries():
        book.add(entry.rows)
        found_before |= {str(row["run"]): entry for row in entry.rows}
    duplicates = [one for one in archive if one.same_as is not None]
    for one in duplicates:
        book.add(_duplicate_rows(one, settings))
    jobs = [job for one in archive if one.same_as is None and (job := book.job_for(one.path, found_before)) is not None]
    n_done, n_fitted = len(archive) - len(jobs), 0
    failures: list[Row] = []
    tell(Progress(n_done, len(archive)))
    try:
        for done in _done(jobs, settings, workers or processes(os.cpu_count() or 1)):
            journal.add(_entry(done))
            book.add(done.rows)
            n_done += 1
            n_fitted += sum(row["status"] == FITTED for row in done.rows)
            failures += [row for row in done.rows if row["status"] == FAILED]
            tell(Progress(n_done, len(archive), done.job.path))
    finally:
        journal.close()
    rows = book.ordered(one.path for one in archive)
    write_table(target, rows)
    journal.remove()
    n_circuits, n_failed = len(settings.circuits), len(failures)
    n_duplicate = len(duplicates) * n_circuits
    n_unchanged = len(archive) * n_circuits - n_fitted - n_failed - n_duplicate
    return Refitted(target, rows, len(archive), n_fitted, n_failed, n_duplicate, n_unchanged, failures, duplicates)


def _done(jobs: list[Job], settings: RefitSettings, workers: Workers[Job, Done]) -> Iterator[Done]:
    """Yield what becomes of each job; no process is started for none."""
    if jobs:
        size = max(1, min(_MOST_TOGETHER, len(jobs) // (4 * workers.count)))
        yield from spread(workers, _Chunk(settings), jobs, lambda job: _lost(job, settings), size)


@dataclass(frozen=True)
class _Chunk:
    """The work of a process with its settings: what is sent to it."""

    settings: RefitSettings

    def __call__(self, jobs: Sequence[Job]) -> list[Done]:
        return refit_chunk(jobs, self.settings)


class _Book:
    """Rows by what there is one of each, in the order in which they came."""

    def __init__(self, settings: RefitSettings, rows: list[Row]) -> None:
        self._settings = settings
        self._rows: dict[tuple[str, str, str], Row] = {}
        self._of_path: dict[tuple[str, str, str], tuple[str, str, str]] = {}
        self.add(rows)

    def add(self, rows: Iterable[Row]) -> None:
        """Take in rows in place of those of the same record, or of the same path, circuit and settings."""
        for row in rows:
            place = str(row["run"]), str(row["circuit"]), str(row["settings_sha256"])
            before = self._of_path.get(place)
            if before is not None:
                self._rows.pop(before, None)
            key = key_of(row)
            moved = self._rows.pop(key, None)
            if moved is not None:
                self._of_path.pop((str(moved["run"]), str(row["circuit"]), str(row["settings_sha256"])), None)
            self._rows[key] = row
            self._of_path[place] = key

    def job_for(self, path: Path, found_before: dict[str, Entry]) -> Job | None:
        """Return what is to be done of a run; None if its rows were found a moment ago, in a refit that was killed."""
        known = {}
        for circuit in self._settings.circuits:
            key = self._of_path.get((str(path), circuit, self._settings.sha256))
            row = None if key is None else self._rows[key]
            if row is not None and row["status"] == FITTED and row.get("code") == code_versions()["code"]:
                known[circuit] = str(row["sha256"]), str(row.get("stated") or "")
        entry = found_before.get(str(path))
        if entry is not None and len(known) == len(self._settings.circuits) and _status(path) == _status_of(entry):
            return None
        return Job(str(path), str(path.absolute()), known)

    def ordered(self, paths: Iterable[Path]) -> list[Row]:
        """Return all rows: those of other runs as they were, then those of these runs in their order."""
        place = {str(path): k for k, path in enumerate(paths)}
        circuit = {name: k for k, name in enumerate(self._settings.circuits)}
        n = len(circuit)
        return sorted(
            self._rows.values(), key=lambda row: (place.get(str(row["run"]), -1), circuit.get(row["circuit"], n))
        )


def _status(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return -1, 0
    return status.st_size, status.st_mtime_ns


def _status_of(entry: Entry) -> tuple[int, int]:
    return entry.size, entry.changed_ns


def _entry(done: Done) -> Entry:
    return Entry(list(done.rows), *_status(Path(done.job.place)))


def _duplicate_rows(one: ArchivedRun, settings: RefitSettings) -> list[Row]:
    row = {"run": str(one.path), "status": DUPLICATE, "reason": f"the same record as {one.same_as}"}
    return [row | {"circuit": circuit, "settings_sha256": settings.sha256} for circuit in settings.circuits]


def _lost(job: Job, settings: RefitSettings) -> Done:
    """Return the rows of a run whose process never lived to the end of it."""
    common = {"run": job.path, "status": FAILED, "reason": _LOST, **code_versions()}
    kept = {"settings": settings.text, "settings_sha256": settings.sha256}
    return Done(job, tuple({**common, "circuit": one, **kept} for one in settings.circuits))
