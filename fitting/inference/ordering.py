"""Order of like parts among the unknowns of a fit: the shortest time to the smallest label (decision 195).

Two arcs in series may swap all their values, so that every minimum has a twin. Searches may end in either, and what
they find is brought into order, which costs nothing: the twin fits exactly as well. Profiles that follow one minimum
must not get to the other: walls stand where the order would change.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from fitting.constants import Z95
from fitting.inference.intervals import covariance_factor_of
from fitting.inference.joint_parameters import Sharing
from fitting.inference.least_squares import Minimum, minimise

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fitting.inference.joint_parameters import JointParameters
    from fitting.model.like_parts import LikeParts
    from fitting.transforms.laplace import Floats

    Evaluate = Callable[[Floats], tuple[Floats, Floats]]

_WALL = 100.0
"""Deviations that a disorder of one e-fold costs: profiles leak into the twin by 2 %. Doubled, half as far, and
searches along the wall take more steps."""
_APART = 8.0
"""Deviations, by the covariance, from which two times are apart without a search. Doubled, only a search more."""


@dataclass(frozen=True, eq=False)
class _Class:
    """A class of like parts among the unknowns.

    Attributes
    ----------
    parts : LikeParts
    records : tuple of int
        Whose values its parts are ordered by, on the mean.
    columns : ndarray of int, shape (n_parts, q)
        Unknowns of each part.
    odds : ndarray of int, shape (n_parts, n) or (0, 0)
        Unknowns of the odds of modes, for each of some records; -1 for the mode whose odds are 1.
    other_odds : ndarray of int, shape (n_others, n)
    """

    parts: LikeParts
    records: tuple[int, ...]
    columns: NDArray[np.intp]
    odds: NDArray[np.intp]
    other_odds: NDArray[np.intp]

    def permuted(self, u: Floats, order: NDArray[np.intp]) -> Floats:
        """Return the unknowns with the parts in another order."""
        moved = u.copy()
        moved[self.columns] = u[self.columns[order]]
        for k, odds in enumerate(self.odds.T if len(self.odds) else ()):
            logarithms = np.where(odds >= 0, u[odds], 0.0)[order]
            if odds[0] < 0:
                moved[self.other_odds[:, k]] -= logarithms[0]
                logarithms -= logarithms[0]
            moved[odds[odds >= 0]] = logarithms[odds >= 0]
        return moved


class Ordering:
    """Order of like parts among the unknowns of one or several records.

    Parts whose values each record has for itself are ordered in each; others by the mean of their logarithms.

    Parameters
    ----------
    parameters : JointParameters
    """

    def __init__(self, parameters: JointParameters) -> None:
        self._parameters = parameters
        self._classes = [
            one for parts in parameters.model.like_parts for one in _classes_among_unknowns(parameters, parts)
        ]

    @property
    def names(self) -> tuple[tuple[str, ...], ...]:
        """Names of the like parts of the circuit, class by class; without modes within an element."""
        used = dict.fromkeys(one.parts.names for one in self._classes if not one.parts.odds)
        return tuple(used)

    def __bool__(self) -> bool:
        return bool(self._classes)

    def ordered(self, u: Floats) -> Floats:
        """Return the same cell with its like parts in order."""
        for one, order in self._moves(u):
            u = one.permuted(u, order)
        return u

    def moved_covariance(self, u: Floats, covariance: Floats) -> Floats:
        """Return the covariance at u as it is once like parts are in order."""
        moved = np.eye(len(u))
        for one, order in self._moves(u):
            moved = np.array([one.permuted(row, order) for row in moved])
        return moved.T @ covariance @ moved

    def _moves(self, u: Floats) -> list[tuple[_Class, NDArray[np.intp]]]:
        """Return which classes are to be put in which order, one after the other."""
        moves = []
        for one in self._classes:
            order = np.argsort(self._sizes(one, u)[0], kind="stable")
            if not np.all(np.diff(order) > 0):
                u = one.permuted(u, order)
                moves.append((one, order))
        return moves

    def is_ordered(self, u: Floats) -> bool:
        """Whether the like parts are in order."""
        return all(bool(np.all(np.diff(self._sizes(one, u)[0]) >= 0.0)) for one in self._classes)

    def ordered_minimum(self, evaluate: Evaluate, found: Minimum) -> Minimum:
        """Return the minimum with the like parts in order."""
        if not self._classes or not np.isfinite(found.cost) or self.is_ordered(found.u):
            return found
        return _minimum_at(evaluate, self.ordered(found.u))

    def alternatives(self, evaluate: Evaluate, found: Minimum) -> list[Minimum]:
        """Return the minimum with like parts ordered by each of their values in turn, rather than by their time.

        Arcs that cross with temperature are one and the same by their capacitance, say.
        """
        n_columns = max((one.columns.shape[1] for one in self._classes), default=0)
        places = []
        for column in range(n_columns):
            u = found.u
            for one in self._classes:
                if column < one.columns.shape[1]:
                    u = one.permuted(u, np.argsort(u[one.columns[:, column]], kind="stable"))
            places.append(u)
        return [_minimum_at(evaluate, u) for u in places]

    def even_box(self, box: Floats) -> Floats:
        """Return a box in which like parts may go equally far."""
        even = box.copy()
        for one in self._classes:
            even[0, one.columns] = box[0, one.columns].min(axis=0)
            even[1, one.columns] = box[1, one.columns].max(axis=0)
            for k in [k for k in (*one.odds.ravel(), *one.other_odds.ravel()) if k >= 0]:
                reach = 2.0 * float(np.abs(box[:, k]).max())
                even[:, k] = -reach, reach
        return even

    def walls(self, u: Floats) -> tuple[Floats, Floats]:
        """Return residuals (w,) and their derivatives (w, n) that rise where the order is left."""
        residuals, slopes = [], []
        for one in self._classes:
            sizes, by_u = self._sizes(one, u)
            over = sizes[:-1] - sizes[1:]
            beyond = over > 0.0
            residuals.append(_WALL * np.where(beyond, over, 0.0))
            slopes.append(_WALL * np.where(beyond[:, None], by_u[:-1] - by_u[1:], 0.0))
        return np.concatenate(residuals), np.concatenate(slopes)

    def inseparable(self, evaluate: Evaluate, best: Minimum, box: Floats, unit: float) -> dict[int, tuple[str, str]]:
        """Return the unknowns of parts whose times may be the same, and what the two parts are called."""
        found: dict[int, tuple[str, str]] = {}
        for one in self._classes:
            for first in range(len(one.parts.rows) - 1):
                if not self._may_coincide(evaluate, best, box, unit, one, first):
                    continue
                pair = one.parts.names[first], one.parts.names[first + 1]
                found |= {int(k): pair for part in (first, first + 1) for k in one.columns[part]}
                found |= {int(k): pair for row in one.odds[first : first + 2] for k in row if k >= 0}
        return found

    def merged(self, evaluate: Evaluate, best: Minimum, box: Floats, unit: float) -> list[Minimum]:
        """Return the best cells of which two neighbouring like parts have the same values, pair by pair."""
        found = []
        for one in self._classes:
            if len(one.odds):
                continue
            for first, second in pairwise(one.columns):
                tie = unit * _WALL * (np.eye(len(best.u))[second] - np.eye(len(best.u))[first])

                def tied(u: Floats, tie: Floats = tie) -> tuple[Floats, Floats]:
                    residual, jacobian = evaluate(u)
                    return np.append(residual, tie @ u), np.vstack([jacobian, tie])

                for u in _merged_places(best.u, first, second):
                    ended = minimise(tied, u, box, irrelevant=1e-3 * unit**2, max_steps=60)
                    found.append(_minimum_at(evaluate, ended.u))
        return found

    def _may_coincide(
        self, evaluate: Evaluate, best: Minimum, box: Floats, unit: float, one: _Class, first: int
    ) -> bool:
        """Whether two neighbours may have the same time within what the record tells.

        Where one of them is next to nothing, and its time anything, a search from there does not find how the other is
        to be shared: both are also tried with the values of either.
        """
        sizes, by_u = self._sizes(one, best.u)
        deviation = float(np.linalg.norm(covariance_factor_of(best, unit).T @ (by_u[first + 1] - by_u[first])))
        if sizes[first + 1] - sizes[first] > _APART * deviation:
            return False

        def tied(u: Floats) -> tuple[Floats, Floats]:
            residual, jacobian = evaluate(u)
            sizes, by_u = self._sizes(one, u)
            gap = unit * _WALL * (sizes[first + 1] - sizes[first])
            slope = unit * _WALL * (by_u[first + 1] - by_u[first])
            return np.append(residual, gap), np.vstack([jacobian, slope])

        limit = best.cost + (Z95 * unit) ** 2
        starts = (best.u, *_merged_places(best.u, *one.columns[first : first + 2]))
        return any(minimise(tied, start, box, irrelevant=1e-3 * unit**2, max_steps=60).cost < limit for start in starts)

    def _sizes(self, one: _Class, u: Floats) -> tuple[Floats, Floats]:
        """Return what the parts are ordered by, (n_parts,), and the derivatives to all unknowns, (n_parts, n)."""
        sizes = np.zeros(len(one.parts.sizes))
        by_u = np.zeros((len(sizes), len(u)))
        model = self._parameters.model
        free = model.free_places
        for k in one.records:
            theta, slopes = self._parameters.theta_and_slopes(k, u)
            p = model.complete(theta)
            for part, size in enumerate(one.parts.sizes):
                logarithm, by_p = size.evaluate(p)
                sizes[part] += logarithm / len(one.records)
                by_u[part] += by_p[free] @ slopes / len(one.records)
        return sizes, by_u


def _merged_places(u: Floats, first: NDArray[np.intp], second: NDArray[np.intp]) -> list[Floats]:
    """Return the unknowns with two parts that have the same values: those of the one, and those of the other."""
    places = [u.copy(), u.copy()]
    places[0][second] = u[first]
    places[1][first] = u[second]
    return places


def _minimum_at(evaluate: Evaluate, u: Floats) -> Minimum:
    residual, jacobian = evaluate(u)
    return Minimum(u, float(residual @ residual), residual, jacobian)


def _classes_among_unknowns(parameters: JointParameters, parts: LikeParts) -> list[_Class]:
    """Return a class for all records, or one for each if each has these values for itself; none if they are mixed."""
    free = {place: i for i, place in enumerate(parameters.model.free_places)}
    rows = [[free[place] for place in row] for row in parts.rows]
    odds = [-1 if place < 0 else free[place] for place in parts.odds]
    others = [free[place] for place in parts.other_odds]
    columns = [set(map(parameters.kind_of, column)) for column in zip(*rows, strict=True)]
    columns.append({parameters.kind_of(i) for i in (*odds, *others) if i >= 0})
    if any(len(kinds) > 1 for kinds in columns):
        return []
    everyone = tuple(range(len(parameters.places)))
    groups = [(k,) for k in everyone] if set.union(*columns) == {Sharing.OWN} else [everyone]
    return [
        _Class(
            parts,
            group,
            np.array([[k for i in row for k in parameters.unknowns_for(i, group)] for row in rows], dtype=np.intp),
            _levels(parameters, odds, group),
            _levels(parameters, others, group),
        )
        for group in groups
    ]


def _levels(parameters: JointParameters, odds: list[int], group: tuple[int, ...]) -> NDArray[np.intp]:
    """Return the unknowns of some odds, a row for each of them and a column for each record that has its own."""
    rows = [[-1 if i < 0 else parameters.places[k][i].level for k in group] for i in odds]
    levels: NDArray[np.intp] = np.array(rows, dtype=np.intp).reshape(len(odds), len(group))
    return np.unique(levels, axis=1) if len(odds) else levels
