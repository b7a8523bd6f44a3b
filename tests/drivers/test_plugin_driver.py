"""Is a driver of another package that fails reported and left out, while everything else works on?"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from drivers import Identity, Keithley2461, OutputReadback
from drivers.plugin_driver import load_driver
from protocols import InstrumentError, OutputStateUnknown
from tests.drivers.peers import dropper
from tests.drivers.plugin_packages import WRONG_AFTER, WRONG_BEFORE, installed, source_with
from tests.patience import patience

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

SLOW = (
    'name = "slow"\n[sequence]\nkind = "pulse"\nlevel = "1 V"\nwidth = "0.6 s"\nbefore = "0.5 s"\n'
    'after = "0.5 s"\n[sampling]\ninterval = "100 ms"\n[limits]\nvoltage = "2 V"\ncurrent = "50 mA"\n'
)


def ionecho(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ionecho", *words]
    return subprocess.run(
        command, env=environment, capture_output=True, encoding="utf-8", timeout=patience(90), check=False
    )


@pytest.fixture(scope="module")
def all_wrong(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment with every plug-in of `WRONG_BEFORE`, and the one of the Dropper, which is right."""
    site = tmp_path_factory.mktemp("site")
    environment = installed(site, WRONG_BEFORE, dropper=True)
    damaged = site / "damaged-0.1.0.dist-info"
    damaged.mkdir()
    (damaged / "METADATA").write_text("Metadata-Version: 2.1\nName: damaged\nVersion: 0.1.0\n")
    (damaged / "entry_points.txt").write_bytes(b"[ionecho.drivers]\nd\xff = x:y\n")
    taking = site / "taking-0.1.0.dist-info"
    taking.mkdir()
    (taking / "METADATA").write_text("Metadata-Version: 2.1\nName: taking\nVersion: 0.1.0\n")
    (taking / "entry_points.txt").write_text("[ionecho.drivers]\nkeithley2461 = taking:Plugin\n")
    return environment


def test_discover_reports_each_and_finds_the_instrument_all_the_same(all_wrong: dict[str, str]) -> None:
    with dropper() as resource:
        done = ionecho(all_wrong, "discover", resource, "--json")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    document = json.loads(done.stdout)
    assert document["instruments"][0]["driver"] == "dropper"
    problems = {entry["name"]: entry["problem"] for entry in document["drivers"]}
    left_in_peace = {name for name in WRONG_BEFORE if not problems[name]}
    assert left_in_peace == set(), problems
    for name in WRONG_BEFORE:
        module = f"plugin_{name.replace('-', '_')}"
        assert module in problems[name], "the package to blame is named"
    assert "no licence" in problems["a-import-raises"]
    assert "SystemExit: goodbye" in problems["a-import-exits"]
    assert r"\x1b[2J" in problems["a-import-prints"]
    assert problems["keithley2461"] == "" or "is taken" in problems["keithley2461"]
    told = [entry["problem"] for entry in document["drivers"]]
    assert any("'keithley2461'" in problem and "taking" in problem for problem in told)
    assert any("damaged" in problem and "cannot be read" in problem for problem in told)


def test_people_read_the_same_as_warnings(all_wrong: dict[str, str]) -> None:
    with dropper() as resource:
        done = ionecho(all_wrong, "discover", resource)
    assert done.returncode == 0
    assert "dropper" in done.stdout
    assert done.stderr.count("warning: ") >= len(WRONG_BEFORE)
    assert "\x1b[2J" not in done.stderr


def test_a_run_measures_and_carries_the_reports_as_warnings(all_wrong: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "slow.toml").write_text(SLOW)
    with dropper() as resource:
        done = ionecho(
            all_wrong, "run", str(tmp_path / "slow.toml"), "-r", resource, "-o", str(tmp_path / "r.nxs"), "--json"
        )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["state"], document["output"], document["samples"]) == ("complete", "off", 16)
    assert any("no licence" in warning for warning in document["warnings"])


