"""Benchmark of the posterior of six parameters from a run of ten million samples.

python -m benchmarks.bench_posterior [samples] [evaluations]
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fitting import CellModel, ModeGrid, fit, reduce_run, sample_posterior
from fitting.transforms.modes import ModeMap, exponentials
from protocols import PulseSequence

CELL = CellModel("R0-Hn1-CPE1", fixed={"R0": 5e3, "CPE1.n": 0.9})
TRUTH = np.array([3e-5, 0.4, 0.1, 0.8, 0.6, 2e-5])  # S, 1, s, 1, 1, S s^n
DRIVE = PulseSequence.pump_probe(0.02, 2.0, 1.0, before=0.5, after=6.5)


@dataclass(eq=False)
class Simulated:
    """A run of R0-Hn1-CPE1 with 10 nA of noise, in memory: its step response read off a fine table."""

    n_samples: int
    drive: PulseSequence = field(default_factory=lambda: DRIVE)
    aperture_s: float = 0.0
    response_s: tuple[float, ...] = ()
    path: Path = field(default=Path("simulated.nxs"))

    def __post_init__(self) -> None:
        """Simulate."""
        self.t_s = (np.arange(self.n_samples, dtype=np.float64) + 0.4) * (DRIVE.duration_s / self.n_samples)
        self.current_A = 1e-8 * np.random.default_rng(1).standard_normal(self.n_samples)
        grid = ModeGrid.covering(0.3 * DRIVE.duration_s / self.n_samples, DRIVE.duration_s)
        modes = ModeMap(grid)
        weights = modes.weights(CELL.admittance(modes.s, TRUTH))
        table_s = np.geomspace(grid.shortest_s, grid.longest_s, 30_000)
        response = exponentials(table_s, grid.rates) @ weights
        for edge, jump in zip(*DRIVE.jumps(), strict=True):
            late = self.t_s - edge
            self.current_A += np.where(late > 0.0, jump * np.interp(late, table_s, response), 0.0)
        self.voltage_V = np.zeros(self.n_samples)
        self.status = np.zeros(self.n_samples, np.uint8)


def main() -> None:
    """Print seconds."""
    samples = int(float(sys.argv[1])) if len(sys.argv) > 1 else 10_000_000
    evaluations = int(float(sys.argv[2])) if len(sys.argv) > 2 else 100_000
    run = Simulated(samples)
    begun = time.perf_counter()
    reduction = reduce_run(run)
    reduced = time.perf_counter()
    for cell in (CELL, CellModel("R0-Cc1-CPE1", fixed={"R0": 5e3})):
        circuit, result = cell.circuit, fit(reduction, cell)
        fitted, cpu = time.perf_counter(), time.process_time()
        posterior = sample_posterior(reduction, result, n_evaluations=evaluations)
        sampled, cpu = time.perf_counter(), time.process_time() - cpu
        print(
            f"{circuit}: {len(result.estimates)} parameters, {samples:,} samples reduced in {reduced - begun:.2f} s;"
            f" {posterior.n_evaluations:,} evaluations in {sampled - fitted:.1f} s"
            f" ({cpu:.1f} s of processor);"
            f" acceptance {posterior.acceptance:.2f}, {posterior.reason or 'converged'};"
            f" effective samples {posterior.n_effective.min():,.0f} to {posterior.n_effective.max():,.0f};"
            f" open {posterior.open_sides}",
            flush=True,
        )


if __name__ == "__main__":
    main()
