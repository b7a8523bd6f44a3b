"""A Zahner PP212 on its cell: potentiostat, latching limits, one primitive at a time.

After the vendor's client ``zahner_potentiostat`` 1.1.2 and its documentation (docs/reference/sources/zahner.md); the
sample period, the dead time after primitives, the conditions of errors and that limits are watched during primitives
only are from there. Assumed: ranges, noise, sampling of at most 100 Hz, a reading that takes 20 ms (one mains period).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.frontend.electronics import Noise
from sim_instruments.frontend.response import Drive
from sim_instruments.zahner import live

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim_instruments.core.clock import Clock
    from sim_instruments.sample.cell import Cell

    Array = NDArray[np.float64]

# Time of a reading (assumed).
READING_S = 0.02
# Full scales of a PP212, its largest voltage and current.
RANGES_A = tuple(2.0 * 10.0**-k for k in range(7, -1, -1))
LARGEST_V, LARGEST_A = 12.0, 2.0
# Error numbers that primitives end with.
OK, LIMIT, ABORTED, BLOCKED = 0, 1003, 1005, 1006
_NOISE_SHARE = 2e-5  # of the range, rms, one reading of 20 ms
# Of a voltage reading (assumed).
_SCATTER_V = 20e-6
_LONGEST_DEAD_S, _TYPICAL_DEAD_S = 0.1, 0.015  # "0-100 ms", "typically 10-20" after a primitive
# Steps by which a ramp is played (assumed).
_RAMP_STEPS = 1000


@dataclass
class Limits:
    """A window of current or voltage.

    Attributes
    ----------
    on : bool
        Whether it is watched; off by default.
    low, high : float
    """

    on: bool = False
    low: float = -1000.0
    high: float = 1000.0

    def holds(self, values: Array) -> bool:
        """Whether all values are inside, or nobody looks."""
        return not self.on or bool(((values >= self.low) & (values <= self.high)).all())


@dataclass
class Primitive:
    """A measurement that is running.

    Attributes
    ----------
    name : str
    start_s, end_s : float
    samples : int
        Already sent on the live port.
    was_on : bool
        Whether the potentiostat was on before.
    """

    name: str
    start_s: float
    end_s: float
    was_on: bool
    samples: int = 0


@dataclass
class Settings:
    """What the commands set; by the vendor's parameter names."""

    voltage_V: float = 0.0
    range_A: float = LARGEST_A
    sampling_Hz: float = 25.0
    tolerance_s: float = 0.0
    para_voltage_V: float = 0.0
    para_time_s: float = 1.0
    para_longest_s: float = 1.0
    para_shortest_s: float = 0.0
    para_rate_V_s: float = 0.1
    line_Hz: float = 50.0
    voltage_limits: Limits = field(default_factory=Limits)
    current_limits: Limits = field(default_factory=Limits)


