"""The optimum of a fit, and how derived quantities follow its parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fitting.model.elements.base import Bulk

if TYPE_CHECKING:
    from collections.abc import Callable

    from fitting.inference.parameter_transform import ParameterTransform
    from fitting.model.circuit import CellModel
    from fitting.transforms.laplace import Floats

_STEP = 1e-4
"""Step of the derivatives of figures, on the line: errors of rounding and of curvature are both 1e-8 there. Doubled,
the second grows fourfold."""


class Conductor(NamedTuple):
    """The hopping conductor at some place, and what tells it from that at others.

    Attributes
    ----------
    element : Bulk
    p : ndarray
        Its parameters.
    key, shape : bytes
        Of the conductor, and of what its W(t) depends on: not on the conductance at once, where that is a parameter.
    """

    element: Bulk
    p: Floats
    key: bytes
    shape: bytes


@dataclass(frozen=True, eq=False)
class Fitted:
    """The end of a fit: what memory quantities are derived from.

    Attributes
    ----------
    model : CellModel
    transform : ParameterTransform
    u : ndarray, shape (k,)
        Parameters on the line.
    covariance : ndarray, shape (k, k)
        Of u.
    ends : ndarray, shape (k, 2)
        Interval of each u; infinite where open.
    window_s : tuple of float
        Times after an edge of which the record tells.
    theta_of : callable or None
        The model's free parameters for some u, where u holds the unknowns of several records.
    combined : frozenset of int
        Parameters that enter the circuit only in combination.
    far_places : ndarray, shape (n, k)
        Places in the 95 % region of u that the covariance knows nothing of: ends of valleys that are bent.
    """

    model: CellModel
    transform: ParameterTransform
    u: Floats
    covariance: Floats
    ends: Floats
    window_s: tuple[float, float]
    theta_of: Callable[[Floats], Floats] | None = None
    combined: frozenset[int] = frozenset()
    far_places: Floats = field(default_factory=lambda: np.empty((0, 0)))

    def bulk(self, u: Floats) -> Conductor | None:
        """Return the hopping conductor and its parameters; worked out once for each place."""
        place = u.tobytes()
        found = self._conductors.get(place)
        if found is None and self._bulk is not None:
            element, within = self._bulk
            theta = self.transform.from_unbounded(u) if self.theta_of is None else self.theta_of(u)
            p = self.model.complete(theta)[within]
            key = p.tobytes()
            found = Conductor(element, p, key, p[1:].tobytes() if element.is_scaled else key)
            self._conductors[place] = found
        return found

    @cached_property
    def _bulk(self) -> tuple[Bulk, slice] | None:
        leaf = self.model.bulk
        return (leaf.element, leaf.place) if leaf is not None and isinstance(leaf.element, Bulk) else None

    @cached_property
    def _conductors(self) -> dict[bytes, Conductor]:
        """The conductor by places: all figures are asked for at the same ones, to either side."""
        return {}

    @cached_property
    def _beside(self) -> list[tuple[Floats, Floats]]:
        """Places a step further and a step back along each unknown."""
        return [(self.u + step, self.u - step) for step in np.eye(len(self.u)) * _STEP]

    def gradient(self, figure: Callable[[Floats], Floats]) -> Floats:
        """Return d(figure)/du by central differences, shape (k, ...)."""
        return np.array([(figure(after) - figure(before)) / (2.0 * _STEP) for after, before in self._beside])

    def deviation(self, gradient: Floats) -> Floats:
        """Return the standard deviation of figures with some gradient (k, ...)."""
        variance = np.einsum("i...,ij,j...->...", gradient, self.covariance, gradient)
        deviation: Floats = np.sqrt(np.maximum(variance, 0.0))
        return deviation
