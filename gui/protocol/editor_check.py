"""What is wrong with the text of a protocol or a campaign, and in which line. Without Qt, and off the GUI thread.

The readers of `protocols` are the only judges: a file that the editor finds right is one that `ionecho run` takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from protocols import LimitError, Protocol, ProtocolError
from protocols.campaigns import Campaign, is_campaign
from protocols.toml_places import Places, places_in, toml_problem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from protocols import Problem


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Attributes
    ----------
    path_text : str
        Where, as problems write it; empty for the whole.
    message : str
    line : int
        Counted from 1.
    by_instrument : bool
        Whether the text is right and the instrument cannot do it.
    """

    path_text: str
    message: str
    line: int
    by_instrument: bool = False

    def is_within(self, path_text: str) -> bool:
        """Whether it is at a path or below it."""
        rest = self.path_text.removeprefix(path_text)
        return self.path_text.startswith(path_text) and (not rest or not path_text or rest[0] in ".[")


@dataclass(frozen=True, eq=False)
class Reading:
    """A text as it was read.

    Attributes
    ----------
    text : str
    faults : tuple of Fault
        None if it can be run.
    protocol : Protocol or None
    campaign : Campaign or None
        One of the two, if there are no faults.
    is_toml : bool
    """

    text: str
    faults: tuple[Fault, ...] = ()
    protocol: Protocol | None = None
    campaign: Campaign | None = None
    is_toml: bool = True

    @property
    def is_right(self) -> bool:
        """Whether it is a protocol or a campaign without faults."""
        return self.protocol is not None or self.campaign is not None


def read_document(text: str, folder: Path | None) -> Reading:
    """Return what a text means, or everything that is wrong with it.

    Parameters
    ----------
    text : str
    folder : Path or None
        Where the files of long arrays are, if the text names any.
    """
    problem = toml_problem(text)
    if problem is not None:
        message, line = problem
        return Reading(text, (Fault("", message, line),), is_toml=False)
    kind: Any = Campaign if is_campaign(text) else Protocol
    try:
        read = kind.from_toml(text, "text", folder=folder)
    except ProtocolError as error:
        return Reading(text, faults_of(error.problems, text))
    return Reading(text, campaign=read) if kind is Campaign else Reading(text, protocol=read)


def faults_of(problems: Iterable[Problem], text: str, *, by_instrument: bool = False) -> tuple[Fault, ...]:
    """Return problems with their lines, in the order of the text."""
    places = places_in(text)
    found = [Fault(one.path, one.message, _line(places, one.path), by_instrument) for one in problems]
    return tuple(sorted(found, key=lambda one: one.line))


def _line(places: Places, path_text: str) -> int:
    return places.line_of(places.nearest(path_text))


def refusal(error: Exception, text: str) -> tuple[Fault, ...]:
    """Return why an instrument cannot do what a text says, with lines."""
    if isinstance(error, ProtocolError):
        return faults_of(error.problems, text, by_instrument=True)
    path = "limits.voltage" if isinstance(error, LimitError) else ""
    places = places_in(text)
    return (Fault(path, str(error), _line(places, path), by_instrument=True),)
