"""One channel of a B2900: source, list, compliance, readings, trace, output switch.

Pages are those of the Agilent B2900 SCPI command reference, edition 2 (B2910-90030), unless another book is named.
Assumed: noise, settling, the relay's 5 ms, and that a measurement's own initial wait is nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.frontend.current_regulator import CurrentRegulator
from sim_instruments.frontend.electronics import OVERFLOW, Electronics, Noise
from sim_instruments.frontend.response import Drive
from sim_instruments.keysight.b2900.channel_settings import Settings
from sim_instruments.keysight.b2900.triggers import Action
from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim_instruments.keysight.b2900.source import Source
    from sim_instruments.keysight.b2900.triggers import Burst
    from sim_instruments.sample.cell import Cell

    Array = NDArray[np.float64]

COLUMNS = ("VOLT", "CURR", "RES", "TIME", "STAT", "SOUR")  # order of the elements, B2961A reference p. 4-21
TRACE_POINTS = 100_000  # p. 4-147
LIST_POINTS = 2500  # data sheet
NOT_A_NUMBER = 9.91e37  # p. 1-12
# Time of the output relay (assumed).
RELAY_S = 0.005
DISCHARGE_S = 0.001  # how long the NORMal off state holds 0 V before the relay opens (assumed)
# Status data, table 1-2 on p. 1-14.
IN_COMPLIANCE, OVER_TEMPERATURE, OVER_RANGE = 2, 32, 8192
_PIECE = 16_384
_AT_LIMIT = 1.0 - 1e-6
"""Share of the voltage limit from which on it is reached: the regulator clips there."""


class Store:
    """Rows of readings up to a number of points.

    Parameters
    ----------
    points : int
        How many it holds.
    """

    def __init__(self, points: int = TRACE_POINTS) -> None:
        self.points = points
        self._pieces: list[Array] = []
        self.count = 0

    def clear(self) -> None:
        """Forget all."""
        self._pieces, self.count = [], 0

    def append(self, rows: Array) -> None:
        """Keep rows as far as there is room."""
        rows = rows[: self.points - self.count]
        if len(rows):
            self._pieces.append(rows)
            self.count += len(rows)

    def rows(self, first: int = 0, count: int | None = None) -> Array:
        """Return rows, shape (n, 6), in the order of `COLUMNS`."""
        if len(self._pieces) > 1:
            self._pieces = [np.concatenate(self._pieces)]
        whole = self._pieces[0] if self._pieces else np.empty((0, len(COLUMNS)))
        return whole[first : None if count is None else first + count]


class Channel:
    """One channel with a sample on it. Nothing runs by itself: `advance` brings it to the present.

    While the current is limited, readings are clamped to the limit; the cell's history continues as if the full voltage
    were applied, unless the protection switches the output off.

    Parameters
    ----------
    cell : Cell
        The sample.
    electronics : Electronics
        The analogue front end.
    seed : int
        Of the noise.
    shortest_s : float
        Least time from one trigger to the next.
    """

    def __init__(self, cell: Cell, electronics: Electronics, seed: int, shortest_s: float) -> None:
        self.electronics = electronics
        self.contacts = cell.contacts
        self._shortest_s = shortest_s
        self.drive = Drive(cell, electronics.response_s)
        self._regulator = CurrentRegulator(self.drive)
        self._currents: list[tuple[float, float]] = []  # when the current source went where
        self.timer_zero_s = 0.0
        self._noise = Noise(seed)
        self._spots = 0
        self.output_on = False
        self.reset(0.0)

    def reset(self, t_s: float) -> None:
        """Do as ``*RST``; the trace buffer is cleared (p. 3-6)."""
        self.switch_output(t_s, on=False)
        self.settings = Settings()
        self.transient, self.acquire = Action(), Action()
        self.trace, self.trace_on = Store(), False
        self.data = Store()
        self.tripped = self.overheated = self.overdriven = False
        self._steps_taken = 0

    # -- output and source --------------------------------------------------------------------------------------------

    def switch_output(self, t_s: float, *, on: bool) -> None:
        """Switch the output at t_s (off states: B2961A reference pp. 4-66, 4-67)."""
        if on == self.output_on:
            return
        self.output_on = on
        if on:
            self.tripped = False
            self.drive.forget_before(t_s)
            self.drive.disconnect(t_s)
            self.drive.connect(t_s + RELAY_S, self._sourced_V(self._immediate_V))
            self._currents = [(t_s, self.settings.current.level)]
        elif self.settings.off_mode == "HIZ":
            self.drive.disconnect(t_s)
        else:
            self.drive.set_level(t_s, 0.0)
            if self.settings.off_mode == "NORM":
                self.drive.disconnect(t_s + DISCHARGE_S)

    def set_function(self, t_s: float, function: str) -> None:
        """Choose what is sourced; an output that is on goes to the immediate level of it (assumed)."""
        self.settings.function = function
        self._apply(t_s, self.settings.source.level)

    def set_level(self, t_s: float, function: str, level: float) -> None:
        """Make a level the immediate one."""
        source = self.settings.voltage if function == "VOLT" else self.settings.current
        self._require_fit(source, level)
        source.level = level
        if function == self.settings.function:
            self._apply(t_s, level)

    @property
    def _immediate_V(self) -> float:
        """Voltage that the output is switched on with: a current source begins at none."""
        return self.settings.voltage.level if self.settings.function == "VOLT" else 0.0

    def _require_fit(self, source: Source, level: float, *, fixed: bool = False) -> None:
        """Choose the range for a level, or see whether it fits the one that is set."""
        e, is_voltage = self.electronics, source is self.settings.voltage
        if source.is_auto and not fixed:
            source.range = e.voltage_range(level) if is_voltage else e.current_range(level)
        elif abs(level) > e.overrange * source.range:
            unit = "V" if is_voltage else "A"
            raise ScpiError(-222, f"{level:g} {unit} does not fit the {source.range:g} {unit} range")

    def _sourced_V(self, level_V: float) -> float:
        return self.electronics.sourced_V(level_V, self.settings.voltage.range)

    def _apply(self, t_s: float, level: float) -> None:
        if not self.output_on:
            return
        if self.settings.function == "VOLT":
            self.drive.set_level(t_s, self._sourced_V(level))
        else:
            self._currents.append((t_s, level))

    def _currents_at(self, t_s: Array) -> Array:
        """Return what the current source is to give at some times, A."""
        times, levels = np.array([t for t, _ in self._currents]), np.array([level for _, level in self._currents])
        found: Array = levels[np.maximum(np.searchsorted(times, t_s + 1e-12, side="right") - 1, 0)]
        return found

    def limited(self, t_s: float) -> bool:
        """Whether the current limit holds the source back at t_s."""
        if self.settings.function == "CURR":
            volts = float(self.drive.level_at(np.array([t_s]))[0])
            return self.output_on and (self.overdriven or abs(volts) > _AT_LIMIT * self.settings.compliance_V)
        through = self.drive.readings(t_s, 1e-9, 0, 1, 1e-5)[0]
        return self.output_on and (self.overdriven or abs(through) > self.settings.compliance_A)

    def trip(self, t_s: float) -> None:
        """Switch off as the over-current protection does: 0 V at once, whatever the off state (p. 4-67, note)."""
        self.drive.set_level(t_s, 0.0)
        self.drive.disconnect(t_s + 1e-6)
        self.output_on, self.tripped = False, True
        # That an emergency also ends the triggers is assumed.
        self.transient.abort(t_s)
        self.acquire.abort(t_s)

    # -- triggers -----------------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether a device action is running or waits."""
        return self.transient.phase != "idle" or self.acquire.phase != "idle"

    def initiate(self, t_s: float, *, transient: bool = True, acquire: bool = True) -> None:
        """Leave idle; the output goes on by itself unless that is switched off (p. 4-67 of the B2961A reference)."""
        if (transient and self.transient.phase != "idle") or (acquire and self.acquire.phase != "idle"):
            raise ScpiError(-213)
        if transient:
            self._choose_ranges(self._levels())
        if self.settings.on_auto:
            self.switch_output(t_s, on=True)
        t_s = max(t_s, self.drive.closed_since)  # triggers wait for the output relay (assumed)
        if acquire:
            self.data.clear()
            self.acquire.initiate(t_s)
        if transient:
            self._steps_taken = 0
            self.transient.initiate(t_s)

    def _choose_ranges(self, levels: list[float]) -> None:
        """See before the start whether all levels can be sourced; one range for a sweep that has one."""
        source, sweep = self.settings.source, self.settings.sweep
        fixed = source.mode == "SWE" and sweep.ranging == "FIX"
        for level in sorted(levels, key=abs):
            self._require_fit(source, level, fixed=fixed)

    def _levels(self) -> list[float]:
        source = self.settings.source
        if source.mode == "LIST":
            first = source.list_start - 1
            return source.list_levels[first:] + source.list_levels[:first]
        if source.mode == "SWE":
            return self.settings.sweep.levels(source.sweep_start, source.sweep_stop)
        return [source.level if source.triggered is None else source.triggered]

    def abort(self, t_s: float, *, transient: bool = True, acquire: bool = True) -> None:
        """Do as ``:ABORt``."""
        self.advance(t_s)
        was_busy = self.busy
        if transient:
            self.transient.abort(t_s)
        if acquire:
            self.acquire.abort(t_s)
        over = was_busy and not self.busy
        if over:
            self._rest(t_s)

    def advance(self, t_s: float) -> None:
        """Bring source, readings and output switch to t_s."""
        idle = not self.busy
        if idle:
            if self.output_on and self.settings.protection and self.limited(t_s):
                self.trip(t_s)
            return
        self.transient.advance(t_s, self._transient_s, max(self._shortest_s, self._coupled_s), self._step)
        self.acquire.advance(t_s, self._measure_s, max(self._shortest_s, self._coupled_s), self._measure)
        if not self.busy:
            self._rest(max(self.transient.idle_since_s, self.acquire.idle_since_s))

    def _rest(self, t_s: float) -> None:
        """Do what happens when both actions have become idle."""
        if not self.settings.keeps_last:
            self._apply(t_s, self.settings.source.level)
        if self.settings.off_auto:
            self.switch_output(t_s, on=False)

    @property
    def _transient_s(self) -> float:
        s = self.settings
        return s.pulse_delay_s + s.pulse_width_s if s.shape == "PULS" else 0.0

    @property
    def _measure_s(self) -> float:
        return self._wait_s + self.settings.window_s

    @property
    def _wait_s(self) -> float:
        return self.settings.wait_offset_s if self.settings.wait else 0.0

    @property
    def _coupled_s(self) -> float:
        """With automatic triggers for both, a step waits for its measurement."""
        if self.transient.trigger.source == self.acquire.trigger.source == "AINT":
            return self.acquire.trigger.delay_s + self._measure_s
        return 0.0

    def _step(self, burst: Burst, count: int) -> None:
        s, levels = self.settings, self._levels()
        for k in range(burst.done, burst.done + count):
            level = levels[self._steps_taken % len(levels)]  # a list that is over begins anew (assumed)
            self._steps_taken += 1
            if s.source.mode == "SWE" and s.source.is_auto and not (s.sweep.has_one_range or s.sweep.ranging == "FIX"):
                self._require_fit(s.source, level)
            start = burst.at(k) + (s.pulse_delay_s if s.shape == "PULS" else 0.0)
            self._apply(start, level)
            if s.shape == "PULS":
                self._apply(start + s.pulse_width_s, s.source.level)

    # -- readings -----------------------------------------------------------------------------------------------------

    def _measure(self, burst: Burst, count: int) -> None:
        done = burst.done
        while count > 0 and self.acquire.burst is burst:
            piece = min(count, _PIECE)
            rows, stopped = self._until_trip(burst, done, piece)
            self.keep(rows)
            if stopped is not None:
                self.trip(stopped)
            done += piece
            count -= piece

    def _until_trip(self, burst: Burst, first: int, count: int) -> tuple[Array, float | None]:
        rows = self.readings(
            2 * burst.number, burst.start_s + self._wait_s, burst.interval_s, first, count, self.settings.window_s
        )
        if not self.settings.protection or not self.output_on:
            return rows, None
        limited = np.flatnonzero(rows[:, 4].astype(np.int64) & IN_COMPLIANCE)
        if not len(limited):
            return rows, None
        k = int(limited[0])
        return rows[: k + 1], float(rows[k, 3]) + self.timer_zero_s + self.settings.window_s

    def keep(self, rows: Array) -> None:
        """Put rows into the data of the last measurement and, if it is open, into the trace buffer."""
        self.data.append(rows)
        if self.trace_on:
            self.trace.append(rows)
            self.trace_on = self.trace.count < self.trace.points  # a full buffer closes itself (p. 4-147)

    def spot(self, t_s: float) -> float:
        """Begin a spot measurement; return when it starts."""
        if self.settings.on_auto:
            self.switch_output(t_s, on=True)
        return max(t_s, self.drive.closed_since) + self._wait_s

    def spot_rows(self, start_s: float) -> Array:
        """Return the row of a spot measurement that started at start_s."""
        self._spots += 1
        return self.readings(2 * self._spots + 1, start_s, self.settings.window_s, 0, 1, self.settings.window_s)

    def readings(
        self, record: int, start_s: float, interval_s: float, first: int, count: int, aperture_s: float
    ) -> Array:
        """Return rows of readings in the order of `COLUMNS`."""
        s, e = self.settings, self.electronics
        time = start_s + np.arange(first, first + count, dtype=np.float64) * interval_s
        through, held, limited, programmed = self._limits(time, start_s, interval_s, first, aperture_s)
        ranges = self._ranges(through * held)
        scatter = self._noise.normal(2 * record, first, count)
        current = np.empty(count)
        for full_scale in np.unique(ranges):
            here = ranges == full_scale
            current[here] = e.converted(
                (through * held)[here], scatter[here], float(full_scale), aperture_s, digitizer=False
            )
        beyond = np.abs(current) >= OVERFLOW
        current[beyond] = np.copysign(OVERFLOW, through[beyond])
        scale_V = s.voltage.range if s.function == "VOLT" else e.voltage_range(s.compliance_V)
        voltage = self.drive.level_at(time) * held + e.readback_noise * scale_V * self._noise.normal(
            2 * record + 1, first, count
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            resistance = np.where((current != 0.0) & ~beyond, voltage / current, NOT_A_NUMBER)
        status = np.where(limited, IN_COMPLIANCE, 0.0) + np.where(beyond, OVER_RANGE, 0.0)
        status += OVER_TEMPERATURE if self.overheated else 0.0
        return np.column_stack([voltage, current, resistance, time - self.timer_zero_s, status, programmed])

    def _limits(
        self, time: Array, start_s: float, interval_s: float, first: int, aperture_s: float
    ) -> tuple[Array, Array, NDArray[np.bool_], Array]:
        """Return the current of readings, by which share its limit reduces it, whether it does, and what is sourced."""
        s, driven, count = self.settings, self.overdriven & self.output_on, len(time)
        if s.function == "CURR":
            programmed = self._currents_at(time)
            if self.output_on:
                for at, level in zip(time.tolist(), programmed.tolist(), strict=True):
                    self._regulator.regulate(at, aperture_s, level, s.compliance_V)
            through = self.drive.readings(start_s, interval_s, first, count, aperture_s)
            limited = (np.abs(self.drive.level_at(time)) > _AT_LIMIT * s.compliance_V) | driven
            return through, np.ones(count), limited, programmed
        through = self.drive.readings(start_s, interval_s, first, count, aperture_s)
        limited = (np.abs(through) > s.compliance_A) | driven
        held = np.where(limited, s.compliance_A / np.maximum(np.abs(through), s.compliance_A), 1.0)
        return through, held, limited, self.drive.level_at(time)

    def _ranges(self, current: Array) -> Array:
        s, e = self.settings, self.electronics
        if not s.auto_current_range:
            return np.full(len(current), s.current_range_A)
        scales = np.asarray(e.current_ranges_A)
        # Bounds of the automatic range: 1 uA and the largest after *RST (p. 2-17).
        at = np.searchsorted(scales * e.overrange, np.abs(current))
        chosen: Array = np.clip(scales[np.minimum(at, len(scales) - 1)], s.lowest_auto_A, s.highest_auto_A)
        return chosen
