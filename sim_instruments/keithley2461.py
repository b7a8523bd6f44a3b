"""What is a Keithley 2461 among its family: ranges, digitizer, pulses?

2461 reference manual (2461-901-01 Rev. A, November 2015).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments._keithley2450_family import Model, TouchSourceMeter
from sim_instruments.electronics import KEITHLEY_2461
from sim_instruments.scpi import Numeric

if TYPE_CHECKING:
    from sim_instruments.cell import Cell
    from sim_instruments.clock import Clock

_MODEL = Model(
    number="2461",
    electronics=KEITHLEY_2461,
    level_V=Numeric(-105.0, 105.0, 0.0, "V"),
    level_A=Numeric(-10.5, 10.5, 0.0, "A"),
    current_limit=Numeric(1e-6, 7.35, 1.05e-4, "A"),  # p. 6-94
    voltage_limit=Numeric(0.2, 105.0, 7.35, "V"),  # p. 6-94
    current_range=Numeric(-10.5, 10.5, 1e-6, "A"),
    voltage_range=Numeric(-105.0, 105.0, 2.0, "V"),
    resistance_range=Numeric(2.0, 200e6, 200e3, "OHM"),
    interlock_V=21.0,  # p. 6-49
    digitizes=True,
    firmware="1.6.8a",
)


class Keithley2461(TouchSourceMeter):
    """A Keithley 2461 with a sample on its terminals.

    Parameters
    ----------
    clock : Clock
        Time base.
    cell : Cell
        The sample.
    seed : int
        Of the noise.
    """

    def __init__(self, clock: Clock, cell: Cell, seed: int = 0) -> None:
        super().__init__(_MODEL, clock, cell, seed)
