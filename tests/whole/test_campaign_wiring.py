"""Does a campaign with a controller end its runs when enough is known, and tell the temperature in each run file?"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from daq import open_run, read_process
from daq.campaign.campaign_in_progress import new_campaign
from ionecho.cli import app
from ionecho.commands.campaign import check_rule
from protocols import InputError, Limits
from protocols.campaigns import Campaign
from tests.patience import slowed

# Ten minutes are planned, so that a slow machine has time to fit; some seconds are measured.
DOCUMENT = """
name = "known"
[sequence]
kind = "train"
level = "20 mV"
width = "50 ms"
period = "200 ms"
count = {count}
before = "20 ms"
[sampling]
interval = "500 us"
[limits]
voltage = "50 mV"
current = "1 mA"
[stop]
stop_when = {rule}
"""
STAIRS = """
[sequence]
kind = "staircase"
start = "5 mV"
stop = "20 mV"
steps = 4
dwell = "20 ms"
"""
TEMPERATURE = """
[temperature]
controller = "{controller}"
set_points = ["298.5 K"]
tolerance = "0.2 K"
stable_for = "1 s"
at_most = "2 min"
limit = "320 K"
"""


@pytest.mark.slow
def test_a_run_ends_once_its_time_is_known_makes_its_point_done_and_tells_its_temperature(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ionecho", "sim", "keithley2461", "lakeshore336", "--json"]
    command += ["--cell", "thermal", "--speed", str(min(15.0, slowed(22.0)))]  # a busy computer cannot play it so fast
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            meter, controller = (one["resource"] for one in json.loads(process.stdout.readline())["instruments"])
            document, folder = tmp_path / "known.toml", tmp_path / "known"
            text = DOCUMENT.format(rule='"Mig1.tau known to 20 % by R0-Mig1-CPE1"', count=3000)
            document.write_text(text + TEMPERATURE.format(controller=controller))
            told = CliRunner().invoke(app, ["run", str(document), "-r", meter, "-o", str(folder), "--json"])
            assert told.exit_code == 0, told.output
        finally:
            process.terminate()
    campaign = json.loads(told.stdout)
    [point] = campaign["points"]
    assert (campaign["state"], point["state"], point["attempts"]) == ("done", "done", 1)
    assert point["reason"] == "stopped because known: Mig1.tau known to 20 % by R0-Mig1-CPE1"
    assert campaign["warnings"] == []
    run = open_run(point["run"])
    assert (run.state, run.n_samples) == ("stopped", point["samples"])
    assert float(run.t_s[-1]) < 0.9 * 3000 * 0.2
    looks = read_process(run.path, "stopping")
    assert looks is not None
    assert looks.arrays["half_width"][-1] < 0.2
    t_s, kelvin = run.slow("temperature")
    assert len(t_s) > 0
    assert np.all(np.diff(t_s) > 0.5)
    np.testing.assert_allclose(kelvin, 298.5, atol=0.3)
    again = CliRunner().invoke(app, ["resume", str(folder), "--json"])
    assert (again.exit_code, json.loads(again.stdout)["points"]) == (0, campaign["points"]), "nothing is measured again"


def test_a_rule_that_no_run_can_follow_is_refused_before_a_folder_is_made(tmp_path: Path) -> None:
    for rule in ("Mig7.tau", "CPE1.nothing"):
        with pytest.raises(InputError, match="neither a parameter of R0-Mig1-CPE1"):
            check_rule(Campaign.from_toml(DOCUMENT.format(rule=f'"{rule} known to 5 %"', count=10)))
    stairs = DOCUMENT.format(rule='"Mig1.tau known to 5 %"', count=10)
    begin, end = stairs.index("[sequence]"), stairs.index("[sampling]")
    stairs = f"{stairs[:begin]}{STAIRS}{stairs[end:]}"
    with pytest.raises(InputError, match=r"point 1.*never rests"):
        check_rule(Campaign.from_toml(stairs))
    two = DOCUMENT.format(rule='["Mig1.tau known to 5 %", "R0 known to 2 %"]', count=10)
    with pytest.raises(InputError, match=r"keep one of Mig1\.tau known to 5 %, R0 known to 2 %"):
        new_campaign(Campaign.from_toml(two), tmp_path / "two", "TCPIP::192.0.2.1::5025::SOCKET", Limits())
    assert not (tmp_path / "two").exists()
