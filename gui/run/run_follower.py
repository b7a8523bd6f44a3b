"""How does the window start a run, keep up with it, and never wait for it?

A `RunFollower` lives in a thread of its own. It asks the run's guardian how the run stands and reads the growing run
file; what it finds goes to the window as queued signals that carry copies. The next curves are sent only when the last
ones have been drawn, so that a slow screen never piles up work. Stopping has a lane of its own (`ask_to_end`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from gui.run.traces import RunTraces, View, edge_times
from protocols import ConnectionLost, IonechoError

if TYPE_CHECKING:
    import threading
    from pathlib import Path
    from typing import Literal

    import numpy as np
    from numpy.typing import NDArray

    from daq import Outcome, Run, RunInProgress
    from protocols import Protocol

# At most 30 frames a second (docs/explanations/architecture.md, "Drawing").
_TURN_MS = 34
_ATTACH_S = 30.0


@dataclass(frozen=True)
class RunOrder:
    """A run that is wanted.

    Attributes
    ----------
    resource : str
    folder : Path
    protocol : Protocol
    """

    resource: str
    folder: Path
    protocol: Protocol


@dataclass(frozen=True, eq=False)
class RunFacts:
    """What is known of a run from its first moment.

    Attributes
    ----------
    path : Path
    title : str
    instrument : str
    duration_s : float
    n_planned : int
    edges_s, steps_V : ndarray, shape (n,)
        When the voltage jumps, and by how much.
    """

    path: Path
    title: str
    instrument: str
    duration_s: float
    n_planned: int
    edges_s: NDArray[np.float64]
    steps_V: NDArray[np.float64]

    @classmethod
    def of(cls, run: Run) -> RunFacts:
        """Return the facts of an open run."""
        drive = run.drive
        steps = edge_times(None) if drive is None else drive.jumps()[1]
        duration = run.n_planned * (run.sample_interval_s or 0.0) if drive is None else drive.duration_s
        who = f"{run.instrument.get('model', '')} {run.instrument.get('serial', '')}".strip()
        return cls(run.path, run.title, who, duration, run.n_planned, edge_times(drive), steps)


class RunFollower(QObject):
    """Follows one run at a time. Its slots are called by queued signals only.

    Its life: `start` or `attach`; then `opened` once, `progressed` and `traced` many times, `ended` once. After the end
    it goes on answering `look`. `failed` stands in for all of that if there is no run to follow.
    """

    begun = Signal(object)
    """Path of a run that has been ordered or attached to; its file may not be there yet."""
    opened = Signal(object)
    """`RunFacts`: the run file is there."""
    progressed = Signal(object)
    """`daq.RunStatus`."""
    traced = Signal(object)
    """`Traces` of the view that was asked for last."""
    ended = Signal(object)
    """`daq.Outcome`."""
    failed = Signal(str)
    """Why there is no run to follow."""

    def __init__(self) -> None:
        super().__init__()
        self._going: RunInProgress | None = None
        self._traces: RunTraces | None = None
        self._view = View()
        self._may_draw = True
        self._stale = False
        self._timer = QTimer(self, interval=_TURN_MS)
        self._timer.timeout.connect(self._turn)

    @Slot(object)
    def start(self, order: RunOrder) -> None:
        """Start a run and follow it."""
        from daq import Bench

        try:
            going = Bench(order.resource, order.folder).start(order.protocol)
        except (IonechoError, OSError) as fault:
            self.failed.emit(f"The run was not started: {fault}")
            return
        self._follow(going)

    @Slot(object)
    def attach(self, path: Path) -> None:
        """Follow a run that somebody else started."""
        from daq import attach

        try:
            going = attach(path)
        except IonechoError as fault:
            self.failed.emit(str(fault))
            return
        self._follow(going)

    def _follow(self, going: RunInProgress) -> None:
        self._going = going
        self._traces = None
        self._view = View()
        self._may_draw = True
        self.begun.emit(going.path)
        self._timer.start()

    @Slot(object)
    def look(self, view: View) -> None:
        """Draw another part of the run from now on."""
        self._view = view
        self._stale = True
        self._draw()

    @Slot()
    def drawn(self) -> None:
        """Hear that the last curves are on the screen."""
        self._may_draw = True
        if self._going is None:
            self._draw()

    @Slot()
    def let_go(self) -> None:
        """Follow nothing any more. A run that goes on goes on."""
        self._timer.stop()
        if self._going is not None:
            self._going.close()
        self._going = None

    def _turn(self) -> None:
        going = self._going
        if going is None:
            return
        try:
            status = going.poll()
            self._read(going, over=status.is_final)
        except (IonechoError, OSError) as fault:
            from daq import Outcome

            self._end(Outcome.unknown(str(fault)))
            return
        self.progressed.emit(status)
        if status.outcome is not None:
            self._end(status.outcome)

    def _read(self, going: RunInProgress, *, over: bool) -> None:
        from daq import open_run

        if (self._traces is None and going.path.exists()) or (over and self._traces is not None):
            # A run that ended early is replaced by a trimmed copy: it is opened anew at its end.
            first = self._traces is None
            self._traces = RunTraces(open_run(going.path))
            self._stale = True
            if first:
                self.opened.emit(RunFacts.of(self._traces.run))
        elif self._traces is not None and self._traces.refresh():
            self._stale = True
        self._draw()

    def _draw(self) -> None:
        if self._traces is not None and self._may_draw and self._stale:
            self._may_draw = self._stale = False
            self.traced.emit(self._traces.traces(self._view))

    def _end(self, outcome: Outcome) -> None:
        self.let_go()
        self.ended.emit(outcome)


def ask_to_end(path: Path, how: Literal["stop", "abort"], over: threading.Event) -> None:
    """Ask a run's guardian to end the run, over a link of its own; try again until it listens.

    Parameters
    ----------
    path : Path
        Run file.
    how : str
        ``stop``: end now, output off, what was measured kept; ``abort``: output off at once by the guardian's spare
        session.
    over : Event
        Set when the run has ended by itself.

    Raises
    ------
    ConnectionLost
        If no guardian answers.
    """
    from daq import attach

    deadline = time.monotonic() + _ATTACH_S
    while not over.is_set():
        try:
            going = attach(path)
            (going.stop if how == "stop" else going.abort)()
            going.close()
        except ConnectionLost:
            # The guardian of a run that has just been ordered is not listening yet.
            if time.monotonic() > deadline:
                raise
            over.wait(0.05)
        else:
            return
