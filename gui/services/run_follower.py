"""Follower of a run: starts it, keeps up with it, and never makes the window wait.

A `RunFollower` lives in a thread of its own. It asks the run's guardian how the run stands and reads the growing run
file; what it finds goes to the window as queued signals that carry copies. The next curves are sent only when the last
ones have been drawn, so that a slow screen never piles up work. Requests to stop have threads of their own
(`request_end`).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from daq.state import Outcome
from gui.common.run_facts import RunFacts
from gui.common.trace_view import View
from gui.services.jobs import as_message
from gui.services.last_run import LastRun
from protocols import ConnectionLost, OutputStateUnknown, RunFileError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from typing import Literal

    from daq import RunInProgress
    from gui.common.traces import RunTraces
    from gui.services.overview import Overview
    from protocols import Protocol

# Between two frames at least (docs/explanations/architecture.md, "Drawing"): two pieces of a fast run, which come every
# 10 ms. Doubled, there are fewer than 25 of them, and what they show is older by 10 ms in the mean; half of it is twice
# the work.
_READ_MS = 20
# Between two looks at the run file when a frame is due and its samples are not there yet. They come in pieces, 10 ms of
# a fast run each: without, a frame shows what is older by 5 ms in the mean. Doubled, 2 ms of these are left.
_LOOK_MS = 4
# So many such looks; then the run is slow, and the next one is a whole interval later: 20 ms. Doubled, a slow run is
# looked at twice as often for nothing.
_MOST_LOOKS = 6
# From one question to the guardian to the next. Each answer makes every part of the window look at the state: 2 ms.
# Doubled, the end of a run is told 0.1 s later.
_POLL_S = 0.096
# Between two frames while a long run is read: each takes some time from the reading. Doubled, it looks less alive.
_REFINE_S = 0.25
# How long nobody may take a request to end the run before the operator is told: a second is usual, and three for a
# guardian that does not answer. Doubled, a person hears 10 s later that the output may be on.
_TELL_S = 10.0
# Between two tries to reach a guardian: short beside the second within which an output must be off.
_RETRY_S = 0.05


@dataclass(frozen=True)
class RunRequest:
    """A run that is to be started.

    Attributes
    ----------
    resource : str
    folder : Path
    protocol : Protocol
    """

    resource: str
    folder: Path
    protocol: Protocol


class RunFollower(QObject):
    """Follows one run at a time. Its slots are called by queued signals only.

    Its life: `start` or `attach`; then `begun` once, `opened` once, `progressed` and `traced` many times, `ended` once.
    After the end it still answers `set_view`. `failed` stands in for all of that if there is no run to follow.
    A run that is over already: `recall`; then `recalled` once, and `traced`.
    """

    begun = Signal(object)
    """Path of a run that has been started or attached to; its file may not be there yet."""
    opened = Signal(object)
    """`RunFacts`: the run file is there."""
    progressed = Signal(object)
    """`daq.state.RunStatus`."""
    traced = Signal(object)
    """`Traces` of the view that was asked for last."""
    ended = Signal(object)
    """`daq.Outcome`."""
    failed = Signal(str)
    """Why there is no run to follow."""
    recalled = Signal(object)
    """`LastRun`, which was over already."""
    unforeseen = Signal(str)
    """Why curves are missing; the run itself is not concerned."""

    def __init__(self) -> None:
        super().__init__()
        self._run: RunInProgress | None = None
        self._traces: RunTraces | None = None
        self._view = View()
        self._may_draw = True
        self._stale = False
        self._unreadable = False
        self._overview: Overview | None = None
        self._refined_s = 0.0
        self._polled_s = -math.inf
        self._n_looks = 0
        self._has_news = False
        self._timer = QTimer(self, interval=_READ_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        # As soon as nobody else wants anything of this thread.
        self._reading = QTimer(self, interval=0)
        self._reading.timeout.connect(self._read_on)

    @Slot(object)
    def start(self, request: RunRequest) -> None:
        """Start a run and follow it."""
        from daq import Bench

        try:
            run = Bench(request.resource, request.folder).start(request.protocol)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the window must not wait for a run that is not there
            self.failed.emit(f"The run was not started: {as_message(error)}")
            return
        self._follow(run)

    @Slot(object)
    def attach(self, path: Path) -> None:
        """Follow a run that is in progress already."""
        from daq import attach

        try:
            run = attach(path)
        except BaseException as error:  # noqa: BLE001 - as in `start`
            self.failed.emit(str(as_message(error)))
            return
        self._follow(run)

    @Slot(object)
    def recall(self, path: Path) -> None:
        """Show a run that is over."""
        from daq import open_run
        from gui.services.overview import Overview  # with arrays: the window paints before they are there

        try:
            run = open_run(path)
            last = LastRun.of(run)
            overview = Overview(run)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with an old file, the window goes on
            self.unforeseen.emit(f"The last run cannot be shown: {as_message(error)}")
            return
        if last is not None:
            self._begin()
            self._take_overview(overview)
            self.recalled.emit(last)
            self._draw()

    def _take_overview(self, overview: Overview) -> None:
        """Draw a finished run from now on; one that is very long is read between other things."""
        self._traces = overview.traces
        self._stale = True
        self._overview = overview
        if not overview.is_complete:
            self._reading.start()

    def _read_on(self) -> None:
        try:
            is_over = self._overview is None or self._overview.read_on()
        except Exception as error:  # noqa: BLE001 - whatever it is, what was read can be drawn
            is_over = True
            self.unforeseen.emit(f"The run could not be read to its end: {as_message(error)}")
        if is_over:
            self._reading.stop()
        if is_over or time.monotonic() - self._refined_s > _REFINE_S:
            self._refined_s = time.monotonic()
            self._stale = True
            self._try_to_draw()

    def _begin(self) -> None:
        self._reading.stop()
        self._overview = None
        self._traces = None
        self._view = View()
        self._may_draw = True
        self._unreadable = False

    def _follow(self, run: RunInProgress) -> None:
        self._run = run
        self._begin()
        self.begun.emit(run.path)
        self._timer.start()

    @Slot(object)
    def set_view(self, view: View) -> None:
        """Draw another part of the run from now on."""
        self._view = view
        self._stale = True
        self._try_to_draw()

    @Slot()
    def allow_next_curves(self) -> None:
        """Send the next curves when there are any: the last ones are on the screen."""
        self._may_draw = True
        self._try_to_draw()

    def _try_to_draw(self) -> None:
        try:
            if self._stale and self._may_draw and self._run is not None and self._traces is not None:
                self._traces.refresh()  # what was seen by the last look has waited since
            self._draw()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next curves must come
            self._may_draw = True
            self.unforeseen.emit(str(as_message(error)))

    @Slot()
    def release(self) -> None:
        """Follow nothing any more. A run in progress keeps running."""
        self._timer.stop()
        self._reading.stop()
        if self._run is not None:
            self._run.close()
        self._run = None

    def _tick(self) -> None:
        """Look at the run file; ask the guardian now and then."""
        self._has_news, begun_s = False, time.monotonic()
        if begun_s - self._polled_s > _POLL_S:
            self._polled_s = begun_s
            self._poll()
        elif self._run is not None:
            self._try_to_read(self._run, None)
        if self._run is not None:
            # Whatever is there waits for the window, or nothing new is to be had.
            self._n_looks = 0 if self._has_news else self._n_looks + 1
            is_rest = self._has_news or not self._may_draw or self._n_looks > _MOST_LOOKS
            took_ms = round(1e3 * (time.monotonic() - begun_s))
            self._timer.setInterval(max(_READ_MS - took_ms, _LOOK_MS) if is_rest else _LOOK_MS)

    def _poll(self) -> None:
        run = self._run
        if run is None:
            return
        try:
            status = run.poll()
        except BaseException as error:  # noqa: BLE001 - a run of which nothing can be learned any more is an alarm
            self._end(Outcome.unknown(str(as_message(error))))
            return
        self.progressed.emit(status)  # how the run stands comes before its curves, and does not depend on them
        outcome = status.outcome
        problem = self._try_to_read(run, outcome)
        if outcome is not None:
            warnings = outcome.warnings if problem is None else (*outcome.warnings, problem)
            self._end(replace(outcome, warnings=warnings))

    def _try_to_read(self, run: RunInProgress, outcome: Outcome | None) -> str | None:
        """Take in new samples; return what is wrong with the run file, which a run in progress watches itself."""
        try:
            self._read(run, outcome)
        except RunFileError as error:
            self._may_draw = True
            return str(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the run is followed to its end
            self._may_draw = True
            if not self._unreadable:
                self._unreadable = True
                self.unforeseen.emit(f"The curves of this run cannot be shown: {as_message(error)}")
        return None

    def _read(self, run: RunInProgress, outcome: Outcome | None) -> None:
        from daq import open_run
        from daq.campaign.folder import where_run_is
        from gui.common.traces import RunTraces
        from gui.services.overview import Overview

        path = run.path if outcome is None or not outcome.rescued else Path(outcome.rescued)
        over = outcome is not None
        if over:  # a campaign puts a run that was stopped aside at once
            path = where_run_is(path)
        if (self._traces is None and path.exists()) or (over and self._traces is not None):
            # A run that ended early is replaced by a trimmed copy: it is opened anew at its end.
            first = self._traces is None
            opened = open_run(path)
            if over:
                opened.require_intact()
                self._take_overview(Overview(opened))
            else:
                self._traces = RunTraces(opened)
                self._stale = True
            if first or path != run.path:
                self.opened.emit(RunFacts.of(opened))
        elif self._traces is not None and self._traces.refresh():
            self._stale = True
        self._draw()

    def _draw(self) -> None:
        if self._traces is not None and self._may_draw and self._stale:
            self._may_draw = self._stale = False
            self._has_news = True
            self.traced.emit(self._traces.traces(self._view))

    def _end(self, outcome: Outcome) -> None:
        self.release()
        self.ended.emit(outcome)


def request_end(path: Path, how: Literal["stop", "abort"], over: threading.Event, tell: Callable[[str], None]) -> None:
    """Ask a run's guardian to end the run, over a link of its own; try again until it listens or the run has ended.

    Parameters
    ----------
    path : Path
        Run file.
    how : str
        ``stop``: end now, output off, what was measured kept; ``abort``: output off at once by the guardian's spare
        session.
    over : Event
        Set when the run has ended.
    tell : callable
        Takes the reason if nobody has taken the request for too long; called once. The attempts continue.
    """
    from daq import attach

    deadline, told = time.monotonic() + _TELL_S, False
    while not over.is_set():
        try:
            run = attach(path)
            (run.stop if how == "stop" else run.abort)()
            run.close()
        except (ConnectionLost, OutputStateUnknown) as error:
            # The guardian of a run that has just been started is not listening yet.
            if not told and time.monotonic() > deadline:
                told = True
                tell(str(error))
            over.wait(_RETRY_S)
        else:
            return
