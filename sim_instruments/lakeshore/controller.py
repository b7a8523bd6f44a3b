"""Control loop of a Lake Shore controller: readings, set points and ramps, PID, limits.

Lake Shore 336 user's manual (rev. 1.9), chapters 2 and 6. Assumed: the scale of the proportional term (percent of
output per kelvin), that the loop runs at the 10 readings per second of an input, the noise, and 25 ohm, 1 A for the
heater after power-on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sim_instruments.frontend.electronics import Noise
from sim_instruments.frontend.response import PANEL

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
ZERO_CELSIUS_K = 273.15
CURRENTS_A = {1: 0.707, 2: 1.0, 3: 1.141, 4: 1.732}
RESISTANCES_OHM = {1: 25.0, 2: 50.0}
_SHARES = {1: 0.01, 2: 0.1, 3: 1.0}  # of full power in ranges low, medium, high


@dataclass
class Output:
    """A heater output and its control loop.

    Attributes
    ----------
    mode : int
        0 off, 1 closed loop, 3 open loop (``OUTMODE``).
    sensor : int
        Which input controls it: 1 is A.
    range : int
        0 off, 1 low, 2 medium, 3 high.
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
    _integral: float = 0.0
    _last_K: float | None = None

    @property
    def full_W(self) -> float:
        """Power at 100 % in the present range."""
        if self.range == 0:
            return 0.0
        amperes = CURRENTS_A.get(self.current, self.user_A)
        return _SHARES[self.range] * amperes**2 * RESISTANCES_OHM[self.resistance]

    @property
    def power_W(self) -> float:
        """Present power: percent are of current, or of power if they are shown so."""
        share = self.percent / 100.0
        return self.full_W * (share if self.shows_power else share**2)

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
        if self.range == 0 or self.mode == 0:
            self.percent, self._integral, self._last_K = 0.0, 0.0, None
        elif self.mode == 3:
            self.percent = self.manual
        elif reading_K is None:
            self.off()  # without a reading there is no control
        else:
            self.percent = self._controlled(reading_K)

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
    """

    connected: bool = False
    fault: int = 0
    limit_K: float = 0.0
    name: str = ""


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
        for output in self.outputs.values():
            output.step(readings[output.sensor - 1] if 1 <= output.sensor <= self.inputs else None)
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

    def sensor_ohm(self, number: int, t_s: float) -> float:
        """Return the resistance of an input's sensor, ohm."""
        reading = self.reading_K(number, t_s)
        if reading is None:
            return 0.0
        t = reading - ZERO_CELSIUS_K
        a, b, c = _PT
        return 100.0 * (1.0 + a * t + b * t**2 + (c * (t - 100.0) * t**3 if t < 0 else 0.0))
