"""The MIGRATION concept: its mobility memory W(t) and its admittance.

The concept of mismatch and relaxation has ``-W'/W = -B g'``, ``-g' = g^K W / tau``, ``W(0) = g(0) = 1``; Funke,
Banhatti, Cramer, Phys. Chem. Chem. Phys. 7, 157 (2005). The first gives ``W = exp(-B (1 - g))``, ``W_inf = e^-B``; the
second then separates. With ``g = e^-y`` and ``x = t / tau``

    x(y) = integral from 0 to y of  exp((K - 1) y' + B (1 - e^-y')) dy'

which Gauss-Legendre panels give to rounding, its derivatives to B and K with it. The charge is known in closed form:
the integral of W over x is ``(e^((K - 1) y) - 1) / (K - 1)``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fitting.model.elements.base import Bulk, Quantity, StartScale, plain_formula
from fitting.transforms.plain_loops import loops_for_call
from fitting.transforms.relaxation_map import relaxation_map

if TYPE_CHECKING:
    from fitting.transforms.laplace import Complexes, Floats

# Bounds of B and K, for safety only: e^-30 of the conductance is nothing (1e-13). Doubled, there are twice as many
# panels.
_LARGEST_B, _LARGEST_K = 30.0, 4.0
_LAST_Y = 60.0  # g = e^-60: nothing is left of the mismatch
# By how much the integrand's logarithm changes over a panel, at most: eight Gauss nodes then give its integral to
# rounding (tests against an ODE). Doubled, panels of a large B are right to 1e-12.
_CHANGE_OF_PANEL = 1.5
# Of one panel, on -1 to 1.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
# The same on 0 to 1.
_GAUSS = np.stack([0.5 * (_NODES + 1.0), 0.5 * _WEIGHTS])
# What stays of W, and its derivatives to B, K and ln tau, as a share of W_inf.
_OF_STEADY = np.array([[1.0], [-1.0], [0.0], [0.0]])
# Most steps; they end at 1e-5 of a panel, most often with the first, which leaves the cube of that.
_NEWTON = 60
# K - 1 below which the charge is expanded about K = 1: next terms are 1e-10 of it at the last y.
_NEAR_1 = 1e-7


def _panel_edges() -> Floats:
    """Return the panels' ends: narrow where ``B (1 - e^-y)`` of the largest B climbs."""
    y = np.linspace(0.0, _LAST_Y, 60001)
    change = (_LARGEST_K - 1.0) * y - _LARGEST_B * np.expm1(-y)
    n_panels = int(np.ceil(change[-1] / _CHANGE_OF_PANEL))
    edges: Floats = np.interp(np.linspace(0.0, change[-1], n_panels + 1), change, y)
    return edges


_EDGES = _panel_edges()
_WIDTHS = np.diff(_EDGES)
# y at the nodes of each panel, and 1 - e^-y there.
_PANEL_NODES = np.stack([_EDGES[:-1, None] + _WIDTHS[:, None] * _GAUSS[0]] * 2)
_PANEL_NODES[1] = -np.expm1(-_PANEL_NODES[0])


def _solved(x: Floats, B: float, K: float) -> tuple[Floats, Floats]:
    """Return y, the integrand there and the integral's derivatives to B and K, (4, n), and the panels' sums."""
    solved, sums = np.empty((4, len(x))), np.empty((3, len(_EDGES)))
    loops_for_call().mismatch_of_times(
        np.ascontiguousarray(x), B, K, _EDGES, _PANEL_NODES, _NEWTON, _GAUSS, sums, solved
    )
    return solved, sums


def mismatch(x: Floats, B: float, K: float) -> tuple[Floats, Floats, Floats]:
    """Return the mismatch function g at reduced times ``x = t / tau`` and its derivatives to B and K.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Rising.
    B, K : float
        B > 0, K >= 1.

    Returns
    -------
    g, dg_dB, dg_dK : ndarray, shape (n,)
    """
    return _mismatch_of(_solved(x, B, K)[0])


def _mismatch_of(solved: Floats) -> tuple[Floats, Floats, Floats]:
    y, slope, by_B, by_K = solved
    g = np.exp(-y)
    return g, g * by_B / slope, g * by_K / slope


