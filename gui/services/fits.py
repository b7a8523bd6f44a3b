"""Fits of the window: child processes ``ionecho fit ... --json``, one at a time; before it, texts are imported."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from gui.services.child_process import JsonChild, end_children

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_RUN_SUFFIXES = {".nxs", ".h5", ".hdf5"}
"""How the names of run files end; all others are texts of other programs."""


class Fits(QObject):
    """At most one fit at a time; a new one ends the one before."""

    documented = Signal(object)
    """The document of the fit."""
    failed = Signal(str)
    """Why there is none, in words."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._child: JsonChild | None = None

    def start(
        self, imports: Sequence[tuple[str, ...]], arguments: tuple[str, ...], otherwise: tuple[str, ...] = ()
    ) -> None:
        """Start a fit.

        Parameters
        ----------
        imports : sequence of tuple of str
            Words of command lines that are to succeed before it, such as ``import``.
        arguments : tuple of str
            Words of the command line of the fit.
        otherwise : tuple of str
            What is done if an import fails, before that is told: a text that holds no record may hold a spectrum.
        """
        self.end()
        if not imports:
            self._run("The fit", arguments, self.documented.emit, self.failed.emit)
            return

        def try_otherwise(why: str) -> None:
            if otherwise:
                self._run("The fit", otherwise, self.documented.emit, lambda _: self.failed.emit(why))
            else:
                self.failed.emit(why)

        first, others = imports[0], imports[1:]
        self._run("The import", first, lambda _document: self.start(others, arguments, otherwise), try_otherwise)

    def run(
        self, what: str, arguments: tuple[str, ...], then: Callable[[object], None], failed: Callable[[str], None]
    ) -> None:
        """Run another command beside the fit: one that takes a moment, such as ``note``."""
        self._run(what, arguments, then, failed, is_the_fit=False)

    def _run(
        self,
        what: str,
        arguments: tuple[str, ...],
        then: Callable[[object], None],
        failed: Callable[[str], None],
        *,
        is_the_fit: bool = True,
    ) -> None:
        # A child for each: one that was ended may take its time.
        child = JsonChild(what, self)

        def over(_: object) -> None:
            if self._child is child:
                self._child = None
            child.let_go()

        for told, answer in ((child.documented, then), (child.failed, failed)):
            told.connect(answer)
            told.connect(over)
        if is_the_fit:
            self._child = child
        child.start(*arguments)

    def end(self) -> None:
        """End the fit that is in progress; it tells nothing more."""
        if self._child is not None:
            self._child.let_go()
            self._child = None

    def close(self) -> None:
        """End all children; only for a window that closes."""
        end_children(self)


def run_file_of(path: Path, folder: Path) -> tuple[Path, bool]:
    """Return the run file of a run, or of another program's text, and whether it is there already.

    A text is imported into the folder of the window's runs, never beside itself: that folder may be somebody else's.

    Parameters
    ----------
    path : Path
        Run file or text.
    folder : Path
    """
    if path.suffix.lower() in _RUN_SUFFIXES:
        return path, True
    from daq import open_run
    from daq.files.readers.import_run import origin_of
    from protocols import RunFileError

    origin, number = origin_of(path), 1
    while True:
        target = folder / (f"{path.stem}.nxs" if number == 1 else f"{path.stem}-{number}.nxs")
        if not target.exists():
            return target, False
        with suppress(RunFileError):
            if open_run(target).instrument.get("resource") == origin:
                return target, True
        number += 1
