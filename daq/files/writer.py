"""Writing of samples into a run file, so that none that was acknowledged is ever lost.

Two threads write, behind a queue, since a shared disk stalls for 50-100 ms at times; `put` never waits for the disk.

The first writes samples as they come, and a row by which readers see them at once (`daq.files.written`). The second
acknowledges them ten times a second: sync, one row of the block table, sync. While it waits for the disk, the first
goes on. A row of the table is never written before its samples are on the disk, whatever readers have seen.

The second thread also looks whether the path of the file still leads to it (`daq.files.watch`). Once it does not, the
run has to end: what was measured is still in the open file, and the newest samples are kept in memory for a file that
was cut short. `daq.files.rescue` makes a file of them.
"""

from __future__ import annotations

import queue
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daq.files.layout import WRITE_INTERVAL_S
from daq.files.open_file import EncodedBlock, RunFileBytes
from protocols import RunFileError

if TYPE_CHECKING:
    from pathlib import Path

    from drivers import Block

# Most blocks that are not acknowledged yet: more than a minute of a stalled disk at 50 reads a second. Doubled: twice
# the memory before a run is stopped for its disk.
_QUEUED_BLOCKS = 4096
# How long (s) the end of a run waits for the disk, with the output off. Doubled: a dead disk is reported 60 s later.
_PATIENCE_S = 60.0
# Newest samples that are kept in memory (bytes) until the end of the run, in case that somebody cuts the file short:
# 10 million of them, 100 s at 100 kS/s and 3 h at 1 kS/s. Doubled: so much more memory of a bench computer.
_KEPT_BYTES = 256 << 20


@dataclass(frozen=True, eq=False)
class _Piece:
    """Samples that were written or are to be, of which none is acknowledged yet.

    Attributes
    ----------
    block : EncodedBlock
    n_blocks : int
        How many blocks were put.
    is_written : bool
        Whether they are in the file, and readers see them.
    """

    block: EncodedBlock
    n_blocks: int
    is_written: bool


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
        self._n_put = 0
        self._n_settled = 0
        self._queue: queue.SimpleQueue[Block | None] = queue.SimpleQueue()
        self._shown: list[_Piece] = []
        self._shown_lock = threading.Lock()
        self._has_shown_all = threading.Event()
        self._threads = [
            threading.Thread(target=work, name=f"run file writer, {name}", daemon=True)
            for name, work in (("samples", self._show_all), ("acknowledgement", self._acknowledge_all))
        ]
        for thread in self._threads:
            thread.start()

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
            if self._n_put - self._n_settled >= _QUEUED_BLOCKS:
                raise RunFileError(f"{self.file.path}: the disk is too slow: {_QUEUED_BLOCKS} blocks wait")
            self._n_put += 1
            self._queue.put(block)
        self.raise_if_lost()

    def raise_if_lost(self) -> None:
        """Raise `RunFileError` if the path no longer leads to the file."""
        if self.loss is not None:
            raise RunFileError(f"{self.file.path} {self.loss} while its run was writing it")

    def look(self) -> str | None:
        """Look whether the path still leads to the file, and return what happened to it."""
        if self.loss is None:
            with suppress(OSError):  # a disk that fails is seen by the next write
                self.loss = self.file.path_problem()
        return self.loss

    def _show_all(self) -> None:
        """Write samples as they come, to be seen at once."""
        first, number, last = 0, 0, False
        try:
            while not last:
                blocks, last = self._next_blocks()
                if not blocks or self.failure is not None:
                    continue
                block = EncodedBlock.of(first, blocks)
                is_written = self.loss is None  # what else may become of a lost file, the other thread decides
                if is_written:
                    self.file.show(number, block)
                with self._shown_lock:
                    self._shown.append(_Piece(block, len(blocks), is_written))
                first, number = first + block.count, number + 1
        except Exception as error:  # noqa: BLE001 - the run must see it and stop
            self.failure = error
        finally:
            self._has_shown_all.set()

    def _next_blocks(self) -> tuple[list[Block], bool]:
        """Return the blocks that wait, at least one, and whether they are the last."""
        blocks: list[Block] = []
        while True:
            try:
                block = self._queue.get(block=not blocks)
            except queue.Empty:
                return blocks, False
            if block is None:
                return blocks, True
            blocks.append(block)

    def _acknowledge_all(self) -> None:
        """See to it that samples get on the disk, ten times a second, and look after the file."""
        last, has_failed = False, False
        while not last:
            last = self._has_shown_all.wait(WRITE_INTERVAL_S)
            if not has_failed and (pieces := self._take_pieces(is_last=last)):
                try:
                    self._settle(pieces)
                except Exception as error:  # noqa: BLE001 - the run must see it and stop
                    self.failure, has_failed = error, True
            self.look()

    def _take_pieces(self, *, is_last: bool) -> list[_Piece]:
        """Return the pieces of one block: a tenth of a second, or more if rows of the block table get scarce."""
        layout = self.file.layout
        rows_left = max(layout.n_rows - self.n_rows - 1, 1)
        wanted = (layout.n_samples - self.acknowledged) // rows_left
        with self._shown_lock:
            if not is_last and sum(piece.block.count for piece in self._shown) < wanted:
                return []
            pieces, self._shown = self._shown, []
        return pieces

    def _settle(self, pieces: list[_Piece]) -> None:
        """Acknowledge samples; keep them in memory only, if the file was cut short or overwritten."""
        block = EncodedBlock.joined([piece.block for piece in pieces])
        if self._n_unwritten or (self.loss is not None and self.file.is_damaged()):
            self.file.recent.add(block)
            self._n_unwritten += block.count
        else:
            write = self.file.acknowledge if all(piece.is_written for piece in pieces) else self.file.write_block
            self.acknowledged += write(self.n_rows, block)
            self.n_rows += 1
        self._n_settled += sum(piece.n_blocks for piece in pieces)

    def finish(self) -> None:
        """Write what is queued and stop the threads; a disk that takes nothing for a minute is a failure."""
        patient_until = time.monotonic() + self._patience_s
        self._queue.put(None)
        for thread in self._threads:
            thread.join(max(patient_until - time.monotonic(), 0.0))
        if self.is_stuck and self.failure is None:
            self.failure = TimeoutError(f"the disk took nothing for {self._patience_s:.0f} s")

    @property
    def is_stuck(self) -> bool:
        """Whether a thread still writes: any further use of this file would wait for it."""
        return any(thread.is_alive() for thread in self._threads)

    def close(self) -> None:
        """Close the file, after `finish`; not if a thread is stuck in it and could then write into another file."""
        if not self.is_stuck:
            self.file.close()
