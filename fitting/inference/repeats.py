"""Whether equal pulses of one record draw equal currents: did the sample change while it was measured?

Pulses of a train differ by what the ones before them left in the cell, which the fit knows. So the current of the first
and of the last equal pulse are compared with what the fit has for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.constants import Z95
from fitting.inference.prediction import PulseResponse, predict
from fitting.reduction.drive import segments_of
from fitting.reduction.history import drive_after
from fitting.reduction.sampled_edges import edges_of

if TYPE_CHECKING:
    from fitting.records.record import Record
    from fitting.transforms.laplace import Floats

_ALIKE = 0.02
"""Share by which pulses may differ in height and in length and be equal: voltages are read, lengths are sampled."""
_FEWEST_SAMPLES = 10
"""Samples of a pulse that can be compared: fewer have no say against the noise."""


@dataclass(frozen=True)
class RepeatChange:
    """The last of equal pulses against the first.

    Attributes
    ----------
    n_pulses : int
        Equal ones.
    change : float
        By what share the last draws more current, as the fit has both.
    deviation : float
    """

    n_pulses: int
    change: float
    deviation: float

    @property
    def ci95(self) -> tuple[float, float]:
        """Interval of the change."""
        return self.change - Z95 * self.deviation, self.change + Z95 * self.deviation

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves 0 out."""
        return abs(self.change) > Z95 * self.deviation

    @property
    def values(self) -> dict[str, float | int | str]:
        """Figures of a remark, in per cent."""
        low, high = self.ci95
        return {"n_pulses": self.n_pulses, "change": 100.0 * self.change, "low": 100.0 * low, "high": 100.0 * high}

    def __str__(self) -> str:
        low, high = self.ci95
        return (
            f"the last of {self.n_pulses} equal pulses draws {100.0 * self.change:+.3g} % more current than the first"
            f" (95 %: {100.0 * low:+.3g} to {100.0 * high:+.3g} %)"
        )

    def to_document(self) -> dict[str, Any]:
        """Return plain data (JSON)."""
        return {"n_pulses": self.n_pulses, "change": self.change, "ci95": list(self.ci95)}


def repeat_change(run: Record, response: PulseResponse, noise_A: float) -> RepeatChange | None:
    """Return what the last of equal pulses draws against the first; None where no two are equal.

    Parameters
    ----------
    run : Record
    response : PulseResponse
        Of the fit.
    noise_A : float
        Deviation of a sample, inflated where it is not white.
    """
    pulses = _pulses(run, response)
    if pulses is None:
        return None
    first, last, n_pulses = pulses
    terms, own = response.terms, np.ascontiguousarray(run.t_s)
    t = terms.times_of_drive(own, float(own[0]))
    good = (np.asarray(run.status) == 0) & np.isfinite(np.asarray(run.current_A))
    beside = PulseResponse(response.rates, np.zeros_like(response.weights), response.nuisance, terms)
    gains, variances = [], []
    for start, stop in (first, last):
        inside = good & (t > start) & (t < stop)
        if inside.sum() < _FEWEST_SAMPLES:
            return None
        here = own[inside]
        other = predict(run, beside, here)
        of_cell = predict(run, response, here) - other
        size = float(of_cell @ of_cell)
        if size == 0.0:
            return None
        gains.append(float((np.asarray(run.current_A)[inside] - other) @ of_cell) / size)
        variances.append(noise_A**2 / size)
    change = gains[1] / gains[0] - 1.0
    return RepeatChange(n_pulses, change, float(np.sqrt(variances[0] + variances[1])) / abs(gains[0]))


def _pulses(run: Record, response: PulseResponse) -> tuple[tuple[float, float], tuple[float, float], int] | None:
    """Return when the first and the last of the most numerous equal pulses began and ended, and how many there are."""
    drive = drive_after(run.drive, response.terms.before_V)
    if drive is not None:
        starts, jumps, slopes = segments_of(drive)
        if np.any(slopes != 0.0):
            return None
    else:
        edges = edges_of(run, response.terms)
        if edges is None:
            return None
        starts, jumps = edges.after_s, edges.jumps_V
    starts, jumps = starts[jumps != 0.0], jumps[jumps != 0.0]
    back = np.abs(jumps[1:] + jumps[:-1]) < _ALIKE * np.abs(jumps[:-1])
    lengths, heights = np.diff(starts)[back], jumps[:-1][back]
    begins = starts[:-1][back]
    if len(begins) < 2:
        return None
    alike = (np.abs(lengths - lengths[:, None]) < _ALIKE * lengths) & (
        np.abs(heights - heights[:, None]) < _ALIKE * np.abs(heights)
    )
    # Both edges of two pulses in a row go back: what is held longest of them at rest would be a pulse too.
    mine = np.flatnonzero(alike[int(np.argmax(alike.sum(axis=1)))])
    if len(mine) < 2:
        return None
    first, last = mine[0], mine[-1]
    return (
        (float(begins[first]), float(begins[first] + lengths[first])),
        (float(begins[last]), float(begins[last] + lengths[last])),
        len(mine),
    )
