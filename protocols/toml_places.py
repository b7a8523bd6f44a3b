"""Places in a TOML text: where each table, key and value stands, so that a fault is led to and an edit touches no more.

The reader of the standard library says what a text means, and not where; it also says whether it is TOML at all, so
that the scanner here sees only texts that are, and checks nothing.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

Path = tuple[str | int, ...]
"""Keys, and numbers of entries of lists, from the top of the text down."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACES = re.compile(r"[ \t]*")
_PLAIN_VALUE = re.compile(r"[^,\]}#\n]*")
_KEPT = 4
"""Texts whose places are kept: the one before an edit and the one after it are asked about several times. Doubled,
nothing is faster."""
_AT_LINE = re.compile(r"\(at line (\d+), column (\d+)\)")


class Kind(Enum):
    """How something is written."""

    VALUE = "a single value"
    ARRAY = "[ … ]"
    INLINE = "{ … }"
    HEADER = "[table] or [[table]] and the lines below it"
    DOTTED = "keys with dots before them"
    TABLES = "several [[tables]] of one name"


@dataclass(frozen=True)
class Place:
    """Where something stands; spans are (start, end) in characters.

    Attributes
    ----------
    kind : Kind
    start, end : int
        Of the value; of a table with a header, from the header to the end of its last line.
    key_start : int
        Where its key, its header or, of an entry of a list, its value begins.
    """

    kind: Kind
    start: int
    end: int
    key_start: int


@dataclass(frozen=True)
class Places:
    """Where everything stands in a text.

    Attributes
    ----------
    text : str
    by_path : dict
        `Place` of each path. The empty path is the part before the first header.
    """

    text: str
    by_path: dict[Path, Place] = field(default_factory=dict)

    def children(self, path: Path) -> list[Path]:
        """Return the paths right below one, in the order of the text."""
        below = [one for one in self.by_path if len(one) == len(path) + 1 and one[:-1] == path]
        return sorted(below, key=lambda one: self.by_path[one].key_start)

    def nearest(self, path_text: str) -> Path:
        """Return the path that a problem names, such as ``sequence.steps[2].level``, or the nearest one around it."""
        by_text = {text_of(path): path for path in self.by_path}
        while path_text:
            if path_text in by_text:
                return by_text[path_text]
            path_text = path_text[: max(path_text.rfind("."), path_text.rfind("["), 0)]
        return ()

    def line_of(self, path: Path) -> int:
        """Return the line, counted from 1, in which a path stands."""
        place = self.by_path.get(path)
        return 1 if place is None or not path else line_at(self.text, place.key_start)

    def path_at(self, offset: int) -> Path:
        """Return the innermost path that is written around a place in the text."""
        found: Path = ()
        for path, place in self.by_path.items():
            if len(path) > len(found) and place.key_start <= offset <= place.end and place.kind is not Kind.TABLES:
                found = path
        return found


def text_of(path: Path) -> str:
    """Return a path as problems write it: ``sequence.steps[2].level``."""
    shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return shown.removeprefix(".")


def line_at(text: str, offset: int) -> int:
    """Return the line, counted from 1, of a place in a text."""
    return text.count("\n", 0, offset) + 1


@lru_cache(maxsize=_KEPT)
def toml_problem(text: str) -> tuple[str, int] | None:
    """Return why a text is no TOML and in which line; None if it is."""
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        message = str(error)
        match = _AT_LINE.search(message)
        last = line_at(text, len(text.rstrip()))
        return _AT_LINE.sub("", message).strip(), int(match[1]) if match else last
    return None


@lru_cache(maxsize=_KEPT)
def places_in(text: str) -> Places:
    """Return where everything stands in a text; nothing of one that is no TOML."""
    return Places(text) if toml_problem(text) is not None else _Scanner(text).scan()


