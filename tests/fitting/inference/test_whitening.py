"""Is what the current holds beside the cell taken out: the mains, noise that carries on, outliers, a late clock?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.campaigns.truth import noise as noise_of
from fitting import CellModel, Nuisance, fit, predict, reduce_run
from fitting.reduction.nuisance import Whitening, correlation_time_s
from fitting.results.remarks import RemarkKind
from protocols import FitError, PulseSequence
from tests.fitting.bounds import bounds

DRIVE = PulseSequence.pump_probe(0.02, 0.04, 0.03, before=0.01, after=0.08)
T = (np.arange(20_000) + 0.37) * 1e-5
TRUTH = {"R": 1e3, "G": 5e-4, "W": 0.3, "tau": 3e-3, "C": 2e-5}
NAMES = {"De1.G_inf": 5e-4, "De1.W_inf": 0.3, "De1.tau": 3e-3, "C1": 2e-5}
CELL = CellModel("R0-De1-C1", fixed={"R0": 1e3})


def held(result: Any) -> list[bool]:
    return [
        one.ci95[0] is not None and one.ci95[1] is not None and one.ci95[0] <= NAMES[one.name] <= one.ci95[1]
        for one in result.estimates
        if one.determined
    ]


def test_whitening_leaves_ar1_noise_white_and_as_large_over_uneven_times() -> None:
    random = np.random.default_rng(1)
    t = np.cumsum(random.uniform(0.2, 3.0, 200_000))
    phi = np.exp(-np.diff(t) / 5.0)
    noise = np.empty(len(t))
    noise[0] = random.standard_normal()
    kicks = random.standard_normal(len(t))
    for n in range(1, len(t)):
        noise[n] = phi[n - 1] * noise[n - 1] + np.sqrt(1.0 - phi[n - 1] ** 2) * kicks[n]
    whitening = Whitening(5.0)
    white = np.concatenate(
        [whitening(t[part], noise[part, None])[:, 0] for part in np.array_split(np.arange(len(t)), 7)]
    )
    assert white[1:] == pytest.approx(kicks[1:], abs=1e-9)
    even = noise_of(random, len(t), 1.0, 0.9)
    assert correlation_time_s(np.arange(len(t), dtype=np.float64) * 0.1, even, 0.1) == pytest.approx(
        -0.1 / np.log(0.9), rel=0.03
    )
    assert correlation_time_s(t, kicks, 1.0) == 0.0


def test_intervals_hold_the_truth_under_noise_that_carries_on(cells: Any, record: Any) -> None:
    """At a correlation of 0.9 white intervals would be four times too narrow; 24 runs, some 90 intervals."""
    clean = cells.debye(**TRUTH).current(T, DRIVE)
    found: list[bool] = []
    for seed in range(24):
        noise = noise_of(np.random.default_rng(seed), len(T), 1.0, 0.9)
        result = fit(record(T, clean + 2e-8 * noise, DRIVE), CELL)
        assert result.terms.correlation_s == pytest.approx(-1e-5 / np.log(0.9), rel=0.15)
        assert result.noise_A == pytest.approx(2e-8, rel=0.15)
        assert result.remarks[0].kind is RemarkKind.WHITENED
        found += held(result)
    assert len(found) > 85
    assert np.mean(found) > 0.9


def test_the_noise_is_the_records_own_and_the_misfit_of_a_wrong_circuit_is_none(cells: Any, record: Any) -> None:
    noise = 2e-8 * np.random.default_rng(5).standard_normal(len(T))
    run = record(T, cells.debye(**TRUTH).current(T, DRIVE) + noise, DRIVE)
    right, wrong = fit(run, CELL), fit(run, "R0-C1")
    assert right.noise_A == pytest.approx(2e-8, rel=0.03)
    assert wrong.noise_A == pytest.approx(right.noise_A, rel=1e-6)
    assert wrong.rms_residual_A > 5.0 * wrong.noise_A
    kinds = {one.kind for one in wrong.remarks}
    assert RemarkKind.WHITENED not in kinds
    assert any(one.questions_model for one in kinds)


def test_mains_are_taken_out_and_predicted(cells: Any, record: Any) -> None:
    clean = cells.debye(**TRUTH).current(T, DRIVE)
    noise = 1e-8 * np.random.default_rng(2).standard_normal(len(T))
    hum = 3e-7 * np.sin(2 * np.pi * 50.0 * T + 0.4) + 1e-7 * np.cos(2 * np.pi * 150.0 * T)
    run = record(T, clean + hum + noise, DRIVE)
    plain = fit(run, CELL)
    result = fit(run, CELL, terms=Nuisance(mains_Hz=50.0, harmonics=3))
    assert result.noise_A == pytest.approx(1e-8, rel=0.03)
    assert plain.noise_A > 10.0 * result.noise_A
    assert np.mean(held(result)) > 0.7
    assert np.hypot(*result.nuisance[1:3]) == pytest.approx(3e-7, rel=0.01)
    assert np.std(predict(run, result) - clean - hum) < 0.2e-8


def test_some_samples_far_off_do_not_lead_a_robust_fit_astray(cells: Any, record: Any) -> None:
    clean = cells.debye(**TRUTH).current(T, DRIVE)
    random = np.random.default_rng(3)
    current = clean + 1e-8 * random.standard_normal(len(T))
    struck = random.choice(len(T), 200, replace=False)
    current[struck] += 2e-6 * random.random(200)
    run = record(T, current, DRIVE)
    plain, robust = fit(run, CELL), fit(run, CELL, robust=True)
    width = [np.diff(np.log(bounds(one.estimates[2])))[0] for one in (plain, robust)]
    assert width[1] < 0.2 * width[0]
    assert 190 < robust.n_downweighted < 600
    assert sum(held(robust)) >= 3
    with pytest.raises(FitError, match="needs the run itself"):
        fit(reduce_run(run), CELL, robust=True)


def test_robust_intervals_are_right_for_normal_noise(cells: Any, record: Any) -> None:
    """Huber's estimate is 95 % as efficient: intervals 1/sqrt(0.95) wider, and they hold the truth."""
    clean = cells.debye(**TRUTH).current(T, DRIVE)
    found: list[bool] = []
    ratios = []
    for seed in range(6):
        run = record(T, clean + 2e-8 * np.random.default_rng(seed).standard_normal(len(T)), DRIVE)
        plain, robust = fit(run, CELL), fit(run, CELL, robust=True)
        found += held(robust)
        ratios.append(np.diff(np.log(bounds(robust.estimates[2])))[0] / np.diff(np.log(bounds(plain.estimates[2])))[0])
    assert np.median(ratios) == pytest.approx(1.0 / np.sqrt(0.95), rel=0.02)
    assert np.mean(found) > 0.85


