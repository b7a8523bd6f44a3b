"""The compiled step of a search is that of its twin in numpy."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fitting.inference.least_squares import bounded_step
from fitting.transforms import step_loop


@given(
    seed=st.integers(0, 100_000),
    m=st.integers(1, 60),
    n=st.integers(1, 9),
    alike=st.sampled_from([0.0, 1.0, 10.0]),
    log_damping=st.floats(-7.0, 1.0),
    log_room=st.floats(-2.0, 2.0),
    shut=st.booleans(),
)
def test_the_step_within_bounds_is_that_of_the_compiled_loop(
    seed: int, m: int, n: int, alike: float, log_damping: float, log_room: float, *, shut: bool
) -> None:
    rng = np.random.default_rng(seed)
    jacobian = rng.normal(size=(m, n)) + alike * rng.normal(size=(m, 1))
    jacobian /= np.linalg.norm(jacobian, axis=0)
    residual, damping = rng.normal(size=m), 10.0**log_damping
    room = 10.0**log_room * np.abs(rng.normal(size=(2, n)))
    room[:, : int(shut)] = 0.0
    bounds = np.array([-room[0], room[1]])
    compiled, change = np.empty(n), np.empty(m)
    step_loop.bounded_step(jacobian, residual, damping, bounds, 3 * n, 1e-9, compiled, change)
    plain = bounded_step(jacobian, residual, damping, bounds)

    def cost(step: np.ndarray) -> float:
        return float(np.sum((residual + jacobian @ step) ** 2) + damping * step @ step)

    slack = 1e-15 * np.abs(bounds)  # columns are brought to the length 1, and back
    assert np.all((compiled >= bounds[0] - slack[0]) & (compiled <= bounds[1] + slack[1]))
    # Where columns are all but alike the step itself is known to the root of their likeness only; what it makes is not.
    np.testing.assert_allclose(cost(compiled), cost(plain), rtol=1e-10)
    np.testing.assert_allclose(change, jacobian @ compiled, rtol=1e-9, atol=1e-9 * np.abs(compiled).sum())


def test_damping_is_a_share_of_the_squared_columns() -> None:
    rng = np.random.default_rng(1)
    jacobian, residual, size = rng.normal(size=(20, 3)), rng.normal(size=20), np.array([1e-6, 1.0, 1e6])
    bounds = np.array([[-np.inf] * 3, [np.inf] * 3])
    steps = [np.empty(3), np.empty(3)]
    for step, by in zip(steps, (np.ones(3), size), strict=True):
        step_loop.bounded_step(jacobian * by, residual, 0.1, bounds, 9, 1e-9, step, np.empty(20))
    np.testing.assert_allclose(steps[1] * size, steps[0], rtol=1e-12)


def test_what_is_not_finite_ends_the_step() -> None:
    step = np.zeros(2)
    bounds = np.array([[-1.0, -1.0], [1.0, 1.0]])
    step_loop.bounded_step(np.array([[np.nan, 1.0], [1.0, 0.0]]), np.ones(2), 1e-3, bounds, 6, 1e-9, step, np.zeros(2))
    assert np.isnan(step).any()


def test_a_short_search_loads_no_compiler() -> None:
    script = (
        "import sys, numpy as np; from fitting.inference.least_squares import minimise;"
        " box = np.array([[-1.0], [3.0]]); minimise(lambda u: (u - 2.0, np.eye(1)), np.zeros(1), box);"
        " print('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "False"
