"""Command port of a Zahner PP212.

Every command is answered by a line: ``ok``, a value, or ``error n`` (27 unknown command, 100 value out of range, 1003
limit reached, 1004 value outside the limits, 1005 aborted, 1006 not done because of an earlier error). ``ABOR`` and
``*RST`` are obeyed at once beside a running primitive; everything else waits for its end. The names are those of
the vendor's client, ``zahner_potentiostat`` 1.1.2, scpi_control/control.py; docs/reference/sources/zahner.md has each.
What a PP212 has and this one has not (the hand-over to a Zennium, tolerances of stairs) is answered with error 1000,
"not implemented yet".
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import deque
from typing import TYPE_CHECKING

from sim_instruments.zahner.settings import (
    BLOCKED,
    LARGEST_A,
    LARGEST_V,
    OK,
    RANGES_A,
    READING_S,
    Limits,
    Settings,
)
from sim_instruments.zahner.vocabulary import ACCEPTED, MISSING
from sim_instruments.zahner.watch import OCV_SCAN, POLARIZATION, RAMP, STAIRS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.zahner.engine import Engine

# Error numbers of the command port.
_UNKNOWN, _RANGE, _NOT_IMPLEMENTED, _LIMITED = 27, 100, 1000, 1004
_VOLTAGE_RANGES_V = (LARGEST_V,)
"""By their index; a PP212 has one (assumed)."""
_MOST_STAIRS = 100_000
"""Of one staircase (ours)."""
_CONTROL = {"ABOR", "*RST"}
_ALWAYS = {"*CLS", "*CLS?", "*IDN?", "*RST", "ABOR", ":SESO:STAT", ":SESO:STAT?"}
_ETHERNET_ADDRESS = "02:00:00:00:80:FD"
"""One of those that anybody may use (assumed)."""
_SOFTWARE = "Version: 1.1.0; Branch: simulated; Hash: 0; Target: Release; Compile time: 2025-01-01T00:00:00+00:00"
"""In the form that the client's documentation shows (``getSoftwareInfo``)."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")


