"""Temperature series: set, wait until stable, run, and compare how the memory time changes.

Start instruments that share a cell and its cryostat first, for instance
``ionecho sim keithley2461 lakeshore336 --cell thermal --speed 20``, and then this script with both their resources.
"""

import sys

import numpy as np

from drivers import Regulation
from drivers.lakeshore.driver import LakeShore335, LakeShore336
from fitting import arrhenius
from ionecho import Bench, Limits, Protocol, PulseSequence, Sample, Sampling, fit, open_temperature_controller


def series(meter: str, thermostat: str, temperatures_K: tuple[float, ...], settling_s: float = 60.0) -> float:
    """Measure at each temperature; return the activation energy of the relaxation, eV."""
    bench = Bench(meter, folder="runs", limits=Limits(voltage_V=0.1, current_A=1e-3))
    controller = open_temperature_controller(thermostat)
    if not isinstance(controller, LakeShore335 | LakeShore336):
        raise SystemExit(f"{thermostat} is no Lake Shore 335 or 336, whose regulation this script sets")
    controller.regulate(Regulation(band_K=0.05, settling_s=settling_s, highest_K=320.0))
    found, reached = [], []
    try:
        for temperature in temperatures_K:
            controller.set_setpoint(temperature)
            stable = controller.wait_until_stable(timeout_s=3600.0, every_s=min(1.0, settling_s / 4))
            protocol = Protocol(
                name=f"pulse at {temperature:g} K",
                sequence=PulseSequence.pulse("20 mV", "50 ms", before="10 ms", after="300 ms"),
                sampling=Sampling(interval_s=10e-6),
                limits=Limits(voltage_V=0.05, current_A=20e-6),
                sample=Sample(temperature_K=stable.temperature_K),
            )
            result = fit(bench.run(protocol), "R0-Mig1-CPE1")
            tau = result["Mig1.tau"]
            print(f"{stable.temperature_K:.3f} K: relaxation time {tau.value * 1e3:.3f} ms")
            found.append(tau)
            reached.append(stable.temperature_K)
    finally:
        controller.safe_state()  # heaters off, read back
        controller.close()
    energy = arrhenius(np.array(reached), found)
    low, high = sorted(-bound for bound in energy.energy_ci95_eV)
    print(f"activation energy {-energy.energy_eV:.3f} eV (95 %: {low:.3f} to {high:.3f})")
    return -energy.energy_eV


if __name__ == "__main__":
    series(sys.argv[1], sys.argv[2], temperatures_K=(288.0, 298.0, 308.0))
