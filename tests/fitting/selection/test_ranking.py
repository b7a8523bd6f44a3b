from __future__ import annotations

from statistics import NormalDist
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from fitting import CellModel, fit, rank, reduce_run
from fitting.inference.information_criteria import criteria
from fitting.results.estimate import Estimate
from fitting.selection.model_averaging import averaged
from protocols import FitError, PulseSequence

DRIVE = PulseSequence.pump_probe(0.02, 0.05, 0.03, before=0.01, after=0.1)
T = np.arange(0.0, 0.185, 2e-5) + 1e-5
FAMILIES = ["De1", "Cc1", "Mig1"]


def migration_current(B: float, K: float, tau: float, G: float) -> np.ndarray:
    """Current of a MIGRATION bulk between reversible electrodes, from its rate equations."""

    def rates(_: float, y: np.ndarray) -> list[float]:
        ln_w, g = y
        slope = np.exp(ln_w) * g**K / tau
        return [-B * slope, -slope]

    times = np.concatenate([[0.0], np.geomspace(1e-6, 0.2, 4000)])
    W = np.exp(solve_ivp(rates, (0.0, 0.2), [0.0, 1.0], "LSODA", times, rtol=1e-10, atol=1e-13).y[0])
    total = np.zeros(len(T))
    for edge, step in zip(*DRIVE.jumps(), strict=True):
        total += np.where(edge <= T, step * G * np.interp(T - edge, times, W), 0.0)
    return total


def first(record: Any, current: np.ndarray, seed: int) -> str:
    noise = 1e-3 * np.sqrt(np.mean(current**2)) * np.random.default_rng(seed).standard_normal(len(T))
    found = rank(record(T, current + noise, DRIVE), FAMILIES)
    return found.best.model.circuit


def test_true_family_comes_first(record: Any, cells: Any) -> None:
    right = []
    for seed in range(5):
        draw = np.random.default_rng(50 + seed).random(2)
        W, tau = 0.2 + 0.4 * draw[0], 10.0 ** (-3.0 + draw[1])
        # De alone: 5e-4 (W + (1 - W) e^(-t/tau))
        bulk = cells(5e-4 * np.array([W, 1.0 - W]), np.array([0.0, 1.0 / tau]))
        current = sum(
            (step * bulk.step(T - edge) for edge, step in zip(*DRIVE.jumps(), strict=True)), start=np.zeros(len(T))
        )
        right.append(first(record, current, seed) == "De1")
        right.append(
            first(record, migration_current(1.0 + draw[0], 2.0, 10.0 ** (-4.0 + draw[1]), 5e-4), seed) == "Mig1"
        )
    assert np.mean(right) >= 0.9


def test_criteria_are_those_of_the_textbook(record: Any, cells: Any) -> None:
    noise = 1e-8 * np.random.default_rng(1).standard_normal(len(T))
    reduction = reduce_run(record(T, cells.rc(2e3, 1e-5).current(T, DRIVE) + noise, DRIVE))
    result = fit(reduction, "R0-C1")
    n, k = 1000.0, 4  # R, C, offset, noise
    aicc, bic = criteria(result, n)
    misfit = n * np.log(result.rms_residual_A**2)
    assert aicc == pytest.approx(misfit + 2 * k + 2 * k * (k + 1) / (n - k - 1))
    assert bic == pytest.approx(misfit + k * np.log(n))


@pytest.mark.parametrize("seed", range(2, 8))
def test_memory_that_is_not_there_is_never_decided_for(record: Any, cells: Any, seed: int) -> None:
    # By chance AICc prefers a nested model with three idle parameters in some 10 % of runs: never by much.
    noise = 1e-8 * np.random.default_rng(seed).standard_normal(len(T))
    run = record(T, cells.rc(2e3, 1e-5).current(T, DRIVE) + noise, DRIVE)
    found = rank(run, ["R0-De1-C1", "R0-C1", "R0"])
    by_name = {one.result.model.circuit: one for one in found.candidates}
    assert by_name["R0-C1"].delta_bic == 0.0
    assert by_name["R0-C1"].delta_aicc < 10.0
    assert found.candidates[2].result.model.circuit == "R0"
    assert by_name["R0-C1"].whiteness == pytest.approx(1.0, abs=0.06)
    assert by_name["R0"].whiteness > 100.0
    assert not found.decided
    assert sum(one.weight for one in found.candidates) == pytest.approx(1.0)
    assert found.table().row_count == 3
    assert len(found.to_dict()["ranking"]) == 3


def test_nothing_to_rank_is_an_error(record: Any) -> None:
    with pytest.raises(FitError, match="at least one"):
        rank(record(T, np.ones(len(T)), DRIVE), [])


def test_models_with_known_parameters_are_ranked(record: Any, cells: Any) -> None:
    noise = 1e-8 * np.random.default_rng(3).standard_normal(len(T))
    run = record(T, cells.rc(2e3, 1e-5).current(T, DRIVE) + noise, DRIVE)
    found = rank(run, [CellModel("R0-C1", {"R0": 2500.0}), CellModel("R0-C1", {"R0": 2000.0})])
    assert found.best.model.fixed == {"R0": 2000.0}
    assert found.decided


def told(value: float, ci95: tuple[float | None, float | None], unit: str = "") -> SimpleNamespace:
    quantity = Estimate("figure", unit, value, ci95, determined=True)
    return SimpleNamespace(memory=(quantity,))


def weighted(*candidates: tuple[SimpleNamespace, float]) -> Any:
    found = averaged([SimpleNamespace(result=result, weight=weight) for result, weight in candidates])  # type: ignore[misc]
    assert len(found) == 1
    return found[0]


def test_one_candidate_keeps_its_own_interval() -> None:
    share = weighted((told(0.3, (0.2, 0.45)), 1.0))
    assert (share.value, *share.ci95) == pytest.approx((0.3, 0.2, 0.45), rel=1e-6)
    time = weighted((told(1e-3, (2e-4, 3e-3), "s"), 1.0))
    assert (time.value, *time.ci95) == pytest.approx((1e-3, 2e-4, 3e-3), rel=1e-6)


def test_interval_over_candidates_is_that_of_their_weighted_distributions() -> None:
    # Of two narrow ones far apart each end lies in its own: there 2.5 % of all is 2.5 / 60 and 2.5 / 40 of it.
    both = weighted((told(0.2, (0.2 - 1.96e-3, 0.2 + 1.96e-3)), 0.6), (told(0.7, (0.7 - 1.96e-3, 0.7 + 1.96e-3)), 0.4))
    low, high = NormalDist(0.2, 1e-3).inv_cdf(0.025 / 0.6), NormalDist(0.7, 1e-3).inv_cdf(1.0 - 0.025 / 0.4)
    assert both.ci95 == pytest.approx((low, high), abs=1e-6)


def test_a_candidate_that_leaves_a_side_open_leaves_it_open_for_all_unless_it_has_no_weight() -> None:
    narrow, broad = told(1.0, (0.9, 1.1), "s"), told(1.5, (0.8, None), "s")
    assert weighted((narrow, 0.9), (broad, 0.1)).ci95[1] is None
    assert weighted((narrow, 0.97), (broad, 0.03)).ci95[1] is not None


def test_a_cell_without_memory_among_the_candidates_leaves_nothing_to_average() -> None:
    none = SimpleNamespace(memory=())
    assert averaged([SimpleNamespace(result=none, weight=0.5), SimpleNamespace(result=none, weight=0.5)]) == ()  # type: ignore[list-item]
