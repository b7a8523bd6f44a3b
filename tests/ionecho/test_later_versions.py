"""What a later version of ionecho wrote is refused by every command: exit status 2, a sentence, nothing changed."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from daq.campaign.folder import create_campaign
from daq.campaign.schema import PlannedPoint
from daq.catalogue.place import database_path
from protocols import Limits
from tests.fitting.archive.runs import write_run
from tests.ionecho.commands import command


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a run, a run's results, a campaign and a catalogue of the year after next."""
    monkeypatch.setenv("IONECHO_CATALOGUE", str(tmp_path / "catalogue"))
    for name in ("run.nxs", "fitted.nxs"):
        write_run(tmp_path / name, run_id=name)
    assert command("fit", str(tmp_path / "fitted.nxs"), "--spectrum") == 0
    for file in (tmp_path / "run.nxs", tmp_path / "fitted.results.nxs"):
        later, n_changed = re.subn(rb"^(ionecho \w+ file )\d", rb"\g<1>9", file.read_bytes())
        assert n_changed == 1
        file.write_bytes(later)
    points = [PlannedPoint(1, "a", "0001.nxs", None, 1.0)]
    study = create_campaign(
        tmp_path / "study", 'name = "x"\n', points, "x", ("TCPIP::127.0.0.1::1::SOCKET", Limits(), "")
    )
    assert command("runs", str(tmp_path)) == 0
    for path in (study.state, database_path()):
        with closing(sqlite3.connect(path)) as link:
            link.execute("PRAGMA user_version = 99")
            link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return tmp_path


COMMANDS = (
    ("resume", "study"),
    ("attach", "study"),
    ("pause", "study"),
    ("report", "study", "-o", "r.html"),
    ("recover", "run.nxs"),
    ("fit", "run.nxs", "-m", "R0-C1"),
    ("report", "run.nxs", "-o", "r.html"),
    ("export", "run.nxs", "-o", "r.csv"),
    ("note", "run.nxs", "--before", "rest"),
    ("tag", "run.nxs", "--add", "good"),
    ("report", "fitted.nxs", "-o", "r.html"),
    ("fit", "fitted.nxs", "-m", "De1-C1"),
    ("runs", "."),
    ("runs", "--where", "T<300 K"),
)


def test_every_command_says_so_and_changes_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    kept = {path: path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()}
    capsys.readouterr()
    told = {}
    for words in COMMANDS:
        status = command(*words)
        told[words] = (status, " ".join(capsys.readouterr().err.split()))
    for words, (status, text) in told.items():
        assert status == 2, (words, text)
        assert re.search(r"(later version of|newer) ionecho", text), (words, text)
        assert "pgrade" in text, (words, text)
        assert "Traceback" not in text
        assert "should not" not in text
    assert {path: path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()} == kept
