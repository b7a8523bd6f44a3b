"""What came before a record: found where it shows, assumed only where it was said, and never taken for the cell.

Currents are sums of exponentials in closed form: a Debye bulk behind a resistor, blocked by a capacitor.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.campaigns.history_widths import widths
from benchmarks.campaigns.records import Kind, drawn_record
from benchmarks.campaigns.truth import SimulatedRecord
from fitting import CellModel, FitResult, Nuisance, fit, predict, reduce_run, reducer_for
from fitting.reduction.reduction import Reduction
from fitting.results.remarks import RemarkKind
from protocols import FitError, PulseSequence
from tests.fitting.bounds import bounds

Floats = NDArray[np.float64]

DT, N, LEVEL_V = 1e-3, 6000, 0.02
TRUTH = {"De1.G_inf": 5e-4, "De1.W_inf": 0.3, "De1.tau": 30e-3, "C1": 1e-4}
R0 = 300.0
CIRCUIT = CellModel("R0-De1-C1", {"R0": R0})
# An earlier pulse, then one with a rest before it and after it. Edges lie in the middle between two samples.
DRIVE = PulseSequence.from_arrays([0.0, 0.5005, 1.5005, 3.0005, 3.5005], [0.0, LEVEL_V, 0.0, LEVEL_V, 0.0], 1e3)
T = np.arange(N, dtype=np.float64) * DT


def step_response(t: Floats) -> Floats:
    """Response of R0, a Debye bulk and C in series, by partial fractions of 1/Z (S)."""
    G, W, tau, C = TRUTH.values()
    # Z = R0 + (1 + s tau) / (G (W + s tau)) + 1 / (s C), over the common denominator s C G (W + s tau)
    numerator = np.array([tau * G * C, W * G * C, 0.0])
    denominator = np.array([R0 * C * G * tau + C * tau, R0 * C * G * W + C + G * tau, G * W])
    poles = np.roots(denominator)
    total = np.zeros(len(t), dtype=np.complex128)
    for pole in poles:
        slope = np.polyval(np.polyder(denominator), pole)
        total += np.polyval(numerator, pole) / (pole * slope) * np.exp(pole * t)
    return total.real


def record(first: int, sigma: float = 0.0, last: int = N, seed: int = 5) -> Any:
    """The record of all that happened, from some sample on."""
    current = np.zeros(N)
    for edge, step in zip(*DRIVE.jumps(), strict=True):
        late = edge < T
        current[late] += step * step_response(T[late] - edge)
    current += sigma * np.random.default_rng(seed).standard_normal(N)
    here = slice(first, last)
    made = SimulatedRecord.of(T[here], current[here], DRIVE)
    made.drive = None
    return made


def kinds(result: FitResult) -> set[RemarkKind]:
    return {one.kind for one in result.remarks}


def assert_holds_the_truth(result: FitResult) -> None:
    for name, truth in TRUTH.items():
        low, high = bounds(result[name])
        assert low < truth < high, name


def test_a_cell_at_rest_is_found_at_rest_and_reduced_as_if_that_had_been_said() -> None:
    found, told = (reduce_run(record(0, 1e-9), Nuisance(before=before)) for before in ("", "rest"))
    assert found.n_history == 0
    assert found.rest_test is not None
    assert found.rest_test.chance > 1e-3
    np.testing.assert_allclose(found.factor.T @ found.factor, told.factor.T @ told.factor, atol=1e-12)
    assert RemarkKind.NOT_AT_REST not in kinds(fit(found, CIRCUIT))


@pytest.mark.parametrize("n_samples", [0, N])
@pytest.mark.parametrize("before", ["", "unknown"])
def test_nothing_carries_on_where_no_current_was_seen(before: str, n_samples: int) -> None:
    run = record(0)
    reducer = reducer_for(run.t_s, None, terms=Nuisance(before=before))
    reducer.append(run.t_s[:n_samples], run.voltage_V[:n_samples], np.zeros(n_samples), run.status[:n_samples])
    reduction = reducer.reduction()
    assert np.isfinite(reduction.factor).all()
    assert (reduction.n_history > 0) == (before == "unknown")
    assert reduction.rest_test is None or reduction.rest_test.chance == 1.0


# In the first pulse; in the rest after it, long before the second.
@pytest.mark.parametrize("first", [700, 1600, 2500])
def test_a_record_that_begins_late_finds_the_cell_restless_and_holds_the_truth(first: int) -> None:
    late = record(first, 1e-9)
    result = fit(late, CIRCUIT)
    assert RemarkKind.NOT_AT_REST in kinds(result)
    assert_holds_the_truth(result)
    wrong = fit(late, CIRCUIT, terms=Nuisance(before="rest"))
    assert any(one.kind.questions_model for one in wrong.remarks), "assuming rest does not pass in silence"


def test_history_that_hardly_matters_costs_hardly_anything() -> None:
    known, free = (fit(record(0, 1e-9), CIRCUIT, terms=Nuisance(before=before)) for before in ("rest", "unknown"))
    for name in TRUTH:
        (low, high), (lowest, highest) = bounds(known[name]), bounds(free[name])
        assert highest - lowest < 3.0 * (high - low)
    assert RemarkKind.HISTORY_FREE in kinds(free)


def held_at(level_V: float, since_s: float, until_s: float) -> Any:
    """A record at rest but for what another voltage has left, which ended before it began, and its own pulse."""
    late = record(2500, 1e-9)
    late.current_A += level_V * (step_response(late.t_s - since_s) - step_response(late.t_s - until_s))
    return late


# A formation at fifty times the voltage; a faint pulse, which changes the current by a few times the noise.
@pytest.mark.parametrize("level_V", [50.0 * LEVEL_V, 1e-5])
def test_the_size_of_a_history_is_found_whatever_the_size_of_the_pulses(level_V: float) -> None:
    result = fit(held_at(level_V, -5.0, 2.3), CIRCUIT)
    assert not any(one.kind.questions_model for one in result.remarks)
    assert_holds_the_truth(result)


def test_a_baseline_that_no_pulse_leaves_is_as_free_as_a_history() -> None:
    drifting = record(0, 1e-9)
    # As slow as a cooling sample, and rising while the capacitor's current falls.
    drifting.current_A += 2e-7 * (1.0 - np.exp(-drifting.t_s / 2.0))
    result = fit(drifting, CIRCUIT)
    assert RemarkKind.NOT_AT_REST in kinds(result)
    assert not any(one.kind.questions_model for one in result.remarks)
    assert_holds_the_truth(result)


def test_memory_without_the_time_before_is_told_nearly_as_well_as_with_it() -> None:
    rows = widths(drawn_record("Kww", Kind("clock", "pulse", 1000.0), 1))
    memory = [row for row in rows if row["name"] in {"W_inf", "back_hop_fraction", "memory_time"}]
    assert {row["name"] for row in memory} == {"W_inf", "back_hop_fraction", "memory_time"}
    assert max(row["ratio"] for row in memory) < 3.0
    assert all(row["holds"] is not False for row in rows)


def test_how_large_a_history_is_presumed_hardly_moves_what_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A prior about 0 pulls what goes one way to one side: by 0.9 deviations here, if it is as small as it may be."""
    pulls = []
    for seed in range(1, 5):
        drawn = drawn_record("Mig", Kind("stated", "pulse", 1000.0), seed)
        told = fit(drawn.record, drawn.circuit, terms=drawn.terms)["CPE1.Q"]
        with monkeypatch.context() as larger:
            larger.setattr("fitting.inference.likely_history._LARGER", 10.0)
            free = fit(drawn.record, drawn.circuit, terms=drawn.terms)["CPE1.Q"]
        low, high = bounds(told)
        pulls.append((told.value - free.value) / ((high - low) / 3.92))
    assert abs(np.mean(pulls)) < 0.4