class Engine:
    """The potentiostat behind both ports.

    Parameters
    ----------
    clock : Clock
    cell : Cell
    seed : int
        Of noise and dead times.
    """

    def __init__(self, clock: Clock, cell: Cell, seed: int = 0) -> None:
        self.clock = clock
        self.cell = cell
        self.settings = Settings()
        self.on = False
        self.status = OK
        self.primitive: Primitive | None = None
        self.result = OK
        self.live: list[bytearray] = []
        self._drive = Drive(cell, 1e-5)
        self._noise = Noise(seed)
        self._records = 0
        self._random = np.random.default_rng(seed)
        self._free_at = 0.0
        self._steps: list[tuple[float, float]] = []
        self._watched_s = 0.0

    def prepare(self) -> None:
        """Work the cell's step response out."""
        self.cell.step_charge(1.0)

    @property
    def busy(self) -> bool:
        """Whether a primitive, or the dead time after one, is running."""
        return self.primitive is not None or self.clock.now() < self._free_at

    # -- potentiostat -------------------------------------------------------------------------------------------------

    def switch(self, *, on: bool) -> None:
        """Switch the potentiostat."""
        now = self.clock.now()
        if on and not self.on:
            self._drive.forget_before(now)
            self._drive.connect(now, self.settings.voltage_V)
            self._watched_s = now
        elif self.on and not on:
            self._drive.disconnect(now)
        self.on = on

    def set_voltage(self, volts: float) -> None:
        """Hold a voltage."""
        self.settings.voltage_V = volts
        self._drive.set_level(self.clock.now(), volts)

    def reading(self, started_s: float) -> tuple[float, float]:
        """Return voltage (V) and current (A), averaged over 20 ms from started_s on."""
        voltage, current = self._measured(started_s, READING_S, 0, 1, READING_S)
        return float(voltage[0]), float(current[0])

    def _measured(self, start: float, interval: float, first: int, count: int, aperture: float) -> tuple[Array, Array]:
        through = self._drive.readings(start, interval, first, count, aperture)
        record, self._records = self._records, self._records + 1
        share = _NOISE_SHARE * np.sqrt(READING_S / aperture)
        current = through + share * self.settings.range_A * self._noise.normal(2 * record, 0, count)
        middle: Array = start + np.arange(first, first + count, dtype=np.float64) * interval + 0.5 * aperture
        voltage = self._drive.level_at(middle) + _SCATTER_V * self._noise.normal(2 * record + 1, 0, count)
        return voltage, np.clip(current, -self.settings.range_A * 1.05, self.settings.range_A * 1.05)

    # -- primitives ---------------------------------------------------------------------------------------------------

    def start(self, name: str, seconds: float, levels: list[tuple[float, float]], *, connected: bool) -> None:
        """Start a primitive.

        Parameters
        ----------
        name : str
        seconds : float
            How long it lasts.
        levels : list of (float, float)
            When, since its start, and to which voltage the source goes.
        connected : bool
            Whether the potentiostat is on meanwhile.
        """
        now = self.clock.now()
        was_on = self.on
        if connected and not was_on:
            self.settings.voltage_V = levels[0][1]
        self.switch(on=connected)
        self._steps = [(now + at, level) for at, level in levels]
        self.primitive = Primitive(name, now, now + seconds, was_on)
        self._send(live.header(live.START, name) + live.tracks() + live.header(live.RUNNING, name))
        self.update()

    def ramp(self, seconds: float, target_V: float) -> list[tuple[float, float]]:
        """Return the stairs that stand for a ramp from the present voltage.

        Parameters
        ----------
        seconds : float
            How long it takes.
        target_V : float
            Where it ends.

        Returns
        -------
        list of (float, float)
            Times since its start, and voltages.
        """
        start = self.settings.voltage_V
        share = (np.arange(_RAMP_STEPS) + 0.5) / _RAMP_STEPS
        times = seconds * np.arange(_RAMP_STEPS) / _RAMP_STEPS
        return list(zip(times.tolist(), (start + (target_V - start) * share).tolist(), strict=True))

    def update(self) -> float:
        """Bring all to the present; return it, instrument seconds."""
        now = self.clock.now()
        while self._steps and self._steps[0][0] <= now:
            at, level = self._steps.pop(0)
            self._drive.set_level(at, level)
            self.settings.voltage_V = level
        self._watch(now)
        if (running := self.primitive) is not None:
            self._sample(running, min(now, running.end_s))
            if now >= running.end_s:
                self._end(running.end_s, OK)
        return now

    def _sample(self, running: Primitive, until_s: float) -> None:
        period = 1.0 / self.settings.sampling_Hz
        complete = int((until_s - running.start_s) / period + 1e-9)
        count = complete - running.samples
        if count <= 0:
            return
        voltage, current = self._measured(running.start_s, period, running.samples, count, min(period, READING_S))
        times = (np.arange(running.samples, complete) + 1.0) * period  # the first after one period, not at 0
        self._send(live.data(zip(times.tolist(), voltage.tolist(), current.tolist(), strict=True)))
        running.samples = complete

    def _watch(self, now: float) -> None:
        """Switch off and latch when a global limit has been passed for longer than is tolerated.

        Only a primitive is watched: "if only the potentiostat is switched on, no ranging is performed and no limits are
        monitored" (vendor's client, ``setPotentiostatEnabled``).
        """
        s = self.settings
        if self.primitive is None:
            self._watched_s = now
            return
        if not self.on or not (s.voltage_limits.on or s.current_limits.on):
            return
        if now - self._watched_s < max(READING_S, s.tolerance_s):
            return
        self._watched_s = now
        current = self._drive.readings(now - READING_S, READING_S, 0, 1, READING_S)
        voltage = self._drive.level_at(np.array([now]))
        if not (s.current_limits.holds(current) and s.voltage_limits.holds(voltage)):
            self.trip(LIMIT)

    def trip(self, status: int) -> None:
        """Switch the potentiostat off and stay so until ``*CLS``."""
        self.status = status
        if self.primitive is not None:
            self._end(self.clock.now(), status)
        self.switch(on=False)

    def abort(self) -> None:
        """Do as ``ABOR``: end a primitive; the potentiostat goes off."""
        if self.primitive is not None:
            self.trip(ABORTED)

    def _end(self, at_s: float, result: int) -> None:
        running, self.primitive = self.primitive, None
        if running is None:
            return
        self._steps.clear()
        self._send(live.header(live.DONE if result == OK else live.ABORTED, running.name))
        self._send(live.header(live.FINISHING, running.name))
        self.result = result
        self._free_at = at_s + min(_LONGEST_DEAD_S, self._random.exponential(_TYPICAL_DEAD_S))
        if not running.was_on:
            self.switch(on=False)

    def _send(self, packet: bytes) -> None:
        for output in self.live:
            output.extend(packet)
