"""A run file is whole at every instant, readable by other software, and honest about damage."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daq import open_run, recover
from daq.files.durable import write_atomically
from daq.files.finalize import finalize_run_file
from daq.files.header import Header
from daq.files.layout import create_run_file
from daq.files.open_file import RunFileBytes
from daq.files.writer import RunWriter
from daq.state import OutputState, RunState
from drivers import Block, Identity, Keithley2461
from protocols import (
    InstrumentError,
    IonechoError,
    OutputStateUnknown,
    Protocol,
    PulseSequence,
    RunFileError,
    Sample,
)
from tests.properties import examples


def header(n_samples: int = 1000, duration_s: float = 1.0) -> Header:
    drive = PulseSequence.pulse(0.01, 0.5, before=0.1, after=0.4)
    return Header(
        "t", "", Sample("pellet", 1e-3, 5e-5), Identity("A", "B", "C", "D"), "R", {}, drive, n_samples, duration_s
    )


def block(first: int, count: int, seed: int = 0) -> Block:
    rng = np.random.default_rng([seed, first])
    t = np.arange(first, first + count, dtype=np.float64) * 1e-3
    return Block(t, rng.normal(size=count), rng.normal(size=count), np.zeros(count, np.uint8))


def test_a_new_file_has_its_final_size_and_place_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "run.nxs"
    layout = create_run_file(path, header(1_000_000))
    assert layout.n_samples == 1_000_000
    status = path.stat()
    assert status.st_size > 25_000_000
    if sys.platform != "win32":  # NTFS takes the length from the disk, and tells no blocks
        assert status.st_blocks * 512 >= 25_000_000, "its space is reserved, not only promised"
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_without_room_is_found_before_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    with pytest.raises(RunFileError, match="No space left"):
        create_run_file(tmp_path / "run.nxs", header())
    assert list(tmp_path.iterdir()) == []


def test_nexus_software_finds_the_default_plot(tmp_path: Path) -> None:
    protocol = Protocol.load("pump_probe")
    plan = Keithley2461.plan(protocol)
    path = tmp_path / "run.nxs"
    create_run_file(path, Header.of(protocol, plan, Identity("KEITHLEY", "2461", "1", "2"), "TCPIP::x"))
    from nexusformat.nexus import NXdata, nxload  # with all filters of HDF5: half a second for each worker

    root = nxload(str(path))
    plottable = root.get_default()
    assert isinstance(plottable, NXdata)
    assert plottable.nxsignal.nxname == "current"
    assert plottable.nxsignal.attrs["units"] == "A"
    assert [axis.nxname for axis in plottable.nxaxes] == ["time"]
    assert plottable["time"].attrs["units"] == "s"


def test_plain_h5py_finds_protocol_plan_identity_versions_and_units(tmp_path: Path) -> None:
    protocol = Protocol.load("pump_probe")
    plan = Keithley2461.plan(protocol)
    path = tmp_path / "run.nxs"
    create_run_file(path, Header.of(protocol, plan, Identity("KEITHLEY", "2461", "04311", "1.7"), "TCPIP::x"))
    with h5py.File(path, "r") as file:
        entry = file["entry"]
        assert Protocol.from_toml(entry["protocol/data"][()].decode()) == protocol
        assert entry["instrument/serial"][()] == b"04311"
        np.testing.assert_allclose(entry["plan/times"][()], plan.sequence.times_s)
        assert set(entry["program"]) >= {"ionecho", "numpy", "h5py", "pyvisa"}
        assert {name: entry[f"data/{name}"].attrs["units"] for name in ("time", "voltage", "current")} == {
            "time": "s",
            "voltage": "V",
            "current": "A",
        }
        assert entry["data/current"].chunks is None


@settings(max_examples=examples(25))
@given(st.lists(st.integers(1, 60), min_size=1, max_size=12), st.integers(0, 1000))
def test_every_write_leaves_a_file_with_all_that_was_acknowledged(
    tmp_path_factory: pytest.TempPathFactory, counts: list[int], seed: int
) -> None:
    path = tmp_path_factory.mktemp("run") / "run.nxs"
    create_run_file(path, header())
    file = RunFileBytes(path)
    growing = open_run(path)
    first = 0
    for row, count in enumerate(counts):
        file.write_samples(first, row, [block(first, count, seed)])
        first += count
        assert growing.refresh() == first
    file.close()
    run = open_run(path)
    assert run.n_samples == sum(counts)
    assert run.verify().bad_blocks == ()
    with h5py.File(path, "r") as plain:
        np.testing.assert_array_equal(plain["entry/data/current"][:first], run.current_A)


def test_the_writer_keeps_everything_in_order(tmp_path: Path) -> None:
    path = tmp_path / "run.nxs"
    create_run_file(path, header())
    writer = RunWriter(path)
    for first in range(0, 1000, 10):
        writer.put(block(first, 10))
    writer.finish()
    writer.close()
    assert writer.acknowledged == 1000
    run = open_run(path)
    np.testing.assert_allclose(run.t_s, np.arange(1000) * 1e-3)


def test_the_block_table_never_runs_over(tmp_path: Path) -> None:
    path = tmp_path / "run.nxs"
    layout = create_run_file(path, header(200_000, duration_s=0.001))
    assert layout.n_rows < 2000
    writer = RunWriter(path)
    for first in range(0, 200_000, 50):
        writer.put(block(first, 50))
    writer.finish()
    writer.close()
    assert writer.failure is None
    assert open_run(path).n_samples == 200_000


def test_more_samples_than_planned_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.nxs"
    create_run_file(path, header(100))
    writer = RunWriter(path)
    writer.put(block(0, 101))
    writer.finish()
    writer.close()
    with pytest.raises(RunFileError, match="more than was planned"):
        writer.put(block(0, 1))


def test_damage_is_found(tmp_path: Path) -> None:
    path = tmp_path / "run.nxs"
    layout = create_run_file(path, header())
    file = RunFileBytes(path)
    for row in range(4):
        file.write_samples(100 * row, row, [block(100 * row, 100)])
    file.close()
    with path.open("r+b") as raw:
        raw.seek(layout.offsets["current"] + 8 * 250)
        raw.write(b"\x01")
    assert open_run(path).verify().bad_blocks == (2,)
    assert "block 2" in str(recover(path))


def test_closing_early_trims_to_what_was_measured_and_keeps_all_else(tmp_path: Path) -> None:
    path = tmp_path / "run.nxs"
    create_run_file(path, header())
    file = RunFileBytes(path)
    file.write_samples(0, 0, [block(0, 300)])
    file.add_event("note", "hello")
    file.close()
    before = open_run(path)
    assert finalize_run_file(path, RunState.STOPPED) == 1000
    run = open_run(path)
    assert (run.n_samples, run.n_planned, run.state) == (300, 300, "stopped")
    np.testing.assert_array_equal(run.current_A, before.current_A)
    assert run.verify().bad_blocks == ()
    assert [event["kind"] for event in run.events] == ["note", "stopped"]
    assert run.events[0]["message"] == "hello"
    assert run.drive == before.drive
    assert run.sample == Sample("pellet", 1e-3, 5e-5)
    assert before.state == "stopped", "whoever had the old file open sees that the run is over"
    from nexusformat.nexus import nxload

    assert nxload(str(path)).get_default().nxsignal.shape == (300,)


def test_where_nothing_can_be_written_a_finished_run_is_checked_and_another_is_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, state in (("done.nxs", RunState.COMPLETE), ("left.nxs", RunState.RUNNING)):
        create_run_file(tmp_path / name, header(100))
        file = RunFileBytes(tmp_path / name)
        file.write_samples(0, 0, [block(0, 100)])
        file.set_state(RunState(state))
        file.close()
    before = sorted(path.name for path in tmp_path.iterdir())
    monkeypatch.setattr("daq.files.finalize.os.access", lambda *_: False)
    assert "every checksum is right" in str(recover(tmp_path / "done.nxs"))
    with pytest.raises(RunFileError, match="recover the copy"):
        recover(tmp_path / "left.nxs")
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_recovering_twice_changes_nothing_more(tmp_path: Path) -> None:
    path = tmp_path / "run.nxs"
    create_run_file(path, header())
    file = RunFileBytes(path)
    file.set_state(RunState.RUNNING)
    file.write_samples(0, 0, [block(0, 300)])
    file.close()
    first = recover(path)
    assert (first.found_state, first.state, first.trimmed_from) == ("running", "aborted", 1000)
    content = path.read_bytes()
    second = recover(path)
    assert (second.found_state, second.state, second.trimmed_from) == ("aborted", "aborted", None)
    assert path.read_bytes() == content


def test_what_is_no_run_file_is_said_so(tmp_path: Path) -> None:
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["x"] = 1
    text = tmp_path / "text.nxs"
    text.write_text("hello")
    for path in (other, text):
        with pytest.raises(RunFileError, match="not a run file"):
            open_run(path)
    with pytest.raises(RunFileError, match="no such file"):
        open_run(tmp_path / "none.nxs")


WRITE_UNTIL_KILLED = """
import sys, numpy as np
from pathlib import Path
from daq.files.open_file import RunFileBytes
from drivers import Block
file, first, row = RunFileBytes(Path(sys.argv[1])), 0, 0
while True:
    n = 997
    i = np.arange(first, first + n, dtype=float)
    file.write_samples(first, row, [Block(i, i + 1, i + 2, np.zeros(n, np.uint8))])
    first, row = first + n, row + 1
    print(first, flush=True)
