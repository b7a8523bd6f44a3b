"""Conditions on runs, such as ``sample~"LPSCl" and T<270 K``, compiled to SQL with parameters.

Grammar, letters of either case in words::

    condition   = term { "or" term }
    term        = factor { "and" factor }
    factor      = "not" factor | "(" condition ")" | comparison
    comparison  = field operator value
    operator    = "=" | "!=" | "~" | "!~" | "<" | "<=" | ">" | ">="
    value       = text in quotes, or all up to the next "and", "or" or ")"

``~`` is "contains". Numbers are quantities with units, times are dates. A field is one of `daq.catalogue.fields`, or a
figure of a fit by its name (``Mig1.tau``). What is not known of a run satisfies no comparison, and no opposite of one.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from daq.catalogue.fields import ALIASES, FIELDS, Field, Kind
from daq.catalogue.place import CatalogueError
from protocols import parse_quantity, printable, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 2000
"""Longest condition (characters): half a page. Doubled, nothing changes."""
_DEEPEST = 32
"""Deepest nesting of brackets and ``not``: nobody reads a condition of five. Doubled, nothing changes."""
_QUOTED = 60
"""Longest part of a condition that a message quotes (characters)."""
_NAME = re.compile(r"[^\W\d][\w.]*")
_OPERATOR = re.compile(r"!=|!~|<=|>=|==|=|~|<|>")
_WORD = re.compile(r"(and|or|not)(?![\w.])", re.IGNORECASE)
_END_OF_VALUE = re.compile(r"\s+(?:and|or)(?=[\s(]|$)|\)", re.IGNORECASE)
_SQL = {"=": "=", "==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass
class Condition:
    """Condition in SQL: `clause` with a mark for each of `values`."""

    clause: str
    values: list[object] = field(default_factory=list)


def compile_where(text: str, figures: Mapping[str, str]) -> Condition:
    """Return a condition in SQL.

    Parameters
    ----------
    text : str
    figures : mapping of str to str
        Names of the fitted figures that there are, and their units.

    Raises
    ------
    CatalogueError
        If it cannot be understood: says where and what would be right.
    """
    if len(text) > _LONGEST:
        raise CatalogueError(f"a condition has at most {_LONGEST} characters, not {len(text)}", "--where")
    return _Parser(text, figures).whole()


def words_condition(text: str) -> Condition:
    """Return the condition that all words of a text are somewhere in the texts of a run, each perhaps longer."""
    words = re.findall(r"\w+", text)
    if not words:
        raise CatalogueError(f"{printable(shortened(text, _QUOTED))!r} has no word to look for", "--text")
    query = " ".join(f'"{word}"*' for word in words)
    return Condition("runs.id IN (SELECT rowid FROM words WHERE words MATCH ?)", [query])


def tag_condition(tag: str) -> Condition:
    """Return the condition that a run has a tag, in capital or small letters."""
    return Condition(
        "EXISTS (SELECT 1 FROM tags WHERE tags.run = runs.id AND same(tags.tag, ?))",
        [tag],
    )


def since_condition(text: str, now: dt.datetime) -> Condition:
    """Return the condition that a run was made since a date, or within a time such as ``3 days``."""
    return Condition("runs.start >= ?", [_moment(text, "--since", now)])


class _Parser:
    def __init__(self, text: str, figures: Mapping[str, str]) -> None:
        self._text = text
        self._figures = figures
        self._at = 0

    def whole(self) -> Condition:
        condition = self._alternatives(0)
        if self._rest():
            raise self._error("here an `and` or `or` is expected")
        return condition

    def _rest(self) -> str:
        """Return what is left, without blanks before it."""
        self._at += len(self._text[self._at :]) - len(self._text[self._at :].lstrip())
        return self._text[self._at :]

    def _error(self, why: str) -> CatalogueError:
        rest = printable(shortened(self._rest(), _QUOTED))
        where = f"at {rest!r}" if rest else "at its end"
        return CatalogueError(f"{why}, {where}", "--where")

    def _takes(self, word: str) -> bool:
        match = _WORD.match(self._rest())
        if match is None or match[1].lower() != word:
            return False
        self._at += match.end()
        return True

    def _alternatives(self, depth: int) -> Condition:
        return self._joined("or", depth)

    def _joined(self, word: str, depth: int) -> Condition:
        parts = [self._part(word, depth)]
        while self._takes(word):
            parts.append(self._part(word, depth))
        if len(parts) == 1:
            return parts[0]
        clause = f" {word.upper()} ".join(one.clause for one in parts)
        return Condition(f"({clause})", [value for one in parts for value in one.values])

    def _part(self, word: str, depth: int) -> Condition:
        return self._joined("and", depth) if word == "or" else self._factor(depth)

    def _factor(self, depth: int) -> Condition:
        if depth > _DEEPEST:
            raise self._error(f"brackets are nested more than {_DEEPEST} deep")
        if self._takes("not"):
            inner = self._factor(depth + 1)
            return Condition(f"NOT {inner.clause}", inner.values)
        if self._rest().startswith("("):
            self._at += 1
            inner = self._alternatives(depth + 1)
            if not self._rest().startswith(")"):
                raise self._error("a closing bracket is missing")
            self._at += 1
            return Condition(f"({inner.clause})", inner.values)
        return self._comparison()

    def _comparison(self) -> Condition:
        name = _NAME.match(self._rest())
        if name is None:
            raise self._error("here a field is expected, such as sample or T")
        known = ALIASES.get(name[0], name[0])
        if known not in FIELDS and known not in self._figures:
            raise self._error(self._unknown(name[0]))
        self._at += name.end()
        operator = _OPERATOR.match(self._rest())
        if operator is None:
            raise self._error(f"behind {name[0]} one of = != ~ !~ < <= > >= is expected")
        self._at += operator.end()
        value = self._value(name[0])
        if known in FIELDS:
            return _of_field(known, FIELDS[known], operator[0], value)
        return _of_figure(known, self._figures[known], operator[0], value)

    def _unknown(self, name: str) -> str:
        every = [*FIELDS, *ALIASES, *self._figures]
        like = difflib.get_close_matches(name, every, n=1)
        hint = f"did you mean {like[0]!r}? " if like else ""
        fitted = f"; fitted: {', '.join(sorted(self._figures)[:20])}" if self._figures else ""
        return f"{name!r} is no field of a run: {hint}There are {', '.join(FIELDS)}{fitted}"

    def _value(self, name: str) -> str:
        rest = self._rest()
        if rest[:1] in {'"', "'"}:
            end = rest.find(rest[0], 1)
            if end < 0:
                raise self._error("a quote is not closed")
            self._at += end + 1
            return rest[1:end]
        end_of_value = _END_OF_VALUE.search(rest)
        value = rest[: end_of_value.start() if end_of_value else len(rest)].strip()
        if not value or _WORD.match(value):
            raise self._error(f"a value for {name} is missing")
        self._at += end_of_value.start() if end_of_value else len(rest)
        return value


def _of_field(name: str, one: Field, operator: str, value: str) -> Condition:
    negated = operator in {"!~", "!="}
    if one.kind is Kind.WORDS or one.kind is Kind.TAGS:
        if operator not in {"~", "!~", "=", "!="}:
            raise CatalogueError(f"{name} can be compared by = != ~ and !~, not by {operator}", "--where")
        if one.kind is Kind.WORDS:
            inner = words_condition(value)
        elif operator in {"=", "!="}:
            inner = tag_condition(value)
        else:
            inner = Condition("EXISTS (SELECT 1 FROM tags WHERE tags.run = runs.id AND contains(tags.tag, ?))", [value])
        return Condition(f"NOT {inner.clause}", inner.values) if negated else inner
    if one.kind is Kind.NUMBER or one.kind is Kind.TIME:
        if operator in {"~", "!~"}:
            raise CatalogueError(f"{name} is no text: compare it by = != < <= > >=", "--where")
        if one.kind is Kind.TIME:
            return _of_time(one, operator, value)
        return Condition(f"{one.column} {_SQL[operator]} ?", [_number(name, value, one.unit)])
    if operator in {"~", "!~"}:
        return Condition(f"{'NOT ' * negated}contains({one.column}, ?)", [value])
    if operator not in {"=", "==", "!="}:
        raise CatalogueError(f"{name} is a text: compare it by = != ~ or !~, not by {operator}", "--where")
    return Condition(f"{'NOT ' * negated}same({one.column}, ?)", [value])


def _of_time(one: Field, operator: str, value: str) -> Condition:
    begin = _moment(value, "--where", dt.datetime.now(dt.UTC))
    if operator in {"=", "==", "!="}:  # the whole day, or minute
        end = _moment(value, "--where", dt.datetime.now(dt.UTC), at_end=True)
        return Condition(f"{'NOT ' * (operator == '!=')}({one.column} >= ? AND {one.column} < ?)", [begin, end])
    if operator in {"<=", ">"}:
        begin = _moment(value, "--where", dt.datetime.now(dt.UTC), at_end=True)
    return Condition(f"{one.column} {'<' if '<' in operator else '>='} ?", [begin])


def _of_figure(name: str, unit: str, operator: str, value: str) -> Condition:
    if operator in {"~", "!~"}:
        raise CatalogueError(f"{name} is a number: compare it by = != < <= > >=", "--where")
    try:
        number = float(value)  # units such as S·s^n are nobody's to type
    except ValueError:
        number = _number(name, value, unit)
    clause = f"EXISTS (SELECT 1 FROM figures WHERE run = runs.id AND name = ? AND value {_SQL[operator]} ?)"  # noqa: S608 - an operator of ours
    return Condition(clause, [name, number])


def _number(name: str, value: str, unit: str) -> float:
    try:
        return parse_quantity(value, unit)
    except ValueError as error:
        raise CatalogueError(f"{name}: {error}", "--where") from None


def _moment(text: str, where: str, now: dt.datetime, *, at_end: bool = False) -> str:
    """Return a moment as run files say it (UTC): of a date and perhaps a time, here, or of so long ago."""
    with_day = re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip()) is not None
    try:
        try:
            moment = dt.datetime.fromisoformat(text.strip())
        except ValueError:
            moment = now - dt.timedelta(seconds=parse_quantity(text, "s"))
        if at_end:
            moment += dt.timedelta(days=1) if with_day else dt.timedelta(minutes=1)
        return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):  # the last on Windows, which knows no local time before 1970
        raise CatalogueError(
            f"{printable(shortened(text, _QUOTED))!r} is neither a date such as 2026-11-26, perhaps with a time "
            "(2026-11-26T14:30), nor a time such as 3 days",
            where,
        ) from None
