"""Commands on campaigns and queues: what they refuse, and what they print without an instrument."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ionecho.commands import command

DOCUMENT = """
name = "two levels"
[sequence]
kind = "pulse"
width = "100 ms"
before = "50 ms"
after = "50 ms"
[sampling]
interval = "1 ms"
[limits]
voltage = "1 V"
current = "10 mA"
[[sweep]]
field = "sequence.level"
values = ["10 mV", "20 mV"]
"""
R = "TCPIP::127.0.0.1::9::SOCKET"


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "study.toml"
    path.write_text(DOCUMENT)
    return path


@pytest.mark.parametrize("words", ["resume", "pause", "stop", "attach"])
def test_a_folder_without_a_campaign_is_refused(words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(words, str(tmp_path), "--json") == 2
    assert "no campaign in this folder" in json.loads(capsys.readouterr().out)["error"]["message"]


@pytest.mark.parametrize("words", ["stop", "attach"])
def test_a_run_that_is_not_in_progress_is_told(words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(words, str(tmp_path / "run.nxs"), "--json") == 1
    assert "no run is in progress there" in json.loads(capsys.readouterr().out)["error"]["message"]


def test_a_campaign_is_not_stretched(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("run", str(document), "-r", R, "--stretch", "2", "--json") == 2
    assert "--stretch" in capsys.readouterr().out


def test_a_rest_at_a_level_is_refused_before_anything_is_made(
    document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document.write_text(DOCUMENT + '[between]\nrest = "1 s"\nrest_level = "10 mV"\n')
    assert command("run", str(document), "-r", R, "-o", str(tmp_path / "made"), "--json") == 2
    assert json.loads(capsys.readouterr().out)["error"]["where"] == "between.rest_level"
    assert not (tmp_path / "made").exists()


def test_a_folder_that_has_something_is_left_as_it_is(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(document.parent.iterdir())
    assert command("queue", "add", str(document), "-r", R, "--folder", str(document), "--json") == 2
    capsys.readouterr()
    assert sorted(document.parent.iterdir()) == before


def test_a_queue_is_added_to_ordered_and_listed(
    document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "runs"
    assert command("queue", "add", str(document), str(document), "-r", R, "--folder", str(folder), "--json") == 0
    first, second = json.loads(capsys.readouterr().out)["items"]
    assert {Path(item["campaign"]).parent for item in (first, second)} == {folder.resolve()}
    assert command("queue", "move", str(second["number"]), "1", "--json") == 0
    moved = json.loads(capsys.readouterr().out)["items"]
    assert [item["number"] for item in moved] == [second["number"], first["number"]]
    assert command("queue", "remove", str(first["number"]), "--json") == 0
    capsys.readouterr()
    assert command("queue", "pause", "-r", R, "--json") == 0
    paused = json.loads(capsys.readouterr().out)["paused"]
    assert command("queue", "list", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["paused"] == paused, "an instrument has one name, however it was given"
    assert [item["number"] for item in told["items"]] == [second["number"]]
    assert list(told["paused"].values()) == ["paused by the operator"]


@pytest.mark.parametrize("words", ["pause", "attach"])
def test_a_campaign_that_nobody_conducts_is_told_with_what_goes_on_with_it(
    words: str, document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("queue", "add", str(document), "-r", R, "--folder", str(tmp_path / "runs"), "--json") == 0
    [item] = json.loads(capsys.readouterr().out)["items"]
    assert command(words, item["campaign"], "--json") == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["kind"], error["exit_status"]) == ("connection", 1)
    assert f"nobody conducts this campaign: `ionecho resume {item['campaign']}` goes on" in error["message"]
    assert "resume" in error["hint"]
