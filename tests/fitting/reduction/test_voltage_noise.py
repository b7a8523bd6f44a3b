"""Does a voltage that was read with noise bias a fit?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.campaigns.coverage import campaign, drawn_run
from fitting import CellModel, Reduction, fit, predict, reduce_run
from fitting.reduction.drive import level_at_rest
from fitting.reduction.voltage_noise import VoltageNoise
from fitting.results.remarks import RemarkKind
from protocols import FitError, PulseSequence

N, DT = 40_000, 1e-5
DRIVE = PulseSequence.pump_probe(0.02, 0.05003, 0.10001, before=0.01, after=0.3)
T = (np.arange(N, dtype=np.float64) + 0.5) * DT


def test_the_noise_of_the_voltage_is_what_the_current_does_not_follow() -> None:
    run, _, _ = drawn_run("Cc", 3, 0.0, voltage_noise=0.005)
    assert reduce_run(run).voltage_error_V == pytest.approx(1e-4, rel=0.03)


def test_a_fluctuation_that_the_cell_answers_is_no_error(record: Any) -> None:
    volts = DRIVE.voltage_at(T) + 1e-4 * np.random.default_rng(1).standard_normal(N)
    resistor = record(T, volts / 1e4 + 1e-9 * np.random.default_rng(2).standard_normal(N), None, voltage_V=volts)
    assert reduce_run(resistor).voltage_error_V == 0.0


def test_half_of_a_fluctuation_may_be_an_error(record: Any) -> None:
    there, read = (1e-4 * np.random.default_rng(k).standard_normal(N) for k in (1, 2))
    volts = DRIVE.voltage_at(T) + 0.7 * there
    run = record(T, volts / 1e4, None, voltage_V=volts + read)
    assert reduce_run(run).voltage_error_V == pytest.approx(1e-4, rel=0.03)


def test_jumps_every_few_samples_are_not_taken_for_noise(record: Any) -> None:
    drive = PulseSequence.prbs(0.02, 3 * DT, 7)
    n = int(drive.duration_s / DT)
    volts = np.tile(drive.voltage_at((np.arange(n) + 0.5) * DT), 20)
    run = record((np.arange(len(volts)) + 0.5) * DT, volts / 1e4, None, voltage_V=volts)
    assert reduce_run(run).voltage_error_V == 0.0


def test_a_coarsely_rounded_voltage_flickers_and_does_not_jump(record: Any) -> None:
    volts = np.round(DRIVE.voltage_at(T) + 3e-4 * np.random.default_rng(1).standard_normal(N), 3)
    noise = 1e-8 * np.random.default_rng(2).standard_normal(N)
    found = reduce_run(record(T, DRIVE.voltage_at(T) / 1e4 + noise, None, voltage_V=volts))
    assert found.n_bends > 0.9 * N
    assert found.step_noise_A == pytest.approx(1e-8, rel=0.05)


@pytest.mark.parametrize("pieces", [1, 7])
def test_pieces_of_any_size_tell_the_same_noise(pieces: int, record: Any) -> None:
    from fitting.reduction.reduce import reducer_for

    volts = DRIVE.voltage_at(T) + 1e-4 * np.random.default_rng(1).standard_normal(N)
    current, flags = DRIVE.voltage_at(T) / 1e4, np.zeros(N, np.uint8)
    whole = reduce_run(record(T, current, None, voltage_V=volts))
    reducer = reducer_for(T, None)
    for piece in np.array_split(np.arange(N), pieces):
        reducer.append(T[piece], volts[piece], current[piece], flags[piece])
    found = reducer.reduction()
    assert found.voltage_error_V == pytest.approx(whole.voltage_error_V, rel=1e-2)
    assert sum(count for count, _ in found.voltage.spacings.values()) == pytest.approx(N)


def test_uneven_samples_are_counted_by_their_spacing(record: Any) -> None:
    # As many decades of spacing as an instrument with a logarithmic clock has.
    t = np.cumsum(np.geomspace(1e-6, 1e-2, 200_000))
    volts = np.where(t > 1.0, 0.02, 0.0)
    spacings = reduce_run(record(t, volts / 1e4, None, voltage_V=volts)).voltage.spacings
    slower = sum(count for count, total_s in spacings.values() if total_s > 1e-4 * count)
    assert slower == pytest.approx(100_000, rel=0.1)
    assert sum(count for count, _ in spacings.values()) == pytest.approx(200_000)


def test_a_kept_reduction_knows_the_noise_and_halves_add_up() -> None:
    run, circuit, truth = drawn_run("Cc", 3, 0.0, voltage_noise=0.005)
    whole = reduce_run(run)
    kept = Reduction.from_arrays(*whole.to_arrays())
    assert kept.voltage == whole.voltage
    model = CellModel(circuit, {"R0": truth["R0"]})
    assert fit(kept, model).values == pytest.approx(fit(whole, model).values, rel=1e-12)
    twice = whole.voltage.merged(whole.voltage)
    assert twice.n_quiet == 2 * whole.voltage.n_quiet
    assert twice.error_V == pytest.approx(whole.voltage.error_V)


def test_the_bias_of_a_noisy_voltage_is_taken_out(tmp_path: Path) -> None:
    # The truth comes by another road: Euler inversion, and quadrature over each slope.
    found = campaign("Mig", 0.0, 5, tmp_path, voltage_noise=0.003)["all"]
    assert found["trials"] > 25  # none with the bias: no circuit describes the record then
    assert found["successes"] >= 0.93 * found["trials"]


def test_with_the_bias_a_right_model_does_not_describe_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    run, circuit, _ = drawn_run("Kww", 3, 0.0, voltage_noise=0.003)
    debiased = fit(run, circuit)
    monkeypatch.setattr(VoltageNoise, "error_V", 0.0)
    biased = fit(run, circuit)
    assert (debiased.interval_inflation, biased.interval_inflation > 3.0) == (1.0, True)
    assert any(remark.kind.questions_model for remark in biased.remarks)


def test_a_fit_says_that_the_voltage_was_noisy() -> None:
    run, circuit, truth = drawn_run("Cc", 3, 0.0, voltage_noise=0.005)
    result = fit(run, CellModel(circuit, {"R0": truth["R0"]}))
    assert any(remark.kind is RemarkKind.VOLTAGE_NOISE for remark in result.remarks)
    assert result.interval_inflation == 1.0
    assert result.whiteness == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("measured", [False, True])
def test_a_record_too_short_to_tell_its_noise_says_nothing_of_it(*, measured: bool, record: Any) -> None:
    drive = PulseSequence.pulse(0.02, 8 * DT, before=4 * DT, after=6 * DT)
    t = (np.arange(18) + 0.5) * DT
    noise = 1e-9 * np.random.default_rng(2).standard_normal(18)
    run = record(t, drive.voltage_at(t) / 1e4 + noise, None if measured else drive, voltage_V=drive.voltage_at(t))
    assert not any(remark.kind is RemarkKind.VOLTAGE_NOISE for remark in fit(run, "R0").remarks)


def test_samples_whose_voltage_was_not_read_are_bridged(record: Any) -> None:
    volts = DRIVE.voltage_at(T)
    current = volts / 1e4 + 1e-9 * np.random.default_rng(2).standard_normal(N)
    read = volts.copy()
    read[[20_000, 20_001, 30_719, N - 1]] = np.nan
    found = fit(record(T, current, None, voltage_V=read), "R0")
    assert found.n_excluded == 4
    assert found.values["R0"] == pytest.approx(1e4, rel=1e-4)
    assert np.isfinite(predict(record(T, current, None, voltage_V=read), found)).all()
    with pytest.raises(FitError, match="was not read"):
        reduce_run(record(T, current, None, voltage_V=np.full(N, np.nan)))


def test_the_level_before_a_record_is_a_mean_where_the_voltage_holds() -> None:
    noise = 1e-4 * np.random.default_rng(5).standard_normal(64)
    assert level_at_rest(0.5 + noise) == pytest.approx(0.5 + noise.mean(), abs=1e-12)
    step = np.concatenate([0.5 + noise[:20], 0.7 + noise[20:]])
    assert level_at_rest(step) == pytest.approx(0.5 + noise[:20].mean(), abs=1e-12)
    ramp = np.linspace(0.1, 0.2, 64) + 1e-2 * noise
    assert level_at_rest(ramp) == ramp[0]
    assert level_at_rest(np.array([0.3])) == 0.3
