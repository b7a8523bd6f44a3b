"""Rules of a campaign beside its sweeps: the order of the points, the temperature, and what is done between points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from protocols.definitions import (
    MOST_COUNT,
    MOST_NAME,
    OptionalQuantity,
    Quantity,
    count,
    define,
    flag,
    quantity,
    text,
)
from protocols.errors import Problem
from protocols.fields import FieldSpec, QuantitiesSpec, QuantitySpec, read_each
from protocols.records import Record, record
from protocols.units import described, format_quantity

MOST_REPEATS = 10_000
"""Most repeats of every point: more is a train of pulses in one run. Doubled, nothing changes."""
WIDEST_K = 20.0
"""Widest tolerance of a temperature (K): a wider one is no stability, but most likely a temperature in °C, of which
273.15 K have been made. Doubled, nothing changes."""
GIVEN, RANDOM = "given", "random"
"""Kinds of order."""
_OFF = "off"


@dataclass(frozen=True)
class OrderSpec(FieldSpec):
    """The kind of order."""

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return f'"{GIVEN}" or "{RANDOM}"'

    def read(self, value: object) -> str:
        """Return the kind."""
        if value not in (GIVEN, RANDOM):
            raise ValueError(f"expected {self.expected}, not {described(value)}")
        return str(value)

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        return {"description": self.doc, "enum": [GIVEN, RANDOM]}


@record
class Order(Record):
    """The order in which the points are measured, and how often.

    Attributes
    ----------
    kind : str
        ``"given"``: the first sweep changes slowest; ``"random"``: drawn anew for each round.
    seed : int
        From which the random order comes: the same seed gives the same order on every computer.
    repeats : int
        How many rounds: each point is measured once a round.
    mix_temperatures : bool
        Whether points of different temperatures may follow each other; otherwise all rounds of one temperature come
        before the next one, in the order in which the temperatures are given.
    """

    hints: ClassVar[Mapping[str, str]] = {
        "random": 'give kind = "random"',
        "shuffle": 'give kind = "random"',
        "rounds": "give `repeats`",
    }

    kind: str = define(OrderSpec("Whether the first sweep changes slowest, or the order is drawn."), default=GIVEN)
    seed: int = count("From which a random order comes.", default=1, at_least=0, at_most=2**32 - 1)
    repeats: int = count("How often every point is measured: so many rounds.", default=1, at_most=MOST_REPEATS)
    mix_temperatures: bool = flag("Whether points of different temperatures may follow each other.", default=False)


class SetPoints:
    """An attribute that is a tuple of kelvins or None, and that may be given as texts such as ``"25 degC"``."""

    if TYPE_CHECKING:

        def __get__(self, obj: object, owner: type) -> tuple[float, ...] | None: ...
        def __set__(self, obj: object, value: Sequence[float | str] | None) -> None: ...


@dataclass(frozen=True)
class SetPointsSpec(QuantitiesSpec):
    """Temperatures, one after the other."""

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return 'a list of temperatures, such as ["250 K", "25 degC"]'

    def read(self, value: object) -> tuple[float, ...]:  # type: ignore[override] # few of them, that compare as one
        """Return kelvins."""
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise ValueError(f"expected {self.expected}, not {described(value)}")  # noqa: TRY004 - a problem
        if not value:
            raise ValueError("is empty: give at least one temperature")
        return tuple(read_each(value, QuantitySpec("", unit="K", above=0).read))

    def write(self, value: tuple[float, ...]) -> list[str]:  # type: ignore[override] # see `read`
        """Return text with units."""
        return [f"{one!r} K" for one in value]


@record
class TemperatureRule(Record):
    """The controller of the temperature, its set points, and when a temperature counts as reached.

    Attributes
    ----------
    controller : str
        VISA resource, or its name in the address book.
    set_points_K : tuple of float or None
        One after the other; None where a sweep of ``"temperature"`` gives them.
    tolerance_K, stable_for_s, at_most_s : float
        Stable is what has been so near the set point for so long. A point whose temperature is not stable in time has
        failed.
    limit_K : float
        Highest temperature of the cell; the controller, too, switches its heater off above it.
    ramp_K_s : float or None
        How fast the set point moves; None for at once.
    input : str
        Sensor at the cell, as the controller names it; empty for the controller's first.
    output : int
        Heater output of the controller.
    """

    hints: ClassVar[Mapping[str, str]] = {
        "setpoints": "give `set_points`, a list",
        "points": "give `set_points`, a list",
        "set_point": "give `set_points`, a list",
        "values": "give `set_points`, a list",
        "within": "give `tolerance`",
        "sensor": "give `input`",
        "heater": "give `output`",
        "resource": "give `controller`",
        "timeout": "give `at_most`",
    }

    controller: str = text("VISA resource of the controller, or its name.", filled=True, most=MOST_NAME)
    tolerance_K: Quantity = quantity("K", "How near the set point a stable temperature is.", above=0)
    stable_for_s: Quantity = quantity("s", "For how long it has been so near.", at_least=0)
    at_most_s: Quantity = quantity("s", "Longest wait for a stable temperature.", above=0)
    limit_K: Quantity = quantity("K", "Highest temperature of the cell.", above=0)
    set_points_K: SetPoints = define(
        SetPointsSpec('Set points, one after the other; or a sweep of "temperature" gives them.', unit="K"),
        default=None,
    )
    ramp_K_s: OptionalQuantity = quantity(
        "K/s", "How fast the set point moves; at once unless given.", default=None, above=0
    )
    input: str = text("Sensor at the cell; the controller's first unless given.", default="", most=MOST_NAME)
    output: int = count("Heater output of the controller.", default=1, at_most=MOST_COUNT)

    def problems(self) -> Iterator[Problem]:
        """Give what cannot be meant."""
        if self.tolerance_K > WIDEST_K:
            yield Problem(
                "tolerance", f'is {self.tolerance_K:g} K: a difference of temperatures is given in K, such as "0.1 K"'
            )
        if self.at_most_s <= self.stable_for_s:
            wait, stable = (format_quantity(value, "s") for value in (self.at_most_s, self.stable_for_s))
            yield Problem("at_most", f"{wait} is no longer than the {stable} for which it is to be stable")


@dataclass(frozen=True)
class LevelSpec(FieldSpec):
    """A voltage, or the word for an output that is off, which is None."""

    level = QuantitySpec("", unit="V")

    @property
    def suffix(self) -> str:
        """Ending of a name that carries the unit."""
        return self.level.suffix

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return f'"{_OFF}", or {self.level.expected}'

    def read(self, value: object) -> float | None:
        """Return volts, or None for off."""
        if value is None or value == _OFF:
            return None
        try:
            return self.level.read(value)
        except ValueError:
            raise ValueError(f"expected {self.expected}, not {described(value)}") from None

    def write(self, value: float | None) -> str | None:
        """Return text with the unit."""
        return None if value is None else str(self.level.write(value))

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        return {"description": self.doc, "anyOf": [{"const": _OFF}, self.level.schema() | {"description": "A level."}]}


@record
class Between(Record):
    """What is done between the points.

    Attributes
    ----------
    rest_s : float
        How long the cell rests after each point.
    rest_level_V : float or None
        At which level; None with the output off.
    retries : int
        How often a point that failed is tried again.
    give_up_after : int
        How many points in a row may fail, retries and all, before the campaign ends.
    """

    hints: ClassVar[Mapping[str, str]] = {"level": "give `rest_level`", "wait": "give `rest`", "pause": "give `rest`"}

    rest_s: Quantity = quantity("s", "How long the cell rests after each point.", default=0.0, at_least=0)
    rest_level_V: float | None = define(LevelSpec('Level of the rest; "off" unless given.'), default=None)
    retries: int = count("How often a point that failed is tried again.", default=1, at_least=0, at_most=MOST_REPEATS)
    give_up_after: int = count(
        "How many points in a row may fail before the campaign ends.", default=3, at_most=MOST_COUNT
    )
