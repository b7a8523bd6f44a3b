"""Control loop of a Lake Shore controller: readings, set points and ramps, PID, limits.

Lake Shore 336 user's manual (rev. 1.9), chapters 2 and 6; docs/reference/sources/lakeshore-336.md. Assumed: the scale
of the proportional term (percent of output per kelvin), that the loop runs at the 10 readings per second of an input,
the noise, 25 ohm, 1 A for the heater after power-on, and a heater of 100 ohm in the cryostat at each voltage output.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sim_instruments.frontend.electronics import Noise
from sim_instruments.frontend.response import PANEL
from sim_instruments.lakeshore.input import ZERO_CELSIUS_K, Input

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sim_instruments.sample.cryostat import Cryostat

# Time between two steps of the control loop: ten readings a second (manual, specifications).
LOOP_S = 0.1
# Scatter of a reading (assumed).
NOISE_K = 0.5e-3
# Callendar-Van Dusen coefficients of a Pt-100, IEC 60751.
_PT = (3.9083e-3, -5.775e-7, -4.183e-12)
SENSOR_RANGE_K = (70.0, 800.0)
CURRENTS_A = {1: 0.707, 2: 1.0, 3: 1.141, 4: 1.732}
RESISTANCES_OHM = {1: 25.0, 2: 50.0}
_SHARES = {1: 0.01, 2: 0.1, 3: 1.0}  # of full power in ranges low, medium, high
_VOLTAGE_FULL_W = 10.0**2 / 100.0
"""Power of a voltage output at 100 %, 10 V, in the 100 ohm that are assumed there: the 1 W that it can give."""
OFF, CLOSED_LOOP, ZONE, OPEN_LOOP, MONITOR, WARM_UP = range(6)
"""Modes of an output (``OUTMODE``)."""


@dataclass(frozen=True)
class Zone:
    """One row of an output's zone table (``ZONE``)."""

    upper_K: float = 0.0
    p: float = 50.0
    i: float = 20.0
    d: float = 0.0
    manual: float = 0.0
    range: int = 0
    sensor: int = 0
    ramp_K_min: float = 0.1


@dataclass(frozen=True)
class MonitorSettings:
    """What a voltage output shows of an input (``ANALOG``).

    Attributes
    ----------
    sensor : int
        1 is A; 0 none.
    units : int
        1 kelvin, 2 Celsius, 3 sensor units.
    high, low : float
        Values at 100 % and at 0 % (-100 % if bipolar), in those units.
    bipolar : bool
    """

    sensor: int = 1
    units: int = 1
    high: float = 1000.0
    low: float = 0.0
    bipolar: bool = False

    def percent(self, reading: float) -> float:
        """Return the output for a reading in the chosen units."""
        if self.high == self.low:
            return 0.0
        share = (reading - self.low) / (self.high - self.low)
        low = -100.0 if self.bipolar else 0.0
        return min(max(low + (100.0 - low) * share, low), 100.0)


