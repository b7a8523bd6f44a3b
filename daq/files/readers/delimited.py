"""Reader of delimited text: the table in it, its columns, its rows, and the record that they make.

The questions are those of the files beside this one: `text_file` (encoding), `tables` (where the table is), `headings`
and `units` (what its columns are), `choice` (which ones are meant), `cells` and `times` (how values are written),
`rows` (values and flags), `continuity` (blocks, steps, times that stand twice).
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from daq.files.readers.cells import CellError, NumberFormat, format_of
from daq.files.readers.choice import STATED, Column, column_of, place_of
from daq.files.readers.continuity import ordered
from daq.files.readers.modes import mode_column, unnamed_modes
from daq.files.readers.no_record import require_record
from daq.files.readers.raw_samples import rows_between
from daq.files.readers.record import (
    QUANTITIES,
    Candidate,
    ColumnChoice,
    Guess,
    Question,
    QuestionError,
    ReadOptions,
    RecordError,
    TextRecord,
)
from daq.files.readers.rows import RowPlan, RowReader
from daq.files.readers.signs import flag_notes, with_signs
from daq.files.readers.stated_drive import with_drive
from daq.files.readers.tables import Table, cells_of, find_table, require_width, rows_above_note, shown_separator
from daq.files.readers.times import (
    CLOCK,
    DATE,
    EPOCH,
    EXCEL,
    TimeReader,
    date_order_of,
    epoch_power,
    is_local_date,
    kind_of,
    may_be_excel_days,
)
from daq.files.stated_drive import driven_quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    from daq.files.readers.text_file import TextFile

# Units of a time column that are ways of writing it, not quantities.
_TIME_WAYS = {"excel", "m:s", "h:m", "dmy", "mdy"}
# Columns that tell rows of several records apart.
_CHANNEL = re.compile(
    r"channel|kanal|sweep|curve|kurve|trace|electrode|smu|scan|wiederholung|repeat|run", re.IGNORECASE
)
# An exponent written with a D, as Fortran does.
_FORTRAN = re.compile(r"[+-]?[\d.]+[dD][+-]?\d+")


def read_table(file: TextFile, stated: ReadOptions) -> TextRecord:
    """Read time, voltage and current from the table in a text.

    Parameters
    ----------
    file : TextFile
    stated : ReadOptions

    Raises
    ------
    QuestionError
        If the text can be read in several ways; it carries the candidates.
    RecordError
        If a number cannot be read (line and column are named), or times do not increase.
    """
    path = file.path
    table = find_table(file, stated.separator)
    require_record(table, path.name, stated)
    numbered = all(stated.columns.get(name, "").isdecimal() for name in QUANTITIES)
    require_width(table, path.name, numbered=numbered)
    notes = [file.note] if file.note else []
    notes += rows_above_note(table)
    guesses: list[Guess] = []
    if stated.separator is None:
        text = f"columns are separated by {shown_separator(table.separator)}"
        guesses.append(Guess("separator", text, "--separator"))
    numbers = _numbers(table, path.name, stated)
    if numbers.decimal == "," and stated.decimal is None:
        guesses.append(Guess("decimal", "numbers have a decimal comma", "--decimal"))
    chosen, time = _columns(table, path.name, stated, numbers)
    for column in chosen.values():
        notes += column.notes
        guesses += column.guesses
    reader = RowReader(_plan(table, path.name, chosen, numbers, time))
    for number, piece in file.pieces():
        reader.feed(number, piece)
    raw = reader.finish()
    if time is not None and time.start:
        notes.append(f"times count from {time.start}")
    is_clock = time is not None and time.kind == CLOCK
    channel_of = _channel_of(file, table)
    named = "time" in stated.columns
    store, told = ordered(raw, path.name, stated.block, is_clock=is_clock, is_time_stated=named, channel_of=channel_of)
    notes += [*raw.notes, *told]
    unnamed = unnamed_modes(table) if mode_column(table) is None else ""
    store, more = with_signs(store, stated.negate, unnamed)
    record = TextRecord(
        store,
        {name: column.choice for name, column in chosen.items()},
        shown_separator(table.separator),
        (*notes, *more, *flag_notes(store)),
        tuple(guesses),
    )
    return record if stated.drive is None else with_drive(record, stated.drive)


def require_options(options: ReadOptions) -> None:
    """Raise `RecordError` if an option cannot be meant."""
    if options.separator is not None and len(options.separator) != 1:
        raise RecordError(f"{options.separator!r} is no separator: give one character", "--separator")
    if options.decimal not in {None, ".", ","}:
        raise RecordError(f"{options.decimal!r} is no decimal mark: give . or ,", "--decimal")
    for name in options.negate:
        if name not in {"voltage", "current", "none"}:
            raise RecordError(f"{name!r} has no sign to turn: give current, voltage or none", "--negate")


def _numbers(table: Table, name: str, options: ReadOptions) -> NumberFormat:
    """Return how numbers are written: as the columns that are wanted prove it, else the other ones."""
    if options.decimal is not None:
        return NumberFormat(options.decimal, is_proven=True)
    wanted = {place_of(table, name, quantity, options)[0] for quantity in _present(table, name, options)}
    # Dates with points between would prove a mark that they do not have.
    columns = {place: table.column(place) for place in range(table.width)}
    cells = {k: list(zip(table.lines, one, strict=False)) for k, one in columns.items() if kind_of(one[:20]) is None}
    try:
        numbers = format_of(cell for place in wanted for cell in cells.get(place, ()))
    except CellError as error:
        question = Question("decimal", "--decimal", (Candidate(",", "decimal comma"), Candidate(".", "decimal point")))
        raise QuestionError(f"{name}: {error}", question) from None
    if not numbers.is_proven:
        with suppress(CellError):
            return format_of(cell for column in cells.values() for cell in column)
    return numbers


def _present(table: Table, name: str, options: ReadOptions) -> list[str]:
    """Return the quantities that the table is to have: not the one that was stated, where no column names it."""
    driven = None if options.drive is None else driven_quantity(options.drive)
    stated = driven is not None and not _has(table, name, driven, options)
    return [quantity for quantity in QUANTITIES if quantity != driven or not stated]


def _columns(
    table: Table, name: str, options: ReadOptions, numbers: NumberFormat
) -> tuple[dict[str, Column], TimeReader | None]:
    """Return the column of each quantity, and how the times are written."""
    place, reason = place_of(table, name, "time", options)
    time = _time_reader(table, name, place, options, numbers)
    chosen: dict[str, Column] = {}
    for quantity in _present(table, name, options):
        if quantity == "time" and time is not None:
            label = table.headings[place].text if place < len(table.headings) else f"column {place + 1}"
            unit = {CLOCK: "h:m:s", DATE: "date and time", EPOCH: "s since 1970", EXCEL: "days of a spreadsheet"}
            guesses: tuple[Guess, ...] = (
                Guess("time", f"time: cells of column {label!r} were read as {unit[time.kind]}", "--time-unit"),
            )
            if reason != STATED:
                guesses = (Guess("column", f"time: column {place + 1}, {label!r}, {reason}", "--time"), *guesses)
            choice = ColumnChoice(place, label, unit[time.kind], reason)
            chosen["time"] = Column(choice, Fraction(1), guesses=guesses)
        else:
            chosen[quantity] = column_of(table, name, quantity, _without_ways(options))
    return chosen, time


def _has(table: Table, name: str, quantity: str, options: ReadOptions) -> bool:
    try:
        place_of(table, name, quantity, options)
    except QuestionError as error:
        if quantity in options.columns or not error.question.candidates[0].reason:
            return quantity in options.columns
        raise
    return True


def _without_ways(options: ReadOptions) -> ReadOptions:
    units = {name: unit for name, unit in options.units.items() if unit not in _TIME_WAYS}
    return replace(options, units=units)


def _time_reader(table: Table, name: str, place: int, options: ReadOptions, numbers: NumberFormat) -> TimeReader | None:
    """Return how times are written that are no plain numbers of seconds, None if they are such numbers.

    Raises
    ------
    QuestionError
        If they may be written in several ways.
    """
    cells = [cell for cell in table.column(place) if cell]
    stated = options.units.get("time", "")
    kind = kind_of(cells)
    if kind == CLOCK:
        return TimeReader(CLOCK, two_parts=stated)
    if kind == DATE:
        order = stated if stated in {"dmy", "mdy"} else date_order_of(cells)
        if not order and any(is_local_date(cell) for cell in cells) and len({cell.split()[0] for cell in cells}) > 1:
            raise QuestionError(
                f"{name}: {cells[0]!r} may be a day and a month or a month and a day: say which "
                "(--time-unit dmy or mdy)",
                Question("time-unit", "--time-unit", (Candidate("dmy", "day first"), Candidate("mdy", "month first"))),
            )
        return TimeReader(DATE, order=order)
    values = []
    for cell in cells:
        try:
            values.append(numbers.number(cell))
        except CellError:
            continue
    if stated == EXCEL:
        return TimeReader(EXCEL, number=numbers.number)
    return _count_reader(table, name, place, options, values, numbers) if values else None


def _count_reader(
    table: Table, name: str, place: int, options: ReadOptions, values: list[float], numbers: NumberFormat
) -> TimeReader | None:
    """Return a reader of counts since 1970, None for plain numbers."""
    heading = table.headings[place] if place < len(table.headings) else None
    unit = (
        heading.unit if heading is not None and heading.unit is not None and heading.unit.quantity == "time" else None
    )
    if "time" not in options.units and unit is None and may_be_excel_days(values):
        raise QuestionError(
            f"{name}: times such as {values[0]!r} may be days of a spreadsheet: say so (--time-unit excel), or give "
            "their unit (--time-unit s)",
            Question(
                "time-unit", "--time-unit", (Candidate("excel", "days of a spreadsheet"), Candidate("s", "seconds"))
            ),
        )
    shown = sorted(values)[len(values) // 2]
    power = epoch_power(shown)
    if power is None:
        return None
    words = {0: "s", 3: "ms", 6: "us", 9: "ns"}
    stated = options.units.get("time", unit.text if unit is not None else "").strip().casefold().replace("µ", "u")
    stated = {"sec": "s", "seconds": "s"}.get(stated, stated)
    if stated and stated != words[power]:
        if "time" in options.units:
            return None
        raise QuestionError(
            f"{name}: times such as {shown:.16g} look like {words[power]} since 1970, and the heading says "
            f"{stated}: say which (--time-unit {words[power]} or --time-unit {stated})",
            Question("time-unit", "--time-unit", (Candidate(words[power], ""), Candidate(stated, ""))),
        )
    return TimeReader(EPOCH, finer=power, number=float if numbers.decimal == "." else numbers.number)


def _plan(
    table: Table, name: str, chosen: dict[str, Column], numbers: NumberFormat, time: TimeReader | None
) -> RowPlan:
    places = {quantity: column.index for quantity, column in chosen.items()}
    fortran = any(_FORTRAN.fullmatch(cell) for place in places.values() for cell in table.column(place)[:50])
    scales = {quantity: column.scale for quantity, column in chosen.items()}
    return RowPlan(table, places, scales, numbers, time, fortran, name, mode_column(table))


def _channel_of(text: TextFile, table: Table) -> Callable[[int, int], str] | None:
    """Return a function that says in which column of channels two lines differ; None if there is no such column."""
    places = [k for k, one in enumerate(table.headings) if _CHANNEL.search(one.name) and one.unit is None]
    if not places:
        return None

    def differs(before: int, line: int) -> str:
        lines = rows_between(text.pieces(), {before, line})
        cells = [cells_of(lines.get(one, ""), table.separator) for one in (before, line)]
        for place in places:
            pair = [row[place] if place < len(row) else "" for row in cells]
            if pair[0] != pair[1] and all(pair):
                return f"{table.headings[place].text}: {pair[0]} and {pair[1]}"
        return ""

    return differs
