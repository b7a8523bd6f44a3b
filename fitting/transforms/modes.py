"""Exponentials that represent a cell's step response, and their weights.

On a fixed grid of rates, ``G(t) = w_0 + sum_m w_m exp(-rate_m t)``. The weights follow from G at log-spaced times by a
fixed linear map, G from the admittance by another, so that weights and their derivatives cost a few matrix products.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from fitting.transforms.laplace import shared_contour
from protocols import FitError

if TYPE_CHECKING:
    from fitting.transforms.laplace import Complexes, Floats

# Rates a decade (decision 008). Measured over four decades, of the largest G: at 7 a single sharp decay is missed by
# 3e-8 and a constant phase element by 3e-9; at 6 the decay by 5e-7, which a hundred edges add up to over 1e-6.
PER_DECADE = 7
# Times a mode at which responses are matched; twice as many take twice the time.
_TIMES_PER_MODE = 3
# Of the contour in the upper half plane, for a decade of times (decision 062). Measured, of the largest response: 7e-9
# for a decay, 4e-7 for the ramp of an inductance whose L/R is far beyond the record, which 18 miss by 1.2e-6.
_NODES = 19
# The same for responses that grow, as the voltage of a capacitor does: 18 nodes would miss it by 1.5e-6, 24 by 5e-9.
_NODES_GROWING = 24
# Share of the largest direction below which rounding owns a mixture of modes; measured, 1e-11 to 1e-13 are alike.
_TRUNCATION = 1e-11
# Share of the shortest time from which responses are matched (decision 008): there the match would else be worst.
_EARLIER = 0.3


def exponentials(t_s: Floats, rates: Floats) -> Floats:
    """Return ``exp(-rate t)``, shape (times, rates)."""
    return np.exp(-np.multiply.outer(t_s, rates))


class WeightsOfResponse:
    """The truncated inverse that gives a response at some times its mode weights.

    Exponentials of near rates are all but linearly dependent; directions that rounding owns are left out. The
    inverse is kept in its two factors: multiplied out, its huge entries would round worse than the truncation.

    Parameters
    ----------
    t_s : ndarray, shape (n,)
        Times (s).
    rates : ndarray, shape (m,)
        Rates (1/s).
    row_scale : ndarray, shape (n,), optional
        What responses are multiplied by before they are matched; where it rises, later times count more.
    column_scale : ndarray, shape (m,), optional
        What the decays are multiplied by, so that all stay of like size beside it.
    """

    def __init__(
        self, t_s: Floats, rates: Floats, *, row_scale: Floats | None = None, column_scale: Floats | None = None
    ) -> None:
        rows = np.ones(len(t_s)) if row_scale is None else row_scale
        columns = np.ones(len(rates)) if column_scale is None else column_scale
        left, sizes, right = np.linalg.svd(rows[:, None] * exponentials(t_s, rates) * columns, full_matrices=False)
        kept = sizes > _TRUNCATION * sizes[0]
        self.onto: Floats = rows[:, None] * left[:, kept] / sizes[kept]
        self.back: Floats = right[kept] * columns

    def __call__(self, response: Floats) -> Floats:
        """Return the weights, shape (..., m), of responses of shape (..., n)."""
        weights: Floats = (response @ self.onto) @ self.back
        return weights


@dataclass(frozen=True)
class ModeGrid:
    """An anchored grid of rates, ``10^(k / per_decade)`` per second, so that runs share modes.

    Attributes
    ----------
    first, last : int
        Smallest and largest k.
    shortest_s, longest_s : float
        Window of times after an edge over which sums of these modes stand for step responses.
    """

    first: int
    last: int
    shortest_s: float
    longest_s: float

    @classmethod
    def covering(cls, shortest_s: float, longest_s: float) -> ModeGrid:
        """Return the grid for times after an edge from `shortest_s` to `longest_s`.

        Rates go from 1/(30 longest) to 20/shortest: up to 3/shortest a constant phase element without a resistor
        misses by 7e-5 of its peak at the shortest time (docs/decisions/008).

        Raises
        ------
        FitError
            If the times make no window.
        """
        if not 0.0 < shortest_s < longest_s < np.inf:
            raise FitError(
                f"a record with times from {shortest_s:g} s to {longest_s:g} s after an edge spans no window to fit"
            )
        first = int(np.floor(np.log10(1.0 / (30.0 * longest_s)) * PER_DECADE))
        last = int(np.ceil(np.log10(20.0 / shortest_s) * PER_DECADE))
        return cls(first, last, shortest_s, longest_s)

    @cached_property
    def rates(self) -> Floats:
        """Rates (1/s), shape (n_modes,); the first is 0, the conductance that stays."""
        return np.concatenate([[0.0], 10.0 ** (np.arange(self.first, self.last + 1) / PER_DECADE)])

    def __len__(self) -> int:
        return self.last - self.first + 2

    @cached_property
    def times_s(self) -> Floats:
        """Log-spaced times (s) at which responses are matched.

        They begin half a decade before the window: at its first time the match would else be worst, and apertures
        average over what comes before it.
        """
        return np.geomspace(_EARLIER * self.shortest_s, self.longest_s, _TIMES_PER_MODE * len(self))


class ModeMap:
    """The fixed linear map from an admittance to mode weights, the instrument's response included.

    Parameters
    ----------
    grid : ModeGrid
    response_s : tuple of float
        First-order time constants of the instrument; each multiplies the admittance by ``1 / (1 + s tau)``.
    aperture_s : float
        What each sample averages of the decay after a jump that was put at its start (s): of a mode
        ``(1 - exp(-x)) / x``, ``x = rate aperture``.
    grows : bool
        Whether responses may grow with time, as those of an impedance do, which stands in place of the admittance then.
    """

    def __init__(
        self, grid: ModeGrid, response_s: tuple[float, ...] = (), aperture_s: float = 0.0, *, grows: bool = False
    ) -> None:
        self._grid = grid
        n_groups = int(np.ceil(np.log10(grid.times_s[-1] / grid.times_s[0])))
        groups = np.array_split(grid.times_s, n_groups)
        n_nodes = _NODES_GROWING if grows else _NODES
        contours = [shared_contour(float(t[-1] / t[0]), n_nodes) for t in groups]
        per_s = [s / t[0] for (s, _), t in zip(contours, groups, strict=True)]
        self.s: Complexes = np.concatenate(per_s)
        """Complex frequencies at which the admittance is asked for, shape (n_s,)."""
        onto = np.zeros((2, len(self.s), len(grid.times_s)))
        n, m = 0, 0
        for (_, c), s, t in zip(contours, per_s, groups, strict=True):
            seen = np.prod([1.0 / (1.0 + s * tau) for tau in response_s], axis=0)
            terms = (c * seen / (t[0] * s))[:, None] * np.exp(np.multiply.outer(s, t))
            onto[:, n : n + len(s), m : m + len(t)] = terms.real, -terms.imag
            n, m = n + len(s), m + len(t)
        # Real and imaginary parts one after the other, as they lie in memory: one real product.
        self._onto = onto.transpose(1, 0, 2).reshape(2 * n, m)
        self._weights = WeightsOfResponse(grid.times_s, grid.rates)
        # Multiplied once for all: measured, weights give the same response to 2e-15 of its peak.
        self._joined = self._onto @ self._weights.onto
        self._seen_of_modes: Floats | None = None
        if aperture_s > 0.0:
            x = grid.rates[1:] * aperture_s
            self._seen_of_modes = np.concatenate([[1.0], -np.expm1(-x) / x])

    def misfit(self, admittance: Complexes) -> float:
        """Return by what share of the largest response the modes miss it at their own times.

        Next to nothing for whatever decays; a circuit that rings has no such modes.
        """
        parts = np.ascontiguousarray(admittance, dtype=np.complex128).view(np.float64)
        response = parts @ self._onto
        miss = exponentials(self._grid.times_s, self._grid.rates) @ self._weights(response) - response
        return float(np.abs(miss).max() / np.abs(response).max())

    def weights(self, admittance: Complexes) -> Floats:
        """Return mode weights (S).

        Parameters
        ----------
        admittance : ndarray of complex128, shape (..., n_s)
            At `s`; derivatives are mapped as well as values.

        Returns
        -------
        ndarray, shape (..., n_modes)
        """
        parts = np.ascontiguousarray(admittance, dtype=np.complex128).view(np.float64)
        weights: Floats = (parts @ self._joined) @ self._weights.back
        return weights if self._seen_of_modes is None else weights * self._seen_of_modes


@lru_cache(maxsize=16)
def mode_map(
    grid: ModeGrid, response_s: tuple[float, ...] = (), aperture_s: float = 0.0, *, grows: bool = False
) -> ModeMap:
    """Return the map of a grid, kept for the next record of the same kind: making one takes as long as forty steps."""
    return ModeMap(grid, response_s, aperture_s, grows=grows)
