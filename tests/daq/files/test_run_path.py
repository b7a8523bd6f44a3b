"""Is a path at which no run file can be made refused before anything is sent?"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from daq import Bench
from daq.files.run_path import RunPathError, check_new_run, file_name_for
from protocols import Limits, Protocol, PulseSequence, Sampling

PROTOCOL = Protocol("x", PulseSequence.pulse(0.01, 0.1), Sampling(1e-3), Limits(voltage_V=0.1, current_A=1e-5))


KINDS = ["results", "taken", "folder", "under a file", "long", "long in bytes", "long folder"]
KINDS += ["dangling"] if sys.platform != "win32" else []


def paths(folder: Path) -> dict[str, tuple[Path, str]]:
    (folder / "taken.nxs").write_text("x")
    if sys.platform != "win32":  # where links need rights that few have
        (folder / "gone.nxs").symlink_to(folder / "nowhere")
    return {
        "results": (folder / "x.results.nxs", "results file, here of x.nxs"),
        "taken": (folder / "taken.nxs", "exists already"),
        "dangling": (folder / "gone.nxs", "exists already"),
        "folder": (folder, "folder"),
        "under a file": (folder / "taken.nxs" / "a" / "x.nxs", "is a file, not a folder"),
        "long": (folder / f"{300 * 'n'}.nxs", "304 bytes; at most"),
        "long in bytes": (folder / f"{120 * 'µ'}.nxs", "244 bytes; at most"),
        "long folder": (folder / (300 * "n") / "x.nxs", "no file can be made there"),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_path_that_cannot_be_is_refused_before_the_run(tmp_path: Path, kind: str) -> None:
    path, words = paths(tmp_path)[kind]
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(RunPathError, match=words):
        Bench("TCPIP::127.0.0.1::9::SOCKET", tmp_path).start(PROTOCOL, path)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # modes do not hold root back
    with pytest.raises(RunPathError, match="no permission"):
        check_new_run(tmp_path / "new" / "x.nxs")


def test_the_longest_names_leave_room_for_the_files_beside_the_run(tmp_path: Path) -> None:
    path = tmp_path / f"{211 * 'n'}.nxs"
    check_new_run(path)
    for ending in (".guardian.lock", ".control.json", ".making"):
        path.with_name(path.name + ending).touch()
    path.with_name(f"{path.stem}.results.nxs.making").touch()


@pytest.mark.parametrize("title", [200 * "n", 200 * "µ", "../../etc/passwd", "a\x1b[2J\nb", "CON", " . ", "Li3PS4 (b)"])
def test_names_made_of_titles_are_short_and_plain(tmp_path: Path, title: str) -> None:
    name = file_name_for(title)
    assert len(name) <= 90
    assert name.isascii()
    assert name.isprintable()
    assert "/" not in name
    assert ".." not in name
    check_new_run(tmp_path / name)
