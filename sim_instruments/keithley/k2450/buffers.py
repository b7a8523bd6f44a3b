"""Readings of the Keithley 2450, 2460 and 2461: TRACe, FORMat, READ?, MEASure?, FETCh?.

Pages are those of the 2461 reference manual (pp. 6-8 ..., 6-45 ..., 6-156 ...).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.keithley.common.buffers import ReadingBuffer, Readings
from sim_instruments.scpi.message_exchange import Wait
from sim_instruments.scpi.parser import Choice, Command, CommandTree, Numeric, string, words
from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from sim_instruments.keithley.common.source_meter import SourceMeter

_ELEMENTS = Choice(
    (
        "READing",
        "RELative",
        "SOURce",
        "STATus",
        "SOURSTATus",
        "TSTamp",
        "DATE",
        "TIME",
        "SEConds",
        "FRACtional",
        "FORMatted",
        "UNIT",
        "SOURFORMatted",
        "SOURUNIT",
    )
)
_BINARY = {"READ", "REL", "SOUR"}  # p. 6-46; EXTRa of a FULL buffer is not modelled
_STATUS = {"STAT", "SOURSTAT"}
# Buffer elements in one query (assumed).
_MAX_ELEMENTS = 14
# p. 8-14; the sizes of the other styles are assumed.
_STYLES = {"STAN": 6_875_000, "COMP": 27_500_000, "FULL": 6_875_000, "WRIT": 6_875_000, "FULLWRIT": 6_875_000}
# Sizes and indices of buffers, as in the manual's TRACe subsystem.
_MIN_SIZE = 10
_INDEX = Numeric(1, 27_500_000, 1, integer=True)
_DC_UNITS = {"Amp": "A", "Volt": "V", "Ohm": "Ohm"}
# The sample standard deviation (n - 1) is assumed.
_STATISTICS: dict[str, Callable[[NDArray[np.float64]], np.floating]] = {
    "AVERage": np.mean,
    "MAXimum": np.max,
    "MINimum": np.min,
    "PK2Pk": np.ptp,
    "STDDev": lambda reading: np.std(reading, ddof=min(1, len(reading) - 1)),
}


class BufferCommands:
    """The buffer and format commands of one instrument, and the format that they share.

    Parameters
    ----------
    tree : CommandTree
        Where they are entered.
    meter : SourceMeter
        The instrument.
    digitizes : bool
        Whether it has a digitizer.
    """

    def __init__(self, tree: CommandTree, meter: SourceMeter, *, digitizes: bool) -> None:
        self._meter = meter
        self._power_on = time.time() - meter.clock.now()
        self.reset()
        self._add_format(tree)
        self._add_trace(tree)
        self._add_readings(tree)
        if digitizes:
            tree.add(":READ:DIGitize?", Command(self._read_digitized, (string, _element), repeats=True))

    def reset(self) -> None:
        """Go back to ASCII and SWAPped, the defaults (pp. 6-45, 6-46)."""
        self._format = "ASC"
        self._order = "SWAP"
        self._precision = 0

    def _add_format(self, tree: CommandTree) -> None:
        def set_format(name: str) -> None:
            self._format = name

        def set_order(name: str) -> None:
            self._order = name

        def set_precision(digits: float) -> None:
            self._precision = int(digits)

        tree.add(":FORMat[:DATA]", Command(set_format, (Choice(("ASCii", "REAL", "SREal")),), 1))
        tree.add(":FORMat[:DATA]?", Command(lambda: self._format))
        tree.add(":FORMat:BORDer", Command(set_order, (Choice(("NORMal", "SWAPped")),), 1))
        tree.add(":FORMat:BORDer?", Command(lambda: self._order))
        digits = Numeric(0, 16, 0, integer=True)  # 0 is automatic: 7 digits here (assumed)
        tree.add(":FORMat:ASCii:PRECision", Command(set_precision, (digits,), 1))
        tree.add(":FORMat:ASCii:PRECision?", Command(lambda: str(self._precision)))

    def _add_trace(self, tree: CommandTree) -> None:
        meter = self._meter
        named = (string,)
        tree.add(
            ":TRACe:MAKE",
            Command(
                self._make,
                (string, Numeric(_MIN_SIZE, 27_500_000, 100_000, integer=True), _style),
                2,
                trailing_comma=True,
            ),
        )
        tree.add(":TRACe:DELete", Command(self._delete, named, 1))
        tree.add(
            ":TRACe:POINts", Command(self._resize, (Numeric(_MIN_SIZE, 27_500_000, 100_000, integer=True), string), 1)
        )
        tree.add(":TRACe:POINts?", Command(lambda name="defbuffer1": str(self._updated(name).size), named))
        tree.add(":TRACe:CLEar", Command(lambda name="defbuffer1": meter.clear_buffer(meter.update(), name), named))
        tree.add(":TRACe:ACTual?", Command(lambda name="defbuffer1": str(len(self._updated(name))), named))
        tree.add(":TRACe:ACTual:STARt?", Command(lambda name="defbuffer1": str(self._updated(name).start), named))
        tree.add(":TRACe:ACTual:END?", Command(lambda name="defbuffer1": str(self._updated(name).end), named))
        tree.add(":TRACe:FILL:MODE", Command(self._fill_mode, (Choice(("ONCE", "CONTinuous")), string), 1))
        tree.add(
            ":TRACe:FILL:MODE?",
            Command(lambda name="defbuffer1": "CONT" if self._updated(name).continuous else "ONCE", named),
        )
        tree.add(":TRACe:DATA?", Command(self._data, (_INDEX, _INDEX, string, _element), 2, repeats=True))
        anything = Numeric(-1e38, 1e38, 0.0)
        tree.add(":TRACe:WRITe:READing", Command(self._write, (string, anything), 2, repeats=True))
        tree.add(
            ":TRACe:WRITe:FORMat", Command(lambda *_: None, (string, words, anything), 2, repeats=True)
        )  # p. 6-178
        for form, statistic in _STATISTICS.items():
            tree.add(f":TRACe:STATistics:{form}?", Command(self._statistic(statistic), named))

    def _add_readings(self, tree: CommandTree) -> None:
        tree.add(":READ?", Command(self._read, (string, _element), repeats=True))
        tree.add(
            ":FETCh?",
            Command(lambda name="defbuffer1", *chosen: self._latest(name, chosen), (string, _element), repeats=True),
        )
        tree.add(":TRACe:TRIGger", Command(self._trigger, (string,)))  # readings with the active function
        tree.add(":MEASure?", Command(self._read, (string, _element), repeats=True))
        for form in ("CURRent[:DC]", "VOLTage[:DC]", "RESistance"):
            tree.add(
                f":MEASure:{form}?", Command(self._measure(form[:4].rstrip("i")), (string, _element), repeats=True)
            )

    # -- buffers ------------------------------------------------------------------------------------------------------

    def _updated(self, name: str) -> ReadingBuffer:
        self._meter.update()
        return self._meter.buffer(name)

    def _make(self, name: str, size: float, style: str = "STAN") -> None:
        if name in {"defbuffer1", "defbuffer2"} or not name.isidentifier():
            raise ScpiError(-224, f"buffer name {name!r}")  # p. 8-14
        if size > _STYLES[style]:
            raise ScpiError(-222, f"{size:.0f} readings; {_STYLES[style]} is the most of this style")
        self._meter.require_idle()
        if name in self._meter.buffers:
            raise ScpiError(1115)
        buffer = ReadingBuffer(name, int(size), continuous=False, compact=style == "COMP")
        buffer.writable = style in {"WRIT", "FULLWRIT"}
        self._meter.buffers[name] = buffer
        if not buffer.writable:
            self._meter.active_buffer = (
                name  # p. 6-165: "When you create a reading buffer, it becomes the active buffer"
            )

    def _write(self, name: str, value: float, *_more: float) -> None:
        """Store a reading of somebody else's in a writable buffer (p. 6-180); its time is that of now."""
        now = self._meter.require_idle()
        buffer = self._meter.buffer(name)
        if not buffer.writable:
            raise ScpiError(-221, f"{name} is not writable")
        one = np.array([value])
        word, byte = np.zeros(1, dtype=np.uint16), np.zeros(1, dtype=np.uint8)
        if not buffer.append(Readings(one, np.array([now]), np.zeros(1), word, byte)):
            raise ScpiError(4915)

    def _delete(self, name: str) -> None:
        self._meter.require_idle()
        self._meter.buffer(name)
        if name in {"defbuffer1", "defbuffer2"}:
            raise ScpiError(-224, f"{name} cannot be deleted")
        del self._meter.buffers[name]
        if self._meter.active_buffer == name:
            self._meter.active_buffer = "defbuffer1"

    def _resize(self, size: float, name: str = "defbuffer1") -> None:
        self._meter.require_idle()
        buffer = self._meter.buffer(name)
        if size > _STYLES["COMP" if buffer.compact else "STAN"]:
            raise ScpiError(-222, f"{size:.0f} readings")
        buffer.size = int(size)
        buffer.clear()

    def _fill_mode(self, mode: str, name: str = "defbuffer1") -> None:
        self._meter.require_idle()
        buffer = self._meter.buffer(name)
        buffer.continuous = mode == "CONT"
        buffer.clear()

    def _statistic(self, statistic: Callable[[NDArray[np.float64]], np.floating]) -> Callable[..., str]:
        def query(name: str = "defbuffer1") -> str:
            buffer = self._updated(name)
            return (
                self._number(float(statistic(buffer.rows(1, len(buffer)).reading)))
                if len(buffer)
                else self._number(0.0)
            )

        return query

    # -- readings -----------------------------------------------------------------------------------------------------

    def _data(self, first: float, last: float, name: str = "defbuffer1", *chosen: str) -> str | bytes:
        buffer = self._updated(name)
        if not first <= last <= len(buffer):
            raise ScpiError(-222, f"readings {first:.0f} to {last:.0f} of {len(buffer)} in {name}")
        return self._answer(buffer, buffer.rows(int(first), int(last)), chosen)

    def _read(self, name: str = "defbuffer1", *chosen: str) -> Wait:
        self._meter.require_idle()
        if self._meter.measure.digitize is not None:
            raise ScpiError(-221, "a digitize function is selected")
        return self._start(name, chosen, self._meter.measure.count, digitize=False)

    def _read_digitized(self, name: str = "defbuffer1", *chosen: str) -> Wait:
        self._meter.require_idle()
        if self._meter.measure.digitize is None:
            raise ScpiError(-221, "no digitize function is selected")
        return self._start(name, chosen, self._meter.measure.digitize_count, digitize=True)

    def _trigger(self, name: str = "defbuffer1") -> None:
        meter = self._meter
        digitize = meter.measure.digitize is not None
        count = meter.measure.digitize_count if digitize else meter.measure.count
        meter.take_readings(meter.require_idle(), name, int(count), digitize=digitize)

    def _measure(self, function: str) -> Callable[..., Wait]:
        def query(name: str = "defbuffer1", *chosen: str) -> Wait:
            self._meter.require_idle()
            self._meter.measure.function, self._meter.measure.digitize = function, None
            return self._read(name, *chosen)

        return query

    def _start(self, name: str, chosen: Sequence[str], count: int, *, digitize: bool) -> Wait:
        meter = self._meter
        meter.take_readings(meter.update(), name, int(count), digitize=digitize)
        return Wait(lambda: not meter.busy, lambda: self._latest(name, chosen))

    def _latest(self, name: str, chosen: Sequence[str]) -> str | bytes:
        buffer = self._updated(name)
        if not len(buffer):
            raise ScpiError(-230, f"no reading in {name}")
        return self._answer(buffer, buffer.rows(buffer.end, buffer.end), chosen)

    def _answer(self, buffer: ReadingBuffer, rows: Readings, chosen: Sequence[str]) -> str | bytes:
        elements = list(chosen) or ["READ"]
        if len(elements) > _MAX_ELEMENTS:
            raise ScpiError(-223)
        if buffer.compact and not _STATUS.isdisjoint(elements):
            raise ScpiError(1133)  # p. 8-36: a compact buffer has none; the number is assumed
        if self._format == "ASC":
            began = self._power_on + buffer.first_time
            columns = [self._texts(element, rows, began) for element in elements]
            return ", ".join(text for row in zip(*columns, strict=True) for text in row)  # p. 6-46: comma and space
        if not set(elements) <= _BINARY:
            raise ScpiError(1133)
        values = {"READ": rows.reading, "REL": rows.time, "SOUR": rows.source}
        kind = (">" if self._order == "NORM" else "<") + ("f8" if self._format == "REAL" else "f4")
        return b"#0" + np.column_stack([values[element] for element in elements]).astype(kind).tobytes()

    def _number(self, value: float) -> str:
        return f"{value:.{(self._precision or 7) - 1}E}"

    def _texts(self, element: str, rows: Readings, began_s: float) -> list[str]:
        """Return an element of each reading as ASCII."""
        if element in {"READ", "SOUR"}:
            return [self._number(value) for value in (rows.reading if element == "READ" else rows.source).tolist()]
        if element == "REL":
            return [f"{value:.9f}" for value in rows.time.tolist()]
        if element in {"STAT", "SOURSTAT"}:
            return [str(value) for value in (rows.status if element == "STAT" else rows.source_status).tolist()]
        if element in {"UNIT", "SOURUNIT"}:
            return [f"{rows.unit if element == 'UNIT' else rows.source_unit} DC"] * len(rows)
        if element in {"FORM", "SOURFORM"}:
            values, unit = (rows.reading, rows.unit) if element == "FORM" else (rows.source, rows.source_unit)
            return [f"{value:+.6G} {_DC_UNITS[unit]}" for value in values.tolist()]
        return [_moment(element, began_s + value) for value in rows.time.tolist()]


def _moment(element: str, epoch_s: float) -> str:
    """Return a part of a timestamp (p. 6-161)."""
    seconds, fraction = divmod(epoch_s, 1.0)
    utc = time.gmtime(seconds)
    date, clock = time.strftime("%m/%d/%Y", utc), f"{time.strftime('%H:%M:%S', utc)}.{int(fraction * 1e9):09d}"
    return {
        "DATE": date,
        "TIME": clock,
        "TST": f"{date} {clock}",
        "SEC": f"{seconds:.0f}",
        "FRAC": f"{fraction:.9f}",
    }[element]


def _element(text: str) -> str:
    """Read a buffer element; one that is unknown is error 1133 (p. 6-160)."""
    try:
        return _ELEMENTS(text)
    except ScpiError:
        raise ScpiError(1133) from None


def _style(text: str) -> str:
    """Read a buffer style (p. 6-165)."""
    words(text)
    return Choice(("STANdard", "COMPact", "FULL", "WRITable", "FULLWRITable"))(text)
