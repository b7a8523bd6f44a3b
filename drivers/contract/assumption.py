"""What a driver relies on although no page says it, and what would be wrong if it were not so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Concern(StrEnum):
    """What would be wrong if an assumption did not hold."""

    TIMES = "times"
    """When levels begin and end, or when samples were taken."""
    LEVELS = "levels"
    """The voltage on the cell during the program."""
    READINGS = "readings"
    """What the samples say: sign, size, noise, flags."""
    END = "end"
    """What is on the cell after the program."""
    SETTINGS = "settings"
    """Whether the instrument takes a command at all: it would refuse, and nothing would be measured."""


@dataclass(frozen=True)
class Assumption:
    """What a driver relies on and no page of a manual says.

    A planner names those on which a plan rests (`Planner.assumptions`). They are told by ``ionecho check``, kept in the
    run file, and listed word for word on the instrument's page under ``docs/reference/sources``.

    Attributes
    ----------
    concern : Concern
        What would be wrong.
    text : str
        What is assumed, in one clause; begins in lower case.
    """

    concern: Concern
    text: str

    def __str__(self) -> str:
        return f"{self.concern}: {self.text}"
