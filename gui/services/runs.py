"""Runs of the window: the thread that follows a run, and the threads that stop one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, QThread, Signal

from gui.services.jobs import Jobs
from gui.services.run_follower import RunFollower, request_end

if TYPE_CHECKING:
    from pathlib import Path

    from gui.common.traces import View
    from gui.services.run_follower import RunRequest

# The follower's thread ends after the poll that it is in. Longer waits only delay the closing of the window; much
# shorter ones end a thread in the midst of a file.
_CLOSE_S = 5.0


class Runs(QObject):
    """One run at a time: its follower in a thread of its own, and a lane for stopping.

    Lives in the GUI thread; none of its methods but `close` waits for anything.

    Attributes
    ----------
    follower : RunFollower
        Its signals tell of the run.
    """

    stop_failed = Signal(str)
    """No process of the run could be told to stop: why."""

    _start_wanted = Signal(object)
    _attach_wanted = Signal(object)
    _view_wanted = Signal(object)
    _curves_drawn = Signal()
    _release_wanted = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._over = threading.Event()
        # Stop must not queue behind anything, nor a second press behind the first.
        self._stop_lane = Jobs(self, n_threads=2)
        self.follower = RunFollower()
        self._thread = QThread(self)
        self.follower.moveToThread(self._thread)
        self._start_wanted.connect(self.follower.start)
        self._attach_wanted.connect(self.follower.attach)
        self._view_wanted.connect(self.follower.set_view)
        self._curves_drawn.connect(self.follower.allow_next_curves)
        self._release_wanted.connect(self.follower.release)
        # A bound method, not a lambda: a lambda would be called in the follower's thread.
        self.follower.ended.connect(self._end)
        self.follower.failed.connect(self._end)
        self._thread.start()

    def start(self, request: RunRequest) -> None:
        """Start a run."""
        self._over = threading.Event()
        self._start_wanted.emit(request)

    def attach(self, path: Path) -> None:
        """Follow a run that is in progress already."""
        self._over = threading.Event()
        self._attach_wanted.emit(path)

    def _end(self, _how: object) -> None:
        self._over.set()

    def request_end(self, path: Path, how: Literal["stop", "abort"]) -> None:
        """Ask a run to end, without waiting; `stop_failed` tells if nobody could be asked.

        Parameters
        ----------
        path : Path
            Its run file.
        how : str
            ``stop``: output off, samples kept; ``abort``: output off at once by the guardian's spare session.
        """
        over = self._over
        self._stop_lane.do(
            lambda: request_end(path, how, over), lambda _: None, lambda error: self.stop_failed.emit(str(error))
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
        self._release_wanted.emit()
        self._thread.quit()
        self._thread.wait(round(_CLOSE_S * 1000))
        self._stop_lane.finish(_CLOSE_S)
