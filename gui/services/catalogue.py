"""Catalogue of runs for the window: questions, rows that are in sight, pictures, tags and notes, all in threads."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from gui.common.fits_side_by_side import FitsSideBySide, side_by_side
from gui.services.jobs import Jobs
from protocols import InputError, IonechoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from daq.catalogue import CataloguedRun, FoundPaths
    from gui.common.run_query import RunQuery

_LOOK_MS = 5_000
"""Shortest interval between two looks into the folders while the list is in sight. Doubled, a run that has just ended
is listed 5 s later."""
_SHARE = 20
"""Part of the time that looks may take: one of 1e5 files takes 2.5 s, and comes every 50 s. Halved, twice as often."""
_MOST_PICTURES = 64
"""Pictures that wait to be drawn: those of two screens. Older wishes, of rows that were scrolled past, are dropped."""
_CLOSE_S = 5.0
"""How long a window that closes waits for a file that is being read. Longer waits only delay the closing."""


@dataclass(frozen=True)
class Row:
    """A run in the list.

    Attributes
    ----------
    run : CataloguedRun
    own_notes : str
        Notes that were stated later, which alone can be edited.
    """

    run: CataloguedRun
    own_notes: str = ""


class CatalogueService(QObject):
    """Answers the questions of the dock "Runs".

    Parameters
    ----------
    parent : QObject
    """

    found = Signal(object)
    """`daq.catalogue.FoundPaths` for the newest question."""
    faulty = Signal(str)
    """Why the question cannot be understood; empty once it is."""
    rows_read = Signal(object)
    """`Row` by path."""
    choices_read = Signal(object)
    """`daq.catalogue.Choices`."""
    looking = Signal(bool)
    """Whether folders are being looked into."""
    pictured = Signal(str, object)
    """Path, and the picture as a mask."""
    fits_read = Signal(object)
    """`FitsSideBySide`."""
    failed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._questions = Jobs(self)
        self._rows = Jobs(self)
        self._drawing = Jobs(self)
        self._query: RunQuery | None = None
        self._is_asking = self._is_over = False
        self._is_stale = self._must_look = False
        self._wishes: deque[str] = deque(maxlen=_MOST_PICTURES)
        self._is_drawing = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.look)

    # -- questions ----------------------------------------------------------------------------------------------------

    def ask(self, query: RunQuery) -> None:
        """Answer a question by the catalogue as it is, at once, then by the folders as they are."""
        self._query, self._is_stale, self._must_look = query, True, True
        self._go_on()

    def look(self) -> None:
        """Look into the folders, and answer the last question again."""
        if self._query is not None:
            self._must_look = True
            self._go_on()

    def pause(self) -> None:
        """Look no more: the list is out of sight."""
        self._timer.stop()

    def _go_on(self) -> None:
        if self._is_asking or self._is_over or self._query is None or not (self._is_stale or self._must_look):
            return
        # The first answer to a question comes from the catalogue as it is.
        query, looks = self._query, not self._is_stale
        self._is_asking, self._is_stale, self._must_look = True, False, self._must_look and not looks
        self._timer.stop()
        if looks:
            self.looking.emit(True)
        began_s = time.monotonic()

        def answer() -> FoundPaths:
            from daq.catalogue import find_paths

            return find_paths(query.search(), up_to_date=looks)

        self._questions.do(
            answer,
            lambda found: self._answered(query, found, time.monotonic() - began_s, looked=looks),
            lambda error: self._refused(query, error),
        )

    def _answered(self, query: RunQuery, found: FoundPaths, took_s: float, *, looked: bool) -> None:
        self._is_asking = False
        if self._is_over:
            return  # the window that asked has gone
        if query == self._query:
            self.faulty.emit("")
            self.found.emit(found)
        if looked:
            self.looking.emit(False)
            self._read_choices()
        self._timer.start(max(_LOOK_MS, round(1000 * _SHARE * took_s)))
        self._go_on()

    def _refused(self, query: RunQuery, error: Exception) -> None:
        self._is_asking = False
        if self._is_over:
            return
        self.looking.emit(False)
        if query == self._query:
            self._must_look = False
            self.faulty.emit(words_of(error))
        self._go_on()

    def _read_choices(self) -> None:
        from daq.catalogue import read_choices

        self._rows.do(read_choices, self.choices_read.emit, lambda error: self.failed.emit(words_of(error)))

    # -- rows and pictures --------------------------------------------------------------------------------------------

    def read(self, paths: tuple[str, ...]) -> None:
        """Read what is known of some runs."""
        self._rows.do(lambda: _rows_of(paths), self.rows_read.emit, lambda error: self.failed.emit(words_of(error)))

    def picture(self, path: str) -> None:
        """Have the picture of a run drawn, the newest wish first."""
        if path not in self._wishes:
            self._wishes.append(path)
        self._draw_next()

    def _draw_next(self) -> None:
        if self._is_drawing or self._is_over or not self._wishes:
            return
        self._is_drawing, path = True, self._wishes.pop()

        def over(mask: object) -> None:
            self._is_drawing = False
            self.pictured.emit(path, mask)
            self._draw_next()

        def draw() -> object:
            from gui.services.thumbnails import thumbnail

            return thumbnail(Path(path))

        self._drawing.do(draw, over, lambda _error: over(None))  # the row says what is wrong with its file

    def read_fits(self, runs: tuple[Path, ...]) -> None:
        """Read the kept fits of some runs, side by side."""
        self._rows.do(lambda: _fits_of(runs), self.fits_read.emit, lambda error: self.failed.emit(words_of(error)))

    # -- what is stated -----------------------------------------------------------------------------------------------

    def state_tags(self, path: str, tags: tuple[str, ...]) -> None:
        """Have a run have these tags, as ``ionecho tag`` does."""

        def write() -> None:
            from daq import open_run
            from daq.files.statements import write_statements

            run = open_run(path, by_child_first=True)
            now = run.statements.tags_over(run.origin.tags)
            gone = [one for one in now if one not in tags]
            wanted = run.statements.with_tags(run.origin.tags, [one for one in tags if one not in now], gone)
            write_statements(run.path, wanted)

        self._state(path, write)

    def state_notes(self, path: str, notes: str) -> None:
        """Have these notes stated of a run, as ``ionecho note --notes`` does."""

        def write() -> None:
            from daq.files.statements import read_statements, write_statements

            write_statements(Path(path), replace(read_statements(Path(path)), notes=notes))

        self._state(path, write)

    def _state(self, path: str, write: Callable[[], None]) -> None:
        def over() -> None:
            self.read((path,))
            self.look()

        def failed(error: Exception) -> None:
            self.failed.emit(words_of(error))
            over()

        self._rows.do(lambda: _written(path, write), lambda _: over(), failed)

    # -- folders ------------------------------------------------------------------------------------------------------

    def follow(self, folder: Path) -> None:
        """Look into a folder, and all below it, from now on; one that is not there is left out."""

        def work() -> None:
            from daq.catalogue import follow

            if folder.is_dir():
                follow(folder)

        self._rows.do(work, lambda _: self.look(), lambda error: self.failed.emit(words_of(error)))

    def unfollow(self, folder: Path) -> None:
        """Look into a folder no longer; its runs stay where they are."""

        def work() -> None:
            from daq.catalogue import unfollow

            unfollow(folder)

        self._rows.do(work, lambda _: self.look(), lambda error: self.failed.emit(words_of(error)))

    def close(self) -> None:
        """End the threads."""
        self._is_over = True
        self._timer.stop()
        for lane in (self._questions, self._rows, self._drawing):
            lane.finish(_CLOSE_S)


def words_of(error: Exception) -> str:
    """Return what is wrong, without the name of the option that a command line would have."""
    text = str(error)
    is_option = isinstance(error, InputError) and error.where.startswith("--")
    return text.removeprefix(f"{error.where}: ") if is_option and isinstance(error, InputError) else text


def _rows_of(paths: tuple[str, ...]) -> dict[str, Row]:
    from daq.catalogue import read_runs
    from daq.files.statements import read_statements

    rows = {}
    for path, run in read_runs(paths).items():
        own = ""
        if run.values["notes"]:
            try:
                own = read_statements(run.path).notes
            except IonechoError:
                own = ""  # the row says what is wrong with the text
        rows[path] = Row(run, own)
    return rows


def _written(path: str, write: Callable[[], None]) -> None:
    """Write what is stated of a run, and have the catalogue know it before the row is read again."""
    from daq.catalogue import Search, find_paths

    write()
    find_paths(Search(folders=(Path(path).parent,), limit=1))


def _fits_of(runs: tuple[Path, ...]) -> FitsSideBySide:
    from daq.files.kept_fits import fit_documents
    from fitting.results.document import up_to_date

    fits, problems = [], []
    for run in runs:
        try:
            fits += [(run, up_to_date(one)) for one in fit_documents(run)]
        except IonechoError as error:
            problems.append(str(error))
    return side_by_side(runs, fits, tuple(problems))
