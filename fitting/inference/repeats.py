"""Whether equal pulses of one record draw equal currents: did the sample change while it was measured?

Pulses of a train differ by what the ones before them left in the cell, which the fit knows. So the first and the last
of equal pulses each get a gain of their own beside the cell and all that is fitted with it
(`fitting.inference.diagnosis`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.constants import Z95
from fitting.reduction.drive import segments_of
from fitting.reduction.history import drive_after
from fitting.reduction.sampled_edges import edges_of

if TYPE_CHECKING:
    from fitting.records.record import Record
    from fitting.reduction.nuisance import Nuisance
    from fitting.transforms.laplace import Floats

_ALIKE = 0.02
"""Share by which pulses may differ in height and in length and be equal: voltages are read, lengths are sampled."""


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


@dataclass(frozen=True)
class EqualPulses:
    """First and last of equal pulses, in the time of the drive.

    Attributes
    ----------
    first_s, last_s : tuple of float
        When they began, and when they had rested as long as they lasted.
    n_pulses : int
    """

    first_s: tuple[float, float]
    last_s: tuple[float, float]
    n_pulses: int

    def columns(self, t_s: Floats, current_A: Floats) -> Floats:
        """Return the current of the first and of the last, shape (n, 2)."""
        spans = (self.first_s, self.last_s)
        return np.stack([np.where((t_s > start) & (t_s < end), current_A, 0.0) for start, end in spans], axis=1)


def equal_pulses(run: Record, terms: Nuisance) -> EqualPulses | None:
    """Return the first and the last of the most numerous equal pulses of a run; None where no two are equal."""
    drive = drive_after(run.drive, terms.before_V)
    if drive is not None:
        starts, jumps, slopes = segments_of(drive)
        if np.any(slopes != 0.0):
            return None
    else:
        edges = edges_of(run, terms)
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
    spans = [(float(begins[k]), float(begins[k] + 2.0 * lengths[k])) for k in (mine[0], mine[-1])]
    return EqualPulses(spans[0], spans[1], len(mine))
