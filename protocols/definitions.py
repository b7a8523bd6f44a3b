"""Definitions of the fields of a protocol: unit, bounds, description and default, each said once.

A field is defined where its class is written::

    width: Quantity = quantity("s", "Length of the pulse.", above=0)

From this line come the constructor's argument (an SI float, or text with a unit), the key and the check of a protocol
file, the text that is written back, and the entry of the JSON schema. Classes of such fields are made by
`protocols.records.record`.

The names of fields that leave this package carry their unit (``interval_s``); the key in a file does not
(``interval = "10 us"``), for there the value carries it.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from protocols.fields import CountSpec, FieldSpec, FlagSpec, QuantitiesSpec, QuantitySpec, TextSpec, WordSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

MOST_NAME = 200
"""Longest name (characters): it fits a line of a table with the rest of its row. File names are cut shorter."""
MOST_REMARK = 1000
"""Longest description (characters), such as how electrodes were made: half a page."""
MOST_NOTES = 20_000
"""Longest notes (characters): ten pages. They are kept in every run file, and beyond that a lab book serves better."""
MOST_TAG = 60
"""Longest tag (characters): a few words. Doubled, a table of runs breaks its lines."""
MOST_TAGS = 50
"""Most tags of a run: nobody keeps more in mind, and they stand in every run file. Doubled, nothing changes."""
MOST_COUNT = 1_000_000
"""Largest number of pulses, levels or repeats: ten times what the largest program memory takes. A train of so many
takes 0.3 s to make; doubled, twice as long."""


class Quantity:
    """An attribute that is an SI float, and that may be given as text with a unit such as ``"10 mV"``."""

    if TYPE_CHECKING:

        def __get__(self, obj: object, owner: type) -> float: ...
        def __set__(self, obj: object, value: float | str) -> None: ...


class OptionalQuantity:
    """A `Quantity` that may be None."""

    if TYPE_CHECKING:

        def __get__(self, obj: object, owner: type) -> float | None: ...
        def __set__(self, obj: object, value: float | str | None) -> None: ...


class Quantities:
    """An attribute that is an array of SI floats, given as an array or as a list of quantities."""

    if TYPE_CHECKING:

        def __get__(self, obj: object, owner: type) -> NDArray[np.float64]: ...
        def __set__(self, obj: object, value: ArrayLike) -> None: ...


class OptionalQuantities:
    """`Quantities` that may be None."""

    if TYPE_CHECKING:

        def __get__(self, obj: object, owner: type) -> NDArray[np.float64] | None: ...
        def __set__(self, obj: object, value: ArrayLike | None) -> None: ...


def quantity(
    unit: str,
    doc: str,
    *,
    default: float | None = ...,  # type: ignore[assignment] # an Ellipsis stands for: no default
    above: float | None = None,
    at_least: float | None = None,
    inverse: tuple[str, str] | None = None,
    needed: bool = False,
    kw_only: bool = False,
) -> Any:
    """Define a field that is a number with a unit; see `QuantitySpec`."""
    spec = QuantitySpec(doc, needed, unit=unit, above=above, at_least=at_least, inverse=inverse)
    return define(spec, default=default, kw_only=kw_only)


def quantities(unit: str, doc: str, *, default: None = ..., kw_only: bool = False) -> Any:  # type: ignore[assignment]
    """Define a field that is an array of numbers with a unit; see `QuantitiesSpec`."""
    return define(QuantitiesSpec(doc, unit=unit), default=default, kw_only=kw_only)


def count(
    doc: str,
    *,
    default: int = ...,  # type: ignore[assignment]
    at_least: int = 1,
    at_most: int | None = None,
    kw_only: bool = False,
) -> Any:
    """Define a field that is a whole number; see `CountSpec`."""
    return define(CountSpec(doc, at_least=at_least, at_most=at_most), default=default, kw_only=kw_only)


def text(
    doc: str,
    *,
    most: int,
    default: str = ...,  # type: ignore[assignment]
    filled: bool = False,
    several_lines: bool = False,
    kw_only: bool = False,
) -> Any:
    """Define a field that is text of at most so many characters; see `TextSpec`."""
    spec = TextSpec(doc, filled=filled, most=most, several_lines=several_lines)
    return define(spec, default=default, kw_only=kw_only)


def word(doc: str, words: tuple[str, ...], *, default: str = ..., kw_only: bool = False) -> Any:  # type: ignore[assignment]
    """Define a field that is one of a few words; see `WordSpec`."""
    return define(WordSpec(doc, words=words), default=default, kw_only=kw_only)


def flag(doc: str, *, default: bool = ..., each: bool = False, kw_only: bool = False) -> Any:  # type: ignore[assignment]
    """Define a field that is true or false; see `FlagSpec`."""
    return define(FlagSpec(doc, each=each), default=default, kw_only=kw_only)


def define(spec: FieldSpec, *, default: Any = ..., default_factory: Any = ..., kw_only: bool = False) -> Any:
    """Return the dataclass field of a definition."""
    metadata = {"spec": spec}
    if default_factory is not ...:
        return dataclasses.field(default_factory=default_factory, metadata=metadata, kw_only=kw_only)
    if default is ...:
        return dataclasses.field(metadata=metadata, kw_only=kw_only)
    return dataclasses.field(default=default, metadata=metadata, kw_only=kw_only)
