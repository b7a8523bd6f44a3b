"""Relaxation given as a table: W(t), a conductivity spectrum, or a mean square displacement.

A table becomes, once, a sum of decays with shares of 0 or more, as every relaxation near equilibrium is one. The
element then has its transform in closed form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting.model.elements.base import Bulk, Quantity, StartScale
from fitting.transforms.modes import PER_DECADE
from protocols import FitError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fitting.transforms.laplace import Complexes, Floats


@dataclass(frozen=True, eq=False)
class RelaxationTable:
    """A relaxation that someone else has found, as ``W(t) = sum_k share_k exp(-rate_k t)``.

    Attributes
    ----------
    rates : ndarray, shape (m,)
        Rates (1/s), the first 0: what is left at last.
    shares : ndarray, shape (m,)
        0 or more; they add up to 1.
    scale : float
        What W = 1 stands for: the table's value at its shortest time or highest frequency, in its own unit.
    misfit : float
        Relative root mean square by which the sum of decays misses the table.
    """

    rates: Floats
    shares: Floats
    scale: float
    misfit: float

    @classmethod
    def from_relaxation(cls, t_s: ArrayLike, W: ArrayLike) -> RelaxationTable:
        """Return the relaxation of a table of W, or of a conductance or diffusivity against time.

        Parameters
        ----------
        t_s, W : array_like, shape (n,)
            Times (s) and values, both above 0.

        Raises
        ------
        FitError
            If the table has too few rows, or values that are not above 0.
        """
        t, values = _columns("times", t_s, "values", W)
        rates = _rates(t.min(), t.max())
        return cls._of(rates, np.exp(-np.outer(t, rates)), values)

    @classmethod
    def from_conductivity(cls, frequency_Hz: ArrayLike, sigma: ArrayLike) -> RelaxationTable:
        """Return the relaxation of a conductivity spectrum: its real part suffices.

        A decay ``exp(-k t)`` of W has ``omega^2 / (omega^2 + k^2)`` as the real part of its conductivity.

        Parameters
        ----------
        frequency_Hz, sigma : array_like, shape (n,)
            Frequencies (Hz, not rad/s) and real parts of the conductivity, any unit, both above 0.

        Raises
        ------
        FitError
            As `from_relaxation`.
        """
        f, values = _columns("frequencies", frequency_Hz, "conductivities", sigma)
        omega = 2.0 * np.pi * f
        rates = _rates(1.0 / omega.max(), 1.0 / omega.min())
        square = omega[:, None] ** 2
        return cls._of(rates, square / (square + rates**2), values)

    @classmethod
    def from_displacement(cls, t_s: ArrayLike, square_m2: ArrayLike, *, after_s: float) -> RelaxationTable:
        """Return the relaxation of a mean-square displacement: W is its slope.

        A decay ``exp(-k t)`` of W adds ``(1 - exp(-k t)) / k`` to the displacement. Displacements within a cage come
        on top as a constant.

        Parameters
        ----------
        t_s, square_m2 : array_like, shape (n,)
            Times (s) and mean-square displacements (any unit of area).
        after_s : float
            Times before it, of free flight and of vibrations in the cage, are left out.

        Returns
        -------
        RelaxationTable
            `scale` is the slope at `after_s` (area per second): ``2 d`` times the diffusivity in d dimensions.

        Raises
        ------
        FitError
            As `from_relaxation`.
        """
        t_all, square = np.asarray(t_s, dtype=np.float64), np.asarray(square_m2, dtype=np.float64)
        later = t_all >= after_s
        t, values = _columns("times", t_all[later], "displacements", square[later])
        rates = _rates(t.min(), t.max())
        moved = np.outer(t, np.ones(len(rates)))
        moved[:, 1:] = -np.expm1(-np.outer(t, rates[1:])) / rates[1:]
        # At t = after_s the slope of each is what is left of it: W counts from there on.
        moved *= np.exp(rates * t[0])
        return cls._of(rates, np.column_stack([moved, np.ones(len(t))]), values, extra=1)

    @classmethod
    def _of(cls, rates: Floats, design: Floats, values: Floats, *, extra: int = 0) -> RelaxationTable:
        from scipy.optimize import nnls

        # Relative errors count; columns of like size keep the search well conditioned.
        rows = design / values[:, None]
        size = np.sqrt(np.sum(rows**2, axis=0))
        found, miss = nnls(rows / size, np.ones(len(values)), maxiter=100 * rows.shape[1])
        shares = (found / size)[: len(size) - extra]
        scale = float(shares.sum())
        if not scale > 0.0:
            raise FitError("this table holds no conductance that stays or decays: is its first column the time?")
        return cls(rates, shares / scale, scale, float(miss / np.sqrt(len(values))))

    def at(self, t_s: ArrayLike) -> Floats:
        """Return W at some times (s)."""
        W: Floats = np.exp(-np.multiply.outer(np.asarray(t_s, dtype=np.float64), self.rates)) @ self.shares
        return W


def _columns(name_x: str, x: ArrayLike, name_y: str, y: ArrayLike) -> tuple[Floats, Floats]:
    found = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if found[0].ndim != 1 or found[0].shape != found[1].shape or len(found[0]) < 3:
        raise FitError(f"a table needs as many {name_x} as {name_y}, three at least")
    for name, values in zip((name_x, name_y), found, strict=True):
        bad = np.flatnonzero(~((values > 0.0) & np.isfinite(values)))
        if bad.size:
            raise FitError(
                f"row {bad[0] + 1} of the table has {values[bad[0]]:g} among its {name}: all must be above 0"
            )
    order = np.argsort(found[0])
    return found[0][order], found[1][order]


def _rates(shortest_s: float, longest_s: float) -> Floats:
    """Return rates within the table's own times: of faster and slower ones it says nothing."""
    first = int(np.ceil(-PER_DECADE * np.log10(longest_s)))
    last = int(np.floor(-PER_DECADE * np.log10(shortest_s)))
    return np.concatenate([[0.0], 10.0 ** (np.arange(first, last + 1) / PER_DECADE)])


