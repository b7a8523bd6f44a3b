"""Commands of an EC301 for its three waveform generators (manual revision 1.1, pp. 111-126)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.srs.engine import MAX_CURRENT_A, RANGES_A
from sim_instruments.srs.player import Generator
from sim_instruments.srs.syntax import Command, allowed, plain, within
from sim_instruments.srs.waveforms import ARB_POINTS, PULSE_POINTS, ArbProgram, PulseProgram, RampProgram

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim_instruments.srs.engine import Engine

_MOST_mV = 15_000
"""Of a potential, pp. 112, 117, 124."""
_LONGEST_HOLD = 2**24 - 1
"""Of ``pholdt``, p. 113."""
_MOST_STEPS = 2**20 - 1
"""Of ``plimit``, p. 115."""
_MOST_POINTS = 15
"""Of ``ppoint``: the table of p. 111. Its text has six points, so that those beyond can have no data."""
_FASTEST = (10**8, 2000)
"""Of ``ramprt`` in potentiostat and galvanostat mode, p. 118."""
_NO_VALUE = 31
"""What ``arbget?`` answers where there is none, p. 125."""
_NO_TYPE, _NO_SUCH = 32, 33
"""What ``arbset?`` answers: no type yet, a point or value out of range; assumed, p. 124 has "non-zero" only."""


class WaveformCommands:
    """The table of these commands.

    Parameters
    ----------
    engine : Engine
    first_type : int
        Number of the potentiostatic type of ``arbtyp``. The examples of pp. 124 and 132 have 1, the table of p. 125
        has 0; galvanostatic types follow it.
    """

    def __init__(self, engine: Engine, first_type: int) -> None:
        self._engine = engine
        self._first_type = first_type
        self._verified: set[str] = set()

    @property
    def table(self) -> Mapping[str, Command]:
        """The commands by name; queries end with a question mark."""
        return self._pulses() | self._ramp() | self._arb()

    def _pulses(self) -> dict[str, Command]:
        engine = self._engine
        return {
            "plinit": Command("", self._new_pulses),
            "ppoint": Command("i", lambda last: self._pulse("last", last, 1, _MOST_POINTS)),
            "ppoint?": Command("", lambda: str(engine.pulses.last)),
            "psteps": Command("x", lambda step: self._pulse("step", step, *self._bounds())),
            "psteps?": Command("", lambda: plain(engine.pulses.step)),
            "plimit": Command("i", lambda limit: self._pulse("limit", limit, 1, _MOST_STEPS)),
            "plimit?": Command("", lambda: str(engine.pulses.limit)),
            "plendm": Command("i", lambda stops: self._pulse("stops", stops, 0, 1)),
            "plendm?": Command("", lambda: str(engine.pulses.stops)),
            "pdatap": Command("ix", lambda point, value: self._point("data", point, value, *self._bounds())),
            "pdatap?": Command("i", lambda point: plain(engine.pulses.data.get(point, 0.0))),
            "pholdt": Command("ii", lambda point, ticks: self._point("holds", point, ticks, 1, _LONGEST_HOLD)),
            "pholdt?": Command("i", lambda point: str(engine.pulses.holds.get(point, 0))),
            "pincrm": Command("iii", self._increment),
            "pincrm?": Command("i", self._increment_of),
            "pprogm?": Command("", self._verify_pulses),
            "pstart": Command("|i", self._start_pulses),
            "plstop": Command("", lambda: self._stop(Generator.PULSE)),
        }

    def _ramp(self) -> dict[str, Command]:
        engine = self._engine
        return {
            "ramprs": Command("", self._new_ramp),
            "ramppt": Command("ix", lambda i, value: self._vertex("vertices", i, 2, value, *self._bounds())),
            "ramppt?": Command("i", lambda i: plain(engine.ramp.vertices.get(i, 0.0))),
            "ramprt": Command("ii", lambda i, rate: self._vertex("rates", i, 1, rate, 1, self._fastest())),
            "ramprt?": Command("i", lambda i: str(engine.ramp.rates.get(i, 0))),
            "rampdt": Command("ii", lambda i, delay: self._vertex("delays", i, 2, delay, 0, 2**32 - 1)),
            "rampdt?": Command("i", lambda i: str(engine.ramp.delays.get(i, 0))),
            "ramppg?": Command("i", self._verify_ramp),
            "rampst": Command("i", self._start_ramp),
            "rampen": Command("|i", lambda *_: self._stop(Generator.RAMP)),
            "rampcy": Command("i", lambda cycles: self._scan("cycles", cycles, 1, 254)),
            "rampcy?": Command("", lambda: str(engine.ramp.cycles)),
            "scantp": Command("i", lambda single: self._scan("single", single, 0, 1)),
            "scantp?": Command("", lambda: str(engine.ramp.single)),
            "scanem": Command("i", lambda holds: self._scan("holds", holds, 0, 1)),
            "scanem?": Command("", lambda: str(engine.ramp.holds)),
        }

    def _arb(self) -> dict[str, Command]:
        engine = self._engine
        return {
            "arbrst": Command("", self._new_arb),
            "arbtyp": Command("i", self._type),
            "arbtyp?": Command("", lambda: str(-1 if engine.arb.type is None else engine.arb.type)),
            "arbpts?": Command("", lambda: str(len(engine.arb.points))),
            "arbdly": Command("i", lambda seconds: self._arb_setting("delay_s", seconds, 0, 1023)),
            "arbdly?": Command("", lambda: str(engine.arb.delay_s)),
            "arbdiv": Command("i", lambda divider: self._arb_setting("divider", divider, 1, 1024)),
            "arbdiv?": Command("", lambda: str(engine.arb.divider)),
            "arbend": Command("i", lambda opens: self._arb_setting("opens", opens, 0, 1)),
            "arbend?": Command("", lambda: str(engine.arb.opens)),
            "arbcyc": Command("i", lambda cycles: self._arb_setting("cycles", cycles, 0, 1024)),
            "arbcyc?": Command("", lambda: str(engine.arb.cycles)),
            "arbset?": Command("ii", self._arb_point),
            "arbget?": Command("i", lambda point: str(engine.arb.points.get(point, _NO_VALUE))),
            "arbrun": Command("i", self._run_arb),
        }

    def _bounds(self) -> tuple[int, int]:
        """Return the bounds of a value in the present mode (p. 112)."""
        most = 1000 if self._engine.range_A == MAX_CURRENT_A else 2000
        most = most if self._engine.settings.ecmode else _MOST_mV
        return -most, most

    def _fastest(self) -> int:
        return _FASTEST[min(1, self._engine.settings.ecmode)]

    def _stop(self, generator: Generator) -> None:
        if self._engine.player.running is generator:
            self._engine.stop()

    def _idle(self) -> None:
        allowed(if_=self._engine.player.running is None)

    # -- pulses -------------------------------------------------------------------------------------------------------

    def _new_pulses(self) -> None:
        self._idle()
        self._engine.pulses = PulseProgram()
        self._verified.discard("pulses")

    def _pulse(self, field: str, value: float, low: float, high: float) -> None:
        self._idle()
        within(value, low, high)
        setattr(self._engine.pulses, field, value)
        self._verified.discard("pulses")

    def _point(self, field: str, point: int, value: float, low: float, high: float) -> None:
        self._idle()
        within(point, 0, PULSE_POINTS - 1)
        within(value, low, high)
        getattr(self._engine.pulses, field)[point] = value
        self._verified.discard("pulses")

    def _increment(self, point: int, adds: int, increments: int) -> None:
        within(point, 0, PULSE_POINTS - 1)
        if point:  # the bits of point 0 are ignored, p. 114
            self._point("adds", point, adds, 0, 1)
            self._point("increments", point, increments, 0, 1)

    def _increment_of(self, point: int) -> str:
        within(point, 0, PULSE_POINTS - 1)
        program = self._engine.pulses
        return f"{point} {program.adds.get(point, 0)} {program.increments.get(point, 0)}"

    def _verify_pulses(self) -> str:
        missing = self._engine.pulses.missing
        if not missing:
            self._verified.add("pulses")
        return str(missing)

    def _start_pulses(self, triggered: int = 0) -> None:
        within(triggered, 0, 1)
        self._idle()
        allowed(if_="pulses" in self._verified and not self._engine.pulses.missing)
        events = self._engine.pulses.events()
        if triggered:  # the public driver's; no page has an argument
            self._engine.settings.trgarm = 1
            self._engine.armed = (Generator.PULSE, events)
        else:
            self._engine.start(Generator.PULSE, events)

    # -- ramps --------------------------------------------------------------------------------------------------------

    def _new_ramp(self) -> None:
        self._stop(Generator.RAMP)
        self._engine.ramp = RampProgram()
        self._verified -= {f"ramp {kind}" for kind in range(5)}

    def _vertex(self, field: str, which: int, last: int, value: float, low: float, high: float) -> None:
        self._idle()
        within(which, 0, last)
        within(value, low, high)
        getattr(self._engine.ramp, field)[which] = value

    def _scan(self, field: str, value: int, low: int, high: int) -> None:
        self._idle()
        within(value, low, high)
        setattr(self._engine.ramp, field, value)

    def _verify_ramp(self, kind: int) -> str:
        within(kind, 0, 4)
        missing = self._engine.ramp.missing(kind)
        if not missing:
            self._verified.add(f"ramp {kind}")
        return str(missing)

    def _start_ramp(self, kind: int) -> None:
        within(kind, 0, 5)
        self._idle()
        shape = {4: 0, 5: 1}.get(kind, kind)
        verified = f"ramp {shape}" in self._verified or (kind == 5 and "ramp 4" in self._verified)
        allowed(if_=verified and not self._engine.ramp.missing(shape))
        per_rate = 1.0 if self._engine.settings.ecmode else 0.1
        events = self._engine.ramp.events(shape, per_rate=per_rate)
        if kind == shape:
            self._engine.start(Generator.RAMP, events)
        else:
            self._engine.settings.trgarm = 1
            self._engine.armed = (Generator.RAMP, events)

    # -- arbitrary waveforms ------------------------------------------------------------------------------------------

    def _new_arb(self) -> None:
        self._stop(Generator.ARB)
        self._engine.arb = ArbProgram()

    def _arb_setting(self, field: str, value: int, low: int, high: int) -> None:
        self._idle()
        within(value, low, high)
        setattr(self._engine.arb, field, value)

    def _type(self, number: int) -> None:
        within(number - self._first_type, 0, max(RANGES_A))
        allowed(if_=self._engine.arb.type is None)  # it can be defined once only, p. 125
        self._engine.arb.type = number

    def _arb_range(self) -> int:
        """Return the current range of the type, 0 for a potentiostatic one."""
        return (self._engine.arb.type or 0) - self._first_type

    def _arb_point(self, point: int, value: int) -> str:
        self._idle()
        program = self._engine.arb
        if program.type is None:
            return str(_NO_TYPE)
        most = {0: _MOST_mV, 1: 1000}.get(self._arb_range(), 2000)
        if not (0 <= point < ARB_POINTS and abs(value) <= most):
            return str(_NO_SUCH)
        program.points[point] = value
        return "0"

    def _run_arb(self, instruction: int) -> None:
        within(instruction, 0, 2)
        engine = self._engine
        if instruction == 0:
            engine.stop()
            engine.enable(on=False)
            return
        self._idle()
        allowed(if_=engine.arb.playable)
        current_range = self._arb_range()
        engine.settings.ecmode = int(current_range > 0)
        engine.settings.irange = current_range or engine.settings.irange
        if instruction == 1:
            engine.start(Generator.ARB, engine.arb.events())
        else:
            engine.settings.trgarm = 1
            engine.armed = (Generator.ARB, engine.arb.events())
            engine.enable(on=True)
