"""Second pass over runs whose first fit leaves more than noise: places of jumps, correlated noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fitting.inference.edge_places import solve_with_places
from fitting.inference.problem import Problem
from fitting.inference.solution import solve
from fitting.inference.whitening import whitened_solution

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fitting.inference.joint_parameters import JointParameters
    from fitting.inference.observations import Observation
    from fitting.inference.solution import Solution
    from fitting.records.record import Record


def solve_runs(
    runs: Mapping[int, Record],
    observations: Sequence[Observation],
    parameters: JointParameters,
    start: Mapping[str, float],
) -> Solution:
    """Solve the problem of some records; reduce those again that leave more than noise.

    Parameters
    ----------
    runs : mapping of int to Record
        The runs that are at hand, by the place of their observation; a run that was whitened already stays as it is.
    observations : sequence of Observation
    parameters : JointParameters
    start : mapping of str to float
        Values (SI) of unknowns that are tried first.
    """
    solution = solve(Problem.of(observations, parameters), start)
    restless = {k: run for k, run in runs.items() if solution.goodness[k].inflation > 1.0}
    if not restless:
        return solution
    if len(observations) == 1:
        placed = solve_with_places(runs[0], solution, start)
        if placed is not None:
            return placed
    white = whitened_solution(restless, observations, parameters, (solution.values, start))
    return solution if white is None else white
