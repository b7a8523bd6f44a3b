"""Campaigns whose conductors, runs and terminals die, on a simulated instrument; `just campaign-kills` plays more."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.campaign_kills import Act, CampaignPlay, document_of
from daq import open_run
from daq.campaign.campaign_in_progress import attach_campaign, new_campaign, start_conductor
from daq.campaign.folder import CampaignFolder
from daq.campaign.link import read_address
from daq.campaign.states import PointState
from daq.campaign.view import read_points, read_status
from ionecho.cli import app
from protocols import ConnectionLost, Limits
from protocols.campaigns import Campaign
from sim_instruments.serving.in_process import served_here
from tests.patience import promised, until

DOCUMENT = """
name = "two levels"
[sequence]
kind = "pulse"
width = "100 ms"
before = "50 ms"
after = "{after}"
[sampling]
interval = "1 ms"
[limits]
voltage = "1 V"
current = "10 mA"
[[sweep]]
field = "sequence.level"
values = ["10 mV", "20 mV"]
"""
# A point that began is met in its run; a moment later it may be over.
TELLING = (
    Act("kill", "conductor", 2.0),
    Act("kill", "all", 3.0),
    Act("freeze", "conductor", 1.0),
    Act("wish", "pause now", 2.0),
)


@pytest.mark.slow
def test_kills_freezes_and_wishes_lose_no_point_and_double_none(tmp_path: Path) -> None:
    with served_here("keithley2461", record_output=True) as instrument:
        play = CampaignPlay(
            tmp_path / "campaign",
            instrument.resource,
            lambda: instrument.output.is_on,
            document_of(3),
            4.0 * promised(1.0),
        )
        seen = play.play(iter(TELLING), len(TELLING))
    assert seen.violations == []


@pytest.mark.slow
def test_a_campaign_is_run_and_its_index_opens_in_a_viewer(tmp_path: Path, simulated: Callable[..., str]) -> None:
    document = tmp_path / "study.toml"
    document.write_text(DOCUMENT.format(after="100 ms"))
    folder = tmp_path / "study"
    words = ["run", str(document), "-r", simulated("resistor"), "-o", str(folder), "--json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["state"], [point["state"] for point in told["points"]]) == ("done", ["done", "done"])
    for point in told["points"]:
        origin = open_run(point["run"]).origin
        assert (origin.campaign, origin.point) == ("two levels", point["number"])
    words = ["runs", str(folder), "--where", 'campaign~"two lev" and point=2', "--json"]
    runs = json.loads(CliRunner().invoke(app, words).stdout)
    assert [Path(one["run"]).name for one in runs["runs"]] == [Path(told["points"][1]["run"]).name]
    from nexusformat import nexus

    root = nexus.nxload(folder / "campaign.nxs")
    plotted = root.plottable_data
    assert plotted.nxsignal.nxname == "current"
    assert plotted.nxsignal.shape == plotted.nxaxes[0].shape == (told["points"][0]["samples"],)
    assert [one.decode() for one in root["campaign/points/state"].nxdata] == ["done", "done"]
    again = CliRunner().invoke(app, ["resume", str(folder), "--json"])
    assert (again.exit_code, json.loads(again.stdout)["points"]) == (0, told["points"]), "nothing is measured again"
    with pytest.raises(ConnectionLost, match="nobody conducts this campaign"):
        attach_campaign(CampaignFolder(folder))


@pytest.mark.slow
def test_a_run_outlives_its_conductor_and_is_followed_by_the_next_one(
    tmp_path: Path, simulated: Callable[..., str]
) -> None:
    campaign = Campaign.from_toml(DOCUMENT.format(after="6 s"))
    folder = new_campaign(campaign, tmp_path / "study", simulated("resistor"), Limits())
    start_conductor(folder).await_start()
    first = folder.run_file(read_points(folder)[0].file)
    until(first.exists, 30.0)
    read_address(folder).conductor.kill(5.0)
    until(lambda: read_status(folder).is_interrupted)
    command = [sys.executable, "-m", "ionecho", "resume", str(folder.path)]
    front_end = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    until(lambda: read_status(folder).counts.get(PointState.DONE, 0) >= 1, 30.0)
    stopped = CliRunner().invoke(app, ["stop", str(folder.path)])
    assert stopped.exit_code == 0, stopped.output
    assert "stopped by the operator" in stopped.output
    _, told = front_end.communicate()
    assert front_end.returncode == 3, told
    points = read_points(folder)
    assert (points[0].state, points[0].attempts) == (PointState.DONE, 1)
    assert "it was being measured: its run file decides" in told
