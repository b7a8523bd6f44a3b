"""Reader of binary files for ionecho: EC-Lab .mpr by galvani.

It writes the columns that its library finds as a text with their names, and lets ionecho read that: so all options of
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


def as_text(path: Path, headings: Sequence[str], rows: Iterable[Sequence[object]], options: ReadOptions) -> TextRecord:
    """Return a record by way of a text, which has every digit of the numbers."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / f"{path.stem}.tsv"
        with text.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter="\t")
            writer.writerow(headings)
            writer.writerows(rows)
        return read_text(text, options=replace(options, separator="\t"))
