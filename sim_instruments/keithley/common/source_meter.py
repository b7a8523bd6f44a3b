"""A source-measure unit between its commands and its sample: source, ranges, readings, buffers, output.

One file over 400 lines on purpose: source, ranges, readings and output of the instrument change one state together.
"""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.core.clock import PacedClock
from sim_instruments.frontend.current_regulator import CurrentRegulator
from sim_instruments.frontend.electronics import OVERFLOW, Electronics, Noise
from sim_instruments.frontend.response import PANEL, Drive
from sim_instruments.keithley.common.buffers import (
    DIGITIZER,
    FRONT_TERMINALS,
    QUESTIONABLE,
    SOURCE_FOUR_WIRE,
    SOURCE_LIMITED,
    SOURCE_OUTPUT_ON,
    SOURCE_READBACK,
    START_GROUP,
    ReadingBuffer,
    Readings,
)
from sim_instruments.keithley.common.settings import MeasureSettings, Record, SourceSettings
from sim_instruments.keithley.common.trigger_events import TriggerEvents
from sim_instruments.keithley.common.trigger_model import ConfigRecall, ConfigStep, TakeReadings, TriggerModel
from sim_instruments.scpi.status import ScpiError, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sim_instruments.core.clock import Clock
    from sim_instruments.sample.cell import Cell
    from sim_instruments.sample.contacts import Contacts

    Array = NDArray[np.float64]

RELAY_S = 0.015  # 2461 reference manual p. 2-82: the output relay settles in some 15 ms
UNITS = {"CURR": "Amp", "VOLT": "Volt", "RES": "Ohm"}
_DEFAULT_BUFFERS = ("defbuffer1", "defbuffer2")
_DEFAULT_SIZE = 100_000  # p. 3-9
# Readings that are made at a time: bounds the time in which a client waits for its answer.
_FILL_SLICE = 4 * PANEL
_REGULATED_SLICE = 32
"""The same of a source of current, which chooses its voltage for each of them."""
# Settings of the source that readings in progress are made with.
_OF_READINGS = ("function", "limit_A", "limit_V", "level_A", "read_back")


