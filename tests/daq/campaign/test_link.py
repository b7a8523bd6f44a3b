"""The conductor's control file: it holds a key, so that nobody but the user reads it."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from daq.campaign.folder import CampaignFolder
from daq.campaign.link import ConductorServer, ask_conductor
from daq.campaign.requests import CampaignRequest


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has lists of who may read, no modes")
def test_the_key_of_a_conductor_is_for_the_user_alone_and_lets_requests_in(tmp_path: Path) -> None:
    taken: list[CampaignRequest] = []
    folder = CampaignFolder(tmp_path)
    server = ConductorServer(folder, taken.append, lambda: 0.25)
    try:
        assert stat.S_IMODE(folder.control.stat().st_mode) == 0o600
        assert ask_conductor(folder, CampaignRequest.PAUSE) == 0.25
    finally:
        server.close()
    assert taken == [CampaignRequest.PAUSE]
    assert not folder.control.exists()
