"""Stretched-exponential (Kohlrausch) relaxation, by a fixed linear map from its times to its transform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.model.elements.base import Bulk, Quantity, StartScale, plain_formula
from fitting.transforms.relaxation_map import relaxation_map

if TYPE_CHECKING:
    from fitting.transforms.laplace import Complexes, Floats

# Of the integral up to an early time, over the logarithm of time: its panels and the nodes in each. Logarithms of time
# from 40 below the integrand's maximum, where e^-40 of it is left; eight nodes a panel are right to 1e-13.
_PANELS, _LOGARITHMS_BELOW = 64, 40.0
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
_PLACES = ((np.arange(_PANELS)[:, None] + 0.5 * (_NODES + 1.0)) / _PANELS).ravel()
_SHARES = np.tile(0.5 * _WEIGHTS / _PANELS, _PANELS)
# (t / tau)^b beyond which exp of its negative is nothing.
_OVER = 745.0


def _early_integrals(x: float, b: float) -> Floats:
    """Return the integrals from 0 to x of ``exp(-x^b)`` and of its derivatives to b and ln tau, shape (3,)."""
    if b == 0.0:
        return np.array([x, x - x * np.log(x), 0.0]) * float(np.exp(-1.0))
    top = min(np.log(x), np.log(_OVER) / b)
    # The integrand over ln x, x exp(-x^b), is largest at x^b = 1/b.
    bottom = min(top, -np.log(b) / b) - _LOGARITHMS_BELOW
    v = bottom + (top - bottom) * _PLACES
    grown = np.exp(b * v)
    integrand = np.exp(v - grown) * _SHARES * (top - bottom)
    return np.array([integrand.sum(), -(v * grown) @ integrand, b * (grown @ integrand)])


class StretchedExponential(Bulk):
    """Kohlrausch's relaxation: ``W = W_inf + (1 - W_inf) exp(-(t / tau)^b)``, 0 < b < 1.

    Kohlrausch, Ann. Phys. 167, 179 (1854); Williams, Watts, Trans. Faraday Soc. 66, 80 (1970).
    """

    code = "Kww"
    quantities = (
        Quantity("G_inf", "S"),
        Quantity("W_inf", "", 0.0, 1.0),
        Quantity("tau", "s"),
        Quantity("b", "", 0.0, 1.0),
    )

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        G, W_inf, tau, b = p
        to_admittance = relaxation_map(s)
        x = to_admittance.times_s / tau
        logarithm = np.log(x)
        grown = np.exp(np.minimum(b * logarithm, np.log(_OVER)))
        left = np.exp(-grown)
        # d/db = -x^b ln x W, d/d(ln tau) = b x^b W
        fading = np.stack([left, -grown * logarithm * left, b * grown * left])
        decay, by_b, by_ln_tau = to_admittance(fading, tau * _early_integrals(float(x[0]), float(b)))
        shape = W_inf + (1.0 - W_inf) * decay
        fade = G * (1.0 - W_inf)
        return G * shape, np.stack([shape, G * (1.0 - decay), fade * by_ln_tau / tau, fade * by_b])

    def relaxation(self, t_s: Floats, p: Floats) -> Floats:  # noqa: D102
        W: Floats = p[1] + (1.0 - p[1]) * np.exp(-((t_s / p[2]) ** p[3]))
        return W

    def w_inf(self, p: Floats) -> float:  # noqa: D102
        return float(p[1])

    def modes(self, p: Floats) -> tuple[tuple[float, float], ...]:  # noqa: D102
        return ((float(p[2]), float(p[0] * (1.0 - p[1]))),)

    @plain_formula
    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        return (
            scale.conductance_S * 10.0 ** (0.5 * draw[0]),
            0.05 + 0.9 * draw[1],
            scale.time(0.9 * draw[2]),
            0.3 + 0.65 * draw[3],
        )
