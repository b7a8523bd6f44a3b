"""Reader of the CSV that Keithley's graphical instruments save of a reading buffer.

Each row has a reading and its unit, the source's value and its unit, and a date, a time of day, and the fraction of the
second in columns of their own, or a relative time. Which of the two is the current the units say (``Amp DC``). A row
whose units are others is refused, as is one with more or fewer cells than headings.

The manual says which times there may be (2450 Reference Manual, 2450-901-01 rev. B, pages 3-22, 6-116, 8-14: dates,
times and fractional seconds; relative ones), and prints no file. The names of the columns are those that a public
script takes from a DAQ6510's file, of the same firmware family: eight lines, then ``Reading``, ``Range Digits``, ``Disp
Digits``, ``Math``, ..., ``Relative Time``. No file of a source-measure unit has been seen: ``Value``, ``Source`` and
their unit are assumed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from daq.files.readers.contract import decoded_start
from daq.files.readers.delimited import read_table
from daq.files.readers.record import RecordError
from daq.files.readers.rewritten import RewrittenText
from daq.files.readers.tables import cells_of
from daq.files.readers.text_file import TextFile

if TYPE_CHECKING:
    from pathlib import Path

    from daq.files.readers.record import ReadOptions, TextRecord

_HEADINGS = re.compile(r"^[^\n]*\bReading\b[^\n]*\bRange Digits\b[^\n]*$", re.MULTILINE)
_READING, _SOURCE = ("reading",), ("value", "source", "source value")
_RELATIVE = re.compile(r"relative(?: time)?|rel(?:ative)? ?time", re.IGNORECASE)
_UNITS = {
    **dict.fromkeys(("amp dc", "amp", "a"), "current [A]"), **dict.fromkeys(("volt dc", "volt", "v"), "voltage [V]")
}  # fmt: skip


class _BufferReader:
    """Reads buffers of a 2450, 2460, 2461, 2470, and of the multimeters alike."""

    def recognizes(self, start: bytes) -> bool:
        """Whether the headings are those of a buffer."""
        return _HEADINGS.search(decoded_start(start)) is not None

    def read(self, path: Path, options: ReadOptions) -> TextRecord:
        """Return readings and source values as current and voltage."""
        text = TextFile.of(path)
        _, piece = next(text.pieces(), (1, ""))
        found = _HEADINGS.search(piece)
        rows = piece[found.end() :].strip("\n").split("\n") if found is not None else [""]
        if found is None or not rows[0].strip():
            raise RecordError("this buffer has no readings", str(path))
        buffer = _Columns(cells_of(found[0], ","), cells_of(rows[0], ","), str(path))
        return read_table(RewrittenText.by(text, buffer.line), options)


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


class _Columns:
    """Columns of a buffer that are wanted, and the headings and rows that a reader of tables is given for them."""

    def __init__(self, headings: list[str], first: list[str], where: str) -> None:
        self._headings = headings
        names = [one.casefold() for one in headings]
        self._places: list[int] = []
        self._shown: list[str] = []
        self._units: list[tuple[int, str]] = []
        for wanted in (_READING, _SOURCE):
            place = next((k for k, name in enumerate(names) if name in wanted), None)
            if place is None:
                continue
            unit = next((k for k in range(place + 1, len(names)) if names[k].endswith("unit")), None)
            text = first[unit].casefold() if unit is not None and unit < len(first) else ""
            if unit is not None and text in _UNITS and _UNITS[text] not in self._shown:
                self._places.append(place)
                self._shown.append(_UNITS[text])
                self._units.append((unit, text))
        if "current [A]" not in self._shown:
            raise RecordError("no reading and no source value of this buffer is a current: save one of currents", where)
        self._relative = next((k for k, name in enumerate(names) if _RELATIVE.fullmatch(name)), None)
        self._clock = [names.index(one) for one in ("date", "time", "fractional seconds") if one in names]
        if self._relative is None and not {"date", "time"} <= set(names):
            raise RecordError("this buffer was saved without times: save it with date, time and fraction", where)

    def line(self, line: str) -> str:
        """Return a line of a table of time, current and voltage."""
        cells = cells_of(line, ",")
        if cells == self._headings:
            return "\t".join(["relative time [s]" if self._relative is not None else "date", *self._shown])
        if len(_trimmed(cells)) > len(_trimmed(self._headings)) or len(cells) < len(_trimmed(self._headings)):
            # Never as many cells as a row has.
            return "\t".join([*cells, *[""] * (len(self._shown) + 2 - len(cells))])
        values = [
            cells[place] if cells[unit].casefold() == text else f"{cells[place]} {cells[unit]}"
            for place, (unit, text) in zip(self._places, self._units, strict=True)
        ]
        return "\t".join([self._time(cells), *values])

    def _time(self, cells: list[str]) -> str:
        if self._relative is not None:
            return cells[self._relative]
        date, time, *fraction = (cells[place] for place in self._clock)
        digits = fraction[0].partition(".")[2] if fraction else ""
        return f"{date} {time}.{digits}" if digits and "." not in time else f"{date} {time}"


KEITHLEY_BUFFER = _BufferReader()
"""Reader of saved buffers."""
