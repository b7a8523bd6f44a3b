"""Pairs of pulses that come closer and closer, as close as the last result asks for: a generator decides.

Start an instrument first, for instance ``ionecho sim keithley2461 --port 5025``, and then this script.
"""

import sys
from collections.abc import Generator

from ionecho import Bench, Limits, Protocol, PulseSequence, Run, Sampling, fit


def closer(wait_s: float, at_least_s: float) -> Generator[Protocol, Run, None]:
    """Yield pairs until their wait is as short as the memory; each yield gives the run of the pair."""
    while wait_s > at_least_s:
        sequence = PulseSequence.pump_probe("20 mV", "100 ms", wait_s, before="20 ms", after="400 ms")
        limits = Limits(voltage_V="50 mV", current_A="10 uA")
        run = yield Protocol(f"pair {1e3 * wait_s:.0f} ms", sequence, Sampling("10 us"), limits)
        result = fit(run, "R0-Mig1-CPE1")
        at_least_s = max(at_least_s, result.memory["median_memory_time"].value)
        wait_s /= 3.0


resource = sys.argv[1] if len(sys.argv) > 1 else "TCPIP::127.0.0.1::5025::SOCKET"
with Bench(resource) as bench:
    for run in bench.follow(closer(0.1, 5e-3)):
        print(f"{run.title}: {run.n_samples} samples in {run.path.name}")
