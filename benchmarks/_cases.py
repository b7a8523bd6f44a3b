"""Simulated records that we and our peers fit: the same numbers for both."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fitting import CellModel, ModeGrid
from fitting.reduction.drive import ModeCursor
from fitting.transforms.modes import ModeMap
from protocols import PulseSequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BLOCK = 65536


@dataclass(frozen=True, eq=False)
class Samples:
    """A record in memory, and what it was simulated from.

    Attributes
    ----------
    name : str
    drive : PulseSequence or None
        Commanded; None for the measured voltage.
    model : CellModel
    truth, start : ndarray
        Parameters that it was simulated with, and those that every fit starts from.
    noise_A : float
    t_s, voltage_V, current_A : ndarray
    """

    name: str
    drive: PulseSequence | None
    model: CellModel
    truth: Floats
    start: Floats
    noise_A: float
    t_s: Floats
    voltage_V: Floats
    current_A: Floats
    aperture_s: float = 0.0
    response_s: tuple[float, ...] = field(default=())

    @property
    def path(self) -> Path:
        """Stands for a run file."""
        return Path(self.name)

    @property
    def n_samples(self) -> int:
        """How many there are."""
        return len(self.t_s)

    @property
    def status(self) -> NDArray[np.uint8]:
        """No sample is flagged."""
        return np.zeros(len(self.t_s), np.uint8)

    def save(self, folder: Path) -> Path:
        """Write what a peer reads and return the file."""
        path = folder / f"{self.name}.npz"
        jumps = (np.zeros(0), np.zeros(0)) if self.drive is None else self.drive.jumps()
        np.savez(
            path,
            t_s=self.t_s,
            voltage_V=self.voltage_V,
            current_A=self.current_A,
            noise_A=self.noise_A,
            edges_s=jumps[0],
            jumps_V=jumps[1],
            start=self.start,
            measured=self.drive is None,
        )
        return path


def _simulated(
    name: str,
    circuit: tuple[str, dict[str, float]],
    thetas: tuple[list[float], list[float]],
    noise_A: float,
    t: Floats,
    drive: PulseSequence,
    *,
    voltage_noise_V: float | None = None,
) -> Samples:
    """Return a record; with some noise of the voltage, the record of a cell that saw it, measured."""
    model, truth, start = CellModel(*circuit), np.array(thetas[0]), np.array(thetas[1])
    interval = float(t[1] - t[0])
    random = np.random.default_rng(20261123)
    volts = drive.voltage_at(t)
    if voltage_noise_V is not None:
        volts += voltage_noise_V * random.standard_normal(len(t))
    grid = ModeGrid.covering((0.4 if voltage_noise_V is None else 1e-2) * interval, float(t[-1]))
    mode_map = ModeMap(grid)
    weights = mode_map.weights(model.admittance(mode_map.s, truth))
    cursor = ModeCursor(grid.rates, drive if voltage_noise_V is None else None, interval)
    parts = [cursor.rows(times, volts[n : n + BLOCK])[0] @ weights for n, times in _blocks(t)]
    current = np.concatenate(parts) + noise_A * random.standard_normal(len(t))
    kept = drive if voltage_noise_V is None else None
    return Samples(name, kept, model, truth, start, noise_A, t, volts, current)


def _blocks(t: Floats) -> Iterator[tuple[int, Floats]]:
    for n in range(0, len(t), BLOCK):
        yield n, t[n : n + BLOCK]


def cole_cole(n: int, *, measured: bool = False) -> Samples:
    """Pump and probe over a Cole-Cole conductor between blocking electrodes; six free parameters."""
    drive = PulseSequence.pump_probe(0.02, 0.6, 0.1, before=0.05, after=1.15)
    t = (np.arange(n, dtype=np.float64) + 0.5) * (drive.duration_s / n)
    return _simulated(
        f"cole-cole-{n}-{'measured' if measured else 'commanded'}",
        ("R0-Cc1-CPE1", {"R0": 200.0}),
        ([2e-4, 0.2, 2e-3, 0.7, 8e-5, 0.87], [3e-4, 0.4, 6e-3, 0.6, 1.6e-4, 0.8]),
        2e-9,
        t,
        drive,
        voltage_noise_V=1e-5 if measured else None,
    )


def three_modes(n: int) -> Samples:
    """Pump and probe over three relaxations side by side; seven free parameters."""
    drive = PulseSequence.pump_probe(0.02, 0.6, 0.1, before=0.05, after=1.15)
    t = (np.arange(n, dtype=np.float64) + 0.5) * (drive.duration_s / n)
    return _simulated(
        f"three-modes-{n}",
        ("Pr1:3", {}),
        ([2e-4, 0.2, 0.8, 0.5, 1e-3, 1e-2, 0.15], [2.6e-4, 0.35, 1.0, 1.0, 2e-3, 2e-2, 0.3]),
        1e-8,
        t,
        drive,
    )


def two_arcs(n: int) -> Samples:
    """One long pulse over two relaxations side by side; for spectra."""
    drive = PulseSequence.pulse(0.02, 15.0, before=1.0, after=14.0)
    t = (np.arange(n, dtype=np.float64) + 0.5) * (drive.duration_s / n)
    return _simulated(
        f"two-arcs-{n}",
        ("Pr1:2", {}),
        ([2e-3, 0.3, 1.5, 2e-2, 1.0], [2e-3, 0.3, 1.5, 2e-2, 1.0]),
        1e-8,
        t,
        drive,
    )
