"""Benchmark of a whole run: samples a second measured, checked and kept from a simulated 2461 at 1 MS/s.

    python -m benchmarks.bench_throughput [--seconds 15] [--speed 2.5]

The simulator runs `speed` times as fast as real time. Its clock must not be what is waited for; but faster than it can
compute (some 7 on a free core) it answers too late. All between is what a measurement uses: a socket, VisaSession,
driver, limits, flags, run file with checksums, guardian. The rate is that of the block table: samples after the first
write, by the time between first and last write.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from daq import Bench
from ionecho.demo.run_demo import simulated_instrument
from protocols import Limits, Protocol, PulseSequence, Sampling

INTERVAL_S = 1e-6


def figures(seconds: float = 15.0, speed: float = 2.5) -> dict[str, Any]:
    """Measure once; return the figures."""
    n_pulses = 10
    share = round(seconds / (2 * n_pulses + 2), 6)
    sequence = PulseSequence.train("20 mV", share, 2 * share, n_pulses, before=share, after=share)
    limits = Limits(voltage_V=0.1, current_A=1e-5)
    protocol = Protocol("Throughput", sequence, Sampling(INTERVAL_S), limits)
    with tempfile.TemporaryDirectory() as folder, simulated_instrument("keithley2461", 1, speed, "demo") as resource:
        began = time.perf_counter()
        run = Bench(resource, folder).run(protocol, Path(folder) / "run.nxs")
        wall_s = time.perf_counter() - began
        blocks = run.blocks
        between_s = float(blocks["host_ns"][-1] - blocks["host_ns"][0]) * 1e-9
        flagged = int(np.count_nonzero(run.status))
        broken = len(run.verify().bad_blocks)
        n_samples = run.n_samples
    return {
        "samples": n_samples,
        "instrument_s": n_samples * INTERVAL_S,
        "wall_s": round(wall_s, 3),
        "samples_per_s": round((n_samples - int(blocks["count"][0])) / between_s),
        "flagged": flagged,
        "broken_blocks": broken,
    }


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description="Samples a second from a simulated 2461 to the run file.")
    parser.add_argument("--seconds", type=float, default=15.0, help="instrument time to digitize")
    parser.add_argument("--speed", type=float, default=2.5, help="instrument seconds per wall second")
    options = parser.parse_args()
    print(json.dumps(figures(options.seconds, options.speed)))


if __name__ == "__main__":
    main()