class RefusedError(Exception):
    """A command that is answered with an error.

    Parameters
    ----------
    number : int
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"error {number}")
        self.number = number


class CommandPort:
    """The first serial port: lines in, one answer each.

    Parameters
    ----------
    engine : Engine
    identity : str
        What ``*IDN?`` answers.
    """

    def __init__(self, engine: Engine, identity: str) -> None:
        self._engine = engine
        self._identity = identity
        self._line = bytearray()
        self._lines: deque[str] = deque()
        self._answer: Callable[[], str | None] | None = None  # of a command that takes time
        self.output = bytearray()

    @property
    def waiting(self) -> bool:
        """Whether a command has not been answered yet."""
        return self._answer is not None or bool(self._lines)

    def receive(self, data: bytes) -> None:
        """Take bytes from the client; ``ABOR`` and ``*RST`` do not queue."""
        *lines, rest = (bytes(self._line) + data).split(b"\n")
        self._line = bytearray(rest[-10_000:])
        for line in lines:
            text = line.decode("latin-1").strip()
            if text.upper() in _CONTROL:
                self._reply(self._done(text.upper()))
            elif text:
                self._lines.append(text)
        self.run()

    def run(self) -> None:
        """Answer what can be answered."""
        self._engine.update()
        while True:
            if self._answer is not None:
                if (answer := self._answer()) is None:
                    return
                self._reply(answer)
                self._answer = None
            elif self._lines and not self._engine.busy:
                self._obey(self._lines.popleft())
            else:
                return

    def _reply(self, answer: str) -> None:
        self.output += answer.encode("latin-1") + b"\n"

    def _done(self, command: str) -> str:
        if command == "*RST":
            self._engine.abort()
            self._engine.switch(on=False)
            self._engine.settings, self._engine.status = Settings(), OK
        else:
            self._engine.abort()
        return "ok"

    def _obey(self, line: str) -> None:
        header, _, argument = line.partition(" ")
        header = header.upper()
        if self._engine.status != OK and header not in _ALWAYS:
            self._reply(f"error {BLOCKED}")
            return
        try:
            if header.startswith(":MEAS:") and header not in MISSING:
                self._measure(header)
            else:
                self._reply(self._set(header, argument.strip()) or "ok")
        except RefusedError as refused:
            self._reply(str(refused))

    # -- settings -----------------------------------------------------------------------------------------------------

    def _set(self, header: str, argument: str) -> str | None:
        if header in MISSING:
            raise RefusedError(_NOT_IMPLEMENTED)
        if header.endswith("?"):
            if (query := self._queries().get(header)) is None:
                raise RefusedError(_UNKNOWN)
            return query()
        if (setting := self._settings().get(header)) is not None:
            setting(argument)
        elif header not in ACCEPTED:
            raise RefusedError(_UNKNOWN)
        return None

    def _queries(self) -> dict[str, Callable[[], str]]:
        engine, s = self._engine, self._engine.settings
        return {
            "*IDN?": lambda: self._identity,
            "*CLS?": lambda: str(engine.status),
            # Assumed: the vendor's client sets all of these and asks for none.
            ":SESO:STAT?": lambda: str(int(engine.on)),
            ":SYST:LINF?": lambda: f"{s.line_Hz:g}",
            ":SYST:TIME?": lambda: self._time().isoformat(),
            ":SYST:MAC?": lambda: _ETHERNET_ADDRESS,
            ":SYST:SOFT:INFO?": lambda: _SOFTWARE,
            ":SESO:CRNG?": lambda: f"{s.range_A:.6e}",
            ":SESO:ULIM:STAT?": lambda: str(int(s.voltage_limits.on)),
            ":SESO:ULIM:MAX?": lambda: f"{s.voltage_limits.high:.6e}",
            ":SESO:ULIM:MIN?": lambda: f"{s.voltage_limits.low:.6e}",
            ":SESO:ILIM:STAT?": lambda: str(int(s.current_limits.on)),
            ":SESO:ILIM:MAX?": lambda: f"{s.current_limits.high:.6e}",
            ":SESO:ILIM:MIN?": lambda: f"{s.current_limits.low:.6e}",
        }

    def _settings(self) -> dict[str, Callable[[str], None]]:
        engine, s = self._engine, self._engine.settings

        def kept(place: object, field: str, largest: float, smallest: float | None = None) -> Callable[[str], None]:
            return lambda argument: setattr(place, field, _number(argument, largest, smallest))

        def limited(header: str, limits: Limits, largest: float) -> dict[str, Callable[[str], None]]:
            return {
                f"{header}:STAT": lambda argument: setattr(limits, "on", _switch(argument)),
                f"{header}:MAX": kept(limits, "high", largest),
                f"{header}:MIN": kept(limits, "low", largest),
            }

        return {
            "*CLS": lambda _: setattr(engine, "status", OK),
            ":SESO:STAT": lambda argument: engine.switch(on=_switch(argument) and self._may_be_on()),
            ":SESO:UVAL": self._set_voltage,
            ":SESO:UREL": lambda argument: setattr(s, "to_ocv", _to_ocv(argument)),
            ":SESO:IVAL": lambda argument: setattr(s, "current_A", self._allowed_A(_number(argument, LARGEST_A))),
            ":SESO:COUP": self._couple,
            ":SESO:CRNG": self._set_range,
            ":SESO:CRNG:IDX": self._set_range_index,
            ":SESO:VRNG:IDX": _only_range,
            ":SESO:SFRQ": kept(s, "sampling_Hz", 100.0, 0.01),
            ":SESO:UILT": kept(s, "tolerance_s", 1000.0, 0.0),
            ":PARA:UVAL": lambda argument: setattr(s, "para_voltage_V", self._allowed(_number(argument, LARGEST_V))),
            ":PARA:UREL": lambda argument: setattr(s, "para_to_ocv", _to_ocv(argument)),
            ":PARA:IVAL": lambda argument: setattr(s, "para_current_A", self._allowed_A(_number(argument, LARGEST_A))),
            ":PARA:TIME": kept(s, "para_time_s", 1e6, 0.0),
            ":PARA:TMAX": kept(s, "para_longest_s", 1e6, 0.0),
            ":PARA:TMIN": kept(s, "para_shortest_s", 1e6, 0.0),
            ":PARA:SCRA": kept(s, "para_rate", 1e6),
            ":PARA:STEP": kept(s, "para_step", LARGEST_V),
            ":PARA:UILT": kept(s, "para_tolerance_s", 1000.0, 0.0),
            ":SYST:LINF": kept(s, "line_Hz", 60.0, 50.0),
            ":SYST:TIME": self._set_time,
            **limited(":SESO:ULIM", s.voltage_limits, 1000.0),
            **limited(":SESO:ILIM", s.current_limits, 1000.0),
            **limited(":PARA:ULIM", s.para_voltage_limits, 1000.0),
            **limited(":PARA:ILIM", s.para_current_limits, 1000.0),
            **limited(":PARA:CHAR", s.para_charge_limits, 1e9),
            ":PARA:TOL:STAT": lambda argument: setattr(s.para_change, "on", _switch(argument)),
            ":PARA:TOL:ABS": kept(s.para_change, "absolute", 1e6, 0.0),
            ":PARA:TOL:REL": kept(s.para_change, "relative", 1e6, 0.0),
        }

    def _time(self) -> dt.datetime:
        """Return the instrument's own time, in whole seconds."""
        return (self._engine.clock_began + dt.timedelta(seconds=self._engine.clock.now())).replace(microsecond=0)

    def _set_time(self, text: str) -> None:
        try:
            now = dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S")  # noqa: DTZ007 - the instrument's clock has no zone
        except ValueError:
            raise RefusedError(_RANGE) from None
        self._engine.clock_began = now - dt.timedelta(seconds=self._engine.clock.now())

    def _may_be_on(self) -> bool:
        if self._engine.status != OK:
            raise RefusedError(BLOCKED)
        return True

    def _set_range(self, argument: str) -> None:
        wanted = abs(_number(argument, LARGEST_A)) * (1 - 1e-9)
        self._engine.settings.range_A = min((r for r in RANGES_A if r >= wanted), default=LARGEST_A)

    def _set_range_index(self, argument: str) -> None:
        """Choose a shunt by its index from 0, the one for the largest current first (assumed)."""
        ordered = sorted(RANGES_A, reverse=True)
        self._engine.settings.range_A = ordered[_index(argument, len(ordered))]

    def _set_voltage(self, argument: str) -> None:
        s = self._engine.settings
        volts = _number(argument, LARGEST_V) + (s.ocv_V if s.to_ocv else 0.0)
        self._engine.set_voltage(self._allowed(volts))

    def _couple(self, argument: str) -> None:
        words = {"pot": False, "gal": True}
        if (galvanostatic := words.get(argument.lower()[:3])) is None:
            raise RefusedError(_RANGE)
        self._engine.couple(galvanostatic=galvanostatic)

    def _allowed(self, volts: float) -> float:
        if not self._engine.settings.voltage_limits.holds(volts):
            raise RefusedError(_LIMITED)
        return volts

    def _allowed_A(self, amperes: float) -> float:
        if not self._engine.settings.current_limits.holds(amperes):
            raise RefusedError(_LIMITED)
        return amperes

    # -- measurements -------------------------------------------------------------------------------------------------

    def _measure(self, header: str) -> None:
        s = self._engine.settings
        measurements: dict[str, Callable[[], None]] = {
            ":MEAS:CURR?": lambda: self._read(1),
            ":MEAS:VOLT?": lambda: self._read(0),
            ":MEAS:OCV?": self._open_circuit,
            ":MEAS:TEMP?": lambda: self._reply("25.0"),
            ":MEAS:POGA?": lambda: self._start(POLARIZATION, s.para_longest_s, [(0.0, s.target)], connected=True),
            ":MEAS:OCVS?": lambda: self._start(OCV_SCAN, s.para_longest_s, [(0.0, s.level)], connected=False),
            ":MEAS:RMPT?": lambda: self._ramp(s.para_time_s, s.target),
            ":MEAS:RMPS?": self._ramp_at_rate,
            ":MEAS:RMPV?": self._ramp_for_time,
            ":MEAS:IESC?": self._stairs,
        }
        if (measure := measurements.get(header)) is None:
            raise RefusedError(_UNKNOWN)
        measure()

    def _open_circuit(self) -> None:
        """Measure the reference of relative voltages: "the potentiostat is automatically switched off"."""
        self._engine.switch(on=False)
        self._read(0, is_reference=True)

    def _ramp_at_rate(self) -> None:
        """Go to a target at a rate whose sign does not count."""
        s = self._engine.settings
        if s.para_rate == 0.0:
            raise RefusedError(_RANGE)
        self._ramp(abs(s.target - s.level) / abs(s.para_rate), s.target)

    def _ramp_for_time(self) -> None:
        """Go for a time at a rate whose sign is the direction."""
        s = self._engine.settings
        target = s.level + s.para_rate * s.para_time_s
        self._ramp(s.para_time_s, self._allowed_A(target) if s.galvanostatic else self._allowed(target))

    def _ramp(self, seconds: float, target: float) -> None:
        if abs(target) > (LARGEST_A if self._engine.settings.galvanostatic else LARGEST_V):
            raise RefusedError(_RANGE)
        self._start(RAMP, seconds, self._engine.ramp(seconds, target), connected=True)

    def _stairs(self) -> None:
        """Go from the present level to the target by steps (``measureIEStairs``); the last may be shorter (assumed)."""
        s = self._engine.settings
        if s.para_change.on:
            raise RefusedError(_NOT_IMPLEMENTED)
        step, way = abs(s.para_step), s.target - s.level
        count = math.ceil(abs(way) / step * (1 - 1e-9)) if step > 0.0 else 0
        if not 0 < count <= _MOST_STAIRS or s.para_longest_s < READING_S:
            raise RefusedError(_RANGE)
        levels = [s.level + math.copysign(step * (k + 1), way) for k in range(count - 1)] + [s.target]
        time_s = s.para_longest_s
        stairs = [(k * time_s, level) for k, level in enumerate(levels)]
        self._start(STAIRS, count * time_s, stairs, connected=True, stair_s=time_s)

    def _read(self, which: int, *, is_reference: bool = False) -> None:
        engine = self._engine
        started = engine.update()

        def answer() -> str | None:
            if engine.update() < started + READING_S:
                return None
            value = engine.reading(started)[which]
            if is_reference:
                engine.settings.ocv_V = value
            return f"{value:.9e}"

        self._answer = answer

    def _start(
        self, name: str, seconds: float, levels: list[tuple[float, float]], *, connected: bool, stair_s: float = 0.0
    ) -> None:
        engine = self._engine
        engine.start(name, seconds, levels, connected=connected, stair_s=stair_s)

        def answer() -> str | None:
            if engine.busy:
                return None
            return "ok" if engine.result == OK else f"error {engine.result}"

        self._answer = answer


def _to_ocv(text: str) -> bool:
    words = {"0": False, "OCV": True}
    if text.upper() not in words:
        raise RefusedError(_RANGE)
    return words[text.upper()]


def _number(text: str, largest: float, smallest: float | None = None) -> float:
    if _NUMBER.match(text) is None:
        raise RefusedError(_RANGE)
    value = float(text)
    if not (-largest if smallest is None else smallest) <= value <= largest:
        raise RefusedError(_RANGE)
    return value


def _index(text: str, count: int) -> int:
    value = _number(text, count - 1, 0)
    if value != int(value):
        raise RefusedError(_RANGE)
    return int(value)


def _only_range(argument: str) -> None:
    _index(argument, len(_VOLTAGE_RANGES_V))


def _switch(text: str) -> bool:
    words = {"ON": True, "1": True, "OFF": False, "0": False}
    if text.upper() not in words:
        raise RefusedError(_RANGE)
    return words[text.upper()]
