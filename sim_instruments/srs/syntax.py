"""Commands of an EC301 as text: names, arguments, numbers, and what is wrong with them.

*EC301 User Manual*, revision 1.1, p. 75: either case, any number of spaces, several commands between semicolons;
integers like ``-1200`` and ``+6``, real numbers like ``-1.34``; scientific and hexadecimal notation are not recognised.
Bits and states are separated by commas (p. 102), other arguments by spaces.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_INTEGER = re.compile(r"[+-]?\d+")
_REAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")

BAD_COMMAND = 114
"""The one code that the manual prints (p. 109)."""
NOT_RECOGNISED, OUT_OF_RANGE, NOT_ALLOWED = 115, 116, 117
"""Codes of other errors: assumed, no page has them."""
ERRORS = {
    0: "No error",
    BAD_COMMAND: "Bad remote command",
    NOT_RECOGNISED: "Bad remote argument",
    OUT_OF_RANGE: "Remote argument out of range",
    NOT_ALLOWED: "Command not allowed in this state",
}
"""What ``errdcd?`` says; all but the text of 114 (p. 109) is assumed."""


class RefusedError(Exception):
    """A command that gets no reply.

    Parameters
    ----------
    number : int
        What ``errlst?`` will say.
    """

    def __init__(self, number: int) -> None:
        super().__init__(ERRORS[number])
        self.number = number


class Command(NamedTuple):
    """What a command takes, and what it does.

    Attributes
    ----------
    form : str
        A letter for each argument: i integer, x real number, s text to the end; after ``|`` they may be missing.
    act : callable
        Takes the arguments; returns the answer of a query.
    """

    form: str
    act: Callable[..., str | None]


def arguments(form: str, text: str) -> list[int | float | str]:
    """Return the arguments in the text behind a command's name.

    Raises
    ------
    RefusedError
        If there are too few or too many, or one is no such number.
    """
    needed, _, optional = form.partition("|")
    kinds = needed + optional
    words = text.split(None, len(kinds) - 1) if kinds.endswith("s") else text.replace(",", " ").split()
    if not len(needed) <= len(words) <= len(kinds):
        raise RefusedError(NOT_RECOGNISED)
    return [_value(kind, word) for kind, word in zip(kinds, words, strict=False)]


def _value(kind: str, word: str) -> int | float | str:
    if kind == "s":
        return word
    pattern = _INTEGER if kind == "i" else _REAL
    if not pattern.fullmatch(word):
        raise RefusedError(NOT_RECOGNISED)
    return int(word) if kind == "i" else float(word)


def within(value: float, low: float, high: float) -> None:
    """Refuse a value that is out of range."""
    if not low <= value <= high:
        raise RefusedError(OUT_OF_RANGE)


def allowed(*, if_: bool) -> None:
    """Refuse a command in the wrong state."""
    if not if_:
        raise RefusedError(NOT_ALLOWED)


def plain(value: float) -> str:
    """Return a number as the commands take it: without a fraction if it has none."""
    return str(int(value)) if value == int(value) else f"{value:g}"


def scientific(value: float) -> str:
    """Return a current as the manual prints it: ``-1.543e-3`` (p. 91), ``5.43e-4`` (p. 77)."""
    mantissa, exponent = f"{value:.6e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
