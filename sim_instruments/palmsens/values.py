"""Numbers in scripts and in data packages (manual, chapters 4 and 5)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from sim_instruments.palmsens.faults import Code, ScriptFault

# Letters and powers of ten (manual, chapter 4).
PREFIXES = {
    "a": 1e-18,
    "f": 1e-15,
    "p": 1e-12,
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "": 1.0,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "P": 1e15,
    "E": 1e18,
}
# Reciprocals, because 1e-6 is not a binary number but 1e6 is: 100 mV stays 100 mV.
_SCALES = [(prefix or " ", 10.0 ** -round(math.log10(factor))) for prefix, factor in PREFIXES.items()]
_OFFSET = 1 << 27
NAN = "     nan"  # five blanks (manual 4.3.1)

# Variable types: manual, appendix C, and the vendor's mscript.py.
TYPES = frozenset(
    [f"a{letter}" for letter in "abcdefghistuvwxyz"]
    + ["ba", "bb"]
    + [f"c{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    + [f"d{letter}" for letter in "abcd"]
    + [f"e{letter}" for letter in "abcdefg"]
    + [f"{group}{letter}" for group in "hij" for letter in "abcd"]
)

_DECIMAL = re.compile(r"([+-]?\d+)([afpnumkMGTPE]?)$")
_WHOLE = re.compile(r"([+-]?\d+)i$|0x([0-9A-Fa-f]+)i?$|0b([01]+)i?$")


@dataclass(slots=True)
class Value:
    """What a variable holds.

    Attributes
    ----------
    number : float or int
        Whole numbers are a type of their own.
    kind : str
        Variable type, two letters.
    status, range_code : int or None
        Metadata of a measured value.
    """

    number: float | int = 0.0
    kind: str = "aa"
    status: int | None = None
    range_code: int | None = None


def literal(text: str, column: int = 0) -> float | int:
    """Return the number that a literal stands for: a whole number and an SI prefix, or ``i``, ``0x``, ``0b``.

    Parameters
    ----------
    text : str
    column : int
        Where it starts, for the fault.

    Raises
    ------
    ScriptFault
        At the character that cannot be; there is no decimal point (manual 4.2).
    """
    if whole := _WHOLE.match(text):
        decimal, hexadecimal, binary = whole.groups()
        return int(decimal) if decimal else int(hexadecimal, 16) if hexadecimal else int(binary, 2)
    if decimal_match := _DECIMAL.match(text):
        digits, prefix = decimal_match.groups()
        return int(digits) / 10.0 ** -round(math.log10(PREFIXES[prefix]))
    well = re.match(r"[+-]?\d*[afpnumkMGTPEi]?", text)
    raise ScriptFault(Code.UNEXPECTED_CHARACTER, column + (well.end() if well else 0))


def encoded(number: float | int) -> str:
    """Return a number as seven hexadecimal digits, offset by 2^27, and the finest SI prefix that has room for it.

    So 0.1 is ``DF5E100n`` (manual 6.3 has such values); zero has a blank for its prefix.
    """
    if isinstance(number, int):
        return f"{(number + _OFFSET) & 0xFFFFFFF:07X}i"
    if math.isnan(number):
        return NAN
    if number != 0.0:
        for prefix, scale in _SCALES:
            counts = round(number * scale)
            if abs(counts) < _OFFSET:
                return f"{counts + _OFFSET:07X}{prefix}"
    return f"{_OFFSET:07X} "


def packaged(value: Value, metadata: int, noise: bool) -> str:
    """Return a variable as it stands in a data package: type, number, metadata (manual 5.3).

    Parameters
    ----------
    value : Value
    metadata : int
        Mask: 1 status, 2 range, 4 noise.
    noise : bool
        Whether the instrument tells noise at all (an EmStat4 does, as ``40``: protocol, 4.28).
    """
    text = value.kind + encoded(value.number)
    if value.status is not None and metadata & 1:
        text += f",1{value.status:X}"
    if value.range_code is not None and metadata & 2:
        text += f",2{value.range_code:02X}"
    if value.range_code is not None and noise and metadata & 4:
        text += ",40"
    return text
