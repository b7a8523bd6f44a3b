"""How long does the posterior of six parameters take, from a run of ten million samples?

python benchmarks/bench_posterior.py [samples] [evaluations]
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fitting import fit, reduce_run, sample_posterior
from protocols import PulseSequence

DRIVE = PulseSequence.pump_probe(0.02, 2.0, 1.0, before=0.5, after=6.5)


@dataclass(eq=False)
class Simulated:
    """A run of R0-De1-C1 by its partial fractions, in memory."""

    n_samples: int
    drive: PulseSequence = field(default_factory=lambda: DRIVE)
    aperture_s: float = 0.0
    response_s: tuple[float, ...] = ()
    path: Path = field(default=Path("simulated.nxs"))

    def __post_init__(self) -> None:
        """Simulate."""
        self.t_s = (np.arange(self.n_samples) + 0.4) * (DRIVE.duration_s / self.n_samples)
        self.current_A = 1e-8 * np.random.default_rng(1).standard_normal(self.n_samples)
        for edge, jump in zip(*DRIVE.jumps(), strict=True):
            late = np.maximum(self.t_s - edge, 0.0)
            for w, tau in ((2e-5, 0.02), (1e-5, 0.1), (5e-6, 0.5), (8e-6, 3.0)):
                self.current_A += np.where(self.t_s > edge, jump * w * np.exp(-late / tau), 0.0)
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
    for circuit in ("R0-Cc1-C1", "R0-Mig1-C1"):
        result = fit(reduction, circuit)
        fitted = time.perf_counter()
        posterior = sample_posterior(reduction, result, n_evaluations=evaluations)
        sampled = time.perf_counter()
        print(
            f"{circuit}: {len(result.estimates)} parameters, {samples:,} samples reduced in {reduced - begun:.2f} s;"
            f" {posterior.n_evaluations:,} evaluations in {sampled - fitted:.1f} s;"
            f" acceptance {posterior.acceptance:.2f}, {posterior.reason or 'converged'}"
        )


if __name__ == "__main__":
    main()
