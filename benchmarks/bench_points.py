"""Benchmark of a session of runs: time from point to point, and of a whole campaign of short pulses.

    python -m benchmarks.bench_points --points 100

A simulated 2461 at the speed of the real one is in a process of its own. From point to point is from the event of the
end in one run file, after the read-back of off, to the event of the start in the next, with its program loaded; both
have the time of the monotonic clock, which all processes share.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from daq import Bench, BenchSession, open_run
from ionecho.demo.run_demo import simulated_instrument
from protocols import Limits, Protocol, PulseSequence, Sampling


def pulse() -> Protocol:
    """Return a pulse of 20 ms, with 10 ms before and after it, at 10 kS/s."""
    sequence = PulseSequence.pulse("10 mV", "20 ms", before="10 ms", after="10 ms")
    return Protocol("pulse", sequence, Sampling(1e-4), Limits(voltage_V=0.1, current_A=1e-3))


def _event_s(path: Path, kind: str) -> float:
    """Return when an event of a run happened, by the monotonic clock (s)."""
    return next(1e-9 * float(event["monotonic_ns"]) for event in open_run(path).events if event["kind"] == kind)


def figures(n_points: int = 100) -> dict[str, Any]:
    """Measure: a single run, then so many in one session; times in s."""
    protocol = pulse()
    with (
        simulated_instrument("keithley2461", 1, 1.0, "resistor") as resource,
        tempfile.TemporaryDirectory() as folder,
    ):
        begun = time.perf_counter()
        Bench(resource, folder).run(protocol)
        single_s = time.perf_counter() - begun
        paths = [Path(folder) / f"{number:04d}.nxs" for number in range(n_points)]
        begun = time.perf_counter()
        with BenchSession(resource) as session:
            for path in paths:
                outcome = session.run(protocol, path)
                outcome.raise_if_failed()
        whole_s = time.perf_counter() - begun
        starts = np.array([_event_s(path, "start") for path in paths])
        ends = np.array([_event_s(path, "complete") for path in paths])
    gaps = starts[1:] - ends[:-1]
    return {
        "points": n_points,
        "single_run_s": round(single_s, 2),
        "campaign_s": round(whole_s, 2),
        "point_to_point_median_s": round(float(np.median(gaps)), 4),
        "point_to_point_95_percent_s": round(float(np.quantile(gaps, 0.95)), 4),
        "a_point_median_s": round(float(np.median(np.diff(starts))), 4),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100)
    print(json.dumps(figures(parser.parse_args().points), indent=2))


if __name__ == "__main__":
    main()
