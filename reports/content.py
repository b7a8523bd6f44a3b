"""Content of a report, apart from how it is set: verdict, facts, paragraphs, tables, figures.

`reports.html_page` and `reports.pdf_page` set it. Texts are plain; whoever sets them escapes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from reports.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator


class Tone(StrEnum):
    """How much a reader should worry; the values are the classes of the page's style."""

    GOOD = "good"
    OPEN = "open"
    BAD = "bad"


@dataclass(frozen=True)
class Verdict:
    """What was found, in one line, and what that rests on.

    Attributes
    ----------
    sentence : str
    tone : Tone
    evidence : tuple of str
    figures : tuple of (str, str)
        Names of the figures that matter most, and what they are.
    next_steps : tuple of str
        What would decide, or what to do.
    """

    sentence: str
    tone: Tone
    evidence: tuple[str, ...] = ()
    figures: tuple[tuple[str, str], ...] = ()
    next_steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paragraph:
    """Text that runs on."""

    text: str


@dataclass(frozen=True)
class Command:
    """What a reader may type to get what is missing."""

    text: str


@dataclass(frozen=True)
class Points:
    """Short texts, one below the other, or numbered."""

    items: tuple[str, ...]
    is_numbered: bool = False


@dataclass(frozen=True)
class Facts:
    """Names and values."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Row:
    """Row of a table.

    Attributes
    ----------
    cells : tuple of str
    is_doubtful : bool
        Whether its figures must not be used.
    """

    cells: tuple[str, ...]
    is_doubtful: bool = False


@dataclass(frozen=True)
class Table:
    """Table.

    Attributes
    ----------
    headings : tuple of str
    rows : tuple of Row
    numeric : frozenset of int
        Columns that are set to the right.
    caption : str
    """

    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    numeric: frozenset[int] = frozenset()
    caption: str = ""


Block = Paragraph | Command | Points | Facts | Table | Figure
"""What a section is made of."""


@dataclass(frozen=True)
class Section:
    """Section of a report."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """Report, from its title to its methods.

    Attributes
    ----------
    kind : str
        "run", "comparison", "campaign", "archive" or "spectrum".
    title : str
    facts : tuple of (str, str)
        What a reader asks first: sample, operator, instrument, date.
    verdict : Verdict
    sections : tuple of Section
    footer : str
        What made the report, and when.
    """

    kind: str
    title: str
    facts: tuple[tuple[str, str], ...]
    verdict: Verdict
    sections: tuple[Section, ...] = field(default=())
    footer: str = ""

    def figures(self) -> Iterator[Figure]:
        """Give the figures in their order."""
        for section in self.sections:
            yield from (block for block in section.blocks if isinstance(block, Figure))
