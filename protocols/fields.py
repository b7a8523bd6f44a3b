"""Kinds of fields of a protocol: how each is read, checked, written and described.

A `FieldSpec` is made once for a field, by `protocols.definitions`, and is all that its reader, its writer, its JSON
schema and its constructor know of it.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from protocols.errors import Problem, ProtocolError
from protocols.texts import is_control, printable
from protocols.units import described, parse_quantity, wanted

if TYPE_CHECKING:
    from numpy.typing import NDArray

LISTED = 1000
"""Longest array that is written as a list: it still fits a few screens and takes 0.3 s. tomlkit's time grows with the
square of the length (3000 edges 1.4 s, 30 000 edges over 200 s); longer arrays are kept as data (a million: 0.4 s)."""

SHOWN_PROBLEMS = 5
"""Problems named of one list; the others are counted. A file with a wrong unit has one in every line."""


@dataclass(frozen=True)
class FieldSpec(ABC):
    """Definition of one field.

    Attributes
    ----------
    doc : str
        What it is: a sentence for the reference, the schema and the help of the constructor.
    needed : bool
        Whether a file must give it although the constructor has a default.
    """

    doc: str
    needed: bool = False

    @property
    def suffix(self) -> str:
        """Ending of an attribute's name that a file leaves out: the unit."""
        return ""

    @abstractmethod
    def read(self, value: object) -> Any:
        """Return the value that is kept.

        Raises
        ------
        ValueError
            With one sentence; or ProtocolError with several, their paths counted from this field.
        """

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""

    @property
    def expected(self) -> str:
        """What belongs here, for messages: ``a quantity in V, such as "10 mV"``."""
        return "a value"

    def expected_at(self, key: str) -> str:  # noqa: ARG002 - tables name their key
        """Return what belongs under a key, for messages."""
        return self.expected

    def readers(self, key: str) -> dict[str, Callable[[object], Any]]:
        """Return a reader for each key under which a file may give it."""
        return {key: self.read}

    def write(self, value: Any) -> Any:
        """Return the value as a file says it."""
        return value

    def stretched(self, value: Any, factor: float) -> Any:  # noqa: ARG002 - times differ from all others here
        """Return the value on a time axis `factor` times as long."""
        return value

    def key(self, name: str) -> str:
        """Return what a file calls the field: its name without the unit."""
        return name.removesuffix(self.suffix)


@dataclass(frozen=True)
class QuantitySpec(FieldSpec):
    """A number with a unit.

    Attributes
    ----------
    unit : str
        SI unit; ``""`` for a pure number.
    above, at_least : float or None
        Bounds, in that unit.
    inverse : tuple of str
        Key and unit under which a file may give the inverse instead, such as a rate for an interval.
    """

    unit: str = ""
    above: float | None = None
    at_least: float | None = None
    inverse: tuple[str, str] | None = None

    @property
    def suffix(self) -> str:
        """Ending of a name that carries the unit."""
        return "_" + {"S/m": "S_m", "m^2": "m2", "K/s": "K_s"}.get(self.unit, self.unit) if self.unit else ""

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return wanted(self.unit)

    def read(self, value: object) -> float:
        """Return the SI float."""
        number = parse_quantity(value, self.unit)
        if self.above is not None and not number > self.above:
            raise ValueError(f"must be above {_bound(self.above)}, not {number:g}")
        if self.at_least is not None and not number >= self.at_least:
            raise ValueError(
                f"must not be negative, not {number:g}"
                if self.at_least == 0
                else f"must be {_bound(self.at_least)} or more, not {number:g}"
            )
        return number

    def expected_at(self, key: str) -> str:
        """Return what belongs under a key, for messages."""
        if self.inverse is None:
            return self.expected
        other, unit = self.inverse
        return f"one of {key} ({self.expected}) and {other} ({wanted(unit)})"

    def readers(self, key: str) -> dict[str, Callable[[object], Any]]:
        """Return a reader for each key under which a file may give it."""
        if self.inverse is None:
            return {key: self.read}
        other, unit = self.inverse
        return {key: self.read, other: lambda value: 1.0 / QuantitySpec("", unit=unit, above=0).read(value)}

    def write(self, value: float) -> str | float:
        """Return text with the unit that reads back as the same float."""
        return f"{value!r} {self.unit}" if self.unit else value

    def stretched(self, value: Any, factor: float) -> Any:
        """Return a time `factor` times as long; anything else as it is."""
        return value * factor if self.unit == "s" and value is not None else value

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        bounds = {"exclusiveMinimum": self.above, "minimum": self.at_least}
        entry: dict[str, Any] = {"description": self.doc, "type": ["string", "number"]}
        if self.unit:
            entry["description"] += f" A quantity in {self.unit}; a bare number is in {self.unit}."
            entry["pattern"] = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*[^\d\s.+-].*$"
        return entry | {name: bound for name, bound in bounds.items() if bound is not None}


