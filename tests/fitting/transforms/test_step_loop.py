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
    compiled = np.empty(n)
    step_loop.bounded_step(np.ascontiguousarray(jacobian.T), residual, damping, bounds, 3 * n, 1e-9, compiled)
    plain = bounded_step(jacobian, residual, damping, bounds)

    def cost(step: np.ndarray) -> float:
        return float(np.sum((residual + jacobian @ step) ** 2) + damping * step @ step)

    assert np.all((compiled >= bounds[0]) & (compiled <= bounds[1]))
    # Where columns are all but alike the step itself is known to the root of their likeness only; what it makes is not.
    np.testing.assert_allclose(cost(compiled), cost(plain), rtol=1e-10)


def test_what_is_not_finite_ends_the_step() -> None:
    step = np.zeros(2)
    bounds = np.array([[-1.0, -1.0], [1.0, 1.0]])
    step_loop.bounded_step(np.array([[np.nan, 1.0], [1.0, 0.0]]), np.ones(2), 1e-3, bounds, 6, 1e-9, step)
    assert np.isnan(step).any()


def test_a_short_search_loads_no_compiler() -> None:
    script = (
        "import sys, numpy as np; from fitting.inference.least_squares import minimise;"
        " box = np.array([[-1.0], [3.0]]); minimise(lambda u: (u - 2.0, np.eye(1)), np.zeros(1), box);"
        " print('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "False"
