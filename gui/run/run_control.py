"""How does a run stand, and how is it started, followed and stopped, as the window sees it?"""

from __future__ import annotations

import enum
import threading
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, QThread, Signal

from gui.common.background import Background
from gui.run.run_follower import RunFollower, ask_to_end

if TYPE_CHECKING:
    from pathlib import Path

    from gui.run.run_follower import RunOrder
    from gui.run.traces import View

_CLOSE_S = 5.0


class Stage(enum.Enum):
    """How the window stands towards a run.

    IDLE -> RUNNING (start, attach) -> IDLE (it ended); RUNNING -> STOPPING -> ABORTING (stop, stop again) -> IDLE.
    """

    IDLE = "no run goes on"
    RUNNING = "a run has been ordered or goes on"
    STOPPING = "it has been asked to stop"
    ABORTING = "its output has been told to go off at once"


class RunControl(QObject):
    """One run at a time: its stage, its follower in a thread of its own, and a lane for stopping.

    Lives in the GUI thread; none of its methods but `close` waits for anything.

    Attributes
    ----------
    follower : RunFollower
        Its signals tell of the run.
    stage : Stage
    path : Path or None
        Run file of the run that goes on, or of the last one.
    """

    stage_changed = Signal()
    unheard = Signal(str)
    """Nobody could be told to stop: why."""

    _start_wanted = Signal(object)
    _attach_wanted = Signal(object)
    _view_wanted = Signal(object)
    _curves_drawn = Signal()
    _let_go = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.stage = Stage.IDLE
        self.path: Path | None = None
        self._over = threading.Event()
        # Stop must not queue behind anything, nor a second press behind the first.
        self._stop_lane = Background(self, n_threads=2)
        self.follower = RunFollower()
        self._thread = QThread(self)
        self.follower.moveToThread(self._thread)
        self._start_wanted.connect(self.follower.start)
        self._attach_wanted.connect(self.follower.attach)
        self._view_wanted.connect(self.follower.look)
        self._curves_drawn.connect(self.follower.drawn)
        self._let_go.connect(self.follower.let_go)
        self.follower.begun.connect(self._begun)
        # Bound methods, not lambdas: a lambda would be called in the follower's thread.
        self.follower.ended.connect(self._ended)
        self.follower.failed.connect(self._ended)
        self._thread.start()

    @property
    def is_idle(self) -> bool:
        """Whether no run goes on."""
        return self.stage is Stage.IDLE

    def start(self, order: RunOrder) -> None:
        """Start a run."""
        self._begin()
        self._start_wanted.emit(order)

    def attach(self, path: Path) -> None:
        """Follow a run that goes on already."""
        self._begin()
        self._attach_wanted.emit(path)

    def _begin(self) -> None:
        self.path = None
        self._over = threading.Event()
        self._set_stage(Stage.RUNNING)

    def _begun(self, path: Path) -> None:
        self.path = path
        if self.stage in {Stage.STOPPING, Stage.ABORTING}:
            # Stop was pressed before there was anybody to tell.
            self._ask_to_end()

    def _ended(self, _how: object) -> None:
        self._over.set()
        self._set_stage(Stage.IDLE)

    def _set_stage(self, stage: Stage) -> None:
        self.stage = stage
        self.stage_changed.emit()

    def stop(self) -> None:
        """Stop the run; called again, switch the output off by the guardian's spare session."""
        if self.is_idle:
            return
        self._set_stage(Stage.STOPPING if self.stage is Stage.RUNNING else Stage.ABORTING)
        self._ask_to_end()

    def _ask_to_end(self) -> None:
        path, over = self.path, self._over
        how: Literal["stop", "abort"] = "stop" if self.stage is Stage.STOPPING else "abort"
        if path is not None:
            self._stop_lane.do(
                lambda: ask_to_end(path, how, over), lambda _: None, lambda fault: self.unheard.emit(str(fault))
            )

    def look(self, view: View) -> None:
        """Show another part of the run."""
        self._view_wanted.emit(view)

    def drawn(self) -> None:
        """Ask for the next curves: the last ones are on the screen."""
        self._curves_drawn.emit()

    def leave(self) -> None:
        """Let a run go on without this window."""
        self._set_stage(Stage.IDLE)

    def close(self) -> None:
        """End the threads; a run that goes on goes on."""
        self._over.set()
        self._let_go.emit()
        self._thread.quit()
        self._thread.wait(round(_CLOSE_S * 1000))
        self._stop_lane.finish(_CLOSE_S)
