"""The MIGRATION concept: its mobility memory W(t) and its admittance.

The concept of mismatch and relaxation has ``-W'/W = -B g'``, ``-g' = g^K W / tau``, ``W(0) = g(0) = 1``; Funke,
Banhatti, Cramer, Phys. Chem. Chem. Phys. 7, 157 (2005). The first gives ``W = exp(-B (1 - g))``, ``W_inf = e^-B``; the
second then separates. With ``g = e^-y`` and ``x = t / tau``

    x(y) = integral from 0 to y of  exp((K - 1) y' + B (1 - e^-y')) dy'

which Gauss-Legendre panels give to rounding, its derivatives to B and K with it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from fitting.model.elements.base import Bulk, Quantity, StartScale
from fitting.transforms.modes import WeightsOfResponse
from fitting.transforms.plain_loops import loops_for_call

if TYPE_CHECKING:
    from fitting.transforms.laplace import Complexes, Floats

# Panels of y up to _LAST_Y; with 8 Gauss nodes each the integral is right to rounding (tests against an ODE).
_PANELS = 160
_LAST_Y = 60.0  # g = e^-60: nothing is left of the mismatch
_STEP_Y = _LAST_Y / _PANELS
# Of one panel, on -1 to 1.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
# The same on 0 to 1.
_GAUSS = np.stack([0.5 * (_NODES + 1.0), 0.5 * _WEIGHTS])
# Most steps; they end at 1e-8 of y, after three or so.
_NEWTON = 60


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
    solved = np.empty((4, len(x)))
    loops_for_call().mismatch_of_times(
        np.ascontiguousarray(x), B, K, _STEP_Y, _NEWTON, _GAUSS, np.empty((3, _PANELS + 1)), solved
    )
    y, slope, by_B, by_K = solved
    g = np.exp(-y)
    return g, g * by_B / slope, g * by_K / slope


@cache
def _reduced_modes() -> tuple[Floats, Floats, WeightsOfResponse]:
    """Rates and times (in units of tau) and the map from W at the times to mode weights.

    W is smooth at the scale of tau, so that rates a few hundred times 1/tau and more have no weight; its slow tail is
    followed over eight decades.
    """
    rates = 10.0 ** (np.arange(-57, 17) / 6.0)
    times = np.concatenate([[0.0], 10.0 ** (np.arange(-54, 145) / 18.0)])
    return rates, times, WeightsOfResponse(times, rates)


class Migration(Bulk):
    """Hopping with mismatch relaxation: ``Y = G_inf s W~(s)``, W by the MIGRATION concept (see the module).

    W becomes a sum of exponentials by a fixed linear map, whose transform is rational and so defined on the whole
    contour of `fitting.transforms.laplace`.
    """

    code = "Mig"
    quantities = (
        Quantity("G_inf", "S"),
        Quantity("B", "", 0.0, 30.0),
        Quantity("K", "", 1.0, 4.0),
        Quantity("tau", "s"),
    )

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        G, B, K, tau = p
        rates, times, to_weights = _reduced_modes()
        # What is left at last needs no fit: fitted, it would trade with the slowest exponentials.
        remains = np.exp(-B) * np.array([1.0, -1.0, 0.0, 0.0])
        weights = np.column_stack([remains, to_weights(self._w(times, B, K) - remains[:, None])])
        # Each exponential exp(-rate t / tau) has s times its transform x / (x + rate), x = s tau.
        sums = np.empty((4, len(s)), dtype=np.complex128)
        loops_for_call().rational_sums(s.real * tau, s.imag * tau, np.append(0.0, rates), weights, sums)
        shape, d_B, d_K, d_ln_tau = sums
        return G * shape, np.stack([shape, G * d_B, G * d_K, G / tau * d_ln_tau])

    @staticmethod
    def _w(x: Floats, B: float, K: float) -> Floats:
        """W at times ``x = t / tau`` and its derivatives to B, K and ln tau, shape (4, n)."""
        g, by_B, by_K = mismatch(x, B, K)
        W = np.exp(-B * (1.0 - g))
        # d/d(ln tau) = -x d/dx, and W' = -B g^K W^2 by the two rate equations
        return np.stack([W, W * (B * by_B - (1.0 - g)), W * B * by_K, x * B * g**K * W * W])

    def relaxation(self, t_s: Floats, p: Floats) -> Floats:  # noqa: D102
        W: Floats = self._w(t_s / p[3], float(p[1]), float(p[2]))[0]
        return W

    def w_inf(self, p: Floats) -> float:  # noqa: D102
        return float(np.exp(-p[1]))

    def modes(self, p: Floats) -> tuple[tuple[float, float], ...]:  # noqa: D102
        return ((float(p[3]), float(p[0] * -np.expm1(-p[1]))),)

    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        return (
            scale.conductance_S * 10.0 ** (0.5 * draw[0]),
            10.0 ** (-0.5 + draw[1]),
            1.5 + draw[2],
            scale.time(0.8 * draw[3]),
        )
