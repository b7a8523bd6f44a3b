"""Arrays of a run file, mapped into memory.

Readers never disturb a run. Where the system lets a file be replaced while it is mapped, a reader maps it once and
keeps what it has. Windows does not: there a run file that may still be trimmed is mapped for each use anew, and is free
in between (decision 192).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import h5py
import numpy as np

from daq.files.layout import EVENT_BYTES, GROWING, ROW, STATE_BYTES, layout_in
from protocols import RunFileError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from daq.files.layout import Layout

# How long (s) a file that is just being replaced is tried again, and the pause (s) between two attempts. A replacement
# takes some milliseconds. Doubled: it is reported a second later that another program keeps the file to itself.
_OPEN_PATIENCE_S = 1.0
_OPEN_INTERVAL_S = 0.01


# Type and number of values of what every run file has, beside the datasets with one value a sample.
_FIXED_COLUMNS = {"events": ("u1", EVENT_BYTES), "state": ("u1", STATE_BYTES)}
_NAMES = (*GROWING, "blocks", *_FIXED_COLUMNS)


def columns_of(path: Path, raw: IO[bytes], layout: Layout) -> Mapping[str, NDArray[Any]]:
    """Return the arrays of an open run file: ``time, voltage, current, status, blocks, events, state``."""
    if sys.platform == "win32" and os.access(path, os.W_OK):  # a finished file is read-only, and stays as it is
        return ColumnsOnDemand(path, raw, layout)
    return {name: _mapped(raw, layout, name) for name in _NAMES}


def _mapped(raw: IO[bytes], layout: Layout, name: str) -> NDArray[Any]:
    dtype: Any
    if name in GROWING:
        dtype, count = GROWING[name][1], layout.n_samples
    elif name == "blocks":
        dtype, count = ROW, layout.n_rows
    else:
        dtype, count = _FIXED_COLUMNS[name]
    return np.memmap(raw, dtype, "r", layout.offsets[name], (count,))


class ColumnsOnDemand(Mapping[str, "NDArray[Any]"]):
    """Arrays that are mapped when they are asked for, and released when nobody uses them any more.

    If the file has been replaced by its trimmed copy meanwhile, they are those of the copy.

    Parameters
    ----------
    path : Path
    raw : binary file
        The same file, open.
    layout : Layout
        Its own.
    """

    def __init__(self, path: Path, raw: IO[bytes], layout: Layout) -> None:
        self._path = path
        self._known = (_identity(raw), layout)

    def __getitem__(self, name: str) -> NDArray[Any]:
        with self._open() as raw:
            identity, layout = self._known
            if (now := _identity(raw)) != identity:
                with h5py.File(raw, "r") as file:
                    layout = layout_in(file)
                self._known = (now, layout)
            return _mapped(raw, layout, name)

    @contextmanager
    def _open(self) -> Iterator[IO[bytes]]:
        """Open the file, which may just be being replaced.

        Raises
        ------
        RunFileError
            If it is gone, or another program keeps it to itself.
        """
        deadline = time.monotonic() + _OPEN_PATIENCE_S
        while True:
            try:
                raw = self._path.open("rb")
                break
            except OSError as error:
                if not isinstance(error, PermissionError) or time.monotonic() > deadline:
                    raise RunFileError(f"{self._path} can no longer be read: {error}") from error
            time.sleep(_OPEN_INTERVAL_S)
        with raw:
            yield raw

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


def _identity(raw: IO[bytes]) -> tuple[int, int, int]:
    status = os.fstat(raw.fileno())
    return status.st_dev, status.st_ino, status.st_size
