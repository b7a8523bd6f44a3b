"""Runs of the window: the thread that follows a run, and the threads that stop one."""

from __future__ import annotations

import threading
import time
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from gui.services import garbage
from gui.services.jobs import Jobs
from gui.services.own_thread import OwnThread
from gui.services.run_follower import RunFollower, request_end

if TYPE_CHECKING:
    from pathlib import Path

    from gui.common.trace_view import View
    from gui.services.run_follower import RunRequest

# The follower's thread ends after the poll that it is in. Longer waits only delay the closing of the window; much
# shorter ones end a thread in the midst of a file.
_CLOSE_S = 5.0
# How long the follower may say nothing of a run before the window says so: it reports 30 times a second, and a guardian
# that does not answer is given up after 3 s. Doubled: an operator trusts an old report for 5 s more.
_SILENT_S = 5.0
# How often the window looks whether the follower reports: often enough for a person.
_LISTEN_MS = 500


class Runs(QObject):
    """One run at a time: its follower in a thread of its own, and a lane for stopping.

    Lives in the GUI thread; none of its methods but `close` waits for anything.

    Attributes
    ----------
    follower : RunFollower
        Its signals tell of the run.
    """

    stop_failed = Signal(str)
    """Nobody has taken the request to end the run for too long: why. It is tried on."""
    stop_taken = Signal()
    """A request to end the run was taken."""
    silent = Signal(object)
    """The run has not been heard of for too long: when the last report came (datetime)."""

    _start_wanted = Signal(object)
    _attach_wanted = Signal(object)
    _recall_wanted = Signal(object)
    _view_wanted = Signal(object)
    _curves_drawn = Signal()
    _release_wanted = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._over = threading.Event()
        # Stop must not queue behind anything, nor a second press behind the first.
        self._stop_lane = Jobs(self, n_threads=2)
        self.follower = RunFollower()
        self._start_wanted.connect(self.follower.start)
        self._attach_wanted.connect(self.follower.attach)
        self._recall_wanted.connect(self.follower.recall)
        self._view_wanted.connect(self.follower.set_view)
        self._curves_drawn.connect(self.follower.allow_next_curves)
        self._release_wanted.connect(self.follower.release)
        # A bound method, not a lambda: a lambda would be called in the follower's thread.
        self.follower.ended.connect(self._end)
        self.follower.failed.connect(self._end)
        self.follower.begun.connect(self._note_report)
        self.follower.progressed.connect(self._note_report)
        self._last_report: tuple[float, datetime] | None = None
        self._listener = QTimer(self, interval=_LISTEN_MS)
        self._listener.timeout.connect(self._listen)
        self._thread = OwnThread(self.follower)

    def start(self, request: RunRequest) -> None:
        """Start a run."""
        self._begin()
        self._start_wanted.emit(request)

    def attach(self, path: Path) -> None:
        """Follow a run that is in progress already."""
        self._begin()
        self._attach_wanted.emit(path)

    def recall(self, path: Path) -> None:
        """Show a run that is over."""
        self._recall_wanted.emit(path)

    def _begin(self) -> None:
        garbage.settle()
        self._over = threading.Event()
        self._note_report(None)
        self._listener.start()

    def _end(self, _how: object) -> None:
        self._over.set()
        self._listener.stop()

    def _note_report(self, _what: object) -> None:
        self._last_report = (time.monotonic(), datetime.now().astimezone())

    def _listen(self) -> None:
        if self._last_report is not None and time.monotonic() - self._last_report[0] > _SILENT_S:
            self.silent.emit(self._last_report[1])

    def request_end(self, path: Path, how: Literal["stop", "abort"]) -> None:
        """Ask a run to end, without waiting; `stop_taken` or `stop_failed` tell what came of it.

        Parameters
        ----------
        path : Path
            Its run file.
        how : str
            ``stop``: output off, samples kept; ``abort``: output off at once by the guardian's spare session.
        """
        over = self._over
        self._stop_lane.do(
            lambda: request_end(path, how, over, self.stop_failed.emit),
            lambda _: self.stop_taken.emit(),
            lambda error: self.stop_failed.emit(str(error)),
        )

    def set_view(self, view: View) -> None:
        """Show another part of the run."""
        self._view_wanted.emit(view)

    def allow_next_curves(self) -> None:
        """Ask for the next curves: the last ones are on the screen."""
        self._curves_drawn.emit()

    def close(self) -> None:
        """End the threads; a run in progress keeps running."""
        self._over.set()
        self._listener.stop()
        self._release_wanted.emit()
        self._thread.finish()
        self._stop_lane.finish(_CLOSE_S)
