"""What a Keithley 2450, 2460 and 2461 has beside source and measurement: digital lines, limit tests, event log, clock.

Pages are those of the 2461 reference manual (2461-901-01 Rev. A, November 2015). Nothing is connected to the digital
lines: an input reads 1 (open inputs have pull-ups, assumed). The texts of event log entries are assumed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.scpi.parser import Choice, Command, CommandTree, Numeric, boolean, string
from sim_instruments.scpi.settings import add_number
from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.keithley.common.source_meter import SourceMeter

_LINES = 6  # p. 3-94
_FUNCTIONS = {"CURRent[:DC]": "CURR", "VOLTage[:DC]": "VOLT", "RESistance": "RES"}
_BOUND = Numeric(-9.99999e11, 9.99999e11, 1.0)  # p. 6-33
_LOWER = Numeric(-9.99999e11, 9.99999e11, -1.0)  # p. 6-30
# Severities of the event log, as bits that can be added (values assumed).
_KINDS = {"ERR": 1, "WARN": 2, "INF": 4, "ALL": 7}
_KIND_FORMS = ("ERRor", "WARNing", "INFormational", "ALL")


def add_accessories(tree: CommandTree, meter: SourceMeter) -> None:
    """Enter the commands of all of them."""
    lines = DigitalLines()
    lines.add(tree)
    LimitTests(meter).add(tree)
    EventLog(meter).add(tree)
    InstrumentClock(meter).add(tree)


class DigitalLines:
    """Six digital lines with nothing connected (pp. 6-35 to 6-38)."""

    def __init__(self) -> None:
        self._modes = [("DIG", "IN")] * _LINES
        self._levels = [1] * _LINES

    def add(self, tree: CommandTree) -> None:
        """Enter their commands."""
        kinds = Choice(("DIGital", "TRIGger", "SYNChronous"))
        directions = Choice(("IN", "OUT", "OPENdrain", "MASTer", "ACCeptor"))
        tree.add(":DIGital:LINE<1-6>:MODE", Command(self._set_mode, (kinds, directions), 2))
        tree.add(":DIGital:LINE<1-6>:MODE?", Command(lambda line: ",".join(self._modes[line - 1])))
        level = Numeric(0, 1, 0, integer=True)
        tree.add(":DIGital:LINE<1-6>:STATe", Command(self._set_state, (level,), 1))
        tree.add(":DIGital:LINE<1-6>:STATe?", Command(lambda line: str(self._state(line - 1))))
        tree.add(":DIGital:READ?", Command(self._read))
        tree.add(":DIGital:WRITe", Command(self._write, (Numeric(0, 63, 0, integer=True),), 1))

    def _set_mode(self, line: int, kind: str, direction: str) -> None:
        if (kind == "SYNC") != (direction in {"MAST", "ACC"}):
            raise ScpiError(-221, f"{kind},{direction}")
        self._modes[line - 1] = (kind, direction)
        self._levels[line - 1] = 0 if direction == "OUT" else 1  # p. 6-36: an output begins low

    def _set_state(self, line: int, level: float) -> None:
        if self._modes[line - 1][0] != "DIG" or self._modes[line - 1][1] == "IN":
            raise ScpiError(-221, f"line {line} is {','.join(self._modes[line - 1])}")  # p. 6-36
        self._levels[line - 1] = int(level)

    def _state(self, index: int) -> int:
        return 1 if self._modes[index][1] == "IN" else self._levels[index]

    def _read(self) -> str:
        self._require_digital()
        return str(sum(self._state(k) << k for k in range(_LINES)))

    def _write(self, value: float) -> None:
        self._require_digital()
        self._levels = [int(value) >> k & 1 for k in range(_LINES)]

    def _require_digital(self) -> None:
        if any(kind != "DIG" for kind, _ in self._modes):
            raise ScpiError(-221, "all six lines must be digital")  # p. 6-37


@dataclass
class _Limit:
    state: bool = False
    lower: float = -1.0
    upper: float = 1.0
    clears: bool = True
    audible: str = "NONE"
    since: int = 0


class LimitTests:
    """Limit tests of readings (pp. 6-24 to 6-34): which bounds the last readings are beyond.

    Parameters
    ----------
    meter : SourceMeter
        Whose readings.
    """

    def __init__(self, meter: SourceMeter) -> None:
        self._meter = meter
        self._limits: dict[tuple[str, int], _Limit] = {}

    def _limit(self, function: str, number: int) -> _Limit:
        return self._limits.setdefault((function, number), _Limit())

    def add(self, tree: CommandTree) -> None:
        """Enter their commands, function by function."""
        for pattern, function in _FUNCTIONS.items():
            node = f":CALCulate2:{pattern}:LIMit<1-2>"
            for name, field, kind in (("LOWer", "lower", _LOWER), ("UPPer", "upper", _BOUND)):
                read, write = self._access(function, field)
                add_number(tree, f"{node}:{name}[:DATA]", kind, read, write)
            for name, field in (("STATe", "state"), ("CLEar:AUTO", "clears")):
                read, write = self._access(function, field)
                tree.add(f"{node}:{name}", Command(write, (boolean,), 1))
                tree.add(f"{node}:{name}?", Command(lambda number, read=read: str(int(read(number)))))
            read, write = self._access(function, "audible")
            tree.add(f"{node}:AUDible", Command(write, (Choice(("FAIL", "PASS", "NONE")),), 1))
            tree.add(f"{node}:AUDible?", Command(read))
            tree.add(f"{node}:CLEar[:IMMediate]", Command(self._clearing(function)))
            tree.add(f"{node}:FAIL?", Command(self._testing(function)))

    def _access(self, function: str, field: str) -> tuple[Callable[..., float], Callable[..., None]]:
        return (
            lambda number: getattr(self._limit(function, number), field),
            lambda number, value: setattr(self._limit(function, number), field, value),
        )

    def _clearing(self, function: str) -> Callable[[int], None]:
        def clear(number: int) -> None:
            self._meter.update()
            self._limit(function, number).since = len(self._meter.buffer(self._meter.active_buffer))

        return clear

    def _testing(self, function: str) -> Callable[[int], str]:
        def fail(number: int) -> str:
            """Judge the last reading, or without automatic clearing all since the last clear (p. 6-29)."""
            limit, meter = self._limit(function, number), self._meter
            meter.update()
            buffer = meter.buffer(meter.active_buffer)
            first = len(buffer) if limit.clears else limit.since + 1
            if not limit.state or first > len(buffer) or not len(buffer):
                return "NONE"
            reading = buffer.rows(first, len(buffer)).reading
            high, low = bool(np.any(reading > limit.upper)), bool(np.any(reading < limit.lower))
            return {(False, False): "NONE", (True, False): "HIGH", (False, True): "LOW", (True, True): "BOTH"}[
                high, low
            ]

        return fail


class EventLog:
    """Event log (p. 3-3; commands ``:SYSTem:EVENtlog`` of the SYSTem subsystem): errors and what was posted by hand.

    Parameters
    ----------
    meter : SourceMeter
        Whose status it reads.
    """

    def __init__(self, meter: SourceMeter) -> None:
        self._status = meter.status
        self._clock = InstrumentClock(meter)

    def add(self, tree: CommandTree) -> None:
        """Enter its commands."""
        kind = Choice(_KIND_FORMS)
        tree.add(":SYSTem:EVENtlog:COUNt?", Command(self._count, (kind,)))
        tree.add(":SYSTem:EVENtlog:NEXT?", Command(self._next, (kind,)))
        tree.add(":SYSTem:EVENtlog:POST", Command(self._post, (string, kind), 1))

    def _count(self, kind: str = "ALL") -> str:
        return str(sum(bool(entry[2] & _KINDS[kind]) for entry in self._status.log))

    def _next(self, kind: str = "ALL") -> str:
        for entry in self._status.log:
            if entry[2] & _KINDS[kind]:
                self._status.log.remove(entry)
                number, text, of_kind = entry
                return f'{number},"{text};{of_kind};{self._clock.text()}"'
        return '0,"No error;0;0 0"'

    def _post(self, message: str, kind: str = "INF") -> None:
        if kind == "ALL":
            raise ScpiError(-224, kind)
        self._status.log.append((1000 + _KINDS[kind], message.replace('"', "'")[:128], _KINDS[kind]))


class InstrumentClock:
    """Date and time of the instrument, ``:SYSTem:TIME``; it is set to the computer's when it is switched on.

    Parameters
    ----------
    meter : SourceMeter
        Whose time passes.
    """

    def __init__(self, meter: SourceMeter) -> None:
        self._meter = meter
        self._offset_s = time.time() - meter.clock.now()

    def add(self, tree: CommandTree) -> None:
        """Enter its commands."""
        part = Numeric(0, 4_294_967_295, 0)
        tree.add(":SYSTem:TIME", Command(self._set, (part,) * 6, 1))
        tree.add(":SYSTem:TIME?", Command(self._query_time, (Numeric(1, 1, 1, integer=True),)))

    def _now_s(self) -> float:
        return self._meter.clock.now() + self._offset_s

    def text(self) -> str:
        """Return date and time as log entries have them."""
        return time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(self._now_s())) + f".{int(self._now_s() % 1 * 1e3):03d}"

    def _query_time(self, form: float | None = None) -> str:
        return (
            str(int(self._now_s()))
            if form is None
            else time.strftime("%a %b %d %H:%M:%S %Y", time.gmtime(self._now_s()))
        )

    def _set(self, *parts: float) -> None:
        """Take seconds since 1970, or hour, minute and second, or those after year, month and day."""
        whole = [int(value) for value in parts]
        today = list(time.gmtime(self._now_s())[:3])
        if len(whole) == 1:
            wanted = float(whole[0])
        elif len(whole) in {3, 6}:
            year, month, day, hour, minute, second = whole if len(whole) == 6 else [*today, *whole]
            wanted = _seconds_since_1970(year, month, day) + 3600.0 * hour + 60.0 * minute + second
        else:
            raise ScpiError(-109)
        self._offset_s = wanted - self._meter.clock.now()


def _seconds_since_1970(year: int, month: int, day: int) -> float:
    try:
        return (
            float((np.datetime64(f"{year:04d}-{month:02d}-{day:02d}") - np.datetime64("1970-01-01")).astype(int))
            * 86400.0
        )
    except ValueError:
        raise ScpiError(-222, f"{year}-{month}-{day}") from None
