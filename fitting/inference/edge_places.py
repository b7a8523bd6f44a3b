"""Places of the jumps of a sampled voltage, each its own, where one clock does not step and sample.

Each jump lies somewhere between two samples. To first order the current changes with its place by a column of its own,
which depends on the cell; beforehand the place is even over the interval. So the record is reduced with the jumps where
the fit has found them and these columns before all others, taken with that prior and marginalised; the fit of that
reduction says where the jumps are, and what the cell is; and again, until neither moves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.edge_lead import LIKELIER
from fitting.inference.least_squares import minimise
from fitting.inference.marginalised import Marginalised, Prior
from fitting.inference.observations import PulseObservation
from fitting.inference.solution import solve
from fitting.reduction.control import controlled
from fitting.reduction.leading_columns import EdgeShifts
from fitting.reduction.sampled_edges import edges_of
from fitting.results.remarks import Remark, RemarkKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fitting.inference.joint_parameters import JointParameters
    from fitting.inference.solution import Solution
    from fitting.records.record import Record
    from fitting.reduction.reduction import Reduction
    from fitting.reduction.sampled_edges import SampledEdges
    from fitting.transforms.laplace import Floats

_MOST_EDGES = 64
"""Jumps whose places are fitted each by itself: as many columns as the modes. Doubled, a pass takes four times as
long."""
_PASSES = 6
"""Reductions at most between two searches; places settle within three. Doubled, nothing changes."""
_SEARCHES = 2
"""Searches over all cells. The second is needed where the first finds another one; a third never was."""
_SETTLED = 0.05
"""Move of every place, as a share of its deviation, that ends the passes. Halved, a pass more, and the same result."""
_INSIDE = 0.01
"""Share of an interval that places keep from its ends; a fit cannot tell less."""


def solve_with_places(run: Record, common: Solution, start: Mapping[str, float | str]) -> Solution | None:
    """Return the solution with each jump at a place of its own; None where that does not apply, or is not likelier.

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
    reduction, parameters = observation.reduction, common.problem.parameters
    run, _ = controlled(run, reduction.terms)
    edges = edges_of(run, reduction.terms)
    if edges is None or not 1 < len(edges.after_s) <= _MOST_EDGES:
        return None
    u = common.best.u
    Y = common.problem.admittance(0, u)
    seen = observation.seen(Y)
    leads_s = _inside(np.full(len(edges.gap_s), seen.lead_s + 0.5 * edges.aperture_s), edges)
    weights = reduction.weights_of(Y)
    for _ in range(_SEARCHES):
        # Near by first, from place to place; then everywhere.
        for _ in range(_PASSES):
            placed = _placed(run, reduction, edges, leads_s, weights, parameters)
            u = minimise(placed.problem.evaluate, u, placed.problem.transform.search_box([u])).u
            weights = placed.weights(u)
            moved = _inside(leads_s + placed.moves(u), edges) - leads_s
            leads_s = leads_s + moved
            if np.all(np.abs(moved) < _SETTLED * placed.deviations):
                break
        values = dict(zip(common.values, placed.problem.transform.from_unbounded(u).tolist(), strict=True))
        solution = solve(placed.problem, {**values, **start})
        u, weights = solution.best.u, placed.weights(solution.best.u)
        moved = _inside(leads_s + placed.moves(u), edges) - leads_s
        if np.all(np.abs(moved) < placed.deviations):
            break
        leads_s = leads_s + moved
    gained = (reduction.residual_A2(seen.weights) - placed.reduction.residual_A2(weights)) / placed.noise_A**2
    if 0.5 * gained < placed.log_widths + LIKELIER:
        return None
    values = {"n_edges": len(leads_s), "deviation_s": float(np.median(placed.deviations))}
    remark = Remark(RemarkKind.EDGE_PLACES, values, control=reduction.terms.control)
    return replace(solution, remarks=(remark, *solution.remarks))


def _inside(leads_s: Floats, edges: SampledEdges) -> Floats:
    half_s = np.minimum(0.5 * edges.aperture_s + _INSIDE * edges.gap_s, 0.5 * edges.gap_s)
    return np.clip(leads_s, half_s, edges.gap_s - half_s)


def _placed(
    run: Record,
    before: Reduction,
    edges: SampledEdges,
    leads_s: Floats,
    weights: Floats,
    parameters: JointParameters,
) -> Marginalised:
    """Return a run with its jumps at some places, and these marginalised about the cell that has some weights."""
    terms = replace(before.terms, edge_leads_s=tuple(leads_s.tolist()))
    columns = EdgeShifts(edges.after_s - leads_s + 0.5 * edges.aperture_s, edges.jumps_V, before.grid.rates, weights)
    prior = Prior.even(-leads_s, edges.gap_s - leads_s)
    return Marginalised.of(run, before, terms, columns, prior, parameters)
