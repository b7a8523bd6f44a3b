"""Cells of a table: numbers in the ways of writing them, and marks that stand where there is no number."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols.texts import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable

MISSING = "missing"
"""Mark of a cell without a value."""
OVERLOAD = "overload"
"""Mark of a value beyond the measuring range."""
SCPI_OVERLOAD = 9.9e37
"""What instruments that speak SCPI write for an infinite reading (SCPI 1999, volume 1, 7.2.1.4)."""
SCPI_NAN = 9.91e37
"""What they write where they have no reading (7.2.1.5)."""
# Longest cell that is quoted in a message (characters).
_QUOTED = 40
# Spaces and apostrophes that stand between thousands: no-break, thin, narrow no-break; Swiss.
_GROUP_MARKS = " '’\u00a0\u2009\u202f"
# Hyphens and dashes that are typed for a minus.
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-"))
_EXPONENT = r"(?:\s?[eEdD]\s?[+-]?\d{1,4}|\s?[x*·×]\s?10(?:(?:\^|\*\*)\(?[+-]?\d{1,3}\)?|[+-]\d{1,3}))"
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_NUMBER = re.compile(
    rf"(?P<sign>[+-]?)(?P<body>[.,]?\d(?:[\d.,{_GROUP_MARKS}]*[\d.,])?)(?P<exponent>{_EXPONENT}?)", re.ASCII
)
_IS_GROUPED = re.compile(f"[{_GROUP_MARKS}]")
_GROUPED = re.compile(rf"[1-9]\d{{0,2}}(?:[{_GROUP_MARKS}]\d{{3}})+(?:[.,]\d*)?", re.ASCII)
# A number, and behind it letters that may be a unit: "1.5 mV".
_WITH_UNIT = re.compile(
    rf"(?P<number>[+-]?[\d.,{_GROUP_MARKS}]*\d[.,]?(?:[eEdD][+-]?\d{{1,4}})?)\s*(?P<unit>[A-Za-zµμΩ]{{1,4}})"
)
_SUPERSCRIPTS = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789")
# Superscripts are exponents of ten, and nothing else.
_RAISED = re.compile(r"(?<=10)[⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹]+")


def _typed(cell: str) -> str:
    """Return a cell as it is typed on a keyboard: hyphens for dashes, digits for raised ones."""
    return _RAISED.sub(lambda match: "^" + match[0].translate(_SUPERSCRIPTS), cell.translate(_DASHES))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MISSING_WORDS = _words(
    "nan -nan +nan n/a na #n/a #na nil null none - -- --- . ? n.def. n.d. 1.#ind -1.#ind 1.#qnan #nv nv #value! "
    "missing invalid error err #div/0! <na>"
)
_OVERLOAD_WORDS = _words(
    "ovld ovl ovrld ovflw ovfl ovf ovr ol o.l o.l. over overload overloaded overflow overrange over-range overrng inf "
    "+inf -inf infinity +infinity -infinity 1.#inf -1.#inf ∞ -∞ +∞ oor clip clipped sat saturated saturation compl "
    "überlauf ueberlauf überlast ueberlast unendlich +ol -ol +ovld -ovld +overload -overload >>> <<< "
    "out-of-range outofrange limit"
)


class CellError(ValueError):
    """A cell is no number; the message says what it is."""


@dataclass(frozen=True)
class NumberFormat:
    """How numbers are written in a table.

    Attributes
    ----------
    decimal : str
        ``"."`` or ``","``.
    is_proven : bool
        Whether some number of the table can be read in no other way, or its owner stated it.
    """

    decimal: str = "."
    is_proven: bool = False

    def number(self, cell: str) -> float:
        """Return the value of a cell that holds one number.

        Raises
        ------
        CellError
            If it holds none, or more than one reading is possible.
        """
        plain = cell if self.decimal == "." else _swapped(cell)
        if _PLAIN.fullmatch(plain):
            return _finite(float(plain), cell)
        match = _NUMBER.fullmatch(_typed(cell))
        if match is None:
            raise CellError(f"expected a number, found {shortened(cell, _QUOTED)!r}")
        return _finite(float(match["sign"] + self._digits(cell, match["body"]) + _e(match["exponent"])), cell)

    def _digits(self, cell: str, body: str) -> str:
        """Return the digits with a decimal point, and without what stands between thousands."""
        whole, mark, fraction = body.partition(self.decimal)
        groups = set(re.findall(r"\D", whole))
        if not mark and len(groups) == 1 and not self.is_proven and groups <= set(".,") and whole.count(*groups) == 1:
            raise CellError(
                f"{shortened(cell, _QUOTED)!r} may be a thousand or a fraction: say which the decimal mark is "
                "(--decimal , or --decimal .)"
            )
        if not (fraction.isdigit() or not fraction) or len(groups) > 1 or (groups and not _is_grouped(whole)):
            raise CellError(
                f"{shortened(cell, _QUOTED)!r} is no number with the decimal mark {self.decimal!r} "
                "(--decimal changes it)"
            )
        return f"{re.sub(r'[^0-9]', '', whole) or '0'}.{fraction or '0'}"


def _finite(value: float, cell: str) -> float:
    if not math.isfinite(value):
        raise CellError(f"{shortened(cell, _QUOTED)!r} is too large for a number: it is not finite")
    return value


def _swapped(cell: str) -> str:
    """Return a number with a decimal comma as one with a point; a point becomes what no number has."""
    return cell.replace(".", "_").replace(",", ".")


def _is_grouped(whole: str) -> bool:
    """Whether digits stand in threes between like marks: ``1,234,567``."""
    first, *rest = re.split(r"\D", whole)
    return 1 <= len(first) <= 3 and first[0] != "0" and all(len(one) == 3 for one in rest)


def _e(exponent: str) -> str:
    """Return an exponent as Python writes it: from ``D-08``, ``x10^-6``."""
    if not exponent:
        return ""
    digits = re.search(r"[+-]?\d+\)?$", re.sub(r"^\s?[x*·×]\s?10", "", exponent))
    return f"e{digits[0].rstrip(')')}" if digits else ""


def mark_of(cell: str) -> str | None:
    """Return what a cell without a number says: `MISSING`, `OVERLOAD`, or None if it is no such mark."""
    word = re.sub(r"\s", "", cell).translate(_DASHES).casefold()
    if not word or word in _MISSING_WORDS:
        return MISSING
    if word in _OVERLOAD_WORDS or set(word) <= {"*"} or set(word) <= {"#"}:
        return OVERLOAD
    return None


def looks_numeric(cell: str) -> bool:
    """Whether a cell may be a number, in any way of writing it."""
    if _PLAIN.fullmatch(cell):
        return True
    match = _NUMBER.fullmatch(_typed(cell))
    if match is None:
        return False
    return _IS_GROUPED.search(match["body"]) is None or _GROUPED.fullmatch(match["body"]) is not None


def split_unit(cell: str) -> tuple[str, str] | None:
    """Return number and unit of a cell such as ``1.5 mV``; None if it is no such cell."""
    match = _WITH_UNIT.fullmatch(cell.translate(_DASHES).strip())
    if match is None or match["unit"] in {"e", "E", "d", "D"}:
        return None
    return match["number"], match["unit"]


def format_of(cells: Iterable[tuple[int, str]]) -> NumberFormat:
    """Return how the numbers of a table are written, from some of its cells and their lines.

    A comma proves nothing where three digits follow it and one to three stand before it: ``1,005`` is 1.005 in Berlin
    and 1005 in Boston. Then the mark that other cells prove counts; where none does, `NumberFormat.number` refuses.

    Raises
    ------
    CellError
        If one cell proves a decimal comma and another one a decimal point.
    """
    proofs: dict[str, str] = {}
    for line, cell in cells:
        text = _typed(cell)
        if (mark := _proven_mark(text)) is not None:
            proofs.setdefault(mark, f"{shortened(cell, _QUOTED)!r} (line {line})")
    if len(proofs) > 1:
        raise CellError(
            f"{proofs[',']} has a decimal comma, {proofs['.']} a decimal point: say which it is "
            "(--decimal , or --decimal .)"
        )
    return NumberFormat(next(iter(proofs)), is_proven=True) if proofs else NumberFormat()


def _proven_mark(text: str) -> str | None:
    """Return the decimal mark that a number can only have."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    body = match["body"]
    marks = [one for one in body if one in ",."]
    if not marks:
        return None
    if len(set(marks)) == 2:
        return marks[-1]
    _, _, fraction = body.rpartition(marks[0])
    if len(marks) > 1:
        return None if not _is_grouped(body) else "," if marks[0] == "." else "."
    # 0,005 and 1,5 are no thousands; 1,005 and 1.005 may be.
    return None if len(fraction) == 3 and _is_grouped(body) else marks[0]
