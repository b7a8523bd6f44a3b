"""Files that are opened or dropped on the window: what each is, and who takes it."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from gui.common.language import tr
from gui.services.child_process import JsonChild, end_children
from protocols import IonechoError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gui.services.jobs import Jobs

_N_OF_FOLDER = 10
"""Runs of a folder that are opened with it, the newest: more curves are not told apart."""
_IMPORT_LIMIT_S = 600.0
"""A text of a gigabyte takes two minutes. Doubled, a hung import is noticed ten minutes later."""


class OpeningError(IonechoError):
    """Something that cannot be opened."""


class Kind(Enum):
    """What a file is."""

    RUN = "a run file"
    PROTOCOL = "a protocol"
    CAMPAIGN = "a campaign"
    TEXT = "a text of another program"


def kind_of(path: Path) -> Kind:
    """Return what a file is, by its content; takes a look at the disk.

    Parameters
    ----------
    path : Path

    Raises
    ------
    OpeningError
        If it is not there, cannot be read, or is a results file.
    """
    from h5py import is_hdf5

    from daq import is_results
    from protocols.campaigns import is_campaign
    from protocols.library import content_of

    if not path.is_file():
        raise OpeningError(tr("there is no such file"), str(path))
    if is_results(path):
        raise OpeningError(tr("this file keeps the fits of a run: open the run beside it"), str(path))
    if path.suffix.lower() == ".toml":
        return Kind.CAMPAIGN if is_campaign(content_of(path)) else Kind.PROTOCOL
    return Kind.RUN if is_hdf5(path) else Kind.TEXT


def runs_of(folder: Path) -> tuple[Path, ...]:
    """Return the newest run files of a folder, the oldest of them first."""
    from daq import is_results

    runs = [path for path in folder.glob("*.nxs") if not is_results(path)]
    if not runs:
        raise OpeningError(tr("there is no run in this folder"), str(folder))
    return tuple(sorted(runs, key=lambda path: path.stat().st_mtime)[-_N_OF_FOLDER:])


class Opening(QObject):
    """Opens files: looks at them in a worker thread, imports texts in child processes.

    Parameters
    ----------
    parent : QObject
    jobs : Jobs
    folder : Path
        Where the runs go that are made of texts.
    """

    runs = Signal(object)
    """Run files (tuple of Path)."""
    protocol = Signal(object)
    """A protocol file (Path)."""
    campaign = Signal(object)
    """A campaign file (Path)."""
    importing = Signal(str)
    """Name of a text of which a run is being made; empty when there is none any more."""
    opened = Signal(object)
    """What was opened (Path), as it was named."""
    failed = Signal(str)
    """Why something was not opened."""

    def __init__(self, parent: QObject, jobs: Jobs, folder: Path) -> None:
        super().__init__(parent)
        self._jobs, self._folder = jobs, folder
        self._imports: dict[JsonChild, str] = {}

    def open(self, paths: Sequence[Path]) -> None:
        """Open files and folders of any kind."""
        chosen = tuple(paths)
        self._jobs.do(lambda: _looked_at(chosen), self._sort, lambda error: self.failed.emit(str(error)))

    def _sort(self, found: tuple[list[tuple[Path, Kind]], list[tuple[Path, tuple[Path, ...]]], list[str]]) -> None:
        files, folders, problems = found
        runs = [path for path, kind in files if kind is Kind.RUN]
        runs += [path for _, inside in folders for path in inside]
        if runs:
            self.runs.emit(tuple(runs))
        for path, kind in files:
            if kind is Kind.PROTOCOL:
                self.protocol.emit(path)
            elif kind is Kind.CAMPAIGN:
                self.campaign.emit(path)
            elif kind is Kind.TEXT:
                self._import(path)
        for path in (*(path for path, kind in files if kind is not Kind.TEXT), *(path for path, _ in folders)):
            self.opened.emit(path)
        for problem in problems:
            self.failed.emit(problem)

    def _import(self, path: Path) -> None:
        from daq.files.run_path import file_name_for

        child = JsonChild(tr("The import"), self, limit_s=_IMPORT_LIMIT_S)
        child.documented.connect(lambda document: self._imported(child, path, document))
        child.failed.connect(lambda why: self._not_imported(child, why))
        self._imports[child] = path.name
        self.importing.emit(path.name)
        target = self._folder / file_name_for(path.stem)
        child.start("import", str(path), "--output", str(target), "--json")

    def _imported(self, child: JsonChild, path: Path, document: dict[str, Any]) -> None:
        self._end(child)
        try:
            run = Path(str(document["run"]))
        except (KeyError, TypeError):
            self.failed.emit(tr("The import has told no run file."))
            return
        self.runs.emit((run,))
        self.opened.emit(path)

    def _not_imported(self, child: JsonChild, why: str) -> None:
        self._end(child)
        self.failed.emit(why)

    def _end(self, child: JsonChild) -> None:
        self._imports.pop(child, None)
        child.let_go()
        self.importing.emit(next(iter(self._imports.values()), ""))

    def close(self) -> None:
        """End imports that are under way; only for a window that closes."""
        end_children(self)


def _looked_at(
    paths: Sequence[Path],
) -> tuple[list[tuple[Path, Kind]], list[tuple[Path, tuple[Path, ...]]], list[str]]:
    files: list[tuple[Path, Kind]] = []
    folders: list[tuple[Path, tuple[Path, ...]]] = []
    problems: list[str] = []
    for path in paths:
        try:
            if path.is_dir():
                folders.append((path, runs_of(path)))
            else:
                files.append((path, kind_of(path)))
        except (IonechoError, OSError) as error:
            problems.append(str(error))
    return files, folders, problems