class Tabulated(Bulk):
    """A relaxation by table: ``Y = G_inf sum_k share_k x / (x + rate_k)``, ``x = s scale``.

    A `scale` above 1 makes it as many times slower than the table; held at 1 the times are the table's own.

    Parameters
    ----------
    table : RelaxationTable
    """

    code = "Tab"
    quantities = (Quantity("G_inf", "S"), Quantity("scale", ""))

    def __init__(self, table: RelaxationTable) -> None:
        self.table = table

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        x = s[:, None] * p[1]
        left = 1.0 / (x + np.where(self.table.rates > 0.0, self.table.rates, 1.0))
        decays = np.where(self.table.rates > 0.0, x * left, 1.0)
        slopes = np.where(self.table.rates > 0.0, s[:, None] * self.table.rates * left**2, 0.0)
        shape = decays @ self.table.shares
        return p[0] * shape, np.stack([shape, p[0] * (slopes @ self.table.shares)])

    def relaxation(self, t_s: Floats, p: Floats) -> Floats:  # noqa: D102
        return self.table.at(t_s / p[1])

    def w_inf(self, p: Floats) -> float:  # noqa: ARG002, D102
        return float(self.table.shares[0])

    def modes(self, p: Floats) -> tuple[tuple[float, float], ...]:  # noqa: D102
        decays, rates = self.table.shares[1:], self.table.rates[1:]
        relaxing = float(decays.sum())
        mean = float(np.exp(-(decays @ np.log(rates)) / relaxing)) if relaxing > 0.0 else 1.0 / float(rates[0])
        return ((mean * float(p[1]), float(p[0]) * relaxing),)

    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        middle = self.modes(np.ones(2))[0][0]
        return scale.conductance_S * 10.0 ** (0.5 * draw[0]), scale.time(0.9 * draw[1]) / middle
