"""Kinds of pulse sequences: their fields, as a protocol file and a constructor take them, and the edges they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from protocols.definitions import (
    MOST_COUNT,
    OptionalQuantities,
    OptionalQuantity,
    Quantities,
    Quantity,
    count,
    flag,
    quantities,
    quantity,
)
from protocols.errors import Problem
from protocols.records import Record, record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray


class Edges(NamedTuple):
    """Segments of a sequence: when each starts, the voltage at its start and at its end.

    See `protocols.sequence` for what they mean.
    """

    times_s: NDArray[np.float64]
    start_V: NDArray[np.float64]
    end_V: NDArray[np.float64]
    duration_s: float
    rest_V: float


@record
class Recipe(Record):
    """Base of all kinds of sequence: the level at which the cell rests before it."""

    bias: Quantity = quantity("V", "Level of the rests.", default=0.0, kw_only=True)

    def edges(self) -> Edges:
        """Return the segments that it makes."""
        raise NotImplementedError


@record
class PulseRecipe(Recipe):
    """Base of the kinds that are made of holds between two rests at `bias`."""

    before: Quantity = quantity("s", "Rest before the first pulse.", default=0.0, at_least=0, kw_only=True)
    after: Quantity = quantity("s", "Rest after the last pulse.", default=0.0, at_least=0, kw_only=True)

    def edges(self) -> Edges:
        """Return the holds with the rests around them."""
        dwells, levels = self.holds()
        return joined([self.before, *dwells, self.after], [self.bias, *levels, self.bias], self.bias)

    def holds(self) -> tuple[Sequence[float], Sequence[float]]:
        """Return dwell times (s) and levels (V) between the rests."""
        raise NotImplementedError


@record
class Pulse(PulseRecipe):
    """One rectangular pulse."""

    level: Quantity = quantity("V", "Voltage of the pulse.")
    width: Quantity = quantity("s", "Length of the pulse.", above=0)

    def holds(self) -> tuple[Sequence[float], Sequence[float]]:
        """Return the pulse."""
        return [self.width], [self.level]


@record
class Train(PulseRecipe):
    """Equal pulses, one a period."""

    level: Quantity = quantity("V", "Voltage of the pulses.")
    width: Quantity = quantity("s", "Length of each pulse.", above=0)
    period: Quantity = quantity("s", "Time from pulse to pulse.", above=0)
    count: int = count("Number of pulses.", at_most=MOST_COUNT)

    def problems(self) -> Iterator[Problem]:
        """Give a pulse that fills its period."""
        if self.width >= self.period:
            yield Problem("width", f"{self.width:g} s must be shorter than period {self.period:g} s")

    def holds(self) -> tuple[Sequence[float], Sequence[float]]:
        """Return the pulses, each with the rest of its period."""
        return [self.width, self.period - self.width] * self.count, [self.level, self.bias] * self.count


@record
class PumpProbe(PulseRecipe):
    """A pump pulse, a wait at `bias`, and a probe pulse."""

    level: Quantity = quantity("V", "Voltage of the pump.")
    width: Quantity = quantity("s", "Length of the pump.", above=0)
    wait: Quantity = quantity("s", "Time between pump and probe.", above=0)
    probe_level: OptionalQuantity = quantity(
        "V", "Voltage of the probe; like the pump unless given.", default=None, kw_only=True
    )
    probe_width: OptionalQuantity = quantity(
        "s", "Length of the probe; like the pump unless given.", default=None, above=0, kw_only=True
    )

    def holds(self) -> tuple[Sequence[float], Sequence[float]]:
        """Return pump, wait and probe."""
        probe_level = self.level if self.probe_level is None else self.probe_level
        probe_width = self.width if self.probe_width is None else self.probe_width
        return [self.width, self.wait, probe_width], [self.level, self.bias, probe_level]


@record
class Bipolar(PulseRecipe):
    """Pairs of a positive and a negative pulse about the bias."""

    level: Quantity = quantity("V", "Height of each pulse above, then below the bias.")
    width: Quantity = quantity("s", "Length of each pulse.", above=0)
    gap: Quantity = quantity("s", "Time at `bias` after each pulse.", default=0.0, at_least=0, kw_only=True)
    count: int = count("Number of pairs.", default=1, at_most=MOST_COUNT, kw_only=True)

    def holds(self) -> tuple[Sequence[float], Sequence[float]]:
        """Return the pairs."""
        up, down = self.bias + self.level, self.bias - self.level
        return [self.width, self.gap] * 2 * self.count, [up, self.bias, down, self.bias] * self.count


@record
class Staircase(PulseRecipe):
    """Evenly spaced levels, each held for the same time."""

    start: Quantity = quantity("V", "First level.")
    stop: Quantity = quantity("V", "Last level.")
    steps: int = count("Number of levels.", at_least=2, at_most=MOST_COUNT)
    dwell: Quantity = quantity("s", "Length of each level.", above=0)

    def holds(self) -> tuple[Sequence[float], Sequence[float]]:
        """Return the steps."""
        return [self.dwell] * self.steps, np.linspace(self.start, self.stop, self.steps).tolist()


@record
class Prbs(PulseRecipe):
    """One period of pseudo-random binary levels about the bias.

    The bits come from a maximal-length shift register started from `seed`; Golomb, Shift Register Sequences (1967).
    """

    level: Quantity = quantity("V", "Height of the bits above and below the bias.")
    dwell: Quantity = quantity("s", "Length of each bit.", above=0)
    order: int = count("Length of the shift register: a period has 2**order - 1 bits.", at_least=2, at_most=20)
    seed: int = count("State from which the register starts; below 2**order.", default=1, kw_only=True)

    def problems(self) -> Iterator[Problem]:
        """Give a seed that does not fit into the register."""
        if self.seed >= 2**self.order:
            yield Problem("seed", f"{self.seed} must be below 2**order = {2**self.order}")

    def holds(self) -> tuple[Sequence[float], Sequence[float]]:
        """Return one period of the register's output, ones as +level and zeros as -level."""
        levels = [self.bias + (self.level if bit else -self.level) for bit in _maximal_length(self.order, self.seed)]
        return [self.dwell] * len(levels), levels


