"""Seals and checksums: what was changed is refused or told, and files of version 1 stay readable."""

from __future__ import annotations

import gzip
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from daq import open_run, read_process, recover, results_path, write_process
from daq.files.finalize import finalize_run_file
from daq.files.layout import ROW, create_run_file
from daq.files.open_file import RunFileBytes
from daq.files.run import peek_state
from daq.files.seal import SEAL_BYTES
from daq.state import RunState
from fitting import reduce_run
from protocols import RunFileError
from tests.daq.files.test_run_file import block, header

VERSION_1 = Path(__file__).with_name("version1")


def unpacked(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(gzip.decompress((VERSION_1 / f"{name}.gz").read_bytes()))
    return path


@pytest.fixture
def complete(tmp_path: Path) -> Path:
    """A complete run of 1000 samples in four blocks."""
    path = tmp_path / "run.nxs"
    create_run_file(path, replace(header(), protocol_text='name = "of the tests"', plan={"interval_s": 1e-3}))
    file = RunFileBytes(path)
    file.set_state(RunState.RUNNING)
    file.add_event("start")
    for row in range(4):
        file.write_samples(250 * row, row, [block(250 * row, 250)])
    file.add_event("complete", output="off", warnings=())
    file.close()
    finalize_run_file(path, RunState.COMPLETE)
    path.chmod(0o600)
    return path


def flip(path: Path, offset: int, bit: int = 0) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ (1 << bit)]))


def offsets_of(path: Path) -> dict[str, int]:
    file = RunFileBytes(path)
    file.close()
    return file.layout.offsets


def test_an_untouched_run_has_nothing_to_say(complete: Path) -> None:
    run = open_run(complete)
    run.require_intact()
    assert (run.verify().damage(), run.notes, run.state) == ("", (), RunState.COMPLETE)


def test_a_flipped_bit_in_the_current_is_no_fit(complete: Path) -> None:
    flip(complete, offsets_of(complete)["current"] + 8 * 300 + 6, 3)
    run = open_run(complete)
    assert run.verify().bad_blocks == (1,)
    with pytest.raises(RunFileError, match="block 1 do not match"):
        reduce_run(run)


def test_a_verdict_does_not_outlive_a_change(complete: Path) -> None:
    run = open_run(complete)
    run.require_intact()
    flip(complete, offsets_of(complete)["voltage"] + 8 * 10)
    os.utime(complete, ns=(1, 1))  # whatever the clock of the file system resolves
    with pytest.raises(RunFileError, match="block 0"):
        run.require_intact()


