"""Ends of profile intervals, against profiles that are known in closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fitting.constants import Z95
from fitting.inference.intervals import profile_heights, profile_intervals
from fitting.inference.least_squares import Minimum, minimise

if TYPE_CHECKING:
    from collections.abc import Callable

    from fitting.transforms.laplace import Floats

_REACH = 40.0


def upper_end(height: Callable[[float], float], slope_at_best: float) -> float:
    """Return the upper end of the interval of one parameter whose profile has some height in deviations."""
    step = 1e-6

    def evaluate(u: Floats) -> tuple[Floats, Floats]:
        slope = (height(float(u[0]) + step) - height(float(u[0]) - step)) / (2.0 * step)
        return np.array([height(float(u[0]))]), np.array([[slope]])

    best = Minimum(np.zeros(1), 0.0, np.zeros(1), np.array([[slope_at_best]]))
    return profile_intervals(evaluate, best, np.array([[-_REACH], [_REACH]]), 1.0)[0].high


def test_a_profile_that_levels_off_is_followed_to_its_end() -> None:
    end = -2.0 * np.log(1.0 - Z95 / 2.0)
    assert upper_end(lambda u: 2.0 * float(-np.expm1(-u / 2.0)), 1.0) == pytest.approx(end, rel=0.02)


def test_a_first_refit_lost_in_another_valley_does_not_move_the_end() -> None:
    # Below its end the profile is 0.4 u; refits further out end ten deviations up, as that of R0 in three arcs did.
    end = Z95 / 0.4
    assert upper_end(lambda u: 0.4 * u if u < 1.02 * end else 10.0, 0.33) == pytest.approx(end, rel=0.005)


def test_a_wall_is_found() -> None:
    end = 3.0 + Z95 ** (1.0 / 6.0)
    assert upper_end(lambda u: max(u - 3.0, 0.01 * u / 3.0) ** 6, 0.01) == pytest.approx(end, rel=0.02)


def test_a_profile_that_never_gets_there_is_open() -> None:
    assert upper_end(lambda u: 1.9 * float(np.tanh(u)), 1.0) == np.inf


def test_a_profile_comes_back_for_what_has_gone_to_where_it_changes_nothing() -> None:
    # The sum of two positive numbers is known well, and the second alone a little; it would like to be larger than
    # the sum is, so that the first one is at 0, from where the logarithm of it has no slope.
    whole, sharp, blunt, beyond = 1.0, 1e-3, 0.1, 0.05

    def evaluate(u: Floats) -> tuple[Floats, Floats]:
        first, second = np.exp(u)
        residual = np.array([(first + second - whole) / sharp, (second - whole - beyond) / blunt])
        return residual, np.array([[first / sharp, second / sharp], [0.0, second / blunt]])

    box = np.array([[-25.0, -5.0], [5.0, 5.0]])
    best = minimise(evaluate, np.array([-24.0, 0.0]), box, irrelevant=0.0)
    first, second = profile_intervals(evaluate, best, box, 1.0)
    # Below the sum the first makes up for the second: ((x + beyond)^2 - beyond^2) / blunt^2 is 1.96^2 at the end.
    x = float(np.sqrt(beyond**2 + (Z95 * blunt) ** 2)) - beyond
    assert 1.0 - float(np.exp(second.low)) == pytest.approx(x, rel=0.02)
    assert float(np.exp(first.high)) == pytest.approx(x, rel=0.05)
    assert first.low == -np.inf
    # The drawn profile is as high as the interval says, all the way.
    less = np.array([0.3, 0.7, 1.0]) * x
    heights = profile_heights(evaluate, best, box, 1.0, 1, np.log(1.0 - less), ends=second.places)
    assert heights == pytest.approx(np.sqrt((less + beyond) ** 2 - beyond**2) / blunt, rel=0.01)
