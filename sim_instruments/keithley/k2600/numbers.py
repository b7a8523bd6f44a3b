"""Numbers as the instrument writes and accepts them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim_instruments.keithley.k2600.errors import TspError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Values of the constants of ``format`` (manual section 9).
ASCII, REAL32, REAL64 = 1, 2, 3
BIG_ENDIAN, LITTLE_ENDIAN = 0, 1


@dataclass
class Format:
    """Of ``printbuffer`` and ``printnumber``; only the precision holds for ``print`` too."""

    precision: int = 6
    data: int = ASCII
    byteorder: int = LITTLE_ENDIAN

    def number(self, value: float) -> str:
        """Return a number as text: ``asciiprecision`` significant digits, in exponential form."""
        return f"{value:.{self.precision - 1}e}"

    def text(self, value: object) -> str:
        """Return a Lua value as ``print`` shows it."""
        if value is None:
            return "nil"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return self.number(value)
        return str(value)

    @property
    def opening(self) -> bytes:
        """What comes before the numbers."""
        return b"" if self.data == ASCII else b"#0"

    def packed(self, values: Sequence[float], texts: Sequence[str], *, first: bool) -> bytes:
        """Return numbers as they are sent; `first` if none was sent before."""
        if self.data == ASCII:
            return (("" if first or not texts else ", ") + ", ".join(texts)).encode("latin-1")
        order = ">" if self.byteorder == BIG_ENDIAN else "<"
        return struct.pack(f"{order}{len(values)}{'f' if self.data == REAL32 else 'd'}", *values)


def number(low: float, high: float) -> Callable[[Any], float]:
    """Return a check of a setting between two bounds."""

    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TspError(-104)
        if value < low:
            raise TspError(1102)
        if value > high:
            raise TspError(1101)
        return float(value)

    return check


def whole(low: int, high: int) -> Callable[[Any], int]:
    """Return a check of a setting that is a whole number between two bounds."""
    check = number(low, high)
    return lambda value: int(check(value))


def one_of(*allowed: int) -> Callable[[Any], int]:
    """Return a check of a setting with few values."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or value not in allowed:
            raise TspError(1401)
        return int(value)

    return check


def true_or_false(value: Any) -> bool:
    """Check a setting that is a boolean."""
    if not isinstance(value, bool):
        raise TspError(-104)
    return value
