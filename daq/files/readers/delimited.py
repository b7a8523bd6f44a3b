"""Import of a delimited text of time, voltage and current, as other programs write it."""

from __future__ import annotations

import csv
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from daq.files.finalize import finalize_run_file
from daq.files.layout import Header, create_run_file
from daq.files.open_file import RunFileBytes
from daq.state import RunState
from drivers import Block
from protocols import InputError, RunFileError, Sample, any_text, parse_quantity, printable, read_file, shortened

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# Separators in the order in which they are tried; None is white space.
_SEPARATORS = (";", "\t", ",", None)
# Longest text that is read (bytes): a record of some fifty million samples, which takes ten times as much memory.
_MOST_BYTES = 2 * 1024**3
# Longest line that is taken apart (characters): thousands of columns. A file of one line would be no table.
_LONGEST_LINE = 100_000
# Digits of the number of a column: more are the beginning of a heading.
_MOST_DIGITS = 5
# Columns that are named in a message: as many as a few lines hold.
_SHOWN_COLUMNS = 30
# Longest value that is quoted in a message (characters).
_QUOTED = 60
# Samples a block of the run file: 2.5 MB, written at once.
_SAMPLES_A_BLOCK = 100_000
# Lines among which the first line of numbers must be: headers of makers have up to some hundred.
_HEADER_LINES = 1000
# Quantities of a record, and the SI unit of each.
_QUANTITIES = {"time": "s", "voltage": "V", "current": "A"}
# What the makers of potentiostats call these columns.
_NAMES = {
    "time": re.compile(r"^(elapsed\s*)?(time|t|zeit)\b", re.IGNORECASE),
    "voltage": re.compile(r"^<?(voltage|potential|ewe|vf|u|e|v|we\(1\)\.potential)\b", re.IGNORECASE),
    "current": re.compile(r"^<?(current|im|i|we\(1\)\.current)\b", re.IGNORECASE),
}
# A unit behind a heading, in brackets or behind a slash.
_UNIT = re.compile(r"[\[(/]\s*([A-Za-zµμ]+)\s*[\])]?\s*$")
# What marks a density (a current over an area).
_DENSITY = re.compile(r"densit|/\s*cm|/\s*m[²2^]|cm-2|cm\^-2", re.IGNORECASE)
# A word that may be a unit, and what says that a unit is meant.
_WORD = re.compile(r"[A-Za-zµμ]+")
_UNIT_HINT = re.compile(r"\b(in|unit|[munpkM][AVs])\b")


class RecordError(InputError, RunFileError):
    """A text cannot be read as a record of time, voltage and current."""


@dataclass(frozen=True)
class ColumnChoice:
    """Column of a quantity in the text.

    Attributes
    ----------
    index : int
        Column, from 0.
    name : str
        Its heading.
    unit : str
        Unit of its numbers.
    """

    index: int
    name: str
    unit: str


@dataclass(frozen=True)
class TextRecord:
    """A record read from text, in SI units.

    Attributes
    ----------
    t_s, voltage_V, current_A : ndarray, shape (n,)
    columns : dict
        Column of each quantity.
    separator : str
    notes : tuple of str
        What to know of how the text was read.
    """

    t_s: NDArray[np.float64]
    voltage_V: NDArray[np.float64]
    current_A: NDArray[np.float64]
    columns: dict[str, ColumnChoice]
    separator: str
    notes: tuple[str, ...] = ()


