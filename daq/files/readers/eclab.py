"""Reader of EC-Lab and BT-Lab text (.mpt): its table, and what its header says of the measurement."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from daq.files.readers.contract import decoded_start
from daq.files.readers.delimited import read_table
from daq.files.readers.headed import header_of, settings_in
from daq.files.readers.text_file import TextFile
from protocols.texts import shortened

if TYPE_CHECKING:
    from pathlib import Path

    from daq.files.readers.record import ReadOptions, TextRecord

_BEGINS = re.compile(r"(?:EC|BT)-Lab ASCII FILE")
_HEADER_LINES = re.compile(r"Nb header lines\s*:\s*(\d{1,6})")
# Lines of the header that a reader of the run wants to know, with the name of each.
_SETTINGS = (
    ("started", re.compile(r"^Acquisition started on\s*:\s*(.+)$", re.MULTILINE)),
    ("control", re.compile(r"^Potential control\s*:\s*(.+)$", re.MULTILINE)),
    ("electrode area", re.compile(r"^Electrode surface area\s*:\s*(.+)$", re.MULTILINE)),
    ("levels Ei", re.compile(r"^Ei \(V\)\s+(.+)$", re.MULTILINE)),
    ("levels Is", re.compile(r"^Is\s+(.+)$", re.MULTILINE)),
    ("unit of Is", re.compile(r"^unit Is\s+(.+)$", re.MULTILINE)),
    ("times ti", re.compile(r"^t[is] \(h:m:s\)\s+(.+)$", re.MULTILINE)),
)
# Longest name of a technique that is kept (characters).
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
    lines = header_of(text).split("\n")
    count = _HEADER_LINES.match(lines[1]) if len(lines) > 1 else None
    header = [line.strip() for line in lines[2 : int(count[1]) - 1 if count else 0]]
    technique = next((line for line in header if line), "")
    notes = [f"technique: {shortened(technique, _LONGEST)}"] if technique else []
    return (*notes, *settings_in("\n".join(header), _SETTINGS))


EC_LAB = _EcLabReader()
