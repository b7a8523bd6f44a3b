"""Reader of Neware's binary .nda and .ndax files, by the library NewareNDA (the extra `import`).

The columns that the library finds are written as a text with their names, and that is read: so all options count, and
what is asked and noted is the same as of an exported text.
"""

from __future__ import annotations

import csv
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daq.files.extras import library
from daq.files.readers.delimited import read_table
from daq.files.readers.record import RecordError
from daq.files.readers.text_file import TextFile

if TYPE_CHECKING:
    from daq.files.readers.record import ReadOptions, TextRecord

_FIRST_FILES = frozenset({b"data.ndc", b"EditStep.xml", b"Step.xml", b"VersionInfo.xml"})
"""What stands first in an .ndax archive."""


class _BinaryReader:
    """Reads such files."""

    def recognizes(self, start: bytes) -> bool:
        """Whether a file is an archive with Neware's files in it, or begins as its older ones do."""
        first = start[30 : 30 + int.from_bytes(start[26:28], "little")]  # name of the first file in an archive
        return start.startswith(b"NEWARE") or (start.startswith(b"PK\x03\x04") and first in _FIRST_FILES)

    def read(self, path: Path, options: ReadOptions) -> TextRecord:
        """Return the record of a file; its times count from the time stamp of its first row.

        Raises
        ------
        RecordError
            If the library cannot read it.
        RunFileError
            If there is no library.
        """
        read = library("NewareNDA", "import").read
        try:
            table = read(str(path))
            stamps = table["Timestamp"]
            seconds = (stamps - stamps.iloc[0]).dt.total_seconds()
            columns = [seconds.tolist(), table["Voltage"].tolist(), table["Current(mA)"].tolist()]
        except Exception as error:  # whatever a damaged file makes the library raise
            raise RecordError(f"NewareNDA cannot read it: {type(error).__name__}: {error}", str(path)) from error
        record = _by_text(path, columns, options)
        note = "NewareNDA interpolates times that the file keeps of some rows only: they may be 0.2 s off"
        return replace(record, notes=(*record.notes, note))


def _by_text(path: Path, columns: list[list[Any]], options: ReadOptions) -> TextRecord:
    """Return a record by way of a text, which has every digit of the numbers."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / f"{path.stem}.tsv"
        with text.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter="\t")
            writer.writerow(("Total time (s)", "Voltage (V)", "Current (mA)"))
            writer.writerows(zip(*columns, strict=True))
        return read_table(TextFile.of(text), replace(options, separator="\t"))


NEWARE_BINARY = _BinaryReader()
"""Reader of such files."""
