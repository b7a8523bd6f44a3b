"""Run file that is open for writing: samples, block table, events and state at their offsets."""

from __future__ import annotations

import os
import threading
import time
import zlib
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import h5py
import numpy as np

from daq.files.durable import open_in_place, read_at, write_at
from daq.files.events import encode_event
from daq.files.layout import EVENT_BYTES, GROWING, ROW, STATE_BYTES, WRITTEN_ROWS, Layout, layout_in, row_checksum
from daq.files.seal import SEAL_BYTES, check_seal
from daq.files.watch import PathWatch
from daq.state import RunState
from protocols import RunFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from daq.files.image import SparseImage
    from drivers import Block

_fdatasync = getattr(os, "fdatasync", os.fsync)


@dataclass(frozen=True, eq=False)
class EncodedBlock:
    """Samples as they lie in the file.

    Attributes
    ----------
    first, count : int
    flags : int
        OR of the status of all samples.
    host_ns : int
        When they were written (ns since 1970).
    columns : dict of str to ndarray
        In the order of the checksum.
    """

    first: int
    count: int
    flags: int
    host_ns: int
    columns: dict[str, NDArray[np.generic]]

    @classmethod
    def of(cls, first: int, blocks: list[Block]) -> EncodedBlock:
        """Return the samples of some blocks in a row."""
        columns: dict[str, NDArray[np.generic]] = {
            "time": np.concatenate([block.t_s for block in blocks]),
            "voltage": np.concatenate([block.voltage_V for block in blocks]),
            "current": np.concatenate([block.current_A for block in blocks]),
            "status": np.concatenate([block.status for block in blocks]),
        }
        flags = int(np.bitwise_or.reduce(columns["status"])) if len(columns["status"]) else 0
        encoded = {name: np.ascontiguousarray(columns[name], dtype) for name, (_, dtype) in GROWING.items()}
        return cls(first, len(columns["time"]), flags, time.time_ns(), encoded)

    @classmethod
    def joined(cls, pieces: Sequence[EncodedBlock]) -> EncodedBlock:
        """Return some blocks in a row, at least one, as one."""
        if len(pieces) == 1:
            return pieces[0]
        columns = {name: np.concatenate([piece.columns[name] for piece in pieces]) for name in GROWING}
        flags = 0
        for piece in pieces:
            flags |= piece.flags
        return cls(pieces[0].first, sum(piece.count for piece in pieces), flags, time.time_ns(), columns)

    def moved_to(self, first: int) -> EncodedBlock:
        """Return the same samples at another place of a file."""
        return replace(self, first=first)

    @property
    def n_bytes(self) -> int:
        """Memory that the samples take."""
        return sum(column.nbytes for column in self.columns.values())

    def row(self) -> NDArray[np.void]:
        """Return the row of the block table that stands for these samples."""
        checksum = 0
        for column in self.columns.values():
            checksum = zlib.crc32(column.data, checksum)
        row = np.array([(self.first, self.count, self.host_ns, 0, self.flags)], dtype=ROW)
        row["crc32"] = row_checksum(checksum, row[0])
        return row


