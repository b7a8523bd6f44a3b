"""Results are kept beside the run, whole, with their link to the raw data."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from daq import read_process, results_path, write_process
from daq.files.header import Header
from daq.files.layout import create_run_file
from protocols import RunFileError, Sample


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    path = tmp_path / "run.nxs"
    create_run_file(path, Header("t", "", Sample(), None, "R", {}, None, 10, 1.0))
    return path


def test_a_process_is_read_back_as_it_was_kept(run_file: Path) -> None:
    content = run_file.read_bytes()
    write_process(run_file, "fit", {"W": np.linspace(1, 0, 5)}, {"model": "R0-Mig1", "ci95": [1.0, None]})
    kept = read_process(run_file, "fit")
    assert kept is not None
    np.testing.assert_array_equal(kept.arrays["W"], np.linspace(1, 0, 5))
    assert kept.attributes == {"model": "R0-Mig1", "ci95": [1.0, None]}
    assert read_process(run_file, "other") is None
    assert run_file.read_bytes() == content, "raw data is never touched"


def test_keeping_one_thing_leaves_the_others(run_file: Path) -> None:
    write_process(run_file, "reduction", {"factor": np.eye(3)}, {"version": 1})
    write_process(run_file, "fit", {}, {"n": 1})
    write_process(run_file, "fit", {}, {"n": 2})
    reduction, fit = read_process(run_file, "reduction"), read_process(run_file, "fit")
    assert reduction is not None
    assert fit is not None
    assert reduction.attributes == {"version": 1}
    assert fit.attributes == {"n": 2}


def test_the_results_file_names_and_links_its_raw_data(run_file: Path) -> None:
    with h5py.File(write_process(run_file, "fit", {}, {}), "r") as file:
        assert file["entry/raw_file"][()] == b"run.nxs"
        assert file["entry/raw_sha256"][()].decode() == hashlib.sha256(run_file.read_bytes()).hexdigest()
        assert file["entry/raw_data/current"].shape == (10,)


def test_results_of_a_deleted_run_of_the_same_name_are_not_the_new_runs(run_file: Path) -> None:
    write_process(run_file, "fit", {}, {"n": 1})
    start = read_process(run_file, "fit")
    assert start is not None
    run_file.chmod(0o600)
    run_file.unlink()
    time.sleep(0.01)  # start times are kept to a millisecond
    create_run_file(run_file, Header("t", "", Sample(), None, "R", {}, None, 10, 1.0))
    assert read_process(run_file, "fit") is None
    write_process(run_file, "reduction", {}, {"n": 2})
    assert read_process(run_file, "fit") is None


def test_a_failure_leaves_the_old_results(run_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_process(run_file, "fit", {}, {"n": 1})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(RunFileError, match="No space left"):
            write_process(run_file, "fit", {}, {"n": 2})
    kept = read_process(run_file, "fit")
    assert kept is not None
    assert kept.attributes == {"n": 1}
    assert sorted(path.name for path in run_file.parent.iterdir()) == ["run.nxs", "run.results.nxs"]
    assert results_path(run_file).name == "run.results.nxs"
