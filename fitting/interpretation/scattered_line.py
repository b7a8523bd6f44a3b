"""Lines through logarithms of many fitted values that scatter by more than their own intervals say.

``ln(value) = a + b x + (shared by a group) + (of the run alone) + (what the fit does not know)``. The fit's part is
known from each value's own interval; the other two are random, with variances that the restricted likelihood (REML)
tells, and whose doubt is carried into every interval: intervals are those of the mixture over both (Patterson,
Thompson, Biometrika 58, 545 (1971); Harville, J. Am. Stat. Assoc. 72, 320 (1977)). Decision 302.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from fitting.constants import Z95
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from fitting.transforms.laplace import Floats

    Ints = NDArray[np.int64]

_STEPS = 28
"""Deviations of a kind of scatter that the mixture runs over, cubes of even steps. Doubled, ends of intervals move by
less than a hundredth of their width, and a line takes four times as long."""
_LARGEST = 12.0
"""Largest deviation that is tried, over that of the values about a plain line. Doubled, only lines through four values
change, by a tenth of their interval."""
_LEAST = 0.1
"""Deviation of scatter, over what the values' own intervals say, below which it is nothing: above, each octave is as
likely beforehand. Doubled, intervals are 3 % wider; ten times, those of six values hold in 99.7 % (decision 302)."""
_USUAL = 1.0
"""Deviation of ln(value), a factor of e, beyond which scatter between runs of one sample is unusual (scale of a half
Cauchy distribution): it keeps intervals finite where four values must tell line and scatter. Doubled, intervals of
such lines are a fifth wider, others stay."""
_FREE = 2
"""Values, or groups, beyond the line's own parameters from which scatter can be told: with one, its deviation has a
distribution without an end."""
_TAIL = 0.025
"""Probability beyond each end of an interval of 95 %."""
_ELEMENTS = 4_000_000
"""Numbers of an array that are worked on at once, 32 MB: archives of 1e5 runs fit. Doubled, twice the memory."""


@dataclass(frozen=True)
class Interval:
    """A figure with the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    def to_document(self) -> dict[str, object]:
        """Return plain data."""
        return {"value": self.value, "ci95": [self.low, self.high]}

    def overlaps(self, other: Interval) -> bool:
        """Return whether two intervals share a point."""
        return self.low <= other.high and other.low <= self.high

    def scaled(self, factor: float) -> Interval:
        """Return the interval of the figure times a factor."""
        ends = sorted((self.low * factor, self.high * factor))
        return Interval(self.value * factor, *ends)


@dataclass(frozen=True, eq=False)
class Points:
    """Logarithms of values for a line.

    Attributes
    ----------
    ln_value, deviation : ndarray, shape (n,)
        With the deviation that each value's own interval says.
    group : ndarray of int, shape (n,)
        Values of one number share an error (one visit to a temperature, one sample); all different where none do.
    """

    ln_value: Floats
    deviation: Floats
    group: Ints

    @classmethod
    def of(cls, values: Sequence[tuple[float, float, float]], groups: Sequence[Hashable]) -> Points:
        """Return points of values above zero with both ends of their intervals: (value, low, high)."""
        table = np.log(np.array(values, dtype=np.float64).reshape(-1, 3))
        numbers: dict[Hashable, int] = {}
        group = np.array([numbers.setdefault(one, len(numbers)) for one in groups], dtype=np.int64)
        return cls(table[:, 0], (table[:, 2] - table[:, 1]) / (2.0 * Z95), group)