def read_text(
    path: Path, columns: dict[str, str] | None = None, separator: str | None = None, units: dict[str, str] | None = None
) -> TextRecord:
    """Read time, voltage and current from a delimited text.

    Parameters
    ----------
    path : Path
    columns : dict, optional
        Heading or number (from 1) of the column for ``time``, ``voltage``, ``current``; guessed from the headings
        where not given.
    separator : str, optional
        Guessed where not given.
    units : dict, optional
        Unit of each quantity; taken from the heading (``Current [mA]``) where not given, else SI.

    Raises
    ------
    RecordError
        If a column cannot be found, a number cannot be read (line and column are named), or times do not increase.
    """
    if separator is not None and len(separator) != 1:
        raise RecordError(f"{separator!r} is no separator: give one character", "--separator")
    lines, notes = _lines(path)
    first, separator = _table_start(path, lines, separator)
    headings = _cells(lines[first - 1], separator) if first else []
    width = len(_cells(lines[first], separator))
    chosen = {name: _choose(path, name, headings, width, (columns or {}).get(name)) for name in _QUANTITIES}
    chosen = {name: _with_unit(path, name, one, (units or {}).get(name)) for name, one in chosen.items()}
    values = _numbers(path, lines, first, separator, [chosen[name].index for name in _QUANTITIES])
    scaled = {
        name: values[:, k] * parse_quantity(f"1 {chosen[name].unit}", unit)
        for k, (name, unit) in enumerate(_QUANTITIES.items())
    }
    if not all(np.isfinite(column).all() for column in scaled.values()):
        raise RecordError(f"{path.name}: a value is too large to be a number of SI units")
    falling = np.flatnonzero(np.diff(scaled["time"]) <= 0)
    if falling.size:
        k = int(falling[0])
        raise RecordError(
            f"{path.name}, data row {k + 2}: time {scaled['time'][k + 1]:g} s does not come after "
            f"{scaled['time'][k]:g} s: times must increase"
        )
    return TextRecord(scaled["time"], scaled["voltage"], scaled["current"], chosen, separator or "white space", notes)


def _lines(path: Path) -> tuple[list[str], tuple[str, ...]]:
    """Return the lines that are not blank, and a note on the encoding if it is not UTF-8."""
    try:
        text, note = any_text(read_file(path, _MOST_BYTES))
    except ValueError as error:
        raise RecordError(str(error), str(path)) from error
    lines = [line for line in text.splitlines() if line.strip()]
    if any(len(line) > _LONGEST_LINE for line in lines):
        raise RecordError(f"a line has more than {_LONGEST_LINE:,} characters: this is no table", str(path))
    return lines, (note,) if note else ()


def _cells(line: str, separator: str | None) -> list[str]:
    if separator is None:
        return line.split()
    try:
        cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True))
    except csv.Error:  # a quotation mark that is never closed, a cell longer than 131072 characters
        cells = line.split(separator)
    return [cell.strip() for cell in cells]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _table_start(path: Path, lines: list[str], separator: str | None) -> tuple[int, str | None]:
    """Return the first line of numbers, and the separator that makes at least three of them."""
    for candidate in (separator,) if separator else _SEPARATORS:
        for first, line in enumerate(lines[:_HEADER_LINES]):
            numbers = [_is_number(cell) for cell in _cells(line, candidate) if cell]
            if len(numbers) >= 3 and all(numbers):
                return first, candidate
    raise RecordError(
        f"{path.name}: no line with three numbers or more was found (time, voltage, current). "
        "Name the separator if it is unusual."
    )


def _choose(path: Path, name: str, headings: list[str], width: int, wanted: str | None) -> ColumnChoice:
    if wanted is not None:
        if wanted.isdecimal() and len(wanted) <= _MOST_DIGITS and 1 <= int(wanted) <= width:
            index = int(wanted) - 1
            return ColumnChoice(index, headings[index] if index < len(headings) else f"column {wanted}", "")
        matching = [k for k, heading in enumerate(headings) if heading.lower().startswith(wanted.lower())]
    else:
        matching = [k for k, heading in enumerate(headings) if _NAMES[name].match(heading)]
    if len(matching) == 1 and matching[0] < width:
        return ColumnChoice(matching[0], headings[matching[0]], "")
    quoted = [f"{k + 1} {shortened(heading, _QUOTED)!r}" for k, heading in enumerate(headings[:_SHOWN_COLUMNS])]
    more = len(headings) - len(quoted)
    found = ", ".join([*quoted, *([f"and {more} more"] if more > 0 else [])]) or "no headings"
    what = f"no column {wanted!r}" if wanted else "none is" if not matching else "several may be"
    raise RecordError(f"{path.name}: {what} the {name}. Columns are: {found}. Name one by its number or heading.")


