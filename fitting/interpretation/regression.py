"""Weighted straight line through logarithms of fitted values, each with its own interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting.constants import Z95
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fitting.results.estimate import Estimate
    from fitting.transforms.laplace import Floats


@dataclass(frozen=True)
class Line:
    """``ln(value) = level + slope x``, with 95 % intervals.

    Attributes
    ----------
    slope, level : float
    slope_ci95, level_ci95 : tuple of float
    interval_inflation : float
        Factor on the intervals where values scatter about the line by more than their own intervals say (Birge's
        ratio; Phys. Rev. 40, 207 (1932)).
    n_used : int
        Values with a closed interval.
    """

    slope: float
    slope_ci95: tuple[float, float]
    level: float
    level_ci95: tuple[float, float]
    interval_inflation: float
    n_used: int


def line_through(x: Floats, values: Sequence[Estimate], factors: Floats, what: str) -> Line:
    """Return the line through ``ln(value factor)``; values with an open interval are left out: they are not determined.

    Parameters
    ----------
    x : ndarray, shape (n,)
    values : sequence of Estimate
    factors : ndarray, shape (n,)
    what : str
        For the message, e.g. "an activation energy needs determined values at two temperatures at least".

    Raises
    ------
    FitError
        With `what`, if fewer than two different x have a determined value.
    """
    rows = []
    for at, one, factor in zip(x, values, factors, strict=True):
        low, high = one.ci95
        if low is None or high is None or not (0.0 < low < high) or not (one.value > 0.0 and np.isfinite(high)):
            continue
        rows.append((at, np.log(one.value * factor), np.log(high / low) / (2.0 * Z95)))
    used = np.array(rows).reshape(-1, 3)
    if len(np.unique(used[:, 0])) < 2:
        raise FitError(what)
    # About the mean of x the two parameters hardly depend on each other: the solve stays well conditioned.
    middle = float(used[:, 0].mean())
    design = np.stack([np.ones(len(used)), used[:, 0] - middle], axis=1) / used[:, 2:]
    covariance = np.linalg.inv(design.T @ design)
    found = covariance @ design.T @ (used[:, 1] / used[:, 2])
    misfit = float(np.sum((used[:, 1] / used[:, 2] - design @ found) ** 2))
    inflation = max(1.0, float(np.sqrt(misfit / max(len(used) - 2, 1))))
    at_zero = np.array([1.0, -middle])
    level, slope = float(at_zero @ found), float(found[1])
    off = Z95 * inflation * np.sqrt([covariance[1, 1], at_zero @ covariance @ at_zero])
    return Line(
        slope,
        (float(slope - off[0]), float(slope + off[0])),
        level,
        (float(level - off[1]), float(level + off[1])),
        inflation,
        len(used),
    )
