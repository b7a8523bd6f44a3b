"""Block table of a run file: which samples are safely there, and whether they are what was written."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from daq.files.layout import GROWING, ROW, row_checksum

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from daq.files.columns import RunReader
    from daq.files.layout import Layout

# Rows of the block table that are read at a time: 51 s of a run.
_ROWS_AT_ONCE = 512
# Bytes of a block that are read at a time to verify it: fast beside the checksum, and no more memory for long blocks.
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class Findings:
    """Result of a check of a run file's blocks.

    Attributes
    ----------
    n_blocks, n_samples : int
    bad_blocks : tuple of int
        Blocks whose checksum does not match their samples.
    problems : tuple of str
        What is wrong with the block table, one sentence each.
    notes : tuple of str
        As `Run.notes`.
    """

    n_blocks: int
    n_samples: int
    bad_blocks: tuple[int, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_intact(self) -> bool:
        """Whether every sample is what was written."""
        return not self.bad_blocks and not self.problems

    def damage(self) -> str:
        """Return what is damaged, for a sentence; empty if nothing is."""
        blocks = ", ".join(map(str, self.bad_blocks))
        bad = [f"the samples of block {blocks} do not match their checksum"] if self.bad_blocks else []
        return "; ".join((*bad, *self.problems))


def samples_checksum(file: RunReader, row: np.void, *, covers_row: bool) -> int:
    """Return the checksum of the samples that a row points to, as they are in the file now; -1 if it ends before them.

    Parameters
    ----------
    file : RunReader
    row : void
        Of type `daq.files.layout.ROW`.
    covers_row : bool
        Whether it covers the row too.
    """
    checksum = 0
    for name, (_, dtype) in GROWING.items():
        size = np.dtype(dtype).itemsize
        offset = int(row["first"]) * size
        end = offset + int(row["count"]) * size
        while offset < end:
            piece = file.read(name, offset, min(_PIECE_BYTES, end - offset))
            if not piece:
                return -1
            checksum = zlib.crc32(piece, checksum)
            offset += len(piece)
    return row_checksum(checksum, row) if covers_row else checksum


class BlockTable:
    """Rows of the block table that point to samples, as many as there were at the last `refresh`.

    Parameters
    ----------
    file : RunReader
    layout : Layout
    covers_rows : bool
        Whether a checksum covers its row too; not in version 1.

    Attributes
    ----------
    n_samples : int
        In all rows together.
    problem : str
        Why the first row that was not taken is wrong; empty if all are right.
    """

    def __init__(self, file: RunReader, layout: Layout, *, covers_rows: bool) -> None:
        self._file = file
        self._layout = layout
        self._covers_rows = covers_rows
        self._rows = np.zeros(_ROWS_AT_ONCE, ROW)
        self._n_rows = 0
        self.n_samples = 0
        self.problem = ""

    @property
    def rows(self) -> NDArray[np.void]:
        """The used rows, shape (n_blocks,)."""
        return self._rows[: self._n_rows]

    def refresh(self) -> None:
        """Read new rows."""
        while not self.problem and self._n_rows < self._layout.n_rows:
            rows = self._read(self._n_rows)
            is_free = rows["count"] == 0
            n_used = int(np.argmax(is_free)) if bool(np.any(is_free)) else len(rows)
            n_right = self._count_right(rows[:n_used])
            self._add(rows[:n_right])
            if n_right < n_used:
                row = rows[n_right]
                self.problem = (
                    f"row {self._n_rows} of the block table points to {row['count']} samples from {row['first']}, "
                    f"where sample {self.n_samples} of {self._layout.n_samples} comes next"
                )
            if n_used < _ROWS_AT_ONCE:
                break

    def _read(self, first: int) -> NDArray[np.void]:
        count = min(_ROWS_AT_ONCE, self._layout.n_rows - first)
        content = self._file.read("blocks", first * ROW.itemsize, count * ROW.itemsize)
        return np.frombuffer(content[: len(content) // ROW.itemsize * ROW.itemsize], ROW)

    def _count_right(self, rows: NDArray[np.void]) -> int:
        """Return how many rows in a row point to the samples behind those of the row before, within the file."""
        planned = self._layout.n_samples
        # A damaged count may be as large as 2^64: sums are made of what can be right only.
        counts = np.minimum(rows["count"], planned + 1).astype(np.int64)
        ends = self.n_samples + np.cumsum(counts)
        is_right = (rows["first"] == ends - counts) & (ends <= planned)
        return len(rows) if bool(np.all(is_right)) else int(np.argmin(is_right))

    def _add(self, rows: NDArray[np.void]) -> None:
        end = self._n_rows + len(rows)
        if end > len(self._rows):
            grown = np.zeros(max(2 * len(self._rows), end), ROW)
            grown[: self._n_rows] = self.rows
            self._rows = grown
        self._rows[self._n_rows : end] = rows
        self._n_rows = end
        self.n_samples += int(np.sum(rows["count"]))

    def bad_blocks(self) -> tuple[int, ...]:
        """Return the rows whose checksum does not match their samples; reads the whole run."""
        return tuple(
            number
            for number, row in enumerate(self.rows)
            if samples_checksum(self._file, row, covers_row=self._covers_rows) != row["crc32"]
        )

    def problems(self, *, is_closed: bool) -> Iterator[str]:
        """Yield what is wrong with the table itself, one sentence each.

        Parameters
        ----------
        is_closed : bool
            Whether every sample that the file has room for was measured.
        """
        if self.problem:
            yield self.problem
        elif is_closed and self.n_samples < self._layout.n_samples:
            yield f"the block table has {self.n_samples} samples, and the file was closed with {self._layout.n_samples}"
        elif any(
            self._read(row).tobytes().strip(b"\0") for row in range(self._n_rows, self._layout.n_rows, _ROWS_AT_ONCE)
        ):
            yield f"row {self._n_rows} of the block table is empty, and there is something behind it"
