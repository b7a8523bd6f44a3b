"""The table in a text: where it begins, what separates its cells, and which headings it has."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from daq.files.readers.cells import CellError, looks_numeric, mark_of, split_unit
from daq.files.readers.headings import Heading, heading_of, is_unit_line
from daq.files.readers.record import QUANTITIES, RecordError
from daq.files.readers.times import looks_like_time
from daq.files.readers.units import unit_of
from protocols.texts import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from daq.files.readers.text_file import TextFile

SEPARATORS: tuple[str | None, ...] = ("\t", ";", ",", "|", None)
"""Separators in the order in which they are preferred; None is white space."""
# Lines of a piece that are looked at for the beginning of a table: it is found within some more lines than it has rows.
_LOOKED_AT = 4000
# Lines above a table among which its headings are, and cells of a table that are looked at for the way of writing.
_ABOVE, _SAMPLE_ROWS = 6, 2000
# Rows above a table that are worth a note: parameters in two or three lines are not.
_MANY_ROWS = 5
# Runs of rows whose headings are looked at.
_MOST_REGIONS = 100
# Longest value that is quoted in a message (characters).
_QUOTED = 60
# Share of the rows that a separator must explain of those that the best one explains.
_ENOUGH = 0.5
# Rows, and their share, that have another number of cells than most and are no damage: comments that most rows lack.
_SOME_ROWS, _SHARE = 5, 0.05
# Marks at the beginning of a line that is a comment, or of a line of headings that is marked as one.
COMMENT = re.compile(r"^\s*(?:#|%|//|!|\*{2,}|;(?=\s*[A-Za-z]))\s*")
_RULER = re.compile(r"^[\s\-=_+|*~.,;\t]*$")


@dataclass(frozen=True)
class Table:
    """A table in a text.

    Attributes
    ----------
    first_line : int
        Line of its first row (from 1).
    separator : str or None
        None is white space.
    width : int
        Cells of most of its rows, empty ones at their end included.
    headings : tuple of Heading
        Empty if it has none.
    heading_line : int
        Line of the headings; 0 if there are none.
    rows : tuple of tuple of str
        Cells of some of its rows, for questions of how they are written.
    lines : tuple of int
        Line of each of these rows.
    rows_above : tuple of int
        Lines of the longest run of rows above it, which has other headings; none if they are few, and no row of this
        table. Then those of rows right above its first one, which have another number of cells.
    widths : frozenset of int
        Numbers of cells that its rows have: more than a few rows each.
    """

    first_line: int
    separator: str | None
    width: int
    headings: tuple[Heading, ...]
    heading_line: int
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...] = ()
    rows_above: tuple[int, ...] = ()
    widths: frozenset[int] = frozenset()

    def has_width(self, count: int) -> bool:
        """Whether a row of so many cells has each cell in its column; a comment between spaces may be longer."""
        if self.separator is None:
            return count >= min(self.widths | {self.width})
        return count in self.widths or count == self.width

    def require_cells(self, cells: list[str]) -> None:
        """Raise `CellError` where a row has not as many cells as others: one is lost, or there twice."""
        most = max(self.width, len(self.headings))
        if not self.has_width(len(cells)) or (len(cells) > most and any(cells[most:])):
            raise CellError(f"{len(cells)} cells where other rows have {self.width}")

    def column(self, index: int) -> list[str]:
        """Return the cells of a column among the rows that are kept."""
        return [row[index] for row in self.rows if index < len(row)]


def cells_of(line: str, separator: str | None) -> list[str]:
    """Return the cells of a line, stripped, without quotation marks around them."""
    if separator is None:
        return line.split()
    if '"' not in line:
        return [cell.strip() for cell in line.split(separator)]
    bare = line.strip()
    if bare[0] == bare[-1] == '"' and '"' not in bare[1:-1] and separator in bare:  # a whole row in one pair
        return [cell.strip() for cell in bare[1:-1].split(separator)]
    if line.count('"') % 2 or len(line) > csv.field_size_limit():  # never closed, it would take the rest of the row
        return [cell.strip() for cell in line.split(separator)]
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True))]


@dataclass(frozen=True)
class Wanted:
    """What a table is looked for.

    Attributes
    ----------
    quantities_of : callable
        Quantities that a heading may name.
    needed : frozenset of str
        Those that the headings of such a table name.
    described : str
        What such a table has, for messages.
    fewest : int
        Quantities that its headings name at least, those that are needed among them.
    """

    quantities_of: Callable[[str], set[str]]
    needed: frozenset[str]
    described: str
    fewest: int = 0

    def is_known(self, heading: str) -> bool:
        """Whether a heading names one of the quantities."""
        return bool(self.quantities_of(heading))

    def is_met_by(self, headings: Iterable[Heading]) -> bool:
        """Whether headings name all that is needed."""
        named = {name for one in headings for name in self.quantities_of(one.text)}
        return self.needed <= named and len(named) >= self.fewest


def _quantities_of(heading: str) -> set[str]:
    taken_apart = heading_of(heading)
    return {name for name in QUANTITIES if taken_apart.rank_as(name)}


RECORD = Wanted(_quantities_of, frozenset({"time", "current"}), "time and current at least")
"""Table of a record: its voltage may be stated."""


def find_table(text: TextFile, separator: str | None = None, wanted: Wanted = RECORD) -> Table:
    """Find the table of a text: the first whose headings name what is wanted, else the longest.

    Parameters
    ----------
    text : TextFile
    separator : str, optional
        Found where not given.
    wanted : Wanted

    Raises
    ------
    RecordError
        If there is no line with two numbers.
    """
    above: list[tuple[int, str]] = []
    for number, piece in text.pieces():
        lines = piece.split("\n")
        for start in range(0, len(lines), _LOOKED_AT):
            part = lines[start : start + 2 * _LOOKED_AT]
            table = _in_lines([*above, *enumerate(part, number + start)], separator, wanted)
            if table is not None:
                return table
            kept = [one for one in enumerate(part[:_LOOKED_AT], number + start) if one[1].strip()]
            above = [*above, *kept][-_ABOVE:]
    raise RecordError(
        f"{text.path.name}: no line with two numbers or more was found ({wanted.described}). Name the separator "
        "(--separator) if it is unusual, or export the record as text or CSV."
    )


def _in_lines(lines: list[tuple[int, str]], separator: str | None, wanted: Wanted) -> Table | None:
    marks = (separator,) if separator is not None else SEPARATORS
    found = {mark: regions for mark in marks if (regions := _regions(lines, mark))}
    if not found:
        return None
    longest = {mark: max(regions, key=len) for mark, regions in found.items()}
    most = max(len(one) for one in longest.values())
    best = next(mark for mark in found if len(longest[mark]) >= _ENOUGH * most)
    # Blocks of one table: the first counts, not the longest. Lines of numbers under other headings are no block.
    above: list[int] = []
    for region in found[best][:_MOST_REGIONS]:
        table = _table_of(lines, best, region, wanted)
        if wanted.is_met_by(table.headings):
            like = [place for place in above if len(cells_of(lines[place][1], best)) == table.width]
            told = above if len(above) >= _MANY_ROWS else like
            return replace(table, rows_above=(*(lines[place][0] for place in told), *table.rows_above))
        above = region if len(region) > len(above) else above
    table = _table_of(lines, best, longest[best], wanted)
    # Without headings nothing else says that rows above the longest run are no rows of it.
    earlier = [place for one in found[best] if one[-1] < longest[best][0] for place in one]
    like = [place for place in earlier if len(cells_of(lines[place][1], best)) == table.width]
    return replace(table, rows_above=(*(lines[place][0] for place in like), *table.rows_above))


def _table_of(lines: list[tuple[int, str]], separator: str | None, region: list[int], wanted: Wanted) -> Table:
    rows = [cells_of(lines[place][1], separator) for place in region[:_SAMPLE_ROWS]]
    counts = Counter(len(row) for row in rows)
    width = counts.most_common(1)[0][0]
    widths = frozenset(count for count, often in counts.items() if often >= max(_SOME_ROWS, _SHARE * len(rows)))
    skipped = next(k for k, row in enumerate(rows) if len(row) in widths | {width})
    first = region[skipped]
    numbers = tuple(lines[place][0] for place in region[skipped:_SAMPLE_ROWS])
    headings, heading_line = _headings(lines[:first], separator, width, rows[skipped:], wanted)
    kept = tuple(tuple(row) for row in rows[skipped:])
    above = tuple(lines[place][0] for place in region[:skipped])
    return Table(lines[first][0], separator, width, headings, heading_line, kept, numbers, above, widths)


def _regions(lines: list[tuple[int, str]], separator: str | None) -> list[list[int]]:
    """Return the runs of rows, over blank lines and comments, as places in the list of lines."""
    regions: list[list[int]] = []
    run: list[int] = []
    for place, (_, line) in enumerate(lines):
        if not line.strip():
            continue
        if (separator is None or separator in line) and numeric_cells(cells_of(line, separator)) >= 2:
            if not run:
                run = []
                regions.append(run)
            run.append(place)
        elif not (run and COMMENT.match(line)):
            run = []
    return regions


def numeric_cells(cells: list[str]) -> int:
    """Count the cells with a number or a time; none if a cell holds several, which another separator would part."""
    count = 0
    for cell in cells:
        if not cell:
            continue
        if looks_numeric(cell) or looks_like_time(cell) or _has_unit(cell):
            count += 1
        elif _is_glued(cell):
            return 0
    return count


def _has_unit(cell: str) -> bool:
    parts = split_unit(cell)
    return parts is not None and unit_of(parts[1]) is not None


def _is_glued(cell: str) -> bool:
    parts = re.split(r"[\s;\t|]+", cell)
    return len(parts) > 1 and all(looks_numeric(one) for one in parts if one)


def _headings(
    above: list[tuple[int, str]],
    separator: str | None,
    width: int,
    rows: list[list[str]],
    wanted: Wanted,
) -> tuple[tuple[Heading, ...], int]:
    """Return the headings that stand above a table, and their line."""
    near = [(number, line) for number, line in above if line.strip() and not _RULER.match(line)][-_ABOVE:]
    if not near:
        return (), 0
    used = max((len(_trimmed(row)) for row in rows), default=width)
    split = [_split_heading(line, separator, width, used) for _, line in near]
    cells = split[-1]
    if len(near) > 1 and is_unit_line(cells):
        names = split[-2]
        if (
            max(width, used) >= len(_trimmed(names)) >= len(_trimmed(cells))
            and not is_unit_line(names)
            and _is_heading(names, cells, wanted)
        ):
            units = cells + [""] * (len(names) - len(cells))
            merged = (heading_of(name, unit.strip("[]()# ")) for name, unit in zip(names, units, strict=False))
            return tuple(merged), near[-2][0]
    # A remark may stand between ("End Comments").
    for (number, _), names in reversed(list(zip(near, split, strict=True))):
        if len(_trimmed(names)) in {width, used} and sum(wanted.is_known(one) for one in names) >= 2:
            return tuple(heading_of(one) for one in names), number
    if not any(any(c.isalpha() for c in cell) for cell in cells):
        return (), 0
    if len(_trimmed(cells)) < used and not any(wanted.is_known(one) for one in cells) and len(cells) != width:
        return (), 0  # a title, or a remark
    return tuple(heading_of(cell) for cell in cells), near[-1][0]


def _is_heading(names: list[str], units: list[str], wanted: Wanted) -> bool:
    """Whether a line above a line of units names its columns, and is no parameter with its value."""
    values = [name for name in names if name.endswith(":") or looks_like_time(name) or looks_numeric(name)]
    if values and not any(wanted.is_known(name) for name in names):
        return False
    if not any(any(c.isalpha() for c in name) for name in names):
        return False
    return 0 <= len(_trimmed(names)) - len(_trimmed(units)) <= max(1, len(names) // 2)


def _split_heading(line: str, separator: str | None, width: int, used: int) -> list[str]:
    """Return the cells of a line of headings, which another separator may part than the rows.

    White space may stand within a heading (``Time (s)``), and a mark of a comment before the first one.
    """
    fitting = {width, used}
    own = cells_of(line, separator)
    if len(own) in fitting or len(_trimmed(own)) in fitting:
        return [COMMENT.sub("", own[0]) or own[0], *own[1:]]
    plain = COMMENT.sub("", line).strip()
    plain = plain[1:-1] if plain.startswith('"') and plain.endswith('"') and plain.count('"') == 2 else plain
    own = cells_of(plain, separator)
    if len(own) in fitting or len(_trimmed(own)) in fitting:
        return own
    ways = [re.split(r"\s{2,}|\t", plain.strip()), _with_brackets(plain)] if separator is None else []
    ways += [cells_of(plain, mark) for mark in SEPARATORS if mark != separator]
    ways += [_with_brackets(plain)]
    return next((way for way in ways if len(_trimmed(way)) in fitting and len(way) > 1), own)


def _with_brackets(line: str) -> list[str]:
    """Return the words of a line; a bracket, a slash or "vs." joins its neighbours."""
    text = re.sub(r"\s*/\s*", "/", line.strip())
    text = re.sub(r"\s+(?=[(\[])|\s+(?=vs\.?\s)|(?<=vs)\s+|(?<=vs\.)\s+", "\0", text)
    text = re.sub(r"[(\[][^)\]]*[)\]]", lambda match: re.sub(r"\s", "\0", match[0]), text)
    return [word.replace("\0", " ") for word in text.split()]


def _trimmed(cells: list[str]) -> list[str]:
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]


def require_width(
    table: Table, name: str, *, numbered: bool, by_number: str = "--time 2 --voltage 3 --current 4"
) -> None:
    """Raise if rows have more cells than there are headings, or fewer: then no heading says what a column is.

    Parameters
    ----------
    table : Table
    name : str
        Of the file.
    numbered : bool
        Whether the owner gave all columns by their numbers.
    by_number : str
        Options that do so; empty where there are none.
    """
    if not table.headings or numbered:
        return
    n_headings = len(_trimmed([one.text for one in table.headings]))
    if n_headings > max(len(row) for row in table.rows):
        shown = f"{name}, line {table.lines[0]}: {len(table.rows[0])} cells under {n_headings} headings (line "
        more = f", or give all columns by number ({by_number})" if by_number else ""
        raise RecordError(f"{shown}{table.heading_line}): which heading has no column? Take it out{more}.")
    wide = [k for k, row in enumerate(table.rows) if len(_trimmed(list(row))) > len(table.headings)]
    if not wide:
        return
    used = len(_trimmed(list(table.rows[wide[0]])))
    both = table.separator == "," and used >= 2 * len(table.headings) - 1
    helps = (
        "The comma seems to be separator and decimal mark alike: export the record with another separator or with "
        "decimal points."
        if both
        else f"Name the separator (--separator), or give all columns by number ({by_number})."
        if by_number
        else "Write a heading above each column, or take out the columns without one."
    )
    shown = shortened(", ".join(table.rows[wide[0]]), _QUOTED)
    raise RecordError(
        f"{name}, line {table.lines[wide[0]]}: {used} cells ({shown}) under {len(table.headings)} headings (line "
        f"{table.heading_line}). {helps}"
    )


def rows_above_note(table: Table) -> tuple[str, ...]:
    """Return a note of rows above a table that were left out; empty if there are none."""
    lines = table.rows_above
    if len(lines) < 2:
        return tuple(f"a row in line {one}, above the table, was left out" for one in lines)
    return (f"{len(lines)} rows in lines {lines[0]} to {lines[-1]}, above the table, were left out",)


def shown_separator(separator: str | None) -> str:
    """Return what a separator is called in messages."""
    return {None: "white space", "\t": "tabulator"}.get(separator, separator or "")


def is_empty_row(cells: list[str]) -> bool:
    """Whether a line has no value at all: the end of a sheet."""
    return all(not cell or (not cell[-1].isdigit() and mark_of(cell) == "missing") for cell in cells)
