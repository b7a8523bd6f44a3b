"""A run with some numbers marginalised that its current depends on to first order, such as places of jumps.

The run is reduced with these numbers at some values and with the derivatives of the current to them as columns before
all others. The columns get a prior and are taken out; what is left is an ordinary reduction, and the rows of the
columns tell, for any cell, where the numbers are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.intervals import profile_intervals
from fitting.inference.least_squares import Minimum
from fitting.inference.observations import PulseObservation
from fitting.inference.problem import Problem
from fitting.reduction.reduce import reducer_of
from fitting.reduction.reduction import noise_of
from fitting.reduction.triangle import triangle_of

if TYPE_CHECKING:
    from fitting.inference.joint_parameters import JointParameters
    from fitting.inference.solution import Solution
    from fitting.records.record import Record
    from fitting.reduction.leading_columns import LeadingColumns
    from fitting.reduction.nuisance import Nuisance
    from fitting.reduction.reduction import Reduction
    from fitting.transforms.laplace import Floats


@dataclass(frozen=True, eq=False)
class Prior:
    """What is known of the numbers beforehand.

    Attributes
    ----------
    offset, deviation : ndarray, shape (e,)
        Where they lie from the values that the run is reduced with, and how surely.
    """

    offset: Floats
    deviation: Floats

    @classmethod
    def even(cls, lowest: Floats, highest: Floats) -> Prior:
        """Return the prior of numbers that lie anywhere between two ends, from the values of the reduction."""
        return cls(0.5 * (lowest + highest), (highest - lowest) / float(np.sqrt(12.0)))


@dataclass(frozen=True, eq=False)
class Marginalised:
    """A run, and the numbers that are marginalised.

    Attributes
    ----------
    problem : Problem
        Of the reduction.
    reduction : Reduction
    rows : ndarray, shape (e, k)
        Of the triangle with all columns: those of the numbers.
    seen : ndarray, shape (e, e + m + 1)
        The same with all else that is fitted beside the cell taken out: numbers, modes, current.
    prior : Prior
    n_dropped : int
        Columns of history that the reduction has left out.
    noise_A : float
    """

    problem: Problem
    reduction: Reduction
    rows: Floats
    seen: Floats
    prior: Prior
    n_dropped: int
    noise_A: float

    @classmethod
    def of(
        cls,
        run: Record,
        before: Reduction,
        terms: Nuisance,
        columns: LeadingColumns,
        prior: Prior,
        parameters: JointParameters,
    ) -> Marginalised:
        """Reduce a run.

        Parameters
        ----------
        run : Record
        before : Reduction
            Of the same run.
        terms : Nuisance
            With the numbers at the values about which they are marginalised.
        columns : LeadingColumns
            Derivatives to them.
        prior : Prior
        parameters : JointParameters
        """
        reducer = reducer_of(run, terms, shifts=columns)
        triangle, e = reducer.triangle, len(columns)
        noise_A = noise_of(triangle, before.n_samples, before.rms_current_A)
        known = np.zeros((e, len(triangle)))
        weight = noise_A / prior.deviation
        known[:, :e], known[:, -1] = np.diag(weight), weight * prior.offset
        triangle = triangle_of(np.concatenate([triangle, known]))
        reduction = reducer.reduction(triangle[e:, e:])
        problem = Problem.of([PulseObservation(reduction)], parameters)
        n_dropped = len(triangle) - e - len(reduction.factor)
        beside = slice(e + n_dropped, e + n_dropped + reduction.n_nuisance)
        others = triangle[:, beside.stop :]
        seen = triangle_of(np.column_stack([triangle[:, beside], triangle[:, :e], others]))[reduction.n_nuisance :]
        return cls(problem, reduction, triangle[:e], seen[:e, reduction.n_nuisance :], prior, n_dropped, noise_A)

    def weights(self, u: Floats) -> Floats:
        """Return the weights of the modes for some unknowns (S)."""
        weights: Floats = self.reduction.weights_of(self.problem.admittance(0, u))
        return weights

    def moves(self, u: Floats) -> Floats:
        """Return how far from their values the numbers are for some unknowns, shape (e,)."""
        e, weights = len(self.rows), self.weights(u)
        nuisance = np.roll(self.reduction.nuisance(weights), self.reduction.n_history)
        others = np.concatenate([np.zeros(self.n_dropped), nuisance, weights])
        right = self.rows[:, -1] - self.rows[:, e:-1] @ others
        return np.asarray(np.linalg.solve(self.rows[:, :e], right))

    def evaluate(self, u_and_moves: Floats) -> tuple[Floats, Floats]:
        """Return residual and Jacobian where the numbers are unknowns too, in deviations, after those of the cell."""
        e, problem = len(self.rows), self.problem
        u, moves = u_and_moves[:-e], u_and_moves[-e:] * self.deviations
        residual, jacobian = problem.evaluate(u)
        theta, slopes = problem.parameters.theta_and_slopes(0, u)
        one = problem.observations[0]
        Y, dY = problem.model.evaluate(one.s, theta, seen=one.through_instrument)
        onto, of_modes = self.seen[:, :e], self.seen[:, e:-1]
        weights, by_u = self.reduction.weights_of(Y), self.reduction.weight_slopes(Y, dY)
        left = onto @ moves + of_modes @ weights - self.seen[:, -1]
        below = np.column_stack([of_modes @ by_u.T @ slopes, onto * self.deviations])
        above = np.column_stack([jacobian, np.zeros((len(residual), e))])
        noise = problem.noises[0]
        return np.concatenate([residual, left / noise]), np.concatenate([above, below / noise])

    def intervals(self, found: Solution, lowest: Floats, highest: Floats) -> list[tuple[float, float]]:
        """Return the 95 % profile intervals of the numbers, from their values, no wider than some ends, shape (e,).

        Parameters
        ----------
        found : Solution
            Of the problem.
        lowest, highest : ndarray, shape (e,)
        """
        u = np.append(found.best.u, self.moves(found.best.u) / self.deviations)
        residual, jacobian = self.evaluate(u)
        best = Minimum(u, float(residual @ residual), residual, jacobian)
        e, of_cell = len(self.rows), self.problem.transform.search_box([found.best.u])
        ends = np.stack([lowest, highest]) / self.deviations
        places = range(len(u) - e, len(u))
        sides = profile_intervals(self.evaluate, best, np.hstack([of_cell, ends]), found.unit, places)
        return [
            (max(one.low * d, low), min(one.high * d, high))
            for one, d, low, high in zip(sides, self.deviations, lowest, highest, strict=True)
        ]

    @cached_property
    def deviations(self) -> Floats:
        """How surely each number is known for a known cell, shape (e,)."""
        inverse = np.linalg.inv(self.rows[:, : len(self.rows)])
        return np.asarray(self.noise_A * np.linalg.norm(inverse, axis=1))

    @property
    def log_widths(self) -> float:
        """By how much all numbers are narrower than they were beforehand, as a logarithm."""
        narrower = np.abs(np.diag(self.rows)) * self.prior.deviation / self.noise_A
        return float(np.sum(np.log(np.maximum(narrower, 1.0))))
