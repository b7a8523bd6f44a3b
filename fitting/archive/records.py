"""Runs of an archive: which files there are, and which of them hold the same record."""

from __future__ import annotations

import glob
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from daq import is_results
from daq.catalogue.scan import INDEX, is_put_aside
from daq.files.fingerprint import digest_of_file
from daq.files.seal import SEAL_BYTES, peek_seal
from protocols import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SUFFIX = ".nxs"


@dataclass(frozen=True)
class ArchivedRun:
    """A run file of an archive.

    Attributes
    ----------
    path : Path
        As it was given.
    same_as : Path or None
        A run given before that holds the same record.
    """

    path: Path
    same_as: Path | None = None


def runs_of(given: Iterable[Path]) -> list[Path]:
    """Return the run files that paths, patterns and folders name, each once, in their order.

    Of a folder all run files in it and below, of a pattern such as ``runs/*.nxs`` those that it finds, by name. Results
    files are left out, as are, unless they are named one by one, indexes of campaigns and what their attempts measured
    that were not completed.

    Raises
    ------
    InputError
        If a path names nothing, or no run is left.
    """
    found: dict[Path, None] = {}
    for one in given:
        for path in _named(one):
            if not is_results(path):
                found.setdefault(path)
    if not found:
        raise InputError("there is no run file in what was given: name run files, patterns such as runs/*.nxs, folders")
    return list(found)


def _named(given: Path) -> Sequence[Path]:
    if given.is_dir():
        below = (path for path in given.rglob(f"*{_SUFFIX}") if path.is_file() and path.name != INDEX)
        return sorted(path for path in below if not is_put_aside(path))
    if given.exists() or not glob.has_magic(str(given)):
        return [given]  # one that is not there gets a row that says so
    found = sorted(Path(name) for name in glob.glob(str(given), recursive=True))  # noqa: PTH207 - absolute ones too
    return [path for path in found if path.is_file() and path.name != INDEX]


def told_apart(paths: Sequence[Path]) -> list[ArchivedRun]:
    """Return the runs, those that hold a record given before marked.

    A record is given twice by links to one file, by copies of one, and by files of one run (two states of it, by the
    run's own identity). Only copies that look alike in their first kilobyte are read whole. Of a link and its file the
    link is the second, wherever they stand; a file that was cut short stands for no other.

    Parameters
    ----------
    paths : sequence of Path
    """
    seen: dict[str, Path] = {}
    alike: dict[str, list[Path]] = {}
    found: dict[Path, Path | None] = {}
    for path in sorted(paths, key=lambda one: one.is_symlink()):
        try:
            marks, appearance = _marks(path)
        except OSError:
            found[path] = None
            continue
        first = next((seen[mark] for mark in marks if mark in seen), None)
        if first is None:
            first = _copied(path, alike.setdefault(appearance, []))
        if first is None:
            seen |= dict.fromkeys(marks, path)
            alike[appearance].append(path)
        found[path] = first
    return [ArchivedRun(path, found[path]) for path in paths]


def _copied(path: Path, others: list[Path]) -> Path | None:
    """Return which of some files that look alike has the same content."""
    if not others:
        return None
    content = digest_of_file(path)
    return next((other for other in others if digest_of_file(other) == content), None)


def _marks(path: Path) -> tuple[list[str], str]:
    """Return what tells a record from others, and what a copy of it would look like."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(descriptor)
        about = peek_seal(descriptor, "run") or {}
        start = os.read(descriptor, SEAL_BYTES)
    finally:
        os.close(descriptor)
    # Windows gives files without a number of their own the number 0.
    marks = [f"file {status.st_dev} {status.st_ino}"] if status.st_ino else []
    run_id = str(about.get("run_id", ""))
    if run_id and about.get("size") == status.st_size:
        marks.append(f"run {run_id}")
    return marks, f"{status.st_size} {hashlib.sha256(start).hexdigest()}"