def test_a_known_delay_is_taken_out(cells: Any, record: Any) -> None:
    late = 3.7e-5
    clean = cells.debye(**TRUTH).current(T - late, DRIVE)
    run = record(T, clean + 1e-9 * np.random.default_rng(4).standard_normal(len(T)), DRIVE)
    result = fit(run, CELL, terms=Nuisance(delay_s=late))
    assert result.noise_A == pytest.approx(1e-9, rel=0.05)
    assert result.values["De1.tau"] == pytest.approx(3e-3, rel=1e-3)
    assert np.std(predict(run, result) - clean) < 2e-10


def test_nuisance_survives_being_kept(cells: Any, record: Any) -> None:
    terms = Nuisance(drift=True, mains_Hz=60.0, harmonics=2, correlation_s=1e-5, delay_s=1e-6)
    reduction = reduce_run(record(T, cells.debye(**TRUTH).current(T, DRIVE), DRIVE), terms)
    assert type(reduction).from_arrays(*reduction.to_arrays()).terms == terms
    assert reduction.n_nuisance == 6


@pytest.mark.parametrize("wrong", [{"mains_Hz": 50.0}, {"harmonics": 2}, {"correlation_s": -1.0}])
def test_impossible_nuisance_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(FitError):
        Nuisance(**wrong)  # type: ignore[arg-type]
