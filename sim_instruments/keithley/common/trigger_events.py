"""Events that trigger blocks notify of and wait for, and the timers between them (2461 reference manual p. 8-309).

A timer that an event starts expires at times that are known at once, so that a block that waits for it knows until
when. An event that came before it was waited for is remembered once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_MOST_EXPIRIES = 10_000
"""Expiries of a timer without end that are counted on (ours)."""


@dataclass
class TriggerTimer:
    """A trigger timer: `count` expiries, `delays_s` after each other, each time that its stimulus comes.

    Attributes
    ----------
    event : str
        What it generates.
    stimulus : str
        Event that starts it; none if empty.
    generates : bool
        Whether it generates an event at its start too.
    """

    event: str
    delays_s: list[float] = field(default_factory=lambda: [10e-6])
    count: int = 1
    stimulus: str = ""
    generates: bool = False
    enabled: bool = False
    busy_until_s: float = 0.0


class TriggerEvents:
    """Which events there were and will be."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all events; timers take default settings."""
        self.timers = [TriggerTimer(f"TIMER{k}") for k in range(1, 5)]
        self._times: dict[str, list[float]] = {}

    def clear(self) -> None:
        """Forget all events: a trigger model begins."""
        self._times.clear()
        for timer in self.timers:
            timer.busy_until_s = 0.0

    def fire(self, event: str, t_s: float) -> None:
        """Let an event happen, and timers start that it is the stimulus of."""
        self._times.setdefault(event, []).append(t_s)
        for timer in self.timers:
            if timer.enabled and timer.stimulus == event and t_s >= timer.busy_until_s:
                self.start(timer, t_s)

    def start(self, timer: TriggerTimer, t_s: float) -> None:
        """Let a timer run from t_s on."""
        times = [t_s] if timer.generates else []
        expiry = t_s
        for k in range(min(timer.count or _MOST_EXPIRIES, _MOST_EXPIRIES)):
            expiry += timer.delays_s[k % len(timer.delays_s)]
            times.append(expiry)
        timer.busy_until_s = expiry
        for time in times:
            self.fire(timer.event, time)

    def next_time_s(self, event: str, t_s: float, *, only_new: bool = False) -> float | None:
        """Return when somebody who waits from t_s on may pass, and use that event up; None if it will not come.

        Parameters
        ----------
        event : str
        t_s : float
        only_new : bool
            Whether what came before t_s does not count.
        """
        times = self._times.get(event, [])
        old = [time for time in times if time < t_s]
        coming = times[len(old) :]
        if old and not only_new:
            self._times[event] = coming
            return t_s
        if not coming:
            return None
        self._times[event] = coming[1:]
        return coming[0]
