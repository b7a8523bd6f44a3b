"""A thermometer input of a Lake Shore controller: limit, alarms, filter, least and greatest reading.

Lake Shore 335 and 350 user's manuals, chapter 6, and the vendor's Python driver, page by page in
docs/reference/sources/lakeshore-336.md. Assumed: that the filter smooths exponentially over its number of readings, its
window in percent of 800 K, that the control loop gets unfiltered readings, and the state after power-on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

ZERO_CELSIUS_K = 273.15
"""0 degrees Celsius."""
_FULL_SCALE_K = 800.0
"""What the filter's window is in percent of: the upper end of a platinum sensor (assumed)."""


@dataclass
class Alarm:
    """Alarm settings of an input and whether its alarms are active (``ALARM``, ``ALARMST?``).

    Attributes
    ----------
    is_on : bool
    high, low, deadband : float
        In the units of the input (``INTYPE``).
    is_latched, is_audible, is_visible : bool
    high_active, low_active : bool
    """

    is_on: bool = False
    high: float = 1000.0
    low: float = 0.0
    deadband: float = 0.0
    is_latched: bool = False
    is_audible: bool = True
    is_visible: bool = True
    high_active: bool = False
    low_active: bool = False

    def take(self, reading: float) -> None:
        """Compare a reading, in the units of the input."""
        if not self.is_on:
            self.reset()
            return
        stays = self.is_latched
        self.high_active = reading > self.high or (self.high_active and (stays or reading > self.high - self.deadband))
        self.low_active = reading < self.low or (self.low_active and (stays or reading < self.low + self.deadband))

    def reset(self) -> None:
        """Clear both states, latched or not (``ALMRST``)."""
        self.high_active = self.low_active = False


@dataclass
class Input:
    """A thermometer input.

    Attributes
    ----------
    connected : bool
        Whether a sensor is there.
    fault : int
        Bits of ``RDGST?`` that are forced: 64 shorted, 128 open.
    limit_K : float
        Above it all outputs go off; 0 for none (``TLIMIT``).
    name : str
    curve : int
        Number of the curve that makes kelvin of it; 0 for none (``INCRV``).
    kind : tuple of int
        Sensor type, autorange, range, compensation, units (``INTYPE``).
    is_filtered, points, window_percent :
        Reading filter (``FILTER``).
    filtered_K : float or None
        The smoothed reading; None before the first one.
    least_K, greatest_K : float
        Since ``MNMXRST``; not finite before the first reading.
    """

    connected: bool = False
    fault: int = 0
    limit_K: float = 0.0
    name: str = ""
    curve: int = 0
    kind: tuple[int, int, int, int, int] = (0, 0, 0, 0, 1)
    alarm: Alarm = field(default_factory=Alarm)
    is_filtered: bool = False
    points: int = 8
    window_percent: int = 10
    filtered_K: float | None = None
    least_K: float = math.inf
    greatest_K: float = -math.inf

    @property
    def units(self) -> int:
        """Preferred units: 1 kelvin, 2 Celsius, 3 sensor units."""
        return self.kind[4]

    def take(self, reading_K: float, reading: float) -> None:
        """Take a new reading, K and in the input's own units: alarms, filter, extremes."""
        self.alarm.take(reading)
        self.least_K, self.greatest_K = min(self.least_K, reading_K), max(self.greatest_K, reading_K)
        before = self.filtered_K
        if before is None or abs(reading_K - before) > self.window_percent / 100.0 * _FULL_SCALE_K:
            self.filtered_K = reading_K
        else:
            self.filtered_K = before + (reading_K - before) / self.points

    def forget_extremes(self) -> None:
        """Begin the least and greatest reading anew."""
        self.least_K, self.greatest_K = math.inf, -math.inf
