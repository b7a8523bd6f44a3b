"""A channel of a 2602B: source, output, measurements, trigger model.

Series 2600B Reference Manual (2600BS-901-01 Rev. F): trigger model p. 4-3 ff., commands in
section 9 under their names.

The trigger model has its blocks and event detectors, synchronous and asynchronous measurement. Assumed: its blocks take
no time (a pass through the trigger layer that waits for nothing takes 10 us), a measurement takes its aperture and
26 us more (automatic zero makes it three apertures), the output relay 5 ms, and current sourcing is quasi-static: the
voltage jumps to what drives the current through the sample's dc resistance.

One file over 400 lines on purpose: source, measurement and trigger model of a channel change one state together.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field
from itertools import count as counter
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.frontend.electronics import Electronics
from sim_instruments.keithley.k2600.buffers import DEDICATED_CAPACITY, ReadingBuffer
from sim_instruments.keithley.k2600.errors import TspError
from sim_instruments.keithley.k2600.measuring import OVERHEAD_S, Conditions, Converter, Taken
from sim_instruments.keithley.k2600.timeline import Detector, Process

if TYPE_CHECKING:
    from collections.abc import Generator

    from sim_instruments.frontend.electronics import Noise
    from sim_instruments.frontend.response import Drive
    from sim_instruments.keithley.k2600.errors import ErrorQueue
    from sim_instruments.keithley.k2600.timeline import Timeline

# Mains frequency, relay time and the shortest pass of a trigger layer (assumed).
LINE_HZ = 60.0
_RELAY_S = 0.005
_SHORTEST_PASS_S = 10e-6
# Values of the constants of the TSP language (manual section 9).
DC_AMPS, DC_VOLTS = 0, 1
OFF_NORMAL, OFF_ZERO, OFF_HIGH_Z = 0, 1, 2
DISABLE, ENABLE, ASYNC = 0, 1, 2
SOURCE_IDLE, SOURCE_HOLD = 0, 1
AUTOZERO_AUTO = 2
FILTER_REPEAT_AVG = 1
LIMIT_AUTO = 0.0

# Ranges and source resolution: 2600B data sheet. Assumed: noise (4e-4 of range at 1 us, white), settling of 10 us.
KEITHLEY_2602B = Electronics(
    current_ranges_A=(100e-9, 1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0, 3.0),
    voltage_steps={0.1: 5e-6, 1.0: 50e-6, 6.0: 50e-6, 40.0: 500e-6},
    response_s=10e-6,
    noise_1us=4e-4,
    overrange=1.02,
)

# What the trigger model tells: event name and place in the block of event numbers of a channel (numbers assumed).
EVENTS = {
    "SWEEPING_EVENT_ID": 1,
    "ARMED_EVENT_ID": 2,
    "SOURCE_COMPLETE_EVENT_ID": 3,
    "MEASURE_COMPLETE_EVENT_ID": 4,
    "PULSE_COMPLETE_EVENT_ID": 5,
    "SWEEP_COMPLETE_EVENT_ID": 6,
    "IDLE_EVENT_ID": 7,
}


@dataclass
class Source:
    """Source settings with their reset values (``smuX.source``)."""

    func: int = DC_VOLTS
    levelv: float = 0.0
    leveli: float = 0.0
    rangev: float = 0.1
    rangei: float = 100e-9
    autorangev: int = 1
    autorangei: int = 1
    limitv: float = 40.0
    limiti: float = 1.0
    delay: float = 0.0
    offmode: int = OFF_NORMAL
    offfunc: int = DC_VOLTS
    offlimiti: float = 1e-3
    offlimitv: float = 40.0
    highc: int = 0
    settling: int = 0
    sink: int = 0


@dataclass
class Measure:
    """Measure settings with their reset values (``smuX.measure``)."""

    rangei: float = 100e-3
    rangev: float = 1.0
    autorangei: int = 1
    autorangev: int = 1
    lowrangei: float = 100e-9
    lowrangev: float = 0.1
    nplc: float = 1.0
    autozero: int = AUTOZERO_AUTO
    delay: float = 0.0
    count: int = 1
    interval: float = 0.0
    filter_enable: int = 0
    filter_count: int = 1
    filter_type: int = FILTER_REPEAT_AVG
    relative_on: dict[str, int] = field(default_factory=lambda: dict.fromkeys("ivrp", 0))
    relative_level: dict[str, float] = field(default_factory=lambda: dict.fromkeys("ivrp", 0.0))

    @property
    def conversions(self) -> int:
        """Of which a reading is the mean. Only the repeating filter is modelled; the others change nothing."""
        return self.filter_count if self.filter_enable and self.filter_type == FILTER_REPEAT_AVG else 1


@dataclass
class Sweep:
    """What the trigger model is told to do (``smuX.trigger``)."""

    arm_count: int = 1
    count: int = 1
    source_action: int = DISABLE
    source_kind: str = "v"
    source_values: list[float] = field(default_factory=list)
    source_limiti: float = LIMIT_AUTO
    source_limitv: float = LIMIT_AUTO
    measure_action: int = DISABLE
    measure_into: tuple[tuple[str, ReadingBuffer | None], ...] = ()
    endpulse_action: int = SOURCE_HOLD
    endsweep_action: int = SOURCE_IDLE
    autoclear: int = 0


class Channel:
    """One source-measure unit.

    Parameters
    ----------
    timeline : Timeline
        Instrument time.
    drive : Drive or None
        What is connected to its terminals; None for nothing.
    noise : Noise
        Random numbers.
    number : int
        1 for channel a, 2 for b.
    errors : ErrorQueue
        Where errors go that arise in the background.
    """

    def __init__(self, timeline: Timeline, drive: Drive | None, noise: Noise, number: int, errors: ErrorQueue) -> None:
        self._timeline = timeline
        self.drive = drive
        self._errors = errors
        self._number = number
        self.electronics = KEITHLEY_2602B
        self.converter = Converter(drive, self.electronics, noise, number, self._buffer_full)
        self.nvbuffers = [ReadingBuffer(DEDICATED_CAPACITY, self.collect) for _ in range(2)]
        self.detectors = {name: Detector(timeline) for name in ("arm", "source", "measure", "endpulse")}
        self._processes: list[Process] = []
        self.sweeping = False
        self.hot = False
        self.blocked = False
        self.output = 0
        self._measuring_until = 0.0
        self._swept = False
        self._use_defaults()

    def _use_defaults(self) -> None:
        self.source, self.measure, self.sweep = Source(), Measure(), Sweep()
        self.sense = 0
        self._swept = False
        self._conditions: Conditions | None = None
        for detector in self.detectors.values():
            detector.stimulus = 0
            detector.clear()

    def reset(self) -> None:
        """Do as ``smuX.reset()``: output off, default settings; buffers stay, but lose their readings (assumed)."""
        self.abort()
        self.switch(on=False)
        self._use_defaults()
        for buffer in self.nvbuffers:
            buffer.clear()
            buffer.append_mode = buffer.collect_source_values = 0
            buffer.collect_timestamps = 1

    def event(self, name: str) -> int:
        """Return the number of an event of this channel."""
        return 100 * self._number + EVENTS[name]

    def _fire(self, name: str) -> None:
        self._timeline.fire(self.event(name))

    @property
    def busy(self) -> bool:
        """Whether an overlapped operation is running."""
        self._processes = [process for process in self._processes if process.running]
        return bool(self._processes)

    def collect(self) -> None:
        """Let readings that are complete into their buffers."""
        self.converter.collect(self._timeline.now)

    def _buffer_full(self) -> None:
        self._errors.post(TspError(5042))

    # -- source -------------------------------------------------------------------------------------------------------

    def set_source(self, name: str, value: float) -> None:
        """Change a source setting.

        Raises
        ------
        TspError
            If it does not fit the range, or the overlapped operation that runs.
        """
        if self.sweeping and name not in {"offmode", "offfunc"}:
            raise TspError(5018)
        source = self.source
        if name in {"levelv", "leveli"}:
            kind = name[-1]
            fixed = not getattr(source, f"autorange{kind}")
            if fixed and abs(value) > getattr(source, f"range{kind}") * 1.01:
                raise TspError(-222, f"{value:g} does not fit the source range")
        setattr(source, name, value)
        if name in {"rangev", "rangei"}:
            choose = self.electronics.voltage_range if name == "rangev" else self.electronics.current_range
            setattr(source, name, choose(value))
            setattr(source, f"auto{name}", 0)
        self._source_anew()

    def _source_anew(self) -> None:
        source = self.source
        if source.autorangev:
            source.rangev = self.electronics.voltage_range(source.levelv)
        if source.autorangei:
            source.rangei = self.electronics.current_range(source.leveli)
        self._conditions = None
        self._apply(source.levelv if source.func == DC_VOLTS else source.leveli)

    def _apply(self, level: float) -> None:
        if self.output and self.drive is not None:
            self.drive.set_level(self._timeline.now, self._voltage_for(level))

    @property
    def limit_A(self) -> float:
        """Current limit of now: that of the sweep during its source action, if it has one (Rev. C p. 7-267)."""
        return self.sweep.source_limiti if self._swept and self.sweep.source_limiti else self.source.limiti

    @property
    def limit_V(self) -> float:
        """Voltage limit of now."""
        return self.sweep.source_limitv if self._swept and self.sweep.source_limitv else self.source.limitv

    def _use_sweep_limits(self, swept: bool) -> None:
        if self._swept != swept:
            self._swept = swept
            if self.sweep.source_limiti or self.sweep.source_limitv:
                self._conditions = None

    def _voltage_for(self, level: float) -> float:
        if self.source.func == DC_VOLTS:
            return self.electronics.sourced_V(level, self.source.rangev)
        conductance = self.drive.cell.dc_conductance_S if self.drive is not None else 0.0
        voltage = level / conductance if conductance else math.copysign(math.inf, level) if level else 0.0
        return min(max(voltage, -self.limit_V), self.limit_V)

    def switch(self, *, on: bool, open_relay: bool = False) -> None:
        """Switch the output. Only the high-impedance off mode, or the state ``OUTPUT_HIGH_Z``, opens the relay."""
        if on and self.blocked:
            raise TspError(802)
        if on == bool(self.output):
            if open_relay and self.drive is not None:
                self.drive.disconnect(self._timeline.now)
            return
        now = self._timeline.now
        self.collect()
        self.output = int(on)
        self._conditions = None
        if self.drive is None:
            return
        if on:
            if self.converter.idle:
                self.drive.forget_before(now)
            self.drive.disconnect(now)
            level = self.source.levelv if self.source.func == DC_VOLTS else self.source.leveli
            delay = _RELAY_S if self.source.offmode == OFF_HIGH_Z else 0.0
            self.drive.connect(now + delay, self._voltage_for(level))
        elif open_relay or self.source.offmode == OFF_HIGH_Z:
            self.drive.disconnect(now)
        else:
            self.drive.set_level(now, 0.0)

    @property
    def compliance(self) -> bool:
        """Whether the source is held back by its limit now."""
        if not self.output:
            return False
        if self.source.func == DC_AMPS:
            return abs(self._voltage_for(self.source.leveli)) >= self.limit_V
        return abs(self._flowing_A()) > self.limit_A

    def _flowing_A(self) -> float:
        return float(self.converter.flowing_A(self._timeline.now, 1e-9, 1, 1e-5)[0])

    # -- measuring ----------------------------------------------------------------------------------------------------

    def set_measure(self, name: str, value: float) -> None:
        """Change a measure setting."""
        if self.sweeping:
            raise TspError(5018)
        self._conditions = None
        if name in {"rangei", "rangev"}:
            choose = self.electronics.current_range if name == "rangei" else self.electronics.voltage_range
            setattr(self.measure, name, choose(value))
            setattr(self.measure, f"auto{name}", 0)
        else:
            setattr(self.measure, name, value)

    def set_offset(self, function: str, part: str, value: float) -> None:
        """Change a part of the relative offset of a function: whether it is on, or its level."""
        if self.sweeping:
            raise TspError(5018)
        self._conditions = None
        getattr(self.measure, part)[function] = value

    def set_sense(self, value: int) -> None:
        """Choose local or remote sensing."""
        self.sense, self._conditions = value, None

    def _conditions_now(self) -> Conditions:
        measure, source = self.measure, self.source
        if self._conditions is None or measure.autorangei:
            aperture = measure.nplc / LINE_HZ * measure.conversions
            if measure.autorangei:
                # The range that is settled on: what flows in the aperture, not at its beginning.
                flowing = self.converter.flowing_A(self._timeline.now, 1e-9, 1, aperture)
                held = np.clip(flowing, -self.limit_A, self.limit_A) if source.func == DC_VOLTS else flowing
                measure.rangei = float(self.electronics.settled_ranges_A(held, measure.lowrangei)[0])
            if measure.autorangev:
                level = source.levelv if source.func == DC_VOLTS else source.leveli
                measure.rangev = max(self.electronics.voltage_range(self._voltage_for(level)), measure.lowrangev)
            self._conditions = Conditions(
                aperture,
                aperture * (3.0 if measure.autozero == AUTOZERO_AUTO else 1.0) + OVERHEAD_S * measure.conversions,
                measure.rangei,
                measure.lowrangei,
                measure.rangev,
                source.rangev if source.func == DC_VOLTS else source.rangei,
                self.limit_A,
                None if source.func == DC_VOLTS else source.leveli,
                self.sense == 1,
                bool(measure.autorangei),
                self.hot,
                bool(self.output),
                tuple((name, measure.relative_level[name]) for name, on in measure.relative_on.items() if on),
            )
        return self._conditions

    def start_measuring(self, into: tuple[tuple[str, ReadingBuffer | None], ...]) -> Process:
        """Begin ``measure.count`` measurements now, into buffers if given; return them."""
        if self.sweeping:
            raise TspError(5018)
        for _, buffer in into:
            if buffer is not None:
                buffer.prepare()
        process = Process(self._timeline, self._measurements(into))
        self._processes.append(process)
        process.step()
        return process

    def _measurements(
        self, into: tuple[tuple[str, ReadingBuffer | None], ...]
    ) -> Generator[float | Detector, None, None]:
        delay = max(self.measure.delay, 0.0)  # DELAY_AUTO is assumed 0
        closed = self.drive.closed_since if self.drive is not None and self.output else 0.0
        begun = max(self._timeline.now + delay, closed)
        for _ in range(self.measure.count):
            yield begun
            conditions = self._conditions_now()
            self.converter.begin(Taken(begun, conditions, into))
            self._measuring_until = begun + conditions.duration_s
            yield self._measuring_until
            begun = max(begun + self.measure.interval, begun + conditions.duration_s)

    # -- trigger model ------------------------------------------------------------------------------------------------

    def initiate(self) -> None:
        """Start a sweep.

        Raises
        ------
        TspError
            If what it needs is not configured, or an overlapped operation runs.
        """
        sweep, measure = self.sweep, self.measure
        if self.busy:
            raise TspError(5018)
        if sweep.source_action and not sweep.source_values:
            raise TspError(5046)
        if sweep.measure_action and not sweep.measure_into:
            raise TspError(5047)
        if sweep.measure_action == ASYNC and (measure.autorangei or measure.autozero == AUTOZERO_AUTO):
            raise TspError(5048)  # p. 9-264
        for detector in self.detectors.values():
            detector.clear()  # smuX.trigger.initiate()
        for _, buffer in sweep.measure_into if sweep.measure_action else ():
            if buffer is not None:
                buffer.prepare()
        self.sweeping = True
        process = Process(self._timeline, self._sweep())
        self._processes.append(process)
        process.step()

    def _sweep(self) -> Generator[float | Detector, None, None]:
        self._fire("SWEEPING_EVENT_ID")
        for _ in range(self.sweep.arm_count) if self.sweep.arm_count else counter():
            yield self.detectors["arm"]
            self._fire("ARMED_EVENT_ID")
            beside = Process(self._timeline, self._measuring_beside())
            try:
                if self.sweep.measure_action == ASYNC:
                    beside.step()
                yield from self._trigger_layer()
            finally:
                beside.cancel()
            yield self._measuring_until
            if self.sweep.endsweep_action == SOURCE_IDLE:
                self._apply(self.source.levelv if self.source.func == DC_VOLTS else self.source.leveli)
            self._fire("SWEEP_COMPLETE_EVENT_ID")
        self.sweeping = False
        self._fire("IDLE_EVENT_ID")

    def _trigger_layer(self) -> Generator[float | Detector, None, None]:
        sweep, detectors = self.sweep, self.detectors
        for index in range(sweep.count) if sweep.count else counter():
            begun = self._timeline.now
            yield detectors["source"]
            if sweep.source_action:
                self._use_sweep_limits(True)
                self._apply(sweep.source_values[index % len(sweep.source_values)])
                yield self._timeline.now + self.source.delay
                self._fire("SOURCE_COMPLETE_EVENT_ID")
            if sweep.measure_action == ENABLE:
                yield detectors["measure"]
                yield from self._measurements(sweep.measure_into)
                self._fire("MEASURE_COMPLETE_EVENT_ID")
            yield detectors["endpulse"]
            self._use_sweep_limits(False)
            if sweep.endpulse_action == SOURCE_IDLE:
                self._apply(self.source.levelv if self.source.func == DC_VOLTS else self.source.leveli)
            self._fire("PULSE_COMPLETE_EVENT_ID")
            if self._timeline.now == begun:
                yield begun + _SHORTEST_PASS_S

    def _measuring_beside(self) -> Generator[float | Detector, None, None]:
        while True:
            yield self.detectors["measure"]
            yield from self._measurements(self.sweep.measure_into)
            self._fire("MEASURE_COMPLETE_EVENT_ID")

    def abort(self) -> None:
        """End overlapped operations where they are; level and output stay (assumed)."""
        for process in self._processes:
            process.cancel()
        self._processes.clear()
        self.converter.drop(self._timeline.now)
        self.sweeping = False
        self._use_sweep_limits(False)

    # -- setups -------------------------------------------------------------------------------------------------------

    def setup(self) -> tuple[Source, Measure, int]:
        """Return a copy of the settings that a setup keeps; not sweeps (Rev. C p. 7-267: "Not saved")."""
        return copy.deepcopy((self.source, self.measure, self.sense))

    def recall(self, setup: tuple[Source, Measure, int]) -> None:
        """Use a setup: the output goes off first (assumed)."""
        self.switch(on=False)
        self.source, self.measure, self.sense = copy.deepcopy(setup)
        self._conditions = None

    # -- mishaps ------------------------------------------------------------------------------------------------------

    def limit_hard(self) -> None:
        """Let the current limit fall to its lowest."""
        self.source.limiti, self._conditions = 10e-9, None

    def heat_up(self) -> None:
        """Switch off for heat; readings are marked from now on."""
        self.switch(on=False)
        self.hot, self.blocked, self._conditions = True, True, None

    def overrun_buffer(self) -> None:
        """Let the buffers that a sweep fills have no more room."""
        for _, buffer in self.sweep.measure_into:
            if buffer is not None:
                buffer.capacity = buffer.n