class SourceMeter:
    """A source-measure unit on a cell; it is the Machine of its own trigger model.

    Nothing runs by itself: `update` brings everything to the clock's present, block by block and reading by reading,
    so that the same commands at the same instrument times give the same record whatever the polling.

    While the current is limited, readings are clamped to the limit; the cell's history continues as if the full voltage
    were applied (an approximation: a limited run ends anyway).

    Parameters
    ----------
    clock : Clock
        Time base.
    cell : Cell
        The sample.
    electronics : Electronics
        The analogue front end.
    seed : int
        Of the noise.
    source, measure : optional
        The model's settings after ``*RST``.
    status : Status, optional
        Its status registers.
    """

    def __init__(
        self,
        clock: Clock,
        cell: Cell,
        electronics: Electronics,
        seed: int = 0,
        source: SourceSettings | None = None,
        measure: MeasureSettings | None = None,
        *,
        status: Status | None = None,
    ) -> None:
        self.clock = PacedClock(clock)
        self.electronics = electronics
        self._defaults = source or SourceSettings(), measure or MeasureSettings()
        self.status = status or Status()
        self.drive = Drive(cell, electronics.response_s)
        self._noise = Noise(seed)
        self._record: Record | None = None
        self._records = 0
        self._level_changed = True
        self._regulator = CurrentRegulator(self.drive)
        self.events = TriggerEvents()
        self.overdriven = False  # something else draws more current than any limit
        self.interlock_closed = True
        self.off_resets_sense = True
        self.front = True  # terminals
        self.output_on = False
        self._bias: SourceSettings | None = None
        self._use_defaults()

    def reset(self) -> None:
        """Do as ``*RST``: output off, default settings, no lists, no user buffers."""
        self.abort()
        self.switch_output(self.clock.now(), on=False)
        self._use_defaults()

    def _use_defaults(self) -> None:
        self.source, self.measure = copy.deepcopy(self._defaults)
        self.measure.overhead_s = self.electronics.reading_overhead_s
        self.off_modes = {"VOLT": "NORM", "CURR": "NORM"}
        self.source_lists: dict[str, list[SourceSettings]] = {}
        self.measure_lists: dict[str, list[MeasureSettings]] = {}
        self.buffers = {name: ReadingBuffer(name, _DEFAULT_SIZE, continuous=True) for name in _DEFAULT_BUFFERS}
        self.active_buffer = _DEFAULT_BUFFERS[0]
        self.trigger_model = TriggerModel(self)
        self.events.reset()

    def prepare(self) -> None:
        """Compute the cell's step response now, not with the first reading."""
        self._regulator.reading_per_volt(1e-5)

    # -- time ---------------------------------------------------------------------------------------------------------

    def update(self) -> float:
        """Bring trigger model and buffers to the present; return it, in instrument seconds.

        What cannot be worked out in time is left for later: the present is then what has been reached.
        """
        now, over = self.clock.now(), self.clock.turn()
        reached = -math.inf
        while True:
            due = min(now, self.trigger_model.due_s)
            reached = max(reached, self._collect(due, over))
            if reached < due or (self.trigger_model.due_s <= now and over()):
                self.clock.fall_behind(reached)
                return reached
            self.trigger_model.advance(due)
            if self.trigger_model.due_s > now:
                return now

    @property
    def busy(self) -> bool:
        """Whether an overlapped operation is running."""
        return self.trigger_model.running or self._record is not None

    def require_idle(self) -> float:
        """Return the present, instrument seconds; refuse if readings or a trigger model go on (p. 3-128)."""
        now = self.update()
        if self.busy:
            raise ScpiError(-221, "the trigger model is running")
        return now

    # -- source -------------------------------------------------------------------------------------------------------

    def change_source(self, **changes: object) -> None:
        """Change source settings now, by field name of `SourceSettings`."""
        now = self.require_idle()
        changed = (self._bias or self.source).copied()
        for name, value in changes.items():
            setattr(changed, name, value)
        self._use_source(now, changed)

    def _use_source(self, t_s: float, settings: SourceSettings) -> None:
        if settings.auto_range:
            settings.range_V = self.electronics.voltage_range(settings.level_V)
        elif abs(settings.level_V) > settings.range_V * self.electronics.overrange:
            raise ScpiError(-222, f"{settings.level_V:g} V does not fit the {settings.range_V:g} V range")
        if settings.auto_range_A:
            settings.range_A = self.electronics.current_range(settings.level_A)
        elif abs(settings.level_A) > settings.range_A * self.electronics.overrange:
            raise ScpiError(-222, f"{settings.level_A:g} A does not fit the {settings.range_A:g} A range")
        before, self._bias = self.source, None
        if any(getattr(settings, name) != getattr(before, name) for name in _OF_READINGS):
            self._collect(t_s)  # readings that are complete keep what was set when they were made
        self._level_changed |= (settings.level_V, settings.level_A) != (before.level_V, before.level_A)
        if self.output_on and settings.function != before.function:
            self.source = before
            self.switch_output(t_s, on=False)  # as on the front panel: another function, output off (assumed)
        self.source = settings
        if self.output_on and settings.function == "VOLT":
            self.drive.set_level(t_s, self._sourced_V())

    def switch_output(self, t_s: float, *, on: bool) -> None:
        """Switch the output at t_s. On some models every off state resets sensing to 2-wire (2461: p. 2-82)."""
        if on == self.output_on:
            return
        self._collect(t_s)
        self.output_on = on
        if self._bias is not None:
            self.source, self._bias = self._bias, None
        if on:
            level = self._first_level_V()
            if self._record is None:
                self.drive.forget_before(t_s)
            self.drive.disconnect(t_s)
            # Only high impedance opens the relay; what the other off states did to the cell at 0 V is forgotten.
            self.drive.connect(t_s + RELAY_S if self.off_modes["VOLT"] == "HIMP" else t_s, level)
            self._level_changed = True
        else:
            self.measure.four_wire &= not self.off_resets_sense
            if self.off_modes["VOLT"] == "HIMP":
                self.drive.disconnect(t_s)
            else:
                self.drive.set_level(t_s, 0.0)  # NORMal, ZERO and GUARd keep the cell at 0 V

    def switch_pulse(self, t_s: float, *, on: bool) -> None:
        """Begin a pulse at t_s, or return to the bias level.

        "If the source output is not on, a pulse is not generated" (2461: p. 6-207). Settings that are recalled or
        changed during a pulse end it (assumed).
        """
        if not on and self._bias is not None:
            self._use_source(t_s, self._bias)
        elif on and self.output_on and self._bias is None:
            bias = self.source
            self._use_source(t_s, bias.copied().at_pulse())
            self._bias = bias

    def _first_level_V(self) -> float:
        """Return at which voltage the cell is when the output goes on: a current source starts at 0 V."""
        source = self.source
        return self._sourced_V() if source.function == "VOLT" else 0.0

    def _sourced_V(self) -> float:
        """Return what the voltage source makes of its level: no more than overvoltage protection allows (p. 8-189)."""
        source = self.source
        level = self.electronics.sourced_V(source.level_V, source.range_V)
        return min(max(level, -source.protection_V), source.protection_V)

    @property
    def protected(self) -> bool:
        """Whether the overvoltage protection holds the source back now."""
        source = self.source
        level = source.level_V if source.function == "VOLT" else source.limit_V
        return self.output_on and abs(level) > source.protection_V

    def limited(self, t_s: float) -> bool:
        """Return whether the limit holds the source back at t_s."""
        if not self.output_on:
            return False
        if self.source.function == "CURR":
            if self._record is None:
                self._regulate(t_s, 1e-5)
            # Levels are sums of steps: at the limit they are it but for rounding.
            return bool(abs(self.drive.level_at(np.array([t_s]))[0]) >= self.source.limit_V * (1.0 - 1e-9))
        return self.overdriven or abs(self._flowing_A(t_s, 1e-5)) > self.source.limit_A

    def _flowing_A(self, t_s: float, aperture_s: float) -> float:
        # The interval to further readings that nobody takes is short, so that almost every step is an old one.
        return float(self.drive.readings(t_s, 1e-9, 0, 1, aperture_s)[0])

    def _regulate(self, t_s: float, aperture_s: float) -> None:
        """Let a current source choose its voltage for a reading that starts at t_s."""
        if self.output_on and self.source.function == "CURR":
            limit_V = min(self.source.limit_V, self.source.protection_V)
            self._regulator.regulate(t_s, aperture_s, self.source.level_A, limit_V)

    def sample_ohm(self) -> float:
        """Return the sample's resistance as a reading of the present kind would find it, ohm."""
        return 1.0 / self._regulator.reading_per_volt(self.measure.aperture_s)

    @property
    def contacts(self) -> Contacts:
        """How the sample is clipped in."""
        return self.drive.cell.contacts

    def overrun(self) -> None:
        """Let the buffer that is being filled be full."""
        if self._record is not None:
            self._record.buffer.close()
            self._record = None

    # -- configuration lists ------------------------------------------------------------------------------------------

    def list_size(self, name: str) -> int:
        """Return how many points a configuration list holds."""
        return len(self.measure_lists[name] if name in self.measure_lists else self.source_list(name))

    def source_list(self, name: str) -> list[SourceSettings]:
        """Return a source configuration list."""
        if name not in self.source_lists:
            raise ScpiError(-224, f"no source configuration list {name!r}")
        return self.source_lists[name]

    def store(self, name: str, index: int | None) -> None:
        """Keep the active source settings at a point of a list (from 1), at its end by default."""
        points = self.source_list(name)
        index = len(points) + 1 if index is None else index
        if not 1 <= index <= len(points) + 1:
            raise ScpiError(-222, f"index {index} of {name!r}")
        points[index - 1 : index] = [self.source.copied()]

    def recall(self, t_s: float, name: str, index: int) -> None:
        """Make the settings at a point of a list (from 1) the active ones at t_s."""
        if name in self.measure_lists:
            self.recall_measure(name, index)
            return
        points = self.source_list(name)
        if not 1 <= index <= len(points):
            raise ScpiError(-222, f"index {index} of {name!r}")
        self._use_source(t_s, points[index - 1].copied())

    def measure_list(self, name: str) -> list[MeasureSettings]:
        """Return a measure configuration list."""
        if name not in self.measure_lists:
            raise ScpiError(-224, f"no measure configuration list {name!r}")
        return self.measure_lists[name]

    def store_measure(self, name: str, index: int | None) -> None:
        """Keep the active measure settings at a point of a list (from 1), at its end by default."""
        points = self.measure_list(name)
        index = len(points) + 1 if index is None else index
        if not 1 <= index <= len(points) + 1:
            raise ScpiError(-222, f"index {index} of {name!r}")
        points[index - 1 : index] = [copy.deepcopy(self.measure)]

    def recall_measure(self, name: str, index: int) -> None:
        """Make the measure settings at a point of a list (from 1) the active ones."""
        points = self.measure_list(name)
        if not 1 <= index <= len(points):
            raise ScpiError(-222, f"index {index} of {name!r}")
        self.measure = copy.deepcopy(points[index - 1])

    def user_delay_s(self, kind: str, number: int) -> float:
        """Return user delay 1 to 5 of the source (SOUR) or of the measure function (MEAS)."""
        return (self.source if kind == "SOUR" else self.measure).user_delays_s[number - 1]

    # -- buffers ------------------------------------------------------------------------------------------------------

    def buffer(self, name: str) -> ReadingBuffer:
        """Return a reading buffer by name."""
        if name not in self.buffers:
            raise ScpiError(-224, f"no buffer {name!r}")
        return self.buffers[name]

    def clear_buffer(self, t_s: float, name: str) -> None:
        """Forget the readings of a buffer, those complete at t_s included."""
        self._collect(t_s)
        self.buffer(name).clear()

    def post_event(self, number: int) -> None:
        """Tell the status registers of an event (p. C-10)."""
        self.status.post_event(number)

    def notify(self, number: int, t_s: float) -> None:
        """Let notify event 1 to 8 happen at t_s."""
        self.events.fire(f"NOTIFY{number}", t_s)

    def next_event_s(self, event: str, t_s: float, *, only_new: bool) -> float | None:
        """Return when who waits for an event from t_s on may go on; None if it will not come by itself."""
        return self.events.next_time_s(event, t_s, only_new=only_new)

    @property
    def due_s(self) -> float:
        """When something happens next: a trigger block, or the last of some readings, instrument seconds."""
        due, record = self.trigger_model.due_s, self._record
        if record is not None and record.count is not None:
            due = min(due, record.begun_s(record.count - 1) + record.aperture_s)
        return due

    def post_error(self, error: ScpiError) -> None:
        """Queue the error of a block that could not be executed."""
        self.status.post_error(error)

    # -- readings -----------------------------------------------------------------------------------------------------

    def start_model(self) -> None:
        """Do as ``:INITiate``."""
        now = self.update()
        model = self.trigger_model
        if self.busy:
            raise ScpiError(-213)
        if not model.blocks:
            raise ScpiError(-213, "the trigger model is empty")
        kinds = {block.digitize for block in model.blocks if isinstance(block, TakeReadings)}
        if len(kinds) > 1:
            raise ScpiError(-221, "measure and digitize blocks in one trigger model")  # p. 6-202
        if kinds == {True} and self.measure.digitize is None:
            raise ScpiError(-221, "select a digitize function before a digitize block")  # p. 6-202
        if kinds == {False} and self.measure.digitize is not None:
            raise ScpiError(-221, "select a measure function before a measure block")
        for block in model.blocks:
            if isinstance(block, ConfigRecall | ConfigStep) and not self.list_size(block.config_list):
                raise ScpiError(-221, f"configuration list {block.config_list!r} is empty")
        self.events.clear()
        model.start(now)
        self.update()

    def abort(self) -> None:
        """Do as ``:ABORt``."""
        now = self.update()
        self.trigger_model.abort(now)
        self.stop_readings(now)

    def take_readings(self, t_s: float, name: str, count: int | None, *, digitize: bool) -> float:
        """Start readings into a buffer at t_s, None for no end; return how long they take (0 if endless), s."""
        self.stop_readings(t_s)
        if self.buffer(name).writable:
            raise ScpiError(-221, f"{name} is writable: it takes no readings of the instrument")  # p. 6-166
        self.active_buffer = name
        m = self.measure
        function = m.digitize if digitize and m.digitize else m.function
        wait = 0.0
        if not digitize and self._level_changed:
            wait = 0.0 if self.source.auto_delay else self.source.delay_s  # autodelay is assumed 0
        self._level_changed = False
        if not digitize:
            wait = max(wait, self.drive.closed_since - t_s)  # a measurement waits for the output relay (assumed)
            if self.source.function == "CURR":
                wait = max(wait, self.drive.closed_since + self._regulator.settling_s - t_s)
        start = t_s + wait
        range_A = m.digitize_range_A if digitize else m.current_range_A
        if not digitize and m.auto_range:
            # The range follows the current that flows when the readings begin.
            self._regulate(start, m.aperture_s)
            flowing = np.array([self._flowing_A(start, m.aperture_s)])
            range_A = m.current_range_A = float(self.electronics.settled_ranges_A(flowing)[0])
        self._record = Record(
            self._records,
            self.buffer(name),
            start,
            m.interval_s,
            m.aperture_s,
            count,
            function,
            digitize,
            range_A,
            automatic=m.auto_range and not digitize,
        )
        self._records += 1
        return 0.0 if count is None else wait + count * m.interval_s

    def stop_readings(self, t_s: float) -> None:
        """End readings at t_s; those complete by then are kept."""
        self._collect(t_s)
        self._record = None

    def _collect(self, t_s: float, over: Callable[[], bool] = lambda: False) -> float:
        """Put the readings that are complete at t_s into their buffer; return up to when, if it is over before."""
        record = self._record
        if record is None:
            return t_s
        available = record.complete_at(t_s)
        at_once = _FILL_SLICE if self.source.function == "VOLT" else _REGULATED_SLICE
        while record.taken < available:
            if record.taken and over():
                return record.begun_s(record.taken)
            count = min(available - record.taken, at_once)
            stored = record.buffer.append(self._readings(record, record.taken, count))
            record.taken += count
            if not stored:
                self.status.post_error(ScpiError(4915))
                self._record = None
                return t_s
        if record.taken == record.count:
            self._record = None
        return t_s

    def _readings(self, record: Record, first: int, count: int) -> Readings:
        source = self.source
        time = record.start_s + np.arange(first, first + count, dtype=np.float64) * record.interval_s
        if source.function == "CURR":
            for start in time.tolist():
                self._regulate(start, record.aperture_s)
        through = self.drive.readings(record.start_s, record.interval_s, first, count, record.aperture_s)
        voltage = self.drive.level_at(time)
        if self.overdriven:
            through = np.copysign(2.0 * source.limit_A, through)
        if source.function == "VOLT":
            programmed, limited = voltage, np.abs(through) > source.limit_A
            if limited.any():
                held = np.where(limited, source.limit_A / np.maximum(np.abs(through), source.limit_A), 1.0)
                through, voltage = through * held, voltage * held
        else:
            programmed, limited = np.full(count, source.level_A), np.abs(voltage) >= source.limit_V * (1.0 - 1e-9)
        noise = self._noise.normal(2 * record.number, first, count)
        range_A: float | Array = record.range_A
        if record.automatic:
            range_A = self.electronics.settled_ranges_A(through)
            self.measure.current_range_A = float(range_A[-1])
        current = self.electronics.converted(through, noise, range_A, record.aperture_s, digitizer=record.digitizer)
        if record.function != "CURR" or (source.read_back and source.function == "VOLT"):
            scatter = self._noise.normal(2 * record.number + 1, first, count)
            voltage = voltage + self.electronics.readback_noise * source.range_V * scatter
        measured = voltage if source.function == "VOLT" else current
        reading = self._in_function(record.function, current, voltage)
        status, source_status = self._status_of(record, reading, limited)
        if first == 0:
            status[0] |= START_GROUP
        return Readings(
            reading,
            time,
            measured if source.read_back else programmed,
            status,
            source_status,
            UNITS[record.function],
            UNITS[source.function],
        )

    def _status_of(
        self, record: Record, reading: Array, limited: NDArray[np.bool_]
    ) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
        """Return the status bits of measurement and source of some readings."""
        word = (DIGITIZER if record.digitizer else 0) | (FRONT_TERMINALS if self.front else 0)
        status = np.full(len(reading), word, dtype=np.uint16)
        beyond = np.abs(reading) >= OVERFLOW
        if beyond.any():
            status[beyond] |= QUESTIONABLE
        bits = (SOURCE_READBACK if self.source.read_back else 0) | (SOURCE_FOUR_WIRE if self.measure.four_wire else 0)
        source_status = np.full(len(reading), bits | (SOURCE_OUTPUT_ON if self.output_on else 0), dtype=np.uint8)
        if limited.any():
            source_status[limited] |= SOURCE_LIMITED
        return status, source_status

    @staticmethod
    def _in_function(function: str, current: Array, voltage: Array) -> Array:
        if function == "CURR":
            return current
        if function == "VOLT":
            return voltage
        with np.errstate(divide="ignore", invalid="ignore"):
            resistance = voltage / current
        return np.where(np.isfinite(resistance) & (np.abs(current) < OVERFLOW), resistance, OVERFLOW)
