"""The catalogue has what the run files say, reads no more than has changed, and survives whatever lies in a folder."""

from __future__ import annotations

import gzip
import os
import sqlite3
import stat
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

import daq.catalogue.entry
from daq import open_run, write_process
from daq.catalogue import CatalogueError, Listing, Search, follow, followed_folders, search_runs, unfollow
from daq.catalogue.browsing import read_choices
from daq.catalogue.database import open_database, put_entry, transaction
from daq.catalogue.entry import Entry
from daq.catalogue.place import database_path
from daq.files.columns import OpenDescriptor, ReopeningReader, RunReader, reader_of
from daq.files.finalize import finalize_run_file
from daq.files.layout import Layout, create_run_file
from daq.files.open_file import RunFileBytes
from daq.files.origin import Origin
from daq.files.statements import Statements, write_statements
from daq.files.summary import Summary
from daq.state import RunState
from drivers import Identity
from protocols import Protocol, Sample
from tests.daq.files.test_run_file import block, header

OLD = Path(__file__).parents[1] / "files"


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is followed, with a catalogue of its own."""
    monkeypatch.setenv("IONECHO_CATALOGUE", str(tmp_path / "place"))
    folder = tmp_path / "runs"
    folder.mkdir()
    follow(folder)
    return folder


def make(path: Path, n_samples: int = 300, state: RunState | None = RunState.STOPPED, sample: str = "LPSCl 3") -> Path:
    """Make a run of 1000 planned samples with all that a catalogue keeps."""
    protocol = replace(Protocol.load("pump_probe"), notes="pressed at 3 t\nwarm")
    about = replace(
        header(),
        title="pairs",
        protocol_text=protocol.to_toml(),
        sample=Sample(sample, 0.8e-3, 5e-5, temperature_K=265.0),
        identity=Identity("KEITHLEY", "2461", "04311", "1.7"),
        origin=Origin("Ada", "memory", ("rough",), "grid", 7),
    )
    path.parent.mkdir(exist_ok=True, parents=True)
    create_run_file(path, about)
    file = RunFileBytes(path)
    file.set_state(RunState.RUNNING)
    file.add_event("start")
    file.write_samples(0, 0, [block(0, n_samples)])
    if state is not None:
        file.add_event(state, output="off", warnings=())
    file.close()
    if state is not None:
        finalize_run_file(path, state)
    return path


def listed(**search: object) -> Listing:
    return search_runs(Search(**search))  # type: ignore[arg-type]


def test_an_entry_says_what_the_file_says(runs: Path) -> None:
    path = make(runs / "monday" / "run.nxs")
    fit = {
        "format": 2,
        "model": "R0-Mig1-CPE1",
        "parameters": {"R0": {"value": 1e4, "ci95": [9e3, None], "unit": "ohm", "determined": True, "note": ""}},
        "memory": {"W_inf": {"value": 0.2, "ci95": [0.1, 0.3], "unit": "", "determined": False, "note": "short"}},
        "attribution": {"verdict": "bulk", "evidence": []},
    }
    write_process(path, "fit", {"W": np.arange(3.0)}, fit)
    listing = listed()
    assert listing.n_found == 1
    assert listing.notes == ()
    (one,) = listing.runs
    run = open_run(path)
    assert one.path == path
    assert one.values == {
        "problem": "",
        "start": run.start_time,
        "state": "stopped",
        "title": "pairs",
        "kind": "pump_probe",
        "maker": "KEITHLEY",
        "model": "2461",
        "serial": "04311",
        "resource": "R",
        "sample": "LPSCl 3",
        "thickness_m": 0.8e-3,
        "area_m2": 5e-5,
        "temperature_K": 265.0,
        "operator": "Ada",
        "project": "memory",
        "notes": "pressed at 3 t\nwarm",
        "campaign": "grid",
        "point": 7,
        "samples": 300,
        "duration_s": pytest.approx(0.299),
        "fit": "R0-Mig1-CPE1",
        "verdict": "bulk",
    }
    assert one.tags == ("rough",)
    assert one.figures == {
        "R0": {"value": 1e4, "ci95": [9e3, None], "unit": "ohm", "determined": True},
        "W_inf": {"value": 0.2, "ci95": [0.1, 0.3], "unit": "", "determined": False},
    }


@pytest.mark.parametrize("version", [1, 2])
def test_files_of_earlier_versions_are_entries_too(runs: Path, version: int) -> None:
    for packed in (OLD / f"version{version}").glob("*.gz"):
        (runs / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    found = {one.path.name: one for one in listed().runs}
    assert set(found) == {"stopped.nxs", "left.nxs"}
    for name, one in found.items():
        run = open_run(runs / name)
        assert one.values["problem"] == ""
        assert (one.values["title"], one.values["start"], one.values["samples"]) == (run.title, run.start_time, 300)
        assert one.values["state"] == run.state
        assert one.values["sample"] == run.sample.name
        assert one.values["kind"]
    assert found["stopped.nxs"].values["fit"]


def test_only_what_has_changed_is_read_again(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [make(runs / f"{name}.nxs") for name in "abc"]
    read: list[str] = []
    honest = daq.catalogue.entry.read_entry

    def counted(path: Path) -> daq.catalogue.entry.Entry:
        read.append(path.name)
        return honest(path)

    monkeypatch.setattr(daq.catalogue.entry, "read_entry", counted)
    assert listed().n_found == 3
    assert sorted(read) == ["a.nxs", "b.nxs", "c.nxs"]
    read.clear()
    assert listed().n_found == 3
    assert read == []
    write_statements(paths[1], Statements(name="LGPS", temperature="300 K", tags="aged, -rough", notes="wet"))
    write_process(paths[2], "fit", {}, {"model": "R0", "parameters": {}})
    assert {one.path.name: one.values["sample"] for one in listed().runs} == {
        "a.nxs": "LPSCl 3",
        "b.nxs": "LGPS",
        "c.nxs": "LPSCl 3",
    }
    assert sorted(read) == ["b.nxs", "c.nxs"]
    (changed,) = listed(where="sample=lgps and T=300 K and tag=aged and notes~wet and notes~pressed").runs
    assert changed.tags == ("aged",)
    assert listed(tags=("rough",)).n_found == 2
    paths[0].chmod(0o600)  # Windows deletes nothing that is read-only
    paths[0].unlink()
    assert {one.path.name for one in listed().runs} == {"b.nxs", "c.nxs"}


@pytest.mark.parametrize("reader", [reader_of, ReopeningReader])
def test_a_run_in_progress_is_followed_to_its_end(
    runs: Path, monkeypatch: pytest.MonkeyPatch, reader: Callable[[OpenDescriptor, Layout], RunReader]
) -> None:
    monkeypatch.setattr("daq.catalogue.entry.reader_of", reader)
    path = make(runs / "run.nxs", state=None)
    (one,) = listed().runs
    assert (one.values["state"], one.values["samples"], one.values["duration_s"]) == ("running", 300, 1.0)
    before = path.stat()
    file = RunFileBytes(path)
    file.write_samples(300, 1, [block(300, 100)])
    file.set_state(RunState.STOPPED)
    file.close()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # as if within one tick of the clock of the disk
    (one,) = listed().runs
    assert (one.values["state"], one.values["samples"]) == ("stopped", 400)
    assert one.values["duration_s"] == pytest.approx(0.399)  # a sample each millisecond


def test_what_cannot_be_read_is_a_row_with_a_reason(runs: Path) -> None:
    good = make(runs / "good.nxs")
    content = good.read_bytes()
    seal_end = content.index(b"\0")
    flipped = bytearray(content)
    flipped[content.index(b"pump_probe")] ^= 1
    summary = bytearray(content)
    summary[content.index(b'"sample": "LPSCl 3"') + 12] ^= 1
    beside = make(runs / "beside.nxs")
    beside.with_name("beside.statements.toml").write_text("thickness = 3")
    torn = make(runs / "torn.nxs")
    write_process(torn, "fit", {}, {"model": "R0"})
    results = torn.with_name("torn.results.nxs")
    results.write_bytes(results.read_bytes()[:-5])
    for name, data in {
        "empty": b"",
        "text": b"no HDF5 at all",
        "cut": content[:-100],
        "flipped": bytes(flipped),
        "summary": bytes(summary),
        "seal": content[: seal_end - 10] + b"x" + content[seal_end - 9 :],
    }.items():
        (runs / f"{name}.nxs").write_bytes(data)
    (runs / "campaign.nxs").write_bytes(b"an index of a campaign")
    found = {one.path.stem: one.values for one in listed().runs}
    damaged = {"empty", "text", "cut", "flipped", "summary", "seal"}
    assert set(found) == {"good", "beside", "torn", *damaged}
    assert found["good"]["problem"] == ""
    for name in damaged:
        assert found[name]["problem"], name
        assert found[name]["title"] == "", name
    assert "statements.toml" in found["beside"]["problem"]
    assert "results.nxs" in found["torn"]["problem"]
    for name in ("beside", "torn"):
        assert (found[name]["title"], found[name]["samples"]) == ("pairs", 300)
    assert listed(where="problem != ''").n_found == len(damaged) + 2


def test_a_fit_of_an_earlier_run_of_the_same_name_does_not_count(runs: Path) -> None:
    path = make(runs / "run.nxs")
    write_process(path, "fit", {}, {"model": "R0"})
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    path.unlink()
    make(path)
    (one,) = listed().runs
    assert one.values["fit"] == ""


def test_a_catalogue_is_made_anew_from_the_files(runs: Path) -> None:
    make(runs / "run.nxs")
    before = listed()
    assert search_runs(Search(), rebuild=True) == before
    database_path().write_bytes(b"this is no database" * 1000)
    assert listed() == before
    with sqlite3.connect(database_path()) as connection:
        connection.execute("PRAGMA user_version = 0")
        connection.execute("ALTER TABLE runs RENAME COLUMN sample TO specimen")
    connection.close()
    assert listed() == before


def test_a_catalogue_of_a_newer_ionecho_is_left_as_it_is(runs: Path) -> None:
    """That one may be in use: it would be made anew at every change of the program."""
    make(runs / "run.nxs")
    before = listed()
    with sqlite3.connect(database_path()) as connection:
        connection.execute("PRAGMA user_version = 999")
        connection.execute("ALTER TABLE runs RENAME COLUMN sample TO specimen")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = database_path().read_bytes()
    for ask in (listed, read_choices):
        with pytest.raises(CatalogueError, match=r"newer ionecho .*version 999.*left as it is.*--rebuild") as found:
            ask()
        assert str(database_path()) in str(found.value)
    assert database_path().read_bytes() == content
    assert search_runs(Search(), rebuild=True) == before


def test_folders_are_followed_once_and_no_longer(runs: Path, tmp_path: Path) -> None:
    make(runs / "run.nxs")
    other = tmp_path / "other folder ä"
    make(other / "deep" / "er" / "run.nxs")
    assert listed().n_found == 1
    assert search_runs(Search(folders=(other,))).n_found == 1, "a folder may be looked into without being followed"
    assert listed().n_found == 1
    follow(other / "deep")
    follow(other)
    follow(other)
    assert followed_folders() == [runs, other]
    assert listed().n_found == 2
    unfollow(runs)
    assert [one.path.parent.name for one in listed().runs] == ["er"]
    with pytest.raises(CatalogueError, match="is not followed"):
        unfollow(runs)
    with pytest.raises(CatalogueError, match="line end"):
        follow(tmp_path / "two\nlines")


def test_runs_of_a_folder_that_cannot_be_reached_stay(runs: Path) -> None:
    make(runs / "run.nxs")
    assert listed().n_found == 1
    away = runs.with_name("unplugged")
    runs.rename(away)
    listing = listed()
    assert listing.n_found == 1
    assert str(runs) in listing.notes[0]
    away.rename(runs)
    assert listed().notes == ()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights that few have on Windows")
def test_a_circle_of_links_is_not_walked(runs: Path) -> None:
    make(runs / "run.nxs")
    (runs / "again").symlink_to(runs, target_is_directory=True)
    (runs / "nowhere.nxs").symlink_to(runs / "nothing")
    assert {one.path.name for one in listed().runs} >= {"run.nxs"}
    assert listed(where="problem=''").n_found == 1


def test_sorted_by_any_field_with_the_unknown_last(runs: Path) -> None:
    for k, name in enumerate(["b", "C", "a"]):
        path = make(runs / f"{name}.nxs", 100 * (k + 1), sample=name)
        if k:
            write_process(path, "fit", {}, {"model": "R0", "parameters": {"R0": _figure(10.0 * k)}})
    assert [one.path.stem for one in listed(sort="sample").runs] == ["a", "b", "C"]
    assert [one.path.stem for one in listed(sort="-samples").runs] == ["a", "C", "b"]
    assert [one.path.stem for one in listed(sort="-R0").runs] == ["a", "C", "b"]
    assert [one.path.stem for one in listed(sort="R0", limit=1).runs] == ["C"]
    assert listed(sort="R0", limit=1).n_found == 3
    for wrong in ("smaple", "tag", "1; DROP TABLE runs"):
        with pytest.raises(CatalogueError, match="nothing to sort by"):
            listed(sort=wrong)


def _figure(value: float) -> dict[str, object]:
    return {"value": value, "ci95": [None, None], "unit": "ohm", "determined": True}


def test_two_programs_bring_it_up_to_date_at_once(runs: Path) -> None:
    for k in range(20):
        make(runs / f"{k}.nxs", 10)
    listings: list[Listing] = []
    threads = [threading.Thread(target=lambda: listings.append(listed())) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [one.n_found for one in listings] == [20] * 4
    assert {str(asdict(one)) for one in listings} == {str(asdict(listings[0]))}


def test_programs_that_make_the_database_at_once_lose_no_entry(tmp_path: Path) -> None:
    for k in range(15):
        path = tmp_path / f"{k}.sqlite"
        barrier = threading.Barrier(4)

        def enter(number: int, path: Path = path, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            with open_database(path) as connection, transaction(connection):
                put_entry(connection, f"/runs/{number}.nxs", "", Entry(Summary("t", "2026-11-26T00:00:00.000+00:00")))

        threads = [threading.Thread(target=enter, args=(number,)) for number in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        with open_database(path) as connection:
            assert connection.execute("SELECT count(*) FROM runs").fetchone()[0] == 4


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_place_that_cannot_be_written_to_is_said_so(runs: Path, tmp_path: Path) -> None:
    (tmp_path / "place").chmod(0o500)
    with pytest.raises(CatalogueError, match="cannot be kept"):
        listed()
