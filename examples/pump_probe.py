"""Pump and probe: two equal pulses, closer and closer; how much the second one has changed.

Start an instrument first, for instance ``ionecho sim keithley2461 --port 5025``, and then this script.
"""

import sys

from ionecho import Bench, Limits, Protocol, PulseSequence, Sampling, fit

resource = sys.argv[1] if len(sys.argv) > 1 else "TCPIP::127.0.0.1::5025::SOCKET"
bench = Bench(resource, folder="runs", limits=Limits(voltage_V="100 mV", current_A="1 mA"))

for wait in ("300 ms", "100 ms", "30 ms"):
    protocol = Protocol(
        name=f"pump-probe {wait}",
        sequence=PulseSequence.pump_probe("20 mV", "200 ms", wait, before="50 ms", after="500 ms"),
        sampling=Sampling(interval_s="10 us"),
        limits=Limits(voltage_V="50 mV", current_A="10 uA"),
    )
    result = fit(bench.run(protocol), "R0-Mig1-CPE1")
    memory = result.memory["back_hop_fraction"]
    print(f"wait {wait}: {100 * memory.value:.1f} % hop back (95 %: {memory.ci95[0]:.3f} to {memory.ci95[1]:.3f})")
