"""Temperature series: set, wait until stable, run, and compare how the memory time changes.

Start instruments that share a cell and its cryostat first, for instance
``ionecho sim keithley2461 lakeshore336 --cell thermal --speed 20``, and then this script with both their resources.
"""

import sys

from ionecho import Bench, Limits, Protocol, PulseSequence, Regulation, Sampling, arrhenius, fit

PROTOCOL = Protocol(
    name="pulse",
    sequence=PulseSequence.pulse("20 mV", "50 ms", before="10 ms", after="300 ms"),
    sampling=Sampling(interval_s="10 us"),
    limits=Limits(voltage_V="50 mV", current_A="20 uA"),
)


def series(
    meter: str, thermostat: str, temperatures: tuple[float | str, ...], settling: float | str = "1 min"
) -> float:
    """Measure at each temperature; return the activation energy of the relaxation, eV."""
    regulation = Regulation(band_K="50 mK", settling_s=settling, highest_K="320 K")
    limits = Limits(voltage_V="100 mV", current_A="1 mA")
    results, reached = [], []
    with Bench(meter, limits=limits, temperature=thermostat, regulation=regulation) as bench:  # heaters off at its end
        for temperature in temperatures:
            run = bench.run(PROTOCOL, temperature=temperature)
            tau = fit(run, "R0-Mig1-CPE1")["Mig1.tau"]
            kelvin = run.sample.temperature_K or 0.0
            print(f"{kelvin:.3f} K: relaxation time {tau.value * 1e3:.3f} ms")
            results.append(tau)
            reached.append(kelvin)
    energy = arrhenius(reached, results)
    low, high = sorted(-bound for bound in energy.energy_ci95_eV)
    print(f"activation energy {-energy.energy_eV:.3f} eV (95 %: {low:.3f} to {high:.3f})")
    return -energy.energy_eV


if __name__ == "__main__":
    series(sys.argv[1], sys.argv[2], temperatures=("15 degC", "25 degC", "35 degC"))
