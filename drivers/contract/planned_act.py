"""What an instrument does when a run is more than voltages at planned times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from protocols.acts import Control


@dataclass(frozen=True)
class PlannedAct:
    """One thing that an instrument does to the cell, sampled evenly.

    Attributes
    ----------
    control : Control
    start, end : float
        Voltage (V) or current (A) at its start and at its end.
    against_open : bool
        Whether the voltage counts from the last open-circuit potential.
    interval_s : float
    count : int
        Samples, at most.
    largest_V : float
        Potential at which the instrument ends the run.
    slope : float
        It ends when the quantity that is not set changes more slowly than this (V/s or A/s); 0 for never.
    slope_samples : int
        Over how many samples the slope is taken.
    """

    control: Control
    start: float
    end: float
    against_open: bool
    interval_s: float
    count: int
    largest_V: float
    slope: float = 0.0
    slope_samples: int = 0
