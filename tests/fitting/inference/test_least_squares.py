"""Minima within a box are those of scipy's own least squares, and a parameter at its wall does not slow the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import least_squares, lsq_linear

from fitting.inference.least_squares import minimise

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Counted:
    """A function that counts how often it is called."""

    def __init__(self, function: Callable[[Floats], tuple[Floats, Floats]]) -> None:
        self._function = function
        self.calls = 0

    def __call__(self, u: Floats) -> tuple[Floats, Floats]:
        self.calls += 1
        return self._function(u)


def linear(seed: int, n: int, alike: float) -> tuple[Floats, Floats]:
    """Return a matrix whose columns are alike, and an aim."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(3 * n, n)) + alike * rng.normal(size=(3 * n, 1))
    return matrix, rng.normal(size=3 * n) * 3.0


@given(seed=st.integers(0, 10_000), n=st.integers(2, 9), alike=st.sampled_from([0.0, 1.0, 10.0]), shut=st.booleans())
def test_the_minimum_of_a_linear_problem_in_a_box_is_scipys(seed: int, n: int, alike: float, *, shut: bool) -> None:
    matrix, aim = linear(seed, n, alike)
    rng = np.random.default_rng(seed + 1)
    box = np.sort(rng.normal(size=(2, n)), axis=0)
    # A component whose bounds are the same is a constant, which scipy's does not take.
    first = int(shut)
    box[1, :first] = box[0, :first]
    left = aim - matrix[:, :first] @ box[0, :first]
    expected = lsq_linear(matrix[:, first:], left, (box[0, first:], box[1, first:]), method="bvls", tol=1e-14)
    problem = Counted(lambda u: (matrix @ u - aim, matrix))

    found = minimise(problem, box[0] + rng.random(n) * (box[1] - box[0]), box, irrelevant=1e-12)

    assert found.cost <= 2.0 * expected.cost * (1.0 + 1e-9) + 1e-12
    assert np.all((found.u >= box[0]) & (found.u <= box[1]))
    assert problem.calls < 30


def exponentials(u: Floats) -> tuple[Floats, Floats]:
    """Return two exponentials less what is measured, whose amplitudes and times all count on each other."""
    t = np.geomspace(1e-3, 10.0, 200)
    a, tau, b, rho = np.exp(u)
    measured = np.exp(-t) + 0.5 * np.exp(-t / 0.1) + 0.01 * np.sin(40.0 * t)
    first, second = a * np.exp(-t / tau), b * np.exp(-t / rho)
    slopes = np.stack([first, first * t / tau, second, second * t / rho], axis=1)
    return 100.0 * (first + second - measured), 100.0 * slopes


def residual_of_exponentials(u: Floats) -> Floats:
    return exponentials(u)[0]


def slopes_of_exponentials(u: Floats) -> Floats:
    return exponentials(u)[1]


@pytest.mark.parametrize("wall", [0.2, -0.3, -1.0])
def test_a_parameter_at_its_wall_does_not_slow_the_others(wall: float) -> None:
    # The slower time would be 1 (u = 0): the wall keeps it from that, from below or from above.
    box = np.array([[-6.0, -6.0, -6.0, -6.0], [6.0, 6.0, 6.0, 6.0]])
    box[0 if wall > 0.0 else 1, 1] = wall
    start = np.array([0.5, wall, 0.5, -3.0])
    around = (box[0] - 1e-12, box[1] + 1e-12)
    expected = least_squares(residual_of_exponentials, start, slopes_of_exponentials, around, xtol=1e-14)
    problem = Counted(exponentials)

    found = minimise(problem, start, box)

    assert found.u[1] == wall
    assert found.cost <= 2.0 * expected.cost * (1.0 + 1e-6)
    assert problem.calls < 20


def test_what_is_held_stays_and_the_others_go_to_their_minimum() -> None:
    matrix, aim = linear(3, 4, 1.0)
    held = np.array([False, True, False, False])
    start = np.array([0.0, 0.25, 0.0, 0.0])

    found = minimise(
        lambda u: (matrix @ u - aim, matrix), start, np.array([[-9.0] * 4, [9.0] * 4]), held=held, irrelevant=1e-12
    )

    rest = np.linalg.lstsq(matrix[:, ~held], aim - 0.25 * matrix[:, 1], rcond=None)[0]
    assert found.u[1] == 0.25
    np.testing.assert_allclose(found.u[~held], rest, rtol=1e-5, atol=1e-6)
