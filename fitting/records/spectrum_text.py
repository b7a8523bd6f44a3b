"""Reader of impedance spectra as text: columns in the names of many programs, and one sweep of several."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from daq.files.readers.cells import SCPI_OVERLOAD, CellError, NumberFormat, format_of, looks_numeric, mark_of
from daq.files.readers.record import RecordError
from daq.files.readers.tables import COMMENT, cells_of, find_table, numeric_cells, require_width, rows_above_note
from daq.files.readers.text_file import TextFile
from fitting.records.spectrum_headings import (
    FREQUENCY,
    IMAGINARY,
    MAGNITUDE,
    PHASE,
    REAL,
    SPECTRUM,
    SpectrumHeading,
    spectrum_heading,
)
from protocols import FitError, InputError, shortened

if TYPE_CHECKING:
    from pathlib import Path

    from daq.files.readers.tables import Table
    from fitting.transforms.laplace import Complexes, Floats

# Factor by which a frequency turns back when a new sweep begins: neighbours of one sweep differ by less, as a rule.
_TURNS_BACK = 1.02
# Points that a sweep has at least; a step back within fewer is one measurement out of its order.
_FEWEST_OF_SWEEP = 3
# Sweeps that are named in a message, and the longest text that is quoted (characters).
_SHOWN_SWEEPS, _QUOTED = 12, 300
_DEFAULT_PLACES = {FREQUENCY: 0, REAL: 1, IMAGINARY: 2}


class SpectrumFileError(InputError, FitError):
    """A text cannot be read as an impedance spectrum."""


class SweepQuestionError(SpectrumFileError):
    """A text has several sweeps, and one is to be named.

    Attributes
    ----------
    sweeps : tuple of str
        What each is, in the order of their numbers.
    """

    def __init__(self, message: str, sweeps: tuple[str, ...]) -> None:
        super().__init__(message)
        self.sweeps = sweeps


@dataclass(frozen=True, eq=False)
class SpectrumText:
    """Points of one sweep of a text.

    Attributes
    ----------
    frequency_Hz : ndarray, shape (n,)
    impedance_ohm : ndarray of complex128, shape (n,)
    notes : tuple of str
    """

    frequency_Hz: Floats
    impedance_ohm: Complexes
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Columns:
    """Places of the quantities, and what their numbers are multiplied by."""

    places: dict[str, int]
    scales: dict[str, float]

    def impedance(self, values: dict[str, float]) -> complex:
        if REAL in self.places:
            return complex(values[REAL], values[IMAGINARY])
        return complex(values[MAGNITUDE] * np.exp(1j * np.deg2rad(values[PHASE])))


def read_spectrum(path: Path, sweep: int | None = None) -> SpectrumText:
    """Read a spectrum.

    Headings name frequency and Re(Z), Im(Z), or magnitude and phase, in the ways of EC-Lab, ZPlot, Gamry, Autolab, CHI,
    VersaStudio, RelaxIS, PSTrace and Zahner. A text without headings is frequency, real, imaginary part.

    Parameters
    ----------
    path : Path
    sweep : int, optional
        Which of several, from 1.

    Raises
    ------
    SweepQuestionError
        If there are several, and none is named.
    SpectrumFileError
        If a column or a number cannot be found; the message says where.
    """
    try:
        text = TextFile.of(path)
        table = find_table(text, wanted=SPECTRUM)
        require_width(table, path.name, numbered=False, by_number="")
        columns = _columns(table, path.name)
        lines = [one for number, piece in text.pieces() for one in enumerate(piece.split("\n"), number)]
    except RecordError as error:
        raise SpectrumFileError(str(error)) from error
    points, notes = _points(table, columns, [one for one in lines if one[0] >= table.first_line], path.name)
    sweeps = _sweeps(np.array([one[0] for one in points]))
    if sweep is None and len(sweeps) > 1:
        shown = tuple(_described(points, one) for one in sweeps)
        listed = "; ".join(f"{k}: {one}" for k, one in enumerate(shown[:_SHOWN_SWEEPS], 1))
        more = f"; and {len(shown) - _SHOWN_SWEEPS} more" if len(shown) > _SHOWN_SWEEPS else ""
        raise SweepQuestionError(f"{path.name} has {len(shown)} sweeps: {listed}{more}. Name one (--sweep 1)", shown)
    if sweep is not None and not 1 <= sweep <= len(sweeps):
        raise SpectrumFileError(f"{path.name} has {len(sweeps)} sweeps, no number {sweep}", "--sweep")
    start, stop = sweeps[(sweep or 1) - 1] if sweeps else (0, 0)
    if sweep is not None and len(sweeps) > 1:
        notes.append(f"sweep {sweep} of {len(sweeps)} was read (--sweep)")
    f = np.array([one[0] for one in points[start:stop]], dtype=np.float64)
    Z = np.array([one[1] for one in points[start:stop]], dtype=np.complex128)
    if len(Z) and bool((Z.imag > 0.0).all()):
        notes.append("the imaginary part is positive throughout: an inductance, or -Im(Z) under the heading of Im(Z)")
    bare = (
        () if table.headings else ("no headings: columns were taken for frequency (Hz), real and imaginary part (ohm)",)
    )
    return SpectrumText(f, Z, (*((text.note,) if text.note else ()), *rows_above_note(table), *bare, *notes))


def _columns(table: Table, name: str) -> _Columns:
    if not table.headings:
        if table.width < len(_DEFAULT_PLACES):
            raise SpectrumFileError(f"{name}, line {table.first_line}: no three numbers")
        if table.width > len(_DEFAULT_PLACES):
            raise SpectrumFileError(
                f"{name}: {table.width} columns from line {table.first_line} on, and no headings say which of them are "
                "frequency, real and imaginary part: write them above, or keep these three columns in this order"
            )
        return _Columns(_DEFAULT_PLACES, dict.fromkeys(_DEFAULT_PLACES, 1.0))
    headings = [spectrum_heading(one.text) for one in table.headings[: table.width]]
    places = _places(table, headings, name)
    shown = shortened(", ".join(one.text for one in table.headings), _QUOTED)
    parts = (MAGNITUDE, PHASE) if {MAGNITUDE, PHASE} <= places.keys() else (REAL, IMAGINARY)
    parts = (REAL, IMAGINARY) if {REAL, IMAGINARY} <= places.keys() else parts
    chosen = (FREQUENCY, *parts)
    for quantity in chosen:
        if quantity not in places:
            raise SpectrumFileError(f"{name}: no column of {quantity} among {shown} (line {table.heading_line})")
    scales = {}
    for quantity in chosen:
        heading = headings[places[quantity]]
        if heading.scale is None:
            raise SpectrumFileError(
                f"{name}: column {table.headings[places[quantity]].text!r} is in {heading.unit!r}, which is no unit of "
                f"a {quantity} that is known here: export it in Hz, ohm, degrees"
            )
        scales[quantity] = heading.scale
    return _Columns({quantity: places[quantity] for quantity in chosen}, scales)


def _places(table: Table, headings: list[SpectrumHeading], name: str) -> dict[str, int]:
    """Return the first column of each quantity."""
    places: dict[str, int] = {}
    for place, heading in enumerate(headings):
        if heading.quantity is None:
            continue
        first = places.setdefault(heading.quantity, place)
        if first != place and table.headings[first].text == table.headings[place].text:
            raise SpectrumFileError(
                f"{name}: columns {first + 1} and {place + 1} both have the heading {table.headings[place].text!r} "
                f"(line {table.heading_line}): take one of them out"
            )
    return places


def _points(
    table: Table, columns: _Columns, lines: list[tuple[int, str]], name: str
) -> tuple[list[tuple[float, complex, int]], list[str]]:
    """Return frequency, impedance and line of each point, and notes."""
    numbers = _format(table, columns, name)
    points: list[tuple[float, complex, int]] = []
    skipped: dict[str, list[int]] = {}
    problem: tuple[int, str] | None = None
    for number, line in lines:
        cells = cells_of(line, table.separator)
        try:
            table.require_cells(cells)
            values = {quantity: _value(cells, columns, quantity, numbers) for quantity in columns.places}
        except CellError as error:
            n_numbers = sum(looks_numeric(one) for one in cells)
            if max(n_numbers, numeric_cells(cells)) >= 2 and not COMMENT.match(line):
                problem = problem or (number, str(error))
            continue
        if problem is not None:
            raise SpectrumFileError(f"{name}, line {problem[0]}: {problem[1]}")
        if not all(np.isfinite(one) for one in values.values()):
            skipped.setdefault("without a value", []).append(number)
        elif values[FREQUENCY] < 0.0:
            raise SpectrumFileError(
                f"{name}, line {number}: the frequency is negative ({cells[columns.places[FREQUENCY]]})"
            )
        elif values[FREQUENCY] == 0.0:
            skipped.setdefault("at 0 Hz", []).append(number)
        else:
            points.append((values[FREQUENCY], columns.impedance(values), number))
    notes = [
        f"points {why} were left out: {len(where)}, the first in line {where[0]}" for why, where in skipped.items()
    ]
    if problem is not None:
        last = cells_of(next(line for number, line in lines if number == problem[0]), table.separator)
        if len(last) >= table.width:
            raise SpectrumFileError(f"{name}, line {problem[0]}: {problem[1]}")
        notes.append(f"line {problem[0]}, cut off at the end of the text, was left out")
    return points, notes


def _format(table: Table, columns: _Columns, name: str) -> NumberFormat:
    wanted = list(columns.places.values())
    try:
        return format_of(
            (line, row[place])
            for line, row in zip(table.lines, table.rows, strict=True)
            for place in wanted
            if place < len(row)
        )
    except CellError as error:
        raise SpectrumFileError(f"{name}: {error}".replace(" (--decimal , or --decimal .)", "")) from None


def _value(cells: list[str], columns: _Columns, quantity: str, numbers: NumberFormat) -> float:
    place = columns.places[quantity]
    if place >= len(cells):
        raise CellError(f"no three numbers: nothing in column {place + 1} ({quantity})")
    try:
        value = numbers.number(cells[place])
    except CellError as error:
        if mark_of(cells[place]) is not None and cells[place]:
            return float("nan")
        raise CellError(f"no three numbers, column {place + 1} ({quantity}): {error}") from None
    return float("nan") if abs(value) >= 0.999 * SCPI_OVERLOAD else value * columns.scales[quantity]


def _sweeps(f: Floats) -> list[tuple[int, int]]:
    """Return the ranges of points in each of which the frequency goes one way."""
    cuts, direction = [0], 0.0
    for k in range(1, len(f)):
        step = float(np.log(f[k] / f[k - 1])) if f[k] > 0.0 < f[k - 1] else 0.0
        if abs(step) < np.log(_TURNS_BACK):
            continue
        if direction == 0.0:
            direction = np.sign(step)
        elif np.sign(step) != direction:
            if k - cuts[-1] < _FEWEST_OF_SWEEP:
                direction = np.sign(step)
                continue
            # The frequency at which it turns may stand twice: once in each sweep.
            stands_twice = abs(float(np.log(f[k - 1] / f[k - 2]))) < np.log(_TURNS_BACK)
            cuts.append(k - 1 if stands_twice else k)
            direction = 0.0
    ranges = list(pairwise([*cuts, len(f)]))
    # A point out of its order begins no sweep: what is too short belongs to the sweep before it.
    kept: list[tuple[int, int]] = []
    for start, stop in ranges:
        if kept and stop - start < _FEWEST_OF_SWEEP:
            kept[-1] = (kept[-1][0], stop)
        else:
            kept.append((start, stop))
    return kept


def _described(points: list[tuple[float, complex, int]], one: tuple[int, int]) -> str:
    start, stop = one
    return (
        f"lines {points[start][2]} to {points[stop - 1][2]}, {stop - start} points, {points[start][0]:g} to "
        f"{points[stop - 1][0]:g} Hz"
    )
