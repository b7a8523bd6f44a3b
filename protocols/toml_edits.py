"""Edits of a TOML text that touch nothing else: comments, order and layout stay as the author wrote them.

Each function takes a text that is TOML and returns another one. An edit whose outcome would mean anything else than
what was asked raises `ValueError`, and the text stays as it is.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from protocols.toml_places import Kind, Path, Places, places_in, text_of, toml_problem

Values = Mapping[str, Any]
"""A new table: its keys, and text, numbers, lists or tables."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ITEM_ALONE = re.compile(r"[ \t]*,?[ \t]*(?:#[^\n]*)?(?:\n|$)")


def literal(value: object) -> str:
    """Return a value as TOML writes it; a table in braces."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {literal(one)}" for key, one in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(literal, value))}]"
    return repr(value)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _checked(text: str, before: str, change: Any, path: Path) -> str:
    """Return an edited text if it means what was asked: the tables before, changed by a function."""
    wanted = tomllib.loads(before)
    try:
        change(wanted)
        if tomllib.loads(text) == wanted:
            return text
    except (ValueError, LookupError, TypeError):
        pass
    raise ValueError(f"{text_of(path)} is written in a way that only the text itself can be changed: change it there")


def _paths_in(text: str) -> set[Path]:
    return set(places_in(text).by_path) if toml_problem(text) is None else set()


def _inside(tables: Any, path: Path) -> Any:
    for part in path:
        tables = tables.setdefault(part, {}) if isinstance(part, str) else tables[part]
    return tables


def set_value(text: str, path: Path, value: object) -> str:
    """Return the text with a value at a path; tables that are not there yet are made."""
    places = places_in(text)
    place = places.by_path.get(path)
    if place is not None and place.kind in (Kind.VALUE, Kind.ARRAY, Kind.INLINE):
        edited = text[: place.start] + _like(text[place.start : place.end], value) + text[place.end :]
    else:
        edited = _with_new(places, path, value)

    def change(tables: Any) -> None:
        _inside(tables, path[:-1])[path[-1]] = value

    return _checked(edited, text, change, path)


def _like(before: str, value: object) -> str:
    """Return a value as it was written before: text of several lines stays so."""
    if isinstance(value, str) and (before.startswith('"""') or "\n" in value) and "\r" not in value:
        inner = json.dumps(value, ensure_ascii=False)[1:-1].replace("\\n", "\n").replace("\x7f", "\\u007f")
        if "\\\n" not in inner:  # a backslash before a line end would swallow it
            return f'"""\n{inner}"""'
    return literal(value)


def _with_new(places: Places, path: Path, value: object) -> str:
    text, key = places.text, path[-1]
    parent = places.by_path.get(path[:-1])
    if isinstance(key, int):
        raise ValueError(f"there is no {text_of(path)}")  # noqa: TRY004 - a place, not a type
    if parent is None:
        if len(path) == 2:
            return f"{text.rstrip()}\n\n[{_key(str(path[0]))}]\n{_key(key)} = {_like('', value)}\n".lstrip("\n")
        return _with_new(places, path[:-1], {key: value})
    if parent.kind is Kind.INLINE:
        inner = places.children(path[:-1])
        at = places.by_path[inner[-1]].end if inner else parent.start + 1
        entry = f"{_key(key)} = {literal(value)}"
        return text[:at] + (f", {entry}" if inner else f" {entry} ") + text[at:]
    if parent.kind is Kind.HEADER:
        line = f"{_key(key)} = {_like('', value)}\n"
        return _with_line(text, parent.end, line, is_root=len(path) == 1)
    raise ValueError(f"{text_of(path[:-1])} is written in a way that only the text itself can be changed")


def _with_line(text: str, end: int, line: str, *, is_root: bool) -> str:
    if is_root and end == 0:
        rest = text.lstrip("\n")
        return line + ("\n" if rest.startswith("[") else "") + rest
    at = text.find("\n", end) + 1
    return text[:at] + line + text[at:] if at else f"{text}\n{line}"


def remove(text: str, path: Path) -> str:
    """Return the text without what stands at a path: a key with its value, a table, an entry of a list."""
    places = places_in(text)
    place = places.by_path.get(path)
    if place is None:
        return text
    if place.kind is Kind.TABLES:
        for one in reversed(places.children(path)):
            text = remove(text, one)
        return text
    if place.kind is Kind.DOTTED:
        raise ValueError(f"{text_of(path)} is written in several places: change the text itself")
    edited = _without_item(places, path) if isinstance(path[-1], int) else _without_key(places, path)

    def change(tables: Any) -> None:
        del _inside(tables, path[:-1])[path[-1]]
        left = _paths_in(edited)
        for k in range(len(path) - 1, 0, -1):  # what only its parts name goes with the last of them
            if path[:k] not in left and not _inside(tables, path[:k]):
                del _inside(tables, path[: k - 1])[path[k - 1]]

    return _checked(edited, text, change, path)


def _without_key(places: Places, path: Path) -> str:
    text, place = places.text, places.by_path[path]
    if place.kind is Kind.HEADER:
        start, end = _block(places, path)
        return text[:start].rstrip("\n") + ("\n\n" if text[:start].strip() else "") + text[end:].lstrip("\n")
    if places.by_path[path[:-1]].kind is Kind.INLINE:
        start, end = _with_comma(text, place.key_start, place.end)
    else:
        start = text.rfind("\n", 0, place.key_start) + 1
        end = text.find("\n", place.end) + 1 or len(text)
    return text[:start] + text[end:]


def _with_comma(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span with the comma after it, or that before the last one."""
    after = re.compile(r"[ \t]*,[ \t]*").match(text, end)
    if after is not None:
        return start, after.end()
    before = text[:start].rstrip()
    return (len(before) - 1, end) if before.endswith(",") else (start, end)


def _block(places: Places, path: Path) -> tuple[int, int]:
    """Return from where to where a table with a header stands, with the tables in it and the comment above it."""
    text, own = places.text, places.by_path[path]
    start = text.rfind("\n", 0, own.start) + 1
    while start:
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above:start].lstrip().startswith("#"):
            break
        start = above
    later = [
        place.start
        for one, place in places.by_path.items()
        if place.kind is Kind.HEADER and place.start > own.start and one and one[: len(path)] != path
    ]
    end = min(later, default=len(text))
    if later:  # the comment above the next header is part of that one
        end = text.rfind("\n", 0, end) + 1
        while (above := text.rfind("\n", 0, end - 1) + 1) < end and text[above:end].lstrip().startswith("#"):
            end = above
    return start, end


def _items(places: Places, path: Path) -> tuple[list[tuple[int, int]], bool]:
    """Return the spans of a list's entries, and whether each takes whole lines (with the comments above it)."""
    text = places.text
    children = places.children(path)
    if places.by_path[path].kind is Kind.TABLES:
        return [_block(places, one) for one in children], True
    spans = [(places.by_path[one].start, places.by_path[one].end) for one in children]
    starts = [text.rfind("\n", 0, start) + 1 for start, _ in spans]
    alone = all(
        not text[line:start].strip() and _ITEM_ALONE.match(text, end) is not None
        for line, (start, end) in zip(starts, spans, strict=True)
    )
    if not alone or not spans or starts[0] <= places.by_path[path].start:
        return spans, False
    ends = [text.find("\n", end) + 1 or len(text) for _, end in spans]
    first = text.find("\n", places.by_path[path].start) + 1
    return list(zip([first, *ends[:-1]], ends, strict=True)), True


def _with_commas(text: str, path: Path) -> str:
    """Return the text with a comma after every entry of a list that is written in brackets."""
    places = places_in(text)
    if places.by_path[path].kind is Kind.TABLES:
        return text if text.endswith("\n") else text + "\n"
    children = places.children(path)
    end = places.by_path[children[-1]].end if children else 0
    if not children or re.compile(r"[ \t\r\n]*,").match(text, end):
        return text
    return f"{text[:end]},{text[end:]}"


def move_item(text: str, path: Path, old: int, new: int) -> str:
    """Return the text with an entry of a list at another place in it; its comments go with it where it has lines."""

    def change(tables: Any) -> None:
        entries = _inside(tables, path)
        entries.insert(new, entries.pop(old))

    places = places_in(text)
    _spans, are_lines = _items(places, path)
    whole = _with_commas(text, path) if are_lines else text
    spans, _ = _items(places_in(whole), path)
    order = list(range(len(spans)))
    order.insert(new, order.pop(old))
    blocks = [whole[start:end] for start, end in spans]
    edited, at = "", 0
    for (start, end), k in zip(spans, order, strict=True):
        block = blocks[k]
        if places.by_path[path].kind is Kind.TABLES and k == len(blocks) - 1 != order[-1]:
            block = block.rstrip("\n") + "\n\n"
        edited += whole[at:start] + block
        at = end
    return _checked(edited + whole[at:], text, change, path)


def insert_item(text: str, path: Path, index: int, value: object) -> str:
    """Return the text with a new entry in a list, before the one that has this number now.

    A list that is not there is made; of tables, as ``[[tables]]`` at the end of the text.
    """

    def change(tables: Any) -> None:
        parent = _inside(tables, path[:-1])
        if isinstance(path[-1], str):
            parent.setdefault(path[-1], [])
        parent[path[-1]].insert(index, value)

    places = places_in(text)
    place = places.by_path.get(path)
    if place is None:
        if len(path) == 1 and isinstance(value, Mapping):
            return _checked(f"{text.rstrip()}\n\n{_tables(path, value)}".lstrip("\n"), text, change, path)
        return set_value(text, path, [value])
    spans, are_lines = _items(places, path)
    if place.kind is Kind.TABLES:
        at = spans[index][0] if index < len(spans) else spans[-1][1]
        before = text[:at].rstrip("\n")
        edited = f"{before}\n\n{_tables(path, value)}\n{text[at:]}".rstrip("\n") + "\n"
    elif not spans:
        edited = f"{text[: place.start]}[{literal(value)}]{text[place.end :]}"
    elif not are_lines:
        at = spans[index][0] if index < len(spans) else spans[-1][1]
        edited = text[:at] + (f"{literal(value)}, " if index < len(spans) else f", {literal(value)}") + text[at:]
    else:
        edited = _with_item_line(text, path, index, literal(value))
    return _checked(edited, text, change, path)


def _with_item_line(text: str, path: Path, index: int, written: str) -> str:
    whole = _with_commas(text, path) if index else text
    places = places_in(whole)
    spans, _ = _items(places, path)
    item = places.by_path[(*path, min(index, len(spans) - 1))]
    indent = whole[whole.rfind("\n", 0, item.start) + 1 : item.start]
    at = spans[index][0] if index < len(spans) else spans[-1][1]
    return f"{whole[:at]}{indent}{written},\n{whole[at:]}"


def _tables(path: Path, value: object) -> str:
    if not isinstance(value, Mapping):
        raise ValueError(f"an entry of {text_of(path)} is a table")  # noqa: TRY004 - a place, not a type
    name = ".".join(_key(str(part)) for part in path if isinstance(part, str))
    return f"[[{name}]]\n" + "".join(f"{_key(key)} = {literal(one)}\n" for key, one in value.items())


def _without_item(places: Places, path: Path) -> str:
    text, parent, k = places.text, path[:-1], int(path[-1])
    spans, are_lines = _items(places, parent)
    start, end = spans[k]
    if places.by_path[parent].kind is Kind.TABLES:
        rest = text[end:].lstrip("\n")
        return (
            text[:start].rstrip("\n") + ("\n\n" if rest and text[:start].strip() else "\n" if not rest else "") + rest
        )
    if are_lines:  # comments above it stay: they may be those of what follows
        start = text.rfind("\n", 0, places.by_path[path].start) + 1
    else:
        start, end = _with_comma(text, start, end)
    return text[:start] + text[end:]


def duplicate_item(text: str, path: Path, index: int) -> str:
    """Return the text with a copy of an entry of a list right after it."""
    entry = _inside(tomllib.loads(text), (*path, index))
    return insert_item(text, path, index + 1, entry)
