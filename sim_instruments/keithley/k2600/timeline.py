"""Events in instrument time and who is told of them (section 4 of the manual)."""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


class Timeline:
    """Instrument time as a queue of things that will happen, and a bus of events that others react to.

    Nothing happens by itself: `step` lets the next thing happen, if its time has come.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._detectors: defaultdict[int, list[Detector]] = defaultdict(list)

    def at(self, t_s: float, action: Callable[[], None]) -> None:
        """Let something happen at t_s, after all that was asked for the same instant before."""
        heapq.heappush(self._queue, (max(t_s, self.now), next(self._order), action))

    def step(self, until_s: float) -> bool:
        """Let the next thing happen if it is due by until_s; say whether one was."""
        if not self._queue or self._queue[0][0] > until_s:
            return False
        t_s, _, action = heapq.heappop(self._queue)
        self.now = max(self.now, t_s)
        action()
        return True

    def move_to(self, t_s: float) -> None:
        """Let time pass in which nothing happens."""
        self.now = max(self.now, t_s)

    def fire(self, event: int) -> None:
        """Tell everyone whose stimulus this event is."""
        for detector in tuple(self._detectors[event]):
            detector.set()

    def listen(self, detector: Detector, event: int) -> None:
        """Let a detector react to an event from now on."""
        self._detectors[event].append(detector)

    def ignore(self, detector: Detector, event: int) -> None:
        """Let a detector react to an event no more."""
        if detector in self._detectors[event]:
            self._detectors[event].remove(detector)


class Detector:
    """An event detector: latches one event; a second one before the first is used up is an overrun.

    Parameters
    ----------
    timeline : Timeline
        Whose events it hears.
    on_event : callable, optional
        Called at an event instead of latching it.
    """

    def __init__(self, timeline: Timeline, on_event: Callable[[], None] | None = None) -> None:
        self._timeline = timeline
        self._on_event = on_event
        self._stimulus = 0
        self._waiting: Callable[[], None] | None = None
        self.detected = False
        self.overrun = False

    @property
    def stimulus(self) -> int:
        """Event that sets it; 0 for none: whoever comes to it continues at once."""
        return self._stimulus

    @stimulus.setter
    def stimulus(self, event: int) -> None:
        self._timeline.ignore(self, self._stimulus)
        self._stimulus = event
        if event:
            self._timeline.listen(self, event)

    def set(self) -> None:
        """Detect an event."""
        if self._on_event is not None:
            self._on_event()
        elif self._waiting is not None:
            go_on, self._waiting = self._waiting, None
            self._timeline.at(self._timeline.now, go_on)
        else:
            self.overrun |= self.detected
            self.detected = True

    def clear(self) -> None:
        """Forget what was detected."""
        self.detected = self.overrun = False
        self._waiting = None

    def passes(self, go_on: Callable[[], None]) -> bool:
        """Return whether one may pass now; if not, `go_on` is called at the next event."""
        if not self._stimulus and not self.detected:
            return True
        if self.detected:
            self.detected = False
            return True
        self._waiting = go_on
        return False


class Process:
    """A sequence of actions in instrument time, written as a generator that yields what it waits for.

    Parameters
    ----------
    timeline : Timeline
        Whose time it lives in.
    body : generator
        Yields times (s) to go on at, or detectors to pass.
    """

    def __init__(self, timeline: Timeline, body: Generator[float | Detector, None, None]) -> None:
        self._timeline = timeline
        self._body = body
        self.running = True

    def step(self) -> None:
        """Go on until it has to wait again."""
        while self.running:
            wait = next(self._body, None)
            if wait is None:
                self.running = False
            elif isinstance(wait, Detector):
                if not wait.passes(self.step):
                    return
            elif wait > self._timeline.now:
                self._timeline.at(wait, self.step)
                return

    def cancel(self) -> None:
        """End it where it is."""
        self.running = False
        self._body.close()


class Timer:
    """One of the eight trigger timers: after a stimulus it fires `count` times, a delay after each other.

    Delays come from a list that is used round and round. It is assumed that every stimulus begins the list anew, and
    that a stimulus while it runs is ignored and noted as an overrun.

    Parameters
    ----------
    timeline : Timeline
        Whose time it lives in.
    event : int
        What it fires.
    """

    def __init__(self, timeline: Timeline, event: int) -> None:
        self._timeline = timeline
        self.event = event
        self.stimulus = Detector(timeline, self._start)
        self.fired = Detector(timeline)  # for wait()
        timeline.listen(self.fired, event)
        self._run = 0
        self.reset()

    def reset(self) -> None:
        """Return to default settings; stop."""
        self.stimulus.stimulus = 0
        self.delays_s = [10e-6]
        self.count = 1
        self.passthrough = False
        self.overrun = False
        self._run += 1
        self._busy = False
        self.fired.clear()

    def _start(self) -> None:
        if self._busy:
            self.overrun = True
            return
        self._busy = True
        self._run += 1
        run, begun = self._run, self._timeline.now
        if self.passthrough:
            self._timeline.fire(self.event)
        self._next(run, 0, begun)

    def _next(self, run: int, index: int, last_s: float) -> None:
        due = last_s + self.delays_s[index % len(self.delays_s)]

        def expire() -> None:
            if run != self._run:
                return
            if self.count and index + 1 >= self.count:
                self._busy = False
                self._timeline.fire(self.event)
            else:
                self._timeline.fire(self.event)
                self._next(run, index + 1, due)

        self._timeline.at(due, expire)
