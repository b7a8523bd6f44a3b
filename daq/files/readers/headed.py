"""Readers of tables below a header that says what was done: its settings become notes, its levels a proposal."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from daq.files.readers.contract import decoded_start
from daq.files.readers.delimited import read_table
from daq.files.readers.record import Candidate, Question, QuestionError
from daq.files.readers.text_file import TextFile
from protocols.texts import shortened

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from daq.files.readers.record import ReadOptions, TextRecord

# Lines of a header that are looked at: those of some thousand steps have less.
_MOST_LINES = 10_000
# Longest setting that is kept (characters).
_LONGEST = 200


@dataclass(frozen=True)
class HeadedReader:
    """Reader of a table below a header.

    Attributes
    ----------
    begins : re.Pattern
        Is found in the first bytes of such a file.
    settings : tuple of (str, re.Pattern)
        Name of each setting that is kept as a note, and a line of the header with its value as a group.
    levels : callable or None
        Returns the voltage that was applied, as ``--drive`` takes it, from the header; empty if that does not say.
    """

    begins: re.Pattern[str]
    settings: tuple[tuple[str, re.Pattern[str]], ...]
    levels: Callable[[str], str] | None = None

    def recognizes(self, start: bytes) -> bool:
        """Whether a file is of this program."""
        return self.begins.search(decoded_start(start)) is not None

    def read(self, path: Path, options: ReadOptions) -> TextRecord:
        """Return the record; its header answers the question for a voltage that no column has with a proposal."""
        text = TextFile.of(path)
        header = header_of(text)
        try:
            record = read_table(text, options)
        except QuestionError as error:
            levels = self.levels(header) if self.levels is not None and error.question.about == "voltage" else ""
            if not levels:
                raise
            raise _proposed(error, levels) from None
        return replace(record, notes=(*record.notes, *settings_in(header, self.settings)))


def header_of(text: TextFile) -> str:
    """Return the beginning of a text, among whose lines its header is."""
    _, piece = next(text.pieces(), (1, ""))
    return "\n".join(piece.split("\n")[:_MOST_LINES])


def settings_in(header: str, settings: tuple[tuple[str, re.Pattern[str]], ...]) -> tuple[str, ...]:
    """Return the settings that a header names, as notes."""
    found = ((name, pattern.search(header)) for name, pattern in settings)
    return tuple(f"{name}: {shortened(' '.join(match[1].split()), _LONGEST)}" for name, match in found if match)


def _proposed(error: QuestionError, levels: str) -> QuestionError:
    """Return a question for the voltage with what the header says of it as the first candidate."""
    proposal = Candidate(levels, "as the header says", "V", "to be checked: the header says nothing of the time before")
    question = Question("drive", "--drive", (proposal,))
    return QuestionError(f'{error} The header says: --drive "{levels}"; check it.', question)


def number_after(header: str, name: str) -> float | None:
    """Return the number behind a name and an equals sign at the beginning of a line; None if there is none."""
    match = re.search(rf"^\s*{re.escape(name)}\s*=\s*([-+.\deE]+)\s*$", header, re.MULTILINE)
    try:
        return None if match is None else float(match[1])
    except ValueError:
        return None
