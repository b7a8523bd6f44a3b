"""Second pass over runs whose times are to be fitted, or whose first fit leaves more than noise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fitting.inference.beside import displaced_by
from fitting.inference.diagnosis import diagnose
from fitting.inference.edge_places import solve_with_places
from fitting.inference.edge_ramps import solve_with_ramps
from fitting.inference.problem import Problem
from fitting.inference.slow_noise import with_slow_noise
from fitting.inference.solution import solve
from fitting.inference.timing import solve_with_times
from fitting.inference.whitening import whitened_solution
from fitting.results.remarks import Remark, RemarkKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fitting.inference.joint_parameters import JointParameters
    from fitting.inference.observations import Observation
    from fitting.inference.solution import Solution
    from fitting.records.record import Record

_CAUSES = 4
"""Causes whose effect the intervals hold: the likeliest. Doubled, intervals hold what hardly anything speaks for."""
_NEARLY = 0.3
"""Log odds, as a share of the likeliest cause's, from which another may be the true one: columns overlap. Doubled, a
baseline whose twin is a history is taken for sure."""

_EXACT = 1e-7
"""Residual, as a share of the current, below which nothing disturbs a record: finer than any instrument, it is the
engine's own error. Ten times as much would still be less than the best converters leave."""


def solve_runs(
    runs: Mapping[int, Record],
    observations: Sequence[Observation],
    parameters: JointParameters,
    start: Mapping[str, float | str],
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
    return with_second_pass(runs, solve(Problem.of(observations, parameters), start), start)


def with_second_pass(runs: Mapping[int, Record], solution: Solution, start: Mapping[str, float | str]) -> Solution:
    """Return a solution with the times that are to be fitted, and what leaves more than noise reduced again.

    A sampled voltage goes in straight lines from sample to sample, or each of its jumps gets a place of its own, or
    noise of the AR(1) kind is whitened.

    Parameters
    ----------
    runs : mapping of int to Record
        As for `solve_runs`.
    solution : Solution
        Of their first reductions.
    start : mapping of str to float
        Values (SI) of unknowns that are tried first.
    """
    observations, parameters = solution.problem.observations, solution.problem.parameters
    alone = len(observations) == 1 and 0 in runs
    reduction = solution.reduction() if alone else None
    is_timed = reduction is not None and bool(reduction.terms.fitted)
    if is_timed:
        solution = solve_with_times(runs[0], solution, start)
    restless = {k: run for k, run in runs.items() if solution.goodness[k].inflation > 1.0}
    if not restless:
        return solution
    better = None
    if alone:
        better = solve_with_ramps(runs[0], solution, start) or solve_with_places(runs[0], solution, start)
    if better is None:
        better = whitened_solution(restless, solution.problem.observations, parameters, (solution.values, start))
        if better is not None and is_timed:
            better = solve_with_times(runs[0], better, start)
    if better is not None:
        solution = better
    return with_causes(runs[0], with_slow_noise(runs[0], solution)) if alone else solution


def with_causes(run: Record, solution: Solution) -> Solution:
    """Return the solution of one run with what likely disturbs it, where it still leaves more than noise."""
    reduction = solution.reduction()
    if solution.goodness[0].inflation <= 1.0 or reduction is None:
        return solution
    if solution.rms_residual_A < _EXACT * reduction.rms_current_A:
        return solution
    found = diagnose(run, solution)
    causes = found.causes
    if found.change is not None and found.change.is_sure:
        changed = Remark(RemarkKind.SAMPLE_CHANGED, found.change.values)
        solution = replace(solution, remarks=(*solution.remarks, changed))
    if not causes:
        return solution
    near = [one for one in causes[:_CAUSES] if one.log_odds > _NEARLY * causes[0].log_odds]
    first = causes[0]
    values: dict[str, float | int | str] = {
        "cause": str(first),
        "kind": str(first.kind),
        "share": first.share,
        "remedy": first.remedy,
    }
    remarks = (*solution.remarks, Remark(RemarkKind.LIKELY_CAUSE, values))
    return replace(solution.widened(displaced_by(run, solution, near)), remarks=remarks)
