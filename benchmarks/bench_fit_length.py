"""Does a fit from a reduction cost the same for a short and a long run? Median of 7, 1e4 and 1e6 samples.

    python benchmarks/bench_fit_length.py [--json]

The same pump-probe protocol of 2 s on the same MIGRATION cell, sampled every 200 us and every 2 us.
"""

from __future__ import annotations

import json
import statistics
import sys
import time

import numpy as np

from fitting import CellModel, Reduction, fit, reducer_for
from fitting.drive import ModeCursor
from protocols import PulseSequence

CIRCUIT = "R0-Mig1-CPE1"
THETA = np.array([200.0, 2e-4, 1.7, 2.0, 1.5e-3, 8e-5, 0.87])
NOISE_A = 2e-9
REPEATS = 7
DRIVE = PulseSequence.pump_probe(0.02, 0.3, 0.1, before=0.05, after=1.25)


def reduced(n: int) -> Reduction:
    """Reduce `n` simulated samples."""
    t = (np.arange(n) + 0.5) * (DRIVE.duration_s / n)
    aperture = DRIVE.duration_s / n
    reducer = reducer_for(t, DRIVE, aperture_s=aperture, source=f"{n:g} samples")
    grid, mode_map = reducer.reduction().grid, reducer.reduction().mode_map
    weights = mode_map.weights(CellModel(CIRCUIT).admittance(mode_map.s, THETA))
    noise = np.random.default_rng(1)
    cursor = ModeCursor(grid.rates, DRIVE, aperture, aperture)
    for first in range(0, n, 65536):
        here = t[first : first + 65536]
        current = cursor.rows(here, here)[0] @ weights + NOISE_A * noise.standard_normal(len(here))
        reducer.append(here, here, current, np.zeros(len(here), np.uint8))
    return reducer.reduction()


def median_fits_s(reductions: list[Reduction]) -> list[float]:
    """Return the median time of a whole fit of each: starts, search, intervals, memory quantities.

    They take turns, so that whatever else the machine does falls on all of them.
    """
    times: list[list[float]] = [[] for _ in reductions]
    for turn in range(REPEATS + 1):
        for k, reduction in enumerate(reductions):
            begun = time.perf_counter()
            fit(reduction, CIRCUIT)
            if turn:
                times[k].append(time.perf_counter() - begun)
    return [statistics.median(one) for one in times]


def main() -> None:
    """Print a table, or JSON."""
    short, long = median_fits_s([reduced(10_000), reduced(1_000_000)])
    if "--json" in sys.argv:
        print(json.dumps({"fit_1e4_s": short, "fit_1e6_s": long, "ratio": long / short}))
        return
    print(f"fit of {CIRCUIT} from a reduction, median of {REPEATS}")
    print(
        f"  1e4 samples  {1e3 * short:7.1f} ms\n  1e6 samples  {1e3 * long:7.1f} ms\n  ratio        {long / short:7.2f}"
    )


if __name__ == "__main__":
    main()
