"""Attempts of a run while faults come: a pulse on a resistor, or a set point and some readings."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from drivers import driver_named, open_potentiostat, open_temperature_controller
from protocols import IonechoError, Limits, Protocol, ProtocolError, PulseSequence, Sampling
from sim_instruments.lakeshore.instrument import LakeShore336
from sim_instruments.serving.injected_faults import Fault

if TYPE_CHECKING:
    from drivers import Block, DrivePlan, Potentiostat, TemperatureController, TemperatureReading
    from sim_instruments.serving.in_process import InProcess

OHM = 10_000.0
DRIVERS = {
    "b2912a": "b2911",
    "ec301": "ec301",
    "emstat-pico": "emstat-pico",
    "emstat4": "emstat4",
    "keithley2450": "keithley2450",
    "keithley2460": "keithley2460",
    "keithley2461": "keithley2461",
    "keithley2602b": "keithley2602b",
    "zahner-pp212": "zahner-pp212",
}
CONTROLLERS = ("lakeshore335", "lakeshore336")
TIMEOUT_S = 0.5
LIMIT_S = 30.0
_LEVEL_V = 0.02
_TOLERANCE_A = 3e-8  # of 2 uA: above every simulator's noise on these ranges, far below a wrong sample
_SETPOINT_K, _READINGS, _TOLERANCE_K = 310.0, 10, 0.5


def plan_for(kind: str) -> DrivePlan:
    """Return a short run that the instrument can do: one pulse of 20 mV."""
    driver = driver_named(DRIVERS[kind])
    can = driver.capabilities
    width = max(0.01, 2.0 * can.min_dwell_s)
    interval = min(max(1e-4, can.min_interval_s), can.max_interval_s)
    sequence = PulseSequence.pulse(_LEVEL_V, width, before=width, after=width)
    limits = Limits(voltage_V=0.1, current_A=1e-5)
    protocol = Protocol("faults", sequence, Sampling(interval), limits)
    try:
        return driver.plan(protocol)
    except ProtocolError:  # its shortest time is longer on this range
        return driver.plan(protocol.stretched(10.0))


class Attempt(ABC):
    """One run, with a fault or without, in a thread that can be given up.

    Parameters
    ----------
    instrument : InProcess
    device_fault, stage : str
        An instrument's own fault, and before which stage it comes; empty for none.
    """

    def __init__(self, instrument: InProcess, device_fault: str = "", stage: str = "") -> None:
        self._instrument = instrument
        self._device_fault, self._stage = device_fault, stage
        self.bytes_at: dict[str, int] = {}
        self.failure: Exception | None = None
        self.failed_at = ""

    def run(self) -> bool:
        """Do it; return whether it came to an end."""
        thread = threading.Thread(target=self._guarded, daemon=True)
        thread.start()
        thread.join(LIMIT_S)
        return not thread.is_alive()

    def _guarded(self) -> None:
        try:
            self._enter("open")
            driver = self.opened(self._instrument)
            try:
                driver.identify()
                self._enter("arm")
                self._played(driver)
                self._enter("stop")
                driver.safe_state()
                self.bytes_at["end"] = self._instrument.served.host.faults.sent
            finally:
                driver.close()
        except Exception as caught:  # noqa: BLE001 - whatever it is, the verdict says it
            self.failure = caught

    def _enter(self, stage: str) -> None:
        self.failed_at = stage
        host = self._instrument.served.host
        self.bytes_at[stage] = host.faults.sent
        if stage == self._stage:
            self._instrument.do(lambda: host.inject([Fault(self._device_fault)]))

    @staticmethod
    @abstractmethod
    def opened(instrument: InProcess) -> Any:
        """Return a driver on a fresh session."""

    @abstractmethod
    def _played(self, driver: Any) -> None:
        """Arm, run and read."""

    @property
    @abstractmethod
    def n_given(self) -> int:
        """How many values the driver gave."""

    @abstractmethod
    def n_wrong(self) -> int:
        """Return how many values without a flag are not the truth."""


class PulseAttempt(Attempt):
    """A pulse on a resistor."""

    def __init__(self, instrument: InProcess, plan: DrivePlan, device_fault: str = "", stage: str = "") -> None:
        super().__init__(instrument, device_fault, stage)
        self._plan = plan
        self._blocks: list[Block] = []

    @staticmethod
    def opened(instrument: InProcess) -> Potentiostat:  # noqa: D102
        return open_potentiostat(instrument.resource, TIMEOUT_S)

    def _played(self, driver: Potentiostat) -> None:
        driver.arm(self._plan)
        self._enter("run")
        driver.start()
        deadline = time.monotonic() + 1.2 * self._plan.duration_s + 5.0
        while (block := driver.read()) is not None:
            if len(block):
                if not self._blocks:
                    self._enter("read")
                self._blocks.append(block)
            elif time.monotonic() > deadline:
                raise IonechoError("the instrument does not come to its end")
            else:
                time.sleep(0.002)

    @property
    def n_given(self) -> int:  # noqa: D102
        return sum(len(block) for block in self._blocks)

    def n_wrong(self) -> int:  # noqa: D102
        wrong = 0
        for block in self._blocks:
            expected = self._plan.sequence.voltage_at(block.t_s) / OHM
            # A sample at an edge may be on either side of it by the instrument's own jitter.
            edges = self._plan.sequence.jumps()[0]
            near = (
                np.min(np.abs(block.t_s[:, None] - edges), axis=1) < self._plan.aperture_s + self._plan.jitter_s + 1e-4
            )
            judged = (block.status == 0) & ~near
            wrong += int(np.count_nonzero(~(np.abs(block.current_A - expected)[judged] < _TOLERANCE_A)))
        return wrong


class HeatingAttempt(Attempt):
    """A set point above room temperature, and some readings on the way."""

    def __init__(self, instrument: InProcess, device_fault: str = "", stage: str = "") -> None:
        super().__init__(instrument, device_fault, stage)
        self._readings: list[tuple[TemperatureReading, float]] = []

    @staticmethod
    def opened(instrument: InProcess) -> TemperatureController:  # noqa: D102
        return open_temperature_controller(instrument.resource, TIMEOUT_S)

    def _played(self, driver: TemperatureController) -> None:
        driver.set_setpoint(_SETPOINT_K)
        self._enter("run")
        for number in range(_READINGS):
            if number == _READINGS // 2:
                self._enter("read")
            reading = driver.read()
            self._readings.append((reading, self._sensor_K()))
            time.sleep(0.01)

    def _sensor_K(self) -> float:
        device = self._instrument.served.host.device
        assert isinstance(device, LakeShore336)  # noqa: S101 - of which a 335 is one
        found: list[float] = []
        self._instrument.do(lambda: found.append(device.cryostat.sensor_K(device.update())))
        return found[0]

    @property
    def n_given(self) -> int:  # noqa: D102
        return len(self._readings)

    def n_wrong(self) -> int:  # noqa: D102
        return sum(
            abs(reading.temperature_K - truth_K) > _TOLERANCE_K or reading.setpoint_K != _SETPOINT_K or reading.stable
            for reading, truth_K in self._readings
        )


def attempt_on(instrument: InProcess, kind: str, device_fault: str = "", stage: str = "") -> Attempt:
    """Return what is tried on an instrument of some kind."""
    if kind in CONTROLLERS:
        return HeatingAttempt(instrument, device_fault, stage)
    return PulseAttempt(instrument, plan_for(kind), device_fault, stage)
