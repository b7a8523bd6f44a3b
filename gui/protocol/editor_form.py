"""The tree and the forms of a protocol in the editor, made from its tables and the definitions of fields. Without Qt.

What a field is called, what it takes and what applies without it come from `protocols`; only titles are of the window.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from gui.common.language import tr
from gui.protocol.editor_templates import title_of
from protocols.campaigns.sections import CampaignSections
from protocols.fields import CountSpec, FlagSpec, QuantitySpec, TextSpec
from protocols.limits import Limits
from protocols.protocol import Protocol
from protocols.records import ChoiceSpec, RecordSpec, specs
from protocols.sample import Sample
from protocols.sampling import Sampling
from protocols.steps import KINDS, STEPS, StepsSpec
from protocols.texts import shortened
from protocols.toml_places import text_of
from protocols.units import format_quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from protocols.fields import FieldSpec
    from protocols.records import Record
    from protocols.toml_places import Path

_LONGEST_LIST = 200
"""Longest list that is shown in a field (values): some screens of it. Longer ones are changed in the text."""
_LONGEST_SUMMARY = 60
"""Longest summary of a step in the tree (characters). Doubled, the tree scrolls sideways."""


class Control(Enum):
    """What a field is typed or chosen with."""

    TEXT = "one line"
    LINES = "several lines"
    LIST = "values with commas between"
    CHOICE = "one of a few words"
    KIND = "the kind of a table, which decides its other fields"
    PART = "a table that may be left out"
    LOCKED = "only the text can change it"


class Takes(Enum):
    """What a field is in the document."""

    TEXT = "text, such as a quantity with its unit"
    NUMBER = "a plain number"
    TRUTH = "true or false"


@dataclass(frozen=True)
class FormField:
    """One field of a form.

    Attributes
    ----------
    path : tuple
        Where its value stands in the document, or would.
    label, doc : str
    control : Control
    text : str
        Its value as it is shown; empty if it is not given.
    choices : tuple of str
        Words of a choice; the empty word stands for what applies without it.
    hint : str
        What applies without it, or what belongs there.
    heading : str
        Title of the part of the form that begins with it; empty within a part.
    takes : Takes
        How what is typed is written.
    """

    path: Path
    label: str
    doc: str
    control: Control
    text: str
    choices: tuple[str, ...] = ()
    hint: str = ""
    heading: str = ""
    takes: Takes = Takes.TEXT

    @property
    def path_text(self) -> str:
        """Its path as problems write it."""
        return text_of(self.path)


@dataclass(frozen=True)
class Node:
    """One line of the tree, with its form.

    Attributes
    ----------
    path : tuple
    title, summary : str
    make_fields : callable
        Makes its form; called for what is looked at, not for all of a long document.
    children : tuple of Node
    steps_path : tuple or None
        Of the list into which a step after this one, or in this group, goes; None where no step can be.
    """

    path: Path
    title: str
    summary: str = ""
    make_fields: Callable[[], tuple[FormField, ...]] = tuple
    children: tuple[Node, ...] = ()
    steps_path: Path | None = None

    @cached_property
    def fields(self) -> tuple[FormField, ...]:
        """Its form."""
        return self.make_fields()

    @property
    def is_entry(self) -> bool:
        """Whether it is an entry of a list, which can be moved, copied and removed."""
        return bool(self.path) and isinstance(self.path[-1], int)

    def walk(self) -> Iterator[Node]:
        """Give it and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def document_nodes(tables: Mapping[str, Any]) -> tuple[Node, ...]:
    """Return the lines of the tree of a document.

    Parameters
    ----------
    tables : mapping
        As TOML gives them, whether right or wrong.
    """
    nodes = [
        Node((), title_of("protocol"), _plain(tables.get("name")), partial(_general, tables)),
        _sequence(tables.get("sequence")),
        *(
            Node(
                (key,), title_of(key), _summary(tables.get(key)), partial(_record_fields, kind, (key,), tables.get(key))
            )
            for key, kind in (("sampling", Sampling), ("limits", Limits), ("sample", Sample))
        ),
    ]
    return (*nodes, *_campaign_nodes(tables))


def _general(tables: Mapping[str, Any]) -> tuple[FormField, ...]:
    found = [
        one
        for field in dataclasses.fields(Protocol)
        if not isinstance(field.metadata["spec"], RecordSpec) and field.name != "sequence"
        for one in _fields(field, (), tables)
    ]
    return tuple(sorted(found, key=lambda one: one.path == ("notes",)))  # notes last: they are the highest


def _campaign_nodes(tables: Mapping[str, Any]) -> Iterator[Node]:
    for name, spec in specs(CampaignSections).items():
        key = spec.key(name)
        table = tables.get(key)
        if isinstance(spec, RecordSpec):
            if table is not None:
                yield Node((key,), title_of(key), _summary(table), partial(_record_fields, spec.kind, (key,), table))
        elif isinstance(table, list):
            from protocols.campaigns import Sweep

            for k, one in enumerate(table):
                path: Path = (key, k)
                yield Node(path, title_of(key), _plain(_get(one, "field")), partial(_record_fields, Sweep, path, one))


def _sequence(table: object) -> Node:
    path: Path = ("sequence",)
    kind = str(_get(table, "kind") or "")
    children: tuple[Node, ...] = ()
    if kind == "steps":
        children = _step_nodes((*path, "steps"), _get(table, "steps"))
    steps_path = (*path, "steps") if kind == "steps" else None
    return Node(
        path, title_of("sequence"), title_of(kind), partial(_kind_fields, KINDS, path, table), children, steps_path
    )


def _step_nodes(path: Path, steps: object) -> tuple[Node, ...]:
    if not isinstance(steps, list):
        return ()
    return tuple(_step(path, k, one) for k, one in enumerate(steps))


