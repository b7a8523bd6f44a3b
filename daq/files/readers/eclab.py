"""Reader of EC-Lab and BT-Lab text (.mpt): its table, and what its header says of the measurement."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from daq.files.readers.contract import decoded_start
from daq.files.readers.delimited import read_table
from daq.files.readers.text_file import TextFile
from protocols.texts import shortened

if TYPE_CHECKING:
    from pathlib import Path

    from daq.files.readers.record import ReadOptions, TextRecord

_BEGINS = re.compile(r"(?:EC|BT)-Lab ASCII FILE")
_HEADER_LINES = re.compile(r"Nb header lines\s*:\s*(\d{1,6})")
# Lines of the header that a reader of the run wants to know, with the name of each.
_SETTINGS = (
    ("started", re.compile(r"Acquisition started on\s*:\s*(.+)")),
    ("electrode area", re.compile(r"Electrode surface area\s*:\s*(.+)")),
    ("levels Ei", re.compile(r"Ei \(V\)\s+(.+)")),
    ("times ti", re.compile(r"ti \(h:m:s\)\s+(.+)")),
)
# Header lines that are looked at: some thousand steps of a sequence have less.
_MOST_LINES = 10_000
# Longest setting that is kept (characters).
_LONGEST = 200


class _EcLabReader:
    """Reads .mpt files; the table is one like any other, with headings such as ``<I>/mA``."""

    def recognizes(self, start: bytes) -> bool:
        """Whether a file begins as EC-Lab's text does."""
        return _BEGINS.match(decoded_start(start).lstrip("\ufeff")) is not None

    def read(self, path: Path, options: ReadOptions) -> TextRecord:
        """Return the record, with the settings that the header names among its notes."""
        text = TextFile.of(path)
        record = read_table(text, options)
        return replace(record, notes=(*record.notes, *_settings(text)))


def _settings(text: TextFile) -> tuple[str, ...]:
    """Return technique, start, area and levels, as the header names them."""
    _, piece = next(text.pieces(), (1, ""))
    lines = piece.split("\n")[:_MOST_LINES]
    count = _HEADER_LINES.match(lines[1]) if len(lines) > 1 else None
    header = [line.strip() for line in lines[2 : int(count[1]) - 1 if count else 0]]
    notes = []
    technique = next((line for line in header if line), "")
    if technique:
        notes.append(f"technique: {shortened(technique, _LONGEST)}")
    for name, pattern in _SETTINGS:
        found = next((match for line in header if (match := pattern.match(line)) is not None), None)
        if found is not None:
            notes.append(f"{name}: {shortened(' '.join(found[1].split()), _LONGEST)}")
    return tuple(notes)


EC_LAB = _EcLabReader()
