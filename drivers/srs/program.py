"""Programs of an EC301: which of its waveform generators plays a list of levels, and how.

*EC301 User Manual*, revision 1.1 (02/29/2016). Three generators hold levels:

- the pulse generator (pp. 111-116): point 0 once, then up to five points again and again, in steps of 4 us, each up to
  2^24 - 1 of them. With ``pincrm i j 1`` the baseline moves by ``psteps`` after point i; after ``plimit`` moves the
  next one ends the program (figure 38 on p. 129: 4 moves, 5 pulses). A program without a moving baseline counts with
  ``psteps 0``.
- the arbitrary generator (pp. 122-126): up to 1600 points, each as long as the others (4 us to 1.024 ms on our grid),
  repeated up to 1024 times; the first one is held longer by whole seconds. It can open the cell at its end.
- the ramp generator (pp. 117-121), for levels of minutes and hours: from rest to a level and back, up to 255 times,
  each delay up to 2^32 - 1 of 100 us; its ramps take 2 us for 20 mV. It can open the cell at its end too.

All begin with the rest level: whatever the instrument holds after a program, its first or its last point, is the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TICK_S = 4e-6
"""Unit of hold times, p. 113."""
LONGEST_HOLD = 2**24 - 1
"""Of a point, in ticks, p. 113: 67.1 s."""
MOST_REPEATED = 5
"""Points that repeat: six in all, p. 111, of which the first does not."""
MOST_MOVES = 2**20 - 1
"""Of the baseline, p. 115."""
RAMP_TICKS = 25
"""Ticks of 4 us in the unit of the ramp's delays, p. 119."""
LONGEST_DELAY = 2**32 - 1
"""Of a ramp, in that unit, p. 119."""
MOST_SCANS = 255
"""One, and the 254 repeats of p. 121."""
FASTEST_RATE = 10**8
"""Of a ramp, in 100 uV/s, p. 118."""
_FASTEST_mV_per_s = 1e7
"""The same in mV/s."""
MOST_ARB_POINTS = 1599
"""One less than p. 132 has: ``arbpts?`` answers up to 1599 (p. 123), so that all can be counted."""
MOST_ARB_CYCLES = 1024
"""P. 124."""
LONGEST_ARB_TICKS = 256
"""Ticks of 4 us in the longest point: ``arbdiv`` is at most 1024 us, p. 123."""
_SECOND_TICKS = 250_000
"""Ticks in a second, the unit of ``arbdly``, p. 123."""
_LONGEST_DELAY_S = 1023
"""Of ``arbdly``, p. 123."""


@dataclass(frozen=True)
class PulseProgram:
    """A program of the pulse generator.

    Attributes
    ----------
    levels_mV, holds : tuple of int
        Of the points 0, 1, ...: value, and hold in ticks of 4 us.
    adds, moves : tuple of bool
        Whether a point's value is added to the baseline, and whether the baseline moves after it; False for point 0.
    step_mV, limit : int
        By how much the baseline moves, and how often before the move that ends the program.
    """

    levels_mV: tuple[int, ...]
    holds: tuple[int, ...]
    adds: tuple[bool, ...]
    moves: tuple[bool, ...]
    step_mV: int
    limit: int


@dataclass(frozen=True)
class ArbProgram:
    """A program of the arbitrary generator.

    Attributes
    ----------
    levels_mV : tuple of int
        One for each point.
    divider : int
        Length of a point in microseconds.
    delay_s : int
        By how much the first point is longer.
    cycles : int
    opens : bool
        Whether the program's end opens the cell: only where it plays the last level to its end.
    """

    levels_mV: tuple[int, ...]
    divider: int
    delay_s: int
    cycles: int
    opens: bool


@dataclass(frozen=True)
class RampProgram:
    """A program of the ramp generator: rest, level, rest, with edges as steep as it makes them.

    Attributes
    ----------
    rest_mV, level_mV : int
    delays : tuple of int
        Before the first edge, at the level, and at rest after it, in units of 100 us.
    scans : int
        How often the level is played.
    opens : bool
        Whether the program's end opens the cell: only where it plays the last rest to its end.
    """

    rest_mV: int
    level_mV: int
    delays: tuple[int, int, int]
    scans: int
    opens: bool

    @property
    def ramp_s(self) -> float:
        """How long a ramp takes; each edge comes later by as much for every ramp before it, and for its own."""
        return abs(self.level_mV - self.rest_mV) / _FASTEST_mV_per_s


