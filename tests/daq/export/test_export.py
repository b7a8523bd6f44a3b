"""Do other programs read what a run was exported to, with every sample, and is nothing of theirs overwritten?"""

from __future__ import annotations

import csv
import json
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daq import Run, open_run
from daq.export.event_documents import documents_of
from daq.export.export import Format, export_run, format_by_name, stem_of
from daq.export.table import pieces_of
from daq.files.columns import KeptReader
from daq.files.finalize import finalize_run_file
from daq.files.header import Header
from daq.files.layout import create_run_file
from daq.files.open_file import RunFileBytes
from daq.files.slow_channels import TEMPERATURE, check_of
from daq.state import RunState
from drivers import Block
from protocols import InputError, Limits, Protocol, PulseSequence, RunFileError, Sample, Sampling

N = 25_000
T = (np.arange(N, dtype=np.float64) + 0.5) * 1e-4
VOLTS = np.where((T > 0.5) & (T < 1.2), 0.02, 0.0)
AMPERES = 2e-6 * np.sin(20.0 * T) + 1e-21
AMPERES[17] = np.nan
FLAGS = np.zeros(N, np.uint8)
FLAGS[17] = 1
DRIVE = PulseSequence.pulse("20 mV", "700 ms", before="500 ms", after="1.3 s")
STARTED_NS = 1_700_000_000_123_000_000


def write_run(path: Path, state: RunState | None = RunState.COMPLETE, n: int = N) -> Path:
    protocol = Protocol("one pulse", DRIVE, Sampling("100 us"), Limits("50 mV", "50 uA"))
    header = Header(
        protocol.name,
        protocol.to_toml(),
        Sample("LPSCl, pressed", 1e-3, temperature_K=298.0),
        None,
        "TCPIP::127.0.0.1::5025::SOCKET",
        {"interval_s": 1e-4},
        DRIVE,
        N,
        2.5,
        "run-1",
        slow=(TEMPERATURE,),
    )
    create_run_file(path, header)
    file = RunFileBytes(path)
    file.add_event("start", host_ns=STARTED_NS)
    file.write_samples(0, 0, [Block(T[:n], VOLTS[:n], AMPERES[:n], FLAGS[:n])])
    file.close()
    if state is not None:
        finalize_run_file(path, state)
    return path


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return open_run(write_run(tmp_path / "pulse.one.nxs"))


def test_a_csv_has_every_sample_exactly_and_a_description_of_its_columns(run: Run, tmp_path: Path) -> None:
    done = export_run(run, tmp_path / "pulse.csv", Format.CSV)
    with done.file.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["time_s", "voltage_V", "current_A", "status"]
    for name, values in (("time_s", T), ("voltage_V", VOLTS), ("current_A", AMPERES), ("status", FLAGS)):
        found = [float(row[name]) if row[name] else math.nan for row in rows]
        np.testing.assert_array_equal(found, values)
    about = json.loads(done.beside[0].read_text())
    assert about["@context"] == "http://www.w3.org/ns/csvw"
    assert about["url"] == done.file.name
    assert [one["titles"] for one in about["tableSchema"]["columns"]] == list(rows[0])
    assert about["notes"][0]["run_id"] == "run-1"
    assert "kind" in about["notes"][0]["protocol"]
    assert done.remarks == ()


def test_our_own_import_reads_a_csv_as_it_was_measured(run: Run, tmp_path: Path) -> None:
    from daq import import_record, read_text

    export_run(run, tmp_path / "pulse.csv", Format.CSV)
    import_record(read_text(tmp_path / "pulse.csv"), tmp_path / "pulse.csv", tmp_path / "again.nxs")
    again = open_run(tmp_path / "again.nxs")
    np.testing.assert_array_equal(again.t_s, T)
    np.testing.assert_array_equal(again.current_A, AMPERES)