@dataclass(frozen=True)
class QuantitiesSpec(FieldSpec):
    """An array of numbers with one unit.

    Attributes
    ----------
    unit : str
        SI unit.
    """

    unit: str = ""

    @property
    def suffix(self) -> str:
        """Ending of a name that carries the unit."""
        return QuantitySpec("", unit=self.unit).suffix

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return f'a list of quantities in {self.unit}, such as ["0 {self.unit}", "1 {self.unit}"]'

    def read(self, value: object) -> NDArray[np.float64]:
        """Return a float64 array of one dimension that cannot be written to."""
        array = value if isinstance(value, np.ndarray) else self._from_list(value)
        if array.dtype.kind not in "iuf" or array.ndim != 1:
            raise ValueError(f"expected numbers in one dimension, not {array.dtype} of shape {array.shape}")
        if array.dtype != np.float64 or array.flags.writeable:
            array = array.astype(np.float64)
            array.flags.writeable = False
        return array

    def _from_list(self, value: object) -> NDArray[np.float64]:
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise ValueError(f"expected {self.expected}, not {described(value)}")  # noqa: TRY004 - a problem
        if all(type(one) is float or type(one) is int for one in value):
            return np.array(value, dtype=np.float64)
        one_spec = QuantitySpec("", unit=self.unit)
        return np.array(read_each(value, one_spec.read), dtype=np.float64)

    def write(self, value: NDArray[np.float64]) -> Any:
        """Return a list of text with units; the array itself where it is long."""
        return value if len(value) > LISTED else [f"{one!r} {self.unit}" for one in value.tolist()]

    def stretched(self, value: Any, factor: float) -> Any:
        """Return times `factor` times as long; anything else as it is."""
        return value * factor if self.unit == "s" else value

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        listed = {"type": "array", "items": QuantitySpec("One of them.", unit=self.unit).schema()}
        stored = [{"$ref": "#/definitions/array_file"}, {"$ref": "#/definitions/array_data"}]
        return {"description": self.doc, "anyOf": [listed, *stored]}


@dataclass(frozen=True)
class CountSpec(FieldSpec):
    """A whole number with bounds."""

    at_least: int = 1
    at_most: int | None = None

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return f"a whole number, {self.at_least} or more" + (f", at most {self.at_most}" if self.at_most else "")

    def read(self, value: object) -> int:
        """Return the int."""
        try:
            number = parse_quantity(value, "")
        except ValueError:
            raise ValueError(f"expected {self.expected}, not {described(value)}") from None
        if number != math.floor(number) or number < self.at_least or (self.at_most and number > self.at_most):
            raise ValueError(f"must be {self.expected}, not {number:g}")
        return int(number)

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        entry: dict[str, Any] = {"description": self.doc, "type": "integer", "minimum": self.at_least}
        return entry | ({"maximum": self.at_most} if self.at_most is not None else {})


