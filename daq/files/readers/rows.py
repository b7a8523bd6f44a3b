"""Rows of a table as samples: many at once where every cell is a plain number, else cell by cell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np

from daq.files.readers.cells import MISSING, OVERLOAD, SCPI_NAN, CellError, NumberFormat, mark_of, split_unit
from daq.files.readers.headings import heading_of, is_unit_line
from daq.files.readers.modes import DISCHARGE_MARK, is_discharge, is_known
from daq.files.readers.raw_samples import Boundary, RawSamples
from daq.files.readers.record import QUANTITIES, RecordError
from daq.files.readers.tables import COMMENT, Table, cells_of, is_empty_row, numeric_cells
from daq.files.readers.units import scaled, unit_of
from drivers import Block, Status
from protocols.texts import shortened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from daq.files.readers.headings import Heading
    from daq.files.readers.times import TimeReader

# Lines that are read cell by cell where one of them is no plain row: the fewer, the less an odd line costs.
_FEW_LINES = 256
# Values from here on are none: what SCPI instruments write for an overload is 9.9e37, for no reading 9.91e37.
_NO_VALUE_FROM, _NO_READING_FROM = 9.89e37, 9.905e37
_FLAGS = {MISSING: int(Status.MISSING), OVERLOAD: int(Status.OVERLOAD)}
_KNOWN = np.uint8(Status.OVERLOAD | Status.MISSING)
_PREFIXES = {"f": -15, "p": -12, "n": -9, "u": -6, "µ": -6, "μ": -6, "m": -3, "k": 3, "M": 6, "G": 9}
_FORTRAN = re.compile(r"(?<=[\d.])[dD](?=[+-]?\d)")
# What a number begins with and none is: "-", "1.5e-".
_BEGINNING = re.compile(r"[+-]|[+-]?[\d.,]+[eEdD][+-]?")
# Blank lines that may part blocks: a text with one below every row has more, and no blocks that they part.
_MOST_BLANKS = 10_000
# Rows before a last one without line end that tell how many digits it should have.
_ROWS_BEFORE = 5
# Longest line that is quoted in a message (characters).
_QUOTED = 60


@dataclass(frozen=True)
class RowPlan:
    """How rows become samples.

    Attributes
    ----------
    table : Table
    places : dict of str to int
        Column (from 0) of each quantity that the table has; ``time`` and ``current`` always.
    scales : dict of str to Fraction
        What their numbers are multiplied by for SI units.
    numbers : NumberFormat
    time : TimeReader or None
        None for a column of numbers.
    fortran : bool
        Whether exponents are written with a D.
    mode : int or None
        Column that says charge or discharge; its rows of discharge are marked.
    name : str
        Of the file, for messages.
    """

    table: Table
    places: dict[str, int]
    scales: dict[str, Fraction]
    numbers: NumberFormat
    time: TimeReader | None
    fortran: bool
    name: str
    mode: int | None = None


@dataclass(frozen=True)
class _Problem:
    """Row that cannot be read; at the end of a text it may have been cut off."""

    text: str
    is_cut: bool


class RowReader:
    """Reads the rows of a text in pieces.

    Parameters
    ----------
    plan : RowPlan
    """

    def __init__(self, plan: RowPlan) -> None:
        self.plan = plan
        self.raw = RawSamples()
        self._names = [name for name in QUANTITIES if name in plan.places]
        self._problem: _Problem | None = None
        self._comments: list[int] = []
        self._without_time: list[int] = []
        self._own_units: set[str] = set()
        self._modes: list[tuple[int, str]] = []
        self._heading = [one.text.split(" [")[0].casefold() for one in plan.table.headings]

    def feed(self, number: int, piece: str) -> None:
        """Read whole lines; `number` is the line of the first.

        Raises
        ------
        RecordError
            If a cell that is wanted is no number, and rows follow.
        """
        first = self.plan.table.first_line
        if number < first:
            lines = piece.split("\n")
            if number + len(lines) <= first:
                return
            piece, number = "\n".join(lines[first - number :]), first
        if not piece.endswith("\n"):
            piece = self._whole(number, piece) + "\n"
        self._read(number, piece)

    def finish(self) -> RawSamples:
        """Return all samples, with notes of what was left out."""
        notes = self.raw.notes
        if self._problem is not None:
            if not self._problem.is_cut:
                self._require_no_problem()
            notes.append(f"{self._problem.text}: cut off at the end of the text, and left out")
        for lines, what in ((self._comments, "comments between rows"), (self._without_time, "rows without a time")):
            if lines:
                notes.append(f"{what} were left out: {len(lines):,}, the first in line {lines[0]}")
        notes += [f"cells of the {name} have units of their own, which counted" for name in sorted(self._own_units)]
        if self._modes:
            line, label = self._modes[0]
            shown = f"{len(self._modes):,}, the first in line {line} ({shortened(label, _QUOTED)!r})"
            notes.append(
                f"rows whose mode is neither charge nor discharge nor rest: {shown}: their current keeps its sign"
            )
        end = len(self.raw.store)
        for trailing in [one for one in self.raw.boundaries if one.row >= end]:
            notes.append(f"text behind the last row, in line {trailing.line}: {shortened(trailing.text, _QUOTED)!r}")
        self.raw.boundaries = [one for one in self.raw.boundaries if one.row < end]
        return self.raw

    def _read(self, number: int, text: str) -> None:
        values = self._all_plain(text)
        if values is not None:
            self._require_no_problem()
            self.raw.add(self._block(values), number)
            return
        lines = text.split("\n")[:-1]
        if len(lines) <= _FEW_LINES:
            self._one_by_one(number, lines)
            return
        step = max(len(lines) // 8, _FEW_LINES)
        for start in range(0, len(lines), step):
            self._read(number + start, "\n".join(lines[start : start + step]) + "\n")

    def _all_plain(self, text: str) -> NDArray[np.float64] | None:
        """Return the values of rows that all have the same cells and plain numbers; None if some do not."""
        plan = self.plan
        if plan.time is not None or plan.mode is not None:
            return None
        separator = plan.table.separator
        if '"' in text:
            text = _without_quotes(text, separator)
            if '"' in text:
                return None
        n_lines = _lines_of_width(text, separator, plan.table.width)
        if n_lines is None:
            return None
        if plan.numbers.decimal == ",":
            if "." in text or separator == ",":
                return None
            text = text.replace(",", ".")
        if plan.fortran:
            text = _FORTRAN.sub("e", text)
        columns = tuple(plan.places[name] for name in self._names)
        try:
            values = np.loadtxt(StringIO(text), delimiter=separator, usecols=columns, comments=None, ndmin=2)
        except ValueError:
            return None
        # An infinity may be a word or a number that is too large.
        if len(values) != n_lines or not np.isfinite(values[:, 0]).all() or np.isinf(values).any():
            return None
        return np.ascontiguousarray(values.T)

    def _block(self, values: NDArray[np.float64], status: NDArray[np.uint8] | None = None) -> Block:
        """Return samples in SI units; `values` has a row for each quantity that the table has."""
        flags = np.zeros(values.shape[1], dtype=np.uint8) if status is None else status
        si = {}
        for name, column in zip(self._names, values, strict=True):
            size = np.abs(column)
            no_value = ~(size < _NO_VALUE_FROM)
            if no_value.any():
                unread = np.isnan(column) | ((size >= _NO_READING_FROM) & (size < 1.01 * SCPI_NAN))
                flags[unread & (flags & _KNOWN == 0)] |= np.uint8(Status.MISSING)
                flags[no_value & ~unread] |= np.uint8(Status.OVERLOAD)
                column = np.where(no_value, np.nan, column)  # noqa: PLW2901
            si[name] = scaled(column, self.plan.scales[name])
        none = np.full(values.shape[1], np.nan)
        return Block(si["time"], si.get("voltage", none), si.get("current", none), flags)

    def _one_by_one(self, number: int, lines: list[str]) -> None:
        rows: list[list[float]] = []
        flags: list[int] = []
        places: list[int] = []
        for line_number, line in enumerate(lines, number):
            read = self._row(line_number, line, len(self.raw.store) + len(rows))
            if read is not None:
                rows.append(read[0])
                flags.append(read[1])
                places.append(line_number)
        if rows:
            status = np.array(flags, dtype=np.uint8)
            self.raw.add(self._block(np.array(rows).T, status), places)

    def _row(self, number: int, line: str, row: int) -> tuple[list[float], int] | None:
        """Return the values of a row, before their scales, and its flags; None for a line that is no row."""
        cells = cells_of(line, self.plan.table.separator)
        if is_empty_row(cells):
            if len(self.raw.behind_blank) < _MOST_BLANKS:
                self.raw.behind_blank.add(row)
            return None
        try:
            self._require_cells(cells)
            read = [self._value(name, cells) for name in self._names]
        except CellError as error:
            self._no_row(number, line, cells, str(error), row)
            return None
        if COMMENT.match(line):
            self._comments.append(number)
            return None
        if read[0][1]:
            self._without_time.append(number)
            return None
        self._require_no_problem()
        mode = self.plan.mode
        label = cells[mode] if mode is not None and mode < len(cells) else ""
        flags = DISCHARGE_MARK if is_discharge(label) else 0
        if read[-1][0] and not is_known(label):
            self._modes.append((number, label))
        for _, flag in read:
            flags |= flag
        return [value for value, _ in read], flags

    def _require_cells(self, cells: list[str]) -> None:
        table = self.plan.table
        for name in self._names:
            place = self.plan.places[name]
            if place >= len(cells):
                raise CellError(f"{len(cells)} cells, none in column {place + 1} ({name})")
        table.require_cells(cells)

    def _value(self, name: str, cells: list[str]) -> tuple[float, int]:
        place = self.plan.places[name]
        cell = cells[place]
        try:
            if name == "time" and self.plan.time is not None:
                return self.plan.time.seconds(cell), 0
            return self.plan.numbers.number(cell), 0
        except CellError as error:
            mark = mark_of(cell)
            if mark is not None:
                return np.nan, _FLAGS[mark]
            value = self._with_unit(name, cell)
            if value is None:
                raise CellError(f"column {place + 1} ({name}): {error}") from None
            return value, 0

    def _with_unit(self, name: str, cell: str) -> float | None:
        """Return the value of a cell with a unit or a prefix of its own, in the unit of its column."""
        parts = split_unit(cell)
        if parts is None:
            return None
        try:
            number = self.plan.numbers.number(parts[0])
        except CellError:
            return None
        unit = unit_of(parts[1])
        if unit is not None and unit.quantity == name:
            relative = unit.scale / self.plan.scales[name]
        elif parts[1] in _PREFIXES:
            relative = Fraction(10) ** _PREFIXES[parts[1]]
        else:
            return None
        self._own_units.add(name)
        return float(Fraction(number) * relative)

    def _no_row(self, number: int, line: str, cells: list[str], problem: str, row: int) -> None:
        """Take in a line that is no row: a comment, a text between blocks, or a row with a fault."""
        if COMMENT.match(line):
            self._comments.append(number)
            return
        # Two numbers, or one where a row begins, are a row of which something is missing.
        n_numbers = numeric_cells(cells)
        if n_numbers >= 2 or (n_numbers == 1 and mark_of(cells[0]) is None and numeric_cells(cells[:1])):
            if self._problem is None:
                self._problem = _Problem(f"line {number}: {problem}", self._is_cut(cells))
            return
        self._require_like_headings(number, cells)
        last = self.raw.boundaries[-1] if self.raw.boundaries else None
        if last is None or last.row != row:
            self.raw.boundaries.append(Boundary(row, number, line.strip()))

    def _require_like_headings(self, number: int, cells: list[str]) -> None:
        """Raise if a line has the headings, or the units, of another table: its rows would be taken for this one's."""
        if not self._heading or len(cells) < 2:
            return
        headings = [heading_of(cell) for cell in cells]
        if is_unit_line(cells) and not any(self._has_other_unit(name, headings) for name in self._names):
            return
        if sum(any(one.rank_as(name) for name in QUANTITIES) for one in headings) < 2:
            return
        if [one.casefold() for one in cells[: len(self._heading)]] == self._heading[: len(cells)]:
            return
        names = [one.name.casefold() for one in headings]
        is_same = names == [one.name.casefold() for one in self.plan.table.headings][: len(names)]
        if is_same and not any(self._has_other_unit(name, headings) for name in self._names):
            return
        raise RecordError(
            f"{self.plan.name}, line {number}: here another table begins, with the headings "
            f"{shortened(', '.join(cells), _QUOTED)!r}: keep one table in the file"
        )

    def _has_other_unit(self, name: str, headings: list[Heading]) -> bool:
        """Whether a line names another unit for the column of a quantity; one that names none names no other."""
        place = self.plan.places[name]
        table = self.plan.table.headings
        if place >= min(len(headings), len(table)):
            return False
        here, there = headings[place].unit, table[place].unit
        return here is not None and there is not None and (here.quantity, here.scale) != (there.quantity, there.scale)

    def _require_no_problem(self) -> None:
        if self._problem is None:
            return
        helps = "If another column is meant, name it (--time, --voltage, --current)."
        raise RecordError(f"{self.plan.name}, {self._problem.text}. {helps}")

    def _is_cut(self, cells: list[str]) -> bool:
        """Whether a row may be the beginning of a whole one: fewer cells, or a last one that begins a number."""
        return len(cells) < self.plan.table.width or _BEGINNING.fullmatch(cells[-1]) is not None

    def _whole(self, number: int, piece: str) -> str:
        """Return a piece without its last line if that has no end, and fewer digits than all before it."""
        *before, last = piece.split("\n")
        cells = [cells_of(line, self.plan.table.separator) for line in [*before[-_ROWS_BEFORE:], last]]
        ends = [row[-1] if row else "" for row in cells]
        digits = {len(one.rpartition(self.plan.numbers.decimal)[2]) for one in ends[:-1]}
        is_wanted = len(cells[-1]) - 1 in self.plan.places.values()
        marked = all(self.plan.numbers.decimal in one for one in ends[:-1])
        if len(before) < _ROWS_BEFORE or is_empty_row(cells[-1]) or not (is_wanted and marked and len(digits) == 1):
            return piece
        own = len(ends[-1].rpartition(self.plan.numbers.decimal)[2]) if self.plan.numbers.decimal in ends[-1] else 0
        if own >= digits.pop():
            return piece
        line = number + len(before)
        self.raw.notes.append(f"line {line}, the last one, is cut off ({shortened(last, _QUOTED)!r}): it was left out")
        return "\n".join(before)


def _without_quotes(text: str, separator: str | None) -> str:
    """Return a text without the quotation marks at the ends of cells; one inside of a cell stays."""
    for mark in (separator or " ", "\n"):
        text = text.replace(f'{mark}"', mark).replace(f'"{mark}', mark)
    return text.removeprefix('"')


def _lines_of_width(text: str, separator: str | None, width: int) -> int | None:
    """Return the number of lines if every one has so many cells, and no line is blank; else None."""
    data = np.frombuffer(text.encode("utf-8", "replace"), dtype=np.uint8)
    ends = np.flatnonzero(data == 10)
    if separator is None:
        blank = (data == 32) | (data == 9) | (data == 10)
        begins = ~blank
        begins[1:] &= blank[:-1]
        marks = np.flatnonzero(begins)
        count = width
    else:
        marks = np.flatnonzero(data == ord(separator)) if ord(separator) < 128 else np.empty(0, dtype=np.int64)
        count = width - 1
    per_line = np.diff(np.searchsorted(marks, ends), prepend=0)
    return len(ends) if len(ends) and bool((per_line == count).all()) else None