def test_planning_needs_none_of_them(all_wrong: dict[str, str]) -> None:
    done = ionecho(all_wrong, "check", "pump_probe", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["instrument"]
    refused = ionecho(all_wrong, "check", "pump_probe", "--instrument", "a-import-exits", "--json")
    assert refused.returncode == 2
    assert "cannot be loaded" in json.loads(refused.stdout)["error"]["message"]


@pytest.mark.parametrize("method", WRONG_AFTER)
def test_a_driver_that_fails_in_a_run_ends_it_with_a_sentence(method: str, tmp_path: Path) -> None:
    environment = installed(tmp_path / "site", {"wrong": source_with(method)}, dropper=False)
    (tmp_path / "fast.toml").write_text(SLOW.replace('"1 V"', '"10 mV"').replace('"50 mA"', '"1 mA"'))
    begun = time.monotonic()
    with dropper() as resource:
        done = ionecho(
            environment, "run", str(tmp_path / "fast.toml"), "-r", resource, "-o", str(tmp_path / "r.nxs"), "--json"
        )
    assert "Traceback" not in done.stderr
    document = json.loads(done.stdout)
    error = document["error"]["message"]
    assert "plugin_wrong" in error
    assert f"`{method}`" in error
    if method == "safe_state":  # it does not say that the output is off
        assert (done.returncode, document["output"]) == (4, "unknown")
    else:
        assert done.returncode == 1
        assert document["output"] in {"untouched", "off"}
    assert time.monotonic() - begun < patience(60)


class ThatFails(Keithley2461):
    """A driver whose every call fails in a way of its own."""

    def __init__(self, session: object) -> None:
        self.session = session  # type: ignore[assignment]

    def identify(self) -> Identity:
        raise KeyError("serial")

    def abort(self) -> None:
        raise SystemExit

    def safe_state(self) -> OutputReadback:
        return OutputReadback(off=False, answer="1")

    def close(self) -> None:
        raise ValueError("stuck")


class _Point:
    """Entry point of a package of somebody else's."""

    name, value, dist = "that-fails", "somewhere:ThatFails", Path("somewhere")

    @staticmethod
    def load() -> type[ThatFails]:
        return ThatFails


def test_each_call_of_a_foreign_driver_is_contained() -> None:
    made = load_driver("that-fails", cast("EntryPoint", _Point()))
    driver = cast("Any", made)(object())
    assert isinstance(driver, ThatFails)
    assert driver.capabilities is Keithley2461.capabilities
    with pytest.raises(InstrumentError, match=r"'that-fails' .*of somewhere.* failed in `identify`: KeyError"):
        driver.identify()
    with pytest.raises(InstrumentError, match="failed in `abort`: SystemExit"):
        driver.abort()
    with pytest.raises(OutputStateUnknown, match=r"does not read back its output as off.*Press"):
        driver.safe_state()
    driver.close()  # whoever closes has nothing to do about it


def test_a_planner_that_fails_is_a_refusal(tmp_path: Path) -> None:
    module = (
        "from dataclasses import replace\n"
        "from drivers import Keithley2461\n"
        "class Raising:\n    def plan(self, protocol):\n        raise IndexError('list')\n"
        "class Returning:\n    def plan(self, protocol):\n        return None\n"
        "class Bold:\n    def plan(self, protocol):\n"
        "        plan = Keithley2461.planner.plan(protocol)\n"
        "        more = replace(plan.sequence, start_V=10 * plan.sequence.start_V, end_V=10 * plan.sequence.end_V)\n"
        "        return replace(plan, sequence=more)\n"
    )
    kinds = {
        "raising": (1, "IndexError"),
        "returning": (1, "in place of a plan"),
        "bold": (3, "over the voltage limit"),
    }
    sources = {
        name: f"{source_with('read')}\n    planner = __import__('planners').{name.capitalize()}()\n" for name in kinds
    }
    site = tmp_path / "site"
    environment = installed(site, sources, dropper=False)
    (site / "planners.py").write_text(module)
    for name, (status, words) in kinds.items():
        done = ionecho(environment, "check", "pump_probe", "--instrument", name, "--json")
        error = json.loads(done.stdout)["error"]
        assert (done.returncode, error["exit_status"]) == (status, status), error
        assert words in error["message"]
        assert error["kind"] != "internal"