@pytest.mark.parametrize("first", [501, 502, 510])
def test_a_record_that_begins_with_its_step_needs_the_level_before_it(first: int) -> None:
    # Of a single step nothing is known but decays; with the level before it they are the cell's.
    step = record(first, 1e-9, 1500)
    with pytest.raises(FitError, match="--before '0 V'"):
        fit(step, CIRCUIT)
    if first > 501:
        return
    result = fit(step, CIRCUIT, terms=Nuisance(before=0.0))
    assert_holds_the_truth(result)


def test_the_fitted_current_holds_what_came_before() -> None:
    late = record(1600, 1e-9)
    result = fit(late, CIRCUIT)
    left = predict(late, result) - late.current_A
    # The first sample after an edge is seen as the reduction saw it: nothing is left out.
    assert np.sqrt(np.mean(left**2)) < 1.1e-9
    some = np.array([1.7, 2.9, 3.2])
    np.testing.assert_allclose(predict(late, result, some), np.interp(some, late.t_s, predict(late, result)), rtol=1e-9)


@pytest.mark.parametrize("first_s", [0.005, 0.04, 0.4])
def test_of_a_record_at_one_level_the_offset_is_presumed_and_the_rest_holds_the_truth(first_s: float) -> None:
    # R0 and a resistor beside a capacitor, whose current after the step is a formula; the step lies before the record.
    R0, R1, C1, level_V = 100.0, 900.0, 1e-3, 0.1
    t = np.asarray(first_s + 5e-3 * np.arange(2000), dtype=np.float64)
    steady, at_once = level_V / (R0 + R1), level_V / R0
    current = steady + (at_once - steady) * np.exp(-t * (R0 + R1) / (R0 * R1 * C1))
    current += 1e-7 * np.random.default_rng(1).standard_normal(len(t))
    made = SimulatedRecord.of(t, current, PulseSequence.from_arrays([0.0], [level_V], 20.0))
    result = fit(made, "R0-p(R1,C1)")
    assert RemarkKind.OFFSET_PRESUMED in kinds(result)
    assert not any(one.questions_model for one in kinds(result))
    for name, truth in {"R0": R0, "R1": R1, "C1": C1}.items():
        low, high = bounds(result[name])
        assert low < truth < high
    # As surely as the offset is presumed: half a percent of the current, two standard deviations.
    low, high = bounds(result["R1"])
    assert high - low == pytest.approx(4.0 * 0.005 * R1, rel=0.5)
    assert RemarkKind.OFFSET_PRESUMED not in kinds(fit(record(0, 1e-9), CIRCUIT))


