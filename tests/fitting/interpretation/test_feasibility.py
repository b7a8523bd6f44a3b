from __future__ import annotations

from dataclasses import replace

import pytest

from drivers import driver_named
from fitting import feasibility
from protocols import Protocol, ProtocolError, Sample

PLAN = driver_named("keithley2461").plan(Protocol.load("pump_probe"))


@pytest.mark.parametrize(("sigma_S_cm", "time_s"), [(1e-4, 26.6e-9), (1e-9, 2.66e-3)])
def test_dielectric_times_are_those_of_the_textbook(sigma_S_cm: float, time_s: float) -> None:
    found = feasibility(PLAN, Sample(conductivity_S_m=100.0 * sigma_S_cm, permittivity=30.0))
    assert found.dielectric_time_s == pytest.approx(time_s, rel=2e-3)


@pytest.mark.parametrize(
    ("time_s", "visibility", "words"),
    [
        (1e-9, "too fast", "cannot be seen"),
        (5e-6, "marginal", "tail"),
        (1e-3, "visible", "can be seen"),
        (1e4, "too slow", "beginning"),
    ],
)
def test_visibility_is_where_the_time_lies_in_the_window(time_s: float, visibility: str, words: str) -> None:
    plan = replace(PLAN, interval_s=1e-5, response_s=(1e-6,))
    found = feasibility(plan, Sample(conductivity_S_m=30.0 * 8.854e-12 / time_s))
    assert found.visibility == visibility
    assert words in str(found)
    assert "30 (assumed)" in str(found)


def test_slow_instrument_sets_the_limit() -> None:
    plan = replace(PLAN, interval_s=1e-5, response_s=(1e-3,))
    assert feasibility(plan, Sample()).greatest_conductivity_S_m == pytest.approx(30.0 * 8.854e-12 / 1e-3, rel=1e-3)


def test_without_a_conductivity_the_limit_is_told() -> None:
    found = feasibility(PLAN, Sample())
    assert found.visibility == "unknown"
    assert "sample.conductivity" in str(found)
    assert found.to_dict()["dielectric_time_s"] is None


def test_senseless_sample_is_an_error() -> None:
    with pytest.raises(ProtocolError, match="conductivity_S_m: must be above zero"):
        Sample(conductivity_S_m=-1.0)


def test_conductivity_is_read_from_and_written_to_protocol_files() -> None:
    text = Protocol.load("pump_probe").to_toml()
    assert "[sample]" not in text
    read = Protocol.from_toml(text + '\n[sample]\nconductivity = "1e-9 S/cm"\npermittivity = 12\n')
    assert read.sample.conductivity_S_m == pytest.approx(1e-7)
    assert read.sample.permittivity == 12.0
    assert Protocol.from_toml(read.to_toml()).sample == read.sample
