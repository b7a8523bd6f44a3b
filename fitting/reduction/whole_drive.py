"""The whole voltage under a current that was sampled at other times than its own say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.reduction.drive import ModeCursor, segments_of
from fitting.reduction.history import drive_after

if TYPE_CHECKING:
    from fitting.records.record import Record
    from fitting.reduction.nuisance import Nuisance
    from fitting.reduction.sampled_edges import SampledEdges
    from fitting.transforms.laplace import Floats


def segments_under(run: Record, terms: Nuisance, edges: SampledEdges | None) -> Floats | None:
    """Return the segments of the voltage, as `segments_of` gives them; None where current and voltage share their times.

    Of a commanded drive its own, of a sampled voltage straight lines and jumps between its samples.

    Parameters
    ----------
    run : Record
    terms : Nuisance
    edges : SampledEdges or None
        Jumps of a sampled voltage.
    """
    drive = drive_after(run.drive, terms.before_V)
    if drive is not None:
        return segments_of(drive)
    if not terms.moves_samples:
        return None
    t = np.ascontiguousarray(run.t_s)
    interval_s = float(np.median(np.diff(t[:100_000])))
    cursor = ModeCursor(np.zeros(1), None, interval_s, edges=edges, before_V=terms.before_V)
    return cursor.whole(t, np.ascontiguousarray(run.voltage_V))
