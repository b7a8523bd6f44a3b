"""Potentials that a measurement loop applies, and when it reads (manual, 14.11).

Every technique is a row of points; a point is one to two holds, each read at its end or not, and what of the readings
goes into the output variables. Arguments are the numbers of the script's command in their order, then the smallest step
that the potential can make.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim_instruments.palmsens.faults import Code, ScriptFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# Numbers of the techniques in the loop's marker: manual, table 5.
MARKERS = {"lsv": 0x0, "dpv": 0x1, "swv": 0x2, "npv": 0x3, "cv": 0x5, "ca": 0x7, "pad": 0x8, "ocp": 0xB}
MARKERS |= {"lsp": 0x9, "cp": 0xA, "acv": 0x4, "eis": 0xD, "geis": 0xE}


@dataclass(frozen=True)
class Point:
    """One iteration.

    Attributes
    ----------
    holds : tuple of (float, float)
        Seconds and potential of each hold; each is read at its end.
    outputs : tuple of tuple of int
        For each current variable: signed numbers of the holds that are summed, from 1 (``(1, -2)`` is first minus
        second).
    told_V : float
        What the potential variable gets.
    scan : int
        Which scan it belongs to.
    """

    holds: tuple[tuple[float, float], ...]
    outputs: tuple[tuple[int, ...], ...]
    told_V: float
    scan: int = 0


def _positive(*values: float) -> None:
    for value in values:
        if not math.isfinite(value):
            raise ScriptFault(Code.NOT_A_NUMBER)
        if value <= 0:
            raise ScriptFault(Code.NOT_POSITIVE)


def _staircase(begin_V: float, end_V: float, step_V: float, smallest_V: float) -> list[float]:
    """Return the potentials from `begin_V` to `end_V`, both included where the step fits."""
    if abs(step_V) < smallest_V:
        raise ScriptFault(Code.STEP_TOO_SMALL)
    count = math.floor(abs(end_V - begin_V) / abs(step_V) + 1e-6)
    if count < 1:
        raise ScriptFault(Code.NO_STEPS)
    step = math.copysign(step_V, end_V - begin_V)
    return [begin_V + k * step for k in range(count + 1)]


def amperometry(numbers: Sequence[float]) -> Iterator[Point]:
    """CA: a constant potential, read at the end of every interval; as many as fit into the run time."""
    potential_V, interval_s, run_s = numbers
    _positive(interval_s, run_s)
    point = Point(((interval_s, potential_V),), ((1,),), potential_V)
    count = math.floor(run_s / interval_s + 1e-6)
    if count < 1:
        raise ScriptFault(Code.NO_STEPS)
    return (point for _ in range(count))


def linear_sweep(numbers: Sequence[float], smallest_V: float) -> Iterator[Point]:
    """LSV: a staircase, each stair read at its end."""
    begin_V, end_V, step_V, rate_V_s = numbers
    _positive(rate_V_s)
    levels = _staircase(begin_V, end_V, step_V, smallest_V)
    hold_s = abs(step_V) / rate_V_s
    return (Point(((hold_s, level),), ((1,),), level) for level in levels)


def cyclic(numbers: Sequence[float], smallest_V: float, scans: int) -> Iterator[Point]:
    """CV: from begin to vertex 1, to vertex 2, and back; later scans do not repeat the point at begin.

    A begin that is not between the vertices is refused with 0007 (seen on an instrument by the authors of an open
    client).
    """
    begin_V, vertex1_V, vertex2_V, step_V, rate_V_s = numbers
    _positive(rate_V_s, scans)
    if not min(vertex1_V, vertex2_V) - 1e-9 <= begin_V <= max(vertex1_V, vertex2_V) + 1e-9:
        raise ScriptFault(Code.UNEXPECTED_VALUE)
    corners = [begin_V, vertex1_V, vertex2_V, begin_V]
    levels = [begin_V]
    for start, end in itertools.pairwise(corners):
        if abs(end - start) > 1e-9:
            levels += _staircase(start, end, step_V, smallest_V)[1:]
    hold_s = abs(step_V) / rate_V_s
    return (
        Point(((hold_s, level),), ((1,),), level, scan)
        for scan in range(scans)
        for level in (levels if scan == 0 else levels[1:])
    )


def differential_pulse(numbers: Sequence[float], smallest_V: float) -> Iterator[Point]:
    """DPV: a staircase with a pulse at the end of each stair; the current is that of the pulse minus that before."""
    begin_V, end_V, step_V, pulse_V, pulse_s, rate_V_s = numbers
    _positive(rate_V_s, pulse_s)
    if abs(pulse_V) < smallest_V:
        raise ScriptFault(Code.PULSE_TOO_SMALL)
    interval_s = abs(step_V) / rate_V_s
    if pulse_s > 0.5 * interval_s * (1 + 1e-9):
        raise ScriptFault(Code.UNEXPECTED_VALUE)
    levels = _staircase(begin_V, end_V, step_V, smallest_V)
    pulse = math.copysign(pulse_V, end_V - begin_V)
    return (Point(((interval_s - pulse_s, level), (pulse_s, level + pulse)), ((2, -1),), level) for level in levels)


def square_wave(numbers: Sequence[float], smallest_V: float) -> Iterator[Point]:
    """SWV: half a period above each stair (forward), half a period below; outputs difference, forward, reverse."""
    begin_V, end_V, step_V, amplitude_V, frequency_Hz = numbers
    _positive(frequency_Hz)
    if abs(amplitude_V) < smallest_V:
        raise ScriptFault(Code.PULSE_TOO_SMALL)
    levels = _staircase(begin_V, end_V, step_V, smallest_V)
    half_s = 0.5 / frequency_Hz
    up = math.copysign(amplitude_V, end_V - begin_V)
    return (Point(((half_s, level + up), (half_s, level - up)), ((1, -2), (1,), (2,)), level) for level in levels)


def normal_pulse(numbers: Sequence[float], smallest_V: float) -> Iterator[Point]:
    """NPV: growing pulses from one base potential, each read at its end."""
    begin_V, end_V, step_V, pulse_s, rate_V_s = numbers
    _positive(rate_V_s, pulse_s)
    interval_s = abs(step_V) / rate_V_s
    if pulse_s > 0.5 * interval_s * (1 + 1e-9):
        raise ScriptFault(Code.UNEXPECTED_VALUE)
    levels = _staircase(begin_V, end_V, step_V, smallest_V)
    return (Point(((interval_s - pulse_s, begin_V), (pulse_s, level)), ((2,),), level) for level in levels)


def pulsed_amperometry(numbers: Sequence[float]) -> Iterator[Point]:
    """PAD: a pulse every interval; mode 1 gives the current before it, 2 at its end, 3 the difference."""
    dc_V, pulse_V, pulse_s, interval_s, run_s, mode = numbers
    _positive(pulse_s, interval_s, run_s)
    if mode not in {1, 2, 3}:
        raise ScriptFault(Code.UNKNOWN_PAD_MODE)
    if pulse_s > 0.5 * interval_s * (1 + 1e-9):
        raise ScriptFault(Code.UNEXPECTED_VALUE)
    count = math.floor(run_s / interval_s + 1e-6)
    if count < 1:
        raise ScriptFault(Code.NO_STEPS)
    current = {1: (1,), 2: (2,), 3: (2, -1)}[int(mode)]
    point = Point(((interval_s - pulse_s, dc_V), (pulse_s, pulse_V)), (current,), dc_V if mode == 1 else pulse_V)
    return (point for _ in range(count))


SWEEPS: dict[str, Callable[..., Iterator[Point]]] = {
    "lsv": linear_sweep,
    "dpv": differential_pulse,
    "swv": square_wave,
    "npv": normal_pulse,
}
"""Techniques that step, by name: their arguments are those of the script, then the smallest step of the potential."""
