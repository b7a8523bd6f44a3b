"""Readings of the Keithley 2400: FORMat, FETCh?, TRACe, CALCulate3.

Pages are those of the 2400 series user's manual (2400S-900-01 Rev. K, September 2011). Each source-measure operation
gives an array of voltage, current, resistance, time and status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.frontend.electronics import OVERFLOW
from sim_instruments.keithley.common.buffers import SOURCE_LIMITED, ReadingBuffer, Readings
from sim_instruments.scpi.parser import Choice, Command, CommandTree, Numeric, words
from sim_instruments.scpi.settings import add_choice, add_number
from sim_instruments.scpi.status import MEASUREMENT_SUMMARY, EventRegister, ScpiError, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sim_instruments.keithley.common.source_meter import SourceMeter

    Array = NDArray[np.float64]

SAMPLES = "defbuffer1"
MOST = 2500  # p. 18-115
_NAN = 9.91e37  # p. 18-51
ELEMENTS = ("VOLTage", "CURRent", "RESistance", "TIME", "STATus")  # in the order in which they are sent
_SHORT = tuple(Choice(ELEMENTS)(name) for name in ELEMENTS)
# Status word of a reading (p. 18-52).
_OFLO, _FRONT, _COMPLIANCE, _REMOTE_SENSE = 1 << 0, 1 << 2, 1 << 3, 1 << 22
_MEASURED = {"VOLT": 1 << 11, "CURR": 1 << 12, "RES": 1 << 13}
_SOURCED = {"VOLT": 1 << 14, "CURR": 1 << 15}
# Measurement event register (p. 15-13).
_READING, _BUFFER_AVAILABLE, _BUFFER_FULL = 1 << 6, 1 << 8, 1 << 9
_STATISTICS: dict[str, Callable[[Array], np.floating]] = {
    "MEAN": np.mean,
    "SDEV": lambda values: np.std(values, ddof=min(1, len(values) - 1)),
    "MAX": np.max,
    "MIN": np.min,
    "PKPK": np.ptp,
}


class Status2400(Status):
    """Status registers with a measurement event register, whose summary is bit 0 of the status byte (p. 15-4)."""

    def power_on(self) -> None:
        """See `Status.power_on`."""
        super().power_on()
        self.measurement = EventRegister()

    def clear(self) -> None:
        """See `Status.clear`."""
        super().clear()
        self.measurement.event = 0

    def preset(self) -> None:
        """See `Status.preset`."""
        super().preset()
        self.measurement.enable = 0

    def status_byte(self, *, message_available: bool) -> int:
        """See `Status.status_byte`."""
        own = self.measurement.summary
        byte = super().status_byte(message_available=message_available) & ~MEASUREMENT_SUMMARY
        byte |= MEASUREMENT_SUMMARY if own else 0
        return byte | (64 if own and self.service_enable & MEASUREMENT_SUMMARY else 0)


class ReadingCommands:
    """Sample buffer, data store and formats of one 2400.

    Parameters
    ----------
    tree : CommandTree
        Where the commands are entered.
    meter : SourceMeter
        The instrument.
    status : Status2400
        Its status registers.

    Attributes
    ----------
    functions : set of str
        Measure functions that are on: VOLT, CURR, RES.
    front : bool
        Whether the front terminals are used.
    """

    def __init__(self, tree: CommandTree, meter: SourceMeter, status: Status2400) -> None:
        self._meter = meter
        self._status = status
        self.front = True
        # "*RST has no effect on the commands in this subsystem" (p. 18-21).
        self._store = ReadingBuffer("store", 100, continuous=False)
        self._storing = False
        self._absolute = True
        self.reset()
        self._add_format(tree)
        self._add_trace(tree)
        add_choice(
            tree,
            ":CALCulate3:FORMat",
            ("MEAN", "SDEViation", "MAXimum", "MINimum", "PKPK"),
            lambda: self._statistic,
            self._set("_statistic"),
        )
        tree.add(":CALCulate3:DATA?", Command(self._statistics))
        tree.add(":STATus:MEASurement[:EVENt]?", Command(lambda: str(status.measurement.read_event())))
        tree.add(":STATus:MEASurement:CONDition?", Command(lambda: str(status.measurement.condition)))
        word = Numeric(0, 65535, 0, integer=True)
        add_number(
            tree,
            ":STATus:MEASurement:ENABle",
            word,
            lambda: status.measurement.enable,
            lambda value: setattr(status.measurement, "enable", int(value)),
        )

    def reset(self) -> None:
        """Go back to the defaults of ``*RST``."""
        self.functions = {"CURR"}
        self._elements: tuple[str, ...] = _SHORT
        self._format, self._order = "ASC", "NORM"  # p. 18-9: *RST default is NORMal
        self._statistic = "MEAN"
        self._taken = 0

    def _set(self, name: str) -> Callable[[str], None]:
        return lambda value: setattr(self, name, value)

    def started(self) -> None:
        """Forget the readings of the operation before."""
        self._taken = 0

    def collect(self) -> None:
        """Move new readings of the sample buffer into the data store, and tell the status registers."""
        samples = self._meter.buffer(SAMPLES)
        if len(samples) <= self._taken:
            return
        new = samples.rows(self._taken + 1, len(samples))
        self._taken = len(samples)
        event = _READING
        if self._storing:
            started = samples.first_time
            absolute = Readings(new.reading, new.time + started, new.source, new.status, new.source_status, new.unit)
            self._store.append(absolute)
            event |= _BUFFER_AVAILABLE if len(self._store) >= 2 else 0
            if len(self._store) == self._store.size:
                self._storing = False
                event |= _BUFFER_FULL
        self._status.measurement.event |= event

    # -- commands -----------------------------------------------------------------------------------------------------

    def _add_format(self, tree: CommandTree) -> None:
        def elements(*chosen: str) -> None:
            self._elements = tuple(name for name in _SHORT if name in chosen)

        def data_format(name: str, bits: float = 32.0) -> None:
            if bits != 32.0:
                raise ScpiError(-222, f"{bits:.0f}")
            self._format = name

        tree.add(":FORMat:ELEMents[:SENSe[1]]", Command(elements, (Choice(ELEMENTS),), 1, repeats=True))
        tree.add(":FORMat:ELEMents[:SENSe[1]]?", Command(lambda: ",".join(self._elements)))
        bits = Numeric(32, 64, 32, integer=True)
        tree.add(":FORMat[:DATA]", Command(data_format, (Choice(("ASCii", "REAL", "SREal")), bits), 1))
        tree.add(":FORMat[:DATA]?", Command(lambda: "ASC" if self._format == "ASC" else "REAL,32"))
        add_choice(tree, ":FORMat:BORDer", ("NORMal", "SWAPped"), lambda: self._order, self._set("_order"))
        tree.add(":FETCh?", Command(self.latest))

    def _add_trace(self, tree: CommandTree) -> None:
        def resize(points: float) -> None:
            self._store.size = int(points)
            self._store.clear()

        def control(name: str) -> None:
            self._storing = name == "NEXT"
            if self._storing:
                self._store.clear()

        def data() -> str | bytes:
            return self._answer(self._store.rows(1, len(self._store)), self._store)

        feeds = Choice(("SENSe", "SENSe1"))
        for root in (":TRACe", ":DATA"):
            add_number(
                tree, f"{root}:POINts", Numeric(1, MOST, 100, integer=True), lambda: self._store.size, resize
            )  # p. 18-115
            tree.add(f"{root}:POINts:ACTual?", Command(lambda: str(len(self._store))))
            tree.add(f"{root}:CLEar", Command(self._store.clear))
            tree.add(f"{root}:DATA?", Command(data))
            tree.add(f"{root}:FEED", Command(lambda _: None, (lambda text: feeds(words(text)),), 1))
            tree.add(f"{root}:FEED?", Command(lambda: "SENS1"))
            add_choice(
                tree,
                f"{root}:FEED:CONTrol",
                ("NEXT", "NEVer"),
                lambda: "NEXT" if self._storing else "NEV",
                control,
            )
            add_choice(
                tree,
                f"{root}:TSTamp:FORMat",
                ("ABSolute", "DELTa"),
                lambda: "ABS" if self._absolute else "DELT",
                lambda name: setattr(self, "_absolute", name == "ABS"),
            )

    # -- readings -----------------------------------------------------------------------------------------------------

    def latest(self) -> str | bytes:
        """Return all readings of the last operation (``:FETCh?``)."""
        samples = self._meter.buffer(SAMPLES)
        if not len(samples):
            raise ScpiError(-230)
        return self._answer(samples.rows(1, len(samples)), samples)

    def _answer(self, rows: Readings, buffer: ReadingBuffer) -> str | bytes:
        if not len(rows):
            raise ScpiError(-230)
        columns = self._columns(rows)
        columns["TIME"] = rows.time + (buffer.first_time if buffer.name == SAMPLES else 0.0)
        if buffer.name != SAMPLES and not self._absolute:
            columns["TIME"] = np.diff(rows.time, prepend=rows.time[0])
        table = np.column_stack([columns[name] for name in self._elements])
        if self._format == "ASC":
            return ",".join(f"{value:+.6E}" for value in table.ravel().tolist())
        return b"#0" + table.astype(">f4" if self._order == "NORM" else "<f4").tobytes()

    def _columns(self, rows: Readings) -> dict[str, Array]:
        """Return voltage, current, resistance and status: measured before sourced, not-a-number for neither."""
        nothing = np.full(len(rows), _NAN)
        source = self._meter.source.function
        current_measured = rows.unit == "Amp"
        voltage = rows.source if current_measured else rows.reading
        current = rows.reading if current_measured else rows.source
        known = self.functions | {source}
        with np.errstate(divide="ignore", invalid="ignore"):
            ohms = np.where((np.abs(current) > 0.0) & (np.abs(current) < OVERFLOW), voltage / current, OVERFLOW)
        columns = {
            "VOLT": voltage if "VOLT" in known else nothing,
            "CURR": current if "CURR" in known else nothing,
            "RES": ohms if "RES" in self.functions else nothing,
        }
        word = _SOURCED[source] | sum(_MEASURED[name] for name in self.functions)
        word |= (_FRONT if self.front else 0) | (_REMOTE_SENSE if self._meter.measure.four_wire else 0)
        over = np.where(np.abs(rows.reading) >= OVERFLOW, _OFLO, 0)
        held = np.where((rows.source_status & SOURCE_LIMITED) != 0, _COMPLIANCE, 0)
        columns["STAT"] = (word | over | held).astype(np.float64)
        return columns

    def _statistics(self) -> str:
        """Return the statistic of each measured function: voltage, current, resistance (p. 18-43)."""
        if not len(self._store):
            raise ScpiError(-230)
        columns = self._columns(self._store.rows(1, len(self._store)))
        statistic = _STATISTICS[self._statistic]
        return ",".join(f"{statistic(columns[name]):+.6E}" for name in _SHORT if name in self.functions)
