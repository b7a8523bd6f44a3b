"""Columns of time, voltage and current, and their units: stated, found in the headings, or asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from daq.files.readers.cells import looks_numeric, mark_of, split_unit
from daq.files.readers.record import (
    QUANTITIES,
    Candidate,
    ColumnChoice,
    Guess,
    Question,
    QuestionError,
    ReadOptions,
    RecordError,
)
from daq.files.readers.times import looks_like_time
from daq.files.readers.units import CURRENT, PER_AREA, PER_MASS, TIME, VOLTAGE, Unit, unit_of
from protocols import parse_quantity, shortened

if TYPE_CHECKING:
    from daq.files.readers.headings import Heading
    from daq.files.readers.tables import Table

# Digits of the number of a column: more are the beginning of a heading.
_MOST_DIGITS = 5
# Columns that are named in a message: as many as a few lines hold. Longest heading that is quoted (characters).
_SHOWN_COLUMNS, _QUOTED = 30, 60
# Share of the looked-at cells of a column that must hold something.
_FILLED = 0.02
STATED = "as stated"
"""Reason of a column that the owner of the text named."""
_DIMENSIONS = {"time": {TIME}, "voltage": {VOLTAGE}, "current": {CURRENT, PER_AREA, PER_MASS}}


@dataclass(frozen=True)
class Column:
    """Column that was chosen for a quantity.

    Attributes
    ----------
    choice : ColumnChoice
    scale : Fraction
        What its numbers are multiplied by for SI units.
    notes : tuple of str
        What to know of the choice.
    guesses : tuple of Guess
        What nobody stated.
    """

    choice: ColumnChoice
    scale: Fraction
    notes: tuple[str, ...] = ()
    guesses: tuple[Guess, ...] = ()

    @property
    def index(self) -> int:
        """Column, from 0."""
        return self.choice.index


def candidates_of(table: Table, quantity: str) -> list[tuple[int, Candidate]]:
    """Return the columns that a quantity may be in: rank of the name (0 is the most usual) and what is known."""
    found = []
    for index, heading in enumerate(table.headings[: table.width]):
        rank = heading.rank_as(quantity)
        if rank is None or not _has_values(table.column(index)):
            continue
        unit = heading.unit.text if heading.unit is not None else ""
        found.append((rank[0], Candidate(str(index + 1), heading.text, unit, rank[1])))
    return sorted(found, key=lambda one: one[0])


def _has_values(cells: list[str]) -> bool:
    """Whether a column has numbers, or marks of overload, at all."""
    good = sum(looks_numeric(one) or looks_like_time(one) or split_unit(one) is not None for one in cells)
    good += sum(mark_of(one) == "overload" for one in cells)
    return good > _FILLED * len(cells)


def place_of(table: Table, name: str, quantity: str, options: ReadOptions) -> tuple[int, str]:
    """Return the column of a quantity, and why it is that one.

    Raises
    ------
    QuestionError
        If none or several may be it.
    """
    wanted = options.columns.get(quantity)
    if wanted is not None:
        return _stated(table, name, quantity, wanted), STATED
    ranked = candidates_of(table, quantity)
    best = [one for rank, one in ranked if rank == ranked[0][0]]
    if len(best) == 1:
        return int(best[0].answer) - 1, best[0].reason
    candidates = tuple(best) if best else _all_columns(table)
    what = "several may be" if best else "none is"
    if not best:
        what = _why_none(table, quantity) or what
    raise QuestionError(_columns_message(table, name, what, quantity), Question(quantity, f"--{quantity}", candidates))


def _why_none(table: Table, quantity: str) -> str:
    """Return why a column with the name of a quantity is not it; empty if there is none."""
    for index, heading in enumerate(table.headings[: table.width]):
        shown = repr(shortened(heading.text, _QUOTED))
        if heading.rank_as(quantity) is not None:
            cell = next((one for one in table.column(index) if one), "")
            return f"column {shown} holds no numbers ({shortened(cell, _QUOTED)!r}), so that none is"
        of_another = heading.unit is not None and heading.unit.quantity not in _DIMENSIONS[quantity]
        if of_another and replace(heading, unit=None, explicit=False).rank_as(quantity) is not None:
            return f"column {shown} has the name of the {quantity} and another unit, so that none is"
    return ""


def _stated(table: Table, name: str, quantity: str, wanted: str) -> int:
    if wanted.isdecimal() and len(wanted) <= _MOST_DIGITS:
        if 1 <= int(wanted) <= table.width:
            return int(wanted) - 1
        raise RecordError(f"{name}: there is no column {wanted}: rows have {table.width} cells", f"--{quantity}")
    key = wanted.casefold().strip()
    ways = (
        [k for k, one in enumerate(table.headings) if one.text.casefold() == key],
        [k for k, one in enumerate(table.headings) if one.name.casefold() == key],
        [k for k, one in enumerate(table.headings) if one.text.casefold().startswith(key)],
    )
    matching = next((way for way in ways if way), [])
    if len(matching) == 1 and matching[0] < table.width:
        return matching[0]
    shown = repr(shortened(wanted, _QUOTED))
    what = f"several columns {shown} may be" if matching else f"no column {shown} for"
    few = tuple(_all_columns(table)[k] for k in matching if k < table.width)
    question = Question(quantity, f"--{quantity}", few or _all_columns(table))
    raise QuestionError(_columns_message(table, name, what, quantity), question)


def _all_columns(table: Table) -> tuple[Candidate, ...]:
    texts = [one.text for one in table.headings[: table.width]]
    texts += [""] * (table.width - len(texts))
    return tuple(Candidate(str(k + 1), text) for k, text in enumerate(texts))


def _columns_message(table: Table, name: str, what: str, quantity: str) -> str:
    columns = _all_columns(table)
    if table.headings:
        quoted = [f"{one.answer} {shortened(one.label, _QUOTED)!r}" for one in columns[:_SHOWN_COLUMNS]]
        more = len(columns) - len(quoted)
        found = ", ".join([*quoted, *([f"and {more} more"] if more > 0 else [])])
        where = f"Columns (line {table.heading_line}) are: {found}"
    else:
        row = ", ".join(shortened(one, _QUOTED) for one in table.rows[0][:_SHOWN_COLUMNS])
        where = f"There are no headings above line {table.first_line}, whose {table.width} cells are: {row}"
    helps = f"Name one by its number or heading (--{quantity})"
    if quantity == "voltage" and what.endswith("none is"):
        helps += ', or state the voltage that was applied (--drive "0 V; 0.45 V at 0 s")'
    if quantity == "current" and what.endswith("none is"):
        helps += (
            ', or state the current that was applied (--drive "0 A; 1 mA at 0 s"). What was measured at open circuit '
            "has none, and shows no memory without the pulses before it"
        )
    return f"{name}: {what} the {quantity}. {where}. {helps}."


def column_of(table: Table, name: str, quantity: str, options: ReadOptions) -> Column:
    """Return the column of a quantity with its unit.

    Raises
    ------
    QuestionError
        If column or unit cannot be told.
    """
    index, reason = place_of(table, name, quantity, options)
    heading = table.headings[index] if index < len(table.headings) else None
    label = heading.text if heading is not None else f"column {index + 1}"
    stated = options.units.get(quantity)
    unit: Unit | None
    if stated is not None:
        unit = _stated_unit(name, quantity, label, stated)
    else:
        unit = None if heading is None else _unit_in(name, quantity, heading)
    guesses: tuple[Guess, ...] = ()
    if unit is None:
        unit = Unit(quantity, Fraction(1), QUANTITIES[quantity])
        text = f"{quantity}: column {label!r} names no unit and was taken in {unit.text}"
        guesses = (Guess("unit", text, f"--{quantity}-unit"),)
    if reason != STATED:
        guesses = (Guess("column", f"{quantity}: column {index + 1}, {label!r}, {reason}", f"--{quantity}"), *guesses)
    choice = ColumnChoice(index, label, unit.text, reason)
    factor, notes = _of_electrode(name, label, unit, options)
    return Column(choice, unit.scale * factor, notes, guesses)


def _stated_unit(name: str, quantity: str, label: str, text: str) -> Unit:
    unit = unit_of(text)
    if unit is None or unit.quantity not in _DIMENSIONS[quantity]:
        try:
            value = parse_quantity(f"1 {text}", QUANTITIES[quantity])
        except ValueError as error:
            raise RecordError(f"{name}: column {label!r} as {quantity}: {error}", f"--{quantity}-unit") from None
        return Unit(quantity, Fraction(value).limit_denominator(10**18), text)
    return unit


def _unit_in(name: str, quantity: str, heading: Heading) -> Unit | None:
    """Return the unit that a heading names for a quantity, None if it names none.

    Raises
    ------
    QuestionError
        If it says something of a unit that is none of the quantity: a guess could be wrong by a thousand.
    """
    where = f"{name}: column {heading.text!r}"
    if quantity == "current" and (heading.is_density or heading.is_specific):
        per = "per area" if heading.is_density else "per mass"
        raise QuestionError(
            f"{where} is a density (a current {per}) by its name, and its unit does not say so: state the unit, e.g. "
            f"--current-unit {'mA/cm2 --area' if heading.is_density else 'mA/g --mass'} ..., or name another column "
            "(--current)",
            Question("current-unit", "--current-unit"),
        )
    if heading.unit is not None and heading.unit.quantity in _DIMENSIONS[quantity] and not heading.unit_is_open:
        return heading.unit
    if quantity == "time" and heading.unit_text == "S":  # in a line of capitals; siemens are no times
        return unit_of("s")
    if heading.unit_is_open or (heading.unit is not None and heading.explicit):
        shown = heading.unit_text or heading.name
        raise QuestionError(
            f"{where} as {quantity}: {shown!r} is no unit of a {quantity} that is known here: say which it is, e.g. "
            f"--{quantity}-unit {QUANTITIES[quantity]}",
            Question(f"{quantity}-unit", f"--{quantity}-unit"),
        )
    return None


def _of_electrode(name: str, label: str, unit: Unit, options: ReadOptions) -> tuple[Fraction, tuple[str, ...]]:
    """Return what a current per area or per mass is multiplied by, and a note.

    Raises
    ------
    QuestionError
        If that was not stated.
    """
    for quantity, option, value, symbol, example in (
        (PER_AREA, "--area", options.area_m2, "m²", "1 cm^2"),
        (PER_MASS, "--mass", options.mass_kg, "kg", "12 mg"),
    ):
        if unit.quantity != quantity:
            continue
        if value is None:
            raise QuestionError(
                f'{name}: column {label!r} is a density, a {quantity}: state the {option[2:]} ({option} "{example}"), '
                "or name another column (--current)",
                Question(option[2:], option),
            )
        return Fraction(value), (f"the current is column {label!r} times {value:g} {symbol} ({option})",)
    return Fraction(1), ()
