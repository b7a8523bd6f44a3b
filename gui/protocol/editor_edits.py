"""What the form of the editor does to the text of a protocol. Without Qt."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from gui.protocol.editor_form import Control, Takes
from gui.protocol.editor_templates import new_rule, new_section, new_sequence, new_step, new_until
from protocols.records import specs
from protocols.steps import KINDS, STEPS
from protocols.toml_edits import duplicate_item, insert_item, move_item, remove, set_value
from protocols.toml_places import places_in

if TYPE_CHECKING:
    from gui.protocol.editor_form import FormField, Node
    from protocols.toml_places import Path

_SWEPT = ("sequence", "sampling", "limits", "sample", "repeats")
"""Parts of a protocol whose fields are usually swept."""
_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def with_typed(text: str, field: FormField, typed: str) -> str:
    """Return the text with what was typed or chosen in a field; an empty field is left out of it.

    Raises
    ------
    ValueError
        If only the text itself can be changed there.
    """
    path = field.path
    if field.control is Control.KIND:
        return _with_kind(text, path[:-1], typed)
    if field.control is Control.PART:
        return _with_part(text, path, typed)
    if not (typed if field.control is Control.LINES else typed.strip()):
        return remove(text, path)
    if field.control is Control.LIST:
        before = _at(text, path)
        like = before[0] if isinstance(before, list) and before else None
        return set_value(text, path, [_value(field, one.strip(), like) for one in typed.split(",") if one.strip()])
    return set_value(text, path, _value(field, typed, _at(text, path)))


def _at(text: str, path: Path) -> Any:
    value: Any = tomllib.loads(text)
    for part in path:
        try:
            value = value[part]
        except (LookupError, TypeError):
            return None
    return value


def _value(field: FormField, typed: str, before: object) -> object:
    """Return what was typed as TOML has it: numbers and words of truth only where such belong."""
    stripped = typed.strip()
    is_truth = isinstance(before, bool)
    if stripped in ("true", "false") and (is_truth or field.takes is Takes.TRUTH):
        return stripped == "true"
    if field.takes is Takes.NUMBER or (isinstance(before, int | float) and not is_truth):
        if _WHOLE.fullmatch(stripped):
            return int(stripped)
        if _NUMBER.fullmatch(stripped):
            return float(stripped)
    return typed


def _with_kind(text: str, path: Path, kind: str) -> str:
    """Return the text with another kind of a table: what the new kind does not know goes, what it needs comes."""
    table = _at(text, path)
    is_sequence = path == ("sequence",)
    template = new_sequence(kind) if is_sequence else new_step(kind)
    known = {"kind"} | {
        key
        for name, spec in specs((KINDS if is_sequence else STEPS)[kind]).items()
        for key in spec.readers(spec.key(name))
    }
    given = table if isinstance(table, dict) else {}
    for key in given:
        if key not in known:
            text = remove(text, (*path, key))
    kept = {key for key in given if key in known}
    for key, value in template.items():
        if key == "kind" or (key not in kept and not (key == "rate" and "duration" in kept)):
            text = set_value(text, (*path, key), value)
    return text


def _with_part(text: str, path: Path, chosen: str) -> str:
    if not chosen:
        return remove(text, path)
    if path[-1] == "until":
        return set_value(text, path, new_until(str(_at(text, (*path[:-1], "kind")))))
    present = path in places_in(text).by_path
    return set_value(remove(text, path) if present else text, path, new_rule(chosen))


def with_step_after(text: str, node: Node, kind: str) -> tuple[str, Path]:
    """Return the text with a new step after a step, or at the end of a sequence or an empty group; and its path.

    Raises
    ------
    ValueError
        If no step can be there.
    """
    if node.steps_path is None:
        raise ValueError("this sequence is not made of steps: choose the kind Steps first")
    steps = _at(text, node.steps_path)
    n = len(steps) if isinstance(steps, list) else 0
    index = int(node.path[-1]) + 1 if node.is_entry else n
    return insert_item(text, node.steps_path, index, new_step(kind)), (*node.steps_path, index)


def with_section(text: str, name: str, swept: FormField | None = None) -> str:
    """Return the text with a new table of a campaign.

    Parameters
    ----------
    text : str
    name : str
        sweep, order, temperature, between or stop.
    swept : FormField, optional
        What a new sweep varies; a field that no sweep can vary is left out.
    """
    table = new_section(name)
    if name != "sweep":
        for key, value in table.items():
            text = set_value(text, (name, key), value)
        return text
    if swept is not None and swept.path[0] in _SWEPT and swept.control is Control.TEXT:
        table = {"field": swept.path_text, "values": [_at(text, swept.path)]}
    sweeps = _at(text, ("sweep",))
    return insert_item(text, ("sweep",), len(sweeps) if isinstance(sweeps, list) else 0, table)


def moved(text: str, path: Path, by: int) -> str:
    """Return the text with an entry of a list so many places further down."""
    return move_item(text, path[:-1], int(path[-1]), int(path[-1]) + by)


def copied(text: str, path: Path) -> str:
    """Return the text with a copy of an entry of a list after it."""
    return duplicate_item(text, path[:-1], int(path[-1]))


def removed(text: str, path: Path) -> str:
    """Return the text without a table or an entry of a list."""
    return remove(text, path)
