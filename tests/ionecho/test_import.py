"""What the command line states of a record is kept in its run file, and what was guessed is printed and kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daq import open_run
from tests.ionecho.commands import command

TEXT = "t;I/mA\n" + "".join(f"{k / 10:g};{1 + k % 3}\n".replace(".", ",") for k in range(30))


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "record.txt").write_text(TEXT)


STATED = ["--drive", "0 V; 0.45 V at 0.95 s", "--area", "2 cm^2", "--thickness", "1.5 mm", "--temperature", "298 K",
          "--name", "pellet 7", "--notes", "dry room", "--negate", "current"]  # fmt: skip


def test_statements_and_guesses_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("import", "record.txt", *STATED) == 0
    errors = capsys.readouterr().err
    assert "guessed: numbers have a decimal comma (--decimal changes it)" in errors
    assert "guessed: time: column 't' names no unit and was taken in s (--time-unit changes it)" in errors
    run = open_run("record.nxs")
    sample = run.sample
    assert (sample.name, sample.area_m2, sample.thickness_m, sample.temperature_K) == ("pellet 7", 2e-4, 1.5e-3, 298.0)
    assert run.drive is not None
    assert list(run.drive.times_s) == [0.0, 0.95]
    assert (run.drive.rest_V, run.voltage_V[9], run.voltage_V[10]) == (0.0, 0.0, 0.45)
    assert run.current_A[1] == -2e-3
    assert run.imported["remarks"] == "dry room"
    assert any("decimal comma" in one for one in run.imported["guessed"])
    assert any("--negate current" in one for one in run.imported["notes"])


def test_the_document_lists_columns_and_guesses(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("import", "record.txt", *STATED, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["columns"]["current"] == {"column": 2, "heading": "I/mA", "unit": "mA", "reason": "by its name"}
    assert {one["about"] for one in document["guessed"]} == {"separator", "decimal", "column", "unit"}
    assert document["samples"] == 30


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ([], "--drive"),
        (["--drive", "0 V"], "--drive"),
        ([*STATED, "--area", "7"], "--area"),
        ([*STATED, "--mass", "-1 mg"], "--mass"),
        ([*STATED, "--thickness", "2 V"], "--thickness"),
        ([*STATED, "--negate", "time"], "--negate"),
        ([*STATED, "--decimal", "x"], "--decimal"),
        ([*STATED, "--block", "2"], "--block"),
        ([*STATED, "--name", 300 * "x"], "--name"),
    ],
)
def test_what_cannot_be_meant_ends_with_2_and_makes_no_file(
    options: list[str], where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("import", "record.txt", *options, "--json") == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert where in f"{error['where']} {error['message']}"
    assert not Path("record.nxs").exists()
