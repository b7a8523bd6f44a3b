"""Stretched-exponential (Kohlrausch) relaxation, by a sum of exponentials."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from fitting.model.elements.base import Bulk, Quantity, StartScale
from fitting.transforms.modes import PER_DECADE, WeightsOfResponse
from fitting.transforms.plain_loops import loops_for_call

if TYPE_CHECKING:
    from fitting.transforms.laplace import Complexes, Floats

# Times from a millionth of the shortest that is asked for to a thousand times the longest. What happens before the
# first does not reach the times that are asked for; what is left after the last is a constant to them.
_BEFORE, _BEYOND = -6, 3


@lru_cache(maxsize=64)
def _reduced_modes(first: int, last: int) -> tuple[Floats, Floats, WeightsOfResponse]:
    """Rates, times ``10^first .. 10^last`` (both in units of tau), and the map from W at the times to weights."""
    per = 3 * PER_DECADE
    times = 10.0 ** (np.arange(per * first, per * last + 1) / per)
    rates = 10.0 ** (np.arange(-PER_DECADE * (last + 1) - 3, -PER_DECADE * first + 4) / PER_DECADE)
    rates = np.concatenate([[0.0], rates])
    return rates, times, WeightsOfResponse(times, rates)


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
        size = np.abs(s) * tau
        first = int(np.floor(-np.log10(size.max()))) + _BEFORE
        last = int(np.ceil(-np.log10(size.min()))) + _BEYOND
        rates, times, to_weights = _reduced_modes(first, last)
        grown = np.exp(b * np.log(times))
        left = np.exp(-grown)
        # d/db = -x^b ln x W, d/d(ln tau) = b x^b W
        weights = to_weights(np.stack([left, -grown * np.log(times) * left, b * grown * left, np.zeros_like(times)]))
        sums = np.empty((4, len(s)), dtype=np.complex128)
        loops_for_call().rational_sums(s.real * tau, s.imag * tau, rates, weights, sums)
        shape = W_inf + (1.0 - W_inf) * sums[0]
        fade = G * (1.0 - W_inf)
        return G * shape, np.stack([shape, G * (1.0 - sums[0]), fade * sums[2] / tau, fade * sums[1]])

    def relaxation(self, t_s: Floats, p: Floats) -> Floats:  # noqa: D102
        W: Floats = p[1] + (1.0 - p[1]) * np.exp(-((t_s / p[2]) ** p[3]))
        return W

    def w_inf(self, p: Floats) -> float:  # noqa: D102
        return float(p[1])

    def modes(self, p: Floats) -> tuple[tuple[float, float], ...]:  # noqa: D102
        return ((float(p[2]), float(p[0] * (1.0 - p[1]))),)

    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        return (
            scale.conductance_S * 10.0 ** (0.5 * draw[0]),
            0.05 + 0.9 * draw[1],
            scale.time(0.9 * draw[2]),
            0.3 + 0.65 * draw[3],
        )
