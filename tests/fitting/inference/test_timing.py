"""Samples that were taken at other times than the record says: late, by another clock, each the mean over an aperture.

Currents are the closed form of a resistor before a Warburg element, 1/R erfcx(sqrt(t) / (R Q)), and its integral.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import erfcx

from fitting import FitResult, Nuisance, diagnose_run, fit, predict, reduce_run
from fitting.inference.disturbances import CauseKind
from fitting.reduction.leading_columns import TimeShifts
from protocols import FitError, PulseSequence

Floats = NDArray[np.float64]

DT, N, RESISTANCE, Q, NOISE_A = 1e-3, 1500, 1e3, 5e-5, 2e-9
T = (np.arange(N, dtype=np.float64) + 0.5) * DT
TRUTH = {"R0": RESISTANCE, "CPE1.Q": Q, "CPE1.n": 0.5}
DRIVE = PulseSequence.from_arrays([0.0, 0.2, 0.6, 0.8, 1.1], [0.0, 0.02, 0.0, 0.02, 0.0], 10.0)
TAU = (RESISTANCE * Q) ** 2


def step(t: Floats) -> Floats:
    since = np.maximum(t, 0.0)
    return np.where(t > 0.0, erfcx(np.sqrt(since / TAU)) / RESISTANCE, 0.0)


def charge(t: Floats) -> Floats:
    """Integral of the step response."""
    x = np.maximum(t, 0.0) / TAU
    return np.asarray(TAU / RESISTANCE * (erfcx(np.sqrt(x)) - 1.0 + 2.0 * np.sqrt(x / np.pi)))


def current(t: Floats, aperture_s: float = 0.0) -> Floats:
    total = np.zeros(len(t))
    for edge, jump in zip(*DRIVE.jumps(), strict=True):
        since = t - edge
        if aperture_s == 0.0:
            total += jump * step(since)
        else:
            total += jump * (charge(since + 0.5 * aperture_s) - charge(since - 0.5 * aperture_s)) / aperture_s
    return total


def mean_voltage(t: Floats, aperture_s: float) -> Floats:
    total = np.zeros(len(t))
    for edge, jump in zip(*DRIVE.jumps(), strict=True):
        total += jump * np.clip((t - edge) / aperture_s + 0.5, 0.0, 1.0)
    return total


@pytest.fixture
def run(record: Any) -> Any:
    def make(amperes: Floats, *, sampled: bool = False, volts: Floats | None = None) -> Any:
        noise = NOISE_A * np.random.default_rng(2).standard_normal(N)
        if not sampled:
            return record(T, amperes + noise, DRIVE)
        return record(T, amperes + noise, None, voltage_V=DRIVE.voltage_at(T) if volts is None else volts)

    return make


def check_truth(result: FitResult, most: float = 0.05) -> None:
    for one in result.estimates:
        low, high = one.ci95
        assert low is not None
        assert high is not None
        # Of some fifty intervals here two or three would miss by chance: three deviations are asked.
        assert abs(one.value - TRUTH[one.name]) < 0.75 * (high - low), one.name
        assert high - low < most * TRUTH[one.name]
    assert result.interval_inflation == 1.0


def check_time(result: FitResult, name: str, truth: float, most: float) -> None:
    low, high = result[name].ci95
    assert low is not None
    assert high is not None
    assert abs(result[name].value - truth) < 0.75 * (high - low)
    assert high - low < most


@pytest.mark.parametrize("late", [-0.7, 5.4])
def test_a_delay_against_commanded_edges_is_found_with_the_cell(run: Any, late: float) -> None:
    result = fit(run(current(T - late * DT)), "R0-CPE1", terms=Nuisance(fitted=("delay",)))
    check_time(result, "delay", late * DT, 0.05 * DT)
    check_truth(result)


def test_a_delay_against_a_sampled_voltage_is_found_to_where_it_may_have_jumped(run: Any) -> None:
    late = 3.3 * DT
    here = run(current(T - late), sampled=True)
    result = fit(here, "R0-CPE1", terms=Nuisance(fitted=("delay",)))
    check_time(result, "delay", late, 1.05 * DT)
    check_truth(result)
    assert predict(here, result) == pytest.approx(current(T - late), abs=3.0 * NOISE_A)
    exactly = fit(here, "R0-CPE1", terms=Nuisance(fitted=("delay",), edge_times_s=tuple(DRIVE.jumps()[0])))
    check_time(exactly, "delay", late, 0.05 * DT)


@pytest.mark.parametrize("late", [0.3, 2.0])
def test_a_known_delay_of_a_sampled_voltage_is_taken_out(run: Any, late: float) -> None:
    here = run(current(T - late * DT), sampled=True)
    check_truth(fit(here, "R0-CPE1", terms=Nuisance(delay_s=late * DT)))


def test_a_clock_that_runs_fast_is_found_and_may_be_given(run: Any) -> None:
    ppm = 250.0
    here = run(current(T[0] + (T - T[0]) / (1.0 + 1e-6 * ppm)))
    result = fit(here, "R0-CPE1", terms=Nuisance(fitted=("clock",)))
    check_time(result, "clock", ppm, 20.0)
    check_truth(result)
    check_truth(fit(here, "R0-CPE1", terms=Nuisance(clock_ppm=ppm)))


def test_delay_and_clock_are_found_together(run: Any) -> None:
    here = run(current(T[0] + (T - T[0]) / (1.0 - 400e-6) - 1.25 * DT))
    result = fit(here, "R0-CPE1", terms=Nuisance(fitted=("delay", "clock")))
    check_time(result, "delay", 1.25 * DT, 0.2 * DT)
    check_time(result, "clock", -400.0, 60.0)
    check_truth(result)


@pytest.mark.parametrize(("share", "sampled"), [(0.5, False), (0.5, True), (1.0, True)])
def test_samples_that_average_over_an_aperture_are_told_by_it(run: Any, share: float, sampled: bool) -> None:
    aperture = share * DT
    here = run(current(T, aperture), sampled=sampled, volts=mean_voltage(T, aperture))
    check_truth(fit(here, "R0-CPE1", terms=Nuisance(aperture_s=aperture)))


def test_an_aperture_and_a_delay_of_a_sampled_voltage_go_together(run: Any) -> None:
    aperture, late = 0.6 * DT, 1.7 * DT
    here = run(current(T - late, aperture), sampled=True, volts=mean_voltage(T, aperture))
    check_truth(fit(here, "R0-CPE1", terms=Nuisance(aperture_s=aperture, fitted=("delay",))))


def test_the_diagnosis_names_the_options_that_find_times(run: Any) -> None:
    late = diagnose_run(run(current(T - 2.0 * DT), sampled=True), "R0-CPE1").causes[0]
    assert (late.kind, late.remedy) == (CauseKind.DELAY, "--delay fit")
    slow = diagnose_run(run(current(T * (1.0 - 250e-6))), "R0-CPE1").causes[0]
    assert (slow.kind, slow.remedy) == (CauseKind.CLOCK, "--clock fit")
    # A time that is said to be later than it was: the clock of the samples runs fast.
    assert slow.values["ppm"] > 0.0


def test_columns_of_times_are_the_derivatives_of_the_current() -> None:
    rates, weights = np.array([0.0, 3.0, 40.0, 700.0]), np.array([1e-4, 2e-4, 5e-4, -1e-4])
    # A jump of 1 V at 0.1 s, then a ramp of 2 V/s from 0.5 s to 0.9 s.
    segments = np.array([[0.1, 0.5, 0.9], [1.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
    t = np.linspace(0.0, 1.5, 41) + 1.23e-4

    def states(at: Floats) -> Floats:
        since = np.maximum(np.subtract.outer(at, segments[0]), 0.0)[:, :, None]
        fallen = np.where(since > 0.0, np.exp(-since * rates), 0.0)
        risen = np.where(rates > 0.0, -np.expm1(-since * rates) / np.where(rates > 0.0, rates, 1.0), since)
        return np.asarray(fallen[:, 0] + 2.0 * (risen[:, 1] - risen[:, 2]))

    def seen(delay_s: float, ppm: float) -> Floats:
        return np.asarray(states(t - 1e-6 * ppm * (t - 0.2) - delay_s) @ weights)

    columns = TimeShifts(("delay", "clock"), 0.2, rates, weights, segments).columns(t, states(t))
    h = 1e-6
    np.testing.assert_allclose(columns[:, 0], (seen(h, 0.0) - seen(-h, 0.0)) / (2.0 * h), rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(columns[:, 1], (seen(0.0, 1.0) - seen(0.0, -1.0)) / 2.0, rtol=1e-4, atol=1e-12)


def test_times_survive_being_kept(run: Any) -> None:
    terms = Nuisance(
        delay_s=1e-4, clock_ppm=20.0, aperture_s=2e-4, fitted=("delay",), edge_times_s=(0.2, 0.6, 0.8, 1.1)
    )
    reduction = reduce_run(run(current(T), sampled=True), terms)
    again = type(reduction).from_arrays(*reduction.to_arrays())
    assert again.terms == terms
    assert again.jump_aperture_s == 2e-4
    result = fit(run(current(T - 1e-4)), "R0-CPE1", terms=Nuisance(fitted=("delay",)))
    document, arrays = result.to_document(), result.arrays()
    assert FitResult.from_document(document, arrays).times == result.times
    assert "delay" in str(result.table())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"fitted": ("drift",)}, "delay and clock can be fitted"),
        ({"aperture_s": -1.0}, "aperture is 0 s or more"),
        ({"clock_ppm": 1e5}, "off by less than"),
    ],
)
def test_impossible_times_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(FitError, match=words):
        Nuisance(**wrong)


def test_what_cannot_be_found_is_refused(run: Any) -> None:
    here = run(current(T))
    with pytest.raises(FitError, match="fit without it first"):
        fit(here, "R0-CPE1", terms=Nuisance(fitted=("delay",)), robust=True)
    smooth = replace(run(current(T), sampled=True, volts=0.02 * np.sin(3.0 * T)))
    with pytest.raises(FitError, match="without a jump"):
        fit(smooth, "R0-CPE1", terms=Nuisance(fitted=("delay",)))
    with pytest.raises(FitError, match="where 0 of the times"):
        fit(run(current(T), sampled=True), "R0-CPE1", terms=Nuisance(edge_times_s=(0.2, 0.6, 0.8)))
