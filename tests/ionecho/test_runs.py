"""`ionecho runs` lists and finds what was measured, `ionecho tag` marks it, in tables that fit the terminal."""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daq import open_run
from daq.files.names import statements_path
from ionecho.commands.runs import table_lines
from tests.daq.catalogue.test_catalogue import make
from tests.ionecho.commands import command


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder, with a catalogue of its own."""
    monkeypatch.setenv("IONECHO_CATALOGUE", str(tmp_path / "place"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    capsys.readouterr()
    assert command("runs", *arguments, "--json") == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def names(found: dict[str, object]) -> list[str]:
    runs = found["runs"]
    assert isinstance(runs, list)
    return [Path(one["run"]).stem for one in runs]


def test_without_a_followed_folder_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("runs") == 0
    assert "--follow" in capsys.readouterr().out


def test_runs_are_found_by_what_is_known_of_them(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(empty / "runs" / "cold.nxs")
    make(empty / "runs" / "other.nxs", sample="LGPS")
    assert command("runs", "--follow", "runs") == 0
    listed = capsys.readouterr().out
    assert {"start", "cold.nxs"} <= set(listed.replace("\\", "/").replace("/", " ").split())
    assert names(document(capsys, "--where", 'sample~"lpscl" and T<270 K')) == ["cold"]
    assert names(document(capsys, "--text", "LGPS pressed")) == ["other"]
    assert names(document(capsys, "--since", "1 day", "--sort", "sample")) == ["other", "cold"]
    assert document(capsys, "--since", "2100-01-01")["found"] == 0
    limited = document(capsys, "--limit", "1")
    assert (len(names(limited)), limited["found"]) == (1, 2)
    assert command("runs", "--where", "T<1 K") == 0
    assert "No run is like that" in capsys.readouterr().out


def test_a_folder_is_followed_no_longer(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(empty / "runs" / "one.nxs")
    assert command("runs", "--follow", "runs") == 0
    assert document(capsys, "--unfollow", "runs")["followed"] == []
    assert document(capsys)["found"] == 0
    assert document(capsys, "runs")["found"] == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--where", "smaple=x"), "did you mean 'sample'"),
        (("--sort", "smaple"), "nothing to sort by"),
        (("--since", "soon"), "neither a date"),
        (("nowhere",), "there is no such folder"),
        (("--follow", "nowhere"), "there is no such folder"),
        (("--unfollow", "nowhere"), "is not followed"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("runs", *arguments, "--json") == 2
    printed = capsys.readouterr()
    assert says in json.loads(printed.out)["error"]["message"]


def test_a_damaged_file_is_listed_with_its_reason(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(empty / "runs" / "one.nxs")
    (empty / "runs" / "bad.nxs").write_bytes((empty / "runs" / "one.nxs").read_bytes()[:-9])
    assert command("runs", "runs") == 0
    listed = capsys.readouterr().out
    assert "unreadable" in listed
    assert "is damaged: it was made with" in listed


def test_tags_are_added_and_taken_away(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = make(empty / "runs" / "one.nxs"), make(empty / "runs" / "two.nxs")
    content = one.read_bytes()
    assert command("tag", str(one), str(two), "--add", "aged in air", "--add", "rough") == 0
    assert command("tag", str(one), "--remove", "rough", "--add", "best") == 0
    assert open_run(one).tags == ("aged in air", "best"), "its protocol says rough"
    assert open_run(two).tags == ("rough", "aged in air")
    assert one.read_bytes() == content
    assert names(document(capsys, "runs", "--tag", "Aged in air", "--tag", "rough")) == ["two"]
    assert command("tag", str(one), "--add", "rough", "--remove", "best", "--remove", "aged in air", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"runs": [{"run": str(one), "tags": ["rough"]}]}
    assert open_run(one).statements.tags == ""
    assert command("tag", str(one)) == 0
    assert capsys.readouterr().out.endswith("one.nxs: rough\n")


def test_notes_and_tags_leave_each_other(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = make(empty / "runs" / "one.nxs")
    assert command("tag", str(path), "--add", "aged") == 0
    assert command("note", str(path), "--notes", "glovebox") == 0
    assert command("note", str(path)) == 0
    assert "tags: aged" in capsys.readouterr().out
    assert open_run(path).statements.notes == "glovebox"
    assert names(document(capsys, "runs", "--text", "glovebox aged")) == ["one"]


@pytest.mark.parametrize("tag", ["a,b", "-x", " ", "x" * 61])
def test_what_can_be_no_tag_is_refused_and_nothing_is_written(
    tag: str, empty: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make(empty / "runs" / "one.nxs")
    assert command("tag", str(path), f"--add={tag}", "--json") == 2
    assert "cannot be a tag" in json.loads(capsys.readouterr().out)["error"]["message"]
    assert not statements_path(path).exists()


def test_a_run_that_cannot_be_read_leaves_the_others_untagged(empty: Path) -> None:
    path = make(empty / "runs" / "one.nxs")
    (empty / "bad.nxs").write_text("no run")
    assert command("tag", str(path), "bad.nxs", "--add", "aged") == 1
    assert not statements_path(path).exists()


def columns(text: str) -> int:
    return len(text) + sum(unicodedata.east_asian_width(one) in "WF" for one in text)


cells = st.text(st.sampled_from("abc 123-βé固电\n\x1b"), max_size=70)


@given(
    st.lists(
        st.fixed_dictionaries({"start": st.just("2026-11-26 10:12"), "sample": cells, "title": cells, "run": cells}),
        min_size=1,
        max_size=6,
    ),
    st.integers(60, 200),
)
def test_a_table_fits_its_width_and_steers_no_terminal(rows: list[dict[str, str]], width: int) -> None:
    lines = table_lines(rows, width)
    assert len(lines) == len(rows) + 1
    assert all(columns(line) <= width for line in lines)
    assert all(line.isprintable() for line in lines)


def test_a_wide_table_says_everything(empty: Path) -> None:
    row = {"start": "2026", "sample": "s" * 90, "title": "", "run": "a" * 50 + os.sep + "b" * 50}
    heading, line = table_lines([row], None)
    assert row["sample"] in line
    assert row["run"] in line
    assert heading.split() == ["start", "sample", "run"]