class Migration(Bulk):
    """Hopping with mismatch relaxation: ``Y = G_inf s W~(s)``, W by the MIGRATION concept (see the module).

    The transform of ``W - W_inf`` comes by a fixed linear map; what stays needs no map.
    """

    code = "Mig"
    quantities = (
        Quantity("G_inf", "S"),
        Quantity("B", "", 0.0, _LARGEST_B),
        Quantity("K", "", 1.0, _LARGEST_K),
        Quantity("tau", "s"),
    )

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        G, B, K, tau = p.tolist()
        to_admittance = relaxation_map(s)
        x = to_admittance.times_s / tau
        solved, sums = _solved(x, B, K)
        steady = math.exp(-B) * _OF_STEADY
        fading = self._fading(x, B, K, solved)
        shapes = steady + to_admittance(
            fading, tau * self._early(float(x[0]), (B, K), solved[:, 0], sums[:, -1], float(fading[0, 0]))
        )
        Y = G * shapes[0]
        shapes[1:] *= np.array([[G], [G], [G / tau]])
        return Y, shapes

    @staticmethod
    def _fading(x: Floats, B: float, K: float, solved: Floats) -> Floats:
        """W - W_inf at times ``x = t / tau`` and its derivatives to B, K and ln tau, shape (4, n)."""
        g, by_B, by_K = _mismatch_of(solved)
        fading = np.empty((4, len(x)))
        left = np.multiply(math.exp(-B), np.expm1(B * g), out=fading[0])
        W = left + math.exp(-B)
        fading[1] = W * (g + B * by_B) - left
        fading[2] = W * B * by_K
        # d/d(ln tau) = -x d/dx, and W' = -B g^K W^2 by the two rate equations
        fading[3] = x * B * np.exp(-K * solved[0]) * W * W
        return fading

    @staticmethod
    def _early(x: float, shape: tuple[float, float], solved: Floats, ends: Floats, left: float) -> Floats:
        """Integrals over reduced time of W - W_inf from 0 to x, and of its derivatives, shape (4,).

        Parameters
        ----------
        x : float
        shape : tuple of float
            B and K.
        solved : ndarray, shape (4,)
            Of the mismatch at x.
        ends : ndarray, shape (3,)
            The integral and its derivatives at the last y, where nothing is left to fall.
        left : float
            W - W_inf at x.
        """
        B, K = shape
        # Plain numbers: numpy's scalars take five times as long for as little.
        y, _, by_B, by_K = solved.tolist()
        upto = x
        if not np.isfinite(y):
            y, (upto, by_B, by_K) = _LAST_Y, ends.tolist()
        steady, k = math.exp(-B), K - 1.0
        # Integral of W, and its derivative to K at a fixed y.
        grown = math.expm1(k * y)
        charge = grown / k if k > _NEAR_1 else y + 0.5 * k * y**2
        by_k = (y * (grown + 1.0) - charge) / k if k > _NEAR_1 else 0.5 * y**2
        fallen = charge - steady * upto
        W = left + steady
        return np.array([fallen, steady * upto - W * by_B, by_k - W * by_K, fallen - left * x])

    def relaxation(self, t_s: Floats, p: Floats) -> Floats:  # noqa: D102
        B, K = float(p[1]), float(p[2])
        W: Floats = np.exp(-B * (1.0 - np.exp(-_solved(t_s / p[3], B, K)[0][0])))
        return W

    def time_of(self, remaining: float, p: Floats) -> float | None:  # noqa: D102
        _, B, K, tau = p.tolist()
        left = 1.0 + math.log(remaining) / B
        if not math.exp(-_LAST_Y) < left <= 1.0:
            return None
        y = -math.log(left)
        panel = max(int(np.searchsorted(_EDGES, y)) - 1, 0)
        (places, lost), (nodes, weights) = _PANEL_NODES[:, :panel], _GAUSS
        whole = _WIDTHS[:panel] @ (np.exp((K - 1.0) * places + B * lost) @ weights)
        low = float(_EDGES[panel])
        at = low + (y - low) * nodes
        return float(tau * (whole + (y - low) * (np.exp((K - 1.0) * at - B * np.expm1(-at)) @ weights)))

    def w_inf(self, p: Floats) -> float:  # noqa: D102
        return float(np.exp(-p[1]))

    def modes(self, p: Floats) -> tuple[tuple[float, float], ...]:  # noqa: D102
        return ((float(p[3]), float(p[0] * -np.expm1(-p[1]))),)

    @plain_formula
    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        return (
            scale.conductance_S * 10.0 ** (0.5 * draw[0]),
            10.0 ** (-0.5 + draw[1]),
            1.5 + draw[2],
            scale.time(0.8 * draw[3]),
        )
