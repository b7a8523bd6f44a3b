"""Reader of Neware text in which cycles, steps and records stand in one table, one level indented below another.

The first cells of a record's row are empty, as are those of its headings; rows of cycles and of steps are sums.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from daq.files.readers.contract import decoded_start
from daq.files.readers.delimited import read_table
from daq.files.readers.rewritten import RewrittenText
from daq.files.readers.text_file import TextFile

if TYPE_CHECKING:
    from pathlib import Path

    from daq.files.readers.record import ReadOptions, TextRecord

# Headings of cycles, of steps one cell further right, of records two cells further.
_BEGINS = re.compile(
    r"\A\ufeff?\s*(?:Cycle|循环)[^\n]*\n(?P<mark>[\t,;])[^\n]*(?:Step|工步)[^\n]*\n(?P=mark){2}[^\n]*(?:Time|时间)",
    re.IGNORECASE,
)


class _NestedReader:
    """Reads the records of such a table."""

    def recognizes(self, start: bytes) -> bool:
        """Whether a table begins with three lines of headings, each further right."""
        return _BEGINS.match(decoded_start(start)) is not None

    def read(self, path: Path, options: ReadOptions) -> TextRecord:
        """Return the records, in their order."""
        text = TextFile.of(path)
        _, piece = next(text.pieces(), (1, ""))
        match = _BEGINS.match(piece)
        mark = match["mark"] if match is not None else ","
        counts = [line.count(mark) for line in piece.split("\n")[:3]]

        def record(line: str) -> str:
            """Return the row of a record, also one whose first cells were filled in; nothing of a sum."""
            is_record = line.startswith(2 * mark) or (line.count(mark) == counts[-1] and counts[-1] not in counts[:-1])
            return line if is_record else ""

        return read_table(RewrittenText.by(text, record), options)


NEWARE_NESTED = _NestedReader()
"""Reader of such texts; Neware's table of records alone is read as any other."""