# Feedback taps of maximal-length shift registers; Alfke, Xilinx application note 052 (1996), table 3.
# (scipy.signal has such a register, at an import of 1.5 s.)
_TAPS = {
    2: (2, 1), 3: (3, 2), 4: (4, 3), 5: (5, 3), 6: (6, 5), 7: (7, 6), 8: (8, 6, 5, 4), 9: (9, 5), 10: (10, 7),
    11: (11, 9), 12: (12, 6, 4, 1), 13: (13, 4, 3, 1), 14: (14, 5, 3, 1), 15: (15, 14), 16: (16, 15, 13, 4),
    17: (17, 14), 18: (18, 11), 19: (19, 6, 2, 1), 20: (20, 17),
}  # fmt: skip


def _maximal_length(order: int, seed: int) -> Iterator[int]:
    """Give the 2**order - 1 bits of one period of a register that starts from `seed`."""
    state = seed
    for _ in range(2**order - 1):
        yield state >> (order - 1)
        feedback = sum(state >> (tap - 1) & 1 for tap in _TAPS[order]) & 1
        state = (state << 1 | feedback) & (2**order - 1)


@record
class Multisine(PulseRecipe):
    """Sines of odd harmonics with random phases at once, as a staircase.

    Of every four odd harmonics one is left out, drawn at random: there, and at the even ones, a linear cell answers
    nothing. Pintelon and Schoukens, System Identification (2012), chapter 4.
    """

    level: Quantity = quantity("V", "Largest height above or below the bias.")
    period: Quantity = quantity("s", "Length of a period: the inverse of the lowest frequency.", above=0)
    highest: int = count("Highest harmonic, in lowest frequencies.", at_most=10_001)
    points: int = count("Levels a period: four times the highest harmonic or more.", at_least=4, at_most=MOST_COUNT)
    periods: int = count("Number of periods.", default=2, at_most=MOST_COUNT, kw_only=True)
    seed: int = count("Number from which phases and omissions are drawn.", default=1, at_least=0, kw_only=True)

    def problems(self) -> Iterator[Problem]:
        """Give a staircase that is too coarse for its highest harmonic, or too long."""
        if self.points < 4 * self.highest:
            yield Problem("points", f"{self.points} must be 4 * highest = {4 * self.highest} or more")
        if self.points * self.periods > MOST_COUNT:
            yield Problem("periods", f"{self.points * self.periods} levels in all; at most {MOST_COUNT}")

    def harmonics(self) -> NDArray[np.int64]:
        """Return the harmonics that are there."""
        odd = np.arange(1, self.highest + 1, 2)
        omitted = np.random.default_rng((self.seed, 1)).integers(0, 4, size=len(odd) // 4)
        return np.delete(odd, 4 * np.arange(len(omitted)) + omitted)

    def holds(self) -> tuple[Sequence[float], Sequence[float]]:
        """Return the stairs, each at the value of the sines in its middle."""
        harmonics = self.harmonics()
        phases = 2.0 * np.pi * np.random.default_rng((self.seed, 2)).random(len(harmonics))
        spectrum = np.zeros(self.points // 2 + 1, dtype=np.complex128)
        spectrum[harmonics] = np.exp(1j * (phases + np.pi * harmonics / self.points))
        wave = np.fft.irfft(spectrum, self.points)
        levels = self.bias + self.level * wave / np.abs(wave).max()
        n = self.points * self.periods
        return [self.period / self.points] * n, np.tile(levels, self.periods).tolist()


@record
class Arrays(Recipe):
    """Edges as lists: when, and to which level."""

    hints = dict.fromkeys(("before", "after"), "write the rests before and after as edges of their own")

    times: Quantities = quantities("s", "When each segment starts; the first at 0, increasing.")
    levels: Quantities = quantities("V", "Level held from each time on; of a ramp, the level at its end.")
    duration: Quantity = quantity("s", "End of the sequence.", above=0)
    ramp: bool | tuple[bool, ...] = flag(
        "Which segments go linearly to their level, from the level before: one for all, or a list.",
        default=False,
        each=True,
        kw_only=True,
    )
    starts: OptionalQuantities = quantities(
        "V",
        "Level at which each segment starts; with it a ramp may start at another level than the one before. "
        "Without it, and without `ramp`, segments are holds.",
        default=None,
        kw_only=True,
    )

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and all(
            np.array_equal(getattr(self, name), getattr(other, name)) for name in self.__dataclass_fields__
        )

    __hash__ = None  # type: ignore[assignment]

    def problems(self) -> Iterator[Problem]:
        """Give lists of different lengths, and starts beside ramps."""
        n = len(self.times)
        if len(self.levels) != n:
            yield Problem("levels", f"{n} times but {len(self.levels)} levels: give one level a time")
        if self.starts is not None and len(self.starts) != n:
            yield Problem("starts", f"{n} times but {len(self.starts)} starts: give one start a time")
        if isinstance(self.ramp, tuple) and len(self.ramp) != n:
            yield Problem("ramp", f"{n} times but {len(self.ramp)} marks: give one a time, or one for all")
        if self.starts is not None and self.ramp is not False:
            yield Problem("ramp", "leave it out: `starts` says already where each segment starts")

    def edges(self) -> Edges:
        """Return the segments."""
        if self.starts is not None:
            start = self.starts
        else:
            before = np.concatenate([[self.bias], self.levels[:-1]])
            start = np.where(np.array(self.ramp, dtype=bool), before, self.levels)
        return Edges(self.times, start, self.levels, self.duration, self.bias)


RECIPES: dict[str, type[Recipe]] = {
    "pulse": Pulse,
    "train": Train,
    "pump_probe": PumpProbe,
    "bipolar": Bipolar,
    "staircase": Staircase,
    "prbs": Prbs,
    "multisine": Multisine,
    "arrays": Arrays,
}
"""Kinds of sequence by the word that a protocol file uses for them."""


def joined(dwells_s: Sequence[float], levels_V: Sequence[float], rest_V: float) -> Edges:
    """Return the segments of holds of some dwell times; holds of no length are left out, equal neighbours joined.

    Parameters
    ----------
    dwells_s, levels_V : sequence of float
        Length and level of each hold.
    rest_V : float
        Voltage before the sequence.
    """
    dwells = np.asarray(dwells_s, dtype=np.float64)
    levels = np.asarray(levels_V, dtype=np.float64)
    levels, dwells = levels[dwells > 0.0], dwells[dwells > 0.0]
    ends = np.cumsum(dwells)
    times = np.concatenate([[0.0], ends[:-1]])
    first = np.concatenate([[True], np.diff(levels) != 0.0])
    return Edges(times[first], levels[first], levels[first], float(ends[-1]), rest_V)
