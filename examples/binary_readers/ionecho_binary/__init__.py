"""Readers of binary files for ionecho: EC-Lab .mpr by galvani, Neware .nda and .ndax by NewareNDA.

Each writes the columns that its library finds as a text with their names, and lets ionecho read that: so all options of
`ionecho import` apply, and what ionecho asks and notes is the same as of an exported text.
"""

from __future__ import annotations

import csv
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from daq import ReadOptions, TextRecord, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What stands first in an .ndax archive.
_FIRST_FILES = {b"data.ndc", b"EditStep.xml", b"Step.xml", b"VersionInfo.xml"}


class Mpr:
    """Reader of EC-Lab and BT-Lab .mpr files."""

    def recognizes(self, start: bytes) -> bool:
        """Whether a file begins as EC-Lab's binary files do."""
        return start.startswith(b"BIO-LOGIC MODULAR FILE")

    def read(self, path: Path, options: ReadOptions) -> TextRecord:
        """Return the record of a file."""
        from galvani.BioLogic import MPRfile

        rows = MPRfile(str(path)).data
        return as_text(path, rows.dtype.names, rows.tolist(), options)


class Ndax:
    """Reader of Neware .nda and .ndax files."""

    def recognizes(self, start: bytes) -> bool:
        """Whether a file is an archive with Neware's files in it, or begins as its older ones do."""
        first = start[30 : 30 + int.from_bytes(start[26:28], "little")]  # name of the first file in an archive
        return start.startswith(b"NEWARE") or (start.startswith(b"PK\x03\x04") and first in _FIRST_FILES)

    def read(self, path: Path, options: ReadOptions) -> TextRecord:
        """Return the record of a file; its times count from the time stamp of its first row."""
        import NewareNDA

        table = NewareNDA.read(str(path))
        seconds = (table["Timestamp"] - table["Timestamp"].iloc[0]).dt.total_seconds()
        columns = [seconds.tolist(), table["Voltage"].tolist(), table["Current(mA)"].tolist()]
        headings = ("Total time (s)", "Voltage (V)", "Current (mA)")
        record = as_text(path, headings, zip(*columns, strict=True), options)
        note = "NewareNDA interpolates times that the file keeps of some rows only: they may be 0.2 s off"
        return replace(record, notes=(*record.notes, note))


def as_text(path: Path, headings: Sequence[str], rows: Iterable[Sequence[object]], options: ReadOptions) -> TextRecord:
    """Return a record by way of a text, which has every digit of the numbers."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / f"{path.stem}.tsv"
        with text.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter="\t")
            writer.writerow(headings)
            writer.writerows(rows)
        return read_text(text, options=replace(options, separator="\t"))
