"""Electronics of the instrument's inputs and outputs: ranges, noise, bandwidth, settling."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.frontend.response import PANEL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

OVERFLOW = 9.9e37  # 2461 reference manual p. 8-166: what the remote interface returns on overrange


@dataclass(frozen=True)
class Electronics:
    """The analogue front end of a source-measure unit.

    White noise and converter steps only: no offset, no drift, no mains pick-up. Bandwidth does not depend on the
    range: one time constant stands for source and ammeter together.

    Attributes
    ----------
    current_ranges_A : tuple of float
        Full-scale values, rising.
    voltage_steps : mapping
        Full scale of each voltage range (V) and its source resolution (V).
    response_s : float
        Settling time constant of source and ammeter together.
    noise_1us : float
        White noise of a reading with 1 us aperture, as a share of the range, rms; it falls with the root of the
        aperture.
    digitizer_bits, integrator_bits : int
        Converter resolution over +-105 % of the range, for digitized and for integrated (NPLC) readings.
    readback_noise : float
        Noise of a measured source voltage, as a share of its range, rms.
    overrange : float
        Largest reading, as a share of the range.
    reading_overhead_s : float
        What an integrated reading takes besides its aperture.
    """

    current_ranges_A: tuple[float, ...]
    voltage_steps: Mapping[float, float]
    response_s: float
    noise_1us: float
    digitizer_bits: int = 18
    integrator_bits: int = 24
    readback_noise: float = 2e-6
    overrange: float = 1.05
    reading_overhead_s: float = 0.0

    def converter_step_A(self, range_A: float, *, digitizer: bool = True) -> float:
        """Return the smallest difference between two readings, A."""
        bits = self.digitizer_bits if digitizer else self.integrator_bits
        return 2.0 * self.overrange * range_A / 2.0**bits

    def noise_A(self, range_A: float, aperture_s: float, *, digitizer: bool = True) -> float:
        """Return the total rms noise of one reading: white noise and converter steps, A.

        Parameters
        ----------
        range_A : float
            Current range.
        aperture_s : float
            Averaging time of the reading.
        digitizer : bool
            Digitized, not integrated.
        """
        step = self.converter_step_A(range_A, digitizer=digitizer)
        return math.hypot(self._white_A(range_A, aperture_s), step / math.sqrt(12.0))

    def _white_A(self, range_A: float, aperture_s: float) -> float:
        return range_A * self.noise_1us * math.sqrt(1e-6 / aperture_s)

    def current_range(self, expected_A: float) -> float:
        """Return the smallest range that holds a current, A; the largest if none does."""
        fitting = [r for r in self.current_ranges_A if abs(expected_A) <= r * (1.0 + 1e-9)]
        return fitting[0] if fitting else self.current_ranges_A[-1]

    def settled_ranges_A(self, current_A: Array, smallest_A: float = 0.0) -> Array:
        """Return which range automatic ranging has settled on for each of some currents.

        That is the smallest that holds it up to its full scale: noise then fits below `overrange` (the level at which
        an instrument changes its range is assumed).

        Parameters
        ----------
        current_A : ndarray, shape (n,)
            Mean current over each aperture.
        smallest_A : float
            Lowest range that may be chosen.
        """
        ranges = np.asarray(self.current_ranges_A)
        at = np.searchsorted(ranges * (1.0 + 1e-9), np.abs(current_A))
        settled: Array = np.maximum(ranges[np.minimum(at, len(ranges) - 1)], smallest_A)
        return settled

    def voltage_range(self, expected_V: float) -> float:
        """Return the smallest voltage range that holds a level, V; the largest if none does."""
        fitting = [r for r in self.voltage_steps if abs(expected_V) <= r * (1.0 + 1e-9)]
        return fitting[0] if fitting else max(self.voltage_steps)

    def sourced_V(self, level_V: float, range_V: float) -> float:
        """Return the level that the source makes of a programmed one: the nearest step of its range, V."""
        step = self.voltage_steps[range_V]
        return round(level_V / step) * step

    def converted(
        self, current_A: Array, noise: Array, range_A: float | Array, aperture_s: float, *, digitizer: bool
    ) -> Array:
        """Return the readings of some mean currents: noisy, in converter steps, 9.9e37 where they do not fit the range.

        Parameters
        ----------
        current_A : ndarray, shape (n,)
            Mean current over each aperture.
        noise : ndarray, shape (n,)
            Standard normal numbers.
        range_A : float or ndarray, shape (n,)
            Current range, of each reading if they differ.
        aperture_s : float
            Averaging time.
        digitizer : bool
            Digitized, not integrated.
        """
        full_scale = np.asarray(range_A)
        step = full_scale * self.converter_step_A(1.0, digitizer=digitizer)
        reading = np.rint((current_A + full_scale * self._white_A(1.0, aperture_s) * noise) / step) * step
        return np.where(np.abs(reading) > self.overrange * full_scale, OVERFLOW, reading)


# Of the voltage source by range: 5 1/2 digits (assumed for the 2460).
_STEPS_2460 = {0.2: 5e-6, 2.0: 50e-6, 7.0: 250e-6, 10.0: 250e-6, 20.0: 500e-6, 100.0: 2.5e-3}

# Ranges: 2461 reference manual pp. 8-166, 6-97 and 6-98 (current 1 uA to 7 A, 10 A pulsed; voltage 200 mV to 100 V);
# "dual 18-bit 1 MS/s digitizers": product page. Assumed: the ranges in between (those of the 2460), source resolution,
# noise, and the settling of 1 us. 153 us besides the aperture make the 3130 readings per second that the family's data
# sheets state for 0.01 power line cycles at 60 Hz (quoted from memory: assumed).
KEITHLEY_2461 = Electronics(
    current_ranges_A=(1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0, 4.0, 5.0, 7.0, 10.0),
    voltage_steps=_STEPS_2460,
    response_s=1.0e-6,
    noise_1us=1e-4,
    reading_overhead_s=153e-6,
)
# As the 2461, without its 10 A range and its digitizer; the settling of 50 us is assumed.
KEITHLEY_2460 = Electronics(
    current_ranges_A=(1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0, 4.0, 5.0, 7.0),
    voltage_steps=_STEPS_2460,
    response_s=50e-6,
    noise_1us=1e-4,
    reading_overhead_s=153e-6,
)
# Ranges: 2450 reference manual (2450-901-01 Rev. B) p. 6-75. Assumed: resolution, noise, settling.
KEITHLEY_2450 = Electronics(
    current_ranges_A=(10e-9, 100e-9, 1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0),
    voltage_steps={0.02: 500e-9, 0.2: 5e-6, 2.0: 50e-6, 20.0: 500e-6, 200.0: 5e-3},
    response_s=50e-6,
    noise_1us=1e-4,
    reading_overhead_s=153e-6,
)
# Ranges: 2400 user's manual pp. 18-61, 18-75. 1.8 ms a reading besides its aperture: A/D conversion 185 us and
# firmware (Appendix A, "Source On Time", auto zero enabled, one function: 1.6 ms). Assumed: resolution (5 1/2 digits),
# noise, settling.
KEITHLEY_2400 = Electronics(
    current_ranges_A=(1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0),
    voltage_steps={0.2: 5e-6, 2.0: 50e-6, 20.0: 500e-6, 200.0: 5e-3},
    response_s=50e-6,
    noise_1us=1e-4,
    reading_overhead_s=1.785e-3,
)


# Panels whose numbers are kept: two records (currents and voltages) of each of two channels.
_KEPT_PANELS = 4


class Noise:
    """Standard normal numbers that belong to a reading, however the record is cut into calls.

    Philox, a counter-based generator (Salmon et al., SC 2011), is keyed by the seed; the counter holds the record and
    the panel.

    Parameters
    ----------
    seed : int
        Equal seeds give equal records.
    """

    def __init__(self, seed: int) -> None:
        self._key = np.random.SeedSequence(seed).generate_state(2, np.uint64)
        self._drawn: dict[tuple[int, int], Array] = {}

    def normal(self, record: int, first: int, count: int) -> Array:
        """Return the numbers of readings first ... first + count - 1 of a record.

        Parameters
        ----------
        record : int
            Which record since power-on.
        first, count : int
            Which readings.
        """
        if not count:
            return np.empty(0)
        panels = range(first // PANEL, (first + count - 1) // PANEL + 1)
        offset = first - panels[0] * PANEL
        return np.concatenate([self._panel(record, panel) for panel in panels])[offset : offset + count]

    def _panel(self, record: int, panel: int) -> Array:
        """Return the numbers of a panel; those of the last panels are kept, of which readings are asked bit by bit."""
        if (record, panel) not in self._drawn:
            if len(self._drawn) == _KEPT_PANELS:
                del self._drawn[next(iter(self._drawn))]
            generator = np.random.Generator(np.random.Philox(key=self._key, counter=[0, panel, record, 0]))
            self._drawn[record, panel] = generator.standard_normal(PANEL)
        return self._drawn[record, panel]
