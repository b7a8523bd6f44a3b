"""An EC301 on its cell: ranges, step programs, one stream of samples.

After the *EC301 User Manual*, rev. 1.2 (12/2017), as far as it could be had, and the public driver lib-maxiv-ec301
(which measures with one). Assumed, because neither says it plainly: a program's points are numbered from 0 and played
`passes` times; a program starts with the next sample; the current ADC clips at twice the range; noise; the flag bits
of overloads; a front end of one time constant, that of the chosen control-loop bandwidth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.frontend.electronics import Noise
from sim_instruments.frontend.response import Drive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim_instruments.core.clock import Clock
    from sim_instruments.sample.cell import Cell

    Array = NDArray[np.float64]

TICK_S = 4e-6
"""Of holds and of samples."""
# Points of a program (assumed).
MAX_POINTS = 256
RANGES_A = {code: 10.0 ** (1 - code) for code in range(1, 11)}
"""1 A (code 1) to 1 nA (code 10); public driver, "p. 89 of the manual"."""
RUNNING = 1 << 22 | 1 << 19 | 1 << 11
"""Flag bits while a program runs; public driver."""
CURRENT_OVERLOAD, COMPLIANCE_OVERLOAD = 1 << 0, 1 << 1
"""Assumed places."""
# Of the range: the current converter ends there (assumed).
_CLIP = 2.0
_NOISE_SHARE = 1e-4  # of the range, rms, one sample of 4 us
# Of a voltage reading (assumed).
_SCATTER_V = 50e-6
# Largest range.
_MAX_CURRENT_A = 1.0


@dataclass
class StepProgram:
    """Levels and how long each is held.

    Attributes
    ----------
    levels_mV, holds : list of int
        In millivolts and ticks of 4 us.
    points, passes : int
        How many of them make a pass, and how many passes are played.
    """

    levels_mV: list[int] = field(default_factory=lambda: [0] * MAX_POINTS)
    holds: list[int] = field(default_factory=lambda: [0] * MAX_POINTS)
    points: int = 0
    passes: int = 1
    steps: int = 0
    end_mode: int = 0

    @property
    def fault(self) -> str:
        """What is wrong with it; empty if it can be played."""
        if not 1 <= self.points <= MAX_POINTS:
            return "no points"
        if min(self.holds[: self.points]) < 1:
            return "a point without a hold"
        return ""


@dataclass
class Settings:
    """What remains set until it is changed, by the command that sets it."""

    ecmode: int = 0
    irange: int = 1
    irnaut: int = 0
    eadcrg: int = 2
    avgexp: int = 0
    clbwth: int = 0
    celimt: int = 0
    celimv: int = 15000
    setvol: int = 0
    eadcfl: int = 0
    iadcfl: int = 1
    lpfile: int = 0
    lpfili: int = 0
    irenab: int = 0
    irtype: int = 1
    brenab: int = 0
    bstren: int = 0
    autotb: int = 0
    dcntrl: int = 0
    addscn: int = 0
    trgarm: int = 0


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
        self.settings = Settings()
        self.program = StepProgram()
        self.enabled = False
        self.cell_switch = True
        self._drive = Drive(cell, 1.6e-7)
        self._noise = Noise(seed)
        self._program_ends = -math.inf
        self._program_began = math.inf
        self._later: list[tuple[float, float]] = []

    @property
    def interval_s(self) -> float:
        """From one streamed sample to the next: 4 us averaged 2^n times."""
        return float(TICK_S * 2**self.settings.avgexp)

    @property
    def cell_on(self) -> bool:
        """Whether the cell is under control: enabled, and the front panel's switch is in."""
        return self.enabled and self.cell_switch

    def prepare(self) -> None:
        """Work the cell's step response out."""
        self.cell.step_charge(1.0)

    def update(self) -> float:
        """Bring the source to the present; return it, instrument seconds."""
        now = self.clock.now()
        while self._later and self._later[0][0] <= now:
            self._drive.set_level(*self._later.pop(0))
        return now

    def enable(self, *, on: bool) -> None:
        """Connect or disconnect the cell."""
        now = self.update()
        was, self.enabled = self.cell_on, on
        if self.cell_on and not was:
            self._drive.forget_before(now)
            self._drive.connect(now, self.settings.setvol * 1e-3)
        elif was and not self.cell_on:
            self.stop_program()
            self._drive.disconnect(now)

    def switch_cell(self, *, on: bool) -> None:
        """Press the front panel's cell switch."""
        was, self.cell_switch = self.cell_on, on
        if was and not self.cell_on:
            now = self.update()
            self.stop_program()
            self._drive.disconnect(now)

    def set_potential(self, millivolts: int) -> None:
        """Hold a potential."""
        self.settings.setvol = millivolts
        self._drive.set_level(self.update(), millivolts * 1e-3)

    def start_program(self) -> None:
        """Play the step program from the next sample on."""
        now = self.update()
        start = math.ceil(now / self.interval_s) * self.interval_s
        p = self.program
        at = 0
        for _ in range(p.passes):
            for level, hold in zip(p.levels_mV[: p.points], p.holds[: p.points], strict=True):
                self._later.append((start + at * TICK_S, level * 1e-3))
                at += hold
        self._program_began, self._program_ends = start, start + at * TICK_S

    def stop_program(self) -> None:
        """Stop a program; the cell stays at the level it has."""
        now = self.update()
        self._later.clear()
        self._program_ends = min(self._program_ends, now)

    @property
    def running(self) -> bool:
        """Whether a program is played."""
        return self.clock.now() < self._program_ends

    def samples(self, first: int, count: int) -> tuple[NDArray[np.int32], Array, Array]:
        """Return flags, current (A) and potential (V) of the samples first ... first + count - 1 since power-on.

        Parameters
        ----------
        first, count : int
            They must lie in the past.
        """
        interval = self.interval_s
        middle: Array = (np.arange(first, first + count, dtype=np.float64) + 0.5) * interval
        through = self._drive.readings(0.0, interval, first, count, interval)
        full_scale = RANGES_A[self.settings.irange]
        held = np.clip(through, -_MAX_CURRENT_A, _MAX_CURRENT_A)
        averages = math.sqrt(2**self.settings.avgexp)
        record = self.settings.avgexp
        noisy = held + full_scale * _NOISE_SHARE / averages * self._noise.normal(2 * record, first, count)
        current = np.clip(noisy, -_CLIP * full_scale, _CLIP * full_scale)
        scatter = _SCATTER_V / averages * self._noise.normal(2 * record + 1, first, count)
        flags = np.zeros(count, np.int32)
        flags[(middle > self._program_began) & (middle < self._program_ends)] |= RUNNING
        flags[np.abs(noisy) >= _CLIP * full_scale] |= CURRENT_OVERLOAD
        flags[np.abs(through) > _MAX_CURRENT_A] |= COMPLIANCE_OVERLOAD
        return flags, current, self._drive.level_at(middle) + scatter
