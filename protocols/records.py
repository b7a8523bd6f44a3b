"""Records: frozen dataclasses whose fields are definitions, and how they are read, written and described.

A record checks itself when it is made, so one that exists is sound; it names all its problems at once. The same
definitions read it from a table of a protocol file and write it back (`read_record`, `write_record`) and give the
table's JSON schema (`record_schema`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, dataclass_transform

import numpy as np

from protocols.definitions import count, define, flag, quantities, quantity, text, word
from protocols.errors import Problem, ProtocolError
from protocols.fields import FieldSpec, QuantitySpec, problems_under
from protocols.texts import printable
from protocols.units import described

_Class = TypeVar("_Class")
_Record = TypeVar("_Record", bound="Record")


class Record:
    """Base of the classes that `record` makes."""

    hints: ClassVar[Mapping[str, str]] = {}
    """Keys that a reader of the reference might try here, and what to do instead."""

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

    def __post_init__(self) -> None:
        problems: list[Problem] = []
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is None and field.default is None:
                continue
            try:
                object.__setattr__(self, field.name, field.metadata["spec"].read(value))
            except ValueError as error:
                problems += problems_under(field.name, error)
        if not problems:
            problems.extend(self.problems())
        if problems:
            raise ProtocolError(tuple(problems), type(self).__name__)

    def problems(self) -> Iterator[Problem]:
        """Give what is wrong between fields that are right one by one."""
        yield from ()

    def stretched(self, factor: float) -> Self:
        """Return the record with every time `factor` times as long."""
        times = {
            name: spec.stretched(getattr(self, name), factor)
            for name, spec in specs(type(self)).items()
            if getattr(self, name) is not None
        }
        return dataclasses.replace(self, **times)


def section(
    kind: type[Record],
    doc: str,
    *,
    default_factory: Callable[[], Any] = ...,  # type: ignore[assignment] # an Ellipsis stands for: no default
    kw_only: bool = False,
) -> Any:
    """Define a field that is a table of its own; see `RecordSpec`."""
    return define(RecordSpec(doc, kind=kind), default_factory=default_factory, kw_only=kw_only)


# Not `frozen_default`: mypy would give an inherited attribute the type that the constructor accepts (float or text)
# instead of the attribute's own (float). At run time records are frozen.
@dataclass_transform(field_specifiers=(quantity, quantities, count, text, word, flag, section, define))
def record(cls: type[_Class]) -> type[_Class]:
    """Make a class of definitions a frozen dataclass, with its reader, its writer and its schema."""
    return dataclass(frozen=True)(cls)


def specs(kind: type[Record]) -> dict[str, FieldSpec]:
    """Return the definitions of a record, by the names of its attributes."""
    return {field.name: field.metadata["spec"] for field in dataclasses.fields(kind)}


@dataclass(frozen=True)
class RecordSpec(FieldSpec):
    """A table of a file: a record within a record."""

    kind: type[Record] = Record

    def expected_at(self, key: str) -> str:
        """Return what belongs under a key, for messages."""
        return f"a table [{key}]"

    def read(self, value: object) -> Record:
        """Return the record, or the one that a mapping describes."""
        return value if isinstance(value, self.kind) else read_record(self.kind, value)

    def write(self, value: Record) -> dict[str, Any] | None:
        """Return the table; None if all of it is at its defaults."""
        return write_record(value) or None

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        return record_schema(self.kind) | {"description": self.doc}


@dataclass(frozen=True)
class ChoiceSpec(FieldSpec):
    """A table whose key ``kind`` says which record it is.

    Attributes
    ----------
    kinds : dict
        The records by their kind.
    what : str
        What they are kinds of, for messages.
    """

    kinds: Mapping[str, type[Record]] = dataclasses.field(default_factory=dict)
    what: str = ""

    def expected_at(self, key: str) -> str:
        """Return what belongs under a key, for messages."""
        return f"a table [{key}] with the kind of {self.what} and its fields"

    def read(self, value: object) -> Record:
        """Return the record that a mapping describes."""
        if not isinstance(value, Mapping):
            raise ValueError(f"expected a table, not {described(value)}")  # noqa: TRY004 - a problem of the document
        known = ", ".join(repr(name) for name in self.kinds)
        if "kind" not in value:
            raise ProtocolError((Problem("kind", f"is missing: give one of {known}"),))
        name = value["kind"]
        if not isinstance(name, str) or name not in self.kinds:
            like = did_you_mean(name, self.kinds) if isinstance(name, str) else ""
            raise ProtocolError(
                (Problem("kind", f"{described(name)} is no kind of {self.what}: {like}give one of {known}"),)
            )
        return read_record(self.kinds[name], {key: one for key, one in value.items() if key != "kind"})

    def write(self, value: Record) -> dict[str, Any]:
        """Return the table with its kind."""
        name = next(name for name, kind in self.kinds.items() if type(value) is kind)
        return {"kind": name, **write_record(value)}

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema: one shape for each kind."""
        shapes = []
        for name, kind in self.kinds.items():
            shape = record_schema(kind)
            shape["properties"] = {"kind": {"const": name}} | shape["properties"]
            shape["required"] = ["kind", *shape.get("required", [])]
            shapes.append(shape)
        return {"description": self.doc, "type": "object", "required": ["kind"], "oneOf": shapes}


