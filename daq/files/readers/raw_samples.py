"""Samples in the order of their text, with the line of each, and the text between them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from daq.files.readers.samples import SampleStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers import Block


@dataclass(frozen=True)
class Boundary:
    """Lines of text between rows.

    Attributes
    ----------
    row : int
        Sample behind it.
    line : int
        First line of the text.
    text : str
        That line.
    """

    row: int
    line: int
    text: str


@dataclass
class RawSamples:
    """What the rows of a table hold, in their order.

    Attributes
    ----------
    store : SampleStore
    boundaries : list of Boundary
    notes : list of str
    behind_blank : set of int
        Samples behind a blank line.
    """

    store: SampleStore = field(default_factory=SampleStore)
    boundaries: list[Boundary] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    behind_blank: set[int] = field(default_factory=set)
    _anchors: list[tuple[int, int]] = field(default_factory=list)

    def add(self, block: Block, lines: int | list[int]) -> None:
        """Append samples of consecutive lines from one on, or of some lines."""
        row = len(self.store)
        if isinstance(lines, int):
            self._anchors.append((row, lines))
        else:
            for k, line in enumerate(lines):
                if not k or line != lines[k - 1] + 1:
                    self._anchors.append((row + k, line))
        self.store.append(block)

    def line_of(self, row: int) -> int:
        """Return the line of a sample."""
        at = max(bisect_right(self._anchors, row, key=lambda one: one[0]) - 1, 0)
        first, line = self._anchors[at]
        return line + row - first


def rows_between(lines: Iterator[tuple[int, str]], wanted: set[int]) -> dict[int, str]:
    """Return some lines of a text by their numbers."""
    found: dict[int, str] = {}
    for number, piece in lines:
        if not wanted - found.keys():
            break
        last = number + piece.count("\n")
        here = [one for one in wanted if number <= one <= last]
        if here:
            split = piece.split("\n")
            found.update({one: split[one - number] for one in here})
    return found
