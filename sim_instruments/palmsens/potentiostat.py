"""Electronics of a small potentiostat on a cell: potential, current, range, overload."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.frontend.current_regulator import CurrentRegulator
from sim_instruments.frontend.electronics import Electronics, Noise
from sim_instruments.frontend.response import Drive
from sim_instruments.palmsens.faults import Code, ScriptFault
from sim_instruments.palmsens.model import GALVANOSTATIC
from sim_instruments.palmsens.values import Value
from sim_instruments.sample.admittance import admittance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim_instruments.palmsens.model import Mode, Model
    from sim_instruments.sample.cell import Cell

_UNDERLOAD = 0.01  # below this share of its range a current is told as underload (assumed)
_WARNING = 1.0  # above this share as a warning of overload (assumed)
_DEFAULT_BANDWIDTH_HZ = 400.0  # assumed
_GALVANOSTAT_S = 1e-6
"""Settling of the current regulation (assumed; a bandwidth that is set filters readings only)."""
_REGULATIONS = 8
"""Steps of the potential in a hold at a constant current: of a cell with a memory, a staircase close to its curve."""
_POTENTIAL_NOISE_V = 10e-6
"""Scatter of a potential reading, rms (assumed)."""
_IMPEDANCE_NOISE = 1e-4
"""Scatter of an impedance, as a share of it, rms of each part (assumed)."""
_LEAST_S = 1e-14
"""Admittance of an open cell (assumed)."""
_BLOCK = 256  # readings that are worked out together


class ReadingStatus(enum.IntFlag):
    """Status metadata of a reading (the vendor's mscript.py)."""

    TIMING = 1
    OVERLOAD = 2
    UNDERLOAD = 4
    OVERLOAD_WARNING = 8


class Potentiostat:
    """Potential control and current measurement on one channel.

    Times are instrument seconds, given by the script that drives it. A bandwidth that is set while the cell is on holds
    from the next switching on (a simplification).

    Parameters
    ----------
    model : Model
    cell : Cell
    seed : int
        Of the noise.
    """

    def __init__(self, model: Model, cell: Cell, seed: int) -> None:
        self.model = model
        self._cell = cell
        self._noise = Noise(seed)
        self._record = 0
        self.critical = False
        """Whether something drives the counter electrode into its stop."""
        self.reset()

    def reset(self) -> None:
        """Take the state of power-on: cell off."""
        self.cell_on = False
        self.mode_number = 2
        self.bandwidth_Hz = _DEFAULT_BANDWIDTH_HZ
        self.potential_V = self.current_A = 0.0
        self._potential_range = self.model.potential_ranges_V[-1][1] if self.model.potential_ranges_V else None
        self.window_V: tuple[float, float] | None = None
        self.range_at = len(self.mode.ranges) - 1
        self.autorange = (0, len(self.mode.ranges) - 1)
        self._renew()

    def _renew(self) -> None:
        mode = self.mode
        self._electronics = Electronics(
            current_ranges_A=tuple(full for full, _ in mode.ranges),
            voltage_steps={10.0: mode.step_V},
            response_s=_GALVANOSTAT_S
            if self.is_galvanostat
            else 1.0 / (2.0 * math.pi * min(self.bandwidth_Hz, mode.bandwidth_Hz)),
            noise_1us=self.model.noise_1us,
            integrator_bits=self.model.converter_bits,
            overrange=self.model.overrange,
        )
        self._drive = Drive(self._cell, self._electronics.response_s)
        self._regulator = CurrentRegulator(self._drive)
        self._series: Series | None = None

    @property
    def mode(self) -> Mode:
        """The PGStat mode."""
        return self.model.modes[self.mode_number]

    @property
    def is_galvanostat(self) -> bool:
        """Whether the current is set."""
        return self.mode_number == GALVANOSTATIC

    # -- settings -----------------------------------------------------------------------------------------------------

    def set_mode(self, number: int) -> None:
        """Choose a PGStat mode; 0 is off."""
        if number == 0:
            return
        if number not in self.model.modes:
            raise ScriptFault(Code.UNKNOWN_PGSTAT_MODE)
        self.mode_number = number
        self.range_at = min(self.range_at, len(self.mode.ranges) - 1)
        self.autorange = (0, len(self.mode.ranges) - 1)

    def range_for(self, current_A: float) -> int:
        """Return which range is the smallest that measures a current; the largest if none does."""
        for at, (full_A, _) in enumerate(self.mode.ranges):
            if abs(current_A) <= full_A * self.model.overrange * (1 + 1e-9):
                return at
        return len(self.mode.ranges) - 1

    def set_autorange(self, low_A: float, high_A: float) -> None:
        """Say between which ranges it may choose by itself; the present one comes between them."""
        low, high = sorted((self.range_for(low_A), self.range_for(high_A)))
        self.autorange = (low, high)
        self.range_at = min(max(self.range_at, low), high)

    def set_potential_range(self, potential_V: float) -> None:
        """Choose the smallest range that measures a potential; the largest if none does."""
        ranges = self.model.potential_ranges_V
        if ranges:
            fitting = [number for full_V, number in ranges if abs(potential_V) <= full_V * (1 + 1e-9)]
            self._potential_range = (fitting or [ranges[-1][1]])[0]

    def set_window(self, low_V: float, high_V: float) -> None:
        """Announce the lowest and highest potential (an EmStat Pico shifts its window there)."""
        low_V, high_V = min(low_V, high_V), max(low_V, high_V)
        mode = self.mode
        if low_V < mode.low_V - 1e-9 or high_V > mode.high_V + 1e-9 or high_V - low_V > mode.window_V + 1e-9:
            raise ScriptFault(Code.INVALID_POTENTIAL)
        self.window_V = (low_V, high_V)

    def sourced_V(self, potential_V: float) -> float:
        """Return the potential that the converter makes of a wanted one.

        Raises
        ------
        ScriptFault
            If it is out of the mode's range, or of the announced window widened to what the mode has.
        """
        mode = self.mode
        spare = mode.window_V
        low, high = mode.low_V, mode.high_V
        if self.window_V is not None:
            spare = 0.5 * (mode.window_V - (self.window_V[1] - self.window_V[0]))
            low, high = max(low, self.window_V[0] - spare), min(high, self.window_V[1] + spare)
        if not low - 1e-9 <= potential_V <= high + 1e-9:
            raise ScriptFault(Code.INVALID_POTENTIAL)
        return round(potential_V / mode.step_V) * mode.step_V

    # -- the cell -----------------------------------------------------------------------------------------------------

    def switch_on(self, t_s: float) -> None:
        """Connect the cell at the set potential."""
        if not self.cell_on:
            self._renew()
            self._drive.connect(t_s, self.potential_V)
            self.cell_on = True

    def switch_off(self, t_s: float) -> None:
        """Disconnect the counter electrode."""
        if self.cell_on:
            self._drive.disconnect(t_s)
            self.cell_on = False
        self._series = None

    def apply(self, t_s: float, potential_V: float) -> float:
        """Set the potential; return what it really is."""
        self.potential_V = self.sourced_V(potential_V)
        self._drive.set_level(t_s, self.potential_V)
        return self.potential_V

    def disturb(self) -> None:
        """Forget readings that were worked out ahead: something has happened to the cell."""
        self._series = None

    def prepare(self) -> None:
        """Work the cell's step response out."""
        self._cell.step_charge(1.0)

    def begin_series(self, origin_s: float, interval_s: float, aperture_s: float) -> None:
        """Announce readings that end every `interval_s` after `origin_s`, at a potential that stays."""
        self._record += 1
        self._series = Series(origin_s + interval_s - aperture_s, interval_s, aperture_s)

    def read(self, end_s: float, aperture_s: float) -> Value:
        """Return the mean current over an aperture that ends now, as it is told in a package."""
        if self.critical:
            raise ScriptFault(Code.CRITICAL_OVERLOAD)
        mean_A, noise = self._mean(end_s, aperture_s)
        if abs(mean_A) > self.model.largest_A:
            raise ScriptFault(Code.CRITICAL_OVERLOAD)
        full_A, number = self.mode.ranges[self.range_at]
        limit_A = self.model.overrange * full_A
        reading = self._electronics.converted(
            np.array([mean_A]), np.array([noise]), full_A, aperture_s, digitizer=False
        )[0]
        status = ReadingStatus(0)
        if abs(reading) > limit_A:
            status |= ReadingStatus.OVERLOAD
            reading = math.copysign(limit_A, mean_A)
        elif abs(reading) > _WARNING * full_A:
            status |= ReadingStatus.OVERLOAD_WARNING
        elif abs(reading) < _UNDERLOAD * full_A:
            status |= ReadingStatus.UNDERLOAD
        self._follow(status, abs(mean_A))
        return Value(float(reading), "ba", int(status), number)

    # -- potentials and impedances ------------------------------------------------------------------------------------

    def set_current(self, current_A: float) -> None:
        """Set the current that is regulated from the next reading on.

        Raises
        ------
        ScriptFault
            If the counter electrode cannot drive it.
        """
        if abs(current_A) > self.model.largest_A:
            raise ScriptFault(Code.OUT_OF_BOUNDS)
        self.current_A = current_A

    def rest_potential(self) -> Value:
        """Return the open-circuit potential: a linear cell at rest has none of its own."""
        code = self._potential_range if self._potential_range is not None else 0
        return Value(0.0, "ab", 0, code)

    def read_potential(self, end_s: float, hold_s: float, share: float) -> Value:
        """Return the potential at which the set current has flowed during a hold that ends now.

        Parameters
        ----------
        end_s, hold_s : float
        share : float
            Of the hold that the reading averages over, at its end.
        """
        if self.critical:
            raise ScriptFault(Code.CRITICAL_OVERLOAD)
        limit_V = self.mode.high_V
        step_s = float(hold_s) / _REGULATIONS
        begins = end_s - hold_s + step_s * np.arange(_REGULATIONS, dtype=np.float64)
        for begin_s in begins.tolist():  # the charge of each step is right, so that of the hold is
            self._regulator.regulate(begin_s, step_s, self.current_A, limit_V)
        averaged: NDArray[np.float64] = begins[-max(1, round(share * _REGULATIONS)) :] + 0.5 * step_s
        potential_V = float(self._drive.level_at(averaged).mean())
        self._record += 1
        noise_V = _POTENTIAL_NOISE_V * float(self._noise.normal(self._record, 0, 1)[0])
        overload = ReadingStatus.OVERLOAD if abs(potential_V) > 0.999 * limit_V else ReadingStatus(0)
        return Value(potential_V + noise_V, "ab", int(overload), self._potential_range)

    def read_impedance(
        self, t_s: float, frequency_Hz: float, amplitude: float, *, is_galvanic: bool
    ) -> ImpedanceReading:
        """Return what a sine of an rms amplitude, V or A, tells of the cell.

        Raises
        ------
        ScriptFault
            If the current is more than the counter electrode can drive.
        """
        if self.critical:
            raise ScriptFault(Code.CRITICAL_OVERLOAD)
        cell = self._cell.at_time(t_s)
        y = admittance(cell, frequency_Hz)
        parts = self._cell.contacts.through(np.array([y.real, y.imag]), np.array([1.0, 0.0]), np.full(2, t_s))
        y = complex(*parts)
        y = y if abs(y) > _LEAST_S else complex(_LEAST_S)
        self._record += 1
        scatter = 1.0 + _IMPEDANCE_NOISE * complex(*self._noise.normal(self._record, 0, 2))
        alternating_A = amplitude if is_galvanic else amplitude * abs(y)
        direct_A = self.current_A if is_galvanic else self.potential_V * cell.dc_conductance_S
        largest_A = abs(direct_A) + math.sqrt(2.0) * alternating_A
        if largest_A > self.model.largest_A:
            raise ScriptFault(Code.CRITICAL_OVERLOAD)
        status = ReadingStatus(0)
        low, high = self.autorange
        self.range_at = min(max(self.range_for(largest_A), low), high)
        full_A, number = self.mode.ranges[self.range_at]
        if largest_A > self.model.overrange * full_A:
            status |= ReadingStatus.OVERLOAD
        elif largest_A < _UNDERLOAD * full_A:
            status |= ReadingStatus.UNDERLOAD
        alternating_V = alternating_A / abs(y)
        if math.sqrt(2.0) * alternating_V > self.mode.high_V:
            status |= ReadingStatus.OVERLOAD
        return ImpedanceReading(
            scatter / y, alternating_V, alternating_A, direct_A, int(status), number, self._potential_range
        )

    def _follow(self, status: ReadingStatus, mean_A: float) -> None:
        """Change the range for the next reading, if that is allowed."""
        low, high = self.autorange
        if status & (ReadingStatus.OVERLOAD | ReadingStatus.OVERLOAD_WARNING):
            self.range_at = min(self.range_at + 1, high)
        elif status & ReadingStatus.UNDERLOAD:
            self.range_at = min(max(self.range_for(mean_A), low), high)

    def _mean(self, end_s: float, aperture_s: float) -> tuple[float, float]:
        series = self._series
        if series is None or not series.holds(end_s, aperture_s):
            self._record += 1
            mean = self._drive.readings(end_s - aperture_s, aperture_s, 0, 1, aperture_s)[0]
            return float(mean), float(self._noise.normal(self._record, 0, 1)[0])
        k = series.index(end_s)
        if not series.first <= k < series.first + len(series.means):
            series.first = k
            series.means = self._drive.readings(series.begin_s, series.interval_s, k, _BLOCK, aperture_s)
            series.noise = self._noise.normal(self._record, k, _BLOCK)
        return float(series.means[k - series.first]), float(series.noise[k - series.first])


@dataclass(frozen=True)
class ImpedanceReading:
    """What one frequency tells.

    Attributes
    ----------
    impedance_ohm : complex
    alternating_V, alternating_A : float
        Rms.
    direct_A : float
        Current that flows without the sine.
    status, current_range : int
    potential_range : int or None
        Metadata of its packages.
    """

    impedance_ohm: complex
    alternating_V: float
    alternating_A: float
    direct_A: float
    status: int
    current_range: int
    potential_range: int | None


class Series:
    """Readings at equal distances, worked out in blocks: the future of a constant potential is known.

    Parameters
    ----------
    begin_s : float
        Start of the first aperture.
    interval_s, aperture_s : float
    """

    def __init__(self, begin_s: float, interval_s: float, aperture_s: float) -> None:
        self.begin_s = begin_s
        self.interval_s = interval_s
        self.aperture_s = aperture_s
        self.first = 0
        self.means: NDArray[np.float64] = np.empty(0)
        self.noise: NDArray[np.float64] = np.empty(0)

    def index(self, end_s: float) -> int:
        """Return which reading ends at `end_s`."""
        return round((end_s - self.aperture_s - self.begin_s) / self.interval_s)

    def holds(self, end_s: float, aperture_s: float) -> bool:
        """Whether a reading that ends at `end_s` is one of the series."""
        k = self.index(end_s)
        late = abs(self.begin_s + k * self.interval_s + self.aperture_s - end_s)
        return k >= 0 and aperture_s == self.aperture_s and late < 1e-9


def combined(readings: list[Value], holds: tuple[int, ...]) -> Value:
    """Return the signed sum of some readings, with the flags of all of them.

    Parameters
    ----------
    readings : list of Value
    holds : tuple of int
        Which of them, from 1; negative ones are subtracted.
    """
    number = sum(math.copysign(1, hold) * readings[abs(hold) - 1].number for hold in holds)
    status = 0
    for hold in holds:
        status |= readings[abs(hold) - 1].status or 0
    return Value(float(number), "ba", status, readings[abs(holds[0]) - 1].range_code)
