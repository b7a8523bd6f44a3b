"""Lines through values that scatter: against least squares, a dense likelihood, and planted scatter."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.constants import e, k
from scipy.optimize import minimize

from fitting.interpretation.activation import Activation
from fitting.interpretation.scattered_line import Interval, Points, ScatteredLine
from protocols import FitError

K_EV = k / e
T = np.repeat(np.arange(240.0, 320.0, 10.0), 4)
GROUP = np.repeat(np.arange(8), 4)


def design(x: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(x)), x - x.mean()])


def scattered(seed: int, *, own: float, run: float, group: float, at: np.ndarray) -> Points:
    rng = np.random.default_rng(seed)
    shared = np.repeat(group * rng.standard_normal(8), 4)
    y = at + shared + np.hypot(own, run) * rng.standard_normal(len(T))
    return Points(y, np.full(len(T), own), GROUP)


def test_three_values_have_the_weighted_line_and_birges_ratio() -> None:
    x, y, s = np.array([0.0, 1.0, 3.0]), np.array([0.1, 1.4, 2.6]), np.array([0.1, 0.2, 0.1])
    line = ScatteredLine(design(x), Points(y, s, np.arange(3)))
    W = np.diag(s**-2.0)
    X = np.column_stack([np.ones(3), x])
    covariance = np.linalg.inv(X.T @ W @ X)
    b = covariance @ X.T @ W @ y
    birge = max(1.0, float(np.sqrt((y - X @ b) @ W @ (y - X @ b))))
    slope = line.combination(np.array([0.0, 1.0]))
    assert slope.value == pytest.approx(b[1], rel=1e-12)
    assert slope.high - slope.value == pytest.approx(1.959964 * birge * np.sqrt(covariance[1, 1]), rel=1e-9)
    assert (line.run_scatter, line.group_scatter) == (None, None)


def test_scatter_is_where_a_dense_restricted_likelihood_has_its_maximum() -> None:
    points = scattered(3, own=0.02, run=0.1, group=0.2, at=0.0 * T)
    X = design(T)
    shared = (GROUP[:, None] == GROUP[None]).astype(float)

    def minus_reml(logs: np.ndarray) -> float:
        V = np.diag(points.deviation**2 + np.exp(2 * logs[0])) + np.exp(2 * logs[1]) * shared
        inverse = np.linalg.inv(V)
        normal = X.T @ inverse @ X
        rest = points.ln_value - X @ np.linalg.solve(normal, X.T @ inverse @ points.ln_value)
        terms = np.linalg.slogdet(V)[1], np.linalg.slogdet(normal)[1], rest @ inverse @ rest
        return 0.5 * float(sum(terms))

    best = np.exp(minimize(minus_reml, np.log([0.1, 0.2]), method="Nelder-Mead").x)
    line = ScatteredLine(X, points)
    assert line.run_scatter is not None
    assert line.group_scatter is not None
    for found, expected in zip((line.run_scatter, line.group_scatter), best, strict=True):
        assert found.low < expected < found.high
        assert 0.7 < found.value / expected < 1.4


def test_repeats_at_a_temperature_do_not_make_up_for_what_they_share() -> None:
    """What is shared is told by eight temperatures: the interval is that of a line through their means."""
    from scipy.stats import linregress

    points = scattered(5, own=0.001, run=0.001, group=0.3, at=0.0 * T)
    slope = ScatteredLine(design(T), points).combination(np.array([0.0, 1.0]))
    means = linregress(T[::4], points.ln_value.reshape(8, 4).mean(axis=1))
    assert slope.value == pytest.approx(means.slope, rel=1e-3)
    # Student's t with 6 degrees of freedom; the least that scatter may be makes it a little narrower.
    assert (slope.high - slope.low) / 2.0 == pytest.approx(2.447 * means.stderr, rel=0.2)


def test_arrhenius_and_vogel_are_told_apart_where_they_differ() -> None:
    straight = [
        Activation(T, scattered(seed, own=0.02, run=0.02, group=0.0, at=0.4 / (K_EV * T))) for seed in range(8, 14)
    ]
    assert sum(one.law == "Vogel" for one in straight) <= 1
    assert sum(one.energy_eV.low < 0.4 < one.energy_eV.high for one in straight) >= 5
    undecided = [one for one in straight if one.law == "not told apart"]
    assert undecided
    for one in undecided:  # far outside, the interval holds both laws
        line = one.line.combination(np.array([1.0, 1 / (K_EV * 180.0) - float(np.mean(1 / (K_EV * T)))]))
        assert one.at(180.0).high > line.high
    bent = Activation(T, scattered(8, own=0.02, run=0.02, group=0.0, at=0.08 / (K_EV * (T - 160.0))))
    assert bent.law == "Vogel"
    assert bent.vogel is not None
    low, high = bent.vogel.temperature_ci95_K
    assert low is not None
    assert high is not None
    assert low < 160.0 < high
    assert bent.vogel.energy_eV.low < 0.08 < bent.vogel.energy_eV.high
    at = bent.at(275.0)
    assert at.low < 0.08 / (K_EV * 115.0) < at.high


def test_conductances_grow_where_times_fall() -> None:
    points = scattered(9, own=0.01, run=0.0, group=0.0, at=-0.3 / (K_EV * T))
    energy = Activation(T, points, -1).energy_eV
    assert energy.low < 0.3 < energy.high


def test_one_temperature_is_no_activation() -> None:
    with pytest.raises(FitError, match="two temperatures"):
        Activation(np.full(3, 300.0), Points(np.zeros(3), np.ones(3), np.arange(3)))
    assert Interval(1.0, 0.5, 2.0).overlaps(Interval(3.0, 2.0, 4.0))
    assert not Interval(1.0, 0.5, 1.9).overlaps(Interval(3.0, 2.0, 4.0))