@dataclass(frozen=True)
class TextSpec(FieldSpec):
    """Text without control characters.

    Attributes
    ----------
    filled : bool
        Whether it must be more than blanks.
    most : int
        Longest length, in characters.
    several_lines : bool
        Whether line ends and tabs may be in it.
    """

    filled: bool = False
    most: int = 0
    several_lines: bool = False

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return "text that is not empty" if self.filled else "text"

    def read(self, value: object) -> str:
        """Return the text."""
        if not isinstance(value, str) or (self.filled and not value.strip()):
            raise ValueError(f"expected {self.expected}, not {described(value)}")
        if len(value) > self.most:
            raise ValueError(f"has {len(value)} characters; at most {self.most} are taken")
        if value.isprintable():  # most of it; the rest is looked through for characters that may stay
            return value
        allowed = "\n\r\t" if self.several_lines else ""
        for place, one in enumerate(value, 1):
            if is_control(one) and one not in allowed:
                raise ValueError(f"character {place} is a control character ({printable(one)}): remove it")
        return value

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        entry = {"description": self.doc, "type": "string", "maxLength": self.most}
        return entry | ({"pattern": r"\S"} if self.filled else {})


@dataclass(frozen=True)
class WordSpec(FieldSpec):
    """One of a few words."""

    words: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return "one of " + ", ".join(f'"{word}"' for word in self.words)

    def read(self, value: object) -> str:
        """Return the word."""
        if not isinstance(value, str) or value not in self.words:
            raise ValueError(f"expected {self.expected}, not {described(value)}")
        return value

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        return {"description": self.doc, "enum": list(self.words)}


@dataclass(frozen=True)
class FlagSpec(FieldSpec):
    """True or false; with `each`, one for all segments or a list with one for each."""

    each: bool = False

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return "true or false" + (", or a list of them" if self.each else "")

    def read(self, value: object) -> bool | tuple[bool, ...]:
        """Return a bool, or a tuple of them."""
        if isinstance(value, np.ndarray):
            value = value.tolist()
        if self.each and isinstance(value, Sequence) and not isinstance(value, str | bytes):
            return tuple(read_each(value, FlagSpec("").read))
        if not isinstance(value, bool | np.bool_):
            raise ValueError(f"expected {self.expected}, not {described(value)}")  # noqa: TRY004 - a problem
        return bool(value)

    def write(self, value: bool | tuple[bool, ...]) -> bool | list[bool]:
        """Return a bool or a list."""
        return list(value) if isinstance(value, tuple) else value

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        one = {"type": "boolean"}
        return {"description": self.doc} | ({"anyOf": [one, {"type": "array", "items": one}]} if self.each else one)


def read_each(values: Sequence[object], read: Callable[[object], Any]) -> list[Any]:
    """Return every value of a list as `read` gives it.

    Raises
    ------
    ProtocolError
        With the first problems, each with its place in the list, and the number of the others.
    """
    found: list[Any] = []
    problems: list[Problem] = []
    n_problems = 0
    for k, value in enumerate(values):
        try:
            found.append(read(value))
        except ValueError as error:
            n_problems += 1
            if n_problems <= SHOWN_PROBLEMS:
                problems += problems_under(f"[{k}]", error)
    if n_problems > SHOWN_PROBLEMS:
        problems.append(Problem("", f"{n_problems - SHOWN_PROBLEMS} more of these {len(values)} values are wrong"))
    if problems:
        raise ProtocolError(tuple(problems), "list")
    return found


def problems_under(path: str, error: ValueError) -> list[Problem]:
    """Return the problems of a part of a document, with paths that begin with `path`."""
    found = error.problems if isinstance(error, ProtocolError) else (Problem("", str(error)),)
    return [
        Problem(
            path + one.path if not path or not one.path or one.path[0] == "[" else f"{path}.{one.path}", one.message
        )
        for one in found
    ]


def _bound(value: float) -> str:
    return "zero" if value == 0 else f"{value:g}"
