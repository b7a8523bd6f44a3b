"""Reading buffers of Keithley source-measure units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# Buffer status bits of a measurement (2461 reference manual p. 6-9).
QUESTIONABLE, DIGITIZER, FRONT_TERMINALS, START_GROUP = 0x0001, 0x0002, 0x0008, 0x0100
# Status bits of the source (p. 8-31).
SOURCE_READBACK, SOURCE_LIMITED, SOURCE_FOUR_WIRE, SOURCE_OUTPUT_ON = 0x08, 0x20, 0x40, 0x80

_COLUMN_TYPES = {
    "reading": np.float64,
    "time": np.float64,
    "source": np.float64,
    "status": np.uint16,
    "source_status": np.uint8,
}


@dataclass(frozen=True)
class Readings:
    """Some readings, column by column.

    Attributes
    ----------
    reading : ndarray, shape (n,)
        In the unit of the measure function.
    time : ndarray, shape (n,)
        When each was begun, instrument seconds.
    source : ndarray, shape (n,)
        Source value, V.
    status, source_status : ndarray, shape (n,)
        Bits of pp. 6-9 and 8-31.
    unit, source_unit : str
        ``Amp``, ``Volt`` or ``Ohm``.
    """

    reading: Array
    time: Array
    source: Array
    status: NDArray[np.uint16]
    source_status: NDArray[np.uint8]
    unit: str = "Amp"
    source_unit: str = "Volt"

    def __len__(self) -> int:
        return len(self.reading)

    def cut(self, start: int, stop: int | None) -> Readings:
        """Return the readings from `start` to before `stop`."""
        s = slice(start, stop)
        return Readings(
            self.reading[s],
            self.time[s],
            self.source[s],
            self.status[s],
            self.source_status[s],
            self.unit,
            self.source_unit,
        )


class ReadingBuffer:
    """A reading buffer of limited size, filled once or over and over.

    Parameters
    ----------
    name : str
        As the user gave it.
    size : int
        Largest number of readings.
    continuous : bool
        Overwrite the oldest when full.
    compact : bool
        Timestamps of 1 us (p. 8-14: "1 us accurate timestamp"); else 1 ns (assumed).
    """

    def __init__(self, name: str, size: int, *, continuous: bool, compact: bool = False) -> None:
        self.name = name
        self.size = size
        self.continuous = continuous
        self.compact = compact
        self.writable = False
        self.clear()

    def clear(self) -> None:
        """Forget all readings."""
        self._columns = {column: np.empty(0, kind) for column, kind in _COLUMN_TYPES.items()}
        self._total = 0
        self._first_time: float | None = None
        self.unit, self.source_unit = "Amp", "Volt"

    def close(self) -> None:
        """Take no more readings: there is room for none."""
        self.size, self.continuous = len(self), False

    def __len__(self) -> int:
        return min(self._total, self.size)

    @property
    def start(self) -> int:
        """Index (from 1) of the oldest reading, 0 if there is none."""
        if self._total <= self.size:
            return min(self._total, 1)
        return self._total % self.size + 1

    @property
    def end(self) -> int:
        """Index (from 1) of the newest reading, 0 if there is none."""
        return (self._total - 1) % self.size + 1 if self._total else 0

    def append(self, readings: Readings) -> bool:
        """Store readings; return whether all of them found a place."""
        room = self.size if self.continuous else self.size - self._total
        kept = readings if len(readings) <= room else readings.cut(0, room)
        if self.continuous and len(readings) > self.size:
            kept = readings.cut(len(readings) - self.size, None)
            self._total += len(readings) - self.size
        if not len(kept):
            return not len(readings)
        if self._first_time is None:
            self._first_time = float(readings.time[0])
        self.unit, self.source_unit = readings.unit, readings.source_unit
        self._make_room()
        first = self._total % self.size
        before_end = min(len(kept), self.size - first)
        for column, values in self._columns.items():
            new = getattr(kept, column)
            values[first : first + before_end] = new[:before_end]
            values[: len(kept) - before_end] = new[before_end:]
        self._total += len(kept)
        return self.continuous or len(kept) == len(readings)

    def _make_room(self) -> None:
        """Have room for all readings from the first one on, as the instrument does.

        The system gives memory when it is written to. Room that grows is copied: of 16 million readings that takes
        0.3 s, in which the instrument is late.
        """
        have = len(self._columns["reading"])
        if have < self.size:
            for column, values in self._columns.items():
                grown = np.empty(self.size, values.dtype)
                grown[:have] = values
                self._columns[column] = grown

    def rows(self, first: int, last: int) -> Readings:
        """Return readings `first` to `last` (from 1, both included); times are since the first reading stored, s."""
        s = slice(first - 1, last)
        relative = self._columns["time"][s] - (self._first_time or 0.0)
        resolution = 1e6 if self.compact else 1e9
        return Readings(
            self._columns["reading"][s],
            np.rint(relative * resolution) / resolution,
            self._columns["source"][s],
            self._columns["status"][s],
            self._columns["source_status"][s],
            self.unit,
            self.source_unit,
        )

    @property
    def first_time(self) -> float:
        """Instrument seconds at the first reading stored since the buffer was cleared."""
        return self._first_time or 0.0