def _with_unit(path: Path, name: str, column: ColumnChoice, wanted: str | None) -> ColumnChoice:
    unit = wanted or _unit_in(path, name, column.name)
    try:
        parse_quantity(f"1 {unit}", _QUANTITIES[name])
    except ValueError as error:
        raise RecordError(f"{path.name}: column {column.name!r} as {name}: {error}") from None
    return ColumnChoice(column.index, column.name, unit)


def _unit_in(path: Path, name: str, heading: str) -> str:
    """Return the unit that a heading names: in brackets, behind a slash, or as a word; SI only where it names none.

    Raises
    ------
    RunFileError
        If the heading says more than the quantity's name, and that is no unit: a guess could be wrong by a thousand.
    """
    if _DENSITY.search(heading):
        raise RecordError(
            f"{path.name}: column {heading!r} is a density, not a {name}: multiply it by the area first, or name "
            f"another column (--{name} COLUMN)"
        )
    if (match := _UNIT.search(heading)) is not None:
        return match[1]
    for word in _WORD.findall(_NAMES[name].sub("", heading, count=1)):
        try:
            parse_quantity(f"1 {word}", _QUANTITIES[name])
        except ValueError:
            continue
        return str(word)
    if _UNIT_HINT.search(_NAMES[name].sub("", heading, count=1)):
        raise RecordError(
            f"{path.name}: column {heading!r} may be in any unit: say which, e.g. --{name}-unit {_QUANTITIES[name]}"
        )
    return _QUANTITIES[name]


def _numbers(
    path: Path, lines: list[str], first: int, separator: str | None, indices: list[int]
) -> NDArray[np.float64]:
    rows = np.empty((len(lines) - first, len(indices)))
    for row, line in enumerate(lines[first:]):
        cells = _cells(line, separator)
        for k, index in enumerate(indices):
            try:
                rows[row, k] = float(cells[index])
            except (ValueError, IndexError):
                shown = shortened(cells[index], _QUOTED) if index < len(cells) else "nothing"
                raise RecordError(
                    f"{path.name}, data row {row + 1}, column {index + 1}: expected a number, found {shown!r}"
                ) from None
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if bad.size:
        raise RecordError(f"{path.name}, data row {int(bad[0]) + 1}: a value is not finite")
    return rows


def import_record(record: TextRecord, source: Path, target: Path, sample: Sample | None = None) -> None:
    """Make a run file of a record; its drive is the measured voltage.

    Raises
    ------
    RunFileError
        If the file exists.
    """
    n = len(record.t_s)
    steps = np.diff(record.t_s)
    uniform = n > 1 and bool(np.all(np.abs(steps - steps.mean()) < 1e-6 * steps.mean()))
    described = {name: f"column {one.index + 1} {one.name!r} in {one.unit}" for name, one in record.columns.items()}
    header = Header(
        title=printable(source.stem),
        protocol_text="",
        sample=sample or Sample(),
        identity=None,
        resource=f"imported from {printable(source.name)} (CRC-32 {zlib.crc32(source.read_bytes()):08x})",
        plan={"interval_s": float(steps.mean()) if uniform else None, "aperture_s": 0.0, "imported": described},
        drive=None,
        n_samples=n,
        duration_s=float(record.t_s[-1] - record.t_s[0]),
    )
    create_run_file(target, header)
    file = RunFileBytes(target)
    try:
        file.add_event("imported", f"from {printable(source.name)}", **described)
        for row, start in enumerate(range(0, n, _SAMPLES_A_BLOCK)):
            part = slice(start, start + _SAMPLES_A_BLOCK)
            status = np.zeros(len(record.t_s[part]), dtype=np.uint8)
            block = Block(record.t_s[part], record.voltage_V[part], record.current_A[part], status)
            file.write_samples(start, row, [block])
    finally:
        file.close()
    finalize_run_file(target, RunState.COMPLETE)
