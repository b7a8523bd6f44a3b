"""Starting values of a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.least_squares import Minimum, minimise
from fitting.inference.spectrum import fit_spectrum
from fitting.model.elements.base import StartScale
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fitting.model.circuit import CellModel
    from fitting.reduction.reduction import Reduction
    from fitting.transforms.laplace import Floats
from fitting.inference.problem import Problem

_SCREENED = 64


_STARTS = 6


_MOST_STARTS = 24


def starting_places(reduction: Reduction, model: CellModel) -> list[Floats]:
    """Return values (SI) of the free parameters to start from, the most promising first."""
    problem = Problem.of(reduction, model)
    return [problem.scales.outward(u) for u in starts_of(problem, {})]


def starts_of(problem: Problem, given: Mapping[str, float]) -> list[Floats]:
    """Return starting places, the most promising first."""
    spectrum = fit_spectrum(problem.reduction)
    shortest, longest = spectrum.window_s
    scale = StartScale(float(spectrum.conductance(np.array([shortest]))[0]), shortest, longest)
    if not scale.conductance_S > 0.0:
        raise FitError(
            f"{problem.reduction.source or 'record'}: the current does not follow the voltage as any passive cell's"
            " does; look at the sign of the current and at the columns"
        )
    random = np.random.default_rng(20050107)
    n_all = problem.model.n_all
    # A Latin hypercube: each parameter's starts are spread evenly over its range.
    places = np.array([random.permutation(_SCREENED) for _ in range(n_all)]).T + random.random((_SCREENED, n_all))
    thetas = [problem.model.start(scale, row) for row in places / _SCREENED]
    starts = [problem.scales.inward(theta) for theta in thetas]
    costs = np.array([np.sum(problem.evaluate(u)[0] ** 2) for u in starts])
    ranked = [starts[k] for k in np.argsort(np.where(np.isfinite(costs), costs, np.inf))]
    if given:
        unknown = set(given) - {parameter.name for parameter in problem.model.parameters}
        if unknown:
            names = ", ".join(parameter.name for parameter in problem.model.parameters)
            raise FitError(f"no free parameter is called {', '.join(sorted(unknown))}; there are {names}")
        first = problem.scales.outward(ranked[0])
        named = [given.get(p.name, value) for p, value in zip(problem.model.parameters, first, strict=True)]
        ranked.insert(0, problem.scales.inward(np.array(named)))
    return ranked


def local_minima(problem: Problem, starts: list[Floats], box: Floats) -> list[Minimum]:
    """Follow starts until one explains what modes can explain, or enough have been tried; return where they ended."""
    n_modes = len(problem.reduction.grid)
    white = n_modes + 5.0 * np.sqrt(2.0 * n_modes)
    ends: list[Minimum] = []
    for k, start in enumerate(starts[:_MOST_STARTS]):
        found = minimise(problem.evaluate, start, box, irrelevant=1e-3, max_steps=60)
        if np.isfinite(found.cost):
            ends.append(found)
        if k + 1 >= _STARTS and any(end.cost < white for end in ends):
            break
    if not ends:
        raise FitError(f"{problem.model.circuit} cannot be evaluated from any start on this record")
    return ends
