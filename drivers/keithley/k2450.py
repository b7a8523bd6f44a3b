"""Keithley 2450 and 2460 SourceMeters: their ranges, times and limits (2450-901-01 Rev. B, September 2013).

How it is made to play a program is described in `drivers.keithley.source_meter`, how it samples in
`drivers.keithley.integrating`.
"""

from __future__ import annotations

from drivers.contract.accuracy import accuracies
from drivers.contract.identity import Capabilities
from drivers.keithley.assumptions import OF_2460, OF_CURRENTS_TO_7_A
from drivers.keithley.integrating import (
    LONGEST_APERTURE_S,
    OVERHEAD_S,
    SHORTEST_APERTURE_S,
    IntegratingPlanner,
    IntegratingSourceMeter,
    Minima,
)
from drivers.planning.steps import Tables

_SPECIFICATIONS = "Keithley 2450 specifications, SPEC-2450 Rev. A (July 2013), p. 2"
_CONDITIONS = "23 °C within 5 °C, one year, aperture of one mains cycle, zeroed"


class Keithley2450(IntegratingSourceMeter):
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
    planner = IntegratingPlanner(capabilities, tables, minima)
    accuracy = accuracies(
        "current",
        (
            (10e-9, 0.10, 50e-12),
            (100e-9, 0.060, 100e-12),
            (1e-6, 0.025, 300e-12),
            (10e-6, 0.025, 700e-12),
            (100e-6, 0.02, 6e-9),
            (1e-3, 0.02, 60e-9),
            (10e-3, 0.02, 600e-9),
            (100e-3, 0.025, 6e-6),
            (1.0, 0.03, 500e-6),
        ),
        _SPECIFICATIONS,
        _CONDITIONS,
    ) + accuracies(
        "voltage",
        ((0.02, 0.100, 150e-6), (0.2, 0.012, 200e-6), (2.0, 0.012, 300e-6), (20.0, 0.015, 1e-3), (200.0, 0.015, 10e-3)),
        _SPECIFICATIONS,
        _CONDITIONS,
    )


class Keithley2460(IntegratingSourceMeter):
    """A Keithley 2460 in its SCPI command set.

    Ranges as the 2461's (2461-901-01 Rev. A, p. 6-98), without its digitizer.

    Parameters
    ----------
    session : VisaSession
        Its link; this driver owns it from now on.
    """

    number = "2460"
    # 5 ms; 40 ms on ranges up to 100 uA: PotentialPulseAndSquareWave.tsp.
    minima = Minima(5e-3, 100e-6, 0.04)
    tables = Tables(
        # 5 1/2 digits of each range (assumed).
        resolution_V={0.2: 5e-6, 2.0: 50e-6, 7.0: 250e-6, 10.0: 500e-6, 20.0: 500e-6, 100.0: 2.5e-3},
        # The 7, 5 and 4 A ranges are those of the 7, 10 and 20 V ranges (assumed, from the power of 100 W).
        largest_A={0.2: 7.0, 2.0: 7.0, 7.0: 7.0, 10.0: 5.0, 20.0: 4.0, 100.0: 1.0},
    )
    capabilities = Capabilities(
        model="Keithley 2460",
        voltage_ranges_V=tuple(tables.resolution_V),
        current_ranges_A=(1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0, 4.0, 5.0, 7.0),
        min_dwell_s=minima.dwell_s,
        max_dwell_s=10_000.0,
        time_step_s=1e-6,
        min_interval_s=SHORTEST_APERTURE_S + OVERHEAD_S,
        max_interval_s=LONGEST_APERTURE_S + OVERHEAD_S,
        max_samples=5_000_000,  # of a standard buffer's 6.875 million (2461: p. 6-165), with room for late readings
        max_edges=100_000,  # pulses of the vendor's script
        response_s=(50e-6,),  # settling of source and measurement, assumed: calibrate with a resistor
    )
    planner = IntegratingPlanner(capabilities, tables, minima, (*OF_CURRENTS_TO_7_A, *OF_2460))
