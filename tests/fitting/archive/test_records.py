"""Which runs an archive has, and which of them hold one record."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from daq.state import RunState
from fitting.archive.records import runs_of, told_apart
from protocols import InputError
from tests.fitting.archive.runs import write_run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        write_run(tmp_path / f"{name}.nxs", run_id=name)
    (tmp_path / "a.results.nxs").write_bytes(b"")
    (tmp_path / "campaign.nxs").write_bytes(b"")  # the index of a campaign
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "older").mkdir()
    write_run(tmp_path / "older" / "c.nxs", run_id="c")
    return tmp_path


def _twice(paths: list[Path]) -> dict[str, str]:
    return {one.path.name: one.same_as.name for one in told_apart(paths) if one.same_as is not None}


def test_folders_patterns_and_paths_name_runs_and_no_results(folder: Path) -> None:
    assert [path.name for path in runs_of([folder])] == ["a.nxs", "b.nxs", "c.nxs"]
    assert [path.name for path in runs_of([folder / "*.nxs"])] == ["a.nxs", "b.nxs"]
    assert [path.name for path in runs_of([folder / "b.nxs", folder])] == ["b.nxs", "a.nxs", "c.nxs"]


def test_attempts_of_a_campaign_that_were_put_aside_are_left_out_unless_they_are_named(folder: Path) -> None:
    put_aside = folder / "aside" / "a.attempt-1.nxs"
    put_aside.parent.mkdir()
    write_run(put_aside, run_id="d")
    assert put_aside not in runs_of([folder])
    assert runs_of([put_aside]) == [put_aside]
    (folder / "campaign.nxs").unlink()  # a folder of that name alone says nothing
    assert put_aside in runs_of([folder])


def test_a_path_that_is_not_there_is_kept_for_a_row_that_says_so(folder: Path) -> None:
    assert runs_of([folder / "gone.nxs"]) == [folder / "gone.nxs"]
    with pytest.raises(InputError, match="no run file"):
        runs_of([folder / "*.csv", folder / "a.results.nxs"])


def test_runs_of_their_own_are_told_apart(folder: Path) -> None:
    assert _twice(runs_of([folder])) == {}


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights that few have on Windows")
def test_a_link_is_the_second_of_its_file_wherever_it_stands(folder: Path) -> None:
    link = folder / "0-first.nxs"
    link.symlink_to(folder / "a.nxs")
    assert _twice(runs_of([folder])) == {"0-first.nxs": "a.nxs"}


def test_a_copy_is_the_same_record_with_or_without_an_identity(folder: Path) -> None:
    write_run(folder / "imported.nxs", run_id="")
    for name in ("a", "imported"):
        shutil.copy(folder / f"{name}.nxs", folder / f"{name}-copy.nxs")
    assert _twice(runs_of([folder])) == {"a.nxs": "a-copy.nxs", "imported.nxs": "imported-copy.nxs"}


def test_two_states_of_one_run_are_one_record(tmp_path: Path) -> None:
    write_run(tmp_path / "whole.nxs", run_id="same", state=RunState.COMPLETE)
    write_run(tmp_path / "early.nxs", run_id="same", state=None)
    assert _twice([tmp_path / "whole.nxs", tmp_path / "early.nxs"]) == {"early.nxs": "whole.nxs"}


def test_a_file_that_was_cut_short_stands_for_no_other(folder: Path) -> None:
    short = folder / "0-short.nxs"
    short.write_bytes((folder / "a.nxs").read_bytes()[:5000])
    assert _twice(runs_of([folder])) == {}
