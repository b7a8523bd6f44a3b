"""The voltage under a current: of a record as it stands, or that was sampled at other times than it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.reduction.drive import ModeCursor, segments_of
from fitting.reduction.history import drive_after
from fitting.reduction.sampled_edges import SampledVoltage, edges_of

if TYPE_CHECKING:
    from fitting.records.record import Record
    from fitting.reduction.nuisance import Nuisance
    from fitting.transforms.laplace import Floats


def sampled_voltage(run: Record, terms: Nuisance) -> SampledVoltage:
    """Return the jumps of a run's sampled voltage, and the whole of it where the current has other times.

    Nothing of a run whose drive was commanded.
    """
    if run.drive is not None:
        return SampledVoltage()
    edges = edges_of(run, terms)
    if not terms.moves_samples:
        return SampledVoltage(edges)
    t = np.ascontiguousarray(run.t_s)
    interval_s = float(np.median(np.diff(t[:100_000])))
    cursor = ModeCursor(np.zeros(1), None, interval_s, sampled=SampledVoltage(edges), before_V=terms.before_V)
    return SampledVoltage(edges, cursor.whole(t, np.ascontiguousarray(run.voltage_V)))


def segments_under(run: Record, terms: Nuisance) -> Floats:
    """Return the segments of a run's voltage, shape (3, k), as `segments_of` gives a drive.

    Of a commanded drive its own; of a sampled voltage under a current of other times straight lines and jumps between
    its samples.
    """
    drive = drive_after(run.drive, terms.before_V)
    segments = sampled_voltage(run, terms).segments if drive is None else segments_of(drive)
    if segments is None:
        raise TypeError("the current has the times of its voltage: no segments are needed")
    return segments
