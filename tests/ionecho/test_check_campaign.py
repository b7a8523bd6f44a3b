"""`ionecho check` of a campaign: all of it in a document, what matters in tables, refusals that say which points."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ionecho.commands.check_campaign import numbered
from tests.ionecho.commands import command

STUDY = Path(__file__).parents[2] / "examples" / "campaigns" / "study.toml"


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    shutil.copy(STUDY, tmp_path / "study.toml")


def changed(*pairs: tuple[str, str], name: str = "changed.toml") -> str:
    """Write the study with some changes, and return its name."""
    text = STUDY.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    Path(name).write_text(text, encoding="utf-8")
    return name


def document(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> dict[str, Any]:
    assert command("check", *arguments, "--json") == status
    return dict(json.loads(capsys.readouterr().out))


def test_the_document_has_every_point_in_its_order(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "study.toml")
    assert [one["number"] for one in found["points"]] == list(range(1, 61))
    assert found["points"][0]["values"] == {
        "temperature": "250 K",
        "sequence.level": "10 mV",
        "sequence.width": "20 ms",
    }
    assert found["points"][59]["label"] == "level 50 mV, width 100 ms, 310 K"
    assert found["measuring_s"] == pytest.approx(60 * 5.05, rel=1e-3)  # 50 ms + 20 x 200 ms + 1 s
    early, late = found["duration_s"]
    assert found["measuring_s"] + 4 * 300 + 56 * 30 < early < late < found["measuring_s"] + 4 * 7200 + 60 * 33
    starts = [
        dt.datetime.fromisoformat(at) - dt.timedelta(seconds=s)
        for at, s in zip(found["ends"], (early, late), strict=True)
    ]
    assert abs(starts[0] - starts[1]) < dt.timedelta(seconds=1)
    assert found["bytes"] > 60 * 25 * 5.04 / 20e-6
    assert found["bytes_free"] > 0
    assert found["refused"] == []
    assert [one["points"] for one in found["bulk_memory"]]
    assert sorted(n for one in found["bulk_memory"] for n in one["points"]) == list(range(1, 61))


def test_the_tables_show_the_ends_of_a_long_campaign_and_how_many_points_are_between(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command("check", "study.toml") == 0
    shown = capsys.readouterr().out
    assert "Memory of LPSCl 7 on a Keithley 2461: 60 points" in shown
    assert "40 more" in shown
    for row in ("order", "temperature", "duration", "done", "between", "files", "cell", "bulk memory"):
        assert f"│ {row} " in shown
    assert "5 min 3 s of it measuring" in shown
    assert "at most 3.03 mC" in shown  # 10 uA x 303 s
    assert all(len(line) <= 200 for line in shown.splitlines())


def test_a_random_order_rounds_and_the_end_of_the_time_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    stop = '[stop]\nend = "6 min"\nstop_when = ["R0 drifts by 10 %", "Mig1.tau known to 5 %", "current above 8 uA"]\n'
    name = changed(("[between]", f'[order]\nkind = "random"\nseed = 7\nrepeats = 2\n{stop}[between]'))
    assert command("check", name) == 0
    shown = capsys.readouterr().out
    assert "random (seed 7), 2 rounds" in shown
    assert "R0 drifts by 10 %: ends the campaign; points whose values were measured before are fitted" in shown
    assert "current above 8 uA: ends the campaign; watched on every block of samples" in shown
    assert "Mig1.tau known to 5 %: ends the run of the point" in shown
    assert "0 to 2 of 120 points done by then" in shown  # 5 min to be stable, 5.15 s a point, 30 s between
    found = document(capsys, name)
    assert found["time_ends"]["points_done"] == [0, 2]
    assert found["order"] | {"kind": "random", "seed": 7, "repeats": 2, "points": 120} == found["order"]


def test_points_that_are_refused_are_named_and_end_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    name = changed(('to = "50 mV"', 'to = "130 mV"'))  # 10, 40, 70, 100, 130 mV; the limit is 100 mV
    found = document(capsys, name, status=2)
    refused = [one["number"] for one in found["points"] if one["refused"]]
    assert refused == [n for n in range(1, 61) if n % 15 in {13, 14, 0}]
    assert found["error"]["kind"] == "protocol"
    assert found["error"]["exit_status"] == 2
    assert command("check", name) == 2
    printed = capsys.readouterr()
    assert "12 of 60 points cannot be measured on a Keithley 2461" in printed.err
    assert "points 13-15, 28-30, 43-45, 58-60: " in printed.err
    assert printed.out.count("refused") == 6


def test_a_campaign_whose_document_is_wrong_is_refused_with_every_place(capsys: pytest.CaptureFixture[str]) -> None:
    name = changed(('"sequence.level"', '"level"'), ('"cryostat" ', '""'))
    error = document(capsys, name, status=2)["error"]
    assert {one["path"] for one in error["problems"]} == {"temperature.controller"}
    error = document(capsys, changed(('"sequence.level"', '"level"')), status=2)["error"]
    assert {one["path"] for one in error["problems"]} == {"sweep[0].field"}


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ('"Mig7.tau known to 5 %"', "neither a parameter of R0-Mig1-CPE1"),
        ('"sigma_dc known to 5 %"', "no look at a run tells"),
        ('"Mig1.tau known to 5 % by R0-De1-CPE1"', "neither a parameter of R0-De1-CPE1"),
        ('"De1.tau known to 5 % by R0-De1-"', "R0-De1-"),
        ('"R0 drifts by 10 %"', "no two points have them"),
        ('"current above 10 uA"', "the limit of the current comes before it"),
        ('["Mig1.tau known to 5 %", "R0 known to 2 %"]', "keep one of Mig1.tau known to 5 %, R0 known to 2 %"),
    ],
)
def test_a_rule_that_no_run_can_follow_is_refused_with_status_2(
    capsys: pytest.CaptureFixture[str], rule: str, why: str
) -> None:
    name = changed(("[between]", f"[stop]\nstop_when = {rule}\n[between]"), ("count = 5", "count = 2"))
    error = document(capsys, name, status=2)["error"]
    [problem] = error["problems"]
    assert problem["path"] == "stop.stop_when"
    assert why in problem["message"]
    assert why in error["message"]


def test_a_campaign_is_not_stretched(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("check", "study.toml", "--stretch", "2") == 2
    assert "a campaign is not stretched" in capsys.readouterr().err


def test_points_are_named_in_a_few_words() -> None:
    assert numbered([4]) == "point 4"
    assert numbered([9, 1, 2, 3]) == "points 1-3, 9"
    assert numbered(list(range(1, 40, 2))) == "points 1, 3, 5, 7, 9, 11 and 14 more"
