"""Straight lines between the samples of a voltage in place of jumps, where a record says so.

A voltage that changed from one sample to the next jumped somewhere between them, as an instrument's does; one that an
amplifier or a filter slews over the whole interval did not. The two differ to second order only, and so in records
whose noise is low: there a circuit that leaves more than noise with jumps may leave nothing but noise with lines.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fitting.inference.edge_lead import LIKELIER
from fitting.inference.least_squares import minimise
from fitting.inference.observations import PulseObservation
from fitting.inference.problem import Problem
from fitting.inference.solution import solve
from fitting.reduction.reduce import reduce_run
from fitting.results.remarks import Remark, RemarkKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fitting.inference.solution import Solution
    from fitting.records.record import Record
    from fitting.transforms.laplace import Complexes


def solve_with_ramps(run: Record, common: Solution, start: Mapping[str, float | str]) -> Solution | None:
    """Return the solution with straight lines in place of jumps; None unless they alone explain the record.

    Parameters
    ----------
    run : Record
    common : Solution
        Of the run alone, with one lead for all jumps.
    start : mapping of str to float
        Values (SI) of unknowns that are tried first.
    """
    observation = common.problem.observations[0]
    if not isinstance(observation, PulseObservation) or observation.reduction.most_lead_s == 0.0:
        return None
    jumping = observation.reduction
    if jumping.terms.edges:  # somebody has said that it jumped
        return None
    straight = PulseObservation(reduce_run(run, replace(jumping.terms, edges="ramp")))
    problem = Problem.of([straight], common.problem.parameters)
    near = minimise(problem.evaluate, common.best.u, common.profiles.search.box)
    gained = _chi_square(observation, common.problem.admittance(0, common.best.u), straight.noise)
    gained -= _chi_square(straight, problem.admittance(0, near.u), straight.noise)
    if 0.5 * gained < LIKELIER:
        return None
    values = dict(zip(common.values, problem.transform.from_unbounded(near.u).tolist(), strict=True))
    solution = solve(problem, {**values, **start})
    if solution.goodness[0].inflation > 1.0:
        return None
    remark = Remark(RemarkKind.EDGE_RAMPS, control=jumping.terms.control)
    return replace(solution, remarks=(remark, *solution.remarks))


def _chi_square(observation: PulseObservation, admittance: Complexes, noise: float) -> float:
    """Return the sum of squares over that of noise, less one for each sample: not all count beside jumps."""
    reduction = observation.reduction
    return reduction.residual_A2(observation.weights(admittance)) / noise**2 - reduction.n_samples
