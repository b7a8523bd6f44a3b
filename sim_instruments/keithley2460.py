"""What is a Keithley 2460 among its family?

Its ranges are those of the 2461 (p. 6-98 of its manual) without 10 A; no digitizer, no pulses. Limits and defaults are
assumed to be the 2461's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments._keithley2450_family import Model, TouchSourceMeter
from sim_instruments.electronics import KEITHLEY_2460
from sim_instruments.scpi import Numeric

if TYPE_CHECKING:
    from sim_instruments.cell import Cell
    from sim_instruments.clock import Clock

_MODEL = Model(
    number="2460",
    electronics=KEITHLEY_2460,
    level_V=Numeric(-105.0, 105.0, 0.0, "V"),
    level_A=Numeric(-7.35, 7.35, 0.0, "A"),
    current_limit=Numeric(1e-6, 7.35, 1.05e-4, "A"),
    voltage_limit=Numeric(0.2, 105.0, 7.35, "V"),
    current_range=Numeric(-7.35, 7.35, 1e-6, "A"),
    voltage_range=Numeric(-105.0, 105.0, 2.0, "V"),
    resistance_range=Numeric(2.0, 200e6, 200e3, "OHM"),
    interlock_V=21.0,
)


class Keithley2460(TouchSourceMeter):
    """A Keithley 2460 with a sample on its terminals.

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
