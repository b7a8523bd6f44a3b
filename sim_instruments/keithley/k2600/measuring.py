"""Measurements of a channel: what it reads, and when a reading is ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.frontend.electronics import OVERFLOW as SHARED_OVERFLOW
from sim_instruments.keithley.k2600.buffers import AUTORANGED, COMPLIANCE, FOUR_WIRE, OVERTEMPERATURE, Rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sim_instruments.frontend.electronics import Electronics, Noise
    from sim_instruments.frontend.response import Drive
    from sim_instruments.keithley.k2600.buffers import ReadingBuffer

    Array = NDArray[np.float64]

OVERFLOW = 9.91e37  # what a reading beyond its range returns
FUNCTIONS = {"i": "Current", "v": "Voltage", "r": "Resistance", "p": "Power"}
# Of a reading beyond its aperture, s: a public script notes that a point of 0.002 line cycles takes more than 66 us.
OVERHEAD_S = 26e-6


@dataclass(frozen=True)
class Conditions:
    """Under which settings readings are made; one object as long as they do not change."""

    aperture_s: float
    duration_s: float
    current_range_A: float
    lowest_range_A: float
    voltage_range_V: float
    source_range: float
    limit_A: float
    current_source_A: float | None
    four_wire: bool
    autoranged: bool
    hot: bool
    output_on: bool
    relative_to: tuple[tuple[str, float], ...] = ()
    """By function, what is subtracted from a reading: the relative offset."""

    @property
    def status(self) -> int:
        """Bits that all of its readings have."""
        bits = ((OVERTEMPERATURE, self.hot), (AUTORANGED, self.autoranged), (FOUR_WIRE, self.four_wire))
        return sum(bit for bit, is_set in bits if is_set)


@dataclass(frozen=True)
class Taken:
    """A reading that was begun: where it goes, function by function."""

    begun_s: float
    conditions: Conditions
    into: tuple[tuple[str, ReadingBuffer | None], ...]


class Converter:
    """The analogue-to-digital converter of a channel: readings are begun one by one and worked out many at a time.

    Parameters
    ----------
    drive : Drive or None
        The sample and its voltage history; None for open terminals.
    electronics : Electronics
        The analogue front end.
    noise : Noise
        Its random numbers.
    channel : int
        Which channel of the instrument.
    full : callable
        Called when a reading finds its buffer full.
    """

    def __init__(
        self, drive: Drive | None, electronics: Electronics, noise: Noise, channel: int, full: Callable[[], None]
    ) -> None:
        self._drive = drive
        self._electronics = electronics
        self._noise = noise
        self._channel = channel
        self._full = full
        self._begun: list[Taken] = []
        self._count = 0
        self.last: dict[str, float] = {}

    def begin(self, taken: Taken) -> None:
        """Begin a reading."""
        self._begun.append(taken)

    def drop(self, now_s: float) -> None:
        """Keep what is complete, forget what is not."""
        self.collect(now_s)
        self._begun.clear()

    @property
    def idle(self) -> bool:
        """Whether no reading waits to be worked out."""
        return not self._begun

    def collect(self, now_s: float) -> None:
        """Put readings that are complete into their buffers."""
        done = 0
        while done < len(self._begun):
            taken = self._begun[done]
            if taken.begun_s + taken.conditions.duration_s > now_s + 1e-9:
                break
            end, interval = self._alike(done, now_s)
            self._work_out(self._begun[done:end], interval)
            done = end
        del self._begun[:done]

    def _alike(self, first: int, now_s: float) -> tuple[int, float]:
        """Return the end of a run of complete readings of one kind at equal distances, and that distance."""
        begun, kind = self._begun, self._begun[first]
        if first + 1 >= len(begun):
            return first + 1, 1e-9
        interval = begun[first + 1].begun_s - kind.begun_s
        end = first + 1
        while (
            end < len(begun)
            and begun[end].conditions is kind.conditions
            and begun[end].into == kind.into
            and abs(begun[end].begun_s - kind.begun_s - (end - first) * interval) < 1e-8
            and begun[end].begun_s + kind.conditions.duration_s <= now_s + 1e-9
        ):
            end += 1
        return end, interval if end > first + 1 else 1e-9

    def _work_out(self, run: list[Taken], interval_s: float) -> None:
        kind = run[0].conditions
        begun = np.array([taken.begun_s for taken in run])
        number, self._count = self._count, self._count + len(run)
        through, level = self.flowing_A(begun[0], interval_s, len(run), kind.aperture_s), np.zeros(len(run))
        if self._drive is not None:
            level = self._drive.level_at(begun)
        limited = (np.abs(through) > kind.limit_A) if kind.current_source_A is None else np.zeros(len(run), dtype=bool)
        held = np.where(limited, kind.limit_A / np.maximum(np.abs(through), kind.limit_A), 1.0)
        noise = [self._noise.normal(4 * self._channel + part, number, len(run)) for part in (0, 1)]
        range_A = np.full(len(run), kind.current_range_A)
        if kind.autoranged:
            range_A = self._electronics.settled_ranges_A(through * held, kind.lowest_range_A)
        current = self._electronics.converted(through * held, noise[0], range_A, kind.aperture_s, digitizer=False)
        current[np.abs(current) >= SHARED_OVERFLOW] = OVERFLOW
        scatter = self._electronics.readback_noise * kind.voltage_range_V
        voltage = level * held + scatter * noise[1]
        status = np.where(limited, kind.status | COMPLIANCE, kind.status).astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            values = {"i": current, "v": voltage, "r": voltage / current, "p": voltage * current}
        values["r"][~np.isfinite(values["r"])] = OVERFLOW
        for function, offset in kind.relative_to:
            values[function] = np.where(values[function] == OVERFLOW, OVERFLOW, values[function] - offset)
        sourced = level if kind.current_source_A is None else np.full(len(run), kind.current_source_A)
        for function, buffer in run[0].into:
            self.last[function] = float(values[function][-1])
            ranges = np.full(len(run), kind.voltage_range_V) if function == "v" else range_A
            words = (
                FUNCTIONS[function],
                "Voltage" if kind.current_source_A is None else "Current",
                "On" if kind.output_on else "Off",
            )
            rows = Rows(values[function], begun, sourced, status, ranges, kind.source_range, words)
            if buffer is not None and not buffer.append(rows):
                self._full()

    def flowing_A(self, start_s: float, interval_s: float, count: int, aperture_s: float) -> Array:
        """Return the mean currents that the sample passes over some apertures, A."""
        if self._drive is None:
            return np.zeros(count)
        return self._drive.readings(start_s, interval_s, 0, count, aperture_s)
