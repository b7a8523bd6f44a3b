"""Command port and live port of a Zahner PP212.

Every command is answered by a line: ``ok``, a value, or ``error n`` (27 unknown command, 100 value out of range, 1003
limit reached, 1004 value outside the limits, 1005 aborted, 1006 not done because of an earlier error). ``ABOR`` and
``*RST`` are obeyed at once beside a running primitive; everything else waits for its end. The names are those of
the vendor's client, ``zahner_potentiostat`` 1.1.2, scpi_control/control.py; docs/reference/sources/zahner.md has each.
What a PP212 has and this one has not (galvanostatic operation, stairs) is answered with error 1000, "not implemented
yet".
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

from sim_instruments.zahner.engine import (
    BLOCKED,
    LARGEST_A,
    LARGEST_V,
    OK,
    RANGES_A,
    READING_S,
    Engine,
    Limits,
    Settings,
)
from sim_instruments.zahner.vocabulary import ACCEPTED, MISSING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.core.clock import Clock
    from sim_instruments.core.instrument import ClientSession
    from sim_instruments.sample.cell import Cell

# Error numbers of the command port.
_UNKNOWN, _RANGE, _NOT_IMPLEMENTED, _LIMITED = 27, 100, 1000, 1004
_VOLTAGE_RANGES_V = (LARGEST_V,)
"""By their index; a PP212 has one (assumed)."""
_CONTROL = {"ABOR", "*RST"}
_ALWAYS = {"*CLS", "*CLS?", "*IDN?", "*RST", "ABOR", ":SESO:STAT", ":SESO:STAT?"}
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


class PP212:
    """A Zahner PP212 with a cell on its leads.

    Parameters
    ----------
    clock : Clock
    cell : Cell
    seed : int
        Of noise and dead times.
    """

    identity = "ZAHNER-ELEKTRIK, PP212, 33021, 1.1.0"

    def __init__(self, clock: Clock, cell: Cell, seed: int = 0) -> None:
        self.engine = Engine(clock, cell, seed)

    @property
    def output_is_on(self) -> bool:
        """Whether the output is on at this moment."""
        return self.engine.on

    def prepare(self) -> None:
        """Work the cell's step response out."""
        self.engine.prepare()

    def update(self) -> float:
        """Bring the instrument to the present."""
        return self.engine.update()

    def client_session(self, channel: str = "", /) -> ClientSession:
        """Return what a client says on the command port, or hears on the ``live`` port."""
        return LivePort(self) if channel == "live" else CommandPort(self)

    def inject(self, fault: str) -> None:
        """Let something happen to the instrument."""
        engine = self.engine
        now = engine.update()
        match fault:
            case "cell-open":
                engine.cell.contacts.open(now)
            case "cell-short":
                engine.cell.contacts.short(now)
            case "overtemperature" | "interlock-open" | "compliance":  # all end as a limit that latches (assumed)
                engine.trip(1003)
            case "reboot":
                engine.switch(on=False)
                engine.settings, engine.primitive, engine.status = Settings(), None, OK
            case _:
                raise ValueError(f"a PP212 does not know the fault {fault!r}")


class LivePort:
    """The second serial port: packets of what is measured; it answers only ``*IDN?``."""

    def __init__(self, device: PP212) -> None:
        self._device = device
        self._line = bytearray()
        self.output = bytearray()
        device.engine.live.append(self.output)

    @property
    def waiting(self) -> bool:
        """Whether packets may come: always."""
        return True

    def receive(self, data: bytes) -> None:
        """Take bytes from the client."""
        *lines, rest = (bytes(self._line) + data).split(b"\n")
        self._line = bytearray(rest[-1000:])
        for line in lines:
            if line.strip().upper() == b"*IDN?":
                self.output += self._device.identity.encode() + b" binary\n"

    def run(self) -> None:
        """Bring the instrument to the present: packets that are due are put into `output`."""
        self._device.update()


