"""A run file says who measured what for whom, with which accuracy, as a run was started."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from daq import open_run
from daq.execution.run_request import CampaignPlace, RunRequest, request_from_json, request_to_json
from daq.execution.runner import Runner
from daq.files.header import Header
from daq.files.layout import create_run_file
from daq.files.origin import Origin
from drivers import Keithley2450, Potentiostat
from drivers.keysight.driver import B2901, B2911
from protocols import Limits, Protocol, Sample
from tests.daq.conftest import HandClock, Listener, ResistorPotentiostat


def test_what_a_run_was_started_with_is_in_its_file(
    tmp_path: Path, potentiostat: ResistorPotentiostat, protocol: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = Sample("LPSCl", 0.8e-3, 5e-5, "Au", 265.0, 1e-2, 30.0, 2e-6)
    asked = replace(protocol, operator="Ada", project="memory", tags=("rough", "ä"), sample=sample)
    monkeypatch.setattr(ResistorPotentiostat, "accuracy", Keithley2450.accuracy)
    path = tmp_path / "run.nxs"
    request = RunRequest(
        "FAKE", asked.to_toml(), Limits(), str(path), place=CampaignPlace("grid", 7, slow_temperature=True)
    )
    request = request_from_json(request_to_json(request))
    assert Runner(potentiostat, request, Listener(), HandClock()).run().state == "complete"
    run = open_run(path)
    assert run.origin == Origin("Ada", "memory", ("rough", "ä"), "grid", 7)
    assert run.sample == sample
    assert [row["offset"] for row in run.accuracy if row["full_scale"] == 1e-6] == [300e-12]
    assert "SPEC-2450" in str(run.accuracy[0]["source"])
    assert len(run.slow("temperature")[0]) == 0


def test_what_is_not_known_is_empty(
    make_runner: Callable[..., tuple[Runner, Listener, Path, HandClock]], protocol: Protocol
) -> None:
    runner, _, path, _ = make_runner(protocol)
    runner.run()
    run = open_run(path)
    assert run.origin == Origin()
    assert run.accuracy == []


def test_a_pure_number_of_a_sample_is_kept_without_a_unit(tmp_path: Path) -> None:
    path = tmp_path / "run.nxs"
    create_run_file(path, Header("t", "", Sample(permittivity=12.0), None, "R", {}, None, 10, 1.0))
    assert open_run(path).sample == Sample(permittivity=12.0)


# From the data sheets: 0.5 uA on the 1 uA range; 1 V on the range for 2 V.
@pytest.mark.parametrize(
    ("driver", "current_error_A", "voltage_error_V"),
    [
        (Keithley2450, 0.5e-6 * 0.00025 + 300e-12, 0.00012 + 300e-6),
        (B2901, 0.5e-6 * 0.00025 + 500e-12, 0.0002 + 350e-6),
        (B2911, 0.5e-6 * 0.00025 + 500e-12, 0.0002 + 350e-6),
    ],
)
def test_the_error_of_a_reading_is_that_of_the_data_sheet(
    driver: type[Potentiostat], current_error_A: float, voltage_error_V: float
) -> None:
    def error(quantity: str, full_scale: float, reading: float) -> float:
        (one,) = (row for row in driver.accuracy if (row.quantity, row.full_scale) == (quantity, full_scale))
        return one.gain * reading + one.offset

    assert error("current", 1e-6, 0.5e-6) == pytest.approx(current_error_A, rel=1e-9)
    assert error("voltage", 2.0, 1.0) == pytest.approx(voltage_error_V, rel=1e-9)


@pytest.mark.parametrize("driver", [Keithley2450, B2901, B2911])
def test_every_range_that_a_driver_uses_has_its_accuracy(driver: type[Potentiostat]) -> None:
    for quantity, ranges in (
        ("current", driver.capabilities.current_ranges_A),
        ("voltage", driver.capabilities.voltage_ranges_V),
    ):
        known = [row.full_scale for row in driver.accuracy if row.quantity == quantity]
        assert set(ranges) <= set(known)
        assert len(known) == len(set(known))
    assert all(", p. " in row.source and row.conditions for row in driver.accuracy)
