"""Benchmark of live fits while a run of a million samples grows by 1e4 every tenth of a second.

python -m benchmarks.bench_live
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.bench_posterior import CELL, Simulated
from fitting import LiveFit

SAMPLES, BLOCK = 1_000_000, 10_000


class Growing(Simulated):
    """A simulated run of which only the beginning is there."""

    n_planned = SAMPLES

    def refresh(self) -> int:
        """Let another block arrive."""
        self.n_samples = min(self.n_samples + BLOCK, SAMPLES)
        return self.n_samples


def main() -> None:
    """Print milliseconds."""
    run = Growing(SAMPLES)
    run.n_samples = 0
    live = LiveFit(run, CELL)
    live.update()
    took = []
    while run.n_samples < SAMPLES:
        begun = time.perf_counter()
        live.update()
        took.append(1e3 * (time.perf_counter() - begun))
    print(
        f"{CELL.circuit}, {len(took)} updates of {BLOCK:,} samples: median {np.median(took):.1f} ms,"
        f" longest {', '.join(f'{took[k]:.0f} ms (at {k})' for k in np.argsort(took)[:-5:-1])}"
    )


if __name__ == "__main__":
    main()
