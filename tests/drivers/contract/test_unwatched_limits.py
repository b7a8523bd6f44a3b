"""Is a limit that nobody watches refused before a run, for every driver and from every side?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from daq import Bench
from protocols import Limits, Protocol, ProtocolError
from tests.drivers.conformance import simulated_instrument

HOT = """
name = "hot"
[sequence]
kind = "pulse"
level = "10 mV"
width = "50 ms"
before = "50 ms"
after = "50 ms"
[sampling]
interval = "1 ms"
[limits]
voltage = "0.1 V"
current = "10 uA"
temperature = "350 K"
"""


@pytest.fixture(scope="module")
def resource() -> Iterator[str]:
    with simulated_instrument("keithley2461", 1.0, "resistor") as served:
        yield served


@pytest.fixture
def hot(tmp_path: Path) -> Path:
    path = tmp_path / "hot.toml"
    path.write_text(HOT)
    return path


def ionecho(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ionecho", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=110, check=False)


def test_check_refuses_it_as_a_bad_protocol(hot: Path) -> None:
    done = ionecho("check", str(hot), "--instrument", "keithley2461")
    assert done.returncode == 2
    assert "limits.temperature" in done.stderr
    assert "350 K" in done.stderr


def test_run_refuses_it_and_makes_no_file(hot: Path, resource: str) -> None:
    kept = hot.with_name("hot.nxs")
    done = ionecho("run", str(hot), "-r", resource, "-o", str(kept), "--json")
    assert done.returncode == 2
    assert "limits.temperature" in done.stderr
    assert json.loads(done.stdout)["output"] == "untouched"
    assert not kept.exists()


def test_a_limit_of_the_rig_is_refused_as_well(resource: str, tmp_path: Path) -> None:
    bench = Bench(resource, tmp_path, limits=Limits(temperature_K=350.0))
    with pytest.raises(ProtocolError, match=r"limits\.temperature"):
        bench.run(Protocol.load("single_pulse"))
    assert not list(tmp_path.glob("*.nxs"))


def test_a_driver_of_another_package_cannot_plan_past_it(tmp_path: Path) -> None:
    info = tmp_path / "ionecho_bold-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ionecho-bold\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text("[ionecho.drivers]\nbold = ionecho_bold:Bold\n")
    (tmp_path / "ionecho_bold.py").write_text(
        "from drivers import Keithley2461\n\n\n"
        "class Bold(Keithley2461):\n"
        "    @classmethod\n"
        "    def plan(cls, protocol):\n"
        "        return cls.planner.plan(protocol)\n"
    )
    listed = "import json, drivers; print(json.dumps({e.name: e.problem for e in drivers.installed_drivers()}))"
    done = subprocess.run(
        [sys.executable, "-c", listed],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        timeout=110,
        check=True,
    )
    problems = json.loads(done.stdout)
    assert "overrides `plan`" in problems["bold"]
    assert problems["keithley2461"] == ""
