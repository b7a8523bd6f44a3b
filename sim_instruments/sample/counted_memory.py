"""Mobility memory W(t) from counted hops, with its uncertainty.

In a gas with detailed balance 1 - W(t) is a sum of rising exponentials with positive weights (`lattice_gas`). The
counted means of W between lags are fitted by such a sum over a fixed grid of rates (non-negative least squares,
weighted by their errors): it takes the scatter out and presumes nothing else. The errors come from leaving out block by
block and doing all of it again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import nnls

from sim_instruments.sample import lattice_gas, lattice_loop
from sim_instruments.sample.kept_responses import kept_array
from sim_instruments.sample.lattice_gas import count_hops, jackknife_error
from sim_instruments.sample.relaxation import Relaxation

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from sim_instruments.sample.lattice_gas import Count, LatticeGas

    Array = NDArray[np.float64]

# One exponential between two rates of the grid is then met to 3e-4 of its weight.
_RATES_PER_DECADE = 16


@dataclass(frozen=True)
class CountedMemory:
    """W(t) = 1 - sum of shares (1 - exp(-rate t)).

    Attributes
    ----------
    rates_Hz : ndarray, shape (m,)
        Rising rates, 1/s.
    shares : ndarray, shape (1 + blocks, m)
        Their weights: of the whole count in row 0, then with each block left out.
    """

    rates_Hz: Array
    shares: Array

    def W(self, t_s: ArrayLike) -> tuple[Array, Array]:
        """Return W at times t_s >= 0 (s) and its standard error."""
        risen = -np.expm1(-np.multiply.outer(self.rates_Hz, np.asarray(t_s, dtype=np.float64)))
        W = 1.0 - np.tensordot(self.shares, risen, axes=1)
        return W[0], jackknife_error(W[1:])

    @property
    def back_hop_fraction(self) -> tuple[float, float]:
        """1 - W_inf and its standard error."""
        fractions = self.shares.sum(axis=1)
        return float(fractions[0]), float(jackknife_error(fractions[1:]))

    @property
    def median_time_s(self) -> tuple[float, float]:
        """When W has fallen by half of its whole fall, and the standard error, s; nan if it does not fall."""
        if not self.shares.sum(axis=1).all():
            return math.nan, math.nan
        t = np.geomspace(0.01 / self.rates_Hz[-1], 10.0 / self.rates_Hz[0], 4000)
        fallen = self.shares @ -np.expm1(-np.multiply.outer(self.rates_Hz, t))
        medians = np.array(
            [np.interp(0.5 * row.sum(), curve, t) for row, curve in zip(self.shares, fallen, strict=True)]
        )
        return float(medians[0]), float(jackknife_error(medians[1:]))

    def relaxation(self) -> Relaxation:
        """Return W(t) as a cell's bulk takes it."""
        rates, shares = self.rates_Hz, self.shares[0]

        def W(t: Array) -> Array:
            return np.asarray(1.0 - shares @ -np.expm1(-np.multiply.outer(rates, t)))

        def slope(t: Array) -> Array:
            x = np.multiply.outer(rates, t)
            return np.asarray(-shares @ (x * np.exp(-x)))

        # At the first time nothing has fallen yet, at the last all.
        return Relaxation.sampled(W, slope, 1e-8 / rates[-1], 40.0 / rates[0])


def smooth(counted: Count) -> CountedMemory:
    """Return the falling, convex W(t) that counted hops stand for."""
    lags = counted.lags_s
    decades = math.log10(lags[-1] / lags[0])
    # Slower than that nothing can be told from W_inf; faster than that nothing from W(0).
    rates = np.geomspace(5.0 / lags[-1], 0.5 / lags[0], math.ceil(decades * _RATES_PER_DECADE))
    fallen = np.diff(lags[:, None] + np.expm1(-np.multiply.outer(lags, rates)) / rates, axis=0)
    pieces = counted.pieces()
    errors = jackknife_error(pieces[1:])
    design = fallen / np.diff(lags)[:, None] / errors[:, None]
    return CountedMemory(rates, np.stack([nnls(design, (1.0 - piece) / errors)[0] for piece in pieces]))


@lru_cache(maxsize=16)
def memory_of(gas: LatticeGas, duration_s: float, longest_lag_s: float, seed: int = 0) -> CountedMemory:
    """Count and smooth, once for the same question; parameters as in `lattice_gas.count_hops`."""

    def counted() -> Array:
        memory = smooth(count_hops(gas, duration_s, longest_lag_s, seed))
        return np.vstack([memory.rates_Hz, memory.shares])

    question = repr((gas, duration_s, longest_lag_s, seed)).encode()
    sources = (__file__, lattice_gas.__file__, lattice_loop.__file__)
    rows = kept_array(sources, question, counted, lambda found: found.ndim == 2 and len(found) > 2)
    return CountedMemory(rows[0], rows[1:])