def test_a_commanded_drive_begins_at_the_level_that_was_said() -> None:
    drive = PulseSequence.from_arrays([0.0, 1.0], [LEVEL_V, 0.0], 3.0)
    t = np.arange(1, 3000, dtype=np.float64) * DT
    current = LEVEL_V * step_response(t)
    current[t > 1.0] -= LEVEL_V * step_response(t[t > 1.0] - 1.0)
    made = SimulatedRecord.of(t, current, replace(drive, rest_V=LEVEL_V))
    result = fit(made, CIRCUIT, terms=Nuisance(before=0.0))
    assert result.values == pytest.approx(TRUTH, rel=1e-4)


@pytest.mark.parametrize("drive", [None, PulseSequence.pulse(LEVEL_V, 30.0, before=1.0, after=30.0)])
@pytest.mark.parametrize("drift", [False, True])
def test_blocks_that_are_taken_whole_see_history_as_sample_by_sample(
    drive: PulseSequence | None, drift: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(3)
    t = (np.arange(20_000, dtype=np.float64) + 0.5) * DT
    made = SimulatedRecord.of(t, rng.standard_normal(len(t)), drive or PulseSequence.pulse(1.0, 1.0))
    made.drive, made.voltage_V = drive, rng.standard_normal(len(t)) if drive is None else made.voltage_V
    terms = Nuisance(drift=drift, before="unknown")
    quick = reduce_run(made, terms)
    monkeypatch.setattr(Nuisance, "is_plain", property(lambda _: False))
    slow = reduce_run(made, terms)
    assert quick.n_history == slow.n_history > 5
    size = np.sqrt(np.diag(slow.factor.T @ slow.factor))
    gram = (quick.factor.T @ quick.factor - slow.factor.T @ slow.factor) / np.outer(size, size)
    # What is likely of history beforehand scales with the noise, of which columns that are all but dependent take or
    # leave a degree of freedom.
    gram[np.diag_indices(quick.n_history)] = 0.0
    assert np.abs(gram).max() < 1e-9


def test_a_kept_reduction_keeps_its_history_and_a_merged_one_takes_it_out() -> None:
    late, again = (reduce_run(record(1600, 1e-9, seed=seed)) for seed in (5, 6))
    arrays, attributes = late.to_arrays()
    kept = Reduction.from_arrays(arrays, attributes)
    assert (kept.n_history, kept.rest_test) == (late.n_history, late.rest_test)
    both = late.merged(again)
    assert both.n_history == 0
    together = fit(both, CIRCUIT)
    for name, truth in TRUTH.items():
        low, high = bounds(together[name])
        assert low < truth < high


def test_what_is_neither_a_level_nor_a_word_is_refused() -> None:
    with pytest.raises(FitError, match="rest"):
        Nuisance(before="yesterday")


def test_truth_of_the_campaign_of_records_has_its_edges_between_its_samples() -> None:
    # One clock: each edge as long before the next sample; and nothing flows before the first.
    drawn = drawn_record("De", Kind("clock", "whole", 1e9), 0)
    moved = np.flatnonzero(np.diff(drawn.record.voltage_V))
    assert len(moved) == 4
    assert np.abs(drawn.record.current_A[: moved[0] + 1]).max() < 1e-6 * np.abs(drawn.record.current_A).max()
