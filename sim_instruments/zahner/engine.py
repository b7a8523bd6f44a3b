"""A Zahner PP212 on its cell: potentiostat, latching limits, one primitive at a time.

After the vendor's client ``zahner_potentiostat`` 1.1.2 and its documentation (docs/reference/sources/zahner.md); the
sample period, the dead time after primitives, the conditions of errors and that limits are watched during primitives
only are from there. Assumed: ranges, noise, sampling of at most 100 Hz, a reading that takes 20 ms (one mains period),
a galvanostat that regulates once a reading.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.frontend.current_regulator import CurrentRegulator
from sim_instruments.frontend.electronics import Noise
from sim_instruments.frontend.response import Drive
from sim_instruments.zahner import live
from sim_instruments.zahner.settings import ABORTED, LARGEST_V, OK, READING_S, Settings
from sim_instruments.zahner.watch import Watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim_instruments.core.clock import Clock
    from sim_instruments.sample.cell import Cell

    Array = NDArray[np.float64]

_NOISE_SHARE = 2e-5  # of the range, rms, one reading of 20 ms
# Of a voltage reading (assumed).
_SCATTER_V = 20e-6
_LONGEST_DEAD_S, _TYPICAL_DEAD_S = 0.1, 0.015  # "0-100 ms", "typically 10-20" after a primitive
_POWERED_ON = dt.datetime(2026, 1, 1)  # noqa: DTZ001 - the instrument's clock has no zone
"""Where its own clock begins (assumed)."""
# Steps by which a ramp is played (assumed).
_RAMP_STEPS = 1000


@dataclass
class Primitive:
    """A measurement that is running.

    Attributes
    ----------
    name : str
    start_s, end_s : float
    was_on : bool
        Whether the potentiostat was on before.
    period_s : float
        From one sample to the next.
    at_end : bool
        Whether a sample is the reading that ends with its period, not the one that begins with it.
    samples : int
        Already sent on the live port.
    """

    name: str
    start_s: float
    end_s: float
    was_on: bool
    period_s: float
    at_end: bool = False
    samples: int = 0


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
        self.clock_began = _POWERED_ON
        self.cell = cell
        self.settings = Settings()
        self.on = False
        self.status = OK
        self.primitive: Primitive | None = None
        self.result = OK
        self.live: list[bytearray] = []
        self._drive = Drive(cell, 1e-5)
        self._regulator = CurrentRegulator(self._drive)
        self._noise = Noise(seed)
        self._records = 0
        self._random = np.random.default_rng(seed)
        self._free_at = 0.0
        self._steps: list[tuple[float, float]] = []
        self._watch = Watch(self.settings, "")

    def prepare(self) -> None:
        """Work the cell's step response out."""
        self.cell.step_charge(1.0)

    @property
    def busy(self) -> bool:
        """Whether a primitive, or the dead time after one, is running."""
        return self.primitive is not None or self.clock.now() < self._free_at

    # -- potentiostat -------------------------------------------------------------------------------------------------

    def switch(self, *, on: bool, at_s: float | None = None) -> None:
        """Switch the potentiostat, now or at a time, instrument seconds."""
        now = self.clock.now() if at_s is None else at_s
        if on and not self.on:
            self._drive.forget_before(now)
            self._drive.connect(now, 0.0 if self.settings.galvanostatic else self.settings.voltage_V)
        elif self.on and not on:
            self._drive.disconnect(now)
        self.on = on

    def set_voltage(self, volts: float) -> None:
        """Hold a voltage; a galvanostat only keeps it for later."""
        self.settings.voltage_V = volts
        if not self.settings.galvanostatic:
            self._drive.set_level(self.clock.now(), volts)

    def couple(self, *, galvanostatic: bool) -> None:
        """Become potentiostat or galvanostat; a change switches off."""
        if galvanostatic != self.settings.galvanostatic:
            self.switch(on=False)
            self.settings.galvanostatic = galvanostatic

    def reading(self, started_s: float) -> tuple[float, float]:
        """Return voltage (V) and current (A), averaged over 20 ms from started_s on."""
        if self.on and self.settings.galvanostatic:
            self._regulator.regulate(started_s, READING_S, self.settings.current_A, LARGEST_V)
        voltage, current = self._true(started_s, READING_S, 0, 1, READING_S)
        noisy_V, noisy_A = self._measured(voltage, current, READING_S)
        return float(noisy_V[0]), float(noisy_A[0])

    def _true(self, start: float, interval: float, first: int, count: int, aperture: float) -> tuple[Array, Array]:
        middle: Array = start + np.arange(first, first + count, dtype=np.float64) * interval + 0.5 * aperture
        return self._drive.level_at(middle), self._drive.readings(start, interval, first, count, aperture)

    def _measured(self, voltage: Array, current: Array, aperture: float) -> tuple[Array, Array]:
        """Return voltages and currents with noise, within the range."""
        record, self._records = self._records, self._records + 1
        share = _NOISE_SHARE * np.sqrt(READING_S / aperture)
        full = self.settings.range_A
        noisy_A = current + share * full * self._noise.normal(2 * record, 0, len(current))
        noisy_V = voltage + _SCATTER_V * self._noise.normal(2 * record + 1, 0, len(voltage))
        return noisy_V, np.clip(noisy_A, -full * 1.05, full * 1.05)

    # -- primitives ---------------------------------------------------------------------------------------------------

    def start(
        self, name: str, seconds: float, levels: list[tuple[float, float]], *, connected: bool, stair_s: float = 0.0
    ) -> None:
        """Start a primitive.

        Parameters
        ----------
        name : str
        seconds : float
            How long it lasts.
        levels : list of (float, float)
            When, since its start, and to which voltage, or current of a galvanostat, the source goes.
        connected : bool
            Whether the potentiostat is on meanwhile.
        stair_s : float
            Time of a stair, which has one sample, at its end; 0 for samples at the sampling frequency.
        """
        now = self.clock.now()
        was_on, s = self.on, self.settings
        if connected and not was_on and not s.galvanostatic:
            s.voltage_V = levels[0][1]
        self.switch(on=connected, at_s=now)
        self._steps = [(now + at, level) for at, level in levels]
        period = stair_s or 1.0 / s.sampling_Hz
        self.primitive = Primitive(name, now, now + seconds, was_on, period, at_end=stair_s > 0.0)
        self._watch = Watch(s, name)
        self._send(live.header(live.START, name) + live.tracks() + live.header(live.RUNNING, name))
        self.update()

    def ramp(self, seconds: float, target: float) -> list[tuple[float, float]]:
        """Return the stairs that stand for a ramp from the present voltage, or current of a galvanostat.

        Parameters
        ----------
        seconds : float
            How long it takes.
        target : float
            Where it ends.

        Returns
        -------
        list of (float, float)
            Times since its start, and levels.
        """
        start = self.settings.level
        share = (np.arange(_RAMP_STEPS) + 0.5) / _RAMP_STEPS
        times = seconds * np.arange(_RAMP_STEPS) / _RAMP_STEPS
        levels = (start + (target - start) * share).tolist()
        return [*zip(times.tolist(), levels, strict=True), (seconds, target)]

    def update(self) -> float:
        """Bring all to the present; return it, instrument seconds."""
        now = self.clock.now()
        if (running := self.primitive) is None:
            return now
        until = min(now, running.end_s)
        if self._watch.active:
            while self.primitive is running and (due := _sample_s(running, running.samples)) <= until:
                self._advance(running, due)
        if self.primitive is running:
            self._advance(running, until)
        if self.primitive is running and now >= running.end_s:
            self._step(running.end_s)
            self._end(running.end_s, OK)
        return now

    def _advance(self, running: Primitive, until_s: float) -> None:
        """Take the levels and the samples of a primitive that are due."""
        s, aperture = self.settings, min(running.period_s, READING_S)
        complete = int((until_s - running.start_s) / running.period_s + 1e-9)
        first, count = running.samples, complete - running.samples
        begin = running.start_s + (running.period_s - aperture if running.at_end else 0.0)
        if s.galvanostatic:  # what is due after the last sample waits for the next
            for at in (begin + np.arange(first, complete) * running.period_s).tolist():
                self._step(at)
                if self.on:
                    self._regulator.regulate(at, aperture, s.current_A, LARGEST_V)
        else:
            self._step(until_s)
        if count <= 0:
            return
        voltage, current = self._true(begin, running.period_s, first, count, aperture)
        noisy_V, noisy_A = self._measured(voltage, current, aperture)
        times = (np.arange(first, complete) + 1.0) * running.period_s  # the first after one period, not at 0
        self._send(live.data(zip(times.tolist(), noisy_V.tolist(), noisy_A.tolist(), strict=True)))
        running.samples = complete
        if self._watch.active:  # then samples come one by one
            result = self._watch.ends(float(times[0]), float(voltage[0]), float(current[0]))
            if result == OK:
                self._end(running.start_s + float(times[0]), OK)
            elif result is not None:
                self.trip(result)

    def _step(self, until_s: float) -> None:
        """Go to the levels that are due."""
        while self._steps and self._steps[0][0] <= until_s:
            at, level = self._steps.pop(0)
            if self.settings.galvanostatic:
                self.settings.current_A = level
            else:
                self._drive.set_level(at, level)
                self.settings.voltage_V = level

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


def _sample_s(running: Primitive, sample: int) -> float:
    """When a sample (from 0) of a primitive is complete, instrument seconds."""
    return running.start_s + (sample + 1) * running.period_s
