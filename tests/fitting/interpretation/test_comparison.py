"""Do several runs tell a memory of the material from one of its electrodes?"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.constants import e, k

from fitting import compare, fit
from protocols import FitError, PulseSequence, Sample

DRIVE = PulseSequence.pump_probe(0.02, 0.05, 0.03, before=0.01, after=0.1)
T = (np.arange(18_000) + 0.5) * 1e-5
SIGMA_S_m, AREA_m2 = 1e-3, 1e-4
THICKNESS_m = (2e-4, 4e-4, 8e-4)
EV = e / k


def relaxing(record: Any, G_inf: float, G_dc: float, tau_s: float, seed: int) -> Any:
    """A run of a cell whose conductance falls from one value to another."""
    current = np.zeros(len(T))
    for edge, step in zip(*DRIVE.jumps(), strict=True):
        lag = T - edge
        current += np.where(lag > 0.0, step * (G_dc + (G_inf - G_dc) * np.exp(-np.maximum(lag, 0.0) / tau_s)), 0.0)
    noise = 1e-3 * np.sqrt(np.mean(current**2)) * np.random.default_rng(seed).standard_normal(len(T))
    return record(T, current + noise, DRIVE)


def of_material(record: Any, thickness_m: float, kelvin: float = 300.0, E_memory_eV: float = 0.4) -> Any:
    """A memory of the hops themselves: conductances go with 1/L, its time does not."""
    G = SIGMA_S_m * AREA_m2 / thickness_m * (300.0 / kelvin) * np.exp(-0.4 * EV * (1.0 / kelvin - 1.0 / 300.0))
    tau = 2e-3 * np.exp(E_memory_eV * EV * (1.0 / kelvin - 1.0 / 300.0))
    return relaxing(record, G, 0.4 * G, tau, round(1e6 * thickness_m + kelvin))


def of_interface(record: Any, thickness_m: float) -> Any:
    """A resistor of the bulk in series with a double layer that leaks."""
    R, R_leak, C = thickness_m / (SIGMA_S_m * AREA_m2), 1e6, 1e-6
    return relaxing(record, 1.0 / R, 1.0 / (R + R_leak), R * R_leak * C / (R + R_leak), round(1e6 * thickness_m))


def samples(**varied: tuple[float, ...]) -> list[Sample]:
    (name, values), *_ = varied.items()
    changes: list[dict[str, Any]] = [{name: value} for value in values]
    return [replace(Sample(), **change) for change in changes]


def test_a_memory_of_the_material_does_not_change_with_thickness(record: Any) -> None:
    found = compare([fit(of_material(record, L), "De1") for L in THICKNESS_m], samples(thickness_m=THICKNESS_m))
    assert found.thickness is not None
    assert found.thickness.slope_ci95[0] <= 0.0 <= found.thickness.slope_ci95[1]
    assert abs(found.thickness.slope) < 0.05
    told = re.search(r"thickness\^(-?[\d.]+) \((-?[\d.]+) … (-?[\d.]+)\)", " ".join(found.evidence))
    assert told is not None, "an exponent and its interval, without powers of ten"
    low, high = found.thickness.slope_ci95
    assert [float(one) for one in told.groups()] == pytest.approx(
        [found.thickness.slope, low, high], abs=0.05 * (high - low)
    )
    assert "a memory of the material itself" in found.evidence[0]
    assert "temperature was not varied" in found.evidence[1]


def test_a_double_layer_takes_longer_behind_a_thicker_bulk(record: Any) -> None:
    found = compare([fit(of_interface(record, L), "De1") for L in THICKNESS_m], samples(thickness_m=THICKNESS_m))
    assert found.thickness is not None
    assert found.thickness.slope == pytest.approx(1.0, abs=0.05)
    assert "an interface that is charged through the bulk" in found.evidence[0]


@pytest.mark.parametrize(("E_memory_eV", "message"), [(0.4, "alike"), (0.3, "what remembers is not what conducts")])
def test_hops_that_remember_are_activated_as_those_that_conduct(E_memory_eV: float, message: str, record: Any) -> None:
    kelvin = (280.0, 300.0, 320.0)
    results = [fit(of_material(record, 4e-4, T, E_memory_eV), "De1") for T in kelvin]
    found = compare(results, samples(temperature_K=kelvin))
    assert found.time is not None
    assert found.conductivity is not None
    assert -found.time.energy_eV == pytest.approx(E_memory_eV, abs=0.01)
    assert found.conductivity.energy_eV == pytest.approx(0.4, abs=0.01)
    assert message in found.evidence[1]


def test_two_thicknesses_that_do_not_decide_are_said_to(record: Any) -> None:
    results = [fit(relaxing(record, 1e-4, 5e-5, tau, 3), "De1") for tau in (2e-3, 2.8e-3)]
    found = compare(results, samples(thickness_m=(1e-3, 2e-3)))
    assert "this does not decide" in found.evidence[0]


def test_what_cannot_be_compared_is_refused(record: Any) -> None:
    result = fit(of_material(record, 4e-4), "De1")
    with pytest.raises(FitError, match="two runs or more"):
        compare([result], [None])
    without = fit(of_material(record, 4e-4), "R0-C1")
    with pytest.raises(FitError, match="no hopping conductor"):
        compare([result, without], [None, None])