class CommandPort:
    """The first serial port: lines in, one answer each."""

    def __init__(self, device: PP212) -> None:
        self._device = device
        self._engine = device.engine
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
            "*IDN?": lambda: self._device.identity,
            "*CLS?": lambda: str(engine.status),
            # Assumed: the vendor's client sets all of these and asks for none.
            ":SESO:STAT?": lambda: str(int(engine.on)),
            ":SYST:LINF?": lambda: f"{s.line_Hz:g}",
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

        def switched(limits: Limits) -> Callable[[str], None]:
            return lambda argument: setattr(limits, "on", _switch(argument))

        return {
            "*CLS": lambda _: setattr(engine, "status", OK),
            ":SESO:STAT": lambda argument: engine.switch(on=_switch(argument) and self._may_be_on()),
            ":SESO:UVAL": lambda argument: engine.set_voltage(self._allowed(_number(argument, LARGEST_V))),
            ":SESO:COUP": _potentiostatic,
            ":SESO:CRNG": self._set_range,
            ":SESO:CRNG:IDX": self._set_range_index,
            ":SESO:VRNG:IDX": _only_range,
            ":SESO:SFRQ": kept(s, "sampling_Hz", 100.0, 0.01),
            ":SESO:UILT": kept(s, "tolerance_s", 1000.0, 0.0),
            ":PARA:UVAL": lambda argument: setattr(s, "para_voltage_V", self._allowed(_number(argument, LARGEST_V))),
            ":PARA:TIME": kept(s, "para_time_s", 1e6, 0.0),
            ":PARA:TMAX": kept(s, "para_longest_s", 1e6, 0.0),
            ":PARA:TMIN": kept(s, "para_shortest_s", 1e6, 0.0),
            ":SYST:LINF": kept(s, "line_Hz", 60.0, 50.0),
            ":PARA:SCRA": kept(s, "para_rate_V_s", 1e6),
            ":SESO:ULIM:STAT": switched(s.voltage_limits),
            ":SESO:ULIM:MAX": kept(s.voltage_limits, "high", 1000.0),
            ":SESO:ULIM:MIN": kept(s.voltage_limits, "low", 1000.0),
            ":SESO:ILIM:STAT": switched(s.current_limits),
            ":SESO:ILIM:MAX": kept(s.current_limits, "high", 1000.0),
            ":SESO:ILIM:MIN": kept(s.current_limits, "low", 1000.0),
        }

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

    def _allowed(self, volts: float) -> float:
        limits = self._engine.settings.voltage_limits
        if limits.on and not limits.low <= volts <= limits.high:
            raise RefusedError(_LIMITED)
        return volts

    # -- measurements -------------------------------------------------------------------------------------------------

    def _measure(self, header: str) -> None:
        s = self._engine.settings
        match header:
            case ":MEAS:CURR?" | ":MEAS:VOLT?" | ":MEAS:OCV?":
                self._read(0 if header != ":MEAS:CURR?" else 1)
            case ":MEAS:TEMP?":
                self._reply("25.0")
            case ":MEAS:POGA?":
                self._start("Polarization", s.para_longest_s, [(0.0, s.para_voltage_V)], connected=True)
            case ":MEAS:RMPT?":
                self._ramp(s.para_time_s, s.para_voltage_V)
            case ":MEAS:RMPS?":  # to a voltage at a rate whose sign does not count
                if s.para_rate_V_s == 0.0:
                    raise RefusedError(_RANGE)
                self._ramp(abs(s.para_voltage_V - s.voltage_V) / abs(s.para_rate_V_s), s.para_voltage_V)
            case ":MEAS:RMPV?":  # for a time at a rate whose sign is the direction
                self._ramp(s.para_time_s, self._allowed(s.voltage_V + s.para_rate_V_s * s.para_time_s))
            case ":MEAS:OCVS?":
                self._start("OCV Scan", s.para_longest_s, [(0.0, s.voltage_V)], connected=False)
            case _:
                raise RefusedError(_UNKNOWN)

    def _ramp(self, seconds: float, target_V: float) -> None:
        if abs(target_V) > LARGEST_V:
            raise RefusedError(_RANGE)
        self._start("Ramp", seconds, self._engine.ramp(seconds, target_V), connected=True)

    def _read(self, which: int) -> None:
        engine = self._engine
        started = engine.update()

        def answer() -> str | None:
            if engine.update() < started + READING_S:
                return None
            return f"{engine.reading(started)[which]:.9e}"

        self._answer = answer

    def _start(self, name: str, seconds: float, levels: list[tuple[float, float]], *, connected: bool) -> None:
        engine = self._engine
        engine.start(name, seconds, levels, connected=connected)

        def answer() -> str | None:
            if engine.busy:
                return None
            return "ok" if engine.result == OK else f"error {engine.result}"

        self._answer = answer


def _potentiostatic(argument: str) -> None:
    if not argument.lower().startswith("pot"):
        raise RefusedError(_NOT_IMPLEMENTED)


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
