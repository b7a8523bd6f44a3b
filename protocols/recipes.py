"""How is each kind of sequence written in a protocol file, and which edges does it make?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from protocols.sequence import PulseSequence, joined
from protocols.units import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Iterator


def _in(unit: str) -> BeforeValidator:
    return BeforeValidator(lambda value: parse_quantity(value, unit))


def _positive(value: float) -> float:
    if not value > 0:
        raise ValueError(f"must be above zero, not {value:g}")
    return value


def _not_negative(value: float) -> float:
    if value < 0:
        raise ValueError(f"must not be negative, not {value:g}")
    return value


Volts = Annotated[float, _in("V")]
PositiveVolts = Annotated[Volts, AfterValidator(_positive)]
PositiveAmperes = Annotated[float, _in("A"), AfterValidator(_positive)]
Seconds = Annotated[float, _in("s"), AfterValidator(_not_negative)]
Width = Annotated[float, _in("s"), AfterValidator(_positive)]
Coulombs = Annotated[float, _in("C"), AfterValidator(_positive)]
Joules = Annotated[float, _in("J"), AfterValidator(_positive)]
Kelvin = Annotated[float, _in("K"), AfterValidator(_positive)]
Hertz = Annotated[float, _in("Hz"), AfterValidator(_positive)]
Metres = Annotated[float, _in("m"), AfterValidator(_positive)]
SquareMetres = Annotated[float, _in("m^2"), AfterValidator(_positive)]
SiemensPerMetre = Annotated[float, _in("S/m"), AfterValidator(_positive)]


class Document(BaseModel):
    """A part of a protocol file: unknown fields are faults, values are fixed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Recipe(Document):
    """What all kinds of sequence share: the rests around it, all at `bias`."""

    units: ClassVar[dict[str, str]] = {}
    bias: Volts = 0.0
    before: Seconds = 0.0
    after: Seconds = 0.0

    @classmethod
    def kind_name(cls) -> str:
        """Return the word that a protocol file uses for it."""
        return str(cls.model_fields["kind"].annotation.__args__[0])  # type: ignore[union-attr]

    def build(self) -> PulseSequence:
        """Return the edges."""
        dwells, levels = self.body()
        return joined(
            [self.before, *dwells, self.after],
            [self.bias, *levels, self.bias],
            self.bias,
            self.as_written(),
        )

    def body(self) -> tuple[list[float], list[float]]:
        """Return dwells (s) and levels (V) between the rests."""
        raise NotImplementedError

    def as_written(self) -> dict[str, Any]:
        """Return the fields with units, as a protocol file writes them."""
        written: dict[str, Any] = {}
        for name, value in self.model_dump(exclude_defaults=True).items():
            unit = {"bias": "V", "before": "s", "after": "s"} | self.units
            written[name] = f"{value!r} {unit[name]}" if name in unit else value
        return {"kind": self.kind_name(), **written}

    def stretched(self, factor: float) -> Self:
        """Return the recipe with every time `factor` times as long."""
        units = {"before": "s", "after": "s"} | self.units
        times = {name: getattr(self, name) for name, unit in units.items() if unit == "s"}
        return self.model_copy(update={name: time * factor for name, time in times.items() if time is not None})


class Pulse(Recipe):
    """One pulse."""

    kind: Literal["pulse"]
    units = {"level": "V", "width": "s"}
    level: Volts
    width: Width

    def body(self) -> tuple[list[float], list[float]]:
        """Return the pulse."""
        return [self.width], [self.level]


class Train(Recipe):
    """Equal pulses, one a period."""

    kind: Literal["train"]
    units = {"level": "V", "width": "s", "period": "s"}
    level: Volts
    width: Width
    period: Width
    count: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _pulse_fits_period(self) -> Self:
        if self.width >= self.period:
            raise ValueError(f"width {self.width:g} s must be shorter than period {self.period:g} s")
        return self

    def body(self) -> tuple[list[float], list[float]]:
        """Return the pulses, each with the rest of its period."""
        return [self.width, self.period - self.width] * self.count, [self.level, self.bias] * self.count


class PumpProbe(Recipe):
    """A pump pulse, a wait, a probe pulse."""

    kind: Literal["pump_probe"]
    units = {"level": "V", "width": "s", "wait": "s", "probe_level": "V", "probe_width": "s"}
    level: Volts
    width: Width
    wait: Width
    probe_level: Volts | None = None
    probe_width: Width | None = None

    def body(self) -> tuple[list[float], list[float]]:
        """Return pump, wait and probe."""
        probe_level = self.level if self.probe_level is None else self.probe_level
        probe_width = self.width if self.probe_width is None else self.probe_width
        return [self.width, self.wait, probe_width], [self.level, self.bias, probe_level]


class Bipolar(Recipe):
    """Pairs of pulses of opposite sign about the bias."""

    kind: Literal["bipolar"]
    units = {"level": "V", "width": "s", "gap": "s"}
    level: Volts
    width: Width
    gap: Seconds = 0.0
    count: Annotated[int, Field(ge=1)] = 1

    def body(self) -> tuple[list[float], list[float]]:
        """Return the pairs."""
        up, down = self.bias + self.level, self.bias - self.level
        return [self.width, self.gap] * 2 * self.count, [up, self.bias, down, self.bias] * self.count


class Staircase(Recipe):
    """Evenly spaced levels, each held as long."""

    kind: Literal["staircase"]
    units = {"start": "V", "stop": "V", "dwell": "s"}
    start: Volts
    stop: Volts
    steps: Annotated[int, Field(ge=2)]
    dwell: Width

    def body(self) -> tuple[list[float], list[float]]:
        """Return the steps."""
        return [self.dwell] * self.steps, [float(level) for level in np.linspace(self.start, self.stop, self.steps)]


class Prbs(Recipe):
    """A pseudo-random binary sequence about the bias."""

    kind: Literal["prbs"]
    units = {"level": "V", "dwell": "s"}
    level: Volts
    dwell: Width
    order: Annotated[int, Field(ge=2, le=20)]
    seed: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _seed_fits_register(self) -> Self:
        if self.seed >= 2**self.order:
            raise ValueError(f"seed {self.seed} must be below 2**order = {2**self.order}")
        return self

    def body(self) -> tuple[list[float], list[float]]:
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


class Arrays(Recipe):
    """Edges as lists: when, and to which level; `ramp` marks the segments that go there linearly."""

    kind: Literal["arrays"]
    times: list[Seconds]
    levels: list[Volts]
    duration: Width
    ramp: list[bool] | bool = False

    @model_validator(mode="after")
    def _rests_are_edges(self) -> Self:
        if self.before or self.after:
            raise ValueError("write the rests before and after as edges of their own")
        return self

    def stretched(self, factor: float) -> Self:
        """Return the recipe with every time `factor` times as long."""
        times = [time * factor for time in self.times]
        return self.model_copy(update={"times": times, "duration": self.duration * factor})

    def build(self) -> PulseSequence:
        """Return the edges."""
        return PulseSequence.from_arrays(self.times, self.levels, self.duration, ramp=self.ramp, rest_V=self.bias)


AnySequence = Annotated[Pulse | Train | PumpProbe | Bipolar | Staircase | Prbs | Arrays, Field(discriminator="kind")]
