"""The example of a temperature series finds the activation energy of the simulated cell."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import slowed

PROJECT = Path(__file__).parents[2]


def test_the_example_finds_the_activation_energy_in_a_shared_cryostat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    series = runpy.run_path(str(PROJECT / "examples" / "temperature_series.py"))["series"]
    command = [sys.executable, "-m", "ionecho", "sim", "keithley2461", "lakeshore336", "--json"]
    command += ["--cell", "thermal", "--speed", str(min(50.0, slowed(75.0)))]  # a busy computer cannot play it so fast
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            meter, thermostat = [one["resource"] for one in json.loads(process.stdout.readline())["instruments"]]
            energy_eV = series(meter, thermostat, (300.0, "15 degC"), settling="0.5 s")
        finally:
            process.terminate()
    assert energy_eV == pytest.approx(0.35, abs=0.02)  # sim_instruments/cells/thermal.toml
    assert len(list((tmp_path / "runs").glob("*.nxs"))) == 2
