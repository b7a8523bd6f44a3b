"""Whitening of correlated noise, learnt from what no sum of modes explains."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.observations import PulseObservation
from fitting.inference.problem import Problem
from fitting.inference.solution import solve
from fitting.reduction.control import controlled
from fitting.reduction.nuisance import correlation_time_s
from fitting.reduction.prediction import PulseResponse, predict
from fitting.reduction.reduce import reduce_run
from fitting.results.remarks import Remark, RemarkKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fitting.inference.joint_parameters import JointParameters
    from fitting.inference.observations import Observation
    from fitting.inference.solution import Solution
    from fitting.records.record import Record
    from fitting.reduction.reduction import Reduction
    from fitting.transforms.laplace import Floats

PASSES = 3
"""Times that a run is reduced anew. The correlation time settles to `_SETTLED` within two; doubled, nothing changes."""
_SETTLED = 0.05
"""Relative change of a correlation time that ends the search. It is known to some 5 % itself; doubled, a pass less."""

_LONGEST_SHARE = 0.01
"""Longest correlation time that is noise, as a share of the longest time after an edge. What carries on for longer is
of the times that are asked for: a baseline, a history, a wrong voltage. Doubled, no campaign changes."""
_RANK = 1e-12
"""Share of the largest direction below which rounding owns a mixture of modes."""


def whitened_solution(
    runs: Mapping[int, Record],
    observations: Sequence[Observation],
    parameters: JointParameters,
    starts: tuple[Mapping[str, float], Mapping[str, float | str]],
) -> Solution | None:
    """Return the solution with noise of the AR(1) kind whitened; None if there is no such noise.

    Noise is what sums of modes of any weights leave: what a circuit leaves may be its own misfit, which must not be
    taken for noise.

    Parameters
    ----------
    runs : mapping of int to Record
        Those that may be whitened, by the place of their observation.
    observations : sequence of Observation
    parameters : JointParameters
    starts : tuple of two mappings
        Values of that fit, and values that are to be tried instead of them.
    """
    seen = list(observations)
    found_s = {}
    for k, run in runs.items():
        one = seen[k]
        if not isinstance(one, PulseObservation) or one.reduction.terms.correlation_s > 0.0:
            continue
        terms, correlation_s = one.reduction.terms, 0.0
        for _ in range(PASSES):
            now = _correlation_s(run, one.reduction)
            if now == 0.0 or abs(now - correlation_s) <= _SETTLED * now:
                break
            correlation_s = now
            one = PulseObservation(reduce_run(run, replace(terms, correlation_s=now)))
        if correlation_s > 0.0:
            seen[k], found_s[k] = one, correlation_s
    if not found_s:
        return None
    values, given = starts
    solution = solve(Problem.of(seen, parameters), {**values, **given})
    remarks = [
        Remark(RemarkKind.WHITENED, {"correlation_s": value}, "" if len(seen) == 1 else seen[k].source)
        for k, value in found_s.items()
    ]
    return replace(solution, remarks=(*remarks, *solution.remarks))


def residual_of(run: Record, response: PulseResponse) -> tuple[NDArray[np.intp], Floats]:
    """Return the places of the samples without flags, and what a fit leaves of them (A, or V where that answers)."""
    run, _ = controlled(run, response.terms)
    current = np.asarray(run.current_A)
    kept = np.flatnonzero((np.asarray(run.status) == 0) & np.isfinite(current))
    return kept, current[kept] - predict(run, response)[kept]


def free_response(reduction: Reduction) -> PulseResponse:
    """Return the sum of modes that explains most, whatever cell would have it."""
    weights: Floats = np.linalg.lstsq(reduction.modes_factor, reduction.current_factor, rcond=_RANK)[0]  # type: ignore[assignment]
    return PulseResponse(reduction.grid.rates, weights, reduction.nuisance(weights), reduction.terms)


def _correlation_s(run: Record, reduction: Reduction) -> float:
    """Return the correlation time of what no modes explain; 0 where that is white, or lasts too long to be noise."""
    kept, residual = residual_of(run, free_response(reduction))
    times = np.asarray(run.t_s)[kept]
    found = correlation_time_s(times, residual, float(np.median(np.diff(times[:100_000]))))
    return found if found <= _LONGEST_SHARE * reduction.window_s[1] else 0.0
