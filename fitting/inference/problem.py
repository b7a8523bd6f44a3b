"""Least-squares problem of a fit: residual and exact Jacobian of all its observations over the unknowns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.joint_parameters import JointParameters
from fitting.inference.ordering import Ordering

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fitting.inference.least_squares import Minimum
    from fitting.inference.observations import Observation
    from fitting.inference.parameter_transform import ParameterTransform
    from fitting.model.circuit import CellModel
    from fitting.transforms.laplace import Complexes, Floats


_CELLS = 64
"""Cells whose response is remembered. Each fit comes back to its best cell some five times, and a refit looks at the
cells of the last eight records of an archive, some thirty others after each. Doubled, none more is found."""


def cell_response(model: CellModel, s: Complexes, theta: Floats, *, seen: bool) -> tuple[Complexes, Complexes]:
    """Return the admittance of a cell and its derivatives, not to be written to; of a cell just asked for, at once.

    Parameters and shapes are those of `CellModel.evaluate`.
    """
    return _response(model, s.tobytes(), theta.tobytes(), seen or not model.lag_names)


@lru_cache(maxsize=_CELLS)
def _response(model: CellModel, s: bytes, theta: bytes, seen: bool) -> tuple[Complexes, Complexes]:
    """Return the admittance of a cell and its derivatives, not to be written to."""
    found = model.evaluate(np.frombuffer(s, np.complex128), np.frombuffer(theta), seen=seen)
    Y, dY = (np.asarray(one).view() for one in found)
    Y.flags.writeable = dY.flags.writeable = False
    return Y, dY


@dataclass(frozen=True, eq=False)
class Problem:
    """One circuit on one or several observations.

    Attributes
    ----------
    parameters : JointParameters
    observations : tuple of Observation
    noises : tuple of float
        What the residual of each observation is measured in.
    """

    parameters: JointParameters
    observations: tuple[Observation, ...]
    noises: tuple[float, ...]

    @classmethod
    def of(cls, observations: Sequence[Observation], parameters: JointParameters) -> Problem:
        """Return the problem; the noise of each observation is what no causal linear cell explains of it."""
        return cls(parameters, tuple(observations), tuple(one.noise for one in observations))

    @classmethod
    def single(cls, observation: Observation, model: CellModel) -> Problem:
        """Return the problem of one observation."""
        return cls.of([observation], JointParameters(model))

    @property
    def model(self) -> CellModel:
        """The circuit."""
        return self.parameters.model

    @property
    def transform(self) -> ParameterTransform:
        """The map of the unknowns to the line."""
        return self.parameters.transform

    @cached_property
    def ordering(self) -> Ordering:
        """The order of like parts of the circuit."""
        return Ordering(self.parameters)

    @property
    def window_s(self) -> tuple[float, float]:
        """Times after an edge of which the observations together tell."""
        return min(one.window_s[0] for one in self.observations), max(one.window_s[1] for one in self.observations)

    def alone(self, k: int) -> Problem:
        """Return the problem of observation k by itself."""
        return Problem.single(self.observations[k], self.model)

    def reweighted(self, factors: Floats) -> Problem:
        """Return the problem with the noise of each observation multiplied."""
        return replace(self, noises=tuple(float(n * f) for n, f in zip(self.noises, factors, strict=True)))

    def admittance(self, k: int, u: Floats) -> Complexes:
        """Return the admittance that observation k asks for."""
        return self.response(k, self.parameters.theta(k, u))[0]

    def response(self, k: int, theta: Floats) -> tuple[Complexes, Complexes]:
        """Return the admittance that observation k asks for, and its derivatives; of a cell just asked for, at once."""
        one = self.observations[k]
        return cell_response(self.model, one.s, theta, seen=one.through_instrument)

    def evaluate(self, u: Floats) -> tuple[Floats, Floats]:
        """Return residual (m,) and Jacobian (m, n) of all observations at u."""
        parts = [self._part(k, u) for k in range(len(self.observations))]
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def ordered(self, found: Minimum) -> Minimum:
        """Return a minimum with like parts of the circuit in order."""
        return self.ordering.ordered_minimum(self.evaluate, found)

    def walled(self, unit: float) -> Callable[[Floats], tuple[Floats, Floats]]:
        """Return `evaluate` with walls where the order of like parts changes, in standard deviations of `unit`."""
        if not self.ordering:
            return self.evaluate

        def evaluate(u: Floats) -> tuple[Floats, Floats]:
            residual, jacobian = self.evaluate(u)
            walls, slopes = self.ordering.walls(u)
            return np.concatenate([residual, unit * walls]), np.concatenate([jacobian, unit * slopes])

        return evaluate

    def residual(self, u: Floats) -> Floats:
        """Return the residual alone, shape (m,)."""
        return np.concatenate([self.part_residual(k, u) for k in range(len(self.observations))])

    def part_residual(self, k: int, u: Floats) -> Floats:
        """Return the residual of observation k."""
        residual: Floats = self.observations[k].residual(self.admittance(k, u)) / self.noises[k]
        return residual

    def _part(self, k: int, u: Floats) -> tuple[Floats, Floats]:
        theta, slopes = self.parameters.theta_and_slopes(k, u)
        one, noise = self.observations[k], self.noises[k]
        residual, jacobian = one.linearised(*self.response(k, theta))
        return residual / noise, jacobian @ (slopes / noise)