def _step(path: Path, k: int, table: object) -> Node:
    own: Path = (*path, k)
    kind = str(_get(table, "kind") or "")
    children = _step_nodes((*own, "steps"), _get(table, "steps")) if kind == "group" else ()
    return Node(
        own, title_of(kind) or tr("Step"), _summary(table), partial(_kind_fields, STEPS, own, table), children, path
    )


def _kind_fields(kinds: Mapping[str, type[Record]], path: Path, table: object) -> tuple[FormField, ...]:
    """Return the fields of a table whose kind decides which they are."""
    kind = str(_get(table, "kind") or "")
    chosen = FormField((*path, "kind"), tr("kind"), "", Control.KIND, kind, tuple(kinds))
    return (chosen, *_record_fields(kinds[kind], path, table)) if kind in kinds else (chosen,)


def _record_fields(kind: type[Record], path: Path, table: object) -> tuple[FormField, ...]:
    """Return the fields of a table: those that must be given first."""
    known = sorted(dataclasses.fields(kind), key=lambda one: one.default is not dataclasses.MISSING)
    tables = table if isinstance(table, dict) else {}
    return tuple(one for field in known for one in _fields(field, path, tables))


def _fields(field: dataclasses.Field[Any], path: Path, table: Mapping[str, Any]) -> Iterator[FormField]:
    spec: FieldSpec = field.metadata["spec"]
    key = spec.key(field.name)
    if isinstance(spec, StepsSpec):
        return
    if isinstance(spec, ChoiceSpec | RecordSpec):
        yield from _part(key, spec, path, table.get(key))
        return
    readers = list(spec.readers(key))
    for one in readers:
        value = table.get(one)
        if value is None and spec.schema().get("type") == "object":
            continue
        control, choices = _control(spec, value)
        hint = tr("or {other}").format(other=next(k for k in readers if k != one)) if len(readers) > 1 else _hint(field)
        label = one.replace("_", " ")
        takes = _takes(spec)
        yield FormField((*path, one), label, spec.doc, control, _shown(value, control), choices, hint, takes=takes)


def _takes(spec: FieldSpec) -> Takes:
    if isinstance(spec, FlagSpec):
        return Takes.TRUTH
    is_number = isinstance(spec, CountSpec) or (isinstance(spec, QuantitySpec) and not spec.unit)
    return Takes.NUMBER if is_number else Takes.TEXT


def _part(key: str, spec: ChoiceSpec | RecordSpec, path: Path, value: object) -> Iterator[FormField]:
    """Give the fields of a table within a table: whether it is there, and what is in it."""
    own: Path = (*path, key)
    kinds = tuple(spec.kinds) if isinstance(spec, ChoiceSpec) else (tr("given"),)
    kind: type[Record] | None
    if isinstance(spec, ChoiceSpec):
        chosen = str(_get(value, "kind") or "")
        kind = spec.kinds.get(chosen)
    else:
        chosen, kind = (kinds[0], spec.kind) if value is not None else ("", None)
    yield FormField(own, key, spec.doc, Control.PART, chosen, ("", *kinds), heading=title_of(key))
    if kind is not None:
        yield from _record_fields(kind, own, value)


def _control(spec: FieldSpec, value: object) -> tuple[Control, tuple[str, ...]]:
    words = spec.schema().get("enum")
    if isinstance(value, dict) or (isinstance(value, list) and not _is_plain_list(value)):
        return Control.LOCKED, ()
    if words is not None:
        return Control.CHOICE, ("", *words)
    if isinstance(spec, FlagSpec) and not isinstance(value, list):
        return Control.CHOICE, ("", "true", "false")
    if isinstance(spec, TextSpec) and spec.several_lines:
        return Control.LINES, ()
    if isinstance(value, list) or _takes_list(spec):
        return Control.LIST, ()
    return Control.TEXT, ()


def _takes_list(spec: FieldSpec) -> bool:
    shape = spec.schema()
    shapes = [shape, *shape.get("anyOf", [])]
    return any(one.get("type") == "array" for one in shapes)


def _is_plain_list(value: list[Any]) -> bool:
    return len(value) <= _LONGEST_LIST and all(
        isinstance(one, int | float) or (isinstance(one, str) and "," not in one) for one in value
    )


def _hint(field: dataclasses.Field[Any]) -> str:
    """Return what applies where a field is empty, or an example of what belongs there."""
    spec = field.metadata["spec"]
    if field.default not in (dataclasses.MISSING, None, "", ()):
        is_quantity = isinstance(spec, QuantitySpec) and isinstance(field.default, float)
        default = format_quantity(field.default, spec.unit) if is_quantity else _plain(field.default)
        return tr("{value} unless given").format(value=default)
    expected = spec.expected
    example = expected.rpartition("such as ")[2].strip('"')
    return tr("such as {example}").format(example=example) if isinstance(spec, QuantitySpec) and spec.unit else ""


def _shown(value: object, control: Control) -> str:
    if value is None:
        return ""
    if control is Control.LOCKED:
        n = len(value) if isinstance(value, list | dict) else 0
        return tr("{n} entries: change them in the text").format(n=n)
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value)
    return _plain(value)


def _plain(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _get(table: object, key: str) -> Any:
    return table.get(key) if isinstance(table, dict) else None


def _summary(table: object) -> str:
    """Return the first values of a table, for its line in the tree."""
    if not isinstance(table, dict):
        return ""
    shown: list[str] = []
    for key, value in table.items():
        if key == "repeat":
            shown.insert(0, f"{value} ×")
        elif key != "kind" and isinstance(value, str | int | float) and not isinstance(value, bool):
            shown.append(str(value))
    return shortened(", ".join(shown), _LONGEST_SUMMARY)
