"""Places in a TOML text, and edits: judged by the standard library's reader, which shares nothing with them."""

from __future__ import annotations

import copy
import random
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from protocols.toml_edits import duplicate_item, insert_item, literal, move_item, remove, set_value
from protocols.toml_places import Kind, line_at, places_in, text_of, toml_problem

PROJECT = Path(__file__).parents[2]
FILES = sorted((PROJECT / "protocols" / "library").glob("*.toml")) + sorted((PROJECT / "examples").rglob("*.toml"))

# Everything that TOML allows and that could lead a scanner astray.
STRANGE = '''# a "comment" with [brackets] = and quotes '
title = "a ] } , # \\" text"   # not the end
'quoted key' = 1
"a.b".c = 2            # one dotted key
dotted.inner.x = true
dotted.inner.y = """
[no table]
key = "no key" \\""" still within
"""
literal = \'\'\'
a \\ and a ' and # too\'\'\'
empty = []
nested = [ [1, 2], # inner
  [3, { deep = [ "x" ] }],
]
lines = [
    # the first one
    { kind = "hold", level = "1 V" }, # with a comment
    { kind = "ramp", until = { over = "1 s" } },
    # the last one, without a comma
    { kind = "group", steps = [ { kind = "a" }, { kind = "b" } ] }
]

[table] # header
day = 2026-11-26T12:00:00Z
[table.sub."x y"]
k = 1_000

# about the first sweep
[[sweep]]
field = "a"
[sweep.inner]
z = 1
[[sweep]]
field = "b"
  [[sweep.below]]
  q = 1
  [[sweep.below]]
  q = 2

# about the end
[end]
'''
TEXTS = {"strange": STRANGE, **{file.relative_to(PROJECT).as_posix(): file.read_text("utf-8") for file in FILES}}

EDITED = ("strange", "protocols/library/pump_probe_waits.toml", "examples/campaigns/study.toml")
"""Texts that are edited at every place: lists by line and in one line, tables of one name, comments."""


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield path, value
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, (*path, key))
    elif isinstance(value, list):
        for k, one in enumerate(value):
            yield from leaves(one, (*path, k))


def comments_of(text: str) -> list[str]:
    return sorted(line.rpartition("#")[2] for line in text.splitlines() if "#" in line and "'''" not in line)


def inside(tables: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        tables = tables[part]
    return tables


def test_every_value_stands_where_its_place_says() -> None:
    for text in TEXTS.values():
        check_places(text)


def check_places(text: str) -> None:
    places = places_in(text)
    values = dict(leaves(tomllib.loads(text)))
    assert set(places.by_path) == set(values)
    for path, place in places.by_path.items():
        if place.kind in (Kind.VALUE, Kind.ARRAY, Kind.INLINE):
            assert tomllib.loads(f"k = {text[place.start : place.end]}")["k"] == values[path]
        assert places.nearest(text_of(path)) == path
        assert places.nearest(text_of((*path, "nothing_here"))) == path


@pytest.mark.parametrize("name", EDITED)
def test_edits_mean_what_was_asked_and_keep_every_comment(name: str) -> None:
    text = TEXTS[name]
    draw = random.Random(17)  # noqa: S311 - which entries are moved is no secret
    tables = tomllib.loads(text)
    comments = comments_of(text)

    def check(edited: str, wanted: Any, *, all_comments: bool = True) -> None:
        assert tomllib.loads(edited) == wanted
        if all_comments:
            assert comments_of(edited) == comments

    for path, value in leaves(tables):
        if places_in(text).by_path[path].kind is Kind.VALUE:
            wanted = copy.deepcopy(tables)
            inside(wanted, path[:-1])[path[-1]] = '5 mss "x"'
            check(set_value(text, path, '5 mss "x"'), wanted)
            if isinstance(path[-1], str):
                check(remove(text, path), without(tables, path), all_comments=False)
        if isinstance(value, list) and value:
            old, new = draw.randrange(len(value)), draw.randrange(len(value))
            moved, copied = copy.deepcopy(tables), copy.deepcopy(tables)
            entries = inside(moved, path)
            entries.insert(new, entries.pop(old))
            check(move_item(text, path, old, new), moved)
            inside(copied, path).insert(old + 1, value[old])
            check(duplicate_item(text, path, old), copied)
            if len(value) > 1:
                check(remove(text, (*path, old)), without(tables, (*path, old)), all_comments=False)


def without(tables: Any, path: tuple[Any, ...]) -> Any:
    left = copy.deepcopy(tables)
    del inside(left, path[:-1])[path[-1]]
    if path[0] == "a.b":  # a table that only this key names
        del left["a.b"]
    if path[:2] == ("dotted", "inner") and not left["dotted"]["inner"]:
        del left["dotted"]
    return left


def test_new_keys_and_tables_come_where_they_belong() -> None:
    text = 'name = "x" # mine\n\n[limits]\nvoltage = "1 V"\n\n# the sample\n[sample]\n'
    edited = set_value(text, ("limits", "current"), "1 mA")
    assert edited == text.replace('"1 V"\n', '"1 V"\ncurrent = "1 mA"\n')
    assert set_value(text, ("repeats",), 3) == text.replace("# mine\n", "# mine\nrepeats = 3\n")
    assert set_value(text, ("stop", "end"), "1 h") == f'{text}\n[stop]\nend = "1 h"\n'
    assert insert_item(text, ("sweep",), 0, {"field": "a.b", "values": [1]}).endswith(
        '\n\n[[sweep]]\nfield = "a.b"\nvalues = [1]\n'
    )
    assert set_value("a = { b = 1 }", ("a", "c", "d"), "x") == 'a = { b = 1, c = { d = "x" } }'
    assert remove(set_value(text, ("stop", "end"), "1 h"), ("stop",)).rstrip() == text.rstrip()


def test_what_cannot_be_changed_in_place_is_refused() -> None:
    with pytest.raises(ValueError, match="only the text itself"):
        set_value("a.b = 1\n", ("a", "c"), 2)
    with pytest.raises(ValueError, match="only the text itself"):
        set_value("a = 1\n", ("a", "b"), 2)


@pytest.mark.parametrize("value", ['quote " and \\ and \x7f', "two\nlines", 1.5e-7, True, {"a b": [1, "x"]}, []])
def test_a_literal_reads_back(value: object) -> None:
    assert tomllib.loads(f"k = {literal(value)}")["k"] == value
    assert tomllib.loads(set_value('k = """\nold\n"""', ("k",), value))["k"] == value


@pytest.mark.parametrize(
    ("text", "line"), [("a = 1\nb = \nc = 2\n", 2), ("a = 1\n\n[x\n", 3), ('a = "\n', 1), ("a = [1,\n2\n\n\n", 2)]
)
def test_text_that_is_no_toml_names_its_line(text: str, line: int) -> None:
    problem = toml_problem(text)
    assert problem is not None
    assert problem[1] == line
    assert "line" not in problem[0]
    assert places_in(text).by_path == {}


def test_lines_are_counted_from_one() -> None:
    places = places_in(STRANGE)
    for path in (("sweep", 1, "below", 1, "q"), ("lines", 1, "until", "over"), ("table", "sub", "x y")):
        start = places.by_path[path].key_start
        assert places.line_of(path) == line_at(STRANGE, start) == len(STRANGE[: start + 1].splitlines())
    assert places.path_at(STRANGE.index('"1 s"')) == ("lines", 1, "until", "over")
