"""Where the unknowns of a fit would be beside a disturbance of its record.

The columns by which the disturbance was found are marginalised and the cell is fitted again, some times, since columns
are taken about a cell. So its intervals are those of a fit that knows of the disturbance, however far the cell moves: a
first-order shift would point along valleys to places that no cell has.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.disturbances import CauseKind, Disturbances
from fitting.inference.intervals import Displaced, Interval
from fitting.inference.least_squares import Minimum, minimise
from fitting.inference.marginalised import Marginalised, Prior
from fitting.inference.solution import solved_from
from fitting.reduction.control import controlled
from fitting.reduction.leading_columns import KnownColumns
from fitting.reduction.prediction import predict
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from fitting.inference.diagnosis import Cause
    from fitting.inference.disturbances import Group
    from fitting.inference.solution import Solution
    from fitting.records.record import Record
    from fitting.transforms.laplace import Floats

_PASSES = 3
"""Fits, each beside the columns about the last one. The second finds where a range changes, the third uses it."""
_WIDE = 1e3
"""Deviation of a column's amplitude beforehand, where 1 is as large as what the fit leaves: it may be anything."""
_BETWEEN, _PLACES = 10.0 ** (1.0 / 6.0), 41
"""How far from a change of range that was asked another may be, as a factor (they are asked three a decade), and how
many are tried: 2 % apart, between which few samples lie."""
_IRRELEVANT = 1e-3
"""Chi-square that a step must promise on the way; the last fit is sharpened to rounding."""
_MOST_SAMPLES = 100_000
"""Samples of the longest record that is fitted again: each pass walks all of them, a second for ten times as many."""


def displaced_by(run: Record, solution: Solution, causes: Sequence[Cause]) -> tuple[Displaced, ...]:
    """Return where the unknowns of the fit of one run would be beside each of some causes.

    Only beside the likeliest are intervals profiled: they take most of the time, and beside another cause they are
    nearly as long.

    Parameters
    ----------
    run : Record
    solution : Solution
        Of this run alone.
    causes : sequence of Cause
        Of what it leaves, the likeliest first; those without columns of their own move nothing that is known.
    """
    told = [(one.shift, one.group) for one in causes if one.group is not None and one.shift is not None]
    fits = [_beside(run, solution, group) for _, group in told]
    lowest, highest = solution.profiles.search.box
    shifts = [
        first_order if fitted is None else fitted.best.u - solution.best.u
        for (first_order, _), fitted in zip(told, fits, strict=True)
    ]
    # Without a fit there is a first-order shift, which follows valleys to where no search goes.
    shifts = [np.clip(solution.best.u + one, lowest, highest) - solution.best.u for one in shifts]
    first = next((k for k, one in enumerate(fits) if one is not None), None)
    known = solution.profiles.intervals if first is None else (fits[first] or solution).intervals
    at = 0.0 if first is None else shifts[first]
    return tuple(Displaced(shift, tuple(_moved(known, shift - at))) for shift in shifts)


def _moved(intervals: Sequence[Interval], by: Floats) -> Iterator[Interval]:
    for one, shift in zip(intervals, by.tolist(), strict=True):
        yield Interval(one.low + shift, one.high + shift)


def _beside(run: Record, solution: Solution, group: Group) -> Solution | None:
    """Return the fit beside the columns of a cause; None where there is none."""
    reduction = solution.reduction()
    if reduction is None or run.n_samples > _MOST_SAMPLES:
        return None
    answering, _ = controlled(run, reduction.terms)
    kept = np.flatnonzero((np.asarray(answering.status) == 0) & np.isfinite(np.asarray(answering.current_A)))
    problem, here, u = solution.problem, solution, solution.best.u
    for k in range(_PASSES):
        # What the first fit leaves is bent by the cell that does without.
        group = _placed(run, here, kept, group) if k else group
        columns = _columns_of(run, here, kept, group)
        prior = Prior(np.zeros(len(columns)), np.full(len(columns), _WIDE))
        try:
            now = Marginalised.of(run, reduction, reduction.terms, columns, prior, problem.parameters)
        except (FitError, np.linalg.LinAlgError):
            return None
        box = now.problem.transform.search_box([solution.best.u])
        found = minimise(now.problem.evaluate, u, box, irrelevant=_IRRELEVANT)
        u = found.u
        residual, jacobian = problem.evaluate(u)
        here = replace(solution, best=Minimum(u, float(residual @ residual), residual, jacobian))
    return solved_from(now.problem, [found], box, with_others=False)


def _placed(run: Record, solution: Solution, kept: NDArray[np.intp], group: Group) -> Group:
    """Return the group; a change of range where it explains most of what a cell leaves, not at the nearest asked."""
    if group.kind is not CauseKind.RANGE_STEP or group.value is None:
        return group
    name, near = group.value
    response = solution.response()
    if response is None:
        return group
    answering, _ = controlled(run, response.terms)
    fitted = predict(run, response)[kept]
    left = np.asarray(answering.current_A)[kept] - fitted
    tried = near * np.geomspace(1.0 / _BETWEEN, _BETWEEN, _PLACES)
    explained = []
    for threshold in tried:
        above = np.abs(fitted) > threshold
        beside = np.column_stack([np.ones(len(left)), above * fitted, above * np.sign(fitted)])
        explained.append(float(np.sum((np.linalg.qr(beside)[0].T @ left) ** 2)))
    return replace(group, value=(name, float(tried[int(np.argmax(explained))])))


def _columns_of(run: Record, solution: Solution, kept: NDArray[np.intp], group: Group) -> KnownColumns:
    """Return the columns of a disturbance about a cell, each of the size of what the fit leaves."""
    disturbances = Disturbances(run, solution, kept, group)
    values = np.concatenate([columns for *_, columns in disturbances.blocks()])
    sizes = np.sqrt(np.mean(values**2, axis=0))
    scale = solution.rms_residual_A / np.where(sizes > 0.0, sizes, 1.0)
    return KnownColumns(disturbances.times_s, values * scale)
