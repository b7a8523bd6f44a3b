"""Bytes and arrays of a run file that is open for reading.

Readers never disturb a run. Where the system lets a file be replaced while it is open, a reader opens it once and keeps
what it has. Windows does not: there a run file that may still be trimmed is opened for each use anew, and is free in
between (decision 192).
"""

from __future__ import annotations

import mmap
import os
import sys
import weakref
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import h5py
import numpy as np

from daq.files.durable import open_in_place, read_at
from daq.files.layout import GROWING, Layout, layout_in
from daq.files.seal import check_seal
from protocols import RunFileError, when_free

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True)
class FileStatus:
    """Length (bytes) and time of change (ns since 1970) of a file, and where its parts lie."""

    size: int
    changed_ns: int
    layout: Layout


class RunReader(Protocol):
    """Run file of which bytes and arrays are asked for; its parts are those of `Layout.offsets`."""

    def status(self) -> FileStatus:
        """Return what the file is like now."""

    def read(self, part: str, start: int, count: int) -> bytes:
        """Return bytes of a part; fewer only where the part or the file ends."""

    def column(self, name: str, *, scattered: bool = False) -> NDArray[Any]:
        """Return all planned samples of a column, mapped.

        Parameters
        ----------
        name : str
        scattered : bool, default False
            Whether samples are wanted here and there: then the system reads only the pages that are asked for. It reads
            ahead otherwise, by megabytes on some computers.

        Raises
        ------
        RunFileError
            If the file is shorter than that: to touch the map would end the process.
        """


class OpenDescriptor:
    """Descriptor of a file for reading, closed with its last reader.

    Attributes
    ----------
    path : Path
    number : int
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = open_in_place(path)
        self.close = weakref.finalize(self, os.close, self.number)


class KeptReader:
    """Reader that keeps the file open, whatever takes its place.

    Parameters
    ----------
    file : OpenDescriptor
    layout : Layout
    """

    def __init__(self, file: OpenDescriptor, layout: Layout) -> None:
        self._file = file
        self._layout = layout
        self._columns: dict[tuple[str, bool], NDArray[Any]] = {}

    def status(self) -> FileStatus:
        """Return what the file is like now."""
        return _status(self._file.number, self._layout)

    def read(self, part: str, start: int, count: int) -> bytes:
        """Return bytes of a part; fewer only where the part or the file ends."""
        return _read(self._file.number, self._layout, part, start, count)

    def column(self, name: str, *, scattered: bool = False) -> NDArray[Any]:
        """Return all planned samples of a column, mapped."""
        _require_whole(self._file.path, self.status())
        if (name, scattered) not in self._columns:
            self._columns[name, scattered] = _mapped(self._file.number, self._layout, name, scattered=scattered)
        return self._columns[name, scattered]


class ReopeningReader:
    """Reader that opens the file for each use; its arrays are released when nobody uses them any more.

    If the file has been replaced by its trimmed copy meanwhile, all is that of the copy.

    Parameters
    ----------
    file : OpenDescriptor
        Closed by this.
    layout : Layout
    """

    def __init__(self, file: OpenDescriptor, layout: Layout) -> None:
        self._path = file.path
        self._known = (_identity(file.number), layout)
        file.close()

    def status(self) -> FileStatus:
        """Return what the file is like now."""
        with self._open() as (descriptor, layout):
            return _status(descriptor, layout)

    def read(self, part: str, start: int, count: int) -> bytes:
        """Return bytes of a part; fewer only where the part or the file ends."""
        with self._open() as (descriptor, layout):
            return _read(descriptor, layout, part, start, count)

    def column(self, name: str, *, scattered: bool = False) -> NDArray[Any]:
        """Return all planned samples of a column, mapped."""
        with self._open() as (descriptor, layout):
            _require_whole(self._path, _status(descriptor, layout))
            return _mapped(descriptor, layout, name, scattered=scattered)

    @contextmanager
    def _open(self) -> Iterator[tuple[int, Layout]]:
        """Open the file, which may just be being replaced.

        Raises
        ------
        RunFileError
            If it is gone, or another program keeps it to itself.
        """
        try:
            descriptor = when_free(lambda: open_in_place(self._path))
        except OSError as error:
            raise RunFileError(f"{self._path} can no longer be read: {error}") from error
        try:
            identity, layout = self._known
            if (now := _identity(descriptor)) != identity:
                layout = layout_at(descriptor, self._path)
                self._known = (now, layout)
            yield descriptor, layout
        finally:
            os.close(descriptor)


def reader_of(file: OpenDescriptor, layout: Layout) -> RunReader:
    """Return the reader of an open run file that this system calls for."""
    if sys.platform == "win32" and os.access(file.path, os.W_OK):  # a finished file is read-only, and stays as it is
        return ReopeningReader(file, layout)
    return KeptReader(file, layout)


def layout_at(descriptor: int, path: Path) -> Layout:
    """Return where the parts of an open run file lie, once its seal is checked."""
    seal = check_seal(descriptor, "run", path)
    if seal is not None:
        return Layout.from_seal(seal.about)
    with os.fdopen(descriptor, "rb", closefd=False) as raw, h5py.File(raw, "r") as file:
        return layout_in(file)


def _read(descriptor: int, layout: Layout, part: str, start: int, count: int) -> bytes:
    offset, length = layout.growing[part]
    return read_at(descriptor, offset + start, max(min(count, length - start), 0))


def _mapped(descriptor: int, layout: Layout, name: str, *, scattered: bool) -> NDArray[Any]:
    dtype: Any = GROWING[name][1]
    with os.fdopen(descriptor, "rb", closefd=False) as raw:
        column = np.memmap(raw, dtype, "r", layout.offsets[name], (layout.n_samples,))
    map_of_column: Any = column.base
    if scattered and isinstance(map_of_column, mmap.mmap) and hasattr(mmap, "MADV_RANDOM"):  # not on Windows
        map_of_column.madvise(mmap.MADV_RANDOM)
    return column


def _status(descriptor: int, layout: Layout) -> FileStatus:
    status = os.fstat(descriptor)
    return FileStatus(status.st_size, status.st_mtime_ns, layout)


def _require_whole(path: Path, status: FileStatus) -> None:
    if status.size < status.layout.end:
        raise RunFileError(f"{path} was cut short while it was being read: take a copy of it from a backup")


def _identity(descriptor: int) -> tuple[int, int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino, status.st_size
