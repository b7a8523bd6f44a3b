"""Advice for lists where one value belongs: who wants several values one after the other writes a sweep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from protocols.texts import printable
from protocols.units import described

if TYPE_CHECKING:
    from protocols.errors import Problem

_SHOWN_VALUES = 20
"""Longest list that is spelt out (values): a line or two. Doubled, nothing changes."""


def with_sweeps_advised(problems: Iterable[Problem], tables: Mapping[str, Any]) -> list[Problem]:
    """Return problems; those of a list where one value belongs, with the lines of the sweep that was meant.

    Parameters
    ----------
    problems : iterable of Problem
    tables : mapping
        The document in which they are.
    """
    return [_advised(one, tables) for one in problems]


def _advised(problem: Problem, tables: Mapping[str, Any]) -> Problem:
    value = _at(tables, problem.path)
    if not isinstance(value, list) or not problem.message.endswith(f"not {described(value)}"):
        return problem
    if not 0 < len(value) <= _SHOWN_VALUES or not all(map(_is_simple, value)):
        return problem
    values = ", ".join(f'"{one}"' if isinstance(one, str) else repr(one) for one in value)
    lines = ("[[sweep]]", f'field = "{problem.path}"', f"values = [{values}]")
    advice = "To measure with one after the other, use [[sweep]]: move the list to the end of the file, as"
    return replace(problem, message="\n    ".join((f"{problem.message}. {advice}", *lines)))


def _is_simple(value: object) -> bool:
    """Whether a value reads back as it is shown."""
    if isinstance(value, str):
        return value == printable(value) and not {'"', "\\"} & set(value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _at(tables: Mapping[str, Any], path: str) -> object:
    """Return what stands at a path of keys; None where there is nothing."""
    value: object = tables
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