"""


@pytest.mark.parametrize("attempt", range(4))
def test_a_writer_killed_in_mid_write_loses_nothing_that_it_acknowledged(tmp_path: Path, attempt: int) -> None:
    path = tmp_path / "run.nxs"
    create_run_file(path, header(50_000_000, duration_s=1000.0))
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE_UNTIL_KILLED, str(path)], stdout=subprocess.PIPE, encoding="utf-8"
    )
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(5 + 3 * attempt)]
    time.sleep(0.003 * attempt)
    process.kill()
    acknowledged += [int(line) for line in process.stdout.read().split("\n")[:-1]]
    process.wait()
    process.stdout.close()
    run = open_run(path)
    assert run.n_samples >= max(acknowledged)
    assert run.verify().bad_blocks == ()
    np.testing.assert_array_equal(run.current_A, np.arange(run.n_samples) + 2.0)
    with h5py.File(path, "r") as plain:
        assert plain["entry/data/current"][run.n_samples - 1] == run.n_samples + 1.0


def test_a_disk_without_room_is_found_where_space_cannot_be_reserved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(RunFileError, match="No space left"):
        create_run_file(tmp_path / "run.nxs", header(1_000_000))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_came_in_between_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    target = tmp_path / "run.nxs"

    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    if not links:
        monkeypatch.setattr(os, "link", no_links)

    def came_second() -> None:
        with write_atomically(target, new=True) as making:
            making.write_text("late")
            target.write_text("precious")

    with pytest.raises(FileExistsError):
        came_second()
    assert target.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [target]
    with write_atomically(tmp_path / "other.nxs", new=True) as making:
        making.write_text("first")
    assert (tmp_path / "other.nxs").read_text() == "first"


@pytest.mark.parametrize(
    ("state", "output", "error"),
    [
        (RunState.COMPLETE, OutputState.OFF, None),
        (RunState.STOPPED, OutputState.OFF, None),
        (RunState.ABORTED, OutputState.OFF, InstrumentError),
        (RunState.UNKNOWN, OutputState.UNKNOWN, OutputStateUnknown),
    ],
)
def test_an_end_that_is_read_from_the_file_fails_as_the_run_did(
    tmp_path: Path, state: RunState, output: OutputState, error: type[IonechoError] | None
) -> None:
    path = tmp_path / "run.nxs"
    create_run_file(path, header())
    file = RunFileBytes(path)
    file.add_event(state, "what happened", output=output)
    file.set_state(state)
    file.close()
    outcome = open_run(path).recorded_outcome()
    assert outcome is not None
    if error is None:
        outcome.raise_if_failed()
    else:
        with pytest.raises(error, match="what happened"):
            outcome.raise_if_failed()
