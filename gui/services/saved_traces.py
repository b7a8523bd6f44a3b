"""Curves of a run that is over: read in a worker thread, one span of time after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from gui.common.trace_view import View
from gui.services.jobs import Jobs

if TYPE_CHECKING:
    from pathlib import Path

    from gui.common.traces import RunTraces, Traces

_CLOSE_S = 2.0
"""How long a window that closes waits for a span that is being read. Doubled, the closing takes longer."""


class SavedTraces(QObject):
    """Curves of one saved run at a time."""

    traced = Signal(object)
    """`Traces` of the run that was opened last, for the span that was asked last."""
    failed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        # One thread: spans follow one another, and the pyramid of a run has one reader.
        self._jobs = Jobs(self)
        self._path: Path | None = None
        self._run: RunTraces | None = None
        self._view = View()

    def open(self, path: Path | None) -> None:
        """Show another run from now on, the whole of it; None for none."""
        self._path, self._run, self._view = path, None, View()
        if path is None:
            return

        def read() -> tuple[RunTraces, Traces]:
            from daq import open_run
            from gui.common.traces import RunTraces  # with arrays: the window paints before they are there

            run = RunTraces(open_run(path))
            return run, run.traces(View())

        def take(answer: tuple[RunTraces, Traces]) -> None:
            if path is self._path:
                self._run = answer[0]
                self.traced.emit(answer[1])

        self._jobs.do(read, take, lambda error: self.failed.emit(str(error)))

    def set_view(self, view: View) -> None:
        """Show another span of time."""
        run, self._view = self._run, view
        if run is None:
            return

        def take(traces: Traces) -> None:
            if run is self._run and view is self._view:
                self.traced.emit(traces)

        self._jobs.do(lambda: run.traces(view), take, lambda error: self.failed.emit(str(error)))

    def close(self) -> None:
        """End with the window."""
        self._jobs.finish(_CLOSE_S)
