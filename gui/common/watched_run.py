"""Run as somebody watches it: with the samples that are written and not safely on disk yet. Without Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from daq import Run
    from protocols import PulseSequence

    Floats = NDArray[np.float64]


class WatchedRun:
    """A run, finished or growing, whose arrays hold all that is written.

    Parameters
    ----------
    run : Run
        Only read.

    Attributes
    ----------
    run : Run
    n_acknowledged : int
        So many samples, from the first, are safely on disk.
    t_s, voltage_V, current_A, status : ndarray, shape (n_samples,)
        As of `daq.Run`.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self._take()

    def refresh(self) -> int:
        """Look for new samples and return how many there are."""
        self.run.refresh_written()
        self._take()
        return self.n_samples

    def _take(self) -> None:
        samples = self.run.written()
        self.n_acknowledged = samples.n_acknowledged
        # Plain arrays: each piece of a memory map takes some microseconds more.
        self.t_s, self.voltage_V = np.asarray(samples.t_s), np.asarray(samples.voltage_V)
        self.current_A, self.status = np.asarray(samples.current_A), np.asarray(samples.status)

    @property
    def n_samples(self) -> int:
        """Samples that are written."""
        return len(self.t_s)

    @property
    def n_planned(self) -> int:
        """Samples that the plan has."""
        return self.run.n_planned

    @property
    def drive(self) -> PulseSequence | None:
        """Voltage that was applied; None if only the measured one is known."""
        return self.run.drive
