"""What the commands of a Zahner PP212 set, by the vendor's parameter names."""

from __future__ import annotations

from dataclasses import dataclass, field

READING_S = 0.02
"""Time of a reading (assumed: one mains period)."""
RANGES_A = tuple(2.0 * 10.0**-k for k in range(7, -1, -1))
"""Full scales of a PP212 (assumed)."""
LARGEST_V, LARGEST_A = 12.0, 2.0
"""Its largest voltage and current (assumed)."""
OK, LIMIT, ABORTED, BLOCKED = 0, 1003, 1005, 1006
"""Error numbers that primitives end with."""


@dataclass
class Limits:
    """A window of current, voltage or charge.

    Attributes
    ----------
    on : bool
        Whether it is watched; off by default.
    low, high : float
    """

    on: bool = False
    low: float = -1000.0
    high: float = 1000.0

    def holds(self, value: float) -> bool:
        """Whether a value is inside, or nobody looks."""
        return not self.on or self.low <= value <= self.high


@dataclass
class Tolerance:
    """Changes below which a primitive ends: absolute, V/s or A/s, and relative to the first value, 1/s."""

    on: bool = False
    absolute: float = 0.0
    relative: float = 0.0


@dataclass
class Settings:
    """Settings of the potentiostat (``:SESO``) and parameters of primitives (``:PARA``)."""

    galvanostatic: bool = False
    voltage_V: float = 0.0
    current_A: float = 0.0
    to_ocv: bool = False
    ocv_V: float = 0.0
    range_A: float = LARGEST_A
    sampling_Hz: float = 25.0
    tolerance_s: float = 0.0
    para_voltage_V: float = 0.0
    para_to_ocv: bool = False
    para_current_A: float = 0.0
    para_time_s: float = 1.0
    para_longest_s: float = 1.0
    para_shortest_s: float = 0.0
    para_rate: float = 0.1  # V/s or A/s
    para_step: float = 0.1  # V or A
    para_tolerance_s: float = 0.0
    line_Hz: float = 50.0
    voltage_limits: Limits = field(default_factory=Limits)
    current_limits: Limits = field(default_factory=Limits)
    para_voltage_limits: Limits = field(default_factory=Limits)
    para_current_limits: Limits = field(default_factory=Limits)
    para_charge_limits: Limits = field(default_factory=Limits)
    para_change: Tolerance = field(default_factory=Tolerance)

    @property
    def level(self) -> float:
        """What the source is at: V, or A of a galvanostat."""
        return self.current_A if self.galvanostatic else self.voltage_V

    @property
    def target(self) -> float:
        """Where a primitive goes: V, or A of a galvanostat."""
        if self.galvanostatic:
            return self.para_current_A
        return self.para_voltage_V + (self.ocv_V if self.para_to_ocv else 0.0)
