"""Is a record the superposition of its steps, averaged over apertures, however it is cut?"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_instruments.frontend.response import Drive, UnitReading
from sim_instruments.sample.cell import load_cell
from tests.properties import examples

R, TAU, SETTLING = 1e4, 1e-2, 1e-6


def _charge(t: np.ndarray) -> np.ndarray:
    """Charge per volt of the rc cell, settled: int_0^t (e^-t/TAU - e^-t/SETTLING) / (1 - SETTLING/TAU) / R."""
    t = np.maximum(t, 0.0)
    return (-TAU * np.expm1(-t / TAU) + SETTLING * np.expm1(-t / SETTLING)) / (1.0 - SETTLING / TAU) / R


@pytest.mark.parametrize("aperture", [1e-6, 1e-5, 1e-3])
def test_reading_of_a_step_is_the_mean_of_the_settled_exponential(aperture: float) -> None:
    lag = np.concatenate([-np.geomspace(1e-10, 0.99 * aperture, 300), np.geomspace(1e-12, 1.0, 900), [-2 * aperture]])
    expected = (_charge(lag + aperture) - _charge(lag)) / aperture
    got = UnitReading(load_cell("rc"), SETTLING, aperture)(lag)
    assert np.abs(got - expected).max() < 1e-7 / R


def _drive(cell: str = "demo", steps: int = 20) -> Drive:
    drive = Drive(load_cell(cell), SETTLING)
    drive.connect(0.0, 0.0)
    rng = np.random.default_rng(5)
    for k in range(steps):
        drive.set_level(0.01 + 0.013 * k + 1e-4 * rng.random(), 0.01 * rng.standard_normal())
    return drive


def test_record_is_the_plain_sum_over_all_steps() -> None:
    drive = _drive("rc")
    span = drive.spans[0].history
    t = np.arange(60_000) * 1e-5
    expected = sum(
        step * (_charge(t - at + 1e-5) - _charge(t - at)) / 1e-5
        for at, step in zip(span.times_s, span.steps_V, strict=True)
    )
    got = drive.readings(0.0, 1e-5, 0, len(t), 1e-5)
    assert np.abs(got - expected).max() < 1e-7 * np.abs(expected).max()


@settings(max_examples=examples(25), deadline=None)
@given(cuts=st.lists(st.integers(0, 30_000), max_size=12))
def test_record_does_not_depend_on_how_it_is_cut(cuts: list[int]) -> None:
    drive = _DRIVE
    whole = drive.readings(0.0, 1e-5, 0, 30_000, 9e-6)
    edges = sorted({0, 30_000, *cuts})
    parts = [drive.readings(0.0, 1e-5, a, b - a, 9e-6) for a, b in pairwise(edges)]
    assert np.array_equal(np.concatenate(parts), whole)


_DRIVE = _drive()


def test_cell_rests_in_equilibrium_at_the_level_of_switching_on() -> None:
    blocked, open_ = Drive(load_cell("demo"), SETTLING), Drive(load_cell("resistor"), SETTLING)
    for drive in (blocked, open_):
        drive.connect(0.0, 0.01)
    assert np.all(blocked.readings(0.0, 1e-3, 0, 50, 1e-4) == 0.0)
    np.testing.assert_allclose(open_.readings(0.0, 1e-3, 0, 50, 1e-4), 1e-6, rtol=1e-9)


def test_a_disconnected_cell_passes_nothing_and_shows_no_level() -> None:
    drive = Drive(load_cell("resistor"), SETTLING)
    drive.connect(0.0, 0.01)
    drive.disconnect(0.5)
    current = drive.readings(0.0, 0.1, 0, 10, 1e-3)
    assert np.all(current[5:] == 0.0)
    assert np.all(current[:5] > 0.0)
    assert list(drive.level_at(np.array([0.49, 0.5]))) == [0.01, 0.0]


def test_a_level_set_before_the_relay_closes_is_the_rest_level() -> None:
    drive = Drive(load_cell("demo"), SETTLING)
    drive.connect(0.015, 0.0)
    drive.set_level(0.001, 0.02)
    assert np.all(drive.readings(0.0, 1e-3, 0, 100, 1e-4) == 0.0)


def test_steps_of_two_signs_cancel_after_a_long_wait() -> None:
    drive = Drive(load_cell("demo"), SETTLING)
    drive.connect(0.0, 0.0)
    drive.set_level(1.0, 0.01)
    drive.set_level(1.1, 0.0)
    reversed_current = drive.readings(1.1001, 1e-3, 0, 100, 1e-4)
    # Any falling step response gives reversed current after the pulse, dying out: docs/explanations/model.md, "Cell and
    # memory".
    assert np.all(reversed_current < 0.0)
    assert np.all(np.diff(reversed_current) > 0.0)
