"""Which part of a run is looked at, and how closely. Without Qt, and without arrays: the window opens with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gui.common.folding import Fold
    from gui.common.quantities import Quantity

LATEST_EDGE = -1
"""Stands for the latest voltage edge that has come."""
N_RANGES = 1000
"""Ranges whose extremes are drawn unless a plot says how many pixels it has; twice as many cost twice the paint."""


@dataclass(frozen=True)
class View:
    """Which part of a run is looked at.

    Attributes
    ----------
    edge : int or None
        None: the whole run over linear time. A number: from that voltage edge (from 0; `LATEST_EDGE` for the latest one
        that has come) to the next, over the logarithm of the time since the edge.
    window_s : tuple of float, optional
        From when to when, on the axis that is looked at, instead of all of it.
    fold : Fold, optional
        Pulses laid over each other, over linear time since the beginning of a pulse; `edge` counts for nothing then.
    latest_s : float, optional
        Over linear time: the newest so many seconds, instead of `window_s`.
    n_ranges : int
        Ranges whose extremes are drawn: about as many as the plot has pixels.
    extras : frozenset of Quantity
        What is drawn besides voltage and current.
    """

    edge: int | None = None
    window_s: tuple[float, float] | None = None
    fold: Fold | None = None
    latest_s: float | None = None
    n_ranges: int = N_RANGES
    extras: frozenset[Quantity] = frozenset()
