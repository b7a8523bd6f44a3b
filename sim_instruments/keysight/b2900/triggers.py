"""Triggers of a B2900: when it steps its source, and when it measures.

The arm and trigger layers of one device action: user's guide (B2910-90010, edition 5) p. 6-27. Assumed: a timer's first
event comes when its layer is entered; the trigger layer is left when its last action ends; a timer event that comes
while the action is still busy is lost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

INFINITE = 2_147_483_647  # SCPI reference (B2910-90030, edition 2) :TRIGger:COUNt


@dataclass
class Layer:
    """Settings of an arm or trigger layer.

    Attributes
    ----------
    source : str
        AINT, TIM, or BUS (``*TRG``, ``:TRIGger`` and ``:ARM``).
    count : int
        How many events.
    delay_s, timer_s : float
        From event to action; from event to event.
    """

    source: str = "AINT"
    count: int = 1
    delay_s: float = 0.0
    timer_s: float = 1e-5


@dataclass
class Burst:
    """Device actions that follow each other evenly.

    Attributes
    ----------
    number : int
        Which burst since power-on.
    start_s, interval_s : float
        Of the first action, and from one to the next.
    count : int
    done : int
        How many have been carried out.
    """

    number: int
    start_s: float
    interval_s: float
    count: int
    done: int = 0

    def at(self, k: int) -> float:
        """Return when action k starts."""
        return self.start_s + k * self.interval_s

    def due(self, t_s: float, lasting_s: float) -> int:
        """Return how many actions that last so long are over at t_s; a millionth of a step allows for rounding."""
        over = math.floor((t_s - self.start_s - lasting_s) / self.interval_s + 1.0 + 1e-6)
        return min(max(0, over), self.count)


@dataclass
class Action:
    """One device action (transient or acquire) of one channel and the layers that drive it.

    Attributes
    ----------
    arm, trigger : Layer
    phase : str
        ``idle``, ``arm`` or ``trigger``: which layer it waits or acts in.
    idle_since_s : float
        When it last became idle.
    event_lost : bool
        Whether a timer event came too early since `initiate`.
    """

    arm: Layer = field(default_factory=Layer)
    trigger: Layer = field(default_factory=Layer)
    phase: str = "idle"
    idle_since_s: float = 0.0
    event_lost: bool = False
    burst: Burst | None = None
    _arms_left: int = 0
    _triggers_left: int = 0
    _arm_at_s: float | None = None  # None: waits for the bus
    _bursts: int = 0

    def initiate(self, t_s: float) -> None:
        """Leave idle at t_s."""
        self.phase, self.event_lost, self.burst = "arm", False, None
        self._arms_left = self.arm.count
        self._arm_at_s = None if self.arm.source == "BUS" else t_s

    def abort(self, t_s: float) -> None:
        """Go idle at t_s."""
        if self.phase != "idle":
            self.phase, self.burst, self.idle_since_s = "idle", None, t_s

    def event(self, t_s: float) -> bool:
        """Let the bus give one event at t_s; return whether a layer waited for it."""
        if self.phase == "arm" and self._arm_at_s is None:
            self._arm_at_s = t_s
            return True
        if self.phase == "trigger" and self.burst is None:
            self._start_burst(t_s, 1, 1e-5)
            return True
        return False

    def _start_burst(self, t_s: float, count: int, interval_s: float) -> None:
        self.burst = Burst(self._bursts, t_s + self.trigger.delay_s, interval_s, count)
        self._bursts += 1
        self._triggers_left -= count

    def advance(self, t_s: float, lasting_s: float, shortest_s: float, act: Callable[[Burst, int], None]) -> None:
        """Carry out what is due at t_s.

        Parameters
        ----------
        t_s : float
            Present, instrument seconds.
        lasting_s : float
            How long one action takes.
        shortest_s : float
            Least time from one event to the next.
        act : callable
            Carries out a number of actions of a burst, from ``burst.done`` on. It may abort.
        """
        while self.phase != "idle":
            if self.phase == "arm":
                if self._arm_at_s is None or self._arm_at_s + self.arm.delay_s > t_s:
                    return
                self._enter_trigger_layer(self._arm_at_s + self.arm.delay_s, lasting_s, shortest_s)
            burst = self.burst
            if burst is None:
                return
            if (count := burst.due(t_s, lasting_s) - burst.done) > 0:
                act(burst, count)
                burst.done += count
            if self.burst is not burst or burst.done < burst.count:
                return  # aborted, or not over
            self._end_burst(burst.at(burst.count - 1) + lasting_s)

    def _enter_trigger_layer(self, t_s: float, lasting_s: float, shortest_s: float) -> None:
        self.phase = "trigger"
        self._triggers_left = self.trigger.count
        if self.trigger.source == "BUS":
            return
        busy_s = max(lasting_s, shortest_s)
        interval = busy_s
        if self.trigger.source == "TIM":
            ticks = max(1, math.ceil(busy_s / self.trigger.timer_s - 1e-9))
            interval = ticks * self.trigger.timer_s
            self.event_lost |= ticks > 1
        self._start_burst(t_s, self.trigger.count, interval)

    def _end_burst(self, t_s: float) -> None:
        self.burst = None
        if self._triggers_left > 0:
            return
        self._arms_left -= 1
        if self._arms_left <= 0:
            self.phase, self.idle_since_s = "idle", t_s
            return
        self.phase = "arm"
        if self.arm.source == "BUS":
            self._arm_at_s = None
        elif self.arm.source == "TIM" and self._arm_at_s is not None:
            ticks = max(1, math.ceil((t_s - self._arm_at_s) / self.arm.timer_s - 1e-9))
            self._arm_at_s += ticks * self.arm.timer_s
        else:
            self._arm_at_s = t_s