@dataclass
class Output:
    """A heater output and its control loop.

    Attributes
    ----------
    mode : int
        0 off, 1 closed loop, 2 zone, 3 open loop, 4 monitor out, 5 warm-up (``OUTMODE``).
    sensor : int
        Which input controls it: 1 is A.
    range : int
        0 off, 1 low, 2 medium, 3 high; of a voltage output 0 off, 1 on.
    target_K, setpoint_K : float
        Where the set point is to go; where the ramp is.
    ramping : bool
    ramp_K_min : float
    p, i, d : float
    manual : float
        Manual output, percent.
    percent : float
        Present output.
    error : int
        0 none, 1 open load, 2 short (``HTRST?``).
    is_voltage : bool
        Whether it gives 0 to 10 V instead of current: outputs 3 and 4 of a 336, output 2 of a 335 on request.
    zones : list of Zone
    warm_up_percent, warm_up_continuous :
        Voltage of the warm-up mode, and whether it comes back below the set point (``WARMUP``).
    monitor : MonitorSettings
    """

    mode: int = 1
    sensor: int = 1
    powerup: int = 0
    range: int = 0
    target_K: float = 0.0
    setpoint_K: float = 0.0
    ramping: bool = False
    ramp_K_min: float = 0.0
    p: float = 50.0
    i: float = 20.0
    d: float = 0.0
    manual: float = 0.0
    percent: float = 0.0
    error: int = 0
    resistance: int = 1
    current: int = 2
    user_A: float = 1.0
    shows_power: bool = False
    is_voltage: bool = False
    zones: list[Zone] = field(default_factory=lambda: [Zone()] * 10)
    warm_up_percent: float = 50.0
    warm_up_continuous: bool = False
    monitor: MonitorSettings = field(default_factory=MonitorSettings)
    _integral: float = 0.0
    _last_K: float | None = None

    @property
    def full_W(self) -> float:
        """Power at 100 % in the present range."""
        if self.range == 0:
            return 0.0
        if self.is_voltage:
            return _VOLTAGE_FULL_W
        amperes = CURRENTS_A.get(self.current, self.user_A)
        return _SHARES[self.range] * amperes**2 * RESISTANCES_OHM[self.resistance]

    @property
    def power_W(self) -> float:
        """Present power: percent are of current, or of power if they are shown so."""
        share = self.percent / 100.0
        if self.mode == MONITOR:
            return 0.0  # it drives a recorder
        return self.full_W * (share if self.shows_power and not self.is_voltage else share**2)

    @property
    def is_on(self) -> bool:
        """Whether it may heat. A monitor output is always on, but no heater is connected to it."""
        return self.range != 0 and self.mode not in {OFF, MONITOR}

    @property
    def on_the_way(self) -> bool:
        """Whether the set point still ramps."""
        return self.ramping and self.setpoint_K != self.target_K

    def off(self) -> None:
        """Switch the heater off."""
        self.range, self.percent, self._integral, self._last_K = 0, 0.0, 0.0, None

    def step(self, reading_K: float | None) -> None:
        """Go on by one period of the loop with the input's reading, None if there is none."""
        self._move_setpoint()
        if self.mode == ZONE:
            self._take_zone()
        if self.mode == MONITOR:
            self.percent = 0.0 if reading_K is None else self.monitor.percent(reading_K)
        elif self.range == 0 or self.mode == OFF:
            self.percent, self._integral, self._last_K = 0.0, 0.0, None
        elif self.mode == OPEN_LOOP:
            self.percent = self.manual
        elif reading_K is None:
            self.off()  # without a reading there is no control
        elif self.mode == WARM_UP:
            self._warm_up(reading_K)
        else:
            self.percent = self._controlled(reading_K)

    def _take_zone(self) -> None:
        """Take over the first zone that reaches the set point; a heater that is off stays off (assumed)."""
        zone = next((zone for zone in self.zones if zone.upper_K >= self.setpoint_K), None)
        if zone is None:
            return
        self.p, self.i, self.d, self.manual, self.ramp_K_min = zone.p, zone.i, zone.d, zone.manual, zone.ramp_K_min
        self.sensor = zone.sensor or self.sensor
        if self.range:
            self.range = min(zone.range, 1) if self.is_voltage else zone.range

    def _warm_up(self, reading_K: float) -> None:
        if reading_K < self.setpoint_K:
            self.percent = self.warm_up_percent
        elif self.warm_up_continuous:
            self.percent = 0.0
        else:
            self.off()

    def _move_setpoint(self) -> None:
        if not self.ramping or self.ramp_K_min <= 0.0:
            self.setpoint_K = self.target_K
            return
        most = self.ramp_K_min / 60.0 * LOOP_S
        self.setpoint_K += min(max(self.target_K - self.setpoint_K, -most), most)

    def _controlled(self, reading_K: float) -> float:
        # Section 2.7: output = P (e + I int e dt + D de/dt); I is 1000 over the time constant in seconds, D in percent
        # of a quarter of that. The integral rests while the output is at its end.
        error = self.setpoint_K - reading_K
        slope = 0.0 if self._last_K is None else -(reading_K - self._last_K) / LOOP_S
        derivative_s = self.d / 100.0 * 250.0 / self.i if self.i else 0.0
        self._last_K = reading_K
        integral = self._integral + error * self.i / 1000.0 * LOOP_S
        wanted = self.p * (error + integral + derivative_s * slope) + self.manual
        if 0.0 <= wanted <= 100.0:
            self._integral = integral
        return min(max(wanted, 0.0), 100.0)


