"""Reduction of a whole run in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.records.record import require_intact
from fitting.reduction.control import controlled
from fitting.reduction.drive import shortest_lag_s
from fitting.reduction.history import drive_after, require_moving
from fitting.reduction.leading_columns import History, LeadingColumns, n_decays_of
from fitting.reduction.nuisance import UNKNOWN, Nuisance
from fitting.reduction.reducer import Reducer
from fitting.reduction.sampled_edges import SampledVoltage
from fitting.reduction.stated import as_stated
from fitting.reduction.whole_drive import sampled_voltage
from fitting.transforms.modes import ModeGrid
from protocols import FitError

if TYPE_CHECKING:
    from fitting.records.record import Record
    from fitting.reduction.reduction import Reduction
    from fitting.transforms.laplace import Floats
    from protocols import PulseSequence

_NEAREST = 1e-2
"""Shortest time after a jump, in sampling intervals, where nobody knows how near to one samples are: what a step's
response does before weighs as little. Doubled, a sample that is nearer may see a bare constant phase element wrong."""
_OFFSET = Nuisance()
"""What is not the cell's unless it is said: a constant."""


def reducer_for(
    t_s: Floats,
    drive: PulseSequence | None,
    *,
    aperture_s: float = 0.0,
    response_s: tuple[float, ...] = (),
    terms: Nuisance = _OFFSET,
    source: str = "",
    sampled: SampledVoltage | None = None,
    shifts: LeadingColumns | None = None,
    grid: ModeGrid | None = None,
) -> Reducer:
    """Return an empty reducer whose modes suit a record.

    Parameters
    ----------
    t_s : ndarray, shape (n,)
        Times of all its samples, planned or measured (s).
    drive, aperture_s, response_s, terms, source, sampled
        As for `Reducer`.
    shifts : LeadingColumns, optional
        Derivatives to the places of the jumps, or to the times of the samples.
    grid : ModeGrid, optional
        Modes that suit several records.

    Raises
    ------
    FitError
        If there are too few samples.
    """
    if len(t_s) < 3:
        raise FitError(f"{source or 'record'}: {len(t_s)} samples are too few to fit")
    own_s, terms = np.asarray(t_s), terms.spanning(np.asarray(t_s))
    t_s = terms.times_of_drive(own_s, float(own_s[0]))
    interval = float(np.median(np.diff(t_s[:100_000])))
    if drive is None:
        interval = interval if sampled is None or sampled.edges is None else min(interval, sampled.edges.next_s)
        shortest, longest = _NEAREST * interval, float(t_s[-1] - t_s[0])
    else:
        # The same modes wherever times that are fitted will be.
        seen_s = own_s if terms.fitted else t_s
        shortest = _NEAREST * interval if terms.fitted else shortest_lag_s(drive, t_s, aperture_s)
        starts = drive.jumps()[0] if not drive.has_ramps else drive.times_s
        longest = float(seen_s[-1] + 0.5 * aperture_s - (starts[0] if len(starts) else 0.0))
    grid = grid or ModeGrid.covering(shortest, longest)
    leading: list[LeadingColumns] = [] if shifts is None else [shifts]
    if terms.before == UNKNOWN or (terms.before == "" and drive is None):
        leading.append(History(float(t_s[0]), grid.rates, n_decays_of(grid.rates, interval)))
    return Reducer(
        grid,
        drive,
        interval_s=interval,
        aperture_s=aperture_s,
        response_s=response_s,
        terms=terms,
        source=source,
        sampled=sampled or SampledVoltage(),
        leading=leading,
    )


def reduce_run(run: Record, terms: Nuisance = _OFFSET, *, weight: Floats | None = None) -> Reduction:
    """Reduce a run in one pass.

    Parameters
    ----------
    run : Record
        E.g. `daq.Run`.
    terms : Nuisance
        What is not the cell's: a constant offset unless given.
    weight : ndarray, shape (n,), optional
        As for `Reducer.append`.

    Returns
    -------
    Reduction

    Raises
    ------
    FitError
        If there are no usable samples.
    RunFileError
        If the run file is damaged.
    """
    reduction = reducer_of(run, terms, weight=weight).reduction()
    if reduction.n_samples <= reduction.n_nuisance + 1:
        raise FitError(
            f"{run.path.name}: of {run.n_samples} samples only {reduction.n_samples} are free of flags; nothing to fit"
        )
    return reduction


def reducer_of(
    run: Record,
    terms: Nuisance = _OFFSET,
    *,
    weight: Floats | None = None,
    shifts: LeadingColumns | None = None,
    grid: ModeGrid | None = None,
) -> Reducer:
    """Return a reducer that has taken in a whole run; arguments as for `reduce_run` and `reducer_for`."""
    run, terms = controlled(run, as_stated(run, terms))
    require_intact(run)
    if run.drive is None and terms.before_V is None:
        require_moving(run.voltage_V, run.path.name, terms.control)
    reducer = reducer_for(
        run.t_s,
        drive_after(run.drive, terms.before_V),
        aperture_s=terms.aperture_of(run),
        response_s=run.response_s,
        terms=terms,
        source=run.path.name,
        sampled=sampled_voltage(run, terms),
        shifts=shifts,
        grid=grid,
    )
    reducer.append(run.t_s, run.voltage_V, run.current_A, run.status, weight)
    return reducer
