"""Places in the tables of a protocol file, such as ``sequence.level``, and tables with another value there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from protocols.units import described

Place = tuple[str | int, ...]
"""Keys, and numbers of entries of lists, from the top of the file down."""

_PART = re.compile(r"([A-Za-z_][\w-]*)((?:\[\d{1,7}\])*)", re.ASCII)


def place_of(path: str) -> Place:
    """Return the keys of a path.

    Raises
    ------
    ValueError
        If it is no path.
    """
    found: list[str | int] = []
    for part in path.split("."):
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(f'{described(path)} is no field: give a path such as "sequence.level"')
        found.append(match[1])
        found += [int(number) for number in re.findall(r"\d+", match[2])]
    return tuple(found)


def with_value(tables: Mapping[str, Any], place: Place, value: object) -> dict[str, Any]:
    """Return tables that differ in one value; those that are not on the way to it are shared.

    Raises
    ------
    ValueError
        If there is no such place. Keys that are not there yet are made.
    """
    changed: dict[str, Any] = dict(tables)
    key, rest = str(place[0]), place[1:]
    changed[key] = _changed(changed.get(key), rest, value, key) if rest else value
    return changed


def _changed(inside: object, place: Place, value: object, path: str) -> Any:
    """Return what stands at `path` with another value at `place` below it."""
    key, rest = place[0], place[1:]
    if isinstance(key, str):
        if inside is not None and not isinstance(inside, Mapping):
            raise ValueError(f"{path} is no table, so that nothing in it can be swept")
        return with_value({} if inside is None else inside, place, value)
    if not isinstance(inside, list) or key >= len(inside):
        n = len(inside) if isinstance(inside, list) else 0
        raise ValueError(f"{path} has {n} entries in this file, so that there is no {path}[{key}]")
    entries = list(inside)
    entries[key] = _changed(entries[key], rest, value, f"{path}[{key}]") if rest else value
    return entries
