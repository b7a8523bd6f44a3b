"""Blocks of samples and their flags."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Status(enum.IntFlag):
    """Why a sample must not be trusted. A sample without flags is good."""

    OVERLOAD = 1
    """The current was beyond the measuring range; its value is NaN."""
    COMPLIANCE = 2
    """The instrument limited the current: the voltage was not the programmed one."""
    TIMING = 4
    """Time or source value differ from the plan."""
    GAP = 8
    """Samples before this one were lost."""
    EDGE = 16
    """The voltage changed while this sample was being taken."""
    MISSING = 32
    """An imported record has no value here; voltage or current is NaN."""


@dataclass(frozen=True)
class Block:
    """Consecutive samples.

    Attributes
    ----------
    t_s : ndarray of float64, shape (n,)
        Centre of each sample's aperture, from the start of the run.
    voltage_V, current_A : ndarray of float64, shape (n,)
    status : ndarray of uint8, shape (n,)
        `Status` flags.
    """

    t_s: NDArray[np.float64]
    voltage_V: NDArray[np.float64]
    current_A: NDArray[np.float64]
    status: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.t_s)
