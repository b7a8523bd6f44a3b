from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from benchmarks.campaigns.forward import TOLERANCE, Case, error_of
from fitting.model.elements.migration import Migration, mismatch
from fitting.transforms.laplace import step_response

CASES = [(1.7, 2.0), (0.1, 1.0), (6.0, 3.0), (3.0, 1.3)]
X = np.geomspace(1e-4, 1e7, 45)


def by_ode(B: float, K: float, x: np.ndarray) -> np.ndarray:
    """ln g over ln x from the two rate equations, integrated as they stand."""

    def rates(ln_x: float, y: np.ndarray) -> list[float]:
        ln_W, ln_g = y
        loss = np.exp((K - 1.0) * ln_g + ln_W + ln_x)
        return [-B * np.exp(ln_g) * loss, -loss]

    start = 1e-10
    solved = solve_ivp(
        rates, (np.log(start), np.log(x[-1])), [-B * start, -start], "LSODA", np.log(x), rtol=1e-11, atol=1e-13
    )
    return np.asarray(np.exp(solved.y))


@pytest.mark.parametrize(("B", "K"), CASES)
def test_relaxation_is_that_of_the_rate_equations(B: float, K: float) -> None:
    W, g = by_ode(B, K, X)
    assert mismatch(X, B, K)[0] == pytest.approx(g, abs=1e-9)
    assert Migration().relaxation(2e-3 * X, np.array([1e-4, B, K, 2e-3])) == pytest.approx(W, abs=1e-9)


@pytest.mark.parametrize(("B", "K"), CASES)
def test_admittance_has_the_relaxation_as_its_step_response(B: float, K: float) -> None:
    p = np.array([3e-4, B, K, 5e-3])
    response = step_response(lambda s: Migration().evaluate(s, p)[0], 5e-3 * X)
    assert response / 3e-4 == pytest.approx(by_ode(B, K, X)[0], abs=1e-6)


@pytest.mark.parametrize(("B", "K"), [*CASES, (1e-4, 1.0), (29.99, 4.0)])
def test_the_time_of_a_level_is_when_the_relaxation_has_it(B: float, K: float) -> None:
    p = np.array([3e-4, B, K, 5e-3])
    left = float(np.exp(-B))
    levels = np.array([1.0 - share * (1.0 - left) for share in (0.01, 0.16, 0.5, 0.84, 0.99)])
    times = np.array([Migration().time_of(float(level), p) for level in levels], dtype=np.float64)
    assert Migration().relaxation(times, p) == pytest.approx(levels, rel=1e-12)


def test_a_level_that_is_never_reached_has_no_time() -> None:
    assert Migration().time_of(0.1, np.array([1.0, 1.7, 2.0, 1.0])) is None


def test_short_and_long_time_limits() -> None:
    p = np.array([1.0, 1.7, 2.0, 1.0])
    early = Migration().relaxation(np.array([1e-7]), p)
    assert 1.0 - early == pytest.approx(1.7e-7, rel=1e-4)  # W' = -B/tau at first
    late = Migration().relaxation(np.array([1e6]), p)
    # For K = 2 the tail is g = e^B tau/t, and W/W_inf = e^(B g).
    assert late / np.exp(-1.7) - 1.0 == pytest.approx(1.7 * np.exp(1.7) / 1e6, rel=1e-3)
    assert Migration().w_inf(p) == pytest.approx(np.exp(-1.7))


@pytest.mark.parametrize(("B", "K"), CASES[:1] + CASES[2:])
def test_derivatives_are_those_of_the_rate_equations(B: float, K: float) -> None:
    t, h = 5e-3 * np.geomspace(1e-2, 1e4, 25), 1e-4
    p = np.array([3e-4, B, K, 5e-3])

    def response_slope(k: int) -> np.ndarray:
        return step_response(lambda s: Migration().evaluate(s, p)[1][k], t)

    def W(B: float, K: float, tau: float) -> np.ndarray:
        return np.asarray(by_ode(B, K, t / tau)[0])

    by_B = (W(B + h, K, 5e-3) - W(B - h, K, 5e-3)) / (2 * h)
    by_K = (W(B, K + h, 5e-3) - W(B, K - h, 5e-3)) / (2 * h)
    by_tau = (W(B, K, 5e-3 * (1 + h)) - W(B, K, 5e-3 * (1 - h))) / (2 * h * 5e-3)
    assert response_slope(1) / 3e-4 == pytest.approx(by_B, abs=2e-6)
    assert response_slope(2) / 3e-4 == pytest.approx(by_K, abs=2e-6)
    assert response_slope(3) / 3e-4 * 5e-3 == pytest.approx(by_tau * 5e-3, abs=2e-6)


@pytest.mark.parametrize("K", [1.2, 2.0, 3.5])
def test_what_conducts_at_last_is_g_inf_exp_minus_b(K: float) -> None:
    # Far beyond the eight decades of times that the sum of exponentials follows.
    s = np.array([1e-14, 1e-18], dtype=np.complex128)
    Y, dY = Migration().evaluate(s, np.array([2e-4, 1.7, K, 1.5e-3]))
    assert Y.real == pytest.approx(2e-4 * np.exp(-1.7), rel=1e-6)
    assert dY[1].real == pytest.approx(-2e-4 * np.exp(-1.7), rel=1e-6)


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("tau", [1e-16, 1e-8, 1e-4, 1e-1, 1e6])
@pytest.mark.parametrize(("B", "K"), [(1e-4, 1.0), (5.0, 1.0), (29.99, 1.0), (5.0, 1.00001), (1e-4, 4.0), (29.99, 4.0)])
def test_corners_of_its_box_are_as_right_as_the_middle(B: float, K: float, tau: float, *, behind: bool) -> None:
    """By incomplete gamma functions, and behind a resistor by quadrature; the issue's case is the second at 1e-8 s."""
    values = {"Mig1.G_inf": 1e-3, "Mig1.B": B, "Mig1.K": K, "Mig1.tau": tau}
    # A resistor that counts beside what is left of the conductance.
    left = 1e-3 * max(float(np.exp(-B)), 1e-4)
    case = Case("R0-Mig1", {"R0": 0.1 / left, **values}, 1e-4, 10.0) if behind else Case("Mig1", values, 1e-4, 10.0)
    assert error_of(case) < TOLERANCE