@dataclass
class Controller:
    """Inputs, outputs and the cryostat that they are in; it proceeds in steps of the loop.

    Parameters
    ----------
    cryostat : Cryostat
    seed : int
        Of the noise.
    inputs : int
        The sensor in the cryostat is that of input A.
    """

    cryostat: Cryostat
    seed: int = 0
    inputs: int = 4
    outputs: dict[int, Output] = field(default_factory=lambda: {1: Output(), 2: Output(mode=0)})
    """By their number; a 336 has voltage outputs 3 and 4 in addition."""

    def __post_init__(self) -> None:
        self.sensors = [Input(connected=k == 0) for k in range(self.inputs)]
        self._noise = Noise(self.seed)
        self._drawn: dict[tuple[int, int], NDArray[np.float64]] = {}
        self._steps = 0
        self._heated_s = 0.0

    def skip_to(self, t_s: float) -> None:
        """Let the loop begin at t_s."""
        self._steps = math.floor(t_s / LOOP_S)
        self._heated_s = t_s

    def advance(self, t_s: float) -> None:
        """Let the loop run until t_s."""
        last = math.floor(t_s / LOOP_S + 1e-9)
        while self._steps < last:
            self._steps += 1
            self._step(self._steps * LOOP_S)

    def _step(self, t_s: float) -> None:
        readings = [self.reading_K(k, t_s) for k in range(self.inputs)]
        for reading, sensor in zip(readings, self.sensors, strict=True):
            if sensor.limit_K and reading is not None and reading > sensor.limit_K:
                self.all_off(t_s)
            if reading is not None:
                sensor.take(reading, in_units(reading, sensor.units))
        for output in self.outputs.values():
            watched = output.monitor.sensor if output.mode == MONITOR else output.sensor
            reading = readings[watched - 1] if 1 <= watched <= self.inputs else None
            if output.mode == MONITOR and reading is not None:
                reading = in_units(reading, output.monitor.units)
            output.step(reading)
        self.heat(t_s)

    def heat(self, t_s: float) -> None:
        """Give the cryostat what the outputs give."""
        power = sum(output.power_W for output in self.outputs.values() if not output.error)
        # A command may come a little after the last step and so before the next one, or after it.
        self._heated_s = max(t_s, self._heated_s)
        self.cryostat.set_heater(power, self._heated_s)

    def all_off(self, t_s: float) -> None:
        """Switch all heaters off."""
        for output in self.outputs.values():
            output.off()
        self.heat(t_s)

    def reading_K(self, number: int, t_s: float) -> float | None:
        """Return what an input (from 0) reads; None if that is invalid."""
        if self.status(number, t_s):
            return None
        return self.cryostat.sensor_K(t_s) + NOISE_K * self._scatter(number, math.floor(t_s / LOOP_S + 1e-9))

    def _scatter(self, number: int, reading: int) -> float:
        panel = reading // PANEL
        if (number, panel) not in self._drawn:  # a panel is drawn at once: 4096 readings, seven minutes
            self._drawn = {(number, panel): self._noise.normal(number, panel * PANEL, PANEL)}
        return float(self._drawn[number, panel][reading % PANEL])

    def status(self, number: int, t_s: float) -> int:
        """Return the bits of ``RDGST?`` of an input (from 0)."""
        sensor = self.sensors[number]
        if sensor.fault or not sensor.connected:
            return 1 | (sensor.fault or 128)  # an input without a sensor is an open one
        temperature = self.cryostat.sensor_K(t_s)
        if temperature < SENSOR_RANGE_K[0]:
            return 16
        return 32 if temperature > SENSOR_RANGE_K[1] else 0

    def shown_K(self, number: int, t_s: float) -> float | None:
        """Return what an input (from 0) shows: its reading, filtered if the filter is on; None if that is invalid."""
        reading = self.reading_K(number, t_s)
        sensor = self.sensors[number]
        return sensor.filtered_K if reading is not None and sensor.is_filtered and sensor.filtered_K else reading

    def sensor_ohm(self, number: int, t_s: float) -> float:
        """Return the resistance of an input's sensor, ohm."""
        reading = self.reading_K(number, t_s)
        return 0.0 if reading is None else in_units(reading, 3)


def in_units(reading_K: float, units: int) -> float:
    """Return a reading in kelvin (1), Celsius (2) or sensor units (3), the ohm of a Pt-100."""
    if units == 1:
        return reading_K
    t = reading_K - ZERO_CELSIUS_K
    if units == 2:
        return t
    a, b, c = _PT
    return 100.0 * (1.0 + a * t + b * t**2 + (c * (t - 100.0) * t**3 if t < 0 else 0.0))
