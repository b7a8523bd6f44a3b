"""Is what no page of a manual says told by `check`, by the window and in the run file?"""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import pytest

from daq.files.header import Header
from daq.files.layout import create_run_file
from drivers import Assumption, Concern, Identity, Keithley2461, driver_named
from gui.protocol.plan_model import plan_protocol
from ionecho.commands.plan import print_plan
from protocols import Protocol

EC301 = driver_named("ec301")
PROTOCOL = Protocol.load("pump_probe")


def test_an_assumption_reads_as_what_would_be_wrong_and_a_clause() -> None:
    assert str(Assumption(Concern.TIMES, "a clock is right")) == "times: a clock is right"


def test_check_tells_each_assumption_of_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    told = [str(one) for one in EC301.plan(PROTOCOL).assumed]
    assert told
    print_plan("pump_probe", "ec301", as_json=True)
    assert json.loads(capsys.readouterr().out)["assumed"] == told
    print_plan("pump_probe", "ec301", as_json=False)
    printed = capsys.readouterr().out
    assert printed.count("assumed (") == len(told)


def test_the_window_lists_them_with_what_else_differs() -> None:
    changes = plan_protocol("pump_probe", "ec301").changes
    assert all(f"assumed ({one.concern}): {one.text}" in changes for one in EC301.plan(PROTOCOL).assumed)


@pytest.mark.parametrize("driver", [EC301, Keithley2461])
def test_the_run_file_keeps_them(driver: type[Keithley2461], tmp_path: Path) -> None:
    plan = driver.plan(PROTOCOL)
    path = tmp_path / "run.nxs"
    create_run_file(path, Header.of(PROTOCOL, plan, Identity("m", "n", "1", "2"), "TCPIP::x"))
    with h5py.File(path, "r") as file:
        assert json.loads(file["entry/plan/scalars"][()])["assumed"] == [str(one) for one in plan.assumed]
