"""Waveforms that an EC301 makes by itself: pulses, ramps and holds, arbitrary points.

After the *EC301 User Manual*, revision 1.1 (02/29/2016), pp. 111-126 and 129-132. A waveform is a stream of events; an
event is a time (s from the start), a value (mV, or thousandths of the current range) and a mark. Values are what the
commands take: the engine makes potentials or currents of them.

Where the manual contradicts itself, its worked examples and figures decide: the last argument of ``pincrm`` is 1 for
"increment" (p. 112, figure 35, p. 129; the table of p. 114 has it the other way round), and ``plimit 4`` makes four
increments between five pulses (figure 38).

Assumed, as no page says it: after the increment that would be one too many the pass is played to its end; a pulsed
waveform leaves its last level on the cell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

TICK_S = 4e-6
"""Of hold times of pulses, p. 113."""
PULSE_POINTS = 6
"""Control points of a pulsed waveform, p. 111: numbered 0 ... 5."""
ARB_POINTS = 1600
"""Points of an arbitrary waveform, pp. 123, 124 and 132 (the "16,000" of p. 124 is in no table)."""
_RAMP_STEP_mV = 0.2
"""Step of a scan: 200 uV, p. 11."""
_RAMP_STEPS = 20_000
"""Steps of one ramp at most, so that the fastest of 15 V cost no more than others."""
_RAMP_DELAY_S = 1e-4
"""Unit of ``rampdt``, p. 119."""
_NEEDED = {0: (2, 3, 2), 1: (2, 2, 1), 2: (0, 1, 0), 3: (1, 1, 0), 4: (2, 2, 1)}
"""How many delays, vertices and rates each kind of ramp needs: the third delay is in no bit of p. 120."""


class Mark(StrEnum):
    """What an event of a waveform is."""

    LEVEL = "level"
    REPEAT = "repeat"
    """A level with which the waveform begins or repeats."""
    HOLD = "hold"
    """The waveform ends and its value is held; no value: the last one stays."""
    OPEN = "open"
    """The waveform ends and the control loop opens."""


class Event(NamedTuple):
    """What a waveform does at a moment.

    Attributes
    ----------
    at_s : float
        From its start.
    value : float or None
        In mV or thousandths of the range.
    mark : Mark
    """

    at_s: float
    value: float | None
    mark: Mark


@dataclass
class PulseProgram:
    """Control points, and what becomes of the baseline (pp. 111-115).

    Attributes
    ----------
    data, holds : dict
        Value and hold (in ticks of 4 us) of each point that has one.
    adds, increments : dict
        Whether a point's value is added to the baseline, and whether the baseline moves after its hold.
    last : int
        Number of the last point; 0 while it has not been told.
    step, limit, stops : int
        Increment of the baseline, how many, and whether it stops then (or turns round).
    """

    data: dict[int, float] = field(default_factory=dict)
    holds: dict[int, int] = field(default_factory=dict)
    adds: dict[int, int] = field(default_factory=dict)
    increments: dict[int, int] = field(default_factory=dict)
    last: int = 0
    step: float = 0.0
    limit: int = 1
    stops: int = 1

    @property
    def missing(self) -> int:
        """What ``pprogm?`` answers: bit 0 if a point has no data."""
        points = range(self.last + 1)
        return int(self.last < 1 or any(point not in self.data or point not in self.holds for point in points))

    def events(self) -> Iterator[Event]:
        """Yield the waveform: point 0 once, then the others again and again."""
        yield Event(0.0, self.data[0], Mark.REPEAT)
        ticks, baseline, step, made, over = self.holds[0], 0.0, self.step, 0, False
        while not over:
            for point in range(1, self.last + 1):
                value = self.data[point] + (baseline if self.adds.get(point) else 0.0)
                yield Event(ticks * TICK_S, value, Mark.REPEAT if point == 1 else Mark.LEVEL)
                ticks += self.holds[point]
                if not self.increments.get(point):
                    continue
                if made == self.limit and self.stops:
                    over = True
                    continue
                if made == self.limit:
                    step, made = -step, 0
                baseline, made = baseline + step, made + 1
        yield Event(ticks * TICK_S, None, Mark.HOLD)


@dataclass
class RampProgram:
    """Vertices, rates and delays of a ramp (pp. 117-121).

    Attributes
    ----------
    vertices, rates, delays : dict
        In mV or thousandths of the range; in 100 uV/s or thousandths of the range per second; in 100 us.
    cycles : int
        Repeats of the repeating scan unit after the first scan; 0 for without end.
    single, holds : int
        Whether there is one scan only; whether it ends at the first vertex (or at open circuit).
    """

    vertices: dict[int, float] = field(default_factory=dict)
    rates: dict[int, int] = field(default_factory=dict)
    delays: dict[int, int] = field(default_factory=dict)
    cycles: int = 0
    single: int = 0
    holds: int = 0

    def missing(self, kind: int) -> int:
        """Return what ``ramppg?`` answers: bits for T1, T2, P1, P2, P3, R1, R2 (p. 120).

        Parameters
        ----------
        kind : int
            0 cyclic voltammetry, 1 linear sweep, 2 hold, 3 timed hold, 4 linear sweep to be armed.
        """
        n_delays, n_vertices, n_rates = _NEEDED[kind]
        bits = [point in self.delays or point >= n_delays for point in range(2)]
        bits += [point in self.vertices or point >= n_vertices for point in range(3)]
        bits += [point in self.rates or point >= n_rates for point in range(2)]
        return sum(1 << bit for bit, there in enumerate(bits) if not there)

    def events(self, kind: int, *, per_rate: float) -> Iterator[Event]:
        """Yield the waveform of a kind that misses nothing.

        Parameters
        ----------
        kind : int
            As for `missing`.
        per_rate : float
            Units of a vertex per second and unit of a rate: 0.1 in potentiostat mode, 1 in galvanostat mode.
        """
        yield Event(0.0, self.vertices[0], Mark.REPEAT)
        if kind == 2:
            return
        at = self.delays.get(0, 0) * _RAMP_DELAY_S
        if kind == 3:
            yield Event(at, None, Mark.OPEN)
            return
        turn = self.vertices[1]
        at = yield from _ramp(at, self.vertices[0], turn, self.rates[0] * per_rate)
        at += self.delays.get(1, 0) * _RAMP_DELAY_S
        if kind == 0:
            base, repeats = self.vertices[2], 0
            while True:
                at = yield from _ramp(at, turn, base, self.rates[1] * per_rate)
                at += self.delays.get(2, 0) * _RAMP_DELAY_S
                if self.single or (self.cycles and repeats == self.cycles):
                    break
                repeats += 1
                yield Event(at, base, Mark.REPEAT)
                at = yield from _ramp(at, base, turn, self.rates[0] * per_rate)
                at += self.delays.get(1, 0) * _RAMP_DELAY_S
        yield Event(at, self.vertices[0] if self.holds else None, Mark.HOLD if self.holds else Mark.OPEN)


def _ramp(at_s: float, start: float, end: float, rate_per_s: float) -> Generator[Event, None, float]:
    """Yield the steps of a ramp, each at the mean of its time; return when it ends."""
    takes_s = abs(end - start) / rate_per_s
    n_steps = min(_RAMP_STEPS, max(1, round(abs(end - start) / _RAMP_STEP_mV)))
    if start != end:
        for step in range(n_steps):
            yield Event(at_s + takes_s * step / n_steps, start + (end - start) * (step + 0.5) / n_steps, Mark.LEVEL)
        yield Event(at_s + takes_s, end, Mark.LEVEL)
    return at_s + takes_s


@dataclass
class ArbProgram:
    """Points of an arbitrary waveform (pp. 122-126).

    Attributes
    ----------
    type : int or None
        As ``arbtyp`` gave it; None until then.
    points : dict
        Value of each point, in mV or thousandths of the range.
    delay_s, divider, cycles, opens : int
        Extra hold of the first point, microseconds a point, repeats (0 for without end), whether it ends at open
        circuit.
    """

    type: int | None = None
    points: dict[int, int] = field(default_factory=dict)
    delay_s: int = 0
    divider: int = 1
    cycles: int = 1
    opens: int = 0

    @property
    def playable(self) -> bool:
        """Whether there are points, without a gap."""
        return self.type is not None and bool(self.points) and max(self.points) == len(self.points) - 1

    def events(self) -> Iterator[Event]:
        """Yield the waveform; equal neighbours are one level."""
        values = [self.points[point] for point in range(len(self.points))]
        changes = [point for point in range(1, len(values)) if values[point] != values[point - 1]]
        begun, cycle = 0, 0
        yield Event(0.0, values[0], Mark.REPEAT)
        at = self.delay_s
        while True:
            for point in changes:
                yield Event(at + (begun + point) * self.divider * 1e-6, values[point], Mark.LEVEL)
            begun, cycle = begun + len(values), cycle + 1
            ends = at + begun * self.divider * 1e-6
            if cycle == self.cycles:
                break
            yield Event(ends, values[0], Mark.REPEAT)
        yield Event(ends, None if self.opens else values[0], Mark.OPEN if self.opens else Mark.HOLD)
