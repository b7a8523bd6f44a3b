"""Fits of records whose cell is much like one that was fitted before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fitting.inference.least_squares import FAR, NEAR
from fitting.inference.solution import check_observations, misfit_of, solved_from
from fitting.inference.starts import explains, follow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fitting.inference.problem import Problem
    from fitting.inference.solution import Solution


def solve_near(
    problem: Problem, cells: Sequence[Mapping[str, float]], most_misfit: float, *, describes: bool = False
) -> Solution | None:
    """Solve the problem of one run whose cell is expected to be much like some that were fitted.

    Searches follow those cells, the nearest first, in place of many from everywhere. Where one explains the record as
    well as anything does there is nothing better to be found, and cells that are as good are searched for as ever.

    Parameters
    ----------
    problem : Problem
        Of one observation.
    cells : sequence of mapping of str to float
        Values (SI) of all unknowns.
    most_misfit : float
        Largest `Solution.misfit` that is believed of a circuit that does not explain the record.
    describes : bool
        Whether the circuit described the record of the last cell: then the way to this one is short and straight.

    Returns
    -------
    Solution or None
        None if it has to be searched for.

    Raises
    ------
    FitError
        As `solve`.
    """
    check_observations(problem)
    for found, box in follow(problem, cells, NEAR if describes else FAR):
        if explains(found):
            return solved_from(problem, [found], box)
        if misfit_of(problem, found) <= most_misfit:
            return solved_from(problem, [found], box, with_others=False)
    return None
