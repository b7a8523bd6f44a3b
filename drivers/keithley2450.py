"""What can a Keithley 2450 SourceMeter do? (2450-901-01 Rev. B, September 2013)

How it is made to play a program is told in `drivers._keithley_source_meter`, how it samples in
`drivers._keithley_measuring`.
"""

from __future__ import annotations

from drivers._keithley_measuring import (
    LONGEST_APERTURE_S,
    OVERHEAD_S,
    SHORTEST_APERTURE_S,
    MeasuringSourceMeter,
    Minima,
)
from drivers._planning import Tables
from drivers.contract import Capabilities


class Keithley2450(MeasuringSourceMeter):
    """A Keithley 2450 in its SCPI command set.

    Parameters
    ----------
    session : VisaSession
        Its link; this driver owns it from now on.
    """

    number = "2450"
    # 2 ms; 100 ms on ranges up to 1 uA: PotentialPulseAndSquareWave.tsp.
    minima = Minima(2e-3, 1e-6, 0.1)
    tables = Tables(
        # 5 1/2 digits of each range (data sheet, quoted from memory: assumed).
        resolution_V={0.02: 500e-9, 0.2: 5e-6, 2.0: 50e-6, 20.0: 500e-6, 200.0: 5e-3},
        largest_A={200.0: 0.1},  # 20 W
    )
    capabilities = Capabilities(
        model="Keithley 2450",
        voltage_ranges_V=tuple(tables.resolution_V),  # p. 6-75
        # p. 6-53 has 10 and 100 nA besides; the vendor's script begins at 1 uA.
        current_ranges_A=(1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0),
        min_dwell_s=minima.dwell_s,
        max_dwell_s=10_000.0,
        time_step_s=1e-6,
        min_interval_s=SHORTEST_APERTURE_S + OVERHEAD_S,
        max_interval_s=LONGEST_APERTURE_S + OVERHEAD_S,
        max_samples=5_000_000,  # of a standard buffer's 6.875 million (2461: p. 6-165), with room for late readings
        max_edges=100_000,  # pulses of the vendor's script
        response_s=(50e-6,),  # settling of source and measurement, assumed: calibrate with a resistor
    )
