"""Files of the followed folders: which there are, and which have changed since they were read."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from daq.files.names import is_results, results_path, statements_path

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

INDEX = "campaign.nxs"
"""Index of a campaign, which links to the runs beside it and is none itself."""
_ASIDE = "aside"
_DEEPEST = 32
"""Deepest folder below a followed one: a circle of mounted folders has no end. Doubled, nothing changes."""


@dataclass
class Found:
    """What a look at the followed folders found.

    Attributes
    ----------
    stamps : dict of str to str
        Sizes and times of change of each run file and of what lies beside it.
    unreachable : list of str
        Folders that could not be looked into, with the reason.
    """

    stamps: dict[str, str] = field(default_factory=dict)
    unreachable: list[str] = field(default_factory=list)


def look(folders: Iterable[Path]) -> Found:
    """Look for run files in folders and all below them; symbolic links to folders are not followed."""
    found = Found()
    for folder in folders:
        try:
            _look_into(os.path.abspath(folder), found, 0)  # noqa: PTH100 - links are kept as they were given
        except OSError as error:
            found.unreachable.append(f"{folder}: {error.strerror or error}")
    return found


def _look_into(folder: str, found: Found, depth: int) -> None:
    runs: list[str] = []
    stamps: dict[str, str] = {}
    below: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name.endswith((".nxs", ".statements.toml")):
                try:
                    status = entry.stat()
                except FileNotFoundError:  # removed just now, or a link to nothing
                    continue
                stamps[name] = f"{status.st_size}.{status.st_mtime_ns}"
                if name.endswith(".nxs") and not name.endswith(".results.nxs") and name != INDEX:
                    runs.append(name)
            elif not name.startswith(".") and entry.is_dir(follow_symlinks=False):
                below.append(entry.path)
    for name in runs:
        stem = name[:-4]
        beside = (stamps.get(f"{stem}.results.nxs", ""), stamps.get(f"{stem}.statements.toml", ""))
        found.stamps[os.path.join(folder, name)] = " ".join((stamps[name], *beside))  # noqa: PTH118 - ten thousand
    for one in below if depth < _DEEPEST else ():
        try:
            _look_into(one, found, depth + 1)
        except OSError as error:
            found.unreachable.append(f"{one}: {error.strerror or error}")


def stamp_of(path: Path) -> str:
    """Return size and time of change of a run file and of what lies beside it; empty if there is no such file."""
    stamps = []
    for one in (path, results_path(path), statements_path(path)):
        try:
            status = one.stat()
            stamps.append(f"{status.st_size}.{status.st_mtime_ns}")
        except OSError:
            stamps.append("")
    return " ".join(stamps) if stamps[0] else ""


def is_run_file(path: Path) -> bool:
    """Whether a path may be that of a run."""
    return path.name.endswith(".nxs") and not is_results(path) and path.name != INDEX


def is_put_aside(path: Path) -> bool:
    """Whether a run is an attempt of a campaign that was not completed: in ``aside/`` beside its index or state."""
    campaign = path.parent.parent
    return path.parent.name == _ASIDE and any((campaign / name).is_file() for name in (INDEX, "campaign.sqlite"))
