"""Does the front end add the noise that it says, the steps of its converters, and overload where a range ends?"""

from __future__ import annotations

import numpy as np
import pytest

from sim_instruments.frontend.electronics import KEITHLEY_2461 as FRONT
from sim_instruments.frontend.electronics import OVERFLOW, Noise


@pytest.mark.parametrize(("range_A", "aperture_s"), [(1e-5, 1e-5), (1e-3, 1e-6), (1e-6, 1e-3)])
def test_noise_is_white_gaussian_and_as_documented(range_A: float, aperture_s: float) -> None:
    n = 400_000
    normal = Noise(3).normal(0, 0, n)
    reading = FRONT.converted(np.full(n, 0.3 * range_A), normal, range_A, aperture_s, digitizer=True)
    residual = reading - 0.3 * range_A
    # The standard deviation of n normal numbers scatters by 1/sqrt(2 n) = 0.11 %; five of those.
    assert residual.std() == pytest.approx(FRONT.noise_A(range_A, aperture_s), rel=6e-3)
    lagged = np.corrcoef(residual[1:], residual[:-1])[0, 1]
    assert abs(lagged) < 5.0 / np.sqrt(n)
    within = np.mean(np.abs(residual) < 2.0 * residual.std())
    assert within == pytest.approx(0.9545, abs=0.01)


def test_readings_are_18_bit_steps_of_the_range() -> None:
    step = 2.1 * 1e-5 / 2**18
    reading = FRONT.converted(np.linspace(-1e-5, 1e-5, 999), np.zeros(999), 1e-5, 1e-5, digitizer=True)
    np.testing.assert_allclose(reading / step, np.rint(reading / step), atol=1e-6)


def test_beyond_105_percent_of_the_range_the_reading_is_9_9e37() -> None:
    reading = FRONT.converted(np.array([1.04e-5, 1.06e-5, -1.06e-5]), np.zeros(3), 1e-5, 1e-5, digitizer=True)
    assert reading[0] == pytest.approx(1.04e-5, rel=1e-4)
    assert list(reading[1:]) == [OVERFLOW, OVERFLOW]


def test_noise_belongs_to_the_reading_and_not_to_the_call() -> None:
    noise = Noise(7)
    whole = noise.normal(4, 0, 20_000)
    parts = np.concatenate([noise.normal(4, k, min(777, 20_000 - k)) for k in range(0, 20_000, 777)])
    assert np.array_equal(whole, parts)
    assert np.array_equal(Noise(7).normal(4, 0, 20_000), whole)
    assert abs(np.corrcoef(whole, noise.normal(5, 0, 20_000))[0, 1]) < 0.035
    assert abs(np.corrcoef(whole, Noise(8).normal(4, 0, 20_000))[0, 1]) < 0.035


def test_source_makes_whole_steps_of_its_range() -> None:
    assert FRONT.sourced_V(0.0100031, 0.2) == pytest.approx(0.010005, abs=1e-12)
    assert FRONT.voltage_range(0.3) == 2.0
    assert FRONT.current_range(9e-6) == 1e-5
