"""Samples are seen as soon as they are written, told apart until they are safe, and never torn."""

from __future__ import annotations

import os
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from daq import open_run
from daq.files.finalize import close_run_file
from daq.files.layout import ROW, WRITTEN_ROWS, create_run_file
from daq.files.open_file import EncodedBlock, RunFileBytes
from daq.files.run import Run
from daq.files.writer import RunWriter
from daq.state import RunState
from tests.daq.files.test_run_file import block, header
from tests.patience import until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_run_file(tmp_path / "run.nxs", header())
    return tmp_path / "run.nxs"


def show(file: RunFileBytes, number: int, first: int, count: int) -> EncodedBlock:
    piece = EncodedBlock.of(first, [block(first, count)])
    file.show(number, piece)
    return piece


def has_come(run: Run, n_samples: int) -> bool:
    return run.refresh_written() == n_samples


def is_as_written(run: Run) -> bool:
    """Whether all that is seen is what `block` makes in pieces of 50."""
    seen, expected = run.written(), [block(first, 50).current_A for first in range(0, run.n_written, 50)]
    return len(seen) == run.n_written and bool(np.array_equal(seen.current_A, np.concatenate(expected)))


def test_what_is_written_is_seen_before_it_is_safe_and_told_apart(path: Path) -> None:
    file, run = RunFileBytes(path), open_run(path)
    pieces = [show(file, number, 50 * number, 50) for number in range(4)]
    assert run.refresh() == 0
    assert (run.n_written, len(run.t_s)) == (0, 0), "only who asks sees more than what is safe"
    assert run.refresh_written() == 200
    assert (run.n_samples, run.written().n_acknowledged, len(run.current_A)) == (0, 0, 0)
    assert is_as_written(run)
    file.acknowledge(0, EncodedBlock.joined(pieces[:2]))
    seen = run.written()
    assert (run.refresh_written(), seen.n_acknowledged) == (200, 0), "an answer stays as it was given"
    assert (run.n_samples, run.written().n_acknowledged) == (100, 100)
    np.testing.assert_array_equal(run.current_A, seen.current_A[:100])
    assert open_run(path).refresh_written() == 200, "who comes late sees it too"
    assert run.verify().is_intact
    file.close()


def test_a_torn_write_is_not_shown(path: Path) -> None:
    file = RunFileBytes(path)
    for number in range(3):
        show(file, number, 50 * number, 50)
    offsets, whole = file.layout.offsets, path.read_bytes()
    file.close()
    rng = np.random.default_rng(3)
    parts = [(offsets[name] + size * 50, size * 50) for name, size in {"time": 8, "current": 8, "status": 1}.items()]
    parts.append((offsets["written"] + ROW.itemsize, ROW.itemsize))
    for offset, length in parts:  # of the second piece
        for place in (offset, *(offset + rng.integers(length, size=2)), offset + length - 1):
            with path.open("r+b") as raw:
                raw.seek(place)
                raw.write(bytes([whole[place] ^ (1 + int(rng.integers(255)))]))
            run = open_run(path)
            assert run.refresh_written() == 50
            assert run.verify().is_intact
            path.write_bytes(whole)
            assert run.refresh_written() == 150, "it is, once it is whole"


def test_rows_that_point_nowhere_are_not_taken(path: Path) -> None:
    file = RunFileBytes(path)
    show(file, 0, 0, 50)
    offset = file.layout.offsets["written"]
    rng = np.random.default_rng(1)
    noise = np.frombuffer(rng.bytes((WRITTEN_ROWS - 1) * ROW.itemsize), ROW).copy()
    noise["first"][:20] = 50
    noise["count"][10:30] = 2**64 - 50
    with path.open("r+b") as raw:
        raw.seek(offset + ROW.itemsize)
        raw.write(noise.tobytes())
    run = open_run(path)
    assert run.refresh_written() == 50
    assert is_as_written(run)
    file.close()


def test_who_looks_too_late_waits_for_what_is_safe(path: Path) -> None:
    file, early, late = RunFileBytes(path), open_run(path), open_run(path)
    pieces = []
    for number in range(WRITTEN_ROWS + 2):
        pieces.append(show(file, number, 5 * number, 5))
        assert early.refresh_written() == 5 * (number + 1)
    assert late.refresh_written() == 0, "the rows of the first pieces have been used again"
    file.acknowledge(0, EncodedBlock.joined(pieces[:100]))
    assert late.refresh_written() == early.n_written == 5 * len(pieces)
    np.testing.assert_array_equal(late.written().t_s, early.written().t_s)
    file.close()


def test_a_disk_that_stalls_keeps_nothing_from_the_eye(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on, real = threading.Event(), getattr(os, "fdatasync", os.fsync)

    def stalled(descriptor: int) -> None:
        goes_on.wait()
        real(descriptor)

    monkeypatch.setattr("daq.files.open_file._fdatasync", stalled)
    run, writer = open_run(path), RunWriter(path)
    try:
        for first in range(0, 500, 50):
            writer.put(block(first, 50))
            until(partial(has_come, run, first + 50))
        assert is_as_written(run)
        assert (run.n_samples, writer.acknowledged) == (0, 0)
    finally:
        goes_on.set()
        writer.finish()
        writer.close()
    assert run.refresh() == writer.acknowledged == 500
    assert is_as_written(run)
    assert run.verify().is_intact
    assert int(run.blocks["count"].sum()) == 500
    assert writer.n_rows < 10, "a row stands for a write to disk, not for a piece that is shown"


def test_what_a_dead_run_had_not_made_safe_is_not_kept(path: Path) -> None:
    file = RunFileBytes(path)
    file.set_state(RunState.RUNNING)
    file.write_samples(0, 0, [block(0, 100)])
    show(file, 0, 100, 50)
    file.close()
    assert open_run(path).refresh_written() == 150
    assert close_run_file(path).trimmed_from == 1000
    run = open_run(path)
    assert run.refresh_written() == run.n_samples == run.n_planned == 100
    assert run.verify().is_intact


def test_a_run_is_read_piece_by_piece_up_to_what_is_safe(path: Path) -> None:
    file = RunFileBytes(path)
    file.write_samples(0, 0, [block(0, 100)])
    show(file, 0, 100, 50)
    run = open_run(path)
    run.refresh_written()
    np.testing.assert_array_equal(run.read_column("current", 20, 130), run.current_A[20:])
    assert len(run.read_column("status", 100, 130)) == 0
    file.close()
