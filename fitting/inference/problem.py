"""Least-squares problem of one reduction: residual, Jacobian, noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.least_squares import Scales

if TYPE_CHECKING:
    from fitting.model.circuit import CellModel
    from fitting.reduction.reduction import Reduction
    from fitting.transforms.laplace import Floats


@dataclass(frozen=True, eq=False)
class Problem:
    """A model on a reduction: residual and exact Jacobian, in units of the noise.

    Attributes
    ----------
    reduction : Reduction
    model : CellModel
    scales : Scales
    unit_A : float
        Noise that the residual is measured in.
    """

    reduction: Reduction
    model: CellModel
    scales: Scales
    unit_A: float

    @classmethod
    def of(cls, reduction: Reduction, model: CellModel) -> Problem:
        """Return the problem; the noise is what no sum of modes explains."""
        spare = max(reduction.n_samples - len(reduction.grid) - reduction.n_nuisance, 1)
        unit = np.sqrt(reduction.rest_A2 / spare)
        # A record without noise: rounding and the mode map's own error are the measure.
        return cls(reduction, model, Scales(model.parameters), float(max(unit, 1e-9 * reduction.rms_current_A)))

    def weights(self, u: Floats) -> tuple[Floats, Floats]:
        """Return the mode weights (m,) and their derivatives to u, (k, m)."""
        mode_map = self.reduction.mode_map
        Y, dY = self.model.evaluate(mode_map.s, self.scales.outward(u))
        slopes = mode_map.weights(dY) * self.scales.slope(u)[:, None]
        return mode_map.weights(Y), slopes

    def residual(self, u: Floats) -> Floats:
        """Return the residual alone, shape (m,)."""
        mode_map = self.reduction.mode_map
        weights = mode_map.weights(self.model.admittance(mode_map.s, self.scales.outward(u)))
        residual: Floats = (self.reduction.modes_factor @ weights - self.reduction.current_factor) / self.unit_A
        return residual

    def evaluate(self, u: Floats) -> tuple[Floats, Floats]:
        """Return residual (m,) and Jacobian (m, k) at u."""
        weights, slopes = self.weights(u)
        Z = self.reduction.modes_factor
        residual = (Z @ weights - self.reduction.current_factor) / self.unit_A
        return residual, (Z @ slopes.T) / self.unit_A
