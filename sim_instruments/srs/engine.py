"""An EC301 on its cell: control loop, ranges, waveforms, samples.

After the *EC301 User Manual*, revision 1.1 (02/29/2016), and the public driver lib-maxiv-ec301, which measures with
one. Currents are what the instrument calls them: cathodic ones are positive, so that a resistor at +1 V passes a
negative current (p. 22, figure 2).

Assumed, as no page says it: one sample per 4 us times the length of the average (the public driver's); a waveform
begins with a sample; the converters clip at twice the current range and at the voltage range; noise; a front end of
one time constant, that of the 1 MHz control loop.

Not simulated: galvanostat mode but for its steady state; autoranging; boosters; what IR compensation adds. A current
interruption opens the leads, and the cell does not relax meanwhile.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.frontend.electronics import Noise
from sim_instruments.frontend.response import Drive
from sim_instruments.srs.player import Generator, Player
from sim_instruments.srs.waveforms import TICK_S, ArbProgram, Mark, PulseProgram, RampProgram

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from sim_instruments.core.clock import Clock
    from sim_instruments.sample.cell import Cell
    from sim_instruments.srs.waveforms import Event

    Array = NDArray[np.float64]

RANGES_A = {code: 10.0 ** (1 - code) for code in range(1, 11)}
"""1 A (code 1) to 1 nA (code 10), p. 89."""
_VOLTAGE_RANGES = {0: (2.0, 3), 1: (5.0, 5), 2: (15.0, 6)}
"""By code of ``eadcrg`` (p. 88): full scale (V), and what bits 8:10 of a sample say (p. 95)."""
MAX_CURRENT_A = 1.0
"""Of the power amplifier, pp. 9 and 105."""
MAX_CE_V = 30.0
"""Of the counter electrode without a limit, p. 79."""
_CLIP = 2.0
"""Of the range: beyond 200 % the current is an overload (p. 105); that the converter ends there is assumed."""
_OVER_E_V = 15.0
"""Beyond this the potential is an overload, p. 105."""
_NOISE_SHARE = 1e-4
"""Noise of one reading over 4 us, share of the range, rms; assumed."""
_SCATTER_V = 50e-6
"""Noise of a potential over 4 us, rms; assumed."""
_RESPONSE_S = 1.6e-7
"""Of the control loop at 1 MHz, p. 79."""
_SYNC_V = 5.0
"""Of the synchronous input while nothing is connected; assumed: a pulled-up trigger line."""


@dataclass
class Settings:
    """What remains set until it is changed, by the command that sets it. Power-on values: assumed where no page says.

    The default of 15 V is that of p. 88; those of current interruption are of table 1, p. 30.
    """

    ecmode: int = 0
    irange: int = 1
    irnaut: int = 0
    eadcrg: int = 2
    avgexp: int = 0
    clbwth: int = 0
    celimt: int = 0
    celimv: int = 30000
    setvol: int = 0
    eadcfl: int = 0
    iadcfl: int = 1
    lpfile: int = 0
    lpfili: int = 0
    irenab: int = 0
    irtype: int = 0
    brenab: int = 0
    autotb: int = 1
    dcntrl: int = 0
    addscn: int = 0
    trgarm: int = 0
    stsync: int = 0
    verbmd: int = 0
    lockfp: int = 0
    rotate: float = 0.0
    pfback: float = 0.0
    ciopen: int = 200
    ciperd: int = 100
    cicorr: int = 0
    cidlay: dict[int, int] = field(default_factory=lambda: {0: 120, 1: 200})
    bireje: float = 0.0
    bireji: float = 0.0


@dataclass
class Inputs:
    """What is connected to the rear and front panel.

    Attributes
    ----------
    aux_V : list of float
        Auxiliary inputs 1 to 3.
    external_V : float
        External input.
    rtd_C : float or None
        Temperature of the RTD probe, None without one.
    """

    aux_V: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    external_V: float = 0.0
    rtd_C: float | None = None


@dataclass(frozen=True)
class Samples:
    """What the converters made of consecutive samples.

    Attributes
    ----------
    flags : ndarray of int32, shape (n,)
        Table 4, p. 95.
    sync_V, current_A, potential_V : ndarray of float64, shape (n,)
        Cathodic currents are positive.
    over_E, over_I : ndarray of bool, shape (n,)
        Which were overloads.
    """

    flags: NDArray[np.int32]
    sync_V: Array
    current_A: Array
    potential_V: Array
    over_E: NDArray[np.bool_]
    over_I: NDArray[np.bool_]


class Engine:
    """The potentiostat behind the dialect.

    Parameters
    ----------
    clock : Clock
    cell : Cell
    seed : int
        Of the noise.
    """

    def __init__(self, clock: Clock, cell: Cell, seed: int = 0) -> None:
        self.clock = clock
        self.cell = cell
        self.inputs = Inputs()
        self.cell_switch = True
        self._drive = Drive(cell, _RESPONSE_S)
        self._noise = Noise(seed)
        self._limiting: tuple[list[float], list[bool]] = ([], [])
        self.reset()

    def reset(self) -> None:
        """Be as after power-on, with the cell disconnected."""
        self.settings = Settings()
        self.pulses, self.ramp, self.arb = PulseProgram(), RampProgram(), ArbProgram()
        self.player = Player()
        self.value = 0.0
        self.enabled = False
        self.interrupted_since = 0.0
        self.armed: tuple[Generator, Iterator[Event]] | None = None
        self._drive.disconnect(self.clock.now())

    @property
    def interval_s(self) -> float:
        """From one streamed sample to the next: 4 us averaged 2^n times."""
        return float(TICK_S * 2**self.settings.avgexp)

    @property
    def cell_on(self) -> bool:
        """Whether the cell is under control: enabled, and the front panel's switch is in."""
        return self.enabled and self.cell_switch

    @property
    def range_A(self) -> float:
        """The current range."""
        return RANGES_A[self.settings.irange]

    @property
    def program_V(self) -> float:
        """Voltage that is asked of the control loop: 1 V is one current range in galvanostat mode (p. 31)."""
        inside = 0.0 if self.settings.dcntrl else self.value * 1e-3
        return inside + (self.inputs.external_V if self.settings.addscn or self.settings.dcntrl else 0.0)

    def prepare(self) -> None:
        """Work the cell's step response out."""
        self.cell.step_charge(1.0)

    def update(self) -> float:
        """Bring the source to the present; return it, instrument seconds."""
        now = self.clock.now()
        for at, event in self.player.due(now):
            if event.value is not None:
                self._put(at, event.value)
            if event.mark is Mark.OPEN:
                self._open(at)
        return now

    # -- control loop -------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Ask the control loop for what settings and inputs now make of the value."""
        self._put(self.update(), self.value)

    def hold(self, value: float) -> None:
        """Hold a value: mV, or thousandths of the current range."""
        self._put(self.update(), value)

    def _put(self, at_s: float, value: float) -> None:
        self.value = value
        level, limited = self._level()
        self._drive.set_level(at_s, level)
        times, states = self._limiting
        if (states[-1] if states else False) != limited:
            times.append(at_s)
            states.append(limited)

    def _level(self) -> tuple[float, bool]:
        """Return the potential at which the cell will be, and whether a limit keeps it there."""
        most = self.settings.celimv * 1e-3 if self.settings.celimt else MAX_CE_V
        match self.settings.ecmode:
            case 0:
                wanted = self.program_V
            case 1:
                conductance = self.cell.dc_conductance_S
                driven = -self.program_V * self.range_A
                wanted = driven / conductance if conductance > 0.0 else math.copysign(math.inf, driven)
            case _:
                wanted = 0.0
        return max(-most, min(most, wanted)), abs(wanted) > most

    def enable(self, *, on: bool) -> None:
        """Connect or disconnect the cell, as far as the front panel's switch is in."""
        self._switch(enabled=on, cell_switch=self.cell_switch)

    def switch_cell(self, *, on: bool) -> None:
        """Press the front panel's cell switch."""
        self._switch(enabled=self.enabled, cell_switch=on)

    def _switch(self, *, enabled: bool, cell_switch: bool) -> None:
        now = self.update()
        was = self.cell_on
        self.enabled, self.cell_switch = enabled, cell_switch
        if self.cell_on and not was:
            self._drive.forget_before(now)
            self._drive.connect(now, self._level()[0])
            self._put(now, self.value)
        elif was and not self.cell_on:
            self.player.stop(now)
            self._drive.disconnect(now)

    def _open(self, at_s: float) -> None:
        """Open the control loop at the end of a waveform."""
        self.enabled = False
        self._drive.disconnect(at_s)

    # -- waveforms ----------------------------------------------------------------------------------------------------

    def start(self, generator: Generator, events: Iterator[Event]) -> None:
        """Close the control loop and play a waveform from the next sample on."""
        if not self.cell_on:
            self.enable(on=True)
        begins = math.ceil(self.update() / self.interval_s) * self.interval_s
        self.player.start(generator, events, begins)

    def stop(self) -> None:
        """Stop a waveform; the cell stays at the level it has."""
        self.player.stop(self.update())
        self.armed = None

    def trigger(self) -> None:
        """Receive a falling edge at the rear panel's scan trigger (p. 38)."""
        if self.armed is not None and self.settings.trgarm:
            generator, events = self.armed
            self.armed, self.settings.trgarm = None, 0
            self.start(generator, events)

    # -- samples ------------------------------------------------------------------------------------------------------

    def newest(self) -> Samples:
        """Return the last sample that is complete."""
        return self.samples(max(0, int(self.update() / self.interval_s) - 1), 1)

    def samples(self, first: int, count: int) -> Samples:
        """Return the samples first ... first + count - 1 since power-on; they must lie in the past."""
        interval, full_scale = self.interval_s, self.range_A
        middle: Array = (np.arange(first, first + count, dtype=np.float64) + 0.5) * interval
        open_now = self._open_at(middle)
        through = -self._drive.readings(0.0, interval, first, count, interval)
        through[open_now] = 0.0
        averages, record = math.sqrt(2**self.settings.avgexp), self.settings.avgexp
        noise = full_scale * _NOISE_SHARE / averages * self._noise.normal(2 * record, first, count)
        current = np.clip(through, -MAX_CURRENT_A, MAX_CURRENT_A) + noise
        potential = self._drive.level_at(middle)
        potential[open_now] = 0.0
        potential += _SCATTER_V / averages * self._noise.normal(2 * record + 1, first, count)
        over_I = np.abs(current) > min(_CLIP * full_scale, MAX_CURRENT_A)
        most_V, range_bits = _VOLTAGE_RANGES[self.settings.eadcrg]
        flags = self.player.flags(middle)
        flags |= self.settings.irange << 4 | range_bits << 8 | self.settings.avgexp << 15
        flags[open_now] |= 1
        flags[self._limited_at(middle) | (np.abs(through) > MAX_CURRENT_A)] |= 1 << 3
        return Samples(
            flags,
            np.full(count, _SYNC_V),
            np.clip(current, -_CLIP * full_scale, _CLIP * full_scale),
            np.clip(potential, -most_V, most_V),
            np.abs(potential) > _OVER_E_V,
            over_I,
        )

    def _open_at(self, t_s: Array) -> NDArray[np.bool_]:
        closed = np.zeros(len(t_s), bool)
        for span in self._drive.spans:
            closed |= (t_s >= span.start_s) & (t_s < span.end_s)
        if self.settings.irenab and self.settings.irtype == 0:
            phase = np.mod(t_s - self.interrupted_since, self.settings.ciperd * 1e-3)
            closed &= (phase >= self.settings.ciopen * 1e-6) | (t_s < self.interrupted_since)
        return ~closed

    def _limited_at(self, t_s: Array) -> NDArray[np.bool_]:
        times, states = self._limiting
        return np.array([False, *states])[np.searchsorted(times, t_s, side="right")]

    def overloads(self) -> int:
        """Return the bits of the measurement status register (p. 105) for this moment."""
        now = self.newest()
        bits = [
            bool(self._limiting[1] and self._limiting[1][-1] and self.cell_on),
            bool(now.over_E.any()),
            bool(now.over_I.any()),
            *(abs(volts) > 10.0 for volts in self.inputs.aux_V),
            False,
            bool(np.abs(now.current_A).max() >= MAX_CURRENT_A),
        ]
        return sum(1 << bit for bit, on in enumerate(bits) if on)
