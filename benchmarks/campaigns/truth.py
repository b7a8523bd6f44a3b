"""True currents of cells of known memory: step responses that share nothing with `fitting`.

Three differences make them an independent road: transforms are inverted by Abate and Whitt's Euler algorithm, which
stays where Re(s) > 0 (INFORMS J. Comput. 18, 408 (2006), section 5), not by a Talbot contour; W~(s) of families without
a closed transform comes by Gauss-Legendre quadrature of W(t); and MIGRATION's W(t) is integrated by scipy's DOP853.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import comb
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline

if TYPE_CHECKING:
    from collections.abc import Callable

    from protocols import PulseSequence

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_M = 13
_PER_DECADE = 24
_TIMES = 401  # of W over eight decades: its integral to 1e-9, its half to 1e-8


def _euler() -> tuple[Complexes, Floats]:
    """Return nodes beta (2M+1,) and weights: ``f(t) = sum(weights * Re F(beta / t)) / t``."""
    k = np.arange(2 * _M + 1)
    xi = np.ones(2 * _M + 1)
    xi[0] = 0.5
    xi[2 * _M] = 2.0**-_M
    for j in range(1, _M):
        xi[2 * _M - j] = xi[2 * _M - j + 1] + 2.0**-_M * comb(_M, j)
    beta = _M * np.log(10.0) / 3.0 + 1j * np.pi * k
    return beta, (-1.0) ** k * xi * 10.0 ** (_M / 3.0)


_BETA, _ETA = _euler()


def _quadrature() -> tuple[Floats, Floats]:
    """Return nodes v and weights of ``int_0^38 f(v) dv``, dense at 0, where W may go as a power of time."""
    x, w = np.polynomial.legendre.leggauss(16)
    ends = np.concatenate([[0.0], np.geomspace(1e-12, 0.1, 23), np.linspace(0.1, 38.0, 65)[1:]])
    middle, half = 0.5 * (ends[1:] + ends[:-1]), 0.5 * np.diff(ends)
    return (middle[:, None] + half[:, None] * x).ravel(), (half[:, None] * w).ravel()


_V, _WEIGHT = _quadrature()


def s_times_transform(W: Callable[[Floats], Floats], t_s: Floats) -> Complexes:
    """Return ``s W~(s)`` at the nodes ``s = beta / t`` of each time, shape (n, 2M+1).

    All nodes of a time share their real part, so one set of quadrature points serves them all.
    """
    ratio = _BETA / _BETA[0].real
    kernel = ratio * np.exp(-np.multiply.outer(_V, ratio)) * _WEIGHT[:, None]
    values: Complexes = W(np.multiply.outer(t_s, _V / _BETA[0].real)) @ kernel
    return values


def migration(B: float, K: float) -> Callable[[Floats], Floats]:
    """Return W(t / tau) of Funke's rate equations, -g' = g^K W / tau and W = exp(-B (1 - g))."""
    start, stop = -32.0, 40.0

    def slope(ln_x: float, ln_g: Floats) -> Floats:
        g = np.exp(ln_g)
        # Nothing is left of g < e^-700; its logarithm would fall out of all numbers.
        return np.where(ln_g > -700.0, -np.exp(ln_x - B * (1.0 - g)) * g ** (K - 1.0), 0.0)

    at = np.linspace(start, stop, 2881)
    with np.errstate(all="ignore"):  # trial steps of a K of 1 reach far beyond
        ln_g = solve_ivp(slope, (start, stop), [-np.exp(start)], "DOP853", at, rtol=1e-11, atol=1e-15).y[0]
    lost = CubicSpline(at, -np.expm1(ln_g))
    return lambda x: np.exp(-B * lost(np.clip(np.log(x), start, stop)))


@dataclass(frozen=True)
class Bulk:
    """A hopping conductor of some family.

    Attributes
    ----------
    family : str
        ``De``, ``Cc``, ``Kww`` or ``Mig``, as circuit strings have it.
    p : dict of str to float
        ``G_inf`` and its other parameters (SI).
    """

    family: str
    p: dict[str, float] = field(default_factory=dict)

    def admittance(self, t_s: Floats) -> Complexes:
        """Return Y at the nodes of some times, S."""
        p, s = self.p, _BETA / t_s[:, None]
        if self.family == "Mig":
            W = migration(p["B"], p["K"])
            return p["G_inf"] * s_times_transform(lambda t: W(t / p["tau"]), t_s)
        if self.family == "Kww":
            fading = s_times_transform(lambda t: np.exp(-((t / p["tau"]) ** p["b"])), t_s)
        elif self.family in {"De", "Cc"}:
            x = (s * p["tau"]) ** p.get("a", 1.0)
            fading = x / (1.0 + x)
        else:
            raise ValueError(f"no such family here: {self.family}")
        return p["G_inf"] * (p["W_inf"] + (1.0 - p["W_inf"]) * fading)

    def w_inf(self) -> float:
        """Return what is left of W long after a hop."""
        return float(np.exp(-self.p["B"])) if self.family == "Mig" else self.p["W_inf"]

    def relaxation(self, t_s: Floats) -> Floats:
        """Return W(t), shape (n,)."""
        if self.family == "Mig":
            return migration(self.p["B"], self.p["K"])(t_s / self.p["tau"])
        return inverted(self.admittance(t_s) / (self.p["G_inf"] * nodes_of(t_s)), t_s)

    def memory_time(self, window_s: float) -> float:
        """Return the first moment of -dW/dt over a window, s."""
        t = np.geomspace(1e-8 * window_s, window_s, _TIMES)
        W = self.relaxation(t)
        area = float(CubicSpline(np.log(t), (W - W[-1]) * t).integrate(np.log(t[0]), np.log(t[-1])))
        return (area + float((W[0] - W[-1]) * t[0])) / float(1.0 - W[-1])

    def median_memory_time(self) -> float:
        """Return the time by which half of what W loses is lost, s."""
        t = self.p["tau"] * np.geomspace(1e-4, 1e4, _TIMES)
        half = 0.5 * (1.0 + self.w_inf())
        return float(np.exp(CubicSpline(np.log(t), self.relaxation(t)).solve(half, extrapolate=False)[0]))


def nodes_of(t_s: Floats) -> Complexes:
    """Return the complex frequencies (rad/s) at which a transform is asked for some times, shape (n, 2M+1)."""
    nodes: Complexes = _BETA / t_s[:, None]
    return nodes


def inverted(transform: Complexes, t_s: Floats) -> Floats:
    """Return a function at some times from its transform at their nodes, shape (n,)."""
    values: Floats = (transform.real @ _ETA) / t_s
    return values


@dataclass(frozen=True)
class Cell:
    """Series resistance, bulk and a blocking electrode Q s^n (n = 1: a capacitor; Q inf: none).

    Attributes
    ----------
    bulk : Bulk
    R : float
        ohm.
    Q : float
        S s^n.
    n : float
    """

    bulk: Bulk
    R: float = 0.0
    Q: float = np.inf
    n: float = 1.0

    def admittance(self, t_s: Floats, s: Complexes) -> Complexes:
        """Return Y at the nodes s of some times, S."""
        impedance = self.R + 1.0 / self.bulk.admittance(t_s)
        if np.isfinite(self.Q):
            impedance = impedance + 1.0 / (self.Q * s**self.n)
        return 1.0 / impedance

    def step(self, t_s: Floats) -> Floats:
        """Return the step response at some times, S."""
        s = nodes_of(t_s)
        return inverted(self.admittance(t_s, s) / s, t_s)

    def current(self, t_s: Floats, drive: PulseSequence) -> Floats:
        """Return the current at some times, A."""
        return current_of(self.admittance, t_s, drive)

    def voltage(self, t_s: Floats, drive: PulseSequence) -> Floats:
        """Return the voltage at some times, V, of a drive whose levels are currents, A."""
        return current_of(lambda t, s: 1.0 / self.admittance(t, s), t_s, drive)


def current_of(admittance: Callable[[Floats, Complexes], Complexes], t_s: Floats, drive: PulseSequence) -> Floats:
    """Return the current of a drive of holds, A.

    Parameters
    ----------
    admittance : callable
        Y (S) for times (s), shape (n,), and their nodes s (rad/s), shape (n, 2M+1).
    t_s : ndarray
        Times of the samples, s.
    drive : PulseSequence
    """
    edges, steps = drive.jumps()
    lags = [t_s[t_s > edge] - edge for edge in edges]
    shortest, longest = min(lag[0] for lag in lags if len(lag)), float(t_s[-1] - edges[0])
    decades = np.log10(longest / shortest) + 0.2
    t = shortest * 10.0 ** np.linspace(-0.1, decades, int(_PER_DECADE * (decades + 0.1)) + 2)
    s = _BETA / t[:, None]
    step_response = CubicSpline(np.log(t), inverted(admittance(t, s) / s, t))
    total = np.zeros(len(t_s))
    for edge, step, lag in zip(edges, steps, lags, strict=True):
        total[t_s > edge] += step * step_response(np.log(lag))
    return total


def noise(rng: np.random.Generator, n: int, sigma: float, rho: float = 0.0) -> Floats:
    """Return noise of standard deviation sigma: white, or AR(1) with lag-1 correlation rho."""
    white = rng.standard_normal(n)
    if rho == 0.0:
        return sigma * white
    from scipy.signal import lfilter

    white[1:] *= np.sqrt(1.0 - rho**2)
    coloured: Floats = sigma * lfilter([1.0], [1.0, -rho], white)
    return coloured


@dataclass(eq=False)
class SimulatedRecord:
    """A run that was never on disk, as `fitting.Record` has it."""

    t_s: Floats
    current_A: Floats
    drive: PulseSequence | None
    voltage_V: Floats
    status: NDArray[np.uint8]
    aperture_s: float = 0.0
    response_s: tuple[float, ...] = ()
    path: Path = field(default=Path("simulated.nxs"))

    @property
    def n_samples(self) -> int:
        """How many samples."""
        return len(self.t_s)

    @classmethod
    def of(cls, t_s: Floats, current_A: Floats, drive: PulseSequence) -> SimulatedRecord:
        """Return a record without flags."""
        return cls(t_s, current_A, drive, drive.voltage_at(t_s), np.zeros(len(t_s), np.uint8))
