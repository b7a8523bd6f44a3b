"""Starting values of a fit, and the local minima that searches from them reach."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.intervals import covariance_of
from fitting.inference.least_squares import TO_THE_END, Minimum, minimise
from fitting.inference.parameter_transform import ParameterTransform
from fitting.inference.problem import Problem
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fitting.inference.observations import Observation
    from fitting.model.circuit import CellModel
    from fitting.transforms.laplace import Floats

_SCREENED = 64
"""Starts whose misfit is looked at. Doubled, a fit takes 5 to 15 % longer."""
_STARTS = 6
"""Searches from the best of them, at least. Doubled, a fit takes up to two thirds longer."""
_MOST_STARTS = 24
"""Searches at most, where none explains what modes do; of like parts all starts. Doubled, a circuit that fits nothing
takes twice as long."""
_UNDISCOVERED = 0.25
"""Minima not yet found, expected by those that were, at which searching ends: eleven searches into the same one do, and
if there are two, all are made. Doubled, as published, seven and sixteen do."""
_FOLLOWED = 3
"""Known cells that are followed: of cells that differ by 20 % in all they have, one in six leads into another valley.
Doubled, a record that is unlike all of them is searched for later."""
_SAME_COST = 0.01
"""Relative difference of costs below which two minima that explain nothing count as one. Doubled, valleys whose floor
is nearly flat end sooner."""
_FURTHER = 10.0
"""Chi-square above the best beyond which a search that explains the record is followed to its end; nearer ones are
where intervals ask for them (`fitting.inference.alternative_minima`). Doubled, what was given up at 15 stays unseen."""
_WHITE = 5.0
"""Deviations of a chi-square below which a search explains the record; see `goodness`."""
_SEED = 20050107
"""Of the starts, so that a fit can be repeated."""


def starting_values(observation: Observation, model: CellModel) -> list[Floats]:
    """Return values (SI) of the free parameters to start from, the most promising first."""
    problem = Problem.single(observation, model)
    return [problem.transform.from_unbounded(u) for u in _ranked_starts(problem)]


def find_minima(problem: Problem, given: Mapping[str, float | str]) -> tuple[list[Minimum], Floats]:
    """Return the local minima that searches from many starts reach, and how far searches may go, shape (2, k).

    Several observations are searched one by one first; what they say alone, joined, is where the search for all of
    them starts.

    Parameters
    ----------
    problem : Problem
    given : mapping of str to float
        Values (SI) of unknowns that are tried first.

    Raises
    ------
    FitError
        If a given name is unknown, a current has the wrong sign, or the circuit cannot be evaluated.
    """
    if len(problem.observations) == 1:
        starts = _ranked_starts(problem)
        starts = _with_given(problem, starts, given)
        box = problem.ordering.even_box(problem.transform.search_box(starts))
        return [problem.ordered(one) for one in _local_minima(problem, starts, box)], box
    alone = [find_minima(problem.alone(k), {}) for k in range(len(problem.observations))]
    starts = _with_given(problem, _joined_starts(problem, [minima for minima, _ in alone]), given)
    box = problem.ordering.even_box(_joined_box(problem, starts, [around for _, around in alone]))
    found = [minimise(problem.evaluate, one, box, irrelevant=1e-3) for one in starts]
    return [problem.ordered(one) for one in _finite(problem, found)], box


def follow(problem: Problem, cells: Sequence[Mapping[str, float]], damping: float) -> Iterator[tuple[Minimum, Floats]]:
    """Yield the local minima that searches from known cells reach, the most promising first, and how far they may go.

    Parameters
    ----------
    problem : Problem
        Of one observation.
    cells : sequence of mapping of str to float
        Values (SI) of all unknowns.
    damping : float
        Of the first step; see `minimise`.

    Raises
    ------
    FitError
        If a value has no such name, or the circuit cannot be evaluated.
    """
    starts = _starts(problem)
    given = _places_of(problem, starts[0], cells)
    box = problem.ordering.even_box(problem.transform.search_box([*starts, *given]))
    for start in _ranked(problem, given)[:_FOLLOWED]:
        [found] = _finite(problem, [minimise(problem.evaluate, start, box, irrelevant=1e-3, damping=damping)])
        yield problem.ordered(found), box


def _starts(problem: Problem) -> list[Floats]:
    """Return starting places for one observation: a Latin hypercube over what its parameters may be."""
    model, scale = problem.model, problem.observations[0].scale
    return list(problem.transform.to_unbounded(model.starts(scale, _draws(model.n_all))))


@lru_cache(maxsize=16)
def _draws(n_parameters: int) -> Floats:
    """Return the same numbers of [0, 1) for every record, shape (starts, parameters)."""
    random = np.random.default_rng(_SEED)
    # Each parameter's starts are spread evenly over its range.
    places = np.array([random.permutation(_SCREENED) for _ in range(n_parameters)]).T
    draws: Floats = (places + random.random(places.shape)) / _SCREENED
    return draws


def _ranked_starts(problem: Problem) -> list[Floats]:
    """Return starting places for one observation, the most promising first."""
    return _ranked(problem, _starts(problem))


def _ranked(problem: Problem, starts: list[Floats]) -> list[Floats]:
    costs = np.array([np.sum(problem.residual(u) ** 2) for u in starts])
    return [starts[k] for k in np.argsort(np.where(np.isfinite(costs), costs, np.inf))]


def _with_given(problem: Problem, starts: list[Floats], given: Mapping[str, float | str]) -> list[Floats]:
    """Return the starts, before them the first with given values in the place of its own."""
    return [*_places_of(problem, starts[0], [given]), *starts] if given else starts


def _places_of(problem: Problem, start: Floats, cells: Sequence[Mapping[str, float | str]]) -> list[Floats]:
    """Return a start with the values of some cells in the place of its own, for each of them."""
    unknowns = problem.parameters.parameters
    names = [parameter.name for parameter in unknowns]
    unknown = {name for cell in cells for name in cell} - set(names)
    if unknown:
        raise FitError(f"no free parameter is called {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    first = problem.transform.from_unbounded(start).tolist()
    values = [
        [one.value_of(cell.get(one.name, own)) for one, own in zip(unknowns, first, strict=True)] for cell in cells
    ]
    return list(problem.transform.to_unbounded(np.array(values)))


def _local_minima(problem: Problem, starts: list[Floats], box: Floats) -> list[Minimum]:
    """Follow starts until one explains what modes can explain, all lead to the same places, or enough were tried.

    Like parts, which take each other's places, have minima that explain a record too: more starts are followed then,
    and all that there are where nothing explains it, since the most promising may lead to one such place.
    """
    has_like_parts = bool(problem.ordering)
    fewest, most = (_MOST_STARTS, _SCREENED) if has_like_parts else (_STARTS, _MOST_STARTS)
    minima: list[Minimum] = []
    for start in starts[:most]:
        minima.append(minimise(problem.evaluate, start, box, irrelevant=1e-3, max_steps=60))
        if len(minima) >= fewest and (any(map(explains, minima)) or _expected_undiscovered(minima) <= _UNDISCOVERED):
            break
    minima = sorted(_finite(problem, minima), key=lambda one: one.cost)
    enough = minima[0].cost + _FURTHER
    # Given up in a bent valley, a search may be far from the end of it, and that as good as the best, or better.
    n_followed = most if has_like_parts else fewest if not explains(minima[0]) else 0
    return [
        _ended(problem, one, box) if k < n_followed or (one.cost > enough and explains(one)) else one
        for k, one in enumerate(minima)
    ]


def _ended(problem: Problem, found: Minimum, box: Floats) -> Minimum:
    """Return where a search ends that goes on, if it was given up."""
    if found.left is not None:
        return found
    return minimise(problem.evaluate, found.u, box, irrelevant=1e-3, max_steps=TO_THE_END)


def explains(found: Minimum) -> bool:
    """Return whether a minimum explains the record as well as anything does, to five deviations of a chi-square."""
    rows = len(found.residual)
    return bool(found.cost < rows + _WHITE * np.sqrt(2.0 * rows))


def _expected_undiscovered(minima: list[Minimum]) -> float:
    """Return how many minima are expected beside those that searches have found.

    The posterior mean of w (n - 1) / (n - w - 2) minima in all, less the w that n searches have found: Boender,
    Rinnooy Kan, Math. Program. 37, 59 (1987), section 3.
    """
    n = len(minima)
    costs = np.sort([one.cost for one in minima])
    w = 1 + int(np.count_nonzero(~(costs[1:] <= (1.0 + _SAME_COST) * costs[:-1])))
    return w * (n - 1) / (n - w - 2) - w if n > w + 2 else np.inf


def _finite(problem: Problem, minima: list[Minimum]) -> list[Minimum]:
    finite = [one for one in minima if np.isfinite(one.cost)]
    if not finite:
        records = "this record" if len(problem.observations) == 1 else "these records"
        raise FitError(f"{problem.model.circuit} cannot be evaluated from any start on {records}")
    return finite


def _joined_starts(problem: Problem, minima: list[list[Minimum]]) -> list[Floats]:
    """Return the mean of what each observation says alone, and what each says where another value is shared.

    Like parts, which may have been told apart by another value than their time, are joined in all of these ways.
    """
    best = [min(found, key=lambda one: one.cost) for found in minima]
    alone = [problem.alone(k) for k in range(len(best))]
    others = [one.ordering.alternatives(one.evaluate, found) for one, found in zip(alone, best, strict=True)]
    leaders: list[int | None] = [None, *range(len(best))]
    joined = [_joined_start(problem, best, leader) for leader in leaders]
    joined += [_joined_start(problem, list(found), None) for found in zip(*others, strict=True)]
    return joined


def _joined_start(problem: Problem, found: list[Minimum], leader: int | None) -> Floats:
    own = ParameterTransform(problem.model.parameters)
    thetas = np.array([own.from_unbounded(one.u) for one in found])
    certainty = np.array([1.0 / np.diag(covariance_of(one, 1.0)) for one in found])
    return problem.transform.to_unbounded(problem.parameters.joined(thetas, certainty, leader))


def _joined_box(problem: Problem, starts: list[Floats], boxes: list[Floats]) -> Floats:
    """Return how far searches may go: as far as each observation's own do, prefactors without a bound."""
    box = problem.transform.search_box(starts)
    for around, row in zip(boxes, problem.parameters.places, strict=True):
        for i, place in enumerate(row):
            if place.energy is None:
                box[0, place.level] = min(box[0, place.level], around[0, i])
                box[1, place.level] = max(box[1, place.level], around[1, i])
            else:
                limit = problem.transform.limit[place.level]
                box[:, place.level] = -limit, limit
    return box
