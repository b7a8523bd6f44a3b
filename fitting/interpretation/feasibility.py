"""Feasibility of a planned run: the sample's dielectric time against the window of the instrument.

Can bulk memory be seen at all by this instrument on this sample?
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.constants import VACUUM_PERMITTIVITY_F_m
from protocols import FitError, format_quantity

if TYPE_CHECKING:
    from drivers import DrivePlan
    from protocols import Sample

USUAL_PERMITTIVITY = 30.0
"""Relative permittivity where a sample gives none: solid electrolytes have 10 to 100 (decision 072). Doubled, memories
of unknown samples are taken as twice as slow."""
_TAIL = 10.0
"""How many times faster than the resolution a relaxation's centre may be so that its tail is seen: it is some decades
wide (decision 072). Doubled, more runs are called marginal instead of hopeless."""


class Visibility(StrEnum):
    """Whether the memory's time lies in the window of a run."""

    VISIBLE = "visible"
    MARGINAL = "marginal"
    """The time is at most ten times shorter than the resolution: its tail may be seen."""
    TOO_FAST = "too fast"
    TOO_SLOW = "too slow"
    """Longer than every hold."""
    UNKNOWN = "unknown"
    """The sample gives no conductivity."""


@dataclass(frozen=True)
class Feasibility:
    """Whether a planned run can show the bulk's memory.

    Attributes
    ----------
    visibility : Visibility
    dielectric_time_s : float or None
    window_s : tuple of float
        Times after an edge that the run would cover.
    greatest_conductivity_S_m : float
        Above it the dielectric time is shorter than the resolution.
    permittivity : float
    permittivity_is_assumed : bool
    """

    visibility: Visibility
    dielectric_time_s: float | None
    window_s: tuple[float, float]
    greatest_conductivity_S_m: float
    permittivity: float
    permittivity_is_assumed: bool

    def __str__(self) -> str:
        shortest, longest = (format_quantity(t, "s") for t in self.window_s)
        assumed = " (assumed)" if self.permittivity_is_assumed else ""
        limit = f"{self.greatest_conductivity_S_m / 100.0:.2g} S/cm at a relative permittivity of"
        limit += f" {self.permittivity:g}{assumed}"
        if self.dielectric_time_s is None:
            return f"can be seen below about {limit}; give sample.conductivity for an answer for this sample"
        time = f"dielectric time {format_quantity(self.dielectric_time_s, 's')}"
        text = {
            Visibility.VISIBLE: f"can be seen: {time}, window {shortest} to {longest}",
            Visibility.MARGINAL: f"at most its tail can be seen: {time}, first sample about {shortest} after an edge",
            Visibility.TOO_FAST: f"cannot be seen: {time}, but the first sample comes about {shortest} after an edge",
            Visibility.TOO_SLOW: f"only its beginning can be seen: {time}, longest hold {longest}",
        }[self.visibility]
        return f"{text}; limit {limit}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "visibility": str(self.visibility),
            "dielectric_time_s": self.dielectric_time_s,
            "window_s": list(self.window_s),
            "greatest_conductivity_S_per_m": self.greatest_conductivity_S_m,
            "permittivity": self.permittivity,
            "permittivity_is_assumed": self.permittivity_is_assumed,
            "remark": str(self),
        }


def feasibility(plan: DrivePlan, sample: Sample) -> Feasibility:
    """Compare a sample's dielectric time with what a planned run resolves.

    Conductivity relaxes within about ``eps_0 eps_r / sigma`` (the Maxwell time; Barton, Nakajima and Namikawa's
    relation puts the onset of dispersion there). The resolution is the longer of sampling interval and instrument
    response; the end of the window is the longest hold.

    Parameters
    ----------
    plan : DrivePlan
    sample : Sample
        Its conductivity, and its permittivity; 30 is assumed unless given.

    Raises
    ------
    FitError
        If conductivity or permittivity are not above zero.
    """
    permittivity = USUAL_PERMITTIVITY if sample.permittivity is None else sample.permittivity
    sigma = sample.conductivity_S_m
    if not permittivity > 0.0 or (sigma is not None and not sigma > 0.0):
        raise FitError(f"a sample has a conductivity and permittivity above zero, not {sigma} S/m and {permittivity}")
    resolution = max(plan.interval_s, float(sum(plan.response_s)))
    holds = np.diff(np.append(plan.sequence.times_s, plan.sequence.duration_s))
    longest = max(float(holds.max(initial=0.0)), resolution)
    storage = VACUUM_PERMITTIVITY_F_m * permittivity
    time = None if sigma is None else storage / sigma
    return Feasibility(
        _visibility(time, resolution, longest),
        time,
        (resolution, longest),
        storage / resolution,
        permittivity,
        sample.permittivity is None,
    )


def _visibility(time_s: float | None, resolution_s: float, longest_s: float) -> Visibility:
    if time_s is None:
        return Visibility.UNKNOWN
    if time_s > longest_s:
        return Visibility.TOO_SLOW
    if time_s >= resolution_s:
        return Visibility.VISIBLE
    return Visibility.MARGINAL if time_s * _TAIL >= resolution_s else Visibility.TOO_FAST
