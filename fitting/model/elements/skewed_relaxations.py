"""Skewed relaxations: Cole-Davidson, Havriliak-Negami, and Jonscher's law with a shortest time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.model.elements.base import Bulk, Quantity, StartScale

if TYPE_CHECKING:
    from fitting.transforms.laplace import Complexes, Floats


class HavriliakNegami(Bulk):
    """A broad and skewed relaxation: ``Y = G_inf [W_inf + (1 - W_inf) (1 - (1 + x^a)^-c)]``, ``x = s tau``.

    Havriliak, Negami, Polymer 8, 161 (1967); 0 < a, c < 1.
    """

    code = "Hn"
    quantities: tuple[Quantity, ...] = (
        Quantity("G_inf", "S"),
        Quantity("W_inf", "", 0.0, 1.0),
        Quantity("tau", "s"),
        Quantity("a", "", 0.0, 1.0),
        Quantity("c", "", 0.0, 1.0),
    )

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        G, W, tau, a, c = p
        logarithm = np.log(s * tau)
        power = np.exp(a * logarithm)
        grown = np.log1p(power)
        left = np.exp(-c * grown)
        shape = W + (1.0 - W) * (1.0 - left)
        slope = G * (1.0 - W) * c * left * power / (1.0 + power)
        by_c = G * (1.0 - W) * left * grown
        return G * shape, np.stack([shape, G * left, slope * a / tau, slope * logarithm, by_c])

    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        return (
            scale.conductance_S * 10.0 ** (0.5 * draw[0]),
            0.05 + 0.9 * draw[1],
            scale.time(0.9 * draw[2]),
            0.5 + 0.48 * draw[3],
            0.3 + 0.65 * draw[4],
        )

    def w_inf(self, p: Floats) -> float:  # noqa: D102
        return float(p[1])

    def modes(self, p: Floats) -> tuple[tuple[float, float], ...]:  # noqa: D102
        return ((float(p[2]), float(p[0] * (1.0 - p[1]))),)


class ColeDavidson(HavriliakNegami):
    """A skewed relaxation: Havriliak and Negami's with ``a = 1``.

    ``Y = G_inf [W_inf + (1 - W_inf) (1 - (1 + x)^-c)]``; Davidson, Cole, J. Chem. Phys. 19, 1484 (1951).
    """

    code = "Cd"
    quantities = (*HavriliakNegami.quantities[:3], HavriliakNegami.quantities[4])

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        Y, slopes = super().evaluate(s, np.insert(p, 3, 1.0))
        return Y, np.delete(slopes, 3, axis=0)

    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        *rest, _, c = super().start(scale, np.insert(draw, 3, 0.0))
        return (*rest, c)


class Jonscher(Bulk):
    """The universal power law, up to a shortest time: ``Y = G_dc + A (s / (1 + s tau_c))^n``.

    Jonscher, Nature 267, 673 (1977); Almond, West, Solid State Ionics 9/10, 277 (1983), whose ``sigma = sigma_dc + A
    omega^n`` has no short-time limit. Here it ends at ``tau_c``, the time of a single attempt, as a first-order
    cut-off: G_inf = G_dc + A tau_c^-n.
    """

    code = "Jo"
    quantities = (
        Quantity("G_dc", "S"),
        Quantity("A", "S·s^n"),
        Quantity("n", "", 0.0, 1.0),
        Quantity("tau_c", "s"),
    )

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        G, A, n, tau = p
        logarithm = np.log(s) - np.log1p(s * tau)
        power = np.exp(n * logarithm)
        return G + A * power, np.stack(
            [np.ones_like(s), power, A * power * logarithm, -A * n * power * s / (1.0 + s * tau)]
        )

    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        n, tau = 0.4 + 0.5 * draw[2], scale.time(0.5 * draw[3] - 0.3)
        G_inf = scale.conductance_S * 10.0 ** (0.5 * draw[1])
        share = 0.05 + 0.9 * draw[0]
        return G_inf * share, G_inf * (1.0 - share) * tau**n, n, tau

    def g_inf(self, p: Floats) -> float:  # noqa: D102
        return float(p[0] + p[1] * p[3] ** -p[2])

    def w_inf(self, p: Floats) -> float:  # noqa: D102
        return float(p[0] / self.g_inf(p))

    def modes(self, p: Floats) -> tuple[tuple[float, float], ...]:  # noqa: D102
        # Where the power law equals what stays: the crossover of Almond and West, omega_p = (G_dc / A)^(1/n).
        crossover = (p[1] / p[0]) ** (1.0 / p[2])
        return ((float(max(crossover, p[3])), float(self.g_inf(p) - p[0])),)
