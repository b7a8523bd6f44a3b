"""Campaign of runs on a loaded computer, of which each has to complete.

    python -m benchmarks.loaded_runs 50 --workers 16

Each run is an ordinary one with processes of its own, on a simulated 2461 that computes on the same cores, beside
``stress-ng --cpu 16`` (or, without it, as many processes that count). A run that does not complete must end for a named
reason with its output off; the exit status is 1 unless all complete.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from daq import Bench
from drivers import slowness
from ionecho.demo.run_demo import simulated_instrument
from protocols import Limits, Protocol, PulseSequence, Sampling

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def load(workers: int) -> Iterator[None]:
    """Keep so many threads of other processes runnable."""
    stress = shutil.which("stress-ng")
    counting = [sys.executable, "-c", "while True: sum(range(100000))"]
    commands = [[stress, "--quiet", "--cpu", str(workers)]] if stress else [counting] * workers
    busy = [subprocess.Popen(command) for command in commands]
    try:
        yield
    finally:
        for process in busy:
            process.terminate()
        for process in busy:
            process.wait()


def main() -> int:
    """Run, print one line a run, and how many completed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=int, nargs="?", default=50)
    parser.add_argument("--workers", type=int, default=16)
    asked = parser.parse_args()
    sequence = PulseSequence.pulse("10 mV", "1 s", before="200 ms", after="300 ms")
    protocol = Protocol("loaded", sequence, Sampling(1e-4), Limits(voltage_V=0.1, current_A=1e-3))
    outcomes, seconds = [], []
    with (
        simulated_instrument("keithley2461", 1, 1.0, "resistor") as resource,
        tempfile.TemporaryDirectory() as folder,
        load(asked.workers),
    ):
        for number in range(1, asked.runs + 1):
            begun = time.perf_counter()
            outcome = Bench(resource, folder).start(protocol, f"{folder}/{number:04d}.nxs").wait()
            seconds.append(time.perf_counter() - begun)
            outcomes.append(outcome)
            told = "; ".join(filter(None, (outcome.reason, *outcome.warnings)))
            load_now = f"{slowness():.0f} threads a core"
            print(
                f"{number}: {outcome.state}, output {outcome.output}, {seconds[-1]:.1f} s, {load_now}. {told}",
                flush=True,
            )
    n_complete = sum(outcome.state == "complete" for outcome in outcomes)
    print(
        json.dumps(
            {
                "runs": asked.runs,
                "complete": n_complete,
                "output off": sum(outcome.output.is_off for outcome in outcomes),
                "with late answers": sum("came late" in " ".join(outcome.warnings) for outcome in outcomes),
                "median_s": round(float(np.median(seconds)), 1),
                "longest_s": round(max(seconds), 1),
            }
        )
    )
    return 0 if n_complete == asked.runs else 1


if __name__ == "__main__":
    sys.exit(main())
