"""Settings of a source-measure unit, and which readings it makes."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sim_instruments.keithley.common.buffers import ReadingBuffer

# Mains frequency at the instrument, by which NPLC count.
LINE_HZ = 60.0


@dataclass
class SourceSettings:
    """What a source configuration list keeps of the source (p. 3-38).

    Delays and read-back are kept once, not for each function (a simplification).
    """

    function: str = "VOLT"
    level_V: float = 0.0
    range_V: float = 0.2
    auto_range: bool = True
    limit_A: float = 1.05e-4
    delay_s: float = 0.0
    auto_delay: bool = True
    read_back: bool = True
    user_delays_s: list[float] = field(default_factory=lambda: [0.0] * 5)
    level_A: float = 0.0
    range_A: float = 1e-6
    auto_range_A: bool = True
    limit_V: float = 21.0
    protection_V: float = math.inf
    pulse_level_V: float = 0.0
    pulse_level_A: float = 0.0
    pulse_limit_A: float = 1.05e-4  # 2461: p. 8-192
    pulse_limit_V: float = 7.35

    def copied(self) -> SourceSettings:
        """Return settings of their own, in a tenth of the time of `copy.deepcopy`: lists have thousands of levels."""
        one = copy.copy(self)
        one.user_delays_s = list(self.user_delays_s)
        return one

    def at_pulse(self) -> SourceSettings:
        """Return the settings as they are while a pulse of theirs is on (2461: pp. 8-190, 8-192)."""
        if self.function == "VOLT":
            return replace(self, level_V=self.pulse_level_V, limit_A=self.pulse_limit_A)
        return replace(self, level_A=self.pulse_level_A, limit_V=self.pulse_limit_V)


@dataclass
class MeasureSettings:
    """How readings are made.

    Range and automatic zero are kept once for all functions (a simplification), integration times too.
    """

    function: str = "CURR"
    current_range_A: float = 1e-6
    auto_range: bool = True
    voltage_range_V: float = 2.0
    resistance_range_ohm: float = 2e5
    nplc: float = 1.0
    line_Hz: float = LINE_HZ
    auto_zero: bool = True
    four_wire: bool = False
    count: int = 1
    user_delays_s: list[float] = field(default_factory=lambda: [0.0] * 5)
    digitize: str | None = None
    digitize_range_A: float = 1e-6
    digitize_rate_Hz: float = 100_000.0
    digitize_aperture_s: float | None = None
    digitize_count: int = 1
    overhead_s: float = 0.0
    filter_on: bool = False
    filter_repeats: bool = True
    filter_count: int = 10

    @property
    def _averaged(self) -> int:
        """Readings that a repeating filter makes one of; a moving one is taken to change nothing (simplified)."""
        return self.filter_count if self.filter_on and self.filter_repeats else 1

    @property
    def aperture_s(self) -> float:
        """Averaging time of the readings that are made now, s."""
        if self.digitize is None:
            return self.nplc / self.line_Hz * self._averaged
        return self.digitize_aperture_s or 1.0 / self.digitize_rate_Hz

    @property
    def interval_s(self) -> float:
        """Time from one reading to the next, s; automatic zero doubles the integration (assumed)."""
        if self.digitize is None:
            return self.aperture_s * (2.0 if self.auto_zero else 1.0) + self.overhead_s * self._averaged
        return 1.0 / self.digitize_rate_Hz


@dataclass
class Record:
    """Readings that are being made: from `start_s` on, one every `interval_s`, each on its own range if `automatic`."""

    number: int
    buffer: ReadingBuffer
    start_s: float
    interval_s: float
    aperture_s: float
    count: int | None
    function: str
    digitizer: bool
    range_A: float
    automatic: bool = False
    taken: int = 0

    def begun_s(self, reading: int) -> float:
        """Return when a reading (from 0) begins, instrument seconds."""
        return self.start_s + reading * self.interval_s

    def complete_at(self, t_s: float) -> int:
        """Return how many readings are complete at t_s; a millionth of a reading allows for rounding of times."""
        done = max(0, int(np.floor((t_s - self.start_s - self.aperture_s) / self.interval_s + 1.0 + 1e-6)))
        return done if self.count is None else min(done, self.count)
