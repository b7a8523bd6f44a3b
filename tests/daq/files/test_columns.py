"""Do readers that map a run file for each use see the same samples, and do they leave the file free in between?"""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import psutil
import pytest

from daq import open_run
from daq.files.columns import ReopeningReader
from daq.files.finalize import finalize_run_file
from daq.files.header import Header
from daq.files.layout import create_run_file
from daq.files.open_file import RunFileBytes
from daq.files.run import Run
from daq.state import RunState
from drivers import Block
from protocols import RunFileError, Sample

T = np.arange(300.0)
BLOCK = Block(T, T + 1.0, T + 2.0, np.ones(300, np.uint8))


def run_on_demand(path: Path) -> Run:
    """Return a run of 300 of 1000 samples, read as Windows has it."""
    create_run_file(path, Header("t", "", Sample(), None, "R", {}, None, 1000, 1.0))
    file = RunFileBytes(path)
    file.write_samples(0, 0, [BLOCK])
    file.add_event("note", "hello")
    file.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("daq.files.run.reader_of", ReopeningReader)
        return open_run(path)


def test_a_trimmed_copy_in_the_files_place_gives_the_same_samples(tmp_path: Path) -> None:
    run = run_on_demand(tmp_path / "run.nxs")
    size = run.path.stat().st_size
    assert finalize_run_file(run.path, RunState.STOPPED) == 1000
    assert run.path.stat().st_size < size
    assert run.refresh() == 300
    for read, written in ((run.t_s, T), (run.voltage_V, T + 1.0), (run.current_A, T + 2.0), (run.status, np.ones(300))):
        np.testing.assert_array_equal(read, written)
    assert (run.state, run.events[0]["message"]) == ("stopped", "hello")
    assert run.verify().bad_blocks == ()


def test_nothing_stays_open_or_mapped_between_two_uses(tmp_path: Path) -> None:
    run = run_on_demand(tmp_path / "run.nxs")
    assert run.verify().bad_blocks == ()
    kept = run.current_A
    me = psutil.Process()
    assert str(run.path) in {mapped.path for mapped in me.memory_maps()}
    del kept
    gc.collect()
    assert str(run.path) not in {mapped.path for mapped in me.memory_maps()}
    assert str(run.path) not in {opened.path for opened in me.open_files()}


def test_a_file_that_is_gone_is_an_error_with_its_name(tmp_path: Path) -> None:
    run = run_on_demand(tmp_path / "run.nxs")
    run.path.unlink()
    with pytest.raises(RunFileError, match=r"run\.nxs can no longer be read"):
        _ = run.current_A
