"""Jumps of a sampled voltage: found, taken for jumps, and their place found by the fit.

Currents are sums of exponentials by partial fractions, of edges that lie wherever they like between two samples.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import erfcx

from fitting import CellModel, FitResult, Nuisance, fit, predict, reduce_run
from fitting.inference.observations import PulseObservation
from fitting.interpretation.friction import friction_kernel
from fitting.interpretation.reversal import charge_ratio
from fitting.reduction.drive import ModeCursor
from fitting.reduction.sampled_edges import SampledVoltage, sampled_edges
from fitting.results.remarks import RemarkKind
from protocols import FitError, PulseSequence
from tests.fitting.bounds import bounds

Floats = NDArray[np.float64]

DT = 1e-3
N = 6000
T = np.arange(N, dtype=np.float64) * DT
# A resistor before a Warburg element: 1/R erfcx(sqrt(t) / (R Q)).
RESISTANCE, Q = 1e3, 5e-5
WARBURG = {"R0": RESISTANCE, "CPE1.Q": Q, "CPE1.n": 0.5}
DEBYE = {"R": 300.0, "G": 5e-4, "W": 0.3, "tau": 30e-3, "C": 1e-4}
CIRCUIT = CellModel("R0-De1-C1", {"R0": 300.0})
TRUTH = {"De1.G_inf": 5e-4, "De1.W_inf": 0.3, "De1.tau": 30e-3, "C1": 1e-4}


def pulses(shift: float) -> PulseSequence:
    """Two pulses whose edges come some share of an interval after a sample."""
    late = shift * DT
    return PulseSequence.pump_probe(0.02, 1.0, 0.5, before=0.5 + late, after=N * DT)


def warburg(t: Floats, drive: PulseSequence) -> Floats:
    total = np.zeros(len(t))
    for edge, step in zip(*drive.jumps(), strict=True):
        late = t > edge
        total[late] += step / RESISTANCE * erfcx(np.sqrt(t[late] - edge) / (RESISTANCE * Q))
    return total


def noise(sigma: float, seed: int, n: int = N) -> Floats:
    return sigma * np.random.default_rng(seed).standard_normal(n)


@pytest.mark.parametrize("sigma", [0.0, 1e-5, 1e-3])
def test_jumps_are_found_between_their_samples(sigma: float) -> None:
    found = sampled_edges(T, pulses(0.4).voltage_at(T) + noise(sigma, 1))
    assert found is not None
    assert found.after_s == pytest.approx([0.501, 1.501, 2.001, 3.001])
    assert found.gap_s == pytest.approx(np.full(4, DT))
    assert len(found.partial_s) == 0


def test_jumps_are_found_among_few_samples_and_beside_a_coarse_converter() -> None:
    volts = np.where(np.arange(20) < 9, 0.0, 0.1)
    found = sampled_edges(np.arange(20, dtype=np.float64), volts)
    assert found is not None
    assert found.after_s.tolist() == [9.0]
    flicker = 1e-4 * (np.random.default_rng(2).random(N) < 0.3)
    coarse = sampled_edges(T, pulses(0.4).voltage_at(T) + flicker)
    assert coarse is not None
    assert len(coarse.after_s) == 4


def test_a_single_sample_within_a_jump_averaged_over_it() -> None:
    volts = pulses(0.4).voltage_at(T)
    volts[501] = 0.007
    found = sampled_edges(T, volts)
    assert found is not None
    assert found.partial_s.tolist() == [T[501]]
    assert found.after_s[0] == T[502]
    assert found.gap_s[0] == pytest.approx(2.0 * DT)


def test_a_pulse_of_one_sample_has_two_jumps() -> None:
    volts = np.zeros(100)
    volts[50] = 0.1
    found = sampled_edges(T[:100], volts)
    assert found is not None
    assert found.after_s.tolist() == [T[50], T[51]]


@pytest.mark.parametrize(
    "volts",
    [
        0.1 * np.sin(20.0 * T),
        0.01 * T,
        0.1 * np.abs(np.mod(T, 1.0) - 0.5),
        np.zeros(N),
        noise(1e-3, 3),
        np.full(N, np.nan),
    ],
    ids=["sine", "ramp", "triangle", "nothing", "noise", "not read"],
)
def test_what_changes_all_the_time_has_no_jumps(volts: Floats) -> None:
    assert sampled_edges(T, volts) is None


def test_a_ramp_over_several_samples_stays_one() -> None:
    volts = np.interp(T, [0.5, 0.51, 1.5, 1.501], [0.0, 0.02, 0.02, 0.0])
    found = sampled_edges(T, volts)
    assert found is not None
    assert found.after_s.tolist() == [T[1501]]


def test_modes_see_jumps_at_the_samples_after_them() -> None:
    rates = np.array([0.0, 3.0, 200.0, 1e5])
    drive = pulses(0.4)
    volts = drive.voltage_at(T)
    volts[501] = 0.007  # averaged over the first jump
    edges = sampled_edges(T, volts)
    assert edges is not None
    places = [0.502, 1.501, 2.001, 3.001]
    expected = np.zeros((N, 4))
    for place, step in zip(places, drive.jumps()[1], strict=True):
        late = np.maximum(T - place, 0.0)
        expected += step * np.where(T[:, None] > place - 0.5 * DT, np.exp(-np.multiply.outer(late, rates)), 0.0)
    cursor = ModeCursor(rates, None, DT, sampled=SampledVoltage(edges))
    cuts = [0, 1, 2, 501, 502, 503, 1501, 1502, 4000, N]
    parts = [cursor.rows(T[a:b], volts[a:b]) for a, b in pairwise(cuts)]
    rows, keep = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    assert np.flatnonzero(~keep).tolist() == [501]
    # A jump comes a millionth of an interval before its sample: 1e-4 of the fastest mode here.
    assert rows[keep] == pytest.approx(expected[keep], abs=3e-6)


@pytest.mark.parametrize("share", [0.02, 0.4, 0.97])
def test_the_place_of_the_jumps_is_found_with_the_cell(share: float, record: Any) -> None:
    drive = pulses(share)
    result = fit(record(T, warburg(T, drive) + noise(2e-9, 4), None, voltage_V=drive.voltage_at(T)), "R0-CPE1")
    assert [remark.kind for remark in result.remarks] == [RemarkKind.EDGE_LEAD]
    assert result.remarks[0].values["lead_s"] == pytest.approx((1.0 - share) * DT, abs=0.02 * DT)
    assert result.remarks[0].values["most_s"] == pytest.approx(DT)
    for one in result.estimates:
        low, high = bounds(one)
        assert one.value - 2.0 * (one.value - low) <= WARBURG[one.name] <= one.value + 2.0 * (high - one.value)
        assert high - low < 0.05 * WARBURG[one.name]


def test_what_the_place_of_the_jumps_leaves_open_is_in_the_intervals(cells: Any, record: Any) -> None:
    """Two exponentials seen later are two others: nothing tells where the jumps of a Debye cell were."""
    drive = pulses(0.4)
    current = cells.debye(**DEBYE).current(T, drive) + noise(2e-9, 4)
    result = fit(record(T, current, None, voltage_V=drive.voltage_at(T)), CIRCUIT)
    for one in result.estimates:
        low, high = bounds(one)
        assert low <= TRUTH[one.name] <= high


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_figures_of_several_parameters_hold_what_the_place_of_the_jumps_leaves_open(
    share: float, cells: Any, record: Any
) -> None:
    """The valley is bent, and ends where the jumps can be no earlier or later: the covariance knows nothing of it."""
    drive = pulses(share)
    cell = cells.debye(**DEBYE)
    clean = cell.current(T, drive)
    widths, rest = np.array([5e-3, 50e-3]), 0.1
    forward = cell.step_integral(widths)
    back = forward + cell.step_integral(np.full(2, rest)) - cell.step_integral(widths + rest)
    for seed in range(4):
        run = record(T, clean + noise(2e-9, seed), None, voltage_V=drive.voltage_at(T))
        found = fit(run, CIRCUIT)
        kept = FitResult.from_document(found.to_document(), found.arrays())
        low, high = found["mode_capacitance"].ci95
        assert low is not None
        assert high is not None
        assert low < 5e-4 * 0.7 * 30e-3 < high
        assert high < 1.1 * low
        band = found.band
        assert band is not None
        W = 0.3 + 0.7 * np.exp(-band.t_s / 30e-3)
        assert np.all((band.lowest < W) & (band.highest > W))
        # kappa~ = G_inf / Y - 1 of a Debye cell is (1 - W) / (W + s tau): one decay.
        t = np.geomspace(1e-3, 20e-3, 9)
        truth = 0.7 / 30e-3 * np.exp(-0.3 * t / 30e-3)
        for result in (found, kept):
            kernel = friction_kernel(result, t)
            assert np.all((kernel.lowest < truth) & (kernel.highest > truth))
            returned = charge_ratio(result, widths, rest)
            assert np.all((returned.lowest < back / forward) & (returned.highest > back / forward))


def test_long_holds_are_taken_by_blocks_as_sample_by_sample(cells: Any, record: Any) -> None:
    n = 40_000
    t = np.arange(n, dtype=np.float64) * DT
    drive = PulseSequence.pump_probe(0.02, 10.0, 9.0, before=5.0004, after=30.0)
    current = cells.debye(**DEBYE).current(t, drive) + noise(2e-9, 5, n)
    volts = drive.voltage_at(t)
    run = record(t, current, None, voltage_V=volts)
    quick = reduce_run(run)
    slow = reduce_run(run, weight=np.ones(n))  # weights are given sample by sample
    assert quick.n_samples == slow.n_samples == n
    assert quick.factor[1:-1, 1:-1].T @ quick.factor[1:-1, 1:-1] == pytest.approx(
        slow.factor[1:-1, 1:-1].T @ slow.factor[1:-1, 1:-1], rel=1e-8, abs=1e-12
    )


def test_derivatives_hold_the_lead_at_its_best(cells: Any, record: Any) -> None:
    drive = pulses(0.4)
    current = cells.debye(**DEBYE).current(T, drive) + noise(2e-9, 6)
    observation = PulseObservation(reduce_run(record(T, current, None, voltage_V=drive.voltage_at(T))))
    theta = np.array([5.2e-4, 0.31, 28e-3, 1.02e-4])

    def cost(at: Floats) -> float:
        residual = observation.residual(CIRCUIT.admittance(observation.s, at))
        return 0.5 * float(residual @ residual)

    Y, dY = CIRCUIT.evaluate(observation.s, theta)
    residual, jacobian = observation.linearised(Y, dY)
    gradient = jacobian.T @ residual
    for k, value in enumerate(theta):
        h = np.zeros(4)
        h[k] = 1e-4 * value
        assert gradient[k] == pytest.approx((cost(theta + h) - cost(theta - h)) / (2.0 * h[k]), rel=1e-4)


def test_the_predicted_current_has_the_jumps_where_they_were(record: Any) -> None:
    drive = pulses(0.4)
    clean = warburg(T, drive)
    run = record(T, clean + noise(2e-9, 7), None, voltage_V=drive.voltage_at(T))
    assert predict(run, fit(run, "R0-CPE1")) == pytest.approx(clean, abs=2e-9)


def test_jumps_right_after_a_sample_can_be_given(cells: Any, record: Any) -> None:
    drive = pulses(1e-6)
    current = cells.debye(**DEBYE).current(T, drive) + noise(2e-9, 8)
    run = record(T, current, None, voltage_V=drive.voltage_at(T))
    known, found = fit(run, CIRCUIT, terms=Nuisance(edges="sample")), fit(run, CIRCUIT)
    assert not known.remarks
    assert known.values == pytest.approx(TRUTH, rel=1e-3)
    # What is known is worth something.
    assert max(high - low for low, high in map(bounds, known.estimates)) < max(
        high - low for low, high in map(bounds, found.estimates)
    )


def test_what_edges_may_be_is_said() -> None:
    with pytest.raises(FitError, match="step, sample, ramp, not 'slope'"):
        Nuisance(edges="slope")


def test_a_merged_part_without_jumps_leaves_their_place_open(record: Any) -> None:
    drive = pulses(0.4)
    jumping = reduce_run(record(T, warburg(T, drive), None, voltage_V=drive.voltage_at(T)))
    level = replace(jumping, most_lead_s=0.0)
    assert level.merged(jumping).most_lead_s == jumping.merged(level).most_lead_s == pytest.approx(DT)
    assert level.merged(level).most_lead_s == 0.0
