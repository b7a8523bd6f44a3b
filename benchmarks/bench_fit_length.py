"""Benchmark of fits from reductions of short and long runs: median of 21, 1e4 and 1e7 samples.

    python -m benchmarks.bench_fit_length [--json]

The same pump-probe protocol of 2 s on the same MIGRATION cell, sampled every 200 us and every 200 ns.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting import CellModel, Reduction, fit, reducer_for, refit
from fitting.reduction.drive import ModeCursor
from protocols import PulseSequence

if TYPE_CHECKING:
    from collections.abc import Callable

CIRCUIT = "R0-Mig1-CPE1"
THETA = np.array([200.0, 2e-4, 1.7, 2.0, 1.5e-3, 8e-5, 0.87])
NOISE_A = 2e-9
REPEATS = 21
SAMPLES = (10_000, 10_000_000)
DRIVE = PulseSequence.pump_probe(0.02, 0.3, 0.1, before=0.05, after=1.25)


def reduced(n: int) -> Reduction:
    """Reduce `n` simulated samples."""
    t = (np.arange(n, dtype=np.float64) + 0.5) * (DRIVE.duration_s / n)
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


def medians_s(reductions: list[Reduction], run: Callable[[Reduction], object]) -> list[float]:
    """Return the median time of something done to each.

    They take turns, so that whatever else the machine does falls on all of them.
    """
    times: list[list[float]] = [[] for _ in reductions]
    for turn in range(REPEATS + 1):
        for k, reduction in enumerate(reductions):
            begun = time.process_time()
            run(reduction)
            if turn:
                times[k].append(time.process_time() - begun)
    return [statistics.median(one) for one in times]


def figures() -> dict[str, Any]:
    """Return the medians (s) of each kind of fit, for the short and the long run."""
    reductions = [reduced(n) for n in SAMPLES]
    model = CellModel(CIRCUIT)
    return {
        "circuit": CIRCUIT,
        "samples": SAMPLES,
        "median_s": {
            "whole fit: starts, search, profiles": medians_s(reductions, lambda one: fit(one, model)),
            "refit from 2 % off": medians_s(reductions, lambda one: refit(one, model, 1.02 * THETA)),
            "refit from 10 % off": medians_s(reductions, lambda one: refit(one, model, 1.1 * THETA)),
        },
    }


def table(found: dict[str, Any]) -> str:
    """Return the figures as text."""
    lines = [f"{found['circuit']} from a kept reduction, median of {REPEATS}"]
    for name, (short, long) in found["median_s"].items():
        lines.append(
            f"  {name:36s} {1e3 * short:7.1f} ms of {SAMPLES[0]:.0e} samples,"
            f" {1e3 * long:7.1f} ms of {SAMPLES[1]:.0e}, ratio {long / short:.2f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    measured = figures()
    print(json.dumps(measured) if "--json" in sys.argv else table(measured))