Program = PulseProgram | ArbProgram | RampProgram
"""What an EC301 plays by itself."""


def pulse_program(levels_mV: NDArray[np.int64], ticks: NDArray[np.int64]) -> PulseProgram | None:
    """Return the pulse program that plays some levels; None if none does.

    The last level, if it is the first one again, may be played longer or shorter than asked: it stays when the program
    ends. Otherwise the first level comes after it.

    Parameters
    ----------
    levels_mV, ticks : ndarray of int64, shape (n,)
        All levels of a run, repeats written out, and their lengths in ticks of 4 us.
    """
    levels, holds = _merged(levels_mV, ticks)
    rest = levels[0]
    if len(levels) == 1:
        holds = np.minimum(holds, LONGEST_HOLD)
    if levels[-1] != rest or len(levels) == 1:
        levels, holds = np.append(levels, rest), np.append(holds, 1)
    holds[-1] = min(holds[-1], LONGEST_HOLD)
    levels, holds = _split(levels, holds)
    if len(levels) - 1 <= MOST_REPEATED:
        return _single(levels, holds)
    for length in range(1, MOST_REPEATED + 1):
        if (len(levels) - 1) % length == 0 and (found := _looped(levels, holds, length)) is not None:
            return found
    return None


def _merged(levels: NDArray[np.int64], ticks: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the levels with equal neighbours made one."""
    begins = np.flatnonzero(np.append(True, np.diff(levels) != 0))
    return levels[begins], np.add.reduceat(ticks, begins)


def _split(levels: NDArray[np.int64], holds: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the levels with those that are longer than one point in several of them."""
    pieces = -(-holds // LONGEST_HOLD)
    split = np.repeat(holds // pieces, pieces)
    ends = np.cumsum(pieces) - 1
    split[ends] += holds - pieces * (holds // pieces)
    return np.repeat(levels, pieces), split


def _looped(levels: NDArray[np.int64], holds: NDArray[np.int64], length: int) -> PulseProgram | None:
    """Return the program in which all levels but the first are passes of so many points; None if they are not."""
    passes = levels[1:].reshape(-1, length)
    times = holds[1:].reshape(-1, length)
    times = times.copy()
    times[-1, -1] = times[0, -1]  # of any length, see `pulse_program`
    rises = np.diff(passes, axis=0)
    if len(passes) - 1 > MOST_MOVES or (times != times[0]).any() or (rises != rises[0]).any():
        return None
    steps = {int(rise) for rise in rises[0]} - {0}
    if len(steps) > 1:
        return None
    return PulseProgram(
        (int(levels[0]), *map(int, passes[0])),
        (int(holds[0]), *map(int, times[0])),
        (False, *(bool(rise) for rise in rises[0])),
        (False,) * length + (True,),
        steps.pop() if steps else 0,
        len(passes) - 1,
    )


def _single(levels: NDArray[np.int64], holds: NDArray[np.int64]) -> PulseProgram:
    """Return the program that plays each point once: every one moves a baseline that is not used, by nothing.

    Its last point is doubled if there is room. So it ends at rest whether the move that ends it is the first one beyond
    the limit or the one that reaches it.
    """
    values, times = list(map(int, levels)), list(map(int, holds))
    while len(values) < 3 or (len(values) <= MOST_REPEATED and values[-2] != values[-1]):
        values.append(values[0])
        times.append(1)
    n_repeated = len(values) - 1
    return PulseProgram(
        tuple(values),
        tuple(times),
        (False,) * len(values),
        (False,) + (True,) * n_repeated,
        0,
        n_repeated - 1,
    )


def arb_program(levels_mV: NDArray[np.int64], ticks: NDArray[np.int64], repeats: int) -> ArbProgram | None:
    """Return the arbitrary program that plays some levels again and again; None if none does.

    Parameters
    ----------
    levels_mV, ticks : ndarray of int64, shape (n,)
        Levels of one pass, and their lengths in ticks of 4 us: those of `on_arb_grid`, or on some such grid.
    repeats : int
    """
    levels, holds = _merged(levels_mV, ticks)
    delay_s, holds = _delayed(holds, repeats)
    ends_at_rest = repeats == 1 and levels[-1] == levels[0] and len(levels) > 1
    needed = holds[:-1] if ends_at_rest else holds
    grid = _divisor(int(np.gcd.reduce(needed)))
    opens = not ends_at_rest or holds.sum() <= MOST_ARB_POINTS * grid
    n_points = -(-holds // grid)
    if ends_at_rest and not opens:
        n_points[-1] = 1  # the instrument holds it when the program has ended
    if n_points.sum() > MOST_ARB_POINTS or repeats > MOST_ARB_CYCLES:
        return None
    points = np.repeat(levels, n_points)
    return ArbProgram(tuple(map(int, points)), int(grid * 4), delay_s, repeats, bool(opens))


def on_arb_grid(ticks: NDArray[np.int64], repeats: int) -> NDArray[np.int64] | None:
    """Return lengths of levels (ticks of 4 us) that points of one length can make, rounded; None if there are none."""
    delay_s, holds = _delayed(ticks, repeats)
    inner = holds[:-1] if repeats == 1 and len(holds) > 1 else holds
    coarsest = -(-int(inner.sum()) // (MOST_ARB_POINTS - 1))
    grid = max(coarsest, _divisor(int(np.gcd.reduce(inner))))
    if grid > LONGEST_ARB_TICKS:
        return None
    bounds = np.concatenate([[0], np.cumsum(holds)])
    rounded = np.rint(bounds / grid).astype(np.int64) * grid
    if repeats == 1 and len(holds) > 1:
        rounded[-1] = max(bounds[-1], rounded[-2] + 1)
    lengths: NDArray[np.int64] = np.diff(rounded)
    if not (lengths > 0).all():
        return None
    lengths[0] += delay_s * _SECOND_TICKS
    return lengths


def _delayed(holds: NDArray[np.int64], repeats: int) -> tuple[int, NDArray[np.int64]]:
    """Return the whole seconds of the first level, and the lengths without them: they leave it one tick or more."""
    if repeats > 1:
        return 0, holds.copy()
    delay_s = min(_LONGEST_DELAY_S, int(holds[0] - 1) // _SECOND_TICKS)
    shorter = holds.copy()
    shorter[0] -= delay_s * _SECOND_TICKS
    return delay_s, shorter


def _divisor(ticks: int) -> int:
    """Return the largest divisor that a point can be long."""
    return next((one for one in range(LONGEST_ARB_TICKS, 1, -1) if ticks % one == 0), 1)


def ramp_program(levels_mV: NDArray[np.int64], ticks: NDArray[np.int64], most_late_s: float) -> RampProgram | None:
    """Return the ramp program that plays some levels; None if none does.

    Parameters
    ----------
    levels_mV, ticks : ndarray of int64, shape (n,)
        All levels of a run, repeats written out, and their lengths in ticks of 4 us: those of `on_ramp_grid`.
    most_late_s : float
        By how much the last edge may come late because the ramps before it take time.
    """
    levels, holds = _merged(levels_mV, ticks)
    rest = levels[0]
    if levels[-1] != rest or len(levels) == 1:
        levels, holds = np.append(levels, rest), np.append(holds, RAMP_TICKS)
    passes, times = levels[1:], holds[1:].copy()
    if len(passes) % 2 or len(passes) > 2 * MOST_SCANS or (holds % RAMP_TICKS).any():
        return None
    last, times[-1] = int(times[-1]), times[1]
    alike = (passes == np.tile(passes[:2], len(passes) // 2)).all() and (
        times == np.tile(times[:2], len(times) // 2)
    ).all()
    if not alike or passes[1] != rest:
        return None
    between = int(times[1]) if len(passes) > 2 else last
    delays = int(holds[0]) // RAMP_TICKS, int(times[0]) // RAMP_TICKS, between // RAMP_TICKS
    if max(delays) > LONGEST_DELAY:
        return None
    program = RampProgram(int(rest), int(passes[0]), delays, len(passes) // 2, last <= between)
    return program if len(passes) * program.ramp_s <= most_late_s else None


def on_ramp_grid(ticks: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Return lengths of levels (ticks of 4 us) in whole units of a ramp's delays, rounded; None if one has none."""
    bounds = np.rint(np.concatenate([[0], np.cumsum(ticks)]) / RAMP_TICKS).astype(np.int64) * RAMP_TICKS
    lengths: NDArray[np.int64] = np.diff(bounds)
    return lengths if (lengths > 0).all() else None
