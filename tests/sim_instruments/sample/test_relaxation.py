"""Is W(t) what the MIGRATION equations and a table say?"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expi

from sim_instruments.sample.relaxation import constant, migration, tabulated


@pytest.mark.parametrize(("B", "K"), [(0.5, 1.0), (1.7, 2.0), (3.0, 2.6)])
def test_migration_begins_at_1_with_slope_B_over_tau_and_ends_at_exp_minus_B(B: float, K: float) -> None:
    tau = 2e-3
    W = migration(B, K, tau)
    assert float(W(0.0)) == 1.0
    # -W'(0) = B / tau, since -g'(0) = 1/tau.
    assert (1.0 - float(W(1e-5 * tau))) == pytest.approx(B * 1e-5, rel=1e-4)
    assert pytest.approx(np.exp(-B), rel=1e-6) == W.W_inf


def test_migration_obeys_its_closed_form_for_K_1() -> None:
    # With K = 1: dt/tau = -dg / (g exp(-B(1-g))), so t/tau = exp(B) [Ei(-B) - Ei(-B g)].
    B, tau = 1.3, 1e-3
    g = np.array([0.9, 0.5, 0.1, 1e-3])
    t = tau * np.exp(B) * (expi(-B) - expi(-B * g))
    np.testing.assert_allclose(migration(B, 1.0, tau)(t), np.exp(-B * (1.0 - g)), rtol=1e-9)


def test_migration_obeys_its_quadrature_for_K_2() -> None:
    # Separation of variables: t/tau = int_g^1 exp(B(1-x)) x^-K dx.
    B, K, tau = 1.7, 2.0, 1.5e-3
    g = np.array([0.99, 0.7, 0.2, 0.01])
    t = np.array([quad(lambda x: np.exp(B * (1.0 - x)) * x**-K, low, 1.0, epsabs=1e-13)[0] for low in g]) * tau
    np.testing.assert_allclose(migration(B, K, tau)(t), np.exp(-B * (1.0 - g)), rtol=1e-8)


def test_integral_of_W_is_that_of_quadrature() -> None:
    W = migration(1.7, 2.0, 1e-3)
    for start, width in ((0.0, 1e-3), (5e-4, 2e-3), (0.3, 1e-5)):
        expected = quad(lambda t: float(W(t)), start, start + width, epsabs=1e-15, epsrel=1e-12)[0]
        got = W.integral_over(np.array([start]), np.array([width]))[0]
        assert got == pytest.approx(expected, rel=1e-8)


def test_constant_is_integrated_exactly() -> None:
    assert constant().integral_over(np.array([3.0]), np.array([2.0]))[0] == pytest.approx(2.0, rel=1e-15)


def test_table_is_met_at_its_points_and_never_rises() -> None:
    times, values = [1e-5, 1e-4, 1e-3, 1e-2], [1.0, 0.8, 0.5, 0.4]
    W = tabulated(times, values)
    np.testing.assert_allclose(W(times), values, rtol=1e-9)
    assert np.all(np.diff(W(np.geomspace(1e-6, 1.0, 5000))) <= 1e-15)
    assert float(W(100.0)) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("times", "values"),
    [
        ([1.0, 2.0], [0.5, 0.4]),
        ([1.0, 2.0], [1.0, 1.1]),
        ([2.0, 1.0], [1.0, 0.5]),
        ([0.0, 1.0], [1.0, 0.5]),
        ([1.0], [1.0]),
    ],
)
def test_a_table_that_is_no_relaxation_is_refused(times: list[float], values: list[float]) -> None:
    with pytest.raises(ValueError, match="table"):
        tabulated(times, values)


def test_migration_refuses_parameters_outside_its_meaning() -> None:
    with pytest.raises(ValueError, match="K >= 1"):
        migration(1.0, 0.5, 1e-3)
