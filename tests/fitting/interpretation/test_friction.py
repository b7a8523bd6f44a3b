from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pymittagleffler import mittag_leffler

from fitting import CellModel, fit, friction_kernel, memory_shape
from fitting.interpretation.friction import kappa
from fitting.model.elements.debye import ColeCole, Debye
from protocols import FitError, PulseSequence
from tests.fitting.bounds import bounds

DRIVE = PulseSequence.pump_probe(0.02, 0.05, 0.03, before=0.01, after=0.1)
T = np.arange(0.0, 0.185, 1e-4) + 3e-5
W, TAU = 0.3, 2e-3


@pytest.fixture
def debye(cells: Any, record: Any) -> Any:
    noise = 2e-9 * np.random.default_rng(1).standard_normal(len(T))
    run = record(T, cells.debye(300.0, 5e-4, W, TAU, 1e-5).current(T, DRIVE) + noise, DRIVE)
    return fit(run, CellModel("R0-De1-C1", {"R0": 300.0}))


def test_friction_of_one_relaxation_is_one_exponential() -> None:
    # phi = (1 - W)/tau exp(-t/tau) gives kappa = (1 - W)/tau exp(-W t/tau).
    t = np.geomspace(1e-3, 10.0, 30) * TAU
    found = kappa(Debye(), np.array([5e-4, W, TAU]), t)
    assert found == pytest.approx((1.0 - W) / TAU * np.exp(-W * t / TAU), rel=1e-8)


def test_friction_of_cole_cole_is_mittag_leffler() -> None:
    a, t = 0.6, np.geomspace(1e-3, 1e2, 30) * TAU
    x = t / TAU
    truth = (1.0 - W) / TAU * x ** (a - 1.0) * np.real(mittag_leffler(-W * x**a, a, a))
    assert kappa(ColeCole(), np.array([5e-4, W, TAU, a]), t) == pytest.approx(truth, rel=1e-7)


def test_friction_obeys_volterras_equation(debye: Any) -> None:
    # kappa = phi + phi * kappa, the convolution by the trapezoid on an even grid.
    element, p = Debye(), np.array([5e-4, W, TAU])
    t = np.linspace(0.0, 5.0 * TAU, 4001)
    phi = (1.0 - W) / TAU * np.exp(-t / TAU)
    k = np.concatenate([[(1.0 - W) / TAU], kappa(element, p, t[1:])])
    products = phi[::-1] * k
    convolved = (t[1] - t[0]) * (products.sum() - 0.5 * (products[0] + products[-1]))
    assert k[-1] == pytest.approx(phi[-1] + convolved, rel=1e-5)


def test_band_of_the_friction_holds_the_truth(debye: Any) -> None:
    found = friction_kernel(debye, np.geomspace(2e-4, 2e-2, 9))
    truth = (1.0 - W) / TAU * np.exp(-W * found.t_s / TAU)
    wide = found.highest / found.lowest
    assert np.all((found.lowest / wide < truth) & (truth < found.highest * wide))
    assert np.all(wide < 1.05)


def test_a_single_relaxation_has_the_least_spread(debye: Any) -> None:
    spread, growth = memory_shape(debye)
    assert spread.value == pytest.approx(np.log10(np.log(0.16) / np.log(0.84)), rel=1e-3)
    assert growth.value == pytest.approx(1.0 / W - 1.0, rel=0.02)


def test_back_hops_by_a_walk_and_by_mismatch(debye: Any) -> None:
    by_name = {one.name: one for one in memory_shape(debye, "simple cubic")}
    # W = (1 + c)/(1 - c): c = -0.538; six neighbours: p = (1 + 5 * 0.538)/6.
    walk, mismatch = by_name["back_hop_probability_walk"], by_name["back_hop_probability_mismatch"]
    assert walk.value == pytest.approx((1.0 + 5.0 * 0.7 / 1.3) / 6.0, rel=0.01)
    assert mismatch.value == pytest.approx(0.7, rel=0.01)
    low, high = bounds(walk)
    assert low < walk.value < high


def test_unknown_lattice_and_cell_without_memory_are_refused(debye: Any, cells: Any, record: Any) -> None:
    with pytest.raises(FitError, match="kagome"):
        memory_shape(debye, "kagome")
    plain = fit(record(T, cells.rc(1e3, 1e-6).current(T, DRIVE), DRIVE), "R0-C1")
    with pytest.raises(FitError, match="hopping"):
        memory_shape(plain)
