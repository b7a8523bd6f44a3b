"""Results are kept beside the run, whole, with their link to the raw data."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from daq import open_run, read_process, results_path, write_process
from daq.files.header import Header
from daq.files.layout import create_run_file
from daq.files.results import attributes_by_name
from daq.files.seal import check_seal, write_seal
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


ARRAYS: dict[str, np.ndarray] = {
    "floats": np.array([[1.0, np.nan], [-np.inf, 0.1]]),
    "empty": np.zeros((0, 3)),
    "number": np.array(0.3),
    "flags": np.array([True, False, True]),
    "counts": np.arange(5, dtype=np.uint64),
    "complex": np.array([1 + 2j, -1j]),
    "texts": np.array([b"a", b"longer"]),
}


def test_arrays_of_every_type_are_read_without_hdf5_as_hdf5_has_them(
    run_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_process(run_file, "fit", ARRAYS, {"n": 1})
    path = write_process(run_file, "other", {"floats": np.arange(3.0)}, {"n": 2})
    with h5py.File(path, "r") as file:
        expected = {name: one[()] for name, one in file["entry/fit/arrays"].items()}
        date = file["entry/fit/date"][()].decode()
    start_time = open_run(run_file).start_time
    monkeypatch.delattr(h5py, "File")  # whoever asks HDF5 now fails
    kept = read_process(run_file, "fit")
    assert kept is not None
    assert (kept.attributes, kept.date, set(kept.arrays)) == ({"n": 1}, date, set(ARRAYS))
    for name, values in kept.arrays.items():
        assert np.asarray(values).dtype == np.asarray(expected[name]).dtype
        np.testing.assert_array_equal(values, ARRAYS[name])
    kept.arrays["floats"][0, 0] = 2.0  # a copy of one's own
    assert set(attributes_by_name(run_file, start_time, lambda _: True)) == {"fit", "other"}
    assert read_process(run_file, "none") is None


def test_results_of_the_version_before_are_read_and_kept_on(run_file: Path) -> None:
    """Without an index, as `_places` wrote them; the next result makes one."""
    path = write_process(run_file, "fit", {"W": np.arange(4.0)}, {"n": 1})
    with path.open("r+b") as file:
        seal = check_seal(file.fileno(), "results", path)
        assert seal is not None
        about = {name: value for name, value in seal.about.items() if name in {"start_time", "attributes"}}
        write_seal(file.fileno(), "results", about, [])
    kept = read_process(run_file, "fit")
    assert kept is not None
    np.testing.assert_array_equal(kept.arrays["W"], np.arange(4.0))
    write_process(run_file, "other", {}, {})
    again = read_process(run_file, "fit")
    assert again is not None
    assert (again.attributes, again.date, again.arrays["W"].tolist()) == ({"n": 1}, kept.date, [0.0, 1.0, 2.0, 3.0])


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
