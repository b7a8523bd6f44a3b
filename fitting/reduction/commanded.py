"""A record of somebody else's whose voltage is known beforehand: edges of a protocol, and when it began.

A record is aligned by the jumps of its voltage, or, where that was not recorded or never moves, of its current: of all
differences between a jump of the record and one of the protocol, the one that explains most jumps. That is right to a
sampling interval; the fit finds the rest (`fitting.inference.timing`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting.reduction.drive import segments_of
from fitting.reduction.sampled_edges import sampled_edges
from protocols import FitError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fitting.records.record import Record
    from fitting.reduction.sampled_edges import SampledEdges
    from fitting.transforms.laplace import Floats
    from protocols import PulseSequence

_NEAR = 1.5
"""Gaps of a jump within which one of the protocol is the same. Doubled, pulses as short as the gap are mixed up."""
_FEWEST = 0.8
"""Share of the protocol's jumps within the record that must be found in it. Halved, a train matches half of another."""
_ALIKE = 0.3
"""Share by which the heights of a jump may differ: electronics overshoot, and a sample may average."""
_MOST_JUMPS = 200
"""Jumps that are compared: the first ones, 40,000 differences. Doubled, four times as many."""


@dataclass(frozen=True, eq=False)
class CommandedRecord:
    """A record with the edges of a protocol in place of its sampled voltage.

    Attributes
    ----------
    run : Record
    drive : PulseSequence
    offset_s : float
        Time of the record at which the protocol began, to a sampling interval: a delay of the current.
    """

    run: Record
    drive: PulseSequence
    offset_s: float

    @property
    def path(self) -> Path:
        """Its file."""
        return self.run.path

    @property
    def n_samples(self) -> int:
        """How many."""
        return self.run.n_samples

    @property
    def t_s(self) -> Floats:
        """Times of the record (s)."""
        return self.run.t_s

    @property
    def voltage_V(self) -> Floats:
        """Voltage of the record (V)."""
        return self.run.voltage_V

    @property
    def current_A(self) -> Floats:
        """Current (A)."""
        return self.run.current_A

    @property
    def status(self) -> NDArray[np.uint8]:
        """Flags."""
        return self.run.status

    @property
    def aperture_s(self) -> float:
        """How long each sample averages (s)."""
        return self.run.aperture_s

    @property
    def response_s(self) -> tuple[float, ...]:
        """Time constants of the instrument (s)."""
        return self.run.response_s


def commanded(run: Record, drive: PulseSequence) -> CommandedRecord:
    """Return a record with commanded edges.

    Fit it with ``Nuisance(delay_s=record.offset_s, fitted=("delay",))``: what is found is when the protocol began.

    Parameters
    ----------
    run : Record
    drive : PulseSequence
        Its time 0 is the protocol's.

    Raises
    ------
    FitError
        If the record does not follow it.
    """
    t, v, i = (np.asarray(x, dtype=np.float64) for x in (run.t_s, run.voltage_V, run.current_A))
    known = np.isfinite(v)
    moves = known.all() and np.ptp(v) > 0.0
    found = sampled_edges(t, v if moves else np.where(np.isfinite(i), i, 0.0))
    starts, jumps, _ = segments_of(drive)
    starts, jumps = starts[jumps != 0.0][:_MOST_JUMPS], jumps[jumps != 0.0][:_MOST_JUMPS]
    if found is None or not len(starts):
        raise FitError(f"{run.path.name}: neither its voltage nor its current jumps, so nothing tells when it began")
    heights = found.jumps_V if moves else np.sign(found.jumps_V)
    offset_s, n_found = _aligned(found, heights, starts, jumps if moves else np.sign(jumps))
    within = starts + offset_s
    n_within = int(np.count_nonzero((within > t[0]) & (within < t[-1])))
    if n_found < max(_FEWEST * n_within, 1.0):
        raise FitError(
            f"{run.path.name}: its {'voltage' if moves else 'current'} does not follow the protocol: where most of its"
            f" jumps are found, those are {n_found} of {n_within}; it may be another protocol, or stretched"
        )
    return CommandedRecord(run, drive, offset_s)


def _aligned(found: SampledEdges, heights: Floats, starts: Floats, jumps: Floats) -> tuple[float, int]:
    """Return the offset that finds most jumps of the protocol in the record, and how many."""
    middle = found.after_s - 0.5 * found.gap_s
    best, offset_s = (0, 0.0), 0.0
    near_s = _NEAR * float(found.gap_s.max())
    for tried in np.unique(np.subtract.outer(middle[:_MOST_JUMPS], starts)):
        place = np.clip(np.searchsorted(middle, starts + tried), 1, max(len(middle) - 1, 1))
        place = np.minimum(place, len(middle) - 1)
        earlier = np.maximum(place - 1, 0)
        nearer = np.where(
            np.abs(middle[earlier] - starts - tried) < np.abs(middle[place] - starts - tried), earlier, place
        )
        off = middle[nearer] - starts - tried
        same = (np.abs(off) < near_s) & (np.abs(heights[nearer] - jumps) < _ALIKE * np.abs(jumps))
        if not same.any():
            continue
        score = int(np.count_nonzero(same)), -float(np.mean(np.abs(off[same])))
        if score > best:
            best, offset_s = score, float(tried + np.median(off[same]))
    return offset_s, best[0]
