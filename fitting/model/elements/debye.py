"""Debye, Prony and Cole-Cole relaxations of the bulk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.model.elements.base import Bulk, Quantity, StartScale, plain_formula
from fitting.transforms.laplace import unit_contour

if TYPE_CHECKING:
    from fitting.transforms.laplace import Complexes, Floats

_G_INF = Quantity("G_inf", "S")
_W_INF = Quantity("W_inf", "", 0.0, 1.0)  # a share
_TAU = Quantity("tau", "s")


class Debye(Bulk):
    """One relaxation: ``Y = G_inf [W_inf + (1 - W_inf) x / (1 + x)]``, ``x = s tau``, so W is an exponential."""

    code = "De"
    quantities = (_G_INF, _W_INF, _TAU)

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        G, W, tau = p
        x = s * tau
        left = 1.0 / (1.0 + x)
        shape = W + (1.0 - W) * (x * left)
        return G * shape, np.array([shape, G * left, G * (1.0 - W) * s * left * left])

    def relaxation(self, t_s: Floats, p: Floats) -> Floats:  # noqa: D102
        W: Floats = p[1] + (1.0 - p[1]) * np.exp(-np.asarray(t_s) / p[2])
        return W

    @plain_formula
    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        return (scale.conductance_S * 10.0 ** (0.5 * draw[0]), 0.05 + 0.9 * draw[1], scale.time(0.9 * draw[2]))

    def w_inf(self, p: Floats) -> float:  # noqa: D102
        return float(p[1])

    def modes(self, p: Floats) -> tuple[tuple[float, float], ...]:  # noqa: D102
        return ((float(p[2]), float(p[0] * (1.0 - p[1]))),)


class Prony(Bulk):
    """Some relaxations side by side: ``Y = G_inf [W_inf + (1 - W_inf) sum_k g_k x_k / (1 + x_k)]``.

    The shares g_k add up to 1 and are carried by odds: ``g_k = r_k / sum(r)`` with ``r_1 = 1``, so that each free
    parameter (r_2, r_3, ...) may be any positive number.

    Parameters
    ----------
    n_modes : int
        1 to 4.
    """

    code = "Pr"

    def __init__(self, n_modes: int) -> None:
        self.n_modes = n_modes

    @property
    def quantities(self) -> tuple[Quantity, ...]:  # noqa: D102
        odds = tuple(Quantity(f"r_{k}", "") for k in range(2, self.n_modes + 1))
        taus = tuple(Quantity(f"tau_{k}", "s") for k in range(1, self.n_modes + 1))
        return (_G_INF, _W_INF, *odds, *taus)

    def _shares(self, p: Floats) -> tuple[Floats, Floats]:
        odds = np.concatenate([[1.0], p[2 : self.n_modes + 1]])
        return odds / odds.sum(), p[self.n_modes + 1 :]

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        G, W = p[0], p[1]
        g, tau = self._shares(p)
        x = s * tau[:, None]
        h = x / (1.0 + x)
        mean = g @ h
        shape = W + (1.0 - W) * mean
        # g_k = r_k / S gives dg_j/dr_k = (delta_jk - g_j) / S, and S = 1 / g_1.
        by_odds = G * (1.0 - W) * g[0] * (h[1:] - mean)
        by_tau = G * (1.0 - W) * g[:, None] * s / (1.0 + x) ** 2
        return G * shape, np.concatenate([shape[None], (G * (1.0 - mean))[None], by_odds, by_tau])

    def relaxation(self, t_s: Floats, p: Floats) -> Floats:  # noqa: D102
        g, tau = self._shares(p)
        W: Floats = p[1] + (1.0 - p[1]) * np.exp(-np.divide.outer(np.asarray(t_s), tau)) @ g
        return W

    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        n = self.n_modes
        odds = 10.0 ** (2.0 * draw[2 : n + 1] - 1.0)
        taus = [scale.time(0.9 * (k + d) / n) for k, d in enumerate(draw[n + 1 :])]
        return (scale.conductance_S * 10.0 ** (0.5 * draw[0]), 0.05 + 0.9 * draw[1], *odds.tolist(), *taus)

    def w_inf(self, p: Floats) -> float:  # noqa: D102
        return float(p[1])

    def modes(self, p: Floats) -> tuple[tuple[float, float], ...]:  # noqa: D102
        g, tau = self._shares(p)
        return tuple((float(t), float(p[0] * (1.0 - p[1]) * share)) for share, t in zip(g, tau, strict=True))


class ColeCole(Bulk):
    """A broadened relaxation: ``Y = G_inf [W_inf + (1 - W_inf) x^a / (1 + x^a)]``, ``x = s tau``, 0 < a < 1.

    W decays as the Mittag-Leffler function ``E_a(-(t / tau)^a)``; Cole, Cole, J. Chem. Phys. 9, 341 (1941).
    """

    code = "Cc"
    quantities = (_G_INF, _W_INF, _TAU, Quantity("a", "", 0.0, 1.0))

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        G, W, tau, a = p
        logarithm = np.log(s * tau)
        x = np.exp(a * logarithm)
        left = 1.0 / (1.0 + x)
        h = x * left
        shape = W + (1.0 - W) * h
        slope = G * (1.0 - W) * h * left
        return G * shape, np.array([shape, G * left, slope * (a / tau), slope * logarithm])

    def relaxation(self, t_s: Floats, p: Floats) -> Floats:
        """Return ``W(t)`` by the contour of `step_response`, where the power of a product is that of its factors."""
        _, W, tau, a = p.tolist()
        z, c = unit_contour()
        x = np.multiply.outer((tau / np.asarray(t_s)) ** a, z**a)
        remaining: Floats = W + (1.0 - W) * ((x / (1.0 + x)) @ (c / z)).real
        return remaining

    @plain_formula
    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        return (
            scale.conductance_S * 10.0 ** (0.5 * draw[0]),
            0.05 + 0.9 * draw[1],
            scale.time(0.9 * draw[2]),
            0.5 + 0.48 * draw[3],
        )

    def w_inf(self, p: Floats) -> float:  # noqa: D102
        return float(p[1])

    def modes(self, p: Floats) -> tuple[tuple[float, float], ...]:  # noqa: D102
        return ((float(p[2]), float(p[0] * (1.0 - p[1]))),)
