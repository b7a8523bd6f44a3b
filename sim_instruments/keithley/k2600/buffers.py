"""Reading buffers of a TSP instrument (manual section 9, ``bufferVar``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.keithley.k2600.errors import TspError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

DEDICATED_CAPACITY = 60_000  # with timestamps and source values; the family's first data sheet: more than 50,000
FILL_ONCE, FILL_WINDOW = 0, 1  # p. 9-25
LARGEST = 200_000  # of a dynamically made buffer (assumed)

# Status bits, p. 9-34.
OVERTEMPERATURE, AUTORANGED, FOUR_WIRE, COMPLIANCE = 0x02, 0x04, 0x10, 0x40

_NUMBERS = ("readings", "timestamps", "sourcevalues", "statuses", "measureranges", "sourceranges")
_WORDS = ("measurefunctions", "sourcefunctions", "sourceoutputstates")
COLUMNS = _NUMBERS + _WORDS


@dataclass(frozen=True)
class Rows:
    """Consecutive readings of one kind.

    Attributes
    ----------
    readings, begun_s, sourcevalues, statuses, measureranges : ndarray, shape (n,)
        As the columns of the buffer; `begun_s` in instrument seconds.
    sourcerange : float
        Of all of them.
    words : tuple of str
        Measure function, source function and output state of all of them.
    """

    readings: Array
    begun_s: Array
    sourcevalues: Array
    statuses: Array
    measureranges: Array
    sourcerange: float
    words: tuple[str, str, str]

    def __len__(self) -> int:
        return len(self.readings)

    def cut(self, part: slice) -> Rows:
        """Return some of them."""
        return Rows(
            self.readings[part],
            self.begun_s[part],
            self.sourcevalues[part],
            self.statuses[part],
            self.measureranges[part],
            self.sourcerange,
            self.words,
        )


class ReadingBuffer:
    """A reading buffer that is filled once, or over and over (``fillmode``).

    Parameters
    ----------
    capacity : int
        Largest number of readings.
    refresh : callable
        Called before anything is read: lets readings that are complete come in.
    """

    def __init__(self, capacity: int, refresh: Callable[[], None]) -> None:
        self.capacity = capacity
        self._refresh = refresh
        self.append_mode = 0
        self.collect_source_values = 0
        self.collect_timestamps = 1
        self.timestamp_resolution_s = 1e-6
        self.fill_mode = FILL_ONCE
        self.fill_count = 0
        self.cache_mode = 1
        self.clear()

    def clear(self) -> None:
        """Forget all readings."""
        self._rows: list[Rows] = []
        self._columns: dict[str, Array] = {}
        self._joined: dict[str, tuple[int, Array]] = {}
        self._n = 0
        self._total = 0
        self._overrun = False
        self.base_s = 0.0

    def prepare(self) -> None:
        """Get ready for new readings: without append mode the old ones are dropped."""
        if not self.append_mode:
            self.clear()

    @property
    def n(self) -> int:
        """Readings in it."""
        self._refresh()
        return self._n

    def append(self, rows: Rows) -> bool:
        """Store readings as far as there is room; return False once, when there is none left."""
        if not self._n and len(rows):
            self.base_s = float(rows.begun_s[0])
        if self.fill_mode == FILL_WINDOW:
            self._wrap(rows)
            return True
        room = min(len(rows), self.capacity - self._n)
        if room:
            cut = slice(0, room)
            self._rows.append(rows.cut(cut))
            self._n += room
            self._total += room
            self._columns.clear()
        told, self._overrun = self._overrun, room < len(rows)
        return told or not self._overrun

    def _wrap(self, rows: Rows) -> None:
        """Store readings one by one, beginning with the first place again after the last of the window (p. 9-24)."""
        window = min(self.fill_count or self.capacity, self.capacity)
        if any(len(kept) != 1 for kept in self._rows):
            self._rows = [kept.cut(slice(k, k + 1)) for kept in self._rows for k in range(len(kept))]
        for k in range(len(rows)):
            one = rows.cut(slice(k, k + 1))
            place = self._total % window
            self._rows[place : place + 1] = [one]
            self._total += 1
        self._n = len(self._rows)
        self._columns.clear()
        self._joined.clear()

    def column(self, name: str) -> Array:
        """Return a column of numbers.

        Raises
        ------
        TspError
            If the buffer was not told to collect it.
        """
        self._refresh()
        if (name == "timestamps" and not self.collect_timestamps) or (
            name == "sourcevalues" and not self.collect_source_values
        ):
            raise TspError(4909, f"{name} are not collected")
        if name not in self._columns:
            self._columns[name] = self._column(name)
        return self._columns[name]

    def _column(self, name: str) -> Array:
        if name != "timestamps":
            return self._join(name)
        relative = self._join("begun_s") - self.base_s
        return np.rint(relative / self.timestamp_resolution_s) * self.timestamp_resolution_s

    def _join(self, name: str) -> Array:
        """Return a column of all rows: those that have come since it was asked for are added to those joined then."""
        n_joined, before = self._joined.get(name, (0, np.empty(0)))
        new = self._rows[n_joined:]
        if name == "sourceranges":
            joined = np.concatenate([before, *(np.full(len(rows), rows.sourcerange) for rows in new)])
        else:
            joined = np.concatenate([before, *(getattr(rows, name) for rows in new)])
        self._joined[name] = len(self._rows), joined
        return joined

    def word(self, name: str, index: int) -> str:
        """Return an entry (from 0) of a column of words."""
        for rows in self._rows:
            if index < len(rows):
                return rows.words[_WORDS.index(name)]
            index -= len(rows)
        raise TspError(4900)

    def entry(self, name: str, index: float) -> float | str | None:
        """Return an entry (from 1) of a column, None beyond its ends."""
        index = int(index)
        if not 1 <= index <= self.n:
            return None
        return self.word(name, index - 1) if name in _WORDS else float(self.column(name)[index - 1])

    def require_empty(self) -> None:
        """Refuse if there are readings: what is collected can only be chosen before."""
        if self.n:
            raise TspError(-221, "the buffer is not empty")


@dataclass(frozen=True)
class Column:
    """One column of a buffer, as ``printbuffer`` takes it."""

    buffer: ReadingBuffer
    name: str

    def text(self, index: int, number: Callable[[float], str]) -> str:
        """Return an entry (from 1) as it is printed."""
        value = self.buffer.entry(self.name, index)
        return value if isinstance(value, str) else number(float("nan") if value is None else value)

    def number(self, index: int) -> float:
        """Return an entry (from 1) as a number; words are not numbers."""
        value = self.buffer.entry(self.name, index)
        return value if isinstance(value, float) else float("nan")