@pytest.mark.parametrize("what", ["protocol/data", "plan/scalars", "plan/times", "plan/start"])
def test_a_flipped_bit_in_protocol_plan_or_drive_is_refused(complete: Path, what: str) -> None:
    with h5py.File(complete, "r") as file:
        stored = file[f"entry/{what}"][()]
    content = stored if isinstance(stored, bytes) else stored.tobytes()
    flip(complete, complete.read_bytes().index(content) + len(content) // 2)
    with pytest.raises(RunFileError, match="protocol, plan, drive"):
        open_run(complete)


def test_every_byte_of_the_seal_is_looked_at(complete: Path) -> None:
    content = complete.read_bytes()
    n_used = len(content[:SEAL_BYTES].rstrip(b"\0"))
    for place in range(0, n_used, 7):
        flip(complete, place, place % 8)
        with pytest.raises(RunFileError):
            open_run(complete)
        complete.write_bytes(content)


@pytest.mark.parametrize(("field", "value"), [("first", 10**9), ("count", 2**63), ("count", 251), ("first", 0)])
def test_a_row_that_points_elsewhere_is_an_error(complete: Path, field: str, value: int) -> None:
    place = offsets_of(complete)["blocks"] + 2 * ROW.itemsize
    row = np.frombuffer(complete.read_bytes()[place : place + ROW.itemsize], ROW).copy()
    row[field] = value
    with complete.open("r+b") as file:
        file.seek(place)
        file.write(row.tobytes())
    if field == "count" and value == 251:  # the row behind it is the one that does not fit
        place += ROW.itemsize
    with pytest.raises(RunFileError, match=r"row [23] of the block table points to"):
        open_run(complete)
    before = complete.read_bytes()
    findings = recover(complete).findings
    assert not findings.is_intact
    assert "block table" in findings.damage()
    assert complete.read_bytes() == before, "what lies behind a damaged row is not cut off"


def test_a_row_that_was_zeroed_is_an_error(complete: Path) -> None:
    place = offsets_of(complete)["blocks"] + 3 * ROW.itemsize
    with complete.open("r+b") as file:
        file.seek(place)
        file.write(bytes(ROW.itemsize))
    with pytest.raises(RunFileError, match="750 samples, and the file was closed with 1000"):
        open_run(complete).require_intact()


def test_damaged_events_and_states_are_told(complete: Path) -> None:
    content = complete.read_bytes()
    flip(complete, content.index(b'"start"') + 2)
    run = open_run(complete)
    assert [event["kind"] for event in run.events] == ["complete"]
    assert "1 lines of its events are damaged" in run.notes[0]
    complete.write_bytes(content)
    flip(complete, offsets_of(complete)["state"] + 2, 2)
    run = open_run(complete)
    assert run.state is RunState.UNKNOWN, "what cannot be read counts as the state that alarms"
    assert "the word of its state is damaged" in run.notes[0]


def test_a_file_of_another_length_is_refused(complete: Path) -> None:
    content = complete.read_bytes()
    for changed in (content[:-1], content + b"\0", content[: len(content) // 2]):
        complete.write_bytes(changed)
        with pytest.raises(RunFileError, match="it was made with"):
            open_run(complete)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cuts no file that is mapped")
def test_a_file_that_is_cut_short_while_it_is_read_is_an_error(complete: Path) -> None:
    run = open_run(complete)
    os.truncate(complete, SEAL_BYTES)
    for read in (lambda: run.current_A, lambda: run.t_s, run.require_intact):
        with pytest.raises(RunFileError):
            read()
    assert run.state is RunState.UNKNOWN
    assert run.events == []
    assert run.refresh() == 1000


@pytest.mark.parametrize("name", ["stopped.nxs", "left.nxs"])
def test_a_run_of_version_1_is_read_with_a_note(tmp_path: Path, name: str) -> None:
    path = unpacked(tmp_path, name)
    run = open_run(path)
    assert run.n_samples == 300
    run.require_intact()
    assert run.protocol is not None
    assert run.drive is not None
    assert run.events[0]["kind"] == "start"
    assert "earlier version" in run.notes[0]
    assert peek_state(path) is None
    flip(path, run.verify().n_samples + path.read_bytes().index(run.current_A.tobytes()))
    assert open_run(path).verify().bad_blocks == (0,)


def test_results_that_were_changed_are_refused(complete: Path) -> None:
    kept = write_process(complete, "fit", {"W": np.linspace(1.0, 0.0, 50)}, {"model": "R0-Mig1"})
    content = kept.read_bytes()
    for place in (content.index(np.linspace(1.0, 0.0, 50).tobytes()) + 80, content.index(b"R0-Mig1"), 100, -9):
        changed = bytearray(content)
        changed[place] ^= 4
        kept.write_bytes(changed)
        with pytest.raises(RunFileError, match="Delete it and fit the run again"):
            read_process(complete, "fit")
    kept.write_bytes(content)
    assert read_process(complete, "fit") is not None


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights that few have on Windows")
def test_a_link_at_the_name_of_results_is_not_followed(complete: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("precious")
    results_path(complete).symlink_to(other)
    with pytest.raises(RunFileError, match="symbolic link"):
        read_process(complete, "fit")
    write_process(complete, "fit", {}, {"n": 1})
    assert other.read_text() == "precious"
    assert not results_path(complete).is_symlink()


def test_zeroed_strings_that_make_hdf5_loop_are_refused(tmp_path: Path) -> None:
    """Version 1 has no seal: a child process tries it first, within its limits."""
    path = unpacked(tmp_path, "stopped.nxs")
    content = bytearray(path.read_bytes())
    heap = content.index(b"GCOL")
    size = int.from_bytes(content[heap + 8 : heap + 16], "little")
    content[heap + 16 : heap + size] = bytes(size - 16)
    path.write_bytes(content)
    with pytest.raises(RunFileError, match=r"HDF5|not a run file"):
        open_run(path)
    before = children_s()
    for read in (open_run, recover):
        with pytest.raises(RunFileError, match=r"HDF5|not a run file"):
            read(path)
    assert children_s() == before, "no child loops at it again"


def children_s() -> float:
    """Return the processor time (s) of processes that this one has started and that have ended."""
    spent = os.times()
    return spent.children_user + spent.children_system


def test_a_seal_can_be_read_without_hdf5(complete: Path) -> None:
    first, about, digest = complete.read_bytes()[:SEAL_BYTES].split(b"\n")[:3]
    assert first == b"ionecho run file 2"
    assert json.loads(about)["size"] == complete.stat().st_size
    assert len(digest) == 64
    assert peek_state(complete) is RunState.COMPLETE


def test_leftovers_of_a_killed_process_are_removed_and_others_stay(
    complete: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = complete.parent
    leftover = folder / "run.results.nxs.0123abcd.making"
    leftover.write_text("half")
    planted = folder / "run.results.nxs.4567abcd.making"
    planted.symlink_to(complete)
    foreign = folder / "other.nxs.0123abcd.making"
    foreign.write_text("of another file")
    content = complete.read_bytes()
    # The folder was listed when the run was made, and is so again only some time later.
    later = time.monotonic() + 120.0
    monkeypatch.setattr(time, "monotonic", lambda: later)
    write_process(complete, "fit", {}, {})
    assert sorted(one.name for one in folder.glob("*.making")) == [foreign.name]
    assert complete.read_bytes() == content