def test_parquet_has_units_facts_and_every_sample(run: Run, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow: --group archive")
    found = parquet.read_table(export_run(run, tmp_path / "pulse.parquet", Format.PARQUET).file)
    assert found.schema.field("current_A").metadata[b"units"] == b"A"
    assert found.schema.metadata[b"ionecho.title"] == b"one pulse"
    assert found["current_A"].null_count == 1
    np.testing.assert_array_equal(found["current_A"].to_numpy(zero_copy_only=False), AMPERES)
    np.testing.assert_array_equal(found["status"].to_numpy(), FLAGS)


def test_xarray_opens_netcdf_as_the_run_gives_it(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("h5netcdf", reason="needs h5netcdf: --group test")
    xarray = pytest.importorskip("xarray", reason="needs xarray")
    with xarray.open_dataset(export_run(run, tmp_path / "pulse.nc", Format.NETCDF).file, engine="h5netcdf") as found:
        xarray.testing.assert_equal(found, run.to_xarray())
        assert {name: found[name].attrs.get("units") for name in ("time_s", "voltage_V", "current_A", "status")} == {
            "time_s": "s",
            "voltage_V": "V",
            "current_A": "A",
            "status": None,
        }
        assert found.attrs["state"] == "complete"


@pytest.mark.parametrize("name", ["pulse.bdf.csv", "pulse.bdf", "pulse.bdf.parquet"])
def test_the_battery_data_format_satisfies_its_own_validator(run: Run, tmp_path: Path, name: str) -> None:
    bdf = pytest.importorskip("bdf", reason="needs batterydf: --group neighbours")
    import pandas as pd

    file = export_run(run, tmp_path / name, Format.BDF).file
    frame = pd.read_parquet(file) if name.endswith("parquet") else pd.read_csv(file)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="rdflib")
        report = bdf.validate(frame, report=False, raise_on_error=True)
    assert report["ok"]
    assert report["extras"] == []
    assert report["legacy_labels"] == []
    assert report["time_stats"]["monotonic"]
    np.testing.assert_array_equal(frame["Voltage / V"], VOLTS)
    np.testing.assert_allclose(frame["Unix Time / s"] - STARTED_NS * 1e-9, T, atol=1e-6)
    # Steps by the protocol: rest, pulse, rest.
    np.testing.assert_array_equal(frame["Step Count / 1"], 1 + (T > 0.5) + (T > 1.2))


def test_documents_satisfy_the_schemas_of_the_event_model(run: Run, tmp_path: Path) -> None:
    model = pytest.importorskip("event_model", reason="needs event-model: --group test")
    validators = {one.name: check for one, check in model.schema_validators.items()}
    documents = list(documents_of(run))
    for name, document in documents:
        validators[name].validate(document)
    assert [name for name, _ in documents] == ["start", "descriptor", "event_page", "event_page", "event_page", "stop"]
    start, stop = documents[0][1], documents[-1][1]
    assert stop["run_start"] == start["uid"]
    assert stop["num_events"] == {"primary": N}
    assert stop["exit_status"] == "success"
    pages = [one for name, one in documents if name == "event_page"]
    assert [k for page in pages for k in page["seq_num"]] == list(range(1, N + 1))
    np.testing.assert_array_equal([one for page in pages for one in page["data"]["current"]], AMPERES)
    np.testing.assert_allclose(pages[0]["time"][0], STARTED_NS * 1e-9 + T[0], atol=1e-6)
    assert documents[0] == next(iter(documents_of(open_run(run.path))))


def test_a_file_of_documents_is_json_line_by_line(run: Run, tmp_path: Path) -> None:
    file = export_run(run, tmp_path / "pulse.jsonl", Format.BLUESKY).file

    def refuse(word: str) -> Any:
        raise AssertionError(f"{word} is no JSON")

    lines = [json.loads(line, parse_constant=refuse) for line in file.read_text().splitlines()]
    assert lines[2][1]["data"]["current"][16:18] == [AMPERES[16], None]


def test_temperatures_go_along_on_straight_lines_between_their_readings(tmp_path: Path) -> None:
    path = write_run(tmp_path / "warm.nxs", state=None)
    offsets = RunFileBytes(path).layout.offsets
    with path.open("r+b") as file:
        for k, (t_s, kelvin) in enumerate([(0.5, 300.0), (1.5, 310.0)]):
            for part, size, value in (
                ("time", 8, np.float64(t_s)),
                ("value", 8, np.float64(kelvin)),
                ("check", 4, np.uint32(check_of(t_s, kelvin))),
            ):
                file.seek(offsets[f"slow/temperature/{part}"] + k * size)
                file.write(value.tobytes())
    finalize_run_file(path, RunState.COMPLETE)
    found = export_run(open_run(path), tmp_path / "warm.csv", Format.CSV).file.read_text().splitlines()
    assert found[0].endswith("status,temperature_K")
    assert found[1 + 100].endswith(",0,")  # before the first reading
    middle = float(found[1 + 10_000].rpartition(",")[2])
    assert middle == pytest.approx(305.0 + 5e-4)
    bdf = export_run(open_run(path), tmp_path / "warm.bdf", Format.BDF).file.read_text().splitlines()
    assert float(bdf[1 + 10_000].rpartition(",")[2]) == pytest.approx(middle - 273.15)


def test_a_broken_run_says_so_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    stopped = open_run(write_run(tmp_path / "stopped.nxs", RunState.ABORTED, n=1000))
    done = export_run(stopped, tmp_path / "stopped.csv", Format.CSV)
    assert done.n_samples == 1000
    assert "ended early (aborted), after 1,000 samples" in done.remarks[0]
    assert "ended early" in json.loads(done.beside[0].read_text())["notes"][0]["remarks"]
    growing = open_run(write_run(tmp_path / "growing.nxs", None, n=500))
    assert "first 500 samples" in export_run(growing, tmp_path / "growing.csv", Format.CSV).remarks[0]
    path = write_run(tmp_path / "damaged.nxs", None)
    offset = RunFileBytes(path).layout.offsets["voltage"]
    with path.open("r+b") as file:
        file.seek(offset + 800)
        file.write(b"\x01")
    with pytest.raises(RunFileError, match="damaged"):
        export_run(open_run(path), tmp_path / "damaged.csv", Format.CSV)
    assert not list(tmp_path.glob("damaged.csv*"))


def test_nothing_is_overwritten_unless_that_is_asked_for(run: Run, tmp_path: Path) -> None:
    for name, wanted in (("a.csv", Format.CSV), ("b.jsonl", Format.BLUESKY), ("c.bdf", Format.BDF)):
        target = tmp_path / name
        target.write_text("mine")
        with pytest.raises(InputError, match="exists already"):
            export_run(run, target, wanted)
        assert target.read_text() == "mine"
        assert export_run(run, target, wanted, replace=True).file.stat().st_size > 100_000
    with pytest.raises(InputError, match="belong to runs"):
        export_run(run, tmp_path / "d.nxs", Format.CSV, replace=True)
    with pytest.raises(InputError, match="no such folder"):
        export_run(run, tmp_path / "missing" / "d.csv", Format.CSV)


def test_a_run_is_read_in_stretches_and_never_mapped(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("all samples were mapped: what is touched of them stays in memory")

    monkeypatch.setattr(KeptReader, "column", refuse)
    for name, wanted in (("a.csv", Format.CSV), ("a.jsonl", Format.BLUESKY), ("a.bdf", Format.BDF)):
        export_run(run, tmp_path / name, wanted)
    pieces = list(pieces_of(run, 10_000))
    assert [len(one["time"]) for one in pieces] == [10_000, 10_000, 5_000]
    np.testing.assert_array_equal(np.concatenate([one["voltage"] for one in pieces]), VOLTS)


@pytest.mark.parametrize(
    ("name", "wanted", "stem"),
    [
        ("a.b.csv", Format.CSV, "a.b"),
        ("a.BDF.CSV", Format.BDF, "a"),
        ("a.bdf", Format.BDF, "a"),
        ("a.bdf.parquet", Format.BDF, "a"),
        ("a.parquet", Format.PARQUET, "a"),
        ("a.nc", Format.NETCDF, "a"),
        ("a.jsonl", Format.BLUESKY, "a"),
        ("a.txt", None, "a"),
    ],
)
def test_the_ending_of_a_name_says_what_is_meant(name: str, wanted: Format | None, stem: str) -> None:
    assert format_by_name(Path(name)) == wanted
    assert stem_of(Path(name)) == stem


@pytest.mark.parametrize("name", ["a.parquet", "a.nc", "a.bdf.parquet"])
def test_a_library_that_is_not_there_is_named(
    run: Run, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    for library in ("pyarrow", "h5netcdf"):
        monkeypatch.setitem(sys.modules, library, None)
    wanted = format_by_name(Path(name))
    assert wanted is not None
    with pytest.raises(RunFileError, match=r"pip install \"ionecho\["):
        export_run(run, tmp_path / name, wanted)
    assert not (tmp_path / name).exists()
