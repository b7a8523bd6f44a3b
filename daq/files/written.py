"""Samples of a growing run that are written and not acknowledged yet, so that a reader sees them at once.

A sample is acknowledged once it and its row of the block table are on the disk: ten times a second, and later on a busy
one. What is written before lies in the memory of the operating system. It survives the death of any process, but not
that of the computer; so nothing that uses or counts samples takes it, and only who asks for it by name sees it.

The writer keeps rows of its newest writes in a small part of the file, used in turn. Each has the checksum of its
samples and of itself. A reader takes one only if it follows upon what is known already and its checksum is right: a
write that is torn, or that another computer sees in another order, is not shown yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from daq.files.blocks import samples_checksum
from daq.files.layout import GROWING, ROW, WRITTEN_ROWS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from daq.files.columns import RunReader
    from daq.files.layout import Layout

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class WrittenSamples:
    """All samples of a run that are written.

    Attributes
    ----------
    n_acknowledged : int
        So many of them, from the first, are safely on disk; a crash of the computer may take the others.
    t_s, voltage_V, current_A : ndarray of float64, shape (n,)
        Time (s), voltage (V), current (A; NaN where the instrument was overloaded); in place, as `Run` has them.
    status : ndarray of uint8, shape (n,)
        Flags (`drivers.Status`).
    """

    n_acknowledged: int
    t_s: Floats
    voltage_V: Floats
    current_A: Floats
    status: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.t_s)


class WrittenRows:
    """Rows of the newest writes of a run file.

    Parameters
    ----------
    file : RunReader
    layout : Layout

    Attributes
    ----------
    n_written : int
        Samples up to the end of the last row that was taken.
    """

    def __init__(self, file: RunReader, layout: Layout) -> None:
        self._file = file
        self._layout = layout
        self.n_written = 0

    def refresh(self, n_acknowledged: int) -> int:
        """Take in new rows behind what is acknowledged, and return `n_written`."""
        self.n_written = max(self.n_written, n_acknowledged)
        if "written" not in self._layout.offsets:
            return self.n_written
        content = self._file.read("written", 0, WRITTEN_ROWS * ROW.itemsize)
        rows = np.frombuffer(content[: len(content) // ROW.itemsize * ROW.itemsize], ROW)
        rows = rows[(rows["count"] > 0) & (rows["first"] >= self.n_written)]
        for row in rows[np.argsort(rows["first"], kind="stable")]:
            first, count = int(row["first"]), int(row["count"])
            if first == self.n_written and first + count <= self._layout.n_samples and self._is_right(row):
                self.n_written += count
        return self.n_written

    def _is_right(self, row: np.void) -> bool:
        return samples_checksum(self._file, row, covers_row=True) == int(row["crc32"])


class RunWritten:
    """Base of `Run`: samples that are not acknowledged yet, and samples read piece by piece."""

    if TYPE_CHECKING:
        _file: RunReader
        _written: WrittenRows

        @property
        def n_samples(self) -> int: ...  # noqa: D102
        def refresh(self) -> int: ...  # noqa: D102

    @property
    def n_written(self) -> int:
        """Samples that were written at the last `refresh_written`, those too that are not safely on disk yet."""
        return max(self._written.n_written, self.n_samples)

    def refresh_written(self) -> int:
        """Look for new samples, those too that are not safely on disk yet, and return `n_written`.

        Those are for the eye of somebody who watches a run; whatever keeps or concludes something takes `n_samples`.
        """
        return self._written.refresh(self.refresh())

    def written(self, *, scattered: bool = False) -> WrittenSamples:
        """Return all samples up to `n_written`; it says how many of them are safely on disk.

        Parameters
        ----------
        scattered : bool, default False
            Whether samples are wanted here and there: then no more of the disk is read than is asked for. Whoever goes
            through many samples in a row is slower so.
        """
        columns = [self._file.column(name, scattered=scattered)[: self.n_written] for name in GROWING]
        return WrittenSamples(self.n_samples, *columns)

    def read_column(self, name: str, first: int, last: int) -> NDArray[Any]:
        """Return samples of a column read into memory of their own, for whoever goes through a run piece by piece.

        Parameters
        ----------
        name : str
            ``time``, ``voltage``, ``current`` or ``status``.
        first, last : int
            The samples ``first ... last - 1``, none beyond `n_samples`.
        """
        dtype = np.dtype(GROWING[name][1])
        last = min(last, self.n_samples)
        content = self._file.read(name, first * dtype.itemsize, max(last - first, 0) * dtype.itemsize)
        return np.frombuffer(content, dtype)
