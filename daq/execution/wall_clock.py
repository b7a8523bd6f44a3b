"""Jumps of the wall clock, seen from the clock that never jumps.

Times of samples come from the instrument, and every wait of a run is measured by the monotonic clock, so that a wall
clock that is set (by a person, a time server, the end of summer time on a wrongly configured computer) disturbs no run.
But events and blocks of a run file carry its times, and those of one run need not fit together then. So each jump is
noted as an event, which has stamps of both clocks like every event.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

# Smallest jump that is noted (s). Time servers slew the clock by 0.5 ms a second, and step it from 128 ms (ntpd) or
# 1 s (chrony). Halved, pauses of a loaded computer between two readings would come near it.
_SMALLEST_S = 0.1
# Most jumps that are noted of one run: a clock that jumps all the time must not fill the room that the events have.
_MOST_NOTED = 20


class BothClocks(Protocol):
    """Source of wall time and of time that never goes back; the module `time` is one."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""

    def time(self) -> float:
        """Return seconds since 1970, as the computer's clock says it."""


@dataclass(frozen=True)
class ClockJump:
    """A jump of the wall clock.

    Attributes
    ----------
    jump_s : float
        By how much the wall clock moved beyond the time that passed; negative if it was put back.
    """

    jump_s: float

    def __str__(self) -> str:
        way = "ahead" if self.jump_s > 0 else "back"
        return (
            f"the computer's clock jumped {way} by {abs(self.jump_s):.3f} s (it was set, or the computer slept): times "
            "of samples are the instrument's and are not touched"
        )


class WallClock:
    """The wall clock of a run, watched for jumps.

    Parameters
    ----------
    clocks : BothClocks
    """

    def __init__(self, clocks: BothClocks) -> None:
        self._clocks = clocks
        self._offset_s = math.nan
        self._n_noted = 0

    def look(self) -> ClockJump | None:
        """Return the jump since the last look, None if there was none."""
        before = self._clocks.monotonic()
        wall = self._clocks.time()
        after = self._clocks.monotonic()
        offset, doubt_s = wall - 0.5 * (before + after), after - before
        jump_s, last = offset - self._offset_s, self._offset_s
        if doubt_s > _SMALLEST_S and not math.isnan(last):
            return None  # this process was held up between the readings: the next look sees a jump as well
        self._offset_s = offset
        if math.isnan(last) or abs(jump_s) < _SMALLEST_S or self._n_noted >= _MOST_NOTED:
            return None
        self._n_noted += 1
        return ClockJump(jump_s)
