"""Reports and exports of saved runs, by child processes: ``ionecho report`` and ``ionecho export``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from gui.common.language import tr
from gui.services.child_process import JsonChild, end_children

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Writing(QObject):
    """Writes reports and exports, each in a process of its own.

    Parameters
    ----------
    parent : QObject
    """

    writing = Signal(str)
    """Name of a file that is being written; empty when there is none any more."""
    written = Signal(object, object)
    """A file (Path) that is there now, and what is to be said of it (tuple of str)."""
    failed = Signal(str)
    """Why a file was not written."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._children: dict[JsonChild, str] = {}

    def report(self, runs: Sequence[Path], target: Path) -> None:
        """Write a report of runs as HTML, or as PDF where the name ends in that; a file of that name is replaced."""
        self._start(tr("The report"), target, "report", *map(str, runs), "--output", str(target))

    def export(self, run: Path, target: Path) -> None:
        """Write the data of a run, in the format that the name's end says; a file of that name is replaced."""
        self._start(tr("The export"), target, "export", str(run), "--output", str(target), "--force")

    def _start(self, what: str, target: Path, *arguments: str) -> None:
        child = JsonChild(what, self)
        child.documented.connect(lambda document: self._written(child, target, document))
        child.failed.connect(lambda why: self._not_written(child, why))
        self._children[child] = target.name
        self.writing.emit(target.name)
        child.start(*arguments, "--json")

    def _written(self, child: JsonChild, target: Path, document: dict[str, Any]) -> None:
        self._end(child)
        self.written.emit(
            target, tuple(str(remark) for one in document.get("exported", ()) for remark in one["remarks"])
        )

    def _not_written(self, child: JsonChild, why: str) -> None:
        self._end(child)
        self.failed.emit(why)

    def _end(self, child: JsonChild) -> None:
        self._children.pop(child, None)
        child.let_go()
        self.writing.emit(next(iter(self._children.values()), ""))

    def close(self) -> None:
        """End what is being written and wait for that; only for a window that closes."""
        end_children(self)
