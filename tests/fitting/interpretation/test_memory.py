from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from fitting import CellModel, FitResult, fit
from fitting.model.elements.migration import mismatch
from protocols import PulseSequence

T = np.arange(0.0, 0.385, 1e-4) + 3e-5
CELL = CellModel("R0-De1-C1", {"R0": 300.0})
DRIVE = PulseSequence.pulse(0.02, 0.15, before=0.01, after=0.23)


def noise(seed: int = 1, sigma: float = 1e-10) -> np.ndarray:
    return sigma * np.random.default_rng(seed).standard_normal(len(T))


def figures(found: FitResult) -> dict[str, Any]:
    return {quantity.name: quantity for quantity in found.memory}


def test_debye_memory_has_its_relaxation_time_as_mean_and_its_ln_2_as_median(cells: Any, record: Any) -> None:
    current = cells.debye(300.0, 5e-4, 0.3, 2e-3, 1e-3).current(T, DRIVE) + noise()
    found = fit(record(T, current, DRIVE), CELL)
    memory = figures(found)
    assert memory["W_inf"].value == pytest.approx(0.3, rel=1e-2)
    assert memory["back_hop_fraction"].value == pytest.approx(0.7, rel=1e-2)
    assert memory["memory_time"].value == pytest.approx(2e-3, rel=1e-2)
    assert "all of it" in memory["memory_time"].note
    assert memory["median_memory_time"].value == pytest.approx(2e-3 * np.log(2.0), rel=1e-2)
    assert memory["mode_capacitance"].value == pytest.approx(5e-4 * 0.7 * 2e-3, rel=1e-2)
    assert all(quantity.determined for quantity in found.memory)


def test_band_holds_the_relaxation(cells: Any, record: Any) -> None:
    current = cells.debye(300.0, 5e-4, 0.3, 2e-3, 1e-3).current(T, DRIVE) + noise(sigma=1e-8)
    band = fit(record(T, current, DRIVE), CELL).band
    assert band is not None
    truth = 0.3 + 0.7 * np.exp(-band.t_s / 2e-3)
    assert np.all(band.lowest <= band.W)
    assert np.all(band.highest >= band.W)
    assert np.mean((band.lowest - 1e-9 <= truth) & (truth <= band.highest + 1e-9)) > 0.9
    assert band.t_s[0] == pytest.approx(3e-5, rel=0.01)


def test_mean_time_of_a_long_tail_names_its_window() -> None:
    from fitting.inference.optimum import Fitted
    from fitting.inference.parameter_transform import ParameterTransform
    from fitting.interpretation.memory import memory_quantities
    from fitting.model.circuit import CellModel

    model = CellModel("Mig1")
    theta, window = np.array([1e-4, 1.7, 2.0, 2e-3]), 1.0
    transform = ParameterTransform(model.parameters)
    u = transform.to_unbounded(theta)
    ends = np.stack([u - 0.02, u + 0.02], axis=1)
    quantities, _ = memory_quantities(Fitted(model, transform, u, 1e-4 * np.eye(4), ends, (1e-5, window)))
    memory = {quantity.name: quantity for quantity in quantities}

    def W(t: float) -> float:
        return float(np.exp(-1.7 * (1.0 - mismatch(np.array([t / 2e-3]), 1.7, 2.0)[0][0])))

    last = W(window)
    over = quad(lambda x: (W(np.exp(x)) - last) * np.exp(x), np.log(1e-8), np.log(window), limit=300)[0]
    assert memory["memory_time"].value == pytest.approx(over / (1.0 - last), rel=1e-3)
    assert "first 1 s; it grows with the window" in memory["memory_time"].note
    half = 0.5 * (1.0 + np.exp(-1.7))
    assert memory["median_memory_time"].value == pytest.approx(brentq(lambda t: W(t) - half, 1e-6, 1.0), rel=1e-3)
    # W_inf = e^-B depends on B alone: its interval is B's.
    assert memory["W_inf"].ci95 == pytest.approx((np.exp(-1.7 * 1.0189), np.exp(-1.7 * 0.9811)), rel=1e-3)


def test_charge_that_comes_back_from_a_capacitor(cells: Any, record: Any) -> None:
    # tau = 20 ms: of what 150 ms bring, 230 ms of rest return all but e^(-11.5).
    current = cells.rc(2000.0, 1e-5).current(T, DRIVE) + noise()
    ratio = figures(fit(record(T, current, DRIVE), "R0-C1"))["reversal_charge_ratio"]
    assert ratio.value == pytest.approx(1.0 - np.exp(-11.5), abs=1e-4)
    assert "electrode together" in ratio.note


def test_every_pulse_has_its_own_ratio(cells: Any, record: Any) -> None:
    drive = PulseSequence.pump_probe(0.02, 0.1, 0.05, before=0.01, after=0.14)
    cell = cells.rc(5000.0, 2e-5)
    found = fit(record(T, cell.current(T, drive) + noise(), drive), "R0-C1")
    marks = np.array([0.01, 0.11, 0.16, 0.26, 0.4])
    charge = sum(step * cell.step_integral(marks - edge) for edge, step in zip(*drive.jumps(), strict=True))
    expected = [-(charge[k + 2] - charge[k + 1]) / (charge[k + 1] - charge[k]) for k in (0, 2)]
    memory = figures(found)
    assert memory["reversal_charge_ratio"].value == pytest.approx(expected[0], rel=1e-3)
    assert memory["reversal_charge_ratio_2"].value == pytest.approx(expected[1], rel=1e-3)


def test_prony_modes_have_their_capacitances(record: Any) -> None:
    # Two Debye relaxations side by side answer at once: G(t) = G [W + (1 - W) sum g_k exp(-t/tau_k)].
    G, W, g, tau = 1e-3, 0.2, np.array([0.6, 0.4]), np.array([3e-4, 2e-2])
    current = np.zeros(len(T))
    for edge, step in zip(*DRIVE.jumps(), strict=True):
        late = np.maximum(T - edge, 0.0)
        response = W + (1.0 - W) * (g * np.exp(-late[:, None] / tau)).sum(axis=1)
        current += np.where(edge <= T, step * G * response, 0.0)
    found = fit(record(T, current + noise(), DRIVE), "Pr1:2")
    memory = figures(found)
    assert memory["W_inf"].value == pytest.approx(W, rel=1e-3)
    capacitances = sorted(memory[f"mode_capacitance_{k}"].value for k in (1, 2))
    assert capacitances == pytest.approx(sorted(G * (1.0 - W) * g * tau), rel=1e-2)


def test_circuit_without_a_hopping_conductor_claims_no_memory(cells: Any, record: Any) -> None:
    found = fit(record(T, cells.rc(2000.0, 1e-5).current(T, DRIVE) + noise(), DRIVE), "R0-C1")
    assert found.band is None
    assert [quantity.name for quantity in found.memory] == ["reversal_charge_ratio"]
