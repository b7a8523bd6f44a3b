"""Whitening of correlated noise: fits that read the run a second time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.observations import PulseObservation
from fitting.inference.prediction import predict
from fitting.inference.problem import Problem
from fitting.inference.solution import solve
from fitting.reduction.nuisance import correlation_time_s
from fitting.reduction.reducer import reduce_run
from fitting.results.remarks import Remark, RemarkKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fitting.inference.joint_parameters import JointParameters
    from fitting.inference.observations import Observation
    from fitting.inference.prediction import PulseResponse
    from fitting.inference.solution import Solution
    from fitting.records.record import Record
    from fitting.transforms.laplace import Floats

PASSES = 3
"""Times that a run is reduced anew. The correlation time settles to `_SETTLED` within two; doubled, nothing changes."""
_SETTLED = 0.05
"""Relative change of a correlation time that ends the search. It is known to some 5 % itself; doubled, a pass less."""


def solve_whitened(
    runs: Mapping[int, Record],
    observations: Sequence[Observation],
    parameters: JointParameters,
    start: Mapping[str, float],
) -> Solution:
    """Solve the problem of some records; reduce runs again, whitened, for as long as their residuals are correlated.

    Parameters
    ----------
    runs : mapping of int to Record
        The runs that are at hand, by the place of their observation; a run that was whitened already stays as it is.
    observations : sequence of Observation
    parameters : JointParameters
    start : mapping of str to float
    """
    solution = solve(Problem.of(observations, parameters), start)
    responses = {k: solution.response(k) for k in runs if solution.goodness[k].inflation > 1.0}
    plain = {k: one for k, one in responses.items() if one is not None and one.terms.correlation_s == 0.0}
    if not plain:
        return solution
    correlated = {k: runs[k] for k in plain}
    white = whitened_solution(correlated, observations, parameters, plain, (solution.values, start))
    return solution if white is None else white


def whitened_solution(
    runs: Mapping[int, Record],
    observations: Sequence[Observation],
    parameters: JointParameters,
    responses: Mapping[int, PulseResponse],
    starts: tuple[Mapping[str, float], Mapping[str, float]],
) -> Solution | None:
    """Return the solution with noise of the AR(1) kind whitened; None if there is no such noise.

    Parameters
    ----------
    runs : mapping of int to Record
        Those that may be whitened, by the place of their observation.
    observations : sequence of Observation
        Reduced without whitening.
    parameters : JointParameters
    responses : mapping of int to PulseResponse
        What a first fit predicts for each of the runs.
    starts : tuple of two mappings
        Values of that fit, and values that are to be tried instead of them.
    """
    plain = {k: response.terms for k, response in responses.items()}
    correlation_s = dict.fromkeys(runs, 0.0)
    seen = list(observations)
    solution: Solution | None = None
    values, given = starts
    for _ in range(PASSES):
        changed = False
        for k, run in runs.items():
            now = _correlation_s(run, responses[k])
            if now == 0.0 or abs(now - correlation_s[k]) <= _SETTLED * now:
                continue
            correlation_s[k], changed = now, True
            seen[k] = PulseObservation(reduce_run(run, replace(plain[k], correlation_s=now)))
        if not changed:
            break
        solution = solve(Problem.of(seen, parameters), {**values, **given})
        responses = {k: response for k in runs if (response := solution.response(k)) is not None}
        values = solution.values
    if solution is None:
        return None
    remarks = [
        Remark(RemarkKind.WHITENED, {"correlation_s": value}, "" if len(seen) == 1 else seen[k].source)
        for k, value in correlation_s.items()
        if value > 0.0
    ]
    return replace(solution, remarks=(*remarks, *solution.remarks))


def residual_of(run: Record, response: PulseResponse) -> tuple[NDArray[np.intp], Floats]:
    """Return the places of the samples without flags, and what a fit leaves of them (A)."""
    current = np.asarray(run.current_A)
    kept = np.flatnonzero((np.asarray(run.status) == 0) & np.isfinite(current))
    return kept, current[kept] - predict(run, response)[kept]


def _correlation_s(run: Record, response: PulseResponse) -> float:
    kept, residual = residual_of(run, response)
    times = np.asarray(run.t_s)[kept]
    return correlation_time_s(times, residual, float(np.median(np.diff(times[:100_000]))))
