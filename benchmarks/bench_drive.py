"""How many samples a second do the drive and the reduction take? Best of 5 over 4 million samples.

python benchmarks/bench_drive.py [--json]
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from fitting import ModeGrid, Reducer
from fitting.drive import ModeCursor
from protocols import PulseSequence

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = 4_000_000
BLOCK = 4096
MODES = 48
DRIVE = PulseSequence.pump_probe(0.02, 2.0, 1.0, before=0.5, after=6.5)


def rate(run: Callable[[], None]) -> float:
    """Return samples a second, the best of 5."""
    run()
    best = np.inf
    for _ in range(5):
        begun = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - begun)
    return SAMPLES / best


def main() -> None:
    """Print a table, or JSON."""
    dt = DRIVE.duration_s / SAMPLES
    t = (np.arange(SAMPLES) + 0.4) * dt
    volts = DRIVE.voltage_at(t)
    current = np.random.default_rng(1).standard_normal(SAMPLES)
    status = np.zeros(SAMPLES, np.uint8)
    grid = ModeGrid(-20, MODES - 22, 0.4 * dt, DRIVE.duration_s)
    buffer = np.empty((BLOCK, len(grid)))

    def walk(drive: PulseSequence | None) -> None:
        cursor = ModeCursor(grid.rates, drive, dt)
        for first in range(0, SAMPLES, BLOCK):
            cursor.rows(t[first : first + BLOCK], volts[first : first + BLOCK], buffer)

    def reduce(drive: PulseSequence | None) -> None:
        Reducer(grid, drive, interval_s=dt).append(t, volts, current, status)

    figures = {
        "drive, commanded": rate(lambda: walk(DRIVE)),
        "drive, measured voltage": rate(lambda: walk(None)),
        "reduction, commanded": rate(lambda: reduce(DRIVE)),
        "reduction, measured voltage": rate(lambda: reduce(None)),
    }
    if "--json" in sys.argv:
        print(json.dumps({"modes": len(grid), "samples_per_s": figures}))
        return
    print(f"{len(grid)} modes, {SAMPLES:,} samples")
    for name, value in figures.items():
        print(f"  {name:28s} {value / 1e6:7.2f} million samples/s")


if __name__ == "__main__":
    main()
