"""Measurement loops with a sine: EIS, GEIS and ACV (examples MSLoopExample002, 012 and 013; manual, 14.11).

An impedance follows from the cell's admittance; the amplitude is rms (example MSExample030), the frequencies are spaced
logarithmically with both ends. Z_real carries the current range, Z_imag the potential range (the vendor's mscript.py);
Z_imag of a capacitance is negative (plot_eis.py). Assumed: how long a point takes, and the noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.palmsens.faults import Code, ScriptFault
from sim_instruments.palmsens.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim_instruments.palmsens.potentiostat import ImpedanceReading, Potentiostat

LOWEST_HZ, HIGHEST_HZ = 1e-3, 1e6
"""Frequencies that a script may ask for (assumed)."""
_SHORTEST_S = 0.05
"""Least time of a point, s (assumed)."""
_PERIODS = 2.0
"""Periods that a point measures at least (assumed)."""


@dataclass(frozen=True)
class SinePoint:
    """One frequency at one level.

    Attributes
    ----------
    frequency_Hz : float
    level : float
        What the sine is added to, V (A in a galvanostatic loop).
    duration_s : float
    """

    frequency_Hz: float
    level: float
    duration_s: float


def frequencies(start_Hz: float, end_Hz: float, count: float) -> list[float]:
    """Return frequencies from start to end, equally spaced on a logarithmic scale; the first one if there is but one.

    Raises
    ------
    ScriptFault
        If there are none, or one is out of bounds.
    """
    if count < 1:
        raise ScriptFault(Code.NOT_POSITIVE)
    if not all(LOWEST_HZ <= f <= HIGHEST_HZ for f in (start_Hz, end_Hz)):
        raise ScriptFault(Code.OUT_OF_BOUNDS)
    return [start_Hz] if int(count) == 1 else np.geomspace(start_Hz, end_Hz, int(count)).tolist()


def scan(numbers: Sequence[float]) -> Iterator[SinePoint]:
    """EIS and GEIS: amplitude, first and last frequency, their number, level."""
    _, start_Hz, end_Hz, count, level = numbers
    return (SinePoint(f, level, max(_SHORTEST_S, _PERIODS / f)) for f in frequencies(start_Hz, end_Hz, count))


def alternating_sweep(numbers: Sequence[float], smallest_V: float) -> Iterator[SinePoint]:
    """ACV: begin, end, step, scan rate, amplitude, frequency."""
    begin_V, end_V, step_V, rate_V_s, _, frequency_Hz = numbers
    if rate_V_s <= 0:
        raise ScriptFault(Code.NOT_POSITIVE)
    if abs(step_V) < smallest_V:
        raise ScriptFault(Code.STEP_TOO_SMALL)
    frequencies(frequency_Hz, frequency_Hz, 1)
    count = math.floor(abs(end_V - begin_V) / abs(step_V) + 1e-6)
    if count < 1:
        raise ScriptFault(Code.NO_STEPS)
    step = math.copysign(step_V, end_V - begin_V)
    return (SinePoint(frequency_Hz, begin_V + k * step, abs(step_V) / rate_V_s) for k in range(count + 1))


class SineLoop:
    """A loop with a sine in the course of being carried out. It is used like `Measuring`.

    Parameters
    ----------
    points : iterator of SinePoint
    cell : Potentiostat
    amplitude : float
        Rms, V (A in a galvanostatic loop).
    is_galvanic : bool
    is_sweep : bool
        Whether it gives what ACV gives.
    """

    def __init__(
        self, points: Iterator[SinePoint], cell: Potentiostat, amplitude: float, *, is_galvanic: bool, is_sweep: bool
    ) -> None:
        if amplitude <= 0:
            raise ScriptFault(Code.NOT_POSITIVE)
        self.scan = -1
        self._points, self._cell, self._amplitude = points, cell, amplitude
        self._is_galvanic, self._is_sweep = is_galvanic, is_sweep
        self._point: SinePoint | None = None
        self._reading: ImpedanceReading | None = None

    def next_point(self, now_s: float) -> float | None:
        """Begin the next point; return when its reading is due, None if there is none left."""
        self._point = point = next(self._points, None)
        if point is None:
            return None
        if self._is_galvanic:
            self._cell.set_current(point.level)
        else:
            self._cell.apply(now_s, point.level)
        return now_s + point.duration_s

    def read(self, now_s: float) -> float | None:
        """Take the reading; a point has one."""
        point = self.point
        self._reading = self._cell.read_impedance(
            now_s, point.frequency_Hz, self._amplitude, is_galvanic=self._is_galvanic
        )
        return None

    @property
    def point(self) -> SinePoint:
        """The point that is measured."""
        if self._point is None:
            raise RuntimeError("no point has begun")
        return self._point

    @property
    def reading(self) -> ImpedanceReading:
        """What was read at it."""
        if self._reading is None:
            raise RuntimeError("nothing was read")
        return self._reading

    def outputs(self) -> list[Value]:
        """Return what the output variables get from a complete point."""
        point, r = self.point, self.reading
        z = [
            Value(r.impedance_ohm.real, "cc", r.status, r.current_range),
            Value(r.impedance_ohm.imag, "cd", r.status, r.potential_range),
        ]
        if not self._is_sweep:
            return [Value(point.frequency_Hz, "dc"), *z]
        return [
            Value(self._cell.sourced_V(point.level), "da"),
            Value(r.direct_A, "ba", r.status, r.current_range),
            Value(r.alternating_V, "ch", r.status, r.potential_range),
            Value(r.alternating_A, "cj", r.status, r.current_range),
            *z,
        ]

    def waveforms(self, count: int) -> tuple[list[float], list[float], float]:
        """Return samples of potential and current, and their frequency (``eis_tdd``): a power of two a period."""
        point, r = self.point, self.reading
        turns = 2.0 * math.pi * np.arange(count) / _SAMPLES_A_PERIOD
        phase = np.angle(r.impedance_ohm)
        potential = point.level + math.sqrt(2.0) * r.alternating_V * np.sin(turns)
        current = r.direct_A + math.sqrt(2.0) * r.alternating_A * np.sin(turns - phase)
        return potential.tolist(), current.tolist(), point.frequency_Hz * _SAMPLES_A_PERIOD


_SAMPLES_A_PERIOD = 64
"""Of the waveforms that ``eis_tdd`` gives (assumed)."""
