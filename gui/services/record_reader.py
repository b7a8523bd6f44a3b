"""Reader of saved runs: opens them and answers views of them, in a thread of its own.

It never disturbs the run in progress, which `gui.services.run_follower` follows. Of views that come faster than they
are answered only the newest is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from gui.common.run_facts import RunFacts
from gui.services.jobs import as_message
from gui.services.own_thread import OwnThread

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gui.common.trace_view import View
    from gui.common.traces import Traces
    from gui.services.overview import Overview


class _Reader(QObject):
    """Lives in the thread; its slots are called by queued signals only."""

    opened = Signal(object, object)
    traced = Signal(object, object)
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._runs: dict[Path, Overview] = {}
        self.newest: object = None

    @Slot(object, object)
    def open(self, wanted: object, paths: tuple[Path, ...]) -> None:
        from daq import open_run
        from gui.services.overview import Overview  # with arrays: the window paints before they are there

        problems: list[str] = []
        kept, self._runs = self._runs, {}
        for path in paths:
            try:
                self._runs[path] = kept[path] if path in kept else Overview(open_run(path))
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one file, the others are shown
                problems.append(str(as_message(error)))
        facts = tuple(RunFacts.of(one.traces.run.run) for one in self._runs.values())
        self.opened.emit(wanted, (facts, tuple(problems)))

    @Slot(object, object)
    def read(self, wanted: object, view: View) -> None:
        if wanted is not self.newest:
            return
        answers = ((path, self._traces(path, view)) for path in self._runs)
        self.traced.emit(wanted, tuple((path, traces) for path, traces in answers if traces is not None))

    def _traces(self, path: Path, view: View) -> Traces | None:
        try:
            run = self._runs[path]
            run.read_on()
            return run.traces.traces(view)
        except Exception as error:  # noqa: BLE001 - a file that is gone meanwhile: the others are shown
            self.failed.emit(str(as_message(error)))
            return None


class Records(QObject):
    """Saved runs that are read together. Lives in the GUI thread; none of its methods but `close` waits.

    Parameters
    ----------
    parent : QObject
    """

    opened = Signal(object, object)
    """`RunFacts` of the runs that could be opened (tuple), and why the others could not (tuple of str)."""
    traced = Signal(object)
    """Path and `Traces` of each run (tuple of pairs) for the view that was asked for last."""

    failed = Signal(str)
    """Why the curves of a run that was opened could not be read."""

    _open_wanted = Signal(object, object)
    _view_wanted = Signal(object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._reader: _Reader | None = None
        self._thread: OwnThread | None = None
        self._opening = object()

    def open(self, paths: Sequence[Path]) -> None:
        """Open runs in place of those that are opened; those that were opened before are not read again."""
        if self._reader is None:
            self._reader = _Reader()
            self._open_wanted.connect(self._reader.open)
            self._view_wanted.connect(self._reader.read)
            self._reader.opened.connect(self._tell_opened)
            self._reader.traced.connect(self._tell_traced)
            self._reader.failed.connect(self.failed)
            self._thread = OwnThread(self._reader)
        self._opening = object()
        self._reader.newest = None
        self._open_wanted.emit(self._opening, tuple(paths))

    def set_view(self, view: View) -> None:
        """Ask for the curves of a view."""
        if self._reader is not None:
            self._reader.newest = object()
            self._view_wanted.emit(self._reader.newest, view)

    @Slot(object, object)
    def _tell_opened(self, wanted: object, answer: tuple[tuple[RunFacts, ...], tuple[str, ...]]) -> None:
        if wanted is self._opening:
            self.opened.emit(*answer)

    @Slot(object, object)
    def _tell_traced(self, wanted: object, answers: object) -> None:
        if self._reader is not None and wanted is self._reader.newest:
            self.traced.emit(answers)

    def close(self) -> None:
        """End the thread."""
        if self._thread is not None:
            self._thread.finish()
