"""What is a Keithley 2450 among its family?

2450 reference manual (2450-901-01 Rev. B, September 2013). Measure blocks take a count, as in later firmware.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments._keithley2450_family import Model, TouchSourceMeter
from sim_instruments.electronics import KEITHLEY_2450
from sim_instruments.scpi import Numeric

if TYPE_CHECKING:
    from sim_instruments.cell import Cell
    from sim_instruments.clock import Clock

_MODEL = Model(
    number="2450",
    electronics=KEITHLEY_2450,
    level_V=Numeric(-210.0, 210.0, 0.0, "V"),
    level_A=Numeric(-1.05, 1.05, 0.0, "A"),
    # p. 6-71 gives -1.05 to 1.05 A; limits are magnitudes, at least 1 nA (assumed)
    current_limit=Numeric(1e-9, 1.05, 1.05e-4, "A"),
    voltage_limit=Numeric(0.02, 210.0, 21.0, "V"),  # p. 6-71
    current_range=Numeric(-1.05, 1.05, 1e-4, "A"),  # p. 6-53
    voltage_range=Numeric(-210.0, 210.0, 20.0, "V"),  # p. 6-53
    resistance_range=Numeric(20.0, 210e6, 200e3, "OHM"),  # p. 6-53
    interlock_V=20.0,  # p. 6-33
)


class Keithley2450(TouchSourceMeter):
    """A Keithley 2450 with a sample on its terminals.

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
