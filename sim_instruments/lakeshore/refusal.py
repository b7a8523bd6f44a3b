"""What a Lake Shore controller refuses, and the forms of the numbers that it takes and gives."""

from __future__ import annotations

import re

COMMAND_ERROR, EXECUTION_ERROR, OPERATION_COMPLETE, POWER_ON = 32, 16, 1, 128
"""Bits of the standard event status register (IEEE 488.2, 11.5.1)."""


class Refused(Exception):  # noqa: N818 - no error of the program
    """A command that is not carried out.

    Attributes
    ----------
    bit : int
        Of the standard event status register.
    """

    def __init__(self, bit: int) -> None:
        super().__init__(bit)
        self.bit = bit


def number(text: str, low: float, high: float) -> float:
    """Return a number between two bounds.

    Raises
    ------
    ValueError
        If it is not a number.
    Refused
        If it is out of range.
    """
    value = float(text)
    if not low <= value <= high:
        raise Refused(EXECUTION_ERROR)
    return value


def integer(text: str, low: int, high: int) -> int:
    """Return a whole number between two bounds. See `number`."""
    return int(number(text, low, high))


def six_digits(value: float) -> str:
    """Return a reading as ``+273.150``: six digits and a sign."""
    whole = len(str(int(abs(value))))
    return f"{value:+.{max(0, 6 - whole)}f}"


def outside_quotes(text: str, separator: str) -> list[str]:
    """Split a text at a separator that is not between quotes."""
    return re.split(rf'{separator}(?=(?:[^"]*"[^"]*")*[^"]*$)', text)
