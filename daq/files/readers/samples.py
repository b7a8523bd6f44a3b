"""Samples on their way from a text into a run file: in memory while they are few, else on disk."""

from __future__ import annotations

import tempfile
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from drivers import Block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# A sample as it lies in the store.
_ROW = np.dtype([("time", "<f8"), ("voltage", "<f8"), ("current", "<f8"), ("status", "u1")])
# Bytes that stay in memory: 1.3 million samples. Doubled, an import takes 32 MB more.
_IN_MEMORY = 32 * 1024**2
# Samples that are read back at once: as many as one block of a run file (2.5 MB).
_A_CHUNK = 100_000


class SampleStore:
    """Samples that are appended once and read in pieces as often as needed.

    A record of ten million samples takes 250 MB; the store moves to an anonymous file long before.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed with the store
        weakref.finalize(self, self._file.close)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, block: Block) -> None:
        """Append samples."""
        rows = np.empty(len(block), dtype=_ROW)
        rows["time"], rows["voltage"], rows["current"] = block.t_s, block.voltage_V, block.current_A
        rows["status"] = block.status
        self._file.seek(self._count * _ROW.itemsize)
        self._file.write(rows.tobytes())
        self._count += len(rows)

    def rows(self, start: int, stop: int) -> Block:
        """Return the samples of a range."""
        self._file.seek(start * _ROW.itemsize)
        rows = np.frombuffer(self._file.read((stop - start) * _ROW.itemsize), dtype=_ROW)
        return Block(*(np.ascontiguousarray(rows[name]) for name in ("time", "voltage", "current", "status")))

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[Block]:
        """Yield the samples of a range in pieces, in order."""
        end = self._count if stop is None else stop
        for first in range(start, end, _A_CHUNK):
            yield self.rows(first, min(first + _A_CHUNK, end))

    def column(self, name: str) -> NDArray[Any]:
        """Return all values of ``time``, ``voltage``, ``current`` or ``status``."""
        places = {"time": "t_s", "voltage": "voltage_V", "current": "current_A", "status": "status"}
        parts = [getattr(block, places[name]) for block in self.chunks()]
        return np.concatenate(parts) if parts else np.empty(0, dtype=_ROW[name])
