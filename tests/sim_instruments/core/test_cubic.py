"""Are piecewise cubics what their definition says, and what scipy makes of the same values?"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import CubicHermiteSpline, CubicSpline

from sim_instruments.core.cubic import Cubic

EVEN = np.linspace(-2.0, 3.0, 40)
UNEVEN = np.cumsum(np.random.default_rng(3).uniform(0.1, 1.0, 40))
KNOTS = pytest.mark.parametrize("knots", [EVEN, UNEVEN, UNEVEN[:4]], ids=["even", "uneven", "four"])


def _places(knots: np.ndarray) -> np.ndarray:
    within = np.random.default_rng(4).uniform(knots[0] - 0.1, knots[-1] + 0.1, (50, 7))
    within.flat[: len(knots)] = knots
    return within


@KNOTS
def test_a_cubic_is_met_everywhere_by_its_spline_and_by_its_values_and_slopes(knots: np.ndarray) -> None:
    cubic = np.polynomial.Polynomial([0.3, -1.0, 0.5, 0.2])
    at = _places(knots)
    expected, scale = cubic(at), np.abs(cubic(at)).max()
    np.testing.assert_allclose(Cubic.spline(knots, cubic(knots))(at), expected, atol=1e-12 * scale)
    np.testing.assert_allclose(Cubic(knots, cubic(knots), cubic.deriv()(knots))(at), expected, atol=1e-12 * scale)


@KNOTS
def test_any_values_give_what_scipy_gives(knots: np.ndarray) -> None:
    values, slopes = np.random.default_rng(5).standard_normal((2, len(knots)))
    at = _places(knots)
    np.testing.assert_allclose(Cubic.spline(knots, values)(at), CubicSpline(knots, values)(at), atol=1e-10)
    np.testing.assert_allclose(
        Cubic(knots, values, slopes)(at), CubicHermiteSpline(knots, values, slopes)(at), atol=1e-10
    )


def test_a_single_place_is_a_single_value() -> None:
    assert float(Cubic(np.array([0.0, 1.0]), np.array([0.0, 1.0]), np.array([0.0, 0.0]))(0.5)) == pytest.approx(0.5)


@pytest.mark.parametrize("knots", [[0.0], [0.0, 0.0, 1.0, 2.0], [0.0, 2.0, 1.0, 3.0]])
def test_knots_that_do_not_increase_are_refused(knots: list[float]) -> None:
    with pytest.raises(ValueError, match="increase"):
        Cubic(np.array(knots), np.zeros(len(knots)), np.zeros(len(knots)))


def test_a_spline_through_too_few_values_is_refused() -> None:
    with pytest.raises(ValueError, match="four knots"):
        Cubic.spline(np.arange(3.0), np.zeros(3))
