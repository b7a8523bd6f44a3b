"""Models of the 2450 family: what distinguishes a Keithley 2450, 2460 and 2461.

2450 reference manual (2450-901-01 Rev. B, September 2013); measure blocks take a count, as in later firmware.
2461 reference manual (2461-901-01 Rev. A, November 2015). The ranges of the 2460 are those of the 2461 (p. 6-98 of its
manual) without 10 A; no digitizer, no pulses. Limits and defaults of the 2460 are assumed to be the 2461's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.frontend.electronics import KEITHLEY_2450, KEITHLEY_2460, KEITHLEY_2461
from sim_instruments.keithley.k2450.instrument import Model, TouchSourceMeter
from sim_instruments.scpi.parser import Numeric

if TYPE_CHECKING:
    from sim_instruments.core.clock import Clock
    from sim_instruments.sample.cell import Cell

_MODEL_2450 = Model(
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
    protection_V=(2, 5, 10, 20, 40, 60, 80, 100, 120, 140, 160, 180),
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
        super().__init__(_MODEL_2450, clock, cell, seed)


_PROTECTION_2461_V = (2, 5, 10, 20, 40, 60, 80, 100)
"""Levels of overvoltage protection (V): 2 and 40 V are on p. 8-189, those between and above are assumed."""
# Limits and defaults: see the docstring of this file.
_MODEL_2460 = Model(
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
    protection_V=_PROTECTION_2461_V,
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
        super().__init__(_MODEL_2460, clock, cell, seed)


_MODEL_2461 = Model(
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
    protection_V=_PROTECTION_2461_V,
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
        super().__init__(_MODEL_2461, clock, cell, seed)
