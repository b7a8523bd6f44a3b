"""Is what a run file says as JSON what its datasets say, and is it read in their place?"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from daq import open_run
from daq.files.description import DESCRIPTION, description_of_json, read_description
from daq.files.finalize import finalize_run_file
from daq.files.header import Header
from daq.files.layout import create_run_file
from daq.files.open_file import RunFileBytes
from daq.files.origin import Origin
from daq.files.slow_channels import TEMPERATURE
from daq.files.without_samples import write_without_samples
from daq.state import RunState
from drivers import Identity
from drivers.contract.accuracy import RangeAccuracy
from protocols import PulseSequence, Sample
from tests.daq.files.test_run_file import block

RANGES = (
    RangeAccuracy("current", 1e-6, 2.5e-4, 7e-10, "1KW-60730-1, p. 3", "23 C +- 5 C"),
    RangeAccuracy("voltage", 2.0, 1.2e-4, 3e-4, "1KW-60730-1, p. 2", ""),
)
FULL = Header(
    "Pump, probe: 1 \N{GREEK SMALL LETTER MU}m",
    'name = "x"\nnotes = "two\\nlines"\n',
    Sample("LPSCl 3", 1.1e-3, 5e-5, "Au", 300.1, 1e-3, 12.0, 1e-6),
    Identity("KEITHLEY", "2461", "0123", "1.7"),
    "TCPIP::127.0.0.1::5025::SOCKET",
    {"interval_s": 1e-3, "aperture_s": None, "levels": [0.1, float("nan")], "import": {"notes": ["a"]}},
    PulseSequence.pump_probe(0.02, 0.3, 0.1, before=1 / 3, after=0.1),
    500,
    1.0,
    "run",
    slow=(TEMPERATURE,),
    accuracy=RANGES,
    origin=Origin("Ada", "lgps", ("aged", "wet"), "week", 3),
)
LONG = PulseSequence.from_arrays(np.arange(9000) * 1e-4, np.full(9000, 0.1), 1.0)
PLAIN = Header("t", "", Sample(), None, "none", {}, None, 500, 1.0, "run")


def _plain(description: dict[str, Any]) -> str:
    """Return a description as text in which two floats that differ at all do."""
    return json.dumps(description, default=lambda one: one.tolist() if isinstance(one, np.ndarray) else vars(one))


@pytest.mark.parametrize("header", [FULL, PLAIN])
@pytest.mark.parametrize("stage", ["created", "finished", "trimmed", "without samples"])
def test_a_file_of_any_stage_says_the_same_by_json_and_by_its_datasets(
    tmp_path: Path, header: Header, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.nxs"
    create_run_file(path, header)
    if stage != "created":
        file = RunFileBytes(path)
        file.write_samples(0, 0, [block(0, 300 if stage == "trimmed" else 500)])
        file.close()
        finalize_run_file(path, RunState.STOPPED if stage == "trimmed" else RunState.COMPLETE)
    if stage == "without samples":
        path, whole = tmp_path / "bare.nxs", path
        write_without_samples(whole, path)
    with h5py.File(path, "r") as hdf5:
        expected, text = read_description(hdf5["entry"]), hdf5[DESCRIPTION][()].tobytes()
    assert _plain(description_of_json(text)) == _plain(expected)
    monkeypatch.delattr(h5py, "File")  # whoever asks HDF5 now fails
    run = open_run(path)
    assert (run.title, run.sample, run.origin) == (header.title, header.sample, header.origin)
    assert run.accuracy == expected["accuracy"]
    if header.drive is not None:
        assert run.drive is not None
        np.testing.assert_array_equal(run.drive.times_s, header.drive.times_s)


def test_what_a_later_version_says_besides_is_left_out(tmp_path: Path) -> None:
    create_run_file(tmp_path / "run.nxs", FULL)
    with h5py.File(tmp_path / "run.nxs", "r") as file:
        plain = json.loads(file[DESCRIPTION][()].tobytes())
    for part in (plain["sample"], plain["origin"], plain):
        part["of_a_later_version"] = 1
    found = description_of_json(json.dumps(plain).encode())
    assert (found["sample"], found["origin"]) == (FULL.sample, FULL.origin)


@pytest.mark.parametrize("header", [replace(PLAIN, protocol_text="#" * 70_000), replace(PLAIN, drive=LONG)])
def test_a_long_description_is_left_to_the_datasets(tmp_path: Path, header: Header) -> None:
    path = tmp_path / "run.nxs"
    create_run_file(path, header)
    with h5py.File(path, "r") as file:
        assert DESCRIPTION not in file
    run = open_run(path)
    assert run.protocol_text == header.protocol_text
    assert (run.drive is None) == (header.drive is None)