class ScatteredLine:
    """The line through some points, a mixture over what the scatter may be.

    Parameters
    ----------
    design : ndarray, shape (n, p)
        Columns of the linear model: ones, x, ...
    points : Points
    like : ScatteredLine, optional
        Another line through the points: the mixture runs over the same deviations, every other one of them, so that
        both likelihoods compare.

    Attributes
    ----------
    run_scatter_known, group_scatter_known : bool
        Whether there were points enough to tell each kind of scatter.
    scatters : ndarray
        Deviations that the mixture runs over.
    log_evidence : float
        Logarithm of the restricted likelihood over the whole mixture, whatever unit x has: to compare lines through
        the same points over other x.

    Raises
    ------
    FitError
        If the points do not determine the line.
    """

    def __init__(self, design: Floats, points: Points, like: ScatteredLine | None = None) -> None:
        order = np.argsort(points.group, kind="stable")
        self._columns = np.column_stack([design, points.ln_value])[order]
        self._variance = points.deviation[order] ** 2
        self._starts = np.flatnonzero(np.diff(points.group[order], prepend=-1))
        n, p = design.shape
        if n < p or np.linalg.matrix_rank(design) < p:
            raise FitError("too few different conditions have a determined value")
        self.n_points, self.n_parameters, n_groups = n, p, len(self._starts)
        # A group's share is told from a run's where groups have repeats, and where they outnumber the parameters that
        # groups as wholes decide.
        between = int(np.linalg.matrix_rank(np.add.reduceat(design[order], self._starts, axis=0)))
        self.group_scatter_known = n > n_groups and n_groups - between >= _FREE
        self.run_scatter_known = n - p >= _FREE
        fitted = np.linalg.lstsq(design, points.ln_value, rcond=None)[0]
        rest = float(np.sum((points.ln_value - design @ fitted) ** 2)) / max(n - p, 1)
        largest = _LARGEST * max(float(np.sqrt(rest)), float(np.sqrt(self._variance.min())))
        self.scatters: Floats = largest * np.linspace(0.0, 1.0, _STEPS) ** 3 if like is None else like.scatters[::2]
        self._weigh(self.scatters)

    def _weigh(self, tau: Floats) -> None:
        """Weigh the deviations that scatter may have by likelihood and prior."""
        least = _LEAST * float(np.sqrt(np.median(self._variance)))
        share = np.gradient(tau) / (tau + least) / (1.0 + (tau / _USUAL) ** 2)
        nothing = np.zeros(1), np.ones(1)
        run, of_run = (tau, share) if self.run_scatter_known else nothing
        group, of_group = (tau, share) if self.group_scatter_known else nothing
        tau_run, tau_group = (one.ravel() for one in np.meshgrid(run, group, indexing="ij"))
        self._tau_run, self._tau_group = tau_run, tau_group
        prior = np.outer(of_run, of_group).ravel()
        p = self.n_parameters
        products, log_V = self._products(tau_run, tau_group)
        normal = products[:, :p, :p]
        self._covariance = np.linalg.inv(normal)
        self._fitted = np.einsum("kij,kj->ki", self._covariance, products[:, :p, p])
        misfit = products[:, p, p] - np.einsum("ki,ki->k", self._fitted, products[:, :p, p])
        self._log_ml = -0.5 * (log_V + misfit + self.n_points * np.log(2.0 * np.pi))
        log_reml = -0.5 * (log_V + misfit + np.linalg.slogdet(normal)[1])
        weight = prior * np.exp(log_reml - log_reml.max())
        self._weight = weight / weight.sum()
        design = self._columns[:, :p]
        self.log_evidence = float(np.log(weight.sum()) + log_reml.max() + 0.5 * np.linalg.slogdet(design.T @ design)[1])
        self._misfit_alone = float(misfit[0])

    def _products(self, tau_run: Floats, tau_group: Floats) -> tuple[Floats, Floats]:
        """Return ``Z' V^-1 Z`` of all columns and ``log |V|`` for each pair of deviations, some pairs at a time."""
        step = max(1, _ELEMENTS // self._columns.size)
        parts = [
            self._products_of(tau_run[k : k + step], tau_group[k : k + step]) for k in range(0, len(tau_run), step)
        ]
        return np.concatenate([one for one, _ in parts]), np.concatenate([one for _, one in parts])

    def _products_of(self, tau_run: Floats, tau_group: Floats) -> tuple[Floats, Floats]:
        """Return them by the inverse of a diagonal and a block of equal numbers (Sherman and Morrison)."""
        w = 1.0 / (self._variance + tau_run[:, None] ** 2)
        Z = self._columns
        plain = np.einsum("kn,ni,nj->kij", w, Z, Z, optimize=True)
        sums = np.add.reduceat(w, self._starts, axis=1)
        of_columns = np.add.reduceat(w[:, :, None] * Z, self._starts, axis=1)
        ratio = tau_group[:, None] ** 2 / (1.0 + tau_group[:, None] ** 2 * sums)
        shared = np.einsum("kg,kgi,kgj->kij", ratio, of_columns, of_columns, optimize=True)
        log_V = -np.log(w).sum(axis=1) + np.log1p(tau_group[:, None] ** 2 * sums).sum(axis=1)
        return plain - shared, log_V

    def combination(self, factors: Floats) -> Interval:
        """Return a linear combination of the parameters, with its interval."""
        mean = self._fitted @ factors
        deviation = np.sqrt(np.einsum("i,kij,j->k", factors, self._covariance, factors)) * self._inflation
        if len(mean) == 1:
            return Interval(float(mean[0]), *(float(mean[0] + end * Z95 * deviation[0]) for end in (-1.0, 1.0)))

        def end(probability: float) -> float:
            low, high = float((mean - 400.0 * deviation).min()), float((mean + 400.0 * deviation).max())
            return float(
                brentq(lambda at: float(self._weight @ ndtr((at - mean) / deviation)) - probability, low, high)
            )

        return Interval(float(self._weight @ mean), end(_TAIL), end(1.0 - _TAIL))

    @property
    def _inflation(self) -> float:
        """Birge's ratio, where too few values are there to tell scatter."""
        free = self.n_points - self.n_parameters
        return 1.0 if self.run_scatter_known or free < 1 else max(1.0, float(np.sqrt(self._misfit_alone / free)))

    @cached_property
    def run_scatter(self) -> Interval | None:
        """Deviation of ln(value) from run to run, beyond the values' own; None where it cannot be told."""
        return self._deviation(self._tau_run) if self.run_scatter_known else None

    @cached_property
    def group_scatter(self) -> Interval | None:
        """Deviation of ln(value) that runs of one group share; None where it cannot be told."""
        return self._deviation(self._tau_group) if self.group_scatter_known else None

    def _deviation(self, tau: Floats) -> Interval:
        order = np.argsort(tau, kind="stable")
        below = np.cumsum(self._weight[order])
        ends = (float(np.interp(one, below, tau[order])) for one in (0.5, _TAIL, 1.0 - _TAIL))
        return Interval(*ends)

    @property
    def log_likelihood(self) -> float:
        """The largest log-likelihood over parameters and scatter."""
        return float(self._log_ml.max())

    def mean_and_deviation(self, factors: Floats) -> tuple[float, float]:
        """Return a linear combination and its deviation, over the mixture."""
        mean = self._fitted @ factors
        variance = np.einsum("i,kij,j->k", factors, self._covariance, factors)
        middle = float(self._weight @ mean)
        return middle, float(np.sqrt(self._weight @ (variance + (mean - middle) ** 2)))

    @property
    def n_scatters(self) -> int:
        """Kinds of scatter that were fitted."""
        return int(self.run_scatter_known) + int(self.group_scatter_known)
