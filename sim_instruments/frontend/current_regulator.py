"""Regulation of a current: the voltage that makes a given current flow through a cell."""

from __future__ import annotations

import numpy as np

from sim_instruments.frontend.response import Drive

# Time constants after which a voltage counts as settled: 5e-5 of the step is left.
_SETTLINGS = 10.0
_SMALLEST_S = 1e-15  # an open cell: the limit is reached all the same


class CurrentRegulator:
    """A current source on a cell that is driven by voltage steps.

    It regulates once a reading: ten settling times before it the voltage jumps to where the mean current over its
    aperture is right. On a resistor that is exact; on a cell with a memory the current sags between readings.

    Parameters
    ----------
    drive : Drive
        The voltage on the cell.
    """

    def __init__(self, drive: Drive) -> None:
        self._drive = drive
        self._per_volt: dict[float, float] = {}

    @property
    def settling_s(self) -> float:
        """How long before a reading it regulates, s."""
        return _SETTLINGS * self._drive.response_s

    def regulate(self, t_s: float, aperture_s: float, level_A: float, limit_V: float) -> None:
        """Choose the voltage for a reading that starts at t_s: the one that makes it level_A, up to limit_V."""
        drive = self._drive
        level = float(drive.level_at(np.array([t_s]))[0])
        missing = level_A - float(drive.readings(t_s, 1e-9, 0, 1, aperture_s)[0])
        wanted = level + missing / self.reading_per_volt(aperture_s)
        before = max(t_s - self.settling_s, drive.closed_since + 1e-9)
        drive.set_level(before, float(np.clip(wanted, -limit_V, limit_V)))

    def reading_per_volt(self, aperture_s: float) -> float:
        """Return what a settled reading sees of a step of 1 V just before it, A."""
        if aperture_s not in self._per_volt:
            trial = Drive(self._drive.cell, self._drive.response_s)
            trial.connect(-1.0, 0.0)
            trial.set_level(-self.settling_s, 1.0)
            self._per_volt[aperture_s] = float(trial.readings(0.0, 1e-9, 0, 1, aperture_s)[0])
        return max(self._per_volt[aperture_s], _SMALLEST_S)
