"""Writing of samples into a run file, so that none that was acknowledged is ever lost.

A thread of its own writes, behind a queue, since a shared disk stalls for 50-100 ms at times. For each write: the
samples, sync, one row of the block table, sync; only then are the samples acknowledged. `put` never waits for the disk.

The thread also looks whether the path of the file still leads to it (`daq.files.watch`). Once it does not, the run has
to end: what was measured is still in the open file, and the newest samples are kept in memory for a file that was cut
short. `daq.files.rescue` makes a file of them.
"""

from __future__ import annotations

import queue
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from daq.files.layout import WRITE_INTERVAL_S
from daq.files.open_file import EncodedBlock, RunFileBytes
from protocols import RunFileError

if TYPE_CHECKING:
    from pathlib import Path

    from drivers import Block

# Most blocks that wait for the disk: more than a minute of a stalled disk at 50 reads a second. Doubled: twice the
# memory before a run is stopped for its disk.
_QUEUED_BLOCKS = 4096
# How long (s) the end of a run waits for the disk, with the output off. Doubled: a dead disk is reported 60 s later.
_PATIENCE_S = 60.0
# Longest time (s) between two looks at the path of the file while no samples come. Doubled: a run continues so much
# longer without a file.
_LOOK_INTERVAL_S = 1.0
# Newest samples that are kept in memory (bytes) until the end of the run, in case that somebody cuts the file short:
# 10 million of them, 100 s at 100 kS/s and 3 h at 1 kS/s. Doubled: so much more memory of a bench computer.
_KEPT_BYTES = 256 << 20


class RunWriter:
    """A run's samples on their way to disk, behind a queue.

    Used by one thread: `put` for each block, then `finish`. A failure of the disk is kept in `failure`, the loss of the
    file at its path in `loss`, for the run to see and stop.

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
    n_rows : int
        Rows of the block table that are written.
    failure : Exception or None
    loss : str or None
        What happened to the file at its path. What is written still goes into the open file.
    """

    def __init__(self, path: Path, patience_s: float = _PATIENCE_S) -> None:
        self.file = RunFileBytes(path, _KEPT_BYTES)
        self._patience_s = patience_s
        self.acknowledged = 0
        self.n_rows = 0
        self.failure: Exception | None = None
        self.loss: str | None = None
        self._n_unwritten = 0
        self._looked_at_s = time.monotonic()
        self._queue: queue.Queue[Block | None] = queue.Queue(_QUEUED_BLOCKS)
        self._thread = threading.Thread(target=self._write_all, name="run file writer", daemon=True)
        self._thread.start()

    def put(self, block: Block) -> None:
        """Hand over samples. Never waits.

        Raises
        ------
        RunFileError
            If the disk has failed or has fallen too far behind, or the file is lost. Of a lost file the samples are
            taken nevertheless.
        """
        if self.failure is not None:
            raise RunFileError(f"{self.file.path}: writing failed: {self.failure}") from self.failure
        if len(block):
            try:
                self._queue.put_nowait(block)
            except queue.Full:
                raise RunFileError(f"{self.file.path}: the disk is too slow: {_QUEUED_BLOCKS} blocks wait") from None
        self.raise_if_lost()

    def raise_if_lost(self) -> None:
        """Raise `RunFileError` if the path no longer leads to the file."""
        if self.loss is not None:
            raise RunFileError(f"{self.file.path} {self.loss} while its run was writing it")

    def look(self) -> str | None:
        """Look whether the path still leads to the file, and return what happened to it."""
        self._looked_at_s = time.monotonic()
        if self.loss is None:
            with suppress(OSError):  # a disk that fails is seen by the next write
                self.loss = self.file.path_problem()
        return self.loss

    def _write_all(self) -> None:
        last = False
        while not last:
            blocks, last = self._next_blocks()
            if blocks and self.failure is None:
                self._write_blocks(blocks)
            self.look()

    def _write_blocks(self, blocks: list[Block]) -> None:
        """Write into the file; into memory only if the file was cut short or overwritten."""
        try:
            if self.loss is not None and self.file.is_damaged():
                kept = EncodedBlock.of(self.acknowledged + self._n_unwritten, blocks)
                self.file.recent.add(kept)
                self._n_unwritten += kept.count
                return
            self.acknowledged += self.file.write_samples(self.acknowledged, self.n_rows, blocks)
            self.n_rows += 1
        except Exception as error:  # noqa: BLE001 - the run must see it and stop
            self.failure = error

    def _next_blocks(self) -> tuple[list[Block], bool]:
        """Return the blocks of one write: a tenth of a second, or more if rows of the block table get scarce."""
        layout = self.file.layout
        rows_left = max(layout.n_rows - self.n_rows - 1, 1)
        wanted = (layout.n_samples - self.acknowledged) // rows_left
        blocks: list[Block] = []
        count = 0
        deadline = time.monotonic() + WRITE_INTERVAL_S
        while time.monotonic() < deadline or count < wanted:
            try:
                block = self._queue.get(timeout=max(deadline - time.monotonic(), 0.01))
            except queue.Empty:
                if time.monotonic() - self._looked_at_s > _LOOK_INTERVAL_S:
                    self.look()
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
