"""Command `export`: which file of which run, what is kept beside it, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daq import read_process
from fitting import analyse, load_result
from tests.fitting.archive.runs import CIRCUIT, N, write_run
from tests.ionecho.commands import command


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "runs" / "a.b.nxs", run_id="a")
    write_run(tmp_path / "runs" / "c.nxs", run_id="c", seed=2)
    return tmp_path


def document(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> Any:
    capsys.readouterr()
    assert command("export", *words, "--json") == status
    return json.loads(capsys.readouterr().out)


def test_several_runs_go_into_a_folder_and_one_that_fails_keeps_no_other(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "runs" / "b.nxs").write_bytes(b"no run")
    found = document(capsys, "runs", "-o", "out", "--format", "bdf", status=1)
    assert [Path(one["file"]) for one in found["exported"]] == [Path("out/a.b.bdf.csv"), Path("out/c.bdf.csv")]
    assert {one["samples"] for one in found["exported"]} == {N}
    assert [(Path(one["run"]), one["error"]["kind"]) for one in found["failed"]] == [(Path("runs/b.nxs"), "run_file")]
    # Once more: nothing is replaced, and nothing is written, before all is known to be free.
    for name in ("a.b.bdf.csv", "a.b.bdf.csv-metadata.json"):
        (here / "out" / name).unlink()
    refused = document(capsys, "runs", "-o", "out", "--format", "bdf", status=2)
    assert Path(refused["error"]["where"]) == Path("out/c.bdf.csv")
    assert not (here / "out" / "a.b.bdf.csv").exists()
    assert len(document(capsys, "runs", "-o", "out", "--format", "bdf", "--force", status=1)["exported"]) == 2


def test_what_is_kept_beside_a_run_goes_along(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = analyse(here / "runs" / "a.b.nxs", CIRCUIT).result
    one = document(capsys, "runs/a.b.nxs", "-o", "a.b.csv", "--results")["exported"][0]
    assert one["beside"] == ["a.b.csv-metadata.json", "a.b.fit.json", "a.b.reduction.npz"]
    assert load_result(here / "a.b.fit.json")["De1.tau"] == kept["De1.tau"]
    reduction = read_process(here / "runs" / "a.b.nxs", "reduction")
    assert reduction is not None
    with np.load(here / "a.b.reduction.npz") as found:
        np.testing.assert_array_equal(found["factor"], reduction.arrays["factor"])
        assert json.loads(str(found["attributes"])) == reduction.attributes
    assert document(capsys, "runs/c.nxs", "-o", "c.csv", "--results")["exported"][0]["beside"] == [
        "c.csv-metadata.json"
    ]


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("runs/c.nxs", "-o", "c.xyz"), "--format"),
        (("runs/c.nxs", "-o", "c.csv", "--format", "xlsx"), "--format"),
        (("runs", "-o", "all.csv"), "--output"),
        (("runs", "-o", "runs/c.nxs", "--format", "csv"), "runs/c.nxs"),
        (("runs/c.nxs", "-o", "nowhere/c.csv"), "nowhere"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], where: str
) -> None:
    assert Path(document(capsys, *words, status=2)["error"]["where"]) == Path(where)
    assert sorted(path.name for path in here.iterdir()) == ["runs"]
