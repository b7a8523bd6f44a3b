from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.constants import e, k

from fitting import Estimate, arrhenius, fit, reduce_run
from protocols import FitError, PulseSequence
from sim_instruments.frontend.response import Drive
from sim_instruments.sample.cell import load_cell

T = np.array([240.0, 260.0, 280.0, 300.0, 320.0])
K_EV = k / e


def estimates(values: np.ndarray, sigma: float) -> list[Estimate]:
    up = np.exp(1.959964 * sigma)
    return [Estimate("tau", "s", float(v), (float(v / up), float(v * up)), True) for v in values]


def test_exact_line_gives_back_energy_and_prefactor() -> None:
    found = arrhenius(T, estimates(3e-14 * np.exp(0.42 / (K_EV * T)), 0.01))
    assert found.energy_eV == pytest.approx(-0.42, rel=1e-7)
    assert found.prefactor == pytest.approx(3e-14, rel=1e-6)
    assert found.interval_inflation == 1.0
    assert found.at(T) == pytest.approx(3e-14 * np.exp(0.42 / (K_EV * T)), rel=1e-9)


def test_conductivity_counts_the_temperature_in() -> None:
    found = arrhenius(T, estimates(2e5 / T * np.exp(-0.3 / (K_EV * T)), 0.01), times_temperature=True)
    assert found.energy_eV == pytest.approx(0.3, rel=1e-7)
    assert found.prefactor == pytest.approx(2e5, rel=1e-6)
    assert found.at(T) == pytest.approx(2e5 / T * np.exp(-0.3 / (K_EV * T)), rel=1e-9)


def test_scattered_values_have_the_interval_of_a_plain_regression() -> None:
    from scipy.stats import linregress

    scatter = 0.3 * np.random.default_rng(3).standard_normal(len(T))
    values = np.exp(-0.3 / (K_EV * T) + scatter)
    found = arrhenius(T, estimates(values, 0.01))
    line = linregress(-1.0 / (K_EV * T), np.log(values))
    assert found.energy_eV == pytest.approx(line.slope, rel=1e-9)
    low, high = found.energy_ci95_eV
    assert (high - low) / (2.0 * 1.959964) == pytest.approx(line.stderr, rel=1e-6)
    assert found.interval_inflation > 10.0


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    random, energy, prefactor = np.random.default_rng(4), 0, 0
    for _ in range(400):
        values = 5.0 * np.exp(-0.3 / (K_EV * T) + 0.05 * random.standard_normal(len(T)))
        found = arrhenius(T, estimates(values, 0.05))
        energy += found.energy_ci95_eV[0] <= 0.3 <= found.energy_ci95_eV[1]
        prefactor += found.prefactor_ci95[0] <= 5.0 <= found.prefactor_ci95[1]
    # Widening at chance scatter makes them a little wider than 95 %.
    assert 0.93 <= energy / 400 <= 0.995
    assert 0.93 <= prefactor / 400 <= 0.995


def test_undetermined_values_are_left_out() -> None:
    values = estimates(np.exp(-0.3 / (K_EV * T)), 0.01)
    values[2] = Estimate("tau", "s", 1e9, (None, 2e9), False, "open")
    found = arrhenius(T, values)
    assert found.n_used == 4
    assert found.energy_eV == pytest.approx(0.3, rel=1e-7)


def test_one_temperature_is_an_error() -> None:
    with pytest.raises(FitError, match="two temperatures"):
        arrhenius(np.array([300.0, 300.0]), estimates(np.array([1.0, 1.1]), 0.01))
    with pytest.raises(FitError, match="as many temperatures"):
        arrhenius(T, estimates(np.ones(2), 0.01))


def test_a_simulated_cell_in_a_cryostat_gives_back_its_activation_energy(record: Callable[..., Any]) -> None:
    cell = load_cell("thermal")
    random, sequence = np.random.default_rng(8), PulseSequence.pulse(0.02, 0.05, before=0.01, after=0.3)
    temperatures = np.array([288.0, 298.0, 308.0])
    found = []
    for temperature in temperatures:
        drive = Drive(cell.at_temperature(float(temperature)), 1e-6)
        drive.connect(0.0, 0.0)
        for at, step in zip(*sequence.jumps(), strict=True):
            drive.set_level(float(at), float(drive.level_at(np.array([at]))[0] + step))
        t = (np.arange(36_000) + 0.5) * 1e-5
        current = drive.readings(0.0, 1e-5, 0, len(t), 1e-5) + 2e-9 * random.standard_normal(len(t))
        run = record(t, current, sequence, aperture_s=1e-5, response_s=(1e-6,))
        estimates = fit(reduce_run(run), "R0-Mig1-CPE1").estimates
        found += [estimate for estimate in estimates if estimate.name == "Mig1.tau"]
    energy = arrhenius(temperatures, found)
    assert energy.energy_ci95_eV[0] <= -0.35 <= energy.energy_ci95_eV[1]
    assert energy.energy_eV == pytest.approx(-0.35, abs=0.01)
