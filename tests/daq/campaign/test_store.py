"""State of a campaign on disk: what lies beside it, and which versions of it are read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from daq.campaign.folder import CampaignFolder, create_campaign
from daq.campaign.schema import FORMAT, CampaignFileError, PlannedPoint
from daq.campaign.states import CampaignState
from daq.campaign.store import CampaignStore
from daq.campaign.view import read_events, read_points, read_status
from protocols import Limits


@pytest.fixture
def folder(tmp_path: Path) -> CampaignFolder:
    points = [PlannedPoint(1, "one", "0001-one.nxs", None, 1.0)]
    return create_campaign(tmp_path / "made", "", points, "made", ("TCPIP::192.0.2.1::5025::SOCKET", Limits(), ""))


def beside(folder: CampaignFolder) -> list[str]:
    return sorted(one.name for one in folder.path.glob("campaign.sqlite?*"))


def test_no_log_lies_beside_a_campaign_that_is_over_whoever_reads_it(folder: CampaignFolder) -> None:
    for text in ("first", "again"):
        with closing(CampaignStore(folder.state)) as store:
            store.note(1.0, text)
            assert read_events(folder)[-1][2] == text  # while it is conducted
            assert beside(folder) == ["campaign.sqlite-shm", "campaign.sqlite-wal"]
        assert beside(folder) == []
        assert read_status(folder).state is CampaignState.WAITING
        assert [point.label for point in read_points(folder)] == ["one"]
        assert beside(folder) == []
    assert [text for _, _, text in read_events(folder)] == ["first", "again"]


def test_a_reader_that_stays_keeps_no_conductor_from_its_end(
    folder: CampaignFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daq.campaign.store._FOLD_S", 0.05)
    store = CampaignStore(folder.state)
    with closing(sqlite3.connect(f"{folder.state.as_uri()}?mode=ro", uri=True)) as reader:
        assert reader.execute("SELECT count(*) FROM events").fetchone() == (0,)
        store.note(1.0, "last")
        store.close()
        assert reader.execute("SELECT text FROM events").fetchall() == [("last",)]
    assert read_events(folder) == [(1.0, None, "last")]


def test_a_campaign_of_a_newer_version_is_refused_with_a_sentence_and_left_as_it_is(folder: CampaignFolder) -> None:
    with closing(sqlite3.connect(folder.state)) as link:
        link.execute("DROP TABLE points")
        link.execute(f"PRAGMA user_version = {FORMAT + 1}")
    before = folder.state.read_bytes()
    for read in (read_status, read_points, lambda folder: CampaignStore(folder.state)):
        with pytest.raises(CampaignFileError, match="made by a newer ionecho"):
            read(folder)
    assert folder.state.read_bytes() == before
    assert beside(folder) == []
