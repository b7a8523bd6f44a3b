"""Writing of samples into a run file, so that none that was acknowledged is ever lost.

A thread of its own writes, behind a queue, since a shared disk stalls for 50-100 ms at times. For each write: the
samples, sync, one row of the block table, sync; only then are the samples acknowledged. `put` never waits for the disk.
"""

from __future__ import annotations

import json
import os
import queue
import threading
import time
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from daq.files.layout import EVENT_BYTES, GROWING, ROW, STATE_BYTES, WRITE_INTERVAL_S, layout_of
from daq.state import RunState
from protocols import RunFileError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from drivers import Block

# Most blocks that wait for the disk: more than a minute of a stalled disk at 50 reads a second. Doubled: twice the
# memory before a run is stopped for its disk.
_QUEUED_BLOCKS = 4096
# How long (s) the end of a run waits for the disk, with the output off. Doubled: a dead disk is reported 60 s later.
_PATIENCE_S = 60.0
_fdatasync = getattr(os, "fdatasync", os.fsync)


class RunFileBytes:
    """An existing run file, written inside its datasets by offset.

    Parameters
    ----------
    path : Path
        A run file. It is opened for writing in place; only one process may do so at a time.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.layout = layout_of(path)
        self._descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        self._lock = threading.Lock()  # state and events are written beside the writer's thread
        events = self._read(self.layout.offsets["events"], EVENT_BYTES)
        self._event_end = len(events.rstrip(b"\0"))

    def _read(self, offset: int, count: int) -> bytes:
        with self._lock:
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            return os.read(self._descriptor, count)

    def _write(self, offset: int, data: bytes | memoryview) -> None:
        rest = memoryview(data).cast("B")
        with self._lock:
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]

    def write_samples(self, first: int, row: int, blocks: list[Block]) -> int:
        """Write samples and then their row of the block table; both are on disk when this returns.

        Returns
        -------
        int
            How many samples were written.
        """
        columns: dict[str, NDArray[np.generic]] = {
            "time": np.concatenate([block.t_s for block in blocks]),
            "voltage": np.concatenate([block.voltage_V for block in blocks]),
            "current": np.concatenate([block.current_A for block in blocks]),
            "status": np.concatenate([block.status for block in blocks]),
        }
        count = len(columns["time"])
        if first + count > self.layout.n_samples or row >= self.layout.n_rows:
            raise RunFileError(
                f"{self.path}: sample {first + count} of {self.layout.n_samples}, row {row + 1} of "
                f"{self.layout.n_rows}: more than was planned"
            )
        checksum = 0
        for name, (_, dtype) in GROWING.items():
            data = np.ascontiguousarray(columns[name], dtype=dtype)
            checksum = zlib.crc32(data.data, checksum)
            self._write(self.layout.offsets[name] + first * data.itemsize, data.data)
        _fdatasync(self._descriptor)
        flags = int(np.bitwise_or.reduce(columns["status"])) if count else 0
        entry = np.array([(first, count, time.time_ns(), checksum, flags)], dtype=ROW)
        self._write(self.layout.offsets["blocks"] + row * ROW.itemsize, entry.tobytes())
        _fdatasync(self._descriptor)
        return count

    def set_state(self, state: RunState) -> None:
        """Write the state of the run."""
        if not RunState(state).is_of_file:
            raise ValueError(f"{state!r} is no state of a run file")
        self._write(self.layout.offsets["state"], state.encode().ljust(STATE_BYTES, b"\0"))
        _fdatasync(self._descriptor)

    def add_event(self, kind: str, message: str = "", **fields: object) -> None:
        """Add a line to the events. When their room is full, later ones are dropped: the samples matter more.

        Each has stamps of two clocks (ns): ``host_ns`` since 1970, which jumps when the computer's clock is set, and
        ``monotonic_ns`` since some moment of this computer's start, which does not.
        """
        stamps = {"host_ns": time.time_ns(), "monotonic_ns": time.monotonic_ns()}
        line = json.dumps({**stamps, "kind": kind, "message": message, **fields}).encode() + b"\n"
        if self._event_end + len(line) <= EVENT_BYTES:
            self._write(self.layout.offsets["events"] + self._event_end, line)
            self._event_end += len(line)
            _fdatasync(self._descriptor)

    def fileno(self) -> int:
        """Return the descriptor of the open file."""
        return self._descriptor

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


class RunWriter:
    """A run's samples on their way to disk, behind a queue.

    Used by one thread: `put` for each block, then `finish`. A failure of the disk is kept in `failure`, for the
    run to see and stop.

    Parameters
    ----------
    path : Path
        The run file.
    patience_s : float
        How long `finish` waits for the disk.

    Attributes
    ----------
    acknowledged : int
        Samples that are safely on disk.
    failure : Exception or None
    """

    def __init__(self, path: Path, patience_s: float = _PATIENCE_S) -> None:
        self.file = RunFileBytes(path)
        self._patience_s = patience_s
        self.acknowledged = 0
        self.failure: Exception | None = None
        self._rows = 0
        self._queue: queue.Queue[Block | None] = queue.Queue(_QUEUED_BLOCKS)
        self._thread = threading.Thread(target=self._write_all, name="run file writer", daemon=True)
        self._thread.start()

    def put(self, block: Block) -> None:
        """Hand over samples. Never waits.

        Raises
        ------
        RunFileError
            If the disk has failed or has fallen too far behind.
        """
        if self.failure is not None:
            raise RunFileError(f"{self.file.path}: writing failed: {self.failure}") from self.failure
        if len(block) == 0:
            return
        try:
            self._queue.put_nowait(block)
        except queue.Full:
            raise RunFileError(f"{self.file.path}: the disk is too slow: {_QUEUED_BLOCKS} blocks wait") from None

    def _write_all(self) -> None:
        last = False
        while not last:
            blocks, last = self._next_blocks()
            if blocks and self.failure is None:
                try:
                    self.acknowledged += self.file.write_samples(self.acknowledged, self._rows, blocks)
                    self._rows += 1
                except Exception as error:  # noqa: BLE001 - the run must see it and stop
                    self.failure = error

    def _next_blocks(self) -> tuple[list[Block], bool]:
        """Return the blocks of one write: a tenth of a second, or more if rows of the block table get scarce."""
        layout = self.file.layout
        rows_left = max(layout.n_rows - self._rows - 1, 1)
        wanted = (layout.n_samples - self.acknowledged) // rows_left
        blocks: list[Block] = []
        count = 0
        deadline = time.monotonic() + WRITE_INTERVAL_S
        while time.monotonic() < deadline or count < wanted:
            try:
                block = self._queue.get(timeout=max(deadline - time.monotonic(), 0.01))
            except queue.Empty:
                continue
            if block is None:
                return blocks, True
            blocks.append(block)
            count += len(block)
        return blocks, False

    def finish(self) -> None:
        """Write what is queued and stop the thread; a disk that takes nothing for a minute is a failure."""
        patient_until = time.monotonic() + self._patience_s
        with suppress(queue.Full):
            self._queue.put(None, timeout=self._patience_s)
        self._thread.join(max(patient_until - time.monotonic(), 0.0))
        if self.is_stuck and self.failure is None:
            self.failure = TimeoutError(f"the disk took nothing for {self._patience_s:.0f} s")

    @property
    def is_stuck(self) -> bool:
        """Whether the thread still writes: any further use of this file would wait for it."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Close the file, after `finish`; not if the thread is stuck in it and could then write into another file."""
        if not self.is_stuck:
            self.file.close()
