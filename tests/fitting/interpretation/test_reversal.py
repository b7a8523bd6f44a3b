from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fitting import CellModel, charge_ratio, fit, memory_of_run, readable_bits, reversal_course
from protocols import FitError, PulseSequence
from tests.fitting.bounds import bounds

DRIVE = PulseSequence.pump_probe(0.02, 0.05, 0.03, before=0.01, after=0.1)
T = np.arange(0.0, 0.185, 1e-4) + 3e-5
CELL = (300.0, 5e-4, 0.3, 2e-3, 1e-5)
NOISE_A = 2e-8


@pytest.fixture
def fitted(cells: Any, record: Any) -> Any:
    noise = NOISE_A * np.random.default_rng(1).standard_normal(len(T))
    run = record(T, cells.debye(*CELL).current(T, DRIVE) + noise, DRIVE)
    return fit(run, CellModel("R0-De1-C1", {"R0": 300.0}))


def test_reversal_peaks_at_once_in_a_cell_without_lag(fitted: Any, cells: Any) -> None:
    onset, peak, lasts = reversal_course(fitted, 5e-4, 0.05)
    cell, first = cells.debye(*CELL), fitted.window_s[0]
    assert onset.value == pytest.approx(first)
    assert onset.ci95[0] is None
    truth = 5e-4 * (cell.step(np.array([first])) - cell.step(np.array([first + 0.05])))[0]
    assert peak.value == pytest.approx(truth, rel=0.01)
    # The slowest pole rules the end: I = noise.
    t = np.geomspace(first, 0.1, 20000)
    end = t[np.flatnonzero(5e-4 * (cell.step(t) - cell.step(t + 0.05)) < fitted.noise_A)[0]]
    assert lasts.value == pytest.approx(end, rel=0.02)
    low, high = bounds(lasts)
    assert low < lasts.value < high


def test_negative_pulse_turns_back_the_other_way(fitted: Any) -> None:
    up, down = reversal_course(fitted, 0.02, 0.05)[1], reversal_course(fitted, -0.02, 0.05)[1]
    assert up.value == pytest.approx(down.value)


def test_charge_that_flows_back_grows_with_the_width(fitted: Any, cells: Any) -> None:
    widths = np.array([1e-3, 1e-2, 5e-2])
    found = charge_ratio(fitted, widths, 0.1)
    cell = cells.debye(*CELL)
    forward = cell.step_integral(widths)
    back = forward + cell.step_integral(np.full(3, 0.1)) - cell.step_integral(widths + 0.1)
    assert found.ratio == pytest.approx(back / forward, rel=0.01)
    assert np.all(found.lowest < found.ratio)
    assert np.all(found.ratio < found.highest)
    assert np.all(np.diff(found.ratio) < 0.0) or np.all(np.diff(found.ratio) > 0.0)


def test_bits_are_those_of_a_gaussian_channel(fitted: Any, cells: Any) -> None:
    cell = cells.debye(*CELL)
    after = 0.02 * (cell.step(np.array([0.06])) - cell.step(np.array([0.01])))[0]
    found = readable_bits(fitted, 0.02, 0.05, 0.01)
    assert found.value == pytest.approx(0.5 * np.log2(1.0 + (after / NOISE_A) ** 2), abs=0.1)
    assert "derived" in found.note
    assert readable_bits(fitted, 0.02, 0.05, 0.1).value < found.value


def test_a_wait_that_was_never_seen_is_refused(fitted: Any) -> None:
    with pytest.raises(FitError, match="outside"):
        readable_bits(fitted, 0.02, 0.05, 10.0)


def test_what_a_run_tells_of_its_memory_is_told_of_its_own_first_pulse(fitted: Any) -> None:
    found = {one.name: one for one in memory_of_run(fitted, DRIVE)}
    assert set(found) == {
        "memory_spread_decades",
        "friction_growth",
        "reversal_onset",
        "reversal_peak",
        "reversal_lasts",
        "readable_bits",
    }
    assert found["memory_spread_decades"].value == pytest.approx(1.02, abs=0.01)
    assert found["reversal_peak"].value == pytest.approx(reversal_course(fitted, 0.02, 0.05)[1].value)
    assert [one.name for one in memory_of_run(fitted, None)] == ["memory_spread_decades", "friction_growth"]


@pytest.mark.parametrize("seed", range(3))
def test_a_charge_that_comes_back_is_as_sure_in_a_circuit_with_a_parameter_too_many(
    seed: int, cells: Any, record: Any
) -> None:
    """R0 and 1/G_inf are one in R0-De1-C1 (decision 048): what flows back is the same whatever their shares."""
    noise = NOISE_A * np.random.default_rng(seed).standard_normal(len(T))
    run = record(T, cells.debye(*CELL).current(T, DRIVE) + noise, DRIVE)
    models = (CellModel("R0-De1-C1"), CellModel("R0-De1-C1", {"R0": 300.0}))
    ratios = [fit(run, model)["reversal_charge_ratio"] for model in models]
    widths = [high - low for low, high in map(bounds, ratios)]
    assert ratios[0].value == pytest.approx(ratios[1].value, abs=widths[1])
    assert 0.8 < widths[0] / widths[1] < 2.0
