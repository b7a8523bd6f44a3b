"""Points of a campaign: one run each, in the order in which they are measured."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, overload

from protocols.campaigns.paths import place_of, with_value
from protocols.campaigns.rules import RANDOM, Order
from protocols.protocol import Protocol
from protocols.records import read_record, specs
from protocols.texts import printable, shortened
from protocols.units import parse_quantity

TEMPERATURE = "temperature"
"""Field of a sweep that is the set point of the controller."""
LONGEST_LABEL = 80
"""Longest label of a point (characters): it is part of a file's name, which has 255 bytes, and of a table's row.
Doubled, tables break their lines."""
_LABEL_DIGITS = 6
"""Significant digits of a value in a label: neighbours of a sweep differ in the first three. Doubled, they are long."""
_LONGEST_VALUE = 40
"""Longest text of one value in a label (characters). Doubled, two values fill it."""
_KEPT = 32
"""Parts of protocols that are kept for the next points (a part is a table such as ``[sequence]``): more than a sweep
usually has. Doubled, a campaign of programs of a million levels may hold 1.5 GB instead of 0.8."""

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Point:
    """One run of a campaign.

    Attributes
    ----------
    number : int
        1, 2, ... in the order in which they are run.
    values : mapping
        Swept fields and their values as the document has them, as text; ``temperature`` among them if there are set
        points.
    repeat : int
        The round in which it is measured: 1, 2, ...
    protocol : Protocol
        Complete; its sample's temperature is the set point, if there is one.
    temperature_K : float or None
        Set point.
    label : str
        Short and printable, for names, tables and logs: ``level 20 mV, 298 K, repeat 1``.
    """

    number: int
    values: Mapping[str, str]
    repeat: int
    protocol: Protocol
    temperature_K: float | None
    label: str


@dataclass(frozen=True)
class Axis:
    """One sweep, made: the fields that it sets, and their values at each step."""

    fields: tuple[str, ...]
    rows: tuple[Row, ...]


def order_of(axes: Sequence[Axis], order: Order) -> list[tuple[int, int]]:
    """Return in which order the points are measured.

    The numbers of a random order are those of `random.Random.random`, which are the same in every version of Python.

    Parameters
    ----------
    axes : sequence of Axis
        The first changes slowest.
    order : Order

    Returns
    -------
    list of tuple of int
        Of each point the number of its combination of values (0, 1, ... as the axes count) and its round (1, 2, ...).
    """
    n = math.prod(len(axis.rows) for axis in axes)
    block = [0] * n if order.mix_temperatures else [_temperature_step(axes, k) for k in range(n)]
    rounds = []
    draws = Random(order.seed)  # noqa: S311 - an order that can be repeated, no secret
    for repeat in range(1, order.repeats + 1):
        drawn = [draws.random() for _ in range(n)] if order.kind == RANDOM else [0.0] * n
        rounds += [(block[k], repeat, drawn[k], k) for k in range(n)]
    return [(k, repeat) for _, repeat, _, k in sorted(rounds)]


def _temperature_step(axes: Sequence[Axis], combination: int) -> int:
    """Return which step of the axis with the temperature a combination has; 0 if there is none."""
    steps = _steps_of(axes, combination)
    return next((step for axis, step in zip(axes, steps, strict=True) if TEMPERATURE in axis.fields), 0)


def _steps_of(axes: Sequence[Axis], combination: int) -> tuple[int, ...]:
    """Return at which step each axis is in a combination: the last axis changes fastest."""
    steps = []
    for axis in reversed(axes):
        combination, step = divmod(combination, len(axis.rows))
        steps.append(step)
    return tuple(reversed(steps))


@dataclass(frozen=True, eq=False)
class Points(Sequence[Point]):
    """The points of a campaign, each made when it is asked for.

    A campaign of a thousand programs of a million levels would not fit into memory.

    Attributes
    ----------
    tables : mapping
        Of the protocol, without what is swept.
    axes : tuple of Axis
    order : Order
    """

    tables: Mapping[str, Any]
    axes: tuple[Axis, ...]
    order: Order
    _order: list[tuple[int, int]] = field(init=False, repr=False, compare=False)
    _kept: dict[tuple[Any, ...], Any] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_order", order_of(self.axes, self.order))

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, index: int) -> Point: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Point, ...]: ...
    def __getitem__(self, index: int | slice) -> Point | tuple[Point, ...]:
        if isinstance(index, slice):
            return tuple(self[k] for k in range(*index.indices(len(self))))
        place = index + len(self) if index < 0 else index
        combination, repeat = self._order[place]
        values = self.values_at(combination)
        protocol, temperature_K = self.protocol_at(combination)
        label = self._label(values, temperature_K, repeat)
        texts = {path: _text(value) for path, value in values.items()}
        return Point(
            place + 1, texts, repeat, protocol, temperature_K, label or shortened(protocol.name, LONGEST_LABEL)
        )

    def __iter__(self) -> Iterator[Point]:
        return (self[k] for k in range(len(self)))

    def steps_at(self, combination: int) -> tuple[int, ...]:
        """Return at which step each axis is in a combination."""
        return _steps_of(self.axes, combination)

    def values_at(self, combination: int) -> dict[str, Any]:
        """Return the values of the swept fields in a combination, as the document has them."""
        found: dict[str, Any] = {}
        for axis, step in zip(self.axes, self.steps_at(combination), strict=True):
            found |= dict(zip(axis.fields, axis.rows[step], strict=True))
        return found

    def protocol_at(self, combination: int) -> tuple[Protocol, float | None]:
        """Return the protocol of a combination of values, and its set point (K).

        Raises
        ------
        ProtocolError
            If the values do not make a protocol.
        """
        values = self.values_at(combination)
        temperature_K = parse_quantity(values.pop(TEMPERATURE), "K") if TEMPERATURE in values else None
        if temperature_K is not None:
            values["sample.temperature"] = f"{temperature_K!r} K"
        by_part: dict[str, dict[str, Any]] = {key: {} for key in self.tables}
        for path in sorted(values, key=len):  # a whole table before what is in it
            by_part.setdefault(str(place_of(path)[0]), {})[path] = values[path]
        tables = {key: self._part(key, changes) for key, changes in by_part.items()}
        return read_record(Protocol, tables), temperature_K

    def _part(self, key: str, changes: Mapping[str, Any]) -> Any:
        """Return what stands under a key of the protocol, read if it can be: points share what they do not vary."""
        known_as = (key, *((path, repr(value)) for path, value in changes.items()))
        if known_as in self._kept:
            self._kept[known_as] = part = self._kept.pop(known_as)  # the last used one is the last to go
            return part
        tables: dict[str, Any] = {key: self.tables[key]} if key in self.tables else {}
        for path, value in changes.items():
            tables = with_value(tables, place_of(path), value)
        spec = specs(Protocol).get(key)
        try:
            part = tables[key] if spec is None else spec.read(tables[key])
        except ValueError:
            return tables[key]  # the protocol's reader says what is wrong, with its path
        while len(self._kept) >= _KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[known_as] = part
        return part

    def _label(self, values: Mapping[str, Any], temperature_K: float | None, repeat: int) -> str:
        last = [path.rpartition(".")[2] for path in values]
        parts = []
        for path, name in zip(values, last, strict=True):
            if path != TEMPERATURE:
                shown = name if last.count(name) == 1 else path
                parts.append(f"{shown} {_short(_text(values[path]))}")
        if temperature_K is not None:
            parts.append(f"{temperature_K:.{_LABEL_DIGITS}g} K")
        if self.order.repeats > 1:
            parts.append(f"repeat {repeat}")
        return shortened(printable(", ".join(parts)), LONGEST_LABEL)


def _text(value: object) -> str:
    """Return a value as text; tables and lists as the tables of a message are."""
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _short(text: str) -> str:
    number, _, unit = text.strip().partition(" ")
    try:
        text = f"{float(number):.{_LABEL_DIGITS}g} {unit.strip()}".rstrip()
    except ValueError:  # a word, or a number with its unit close behind
        text = text.strip()
    return shortened(text, _LONGEST_VALUE)
