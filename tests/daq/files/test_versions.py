"""Run files of every version open, with all that their version knew."""

from __future__ import annotations

import gzip
from pathlib import Path

import h5py
import numpy as np
import pytest

from daq import open_run, read_process
from daq.files.finalize import close_run_file
from daq.files.layout import FORMAT
from daq.files.origin import Origin
from daq.files.results import read_attributes
from daq.state import RunState
from protocols import RunFileError

HERE = Path(__file__).parent
# The files of each were made by its own writer: version 2 by that of commit 2fec928.
VERSIONS = [1, 2]


def unpacked(folder: Path, version: int, name: str) -> Path:
    path = folder / name
    path.write_bytes(gzip.decompress((HERE / f"version{version}" / f"{name}.gz").read_bytes()))
    return path


def test_there_are_files_of_every_earlier_version() -> None:
    assert list(range(1, FORMAT)) == VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["stopped.nxs", "left.nxs"])
def test_a_run_of_an_earlier_version_is_read(tmp_path: Path, version: int, name: str) -> None:
    run = open_run(unpacked(tmp_path, version, name))
    run.require_intact()
    assert run.n_samples == run.refresh_written() == 300
    assert run.protocol is not None
    assert run.drive is not None
    assert run.state is (RunState.STOPPED if name == "stopped.nxs" else RunState.RUNNING)
    assert run.events[0]["kind"] == "start"
    assert run.instrument["resource"]
    # What it did not know of is empty, not wrong.
    assert run.origin == Origin()
    assert run.accuracy == []
    assert len(run.slow("temperature")[0]) == 0
    assert run.tags == ()


def test_what_a_run_of_version_2_says_is_what_was_written(tmp_path: Path) -> None:
    run = open_run(unpacked(tmp_path, 2, "stopped.nxs"))
    t = (np.arange(300) + 0.5) * 1e-3
    np.testing.assert_allclose(run.t_s, t)
    np.testing.assert_allclose(run.current_A, np.where((t > 0.1) & (t < 0.2), 2e-6, 0.0))
    assert run.notes == ()
    assert run.run_id == "0123456789abcdef"
    assert (run.sample.name, run.sample.thickness_m, run.sample.temperature_K) == ("LPSCl pellet 3", 0.8e-3, 265.0)
    assert run.instrument["serial"] == "04311"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_run_of_an_earlier_version_is_recovered(tmp_path: Path, version: int) -> None:
    path = unpacked(tmp_path, version, "left.nxs")
    before = open_run(path)
    assert close_run_file(path).trimmed_from == 400
    run = open_run(path)
    assert (run.n_samples, run.n_planned, run.state) == (300, 300, RunState.UNKNOWN)
    run.require_intact()
    np.testing.assert_array_equal(run.current_A, before.current_A)


@pytest.mark.parametrize("version", VERSIONS)
def test_results_of_an_earlier_version_are_read(tmp_path: Path, version: int) -> None:
    path = unpacked(tmp_path, version, "stopped.nxs")
    unpacked(tmp_path, version, "stopped.results.nxs")
    kept = read_process(path, "fit")
    assert kept is not None
    np.testing.assert_array_equal(kept.arrays["W"], np.arange(5.0))
    assert read_attributes(path, "fit", open_run(path).start_time) == kept.attributes


def test_a_file_of_a_later_version_is_refused_as_one(tmp_path: Path) -> None:
    path = unpacked(tmp_path, 2, "stopped.nxs")
    path.write_bytes(path.read_bytes().replace(b"ionecho run file 2", b"ionecho run file 9", 1))
    with pytest.raises(RunFileError, match="a later version of ionecho made this file"):
        open_run(path)


@pytest.mark.parametrize("version", VERSIONS)
def test_plain_h5py_finds_the_samples_of_every_version(tmp_path: Path, version: int) -> None:
    with h5py.File(unpacked(tmp_path, version, "stopped.nxs"), "r") as file:
        assert file["entry/data/current"].shape == (300,)
