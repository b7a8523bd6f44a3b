from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fitting import ohms_law, reduced_alike, superposition
from protocols import FitError, PulseSequence

T = np.arange(0.0, 0.185, 2e-4) + 3e-5
CELL = (300.0, 5e-4, 0.3, 2e-3, 1e-5)
NOISE_A = 2e-8


def holds(first_V: float, second_V: float) -> PulseSequence:
    """A pump and a probe; either may be left out."""
    levels_V = np.array([0, first_V, 0, second_V, 0.0])
    return PulseSequence(np.array([0.0, 0.01, 0.06, 0.07, 0.09]), levels_V, levels_V, 0.19)


def noisy(current: np.ndarray, seed: int) -> np.ndarray:
    return current + NOISE_A * np.random.default_rng(seed).standard_normal(len(current))


def pump_probe_runs(cells: Any, record: Any, seed: int, eta_per_V: float = 0.0) -> list[Any]:
    """Pump, probe, both; the conductance remembers the voltage of the past 20 ms by eta."""
    memory = cells(np.array([1.0]), np.array([1.0 / 0.02]))
    runs = []
    for k, (first, second) in enumerate([(0.02, 0.0), (0.0, 0.02), (0.02, 0.02)]):
        drive = holds(first, second)
        past = -memory.current(T, drive) + np.interp(T, *_volts(drive))
        current = cells.debye(*CELL).current(T, drive) * (1.0 + eta_per_V * past)
        runs.append(record(T, noisy(current, 10 * seed + k), drive))
    return reduced_alike(runs)


def _volts(drive: PulseSequence) -> tuple[np.ndarray, np.ndarray]:
    times = np.repeat(np.append(drive.times_s, drive.duration_s), 2)[1:-1]
    return times, np.repeat(drive.start_V, 2)


def test_linear_cell_is_called_nonlinear_in_five_percent(cells: Any, record: Any) -> None:
    found = [superposition(pump_probe_runs(cells, record, seed)) for seed in range(120)]
    alarms = sum(not one.linear for one in found)
    # Binomial, 120 at 5 %: 6 +- 2.4.
    assert 1 <= alarms <= 14
    assert np.mean([one.p_value for one in found]) == pytest.approx(0.5, abs=0.1)


def test_memory_that_depends_on_the_pump_is_nonlinear(cells: Any, record: Any) -> None:
    found = superposition(pump_probe_runs(cells, record, 1, eta_per_V=3.0))
    assert not found.linear
    assert found.p_value < 1e-6
    low, high = found.misfit_ci95_A
    assert 0.0 < low < found.misfit_A < high
    assert "nonlinear" in str(found)


def test_misfit_is_the_size_of_what_was_put_in(cells: Any, record: Any) -> None:
    drives = [holds(0.01, 0.0), holds(0.02, 0.0)]
    currents = [cells.debye(*CELL).current(T, drive) for drive in drives]
    # The second run is 1 % too high: the best common weights leave 1 % of I1 and I2, shared as 4/5 and 1/5 of squares.
    currents[1] *= 1.01
    runs = reduced_alike([record(T, noisy(currents[k], k), drives[k]) for k in range(2)])
    left = 0.01 * np.sqrt(1.0 * 4.0 / 5.0) * np.sqrt(np.mean(currents[0] ** 2) / 2.0)
    found = superposition(runs)
    assert found.misfit_A == pytest.approx(left, rel=0.25)
    low, high = found.misfit_ci95_A
    assert low < left < high


def amplitude_series(cells: Any, record: Any, k_per_V: float, seed: int) -> list[Any]:
    """A cell behind sinh hopping, ``sinh(k V) / k``."""
    runs = []
    for n, level in enumerate((0.005, 0.02, 0.05, 0.1)):
        drive = holds(level, level)
        size = np.sinh(k_per_V * level) / (k_per_V * level) if k_per_V else 1.0
        current = cells.debye(*CELL).current(T, drive) * size
        runs.append(record(T, noisy(current, 10 * seed + n), drive))
    return reduced_alike(runs)


def test_ohms_law_holds_for_a_linear_cell_in_95_percent(cells: Any, record: Any) -> None:
    found = [ohms_law(amplitude_series(cells, record, 0.0, seed)).linear for seed in range(24)]
    # Of 24, fewer than 20 at 95 % each have a chance of 0.6 %.
    assert sum(found) >= 20


def test_third_order_of_sinh_hopping_gives_the_hop_length(cells: Any, record: Any) -> None:
    # a = 0.3 nm over a thickness of 5 nm at 300 K: k = a / (2 kT/q L) = 1.16 per V.
    length, thickness, kelvin = 3e-10, 5e-9, 300.0
    k = length / (2.0 * 8.617333262e-5 * kelvin * thickness)
    runs = amplitude_series(cells, record, k, 3)
    found = ohms_law(runs, thickness_m=thickness, temperature_K=kelvin)
    assert found.third_order_per_V2 == pytest.approx(k**2 / 6.0, rel=0.15)
    assert not found.linear
    assert found.hop_length_m is not None
    value, low, high = found.hop_length_m
    assert low < length < high
    assert value == pytest.approx(length, rel=0.08)


def test_runs_that_cannot_be_compared_are_refused(cells: Any, record: Any) -> None:
    run = pump_probe_runs(cells, record, 1)[0]
    with pytest.raises(FitError, match="two runs"):
        superposition([run])
    with pytest.raises(FitError, match="amplitude"):
        ohms_law([run, run])
