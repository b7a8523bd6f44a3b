"""Ends of profile intervals, against profiles that are known in closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fitting.constants import Z95
from fitting.inference.intervals import profile_intervals
from fitting.inference.least_squares import Minimum

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
