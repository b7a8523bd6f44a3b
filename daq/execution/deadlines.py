"""Deadlines of a runner in each phase.

The guardian asks several times a second. A runner counts as alive if it reports or, in the phases in which it computes,
if it uses the processor: a plan of a million edges takes as long as it takes, and a computer under load is slow. On a
computer with n threads for each core, the use of the processor is counted over n times as long (5 s at most), and whole
phases may take n times as long (4 times at most): the output is off in them, so that only a person's patience is the
bound. A frozen process does neither. Where the operating system says that a runner is frozen (SIGSTOP), it is taken
over in every phase after half a second: no load of the computer looks like that.

=============  ======  =======  ==========================================================================
phase          limit   at most  why
=============  ======  =======  ==========================================================================
connecting     30 s    60 s     opening a link takes 2 s a dialect; starting Python 1 s on an idle computer, and many
                                times that where a virus scanner reads all libraries, which is not our processor time
planning       10 s    600 s    computes: a million edges
arming         20 s    600 s    each exchange that a driver has with its instrument counts as a report
running        4 s     never    `RunRequest.stall_s` (decision 255): the output may be on
switching off  5 s     never    the guardian acts; after its answer the runner has to go on
closing        120 s   never    the output is off: a slow disk has time, and a large file takes long to copy
=============  ======  =======  ==========================================================================

After a stop was ordered, a runner that is not closing yet has 5 s to obey, whatever it reports.

The guardian's own session has a deadline too (`TimeToConnect`).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from daq.state import Phase
from drivers import slowness

if TYPE_CHECKING:
    from collections.abc import Callable

# The table above: seconds of silence, and of a whole phase. Doubled: a frozen runner is noticed later, and in the
# phases before the start a person waits longer for an instrument that never answers.
_SILENCE_S = {
    Phase.CONNECTING: 30.0,
    Phase.PLANNING: 10.0,
    Phase.ARMING: 20.0,
    Phase.SWITCHING_OFF: 5.0,
    Phase.CLOSING: 120.0,
    Phase.FINISHED: 5.0,
}
_WHOLE_PHASE_S = {Phase.CONNECTING: 60.0, Phase.PLANNING: 600.0, Phase.ARMING: 600.0}
# Phases in which using the processor is a sign of life. In the others a runner reports several times a second, or has
# to be known as silent at once.
_COMPUTING = frozenset({Phase.CONNECTING, Phase.PLANNING, Phase.CLOSING})
# Phases in which a runner looks at orders, or can be ended at once if it does not.
_OBEYING = frozenset({Phase.CONNECTING, Phase.PLANNING, Phase.ARMING, Phase.RUNNING})
# Processor time (s) within one interval (s) that counts as computing: a runner that only listens to heartbeats uses
# 2 ms. Half: a hanging runner whose other threads are busy might pass as one that computes.
_INTERVAL_S, _BUSY_S = 1.0, 0.05
# By how many times the interval, and a whole phase, are longer on a slow computer at most. Doubled: a runner that only
# listens to heartbeats passes as one that computes; a person waits for eight minutes for a runner that hangs.
_LONGEST_INTERVAL, _LONGEST_PHASE = 5.0, 4.0
# How long (s) a runner that is frozen, as the operating system says, may be silent, and how long after (s) it is looked
# at again to be sure. Together with switching off less than the second that is promised for a runner that dies.
_FROZEN_S, _FROZEN_AGAIN_S = 0.3, 0.2
# How long (s) a runner may take to obey a stop: its exchange with the instrument is abandoned within a slice, and
# switching off has 4 s (`exchange_limits`). Doubled: a person waits longer for a runner that is frozen.
_STOP_S = 5.0
# How long (s) the guardian's own session may take to open on an idle computer, an earlier run's output included, before
# the run is refused, and on any. Doubled: a person waits longer for an instrument that does not answer.
_CONNECT_S, _CONNECT_AT_MOST_S = 10.0, 60.0


class TimeToConnect:
    """How long (s) the guardian may take to connect, as it stands now: asked again and again meanwhile.

    The limit grows with the slowness of the computer, and by each second in which this process computes: opening the
    first session loads libraries. Windows tells a process that has just started nothing of how busy the computer is.

    Parameters
    ----------
    clock : callable, optional
    cpu : callable, optional
        Returns the processor time (s) that this process has used.
    slowness : callable, optional
        Returns how many times slower than an idle one this computer is.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.process_time,
        slowness: Callable[[], float] = slowness,
    ) -> None:
        self._clock, self._cpu, self._slowness = clock, cpu, slowness
        self._computed_s = 0.0
        self._looked_s, self._cpu_then_s = clock(), cpu()

    def __call__(self) -> float:
        """Return the limit, counted from the beginning."""
        since_s = self._clock() - self._looked_s
        if since_s >= _INTERVAL_S:
            used_s, self._cpu_then_s = self._cpu() - self._cpu_then_s, self._cpu()
            self._looked_s += since_s
            if used_s >= _BUSY_S:
                self._computed_s += since_s
        return min(_CONNECT_S * self._slowness() + self._computed_s, _CONNECT_AT_MOST_S)