class RecentBlocks:
    """Newest blocks of a run, in memory up to a limit.

    Parameters
    ----------
    limit_bytes : int
        0 keeps nothing.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._blocks: deque[EncodedBlock] = deque()
        self._n_bytes = 0

    def add(self, block: EncodedBlock) -> None:
        """Keep a block, and let the oldest ones go that exceed the limit."""
        self._blocks.append(block)
        self._n_bytes += block.n_bytes
        while self._n_bytes > self._limit_bytes:
            self._n_bytes -= self._blocks.popleft().n_bytes

    def __iter__(self) -> Iterator[EncodedBlock]:
        return iter(tuple(self._blocks))


class RunFileBytes:
    """An existing run file, written inside its datasets by offset.

    Parameters
    ----------
    path : Path
        A run file. It is opened for writing in place; only one process may do so at a time.
    keep_bytes : int
        Memory for the newest samples; see `recent`.

    Attributes
    ----------
    layout : Layout
    run_id : str or None
        None for a file of version 1, which has no seal.
    image : SparseImage or None
        The sealed bytes of the file.
    recent : RecentBlocks
        What was written last.
    """

    def __init__(self, path: Path, keep_bytes: int = 0) -> None:
        self.path = path
        self._descriptor = open_in_place(path, write=True, follow=False)
        try:
            self._read_description()
        except BaseException:
            os.close(self._descriptor)
            raise
        self.recent = RecentBlocks(keep_bytes)
        self._lock = threading.Lock()  # state and events are written beside the writer's threads
        self._events = read_at(self._descriptor, self.layout.offsets["events"], EVENT_BYTES).rstrip(b"\0")
        size = self.layout.end if self.image is None else self.image.size
        start = b"" if self.image is None else read_at(self._descriptor, 0, SEAL_BYTES)
        self._watch = PathWatch(path, self._descriptor, size, start)
        self._last_written = (0, start)

    def _read_description(self) -> None:
        seal = check_seal(self._descriptor, "run", self.path)
        self.image: SparseImage | None = None
        self.run_id: str | None = None
        if seal is None:
            with self.path.open("rb") as raw, h5py.File(raw, "r") as file:
                self.layout = layout_in(file)
        else:
            about = seal.about
            self.layout = Layout.from_seal(about)
            self.image, self.run_id = seal.image, about["run_id"]

    def _write(self, offset: int, data: bytes | memoryview) -> None:
        with self._lock:
            write_at(self._descriptor, offset, data)
            if isinstance(data, bytes):  # no samples: their row in the table follows soon
                self._last_written = (offset, data)

    def write_samples(self, first: int, row: int, blocks: list[Block]) -> int:
        """Write samples and then their row of the block table; both are on disk when this returns.

        Returns
        -------
        int
            How many samples were written.
        """
        return self.write_block(row, EncodedBlock.of(first, blocks))

    def write_block(self, row: int, block: EncodedBlock) -> int:
        """Write samples and their row, and return how many samples."""
        self._write_columns(block, row)
        return self.acknowledge(row, block)

    def show(self, number: int, piece: EncodedBlock) -> None:
        """Write samples, and then a row by which readers see them; nothing is on disk yet when this returns.

        Parameters
        ----------
        number : int
            How many pieces were shown before.
        piece : EncodedBlock
            Part of a block that `acknowledge` will take.
        """
        self._write_columns(piece)
        place = self.layout.offsets.get("written")
        if place is not None:
            # A view: what is overwritten soon must not be what tells this file from another (`_write`).
            row = memoryview(piece.row().tobytes())
            self._write(place + number % WRITTEN_ROWS * ROW.itemsize, row)

    def acknowledge(self, row: int, block: EncodedBlock) -> int:
        """See to it that samples that were written are on disk, then their row, and return how many samples."""
        self._require_room(block, row)
        _fdatasync(self._descriptor)
        entry = block.row().tobytes()
        self._write(self.layout.offsets["blocks"] + row * ROW.itemsize, entry)
        _fdatasync(self._descriptor)
        self.recent.add(block)
        return block.count

    def _write_columns(self, block: EncodedBlock, row: int = 0) -> None:
        self._require_room(block, row)
        for name, column in block.columns.items():
            self._write(self.layout.offsets[name] + block.first * column.itemsize, column.data)

    def _require_room(self, block: EncodedBlock, row: int) -> None:
        end = block.first + block.count
        if end > self.layout.n_samples or row >= self.layout.n_rows:
            raise RunFileError(
                f"{self.path}: sample {end} of {self.layout.n_samples}, row {row + 1} of "
                f"{self.layout.n_rows}: more than was planned"
            )

    def set_state(self, state: RunState) -> None:
        """Write the state of the run."""
        if not RunState(state).is_of_file:
            raise ValueError(f"{state!r} is no state of a run file")
        self._write(self.layout.offsets["state"], state.encode().ljust(STATE_BYTES, b"\0"))
        _fdatasync(self._descriptor)

    @property
    def events(self) -> bytes:
        """Lines of the events so far, those too that could not be written."""
        return self._events

    def add_event(self, kind: str, message: str = "", **fields: object) -> None:
        """Add a line to the events. When their room is full, later ones are dropped: the samples matter more.

        Each has stamps of two clocks (ns): ``host_ns`` since 1970, which jumps when the computer's clock is set, and
        ``monotonic_ns`` since some moment of this computer's start, which does not.
        """
        stamps = {"host_ns": time.time_ns(), "monotonic_ns": time.monotonic_ns()}
        line = encode_event({**stamps, "kind": kind, "message": message, **fields})
        end = len(self._events)
        if end + len(line) <= EVENT_BYTES:
            self._events += line
            self._write(self.layout.offsets["events"] + end, line)
            _fdatasync(self._descriptor)

    def put_events(self, lines: bytes) -> None:
        """Write all events anew."""
        self._events = lines
        self._write(self.layout.offsets["events"], lines.ljust(EVENT_BYTES, b"\0"))
        _fdatasync(self._descriptor)

    def path_problem(self) -> str | None:
        """Return what happened to the file at its path, None if it is there and whole."""
        with self._lock:  # where the position of a file is shared (Windows), a look must not move it under a write
            return self._watch.problem(self._last_written)

    def is_damaged(self) -> bool:
        """Return whether the open file itself was cut short or overwritten."""
        with self._lock:
            return self._watch.is_damaged()

    def fileno(self) -> int:
        """Return the descriptor of the open file."""
        return self._descriptor

    def close(self) -> None:
        """Close the file. May be called more than once."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
