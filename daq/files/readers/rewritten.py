"""Texts whose lines are rewritten on their way to the reader of tables, each by itself, so that their numbers stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from daq.files.readers.text_file import TextFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class RewrittenText(TextFile):
    """A text, each line of which is put into another form.

    Attributes
    ----------
    rewrite : callable
        Returns what stands for a line, without its end.
    """

    rewrite: Callable[[str], str]

    @classmethod
    def by(cls, text: TextFile, rewrite: Callable[[str], str]) -> RewrittenText:
        """Return a text with its lines rewritten."""
        return cls(text.path, text.encoding, text.note, rewrite)

    def pieces(self) -> Iterator[tuple[int, str]]:
        """Yield rewritten lines with the number of the first of them; a last line without an end keeps having none."""
        for number, piece in super().pieces():
            *lines, last = piece.split("\n")
            yield number, "".join(self.rewrite(line) + "\n" for line in lines) + (self.rewrite(last) if last else "")
