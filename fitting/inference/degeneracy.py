"""Parameters that enter a circuit, or a record, only in combination: which they are, and what is determined.

The valley of a fit is followed along what is not determined. Parameters that move along it are a group; combinations
of theirs that do not move are what the record tells. Where the Jacobian of the admittance, at all frequencies, has a
null space at each of these places and beside them, the circuit is degenerate: no record tells more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting.constants import Z95
from fitting.inference.combinations import combinations_of
from fitting.inference.intervals import covariance_factor_of
from fitting.inference.least_squares import Minimum, minimise
from fitting.results.estimate import Estimate
from fitting.results.remarks import Remark, RemarkKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fitting.inference.combinations import Combination
    from fitting.inference.intervals import Interval
    from fitting.inference.problem import Problem
    from fitting.transforms.laplace import Floats

_MOST_FOLLOWED = 3
"""Undetermined parameters along which the valley is followed, to both sides. Doubled, a fit with an open valley takes a
quarter longer, and a second degeneracy of a large circuit is named."""
_STEP = 1.0
"""How far the valley is followed, in e-folds. Doubled, more of its ways end at a wall of the box."""
_OF_THE_WAY = 0.7
"""Share of the way to the end of an interval that is gone at most: at the end itself the others are pinned. Halved,
curved valleys look straight."""
_MOVED = 0.1
"""E-folds from which a parameter moves along a valley that is a whole one long. Doubled, members of large sums, which
move little, are left out."""
_STANDS = 0.05
"""Share of the largest movement below which a combination stands still; and e-folds. Doubled, sums of a large and a
small term count that are no combination."""
_NEW = 0.1
"""Part of the gradient of a combination that no other accounts for, from which it says something new. Doubled, sums of
unlike terms are taken for each other."""
_NULL = 1e-7
"""Singular value of the Jacobian of the admittance, relative to the largest, that is a null: elements are right to
1e-8. Ten times as much, a time well outside of the window is one."""
_FREQUENCIES = 60
"""Frequencies of that Jacobian over the window and two decades to each side: more than any circuit has parameters.
Doubled, no null goes."""
_FAR = 80.0
"""Farthest places on the line that are looked at: products of four parameters stay finite. Doubled, they overflow."""
_DIFFERENCE = 1e-4
"""Step of the derivatives of combinations, on the line: errors are 1e-8. Doubled, the same."""


@dataclass(frozen=True)
class Degeneracy:
    """Parameters that enter only in combination.

    Attributes
    ----------
    unknowns : tuple of int
    names : tuple of str
    is_structural : bool
        Whether no record would tell more, since the circuit does not.
    combinations : tuple of Estimate
        What is determined, where it has a simple form; their names are the formulas.
    """

    unknowns: tuple[int, ...]
    names: tuple[str, ...]
    is_structural: bool
    combinations: tuple[Estimate, ...]

    @property
    def remark(self) -> Remark:
        """What is said of it."""
        shown = "; ".join("{} = {} ({})".format(one.name, *one.shown()) for one in self.combinations)
        kind = RemarkKind.DEGENERATE if self.is_structural else RemarkKind.ONLY_COMBINED
        values: dict[str, float | int | str] = {
            "parameters": ", ".join(self.names),
            "combinations": shown or "nothing that has a simple form",
        }
        return Remark(kind, values)


def degeneracy_of(
    problem: Problem, best: Minimum, box: Floats, unit: float, intervals: Sequence[Interval], open_: Sequence[int]
) -> Degeneracy | None:
    """Return the parameters that enter only in combination, and the combinations; None if there are none.

    Parameters
    ----------
    problem : Problem
    best : Minimum
    box : ndarray, shape (2, k)
    unit : float
        Standard deviation of the residual's components.
    intervals : sequence of Interval
    open_ : sequence of int
        Unknowns that the record does not determine.
    """
    places = _valley(problem, best, box, unit, intervals, open_)
    if len(places) < 2:
        return None
    moves = np.abs(places - best.u).max(axis=0)
    group = np.flatnonzero(moves > _MOVED)
    if len(group) < 2:
        return None
    unknowns = problem.parameters.parameters
    names = frozenset(unknowns[k].name for k in group)
    is_structural = _is_structural(problem, best.u, places, group)
    candidates = combinations_of(unknowns, names)
    found = _standing(problem, best, unit, places, candidates, group)
    if not found and not is_structural:
        return None
    members = tuple(int(k) for k in group)
    return Degeneracy(members, tuple(unknowns[k].name for k in members), is_structural, found)


def _valley(
    problem: Problem, best: Minimum, box: Floats, unit: float, intervals: Sequence[Interval], open_: Sequence[int]
) -> Floats:
    """Return places of the valley to both sides of the best, along what is not determined, shape (n, k)."""
    factor = covariance_factor_of(best, unit)
    covariance = factor @ factor.T
    doubtful = sorted(open_, key=lambda k: -covariance[k, k])[:_MOST_FOLLOWED]
    evaluate = problem.walled(unit)
    found = problem.ordering.merged(problem.evaluate, best, box, unit)
    for k in doubtful:
        tangent = covariance[:, k] / covariance[k, k]
        for sign, end in ((-1.0, intervals[k].low), (1.0, intervals[k].high)):
            edge = box[0, k] if sign < 0.0 else box[1, k]
            reach = abs((end if np.isfinite(end) else edge) - best.u[k])
            ways = [min(_STEP, _OF_THE_WAY * reach)]
            if np.isfinite(end) and reach > 2.0 * _STEP:
                # A part that is next to nothing at the best may be a large one elsewhere.
                ways.append(reach - _OF_THE_WAY)
            for way in ways:
                start = best.u + np.clip(sign * way * tangent, -3.0, 3.0)
                start[k] = best.u[k] + sign * way
                there = minimise(
                    evaluate,
                    np.clip(start, *box),
                    box,
                    held=np.arange(len(best.u)) == k,
                    irrelevant=1e-4 * unit**2,
                    max_steps=60,
                )
                found.append(there)
    as_good = [one.u for one in found if one.cost < best.cost + (Z95 * unit) ** 2]
    return np.array([best.u, *as_good])


def _values(problem: Problem, places: Floats) -> dict[str, Floats]:
    values = problem.transform.from_unbounded(places)
    return {one.name: values[..., k] for k, one in enumerate(problem.parameters.parameters)}


def _standing(
    problem: Problem,
    best: Minimum,
    unit: float,
    places: Floats,
    candidates: Sequence[Combination],
    group: NDArray[np.intp],
) -> tuple[Estimate, ...]:
    """Return the combinations that do not move along the valley, each of which says something new."""
    values, largest = _values(problem, places), float(np.ptp(places[:, group], axis=0).max())
    _, sizes, axes = np.linalg.svd(best.jacobian, full_matrices=False)
    told = sizes > _NULL * sizes[0]
    factor = axes[told].T / sizes[told] * unit
    most = len(group) - int(np.count_nonzero(sizes < unit))
    found: list[Estimate] = []
    seen = np.empty((0, len(best.u)))
    for one in candidates:
        if len(found) >= most:
            break
        logarithms = one.logarithm(values)
        if not np.isfinite(logarithms).all() or np.ptp(logarithms) >= _STANDS * min(largest, 1.0):
            continue
        gradient = _gradient(problem, best.u, one)
        beside = gradient - seen.T @ (seen @ gradient)
        if np.linalg.norm(beside) <= _NEW * np.linalg.norm(gradient):
            continue
        seen = np.vstack([seen, beside / np.linalg.norm(beside)])
        found.append(_estimate(one, logarithms, float(np.linalg.norm(gradient @ factor))))
    return tuple(found)


def _estimate(one: Combination, logarithms: Floats, deviation: float) -> Estimate:
    """Return a combination with its interval, which holds its values along the valley as well."""
    low = min(float(logarithms.min()), float(logarithms[0]) - Z95 * deviation)
    high = max(float(logarithms.max()), float(logarithms[0]) + Z95 * deviation)
    ends = float(np.exp(low)), float(np.exp(high))
    return Estimate(one.text, one.unit, float(np.exp(logarithms[0])), ends, True)


def _gradient(problem: Problem, u: Floats, one: Combination) -> Floats:
    steps = _DIFFERENCE * np.eye(len(u))
    up, down = (one.logarithm(_values(problem, u + sign * steps)) for sign in (1.0, -1.0))
    gradient: Floats = (up - down) / (2.0 * _DIFFERENCE)
    return gradient


def _is_structural(problem: Problem, u: Floats, places: Floats, group: NDArray[np.intp]) -> bool:
    """Whether the admittance itself has the null, along the valley and beside it."""
    shortest, longest = problem.window_s
    s = 1j * np.geomspace(1e-2 / longest, 1e2 / shortest, _FREQUENCIES)
    random = np.random.default_rng(len(u))
    beside = u + random.uniform(-1.0, 1.0, (2, len(u)))
    for place in (*places, *beside):
        parts = []
        for k in range(len(problem.observations)):
            theta, slopes = problem.parameters.theta_and_slopes(k, np.clip(place, -_FAR, _FAR))
            Y, dY = problem.model.evaluate(np.asarray(s, dtype=np.complex128), theta)
            parts.append((slopes.T @ (dY / Y))[group])
        columns = np.concatenate(parts, axis=1)
        size = np.linalg.norm(columns, axis=1)
        if not np.all(size > 0.0):
            return False
        scaled = np.concatenate([columns.real, columns.imag], axis=1) / size[:, None]
        sizes = np.linalg.svd(scaled, compute_uv=False)
        if sizes[-1] > _NULL * sizes[0]:
            return False
    return True
