"""Sweeps of a campaign: which fields of the protocol take which values, one after the other."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from protocols.campaigns.paths import place_of
from protocols.definitions import define
from protocols.errors import Problem, ProtocolError
from protocols.fields import CountSpec, FieldSpec, problems_under
from protocols.records import Record, read_record, record, record_schema, write_record
from protocols.texts import printable
from protocols.units import described, parse_quantity

MOST_POINTS = 100_000
"""Most points of a campaign: at the half second that the fastest instruments need for one, a day. A document of so many
takes 8 s to read; doubled, twice as long."""
LONGEST_PATH = 200
"""Longest path of a field (characters): the longest that means anything has 50. Doubled, nothing changes."""
_DIGITS = 12
"""Significant digits of the values between two ends: so many are free of the rounding of binary fractions, so that a
tenth of the way from 0 V to 1 V is 0.1 V. Three more, and it is 0.30000000000000004 V three tenths on."""
_WHOLE = 1e-9
"""How far (relative) a value between two whole ends may be from a whole number and be one: rounding is 1e-15."""
_LINEAR, _LOG = "linear", "log"
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*", re.ASCII | re.DOTALL)


@dataclass(frozen=True)
class _NamedSpec(FieldSpec):
    """A field whose key in a file is not its name, such as ``from``, which Python keeps for itself."""

    named: str = ""

    def key(self, name: str) -> str:
        """Return what a file calls it."""
        return self.named or name


@dataclass(frozen=True)
class PathSpec(FieldSpec):
    """The path of a field of the protocol."""

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return 'the path of a field, such as "sequence.level"'

    def read(self, value: object) -> str:
        """Return the path."""
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST_PATH:
            raise ValueError(f"expected {self.expected}, not {described(value)}")
        place_of(value)
        return value

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        return {"description": self.doc, "type": "string", "maxLength": LONGEST_PATH}


class Values:
    """An attribute that is a tuple of values or None, and that may be given as any list of them."""

    if TYPE_CHECKING:

        def __get__(self, obj: object, owner: type) -> tuple[Any, ...] | None: ...
        def __set__(self, obj: object, value: Sequence[Any] | None) -> None: ...


@dataclass(frozen=True)
class ValuesSpec(FieldSpec):
    """A list of values of some field, each as the field takes it."""

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return 'a list of values, such as ["10 mV", "20 mV"]'

    def read(self, value: object) -> tuple[Any, ...]:
        """Return the values as they stand: whether the field takes them is found where the points are made."""
        if isinstance(value, np.ndarray):
            value = value.tolist()
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise ValueError(f"expected {self.expected}, not {described(value)}")  # noqa: TRY004 - a problem
        if not value:
            raise ValueError("is empty: give at least one value")
        return tuple(value)

    def write(self, value: tuple[Any, ...]) -> list[Any]:
        """Return the list."""
        return list(value)

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        return {"description": self.doc, "type": "array", "minItems": 1}


@dataclass(frozen=True)
class EndSpec(_NamedSpec):
    """The first or the last of a range of values: a number, with the unit in which the range is divided."""

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return 'a quantity with the unit of the field, such as "10 mV", or a plain number'

    def read(self, value: object) -> str | float:
        """Return text or a number."""
        if isinstance(value, str) and len(value) <= LONGEST_PATH and _NUMBER.fullmatch(value) is not None:
            return value
        # No infinity, no NaN, and no whole number beyond all floats.
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max:
            return value
        raise ValueError(f"expected {self.expected}, not {described(value)}")

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        return {"description": self.doc, "type": ["string", "number"]}


@dataclass(frozen=True)
class SpacingSpec(FieldSpec):
    """How a range is divided."""

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return '"linear" or "log"'

    def read(self, value: object) -> str:
        """Return the spacing."""
        if value not in (_LINEAR, _LOG):
            raise ValueError(f"expected {self.expected}, not {described(value)}")
        return str(value)

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        return {"description": self.doc, "enum": [_LINEAR, _LOG]}


@record
class Range(Record):
    """Evenly spaced values between two ends.

    Attributes
    ----------
    first, last : str or float
        Ends, both of which are values; in a file ``from`` and ``to``. The values have the unit of the first.
    count : int
        How many.
    spacing : str
        ``"linear"`` or ``"log"``: evenly spaced themselves, or their logarithms.
    """

    first: str | float = define(EndSpec("First value.", named="from"))
    last: str | float = define(EndSpec("Last value.", named="to"))
    count: int = define(CountSpec("How many values, both ends among them.", at_least=2, at_most=MOST_POINTS))
    spacing: str = define(SpacingSpec("Whether the values are evenly spaced, or their logarithms."), default=_LINEAR)

    def problems(self) -> Iterator[Problem]:
        """Give ends that do not go together."""
        try:
            first, last, unit = self._ends()
        except ValueError as error:
            yield Problem("to", str(error))
            return
        if self.spacing == _LOG and first * last <= 0.0:
            yield Problem("spacing", "logarithmic steps lead from one end to the other only if both have the same sign")
        if self.spacing == _LOG and unit.startswith(("deg", "°")):
            yield Problem("spacing", f"logarithmic steps of {unit} have no meaning: give both ends in K")
        if first == last:
            yield Problem("to", "is the same as the first value: give another, or `values` with one")
        elif self.spacing == _LOG and first * last > 0.0 and len(set(self.values())) < self.count:
            yield Problem(
                "count", f"there are fewer than {self.count} whole numbers so spaced: give fewer, or 1.0 for 1"
            )

    def _ends(self) -> tuple[float, float, str]:
        """Return both ends in the unit of the first, and that unit."""
        number, unit = _parts(self.first)
        if isinstance(self.last, str) or not unit:
            last, unit_of_last = _parts(self.last)
            if unit_of_last != unit:
                if not unit or not unit_of_last:
                    raise ValueError("one end has a unit, and the other has none")
                last = parse_quantity(self.last, unit)
            return number, last, unit
        raise ValueError(f"has no unit: expected a quantity such as {described(self.first)}")

    def values(self) -> tuple[Any, ...]:
        """Return the values, as a file says them."""
        first, last, unit = self._ends()
        steps = np.linspace(0.0, 1.0, self.count)[1:-1].tolist()
        if self.spacing == _LINEAR:
            inner = [first + (last - first) * step for step in steps]
        else:
            inner = [first * (last / first) ** step for step in steps]
            if isinstance(self.first, int) and isinstance(self.last, int):  # pulses: 1, 3, 10, 32, 100
                inner = [float(round(one)) for one in inner]
        return (self.first, *(_value(one, unit) for one in inner), self.last)


def _parts(end: str | float) -> tuple[float, str]:
    """Return number and unit of an end."""
    if not isinstance(end, str):
        return float(end), ""
    match = _NUMBER.fullmatch(end)
    if match is None:  # an end is read before it comes here
        raise ValueError(f"{described(end)} is no quantity")
    return float(match[1]), match[2]


def _value(number: float, unit: str) -> str | float:
    rounded = float(f"{number:.{_DIGITS}g}")
    if abs(rounded - round(rounded)) <= _WHOLE * abs(rounded):
        rounded = round(rounded)
    return f"{rounded} {unit}" if unit else rounded


@dataclass(frozen=True)
class ZipSpec(_NamedSpec):
    """Fields that go together: the values of each, by its path."""

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return 'a table of lists of equal length, such as { "sequence.level" = [...], "limits.current" = [...] }'

    def read(self, value: object) -> dict[str, tuple[Any, ...] | Range]:
        """Return the values of each field: a list, or a range."""
        if not isinstance(value, Mapping) or not value:
            raise ValueError(f"expected {self.expected}, not {described(value)}")
        found: dict[str, tuple[Any, ...] | Range] = {}
        problems: list[Problem] = []
        for path, one in _leaves(value, ""):
            try:
                PathSpec("").read(path)
                found[path] = _values(one)
            except ValueError as error:
                problems += problems_under(printable(path), error)
        if problems:
            raise ProtocolError(tuple(problems), "zip")
        return found

    def write(self, value: Mapping[str, tuple[Any, ...] | Range]) -> dict[str, Any]:
        """Return the table."""
        return {path: write_record(one) if isinstance(one, Range) else list(one) for path, one in value.items()}

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        shapes = [ValuesSpec("Values of the field.").schema(), record_schema(Range)]
        return {"description": self.doc, "type": "object", "additionalProperties": {"anyOf": shapes}}


def _leaves(table: Mapping[str, Any], above: str) -> Iterator[tuple[str, object]]:
    """Give what stands under each path, whether the path is quoted as one key or not."""
    for key, one in table.items():
        path = f"{above}.{key}" if above else str(key)
        if isinstance(one, Mapping) and not {"from", "to", "count"} & set(one):
            yield from _leaves(one, path)
        else:
            yield path, one


def _values(one: object) -> tuple[Any, ...] | Range:
    if isinstance(one, Range):
        return one
    return read_record(Range, one) if isinstance(one, Mapping) else ValuesSpec("").read(one)


@record
class Sweep(Record):
    """Values that a field takes one after the other, or several fields together.

    Attributes
    ----------
    field : str or None
        Path of the field, such as ``"sequence.level"``; ``"temperature"`` is the set point of the controller.
    values : tuple or None
        Its values, as the field takes them.
    first, last, count, spacing
        A range of values instead; see `Range`.
    together : dict or None
        Several fields that go together, by their paths: a list of values each, or a `Range`. In a file ``zip``.
    """

    hints: ClassVar[Mapping[str, str]] = {
        "start": "give `from`, `to` and `count`",
        "stop": "give `from`, `to` and `count`",
        "steps": "give `from`, `to` and `count`",
        "fields": 'fields that go together stand in a table: zip = { "sequence.level" = [...], ... }',
        "value": "give `values`, a list",
    }

    field: str | None = define(PathSpec("Path of the field."), default=None)
    values: Values = define(ValuesSpec("Its values, in their order."), default=None)
    first: str | float | None = define(EndSpec("First of a range of values.", named="from"), default=None)
    last: str | float | None = define(EndSpec("Last of a range of values.", named="to"), default=None)
    count: int | None = define(CountSpec("How many values a range has.", at_least=2, at_most=MOST_POINTS), default=None)
    spacing: str = define(
        SpacingSpec("Whether values of a range are evenly spaced, or their logarithms."), default=_LINEAR
    )
    together: Mapping[str, Any] | None = define(
        ZipSpec("Fields that go together, each with its list of values or its range.", named="zip"), default=None
    )

    def problems(self) -> Iterator[Problem]:
        """Give what is missing, doubled, or of different lengths."""
        ends = {"from": self.first, "to": self.last, "count": self.count}
        given = [key for key, value in ends.items() if value is not None]
        if self.together is not None:
            yield from self._problems_together([*given, *(["values"] if self.values is not None else [])])
            return
        if self.field is None:
            yield Problem(
                "field", f"is missing: expected {PathSpec('').expected}, or `zip` for fields that go together"
            )
        if self.values is not None and given:
            yield Problem(given[0], "give either `values` or a range of `from`, `to` and `count`")
        elif self.values is None and not given:
            yield Problem("values", f"is missing: expected {ValuesSpec('').expected}, or `from`, `to` and `count`")
        elif self.values is None and len(given) < len(ends):
            missing = next(key for key in ends if key not in given)
            yield Problem(missing, "is missing: a range of values has `from`, `to` and `count`")
        elif self.values is None:
            try:
                self._range()
            except ProtocolError as error:
                yield from error.problems

    def _problems_together(self, given: list[str]) -> Iterator[Problem]:
        if self.field is not None or given:
            yield Problem("zip", "stands alone: give its fields and their values in it, and none beside it")
        lengths = {path: _length(one) for path, one in (self.together or {}).items()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{path} {n}" for path, n in lengths.items())
            yield Problem("zip", f"fields that go together have equally many values; these have: {told}")

    def _range(self) -> Range:
        return Range(self.first, self.last, self.count, self.spacing)  # type: ignore[arg-type] # checked above

    @property
    def n_values(self) -> int:
        """How many values there are, counted without making them."""
        if self.together is not None:
            return min(_length(one) for one in self.together.values())
        return self.count or len(self.values or ())

    @property
    def fields(self) -> tuple[str, ...]:
        """Paths of the fields that it sets."""
        return tuple(self.together) if self.together is not None else (self.field or "",)

    def rows(self) -> list[tuple[Any, ...]]:
        """Return the values of `fields`, one row a step."""
        if self.together is not None:
            return list(zip(*(_made(one) for one in self.together.values()), strict=True))
        return [(one,) for one in (self._range().values() if self.values is None else self.values)]

    def place_of(self, path: str, step: int) -> str:
        """Return where in its table the value of a field at a step stands, for messages."""
        if self.together is not None:
            inside = f"zip.{path}"
            return inside if isinstance(self.together[path], Range) else f"{inside}[{step}]"
        return "from" if self.values is None else f"values[{step}]"


def _length(one: tuple[Any, ...] | Range) -> int:
    return one.count if isinstance(one, Range) else len(one)


def _made(one: tuple[Any, ...] | Range) -> tuple[Any, ...]:
    return one.values() if isinstance(one, Range) else one
