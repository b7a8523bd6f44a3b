"""Jumps of a sampled voltage that lie each at a place of its own between two samples.

Currents are the closed form of a resistor before a Warburg element, 1/R erfcx(sqrt(t) / (R Q)).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import erfcx

from fitting import FitResult, Nuisance, fit, fit_reduced, predict, reduce_run
from fitting.reduction.leading_columns import EdgeShifts
from fitting.reduction.reduce import reducer_of
from fitting.reduction.sampled_edges import edges_of
from fitting.results.remarks import RemarkKind
from protocols import FitError, PulseSequence
from tests.fitting.bounds import bounds

Floats = NDArray[np.float64]

DT, N, RESISTANCE, Q, NOISE_A = 1e-3, 6000, 1e3, 5e-5, 2e-9
T = np.arange(N, dtype=np.float64) * DT
TRUTH = {"R0": RESISTANCE, "CPE1.Q": Q, "CPE1.n": 0.5}
# Each jump as long before the sample that follows it as it likes.
LEADS = np.array([0.15, 0.8, 0.4, 0.95]) * DT
DRIVE = PulseSequence.from_arrays(
    np.concatenate([[0.0], np.array([0.5, 1.5, 2.0, 3.0]) - LEADS]), [0.0, 0.02, 0.0, 0.02, 0.0], 10.0
)


def warburg(t: Floats) -> Floats:
    total = np.zeros(len(t))
    for edge, step in zip(*DRIVE.jumps(), strict=True):
        late = t > edge
        total[late] += step / RESISTANCE * erfcx(np.sqrt(t[late] - edge) / (RESISTANCE * Q))
    return total


@pytest.fixture
def run(record: Any) -> Any:
    noise = NOISE_A * np.random.default_rng(3).standard_normal(N)
    return record(T, warburg(T) + noise, None, voltage_V=DRIVE.voltage_at(T))


def check_truth(result: FitResult) -> None:
    for one in result.estimates:
        low, high = bounds(one)
        assert low <= TRUTH[one.name] <= high
        assert high - low < 0.05 * TRUTH[one.name]


def test_each_jump_is_found_at_its_place_and_the_cell_with_them(run: Any) -> None:
    result = fit(run, "R0-CPE1")
    assert [one.kind for one in result.remarks] == [RemarkKind.EDGE_PLACES]
    deviation_s = result.remarks[0].values["deviation_s"]
    assert isinstance(deviation_s, float)
    assert deviation_s < 0.01 * DT
    assert result.terms.edge_leads_s == pytest.approx(LEADS, abs=max(5.0 * deviation_s, 0.02 * DT))
    check_truth(result)
    assert predict(run, result) == pytest.approx(warburg(T), abs=3.0 * NOISE_A)


def test_without_a_second_pass_the_circuit_is_questioned(run: Any) -> None:
    reduction = reduce_run(run)
    common = fit(reduction, "R0-CPE1")
    assert any(one.kind.questions_model for one in common.remarks)
    again, result = fit_reduced(run, reduction, "R0-CPE1")
    assert again is not reduction
    check_truth(result)


def test_a_wrong_circuit_is_questioned_with_places_of_its_own_too(run: Any) -> None:
    result = fit(run, "R0-C1")
    assert any(one.kind.questions_model for one in result.remarks)


def test_places_that_are_known_are_taken(run: Any) -> None:
    result = fit(run, "R0-CPE1", terms=Nuisance(edge_leads_s=tuple(LEADS)))
    assert not result.remarks
    check_truth(result)
    with pytest.raises(FitError, match="3 places for 4 jumps"):
        fit(run, "R0-CPE1", terms=Nuisance(edge_leads_s=(0.0, 0.0, 0.0)))


def test_columns_of_places_are_the_derivatives_of_the_current() -> None:
    rates, weights = np.array([0.0, 3.0, 40.0, 700.0]), np.array([1e-4, 2e-4, 5e-4, -1e-4])

    def current(places_s: Floats) -> Floats:
        since = np.subtract.outer(T, places_s)
        seen = np.exp(-np.multiply.outer(np.maximum(since, 0.0), rates)) @ weights
        return np.asarray(np.where(since > 0.0, seen, 0.0) @ jumps_V)

    places_s, jumps_V, h = np.array([0.5, 2.0]) - 0.3 * DT, np.array([0.02, -0.01]), 1e-7
    columns = EdgeShifts(places_s, jumps_V, rates, weights).columns(T)
    for k in range(2):
        step = np.where(np.arange(2) == k, h, 0.0)
        # A jump that comes earlier is seen later.
        expected = (current(places_s - step) - current(places_s + step)) / (2.0 * h)
        np.testing.assert_allclose(columns[:, k], expected, rtol=1e-6, atol=1e-9 * np.abs(expected).max())


def test_long_holds_see_the_columns_by_blocks_as_sample_by_sample(record: Any) -> None:
    n = 20_000
    t = np.arange(n, dtype=np.float64) * DT
    run = record(t, np.random.default_rng(5).standard_normal(n), None, voltage_V=DRIVE.voltage_at(t))
    terms = Nuisance(before="rest", edge_leads_s=tuple(LEADS))
    edges = edges_of(run, terms)
    assert edges is not None
    rates = reduce_run(run, terms).grid.rates
    weights = np.random.default_rng(6).standard_normal(len(rates))
    shifts = EdgeShifts(edges.after_s - LEADS, edges.jumps_V, rates, weights)
    quick = reducer_of(run, terms, shifts=shifts).triangle
    slow = reducer_of(run, terms, shifts=shifts, weight=np.ones(n)).triangle  # weights are given sample by sample
    size = np.maximum(np.linalg.norm(slow, axis=0), 1e-100)
    assert np.abs((quick.T @ quick - slow.T @ slow) / np.outer(size, size)).max() < 1e-9
