"""Command `refit`: a table of an archive, kept fits verified, and what is said of both."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from daq import open_run
from fitting import analyse
from fitting.archive.table import read_table
from protocols import Sample
from tests.fitting.archive.runs import CIRCUIT, write_run
from tests.ionecho.commands import command


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "runs" / "a.nxs", run_id="a")
    (tmp_path / "runs" / "b.nxs").write_bytes(b"no run")
    link = tmp_path / "runs" / "c.nxs"
    link.symlink_to(tmp_path / "runs" / "a.nxs")
    if not link.is_file():
        pytest.skip("links lead nowhere under Wine")
    return tmp_path


def test_an_archive_becomes_a_table_by_a_process(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("refit", "runs", "-m", CIRCUIT, "-o", "t.csv", "--workers", "1", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["runs"], document["rows"], document["fitted"]) == (3, 3, 1)
    assert [Path(one["run"]).name for one in document["failed"]] == ["b.nxs"]
    assert [Path(one["run"]).name for one in document["duplicates"]] == ["c.nxs"]
    with (archive / "t.csv").open(encoding="utf-8", newline="") as file:
        assert [row["status"] for row in csv.DictReader(file)] == ["fitted", "failed", "duplicate"]
    # Nothing is left to do but the file that is none: no fit is made again.
    before = read_table(archive / "t.csv")[0]["fitted_at"]
    assert command("refit", "runs", "-m", CIRCUIT, "-o", "t.csv", "--workers", "1") == 0
    printed = capsys.readouterr()
    assert "1 as they were, 1 failed, 1 of records given twice" in printed.out
    assert "b.nxs" in printed.err
    assert read_table(archive / "t.csv")[0]["fitted_at"] == before


def test_the_catalogue_names_the_runs_that_meet_a_condition(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(archive / "runs" / "d.nxs", run_id="d", sample=Sample("film", temperature_K=200.0))
    asked = ("refit", "runs", "-m", CIRCUIT, "-o", "t.csv", "--workers", "1", "--json", "--where")
    assert command(*asked, "T < 250 K") == 0
    assert json.loads(capsys.readouterr().out)["runs"] == 1
    assert [row["status"] for row in read_table(archive / "t.csv")] == ["fitted"]
    assert command(*asked, "T < 1 K") == 2
    assert "no run meets the condition" in capsys.readouterr().err


def test_kept_fits_are_verified(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("refit", "runs/a.nxs", "--verify", "--workers", "1") == 1
    assert "no fit is kept" in capsys.readouterr().err
    analyse(open_run(archive / "runs" / "a.nxs"), CIRCUIT)
    assert command("refit", "runs/a.nxs", "--verify", "--workers", "1", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["runs"], document["changed"]) == (1, 0)
    assert document["verified"][0]["circuit"] == CIRCUIT


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("runs",), "--output"),
        (("runs", "-o", "t.xlsx"), "--output"),
        (("runs", "-o", "t.csv", "-m", "Foo"), "--model"),
        (("runs", "-o", "t.csv", "--verify"), "--verify"),
        (("none/*.nxs", "-o", "t.csv"), "no run file"),
        (("runs", "-o", "t.csv", "--workers", "1", "--scheduler", "tcp://x:1"), "--workers"),
    ],
)
def test_wrong_usage_is_refused_before_anything_is_read(
    archive: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], where: str
) -> None:
    assert command("refit", *words) == 2
    assert where in capsys.readouterr().err
    assert not (archive / "t.csv").exists()


def test_a_joint_fit_says_that_it_is_one(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(archive / "d.nxs", run_id="d", seed=2)
    assert command("fit", "runs/a.nxs", "d.nxs", "-m", CIRCUIT) == 0
    assert "one joint fit of 2 files" in capsys.readouterr().err