def read_record(kind: type[_Record], table: object) -> _Record:
    """Return the record that a table of a file describes.

    Raises
    ------
    ProtocolError
        With every problem of the table, paths counted from it.
    """
    if not isinstance(table, Mapping):
        raise ValueError(f"expected a table, not {described(table)}")  # noqa: TRY004 - a problem of the document
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    known: set[str] = set()
    for field in dataclasses.fields(kind):
        spec: FieldSpec = field.metadata["spec"]
        key = spec.key(field.name)
        readers = spec.readers(key)
        known |= set(readers)
        given = [name for name in readers if table.get(name) is not None]
        is_needed = spec.needed or (field.default is MISSING and field.default_factory is MISSING)
        if len(readers) > 1 and len(given) != 1 and (given or is_needed):
            problems.append(Problem("", f"expected {spec.expected_at(key)}"))
        elif given:
            try:
                values[field.name] = readers[given[0]](table[given[0]])
            except ValueError as error:
                problems += problems_under(given[0], error)
        elif is_needed:
            problems.append(Problem(key, f"is missing: expected {spec.expected_at(key)}"))
    problems += [
        Problem(printable(str(key)), unknown_key(str(key), known, kind.hints)) for key in table if key not in known
    ]
    if problems:
        raise ProtocolError(tuple(problems), kind.__name__)
    return kind(**values)


def unknown_key(key: str, known: Iterable[str], hints: Mapping[str, str]) -> str:
    """Return what is to be said of a key that means nothing where it stands."""
    if key in hints:
        return f"is not known here: {hints[key]}"
    advice = did_you_mean(key, known) or "check its spelling, or remove it. "
    return f"is not known here: {advice}Known here: {', '.join(sorted(known))}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question with the known name that is nearest to a name; empty if none is near."""
    like = nearest(name, known)
    return f"did you mean {like!r}? " if like else ""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is nearest to a name; empty if none is near."""
    import difflib  # only a document with a problem needs it

    return next(iter(difflib.get_close_matches(name, list(known), n=1)), "")


def write_record(one: Record) -> dict[str, Any]:
    """Return the table that describes a record: fields at their defaults are left out, long arrays stay arrays."""
    table: dict[str, Any] = {}
    for field in dataclasses.fields(one):
        value = getattr(one, field.name)
        is_default = value is field.default or (not isinstance(value, np.ndarray) and value == field.default)
        if value is None or is_default:
            continue
        spec: FieldSpec = field.metadata["spec"]
        written = spec.write(value)
        if written is not None:
            table[spec.key(field.name)] = written
    return table


def record_schema(kind: type[Record]) -> dict[str, Any]:
    """Return the JSON schema of a record's table."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    schema: dict[str, Any] = {
        "description": (kind.__doc__ or "").partition("\n")[0],
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }
    for field in dataclasses.fields(kind):
        spec: FieldSpec = field.metadata["spec"]
        key = spec.key(field.name)
        properties[key] = spec.schema() | _default(spec, field.default)
        if isinstance(spec, QuantitySpec) and spec.inverse is not None:
            other, unit = spec.inverse
            properties[other] = QuantitySpec(f"{spec.doc} Given as its inverse.", unit=unit, above=0).schema()
            schema["oneOf"] = [{"required": [key]}, {"required": [other]}]
        elif spec.needed or (field.default is MISSING and field.default_factory is MISSING):
            required.append(key)
    return schema | ({"required": required} if required else {})


def _default(spec: FieldSpec, default: object) -> dict[str, Any]:
    return {} if default is MISSING or default is None or default == "" else {"default": spec.write(default)}
