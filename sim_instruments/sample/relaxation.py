"""Relaxation of a sample's bulk conductance after a voltage step: W(t).

W(0) = 1 and W falls to W_inf = sigma_dc / sigma_inf. It comes from a differential equation (MIGRATION concept) or from
a table; both are kept as cubic Hermite pieces on a fine grid in ln t, together with the integral of W that the
Volterra solver needs.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.core.cubic import Cubic

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

# Cubic Hermite pieces at 200 a decade: interpolation error h^4/384 = 5e-11 of W.
_POINTS_PER_DECADE = 200
_STEPS = 2
"""Steps of the integrator from one point of the grid to the next: its error falls as their fourth power."""
_KEPT = 16
"""Relaxations that are remembered: a process has a few cells, each of half a megabyte. Doubled, none more is found."""
_GAUSS_4 = np.polynomial.legendre.leggauss(4)


class Relaxation:
    """W(t), 1 before `times_s[0]` and constant after `times_s[-1]`.

    Parameters
    ----------
    times_s : array_like, shape (n,)
        Increasing, positive.
    W : array_like, shape (n,)
        Values there.
    slopes : array_like, shape (n,)
        dW / d ln t there.
    """

    def __init__(self, times_s: ArrayLike, W: ArrayLike, slopes: ArrayLike) -> None:
        times = np.asarray(times_s, dtype=np.float64)
        u = np.log(times)
        values = np.asarray(W, dtype=np.float64)
        self._grid = times, values, np.asarray(slopes, dtype=np.float64)
        self._first, self._last = float(times[0]), float(times[-1])
        self._W = Cubic(u, values, np.asarray(slopes, dtype=np.float64))
        nodes, weights = np.polynomial.legendre.leggauss(6)
        half = 0.5 * np.diff(u)
        at = u[:-1, None] + half[:, None] * (1.0 + nodes)
        self.W_inf = float(values[-1])
        # Only what lies above W_inf is interpolated: a constant W is then integrated exactly.
        pieces = half * (((self._W(at) - self.W_inf) * np.exp(at)) @ weights)
        excess = self._first * (1.0 - self.W_inf) + np.concatenate([[0.0], np.cumsum(pieces)])
        self._excess = Cubic(u, excess, (values - self.W_inf) * times)

    def __call__(self, t_s: ArrayLike) -> Array:
        """Return W at times t_s >= 0 (s)."""
        t = np.asarray(t_s, dtype=np.float64)
        inside = self._W(np.log(np.clip(t, self._first, self._last)))
        return np.where(t < self._first, 1.0, inside)

    def integral_over(self, start_s: Array, width_s: Array) -> Array:
        """Return the integrals of W from start_s >= 0 to start_s + width_s, in seconds."""
        above = self._excess_to(start_s + width_s) - self._excess_to(start_s)
        # A narrow interval far from 0 would lose its digits in that difference: Gauss's rule of 4 points instead.
        narrow = np.flatnonzero(width_s < 0.3 * start_s)
        at = start_s[narrow, None] + 0.5 * width_s[narrow, None] * (1.0 + _GAUSS_4[0])
        above[narrow] = 0.5 * width_s[narrow] * ((self(at) - self.W_inf) @ _GAUSS_4[1])
        return self.W_inf * width_s + above

    def _excess_to(self, t: Array) -> Array:
        inside = self._excess(np.log(np.clip(t, self._first, self._last)))
        return np.where(t < self._first, (1.0 - self.W_inf) * t, inside)

    @property
    def table(self) -> tuple[Array, Array, Array]:
        """Times (s), W and dW / d ln t there, each of shape (n,): all that it is made of."""
        return self._grid

    @property
    def is_constant(self) -> bool:
        """Whether W is 1 at all times."""
        return bool((self._grid[1] == 1.0).all())

    def slowed(self, factor: float) -> Relaxation:
        """Return the same relaxation, `factor` times as slow."""
        times, W, slopes = self._grid
        return Relaxation(times * factor, W, slopes)

    @classmethod
    def sampled(
        cls, W: Callable[[Array], Array], slope: Callable[[Array], Array], first_s: float, last_s: float
    ) -> Relaxation:
        """Return the relaxation of a formula, given W and dW/d ln t as functions of t (s)."""
        t = _grid(first_s, last_s)
        return cls(t, W(t), slope(t))


@lru_cache(maxsize=1)
def constant() -> Relaxation:
    """Return W = 1: a plain resistor has no memory."""
    return Relaxation([1e-3, 1.0], [1.0, 1.0], [0.0, 0.0])


@lru_cache(maxsize=_KEPT)
def debye(W_inf: float, tau_s: float) -> Relaxation:
    """Return ``W_inf + (1 - W_inf) exp(-t / tau)``: one relaxation time; the same object for the same numbers."""
    if not (0.0 <= W_inf < 1.0 and tau_s > 0.0):
        raise ValueError(f"one relaxation time needs 0 <= W_inf < 1 and tau > 0, not {W_inf} and {tau_s} s")
    depth = 1.0 - W_inf
    return Relaxation.sampled(
        lambda t: W_inf + depth * np.exp(-t / tau_s),
        lambda t: -depth * (t / tau_s) * np.exp(-t / tau_s),
        1e-9 * tau_s,
        50.0 * tau_s,
    )


@lru_cache(maxsize=_KEPT)
def migration(B: float, K: float, tau_s: float) -> Relaxation:
    """Return the W(t) of the MIGRATION concept, integrated as an ODE; the same object for the same numbers.

    -W'/W = -B g', -g' = g^K W / tau, W(0) = g(0) = 1; so W = exp(-B (1 - g)), W_inf = exp(-B).
    Funke, Banhatti, Cramer, Phys. Chem. Chem. Phys. 7, 157 (2005).

    Parameters
    ----------
    B : float
        Depth of the fall, > 0.
    K : float
        Shape, >= 1.
    tau_s : float
        Initial relaxation time of the mismatch g, s.
    """
    if not (B > 0.0 and K >= 1.0 and tau_s > 0.0):
        raise ValueError(f"MIGRATION needs B > 0, K >= 1, tau > 0, not B = {B}, K = {K}, tau = {tau_s} s")
    x = _grid(1e-9, 1e12)
    u = np.log(x)

    def slope(log_x: float, y: float) -> float:
        # y = ln g keeps the long power-law tail g ~ t^(-1/(K-1)) in full relative accuracy.
        return -math.exp(log_x + (K - 1.0) * y - B * (1.0 - math.exp(y)))

    # -g' = 1/tau at the start gives ln g = -x to first order at x = 1e-9.
    y = _integrated(slope, u, -float(x[0]))
    g = np.exp(y)
    W = np.exp(-B * (1.0 - g))
    return Relaxation(x * tau_s, W, -B * W * np.exp(u + K * y) * W)


def _integrated(slope: Callable[[float, float], float], u: Array, first: float) -> Array:
    """Return the solution of ``dy/du = slope(u, y)`` on an even grid, by Runge and Kutta's rule of the fourth order.

    scipy's integrators are not worth their import: the grid is so fine that two of these steps from point to point are
    right to 1e-11 of g, ten times better than what is interpolated between its points.
    """
    h = float(u[-1] - u[0]) / (len(u) - 1) / _STEPS
    y, solution = first, [first]
    for start in u[:-1].tolist():
        for step in range(_STEPS):
            at = start + step * h
            k1 = slope(at, y)
            k2 = slope(at + 0.5 * h, y + 0.5 * h * k1)
            k3 = slope(at + 0.5 * h, y + 0.5 * h * k2)
            k4 = slope(at + h, y + h * k3)
            y += h / 6.0 * (k1 + 2.0 * (k2 + k3) + k4)
        solution.append(y)
    return np.asarray(solution, dtype=np.float64)


def tabulated(times_s: ArrayLike, W: ArrayLike) -> Relaxation:
    """Return the W(t) of a table, interpolated monotonically (PCHIP) in ln t.

    Parameters
    ----------
    times_s, W : array_like, shape (n,)
        Increasing times (s) and W from 1 downwards.
    """
    # scipy.interpolate takes a third of a second: only this kind of bulk needs it.
    from scipy.interpolate import PchipInterpolator

    times = np.asarray(times_s, dtype=np.float64)
    values = np.asarray(W, dtype=np.float64)
    if times.ndim != 1 or times.shape != values.shape or times.size < 2:
        raise ValueError("a table of W(t) needs as many times as values, two at least")
    if times[0] <= 0.0 or np.any(np.diff(times) <= 0.0):
        raise ValueError("the times of a W(t) table must be positive and increase")
    if abs(values[0] - 1.0) > 1e-3 or np.any(np.diff(values) > 0.0) or values[-1] < 0.0:
        raise ValueError("a table of W(t) must start at 1 and never rise nor go below 0")
    curve = PchipInterpolator(np.log(times), values)
    # The knots are grid points too: PCHIP is smooth only between them.
    t = np.unique(np.concatenate([times, _grid(times[0], times[-1])]))
    t = t[np.concatenate([[True], np.diff(np.log(t)) > 1e-9])]
    u = np.clip(np.log(t), np.log(times[0]), np.log(times[-1]))
    return Relaxation(t, curve(u), curve.derivative()(u))


def _grid(first_s: float, last_s: float) -> Array:
    decades = math.log10(last_s / first_s)
    return np.geomspace(first_s, last_s, max(2, math.ceil(decades * _POINTS_PER_DECADE) + 1))
