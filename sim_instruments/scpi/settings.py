"""Settings that are written with a command and read with its query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.scpi.parser import Choice, Command, CommandTree, Numeric, boolean
from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from collections.abc import Callable


def number_text(value: float) -> str:
    """Return a number as a setting's query answers it."""
    return f"{value:.10G}"


def add_number(
    tree: CommandTree, pattern: str, kind: Numeric, read: Callable[..., float], write: Callable[..., None]
) -> None:
    """Enter a numeric setting: command, query, and query of MIN, MAX, DEF; suffixes of the header come first."""

    def query(*arguments: float | None) -> str:
        *suffixes, value = arguments if arguments and isinstance(arguments[-1], float | None) else (*arguments, None)
        return number_text(read(*suffixes) if value is None else value)

    def bound(text: str) -> float | None:
        if (value := kind.keyword(text)) is None:
            raise ScpiError(-224, text)
        return float(value)  # whole numbers are suffixes

    tree.add(pattern, Command(write, (kind,), 1))
    tree.add(f"{pattern}?", Command(query, (bound,)))


def add_switch(tree: CommandTree, pattern: str, read: Callable[[], float], write: Callable[[bool], None]) -> None:
    """Enter a setting that is on or off."""
    tree.add(pattern, Command(write, (boolean,), 1))
    tree.add(f"{pattern}?", Command(lambda: str(int(read()))))


def add_choice(
    tree: CommandTree, pattern: str, forms: tuple[str, ...], read: Callable[[], str], write: Callable[[str], None]
) -> None:
    """Enter a setting that is one of some words."""
    tree.add(pattern, Command(write, (Choice(forms),), 1))
    tree.add(f"{pattern}?", Command(read))