class _Scanner:
    """Reads a text from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._found: dict[Path, Place] = {(): Place(Kind.HEADER, 0, 0, 0)}
        self._tables: dict[Path, int] = {}  # how many [[tables]] of a name there are so far

    def scan(self) -> Places:
        table: Path = ()
        self._skip_blank()
        while self._at < len(self._text):
            table = self._header() if self._text[self._at] == "[" else self._entry(table, lines=True)
            self._skip_blank()
        return Places(self._text, self._found)

    def _skip_blank(self) -> None:
        match = _BLANK.match(self._text, self._at)
        self._at = self._at if match is None else match.end()

    def _skip_spaces(self) -> None:
        match = _SPACES.match(self._text, self._at)
        self._at = self._at if match is None else match.end()

    def _header(self) -> Path:
        start = self._at
        is_several = self._text.startswith("[[", start)
        self._at += 1 + is_several
        self._skip_spaces()
        path = self._resolved(self._keys())
        self._at = self._text.index("]", self._at) + 1 + is_several
        if is_several:
            n = self._tables.get(path, 0)
            self._tables[path] = n + 1
            self._found[path] = Place(Kind.TABLES, self._found[path].start if n else start, self._at, start)
            path = (*path, n)
        for k in range(1, len(path)):  # tables that only their parts name
            self._found.setdefault(path[:k], Place(Kind.HEADER, start, self._at, start))
        self._found[path] = Place(Kind.HEADER, start, self._at, start)
        return path

    def _resolved(self, keys: list[str]) -> Path:
        """Return the path of a header: a name of several tables stands for the last of them."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            if path in self._tables and len(path) < len(keys) + sum(isinstance(one, int) for one in path):
                path = (*path, self._tables[path] - 1)
        return path

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._skip_spaces()
            if self._text[self._at] in "\"'":
                start = self._at
                self._string()
                keys.append(str(tomllib.loads(f"k = {self._text[start : self._at]}")["k"]))
            else:
                match = _BARE.match(self._text, self._at)
                keys.append("" if match is None else match[0])
                self._at = self._at + 1 if match is None else match.end()
            self._skip_spaces()
            if not self._text.startswith(".", self._at):
                return keys
            self._at += 1

    def _entry(self, table: Path, *, lines: bool) -> Path:
        """Read ``key = value``; return the table that it is in."""
        key_start = self._at
        keys = self._keys()
        self._at = self._text.index("=", self._at) + 1
        self._skip_spaces()
        path = (*table, *keys)
        for k in range(1, len(keys)):
            inner = (*table, *keys[:k])
            self._found.setdefault(inner, Place(Kind.DOTTED, key_start, key_start, key_start))
        self._value(path, key_start)
        for k in range(1, len(keys)):
            inner = (*table, *keys[:k])
            before = self._found[inner]
            self._found[inner] = Place(before.kind, before.start, self._at, before.key_start)
        if lines:
            own = self._found[table]
            self._found[table] = Place(own.kind, own.start, self._at, own.key_start)
        return table

    def _value(self, path: Path, key_start: int) -> None:
        start = self._at
        first = self._text[start : start + 1]
        kind = {"[": Kind.ARRAY, "{": Kind.INLINE}.get(first, Kind.VALUE)
        self._found[path] = Place(kind, start, start, key_start)  # parents before what is in them
        if kind is Kind.ARRAY:
            self._array(path)
        elif kind is Kind.INLINE:
            self._inline(path)
        elif first in ("'", '"'):
            self._string()
        else:
            match = _PLAIN_VALUE.match(self._text, start)
            self._at = start if match is None else start + len(match[0].rstrip())
        self._found[path] = Place(kind, start, self._at, key_start)

    def _array(self, path: Path) -> None:
        self._at += 1
        n = 0
        while True:
            self._skip_blank()
            if self._text[self._at] == "]":
                self._at += 1
                return
            if self._text[self._at] == ",":
                self._at += 1
                continue
            self._value((*path, n), self._at)
            n += 1

    def _inline(self, path: Path) -> None:
        self._at += 1
        while True:
            self._skip_blank()
            if self._text[self._at] == "}":
                self._at += 1
                return
            if self._text[self._at] == ",":
                self._at += 1
                continue
            self._entry(path, lines=False)

    def _string(self) -> None:
        quote = self._text[self._at]
        is_literal = quote == "'"
        mark = quote * 3 if self._text.startswith(quote * 3, self._at) else quote
        at = self._at + len(mark)
        while True:
            end = self._text.index(mark, at)
            if is_literal or not _is_escaped(self._text, end, at):
                break
            at = end + 1
        end += len(mark)
        while len(mark) == 3 and self._text.startswith(quote, end):  # quotes right before the closing ones
            end += 1
        self._at = end


def _is_escaped(text: str, at: int, start: int) -> bool:
    n = at - 1
    while n >= start and text[n] == "\\":
        n -= 1
    return (at - 1 - n) % 2 == 1
