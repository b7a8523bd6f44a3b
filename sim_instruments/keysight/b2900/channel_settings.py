"""Settings of one channel of a B2900, as ``*RST`` leaves them.

Pages are those of the Agilent B2900 SCPI command reference, edition 2 (B2910-90030).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sim_instruments.keysight.b2900.source import Source, Sweep


@dataclass
class Settings:
    """What ``*RST`` sets back (reset settings: tables of chapter 2)."""

    function: str = "VOLT"
    voltage: Source = field(default_factory=Source)
    current: Source = field(default_factory=lambda: Source(range=1e-6))
    sweep: Sweep = field(default_factory=Sweep)
    shape: str = "DC"
    pulse_delay_s: float = 0.0
    pulse_width_s: float = 50e-6
    keeps_last: bool = False
    source_wait: bool = True
    compliance_A: float = 100e-6
    compliance_V: float = 2.0
    current_range_A: float = 100e-6
    auto_current_range: bool = True
    lowest_auto_A: float = 1e-6
    highest_auto_A: float = 3.0
    lowest_auto_V: float = 0.2
    highest_auto_V: float = 200.0
    functions: tuple[str, ...] = ("CURR",)
    aperture_s: float = 0.1 / 60.0
    averages: bool = False
    average_count: int = 10
    four_wire: bool = False
    wait: bool = True
    wait_offset_s: float = 0.0
    off_mode: str = "NORM"
    on_auto: bool = True
    off_auto: bool = False
    protection: bool = False
    low_terminal: str = "GRO"
    filter_on: bool = True

    @property
    def source(self) -> Source:
        """Settings of the present function."""
        return self.voltage if self.function == "VOLT" else self.current

    @property
    def window_s(self) -> float:
        """How long a reading takes: the aperture, as often as is averaged."""
        return self.aperture_s * (self.average_count if self.averages else 1)