class ObservedProcess(Protocol):
    """What the operating system tells of a process."""

    def cpu_s(self) -> float:
        """Return the processor time (s) that it has used."""

    def is_frozen(self) -> bool:
        """Return whether it is kept from running (SIGSTOP), as far as the operating system says so."""


class RunnerWatch:
    """Signs of life of one runner, against the deadlines of its phases.

    Parameters
    ----------
    stall_s : float
        Of the request: how long a runner may be silent while the output may be on.
    process : ObservedProcess
        The runner's.
    clock : callable, optional
    slowness : callable, optional
        Returns how many times slower than an idle one this computer is.
    """

    def __init__(
        self,
        stall_s: float,
        process: ObservedProcess,
        clock: Callable[[], float] = time.monotonic,
        slowness: Callable[[], float] = slowness,
    ) -> None:
        self._slowness = slowness
        self._silence_s = _SILENCE_S | {Phase.RUNNING: stall_s}
        self._process = process
        self._clock = clock
        now = clock()
        self._phase = Phase.CONNECTING
        self._phase_began_s = self._last_sign_s = self._looked_s = now
        self._cpu_then_s = process.cpu_s()
        self._frozen_since_s: float | None = None
        self._stop_ordered_s: float | None = None

    def report(self, phase: Phase) -> None:
        """Take in a sign of life, and in which phase the runner is."""
        self._last_sign_s = self._clock()
        if phase is not self._phase:
            self._phase, self._phase_began_s = phase, self._last_sign_s

    def order_stop(self) -> None:
        """Take in that the runner was told to stop."""
        if self._stop_ordered_s is None:
            self._stop_ordered_s = self._clock()

    def overdue(self) -> str | None:
        """Return why the runner has to be taken over, None if it has not."""
        now = self._clock()
        self._look_at_processor(now)
        silent_s, limit_s = now - self._last_sign_s, self._silence_s[self._phase]
        if self._is_frozen(now, silent_s):
            return f"the measuring process was frozen while {self._phase.activity}, and silent for {silent_s:.1f} s"
        if silent_s > limit_s:
            return f"the measuring process was silent for {silent_s:.1f} s while {self._phase.activity}"
        whole_s = _WHOLE_PHASE_S.get(self._phase)
        in_phase_s = now - self._phase_began_s
        if (
            whole_s is not None
            and in_phase_s > whole_s
            and in_phase_s > whole_s * min(self._slowness(), _LONGEST_PHASE)
        ):
            return f"the measuring process was still {self._phase.activity} after {in_phase_s:.0f} s"
        if self._stop_ordered_s is not None and now - self._stop_ordered_s > _STOP_S and self._phase in _OBEYING:
            return f"the measuring process did not stop within {_STOP_S:.0f} s while {self._phase.activity}"
        return None

    def _is_frozen(self, now: float, silent_s: float) -> bool:
        """Return whether the operating system says so of a silent runner, and has said so some time ago already."""
        if silent_s < _FROZEN_S or not self._process.is_frozen():
            self._frozen_since_s = None
            return False
        self._frozen_since_s = now if self._frozen_since_s is None else self._frozen_since_s
        return now - self._frozen_since_s >= _FROZEN_AGAIN_S

    def _look_at_processor(self, now: float) -> None:
        """Take computing for a sign of life, in the phases in which a runner computes."""
        since_s = now - self._looked_s
        if since_s < _INTERVAL_S or self._phase not in _COMPUTING:
            return
        if since_s < _INTERVAL_S * min(self._slowness(), _LONGEST_INTERVAL):
            return
        used_s, self._cpu_then_s = self._process.cpu_s() - self._cpu_then_s, self._process.cpu_s()
        self._looked_s = now
        if used_s >= _BUSY_S:
            self._last_sign_s = now
