"""Damaged records of other programs, for the campaign of damaged files (`just import-mutations`).

A text of another program has no digest: what stands in it counts. So the damaged text is the truth, as another reader
understands it that shares nothing with the product: it is told where the columns are, how numbers are written and what
the units mean, and knows a row by its exact number of cells. Every sample that the product takes without a flag must be
one of these rows, in their order and in the unit that the heading still names; every row must be a sample, or a note
must say that something was left out, merged or joined.
"""

from __future__ import annotations

import codecs
import json
import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.mutated_texts import mutated_text
from benchmarks.mutations import Reading, Subject, mutated_bytes
from benchmarks.nested_layouts import NESTED_LAYOUTS
from benchmarks.record_layouts import CLOCK, EPOCH, JSON, LAYOUTS, SECONDS_APART, Layout
from daq import read_text

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from daq import TextRecord

# What units of the layouts, and those that damage makes of them, are in SI.
_UNITS = {
    "s": 1.0, "sec": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0, "h": 3600.0, "V": 1.0, "mV": 1e-3, "uV": 1e-6, "kV": 1e3,
    "nV": 1e-9, "pV": 1e-12, "ns": 1e-9, "A": 1.0, "mA": 1e-3, "uA": 1e-6, "µA": 1e-6, "nA": 1e-9, "pA": 1e-12,
    "fA": 1e-15, "kA": 1e3, "d": 86400.0,
}  # fmt: skip
# Notes that explain why a row is no sample of its own.
_LEFT_OUT = re.compile(
    r"left out|merged|cut off|flagged|joined|was read|begins anew|midnight|overload|no voltage or no"
    r" current|text behind"
)
# Notes that explain another value: of the time, of voltage and current, of the current's sign.
_OTHER_TIME = re.compile(r"begins anew|midnight")
_OTHER_VALUES = re.compile(r"merged|units of their own")
_OTHER_SIGN = re.compile(r"sign of the|neither charge nor|is the sign lost|whose sign is lost")
# Times that count from the whole second of the first sample.
_COUNTED = {EPOCH, SECONDS_APART}
_RELATIVE = 1e-9
# How often a kind of damage is done in one case.
_TIMES = (1, 1, 1, 2, 4)
_ODD_CELLS = (
    "", " ", "NaN", "-", "--", "OVLD", "9.9E37", "-9.91e+37", "inf", "1e999", "0", "-0", "1,5", "1.5", "1.2.3", "1e-3",
    "5m",
    "5 mV", "3 kA", "0x10", "1_0", "+", "-1", "1e", "١", "12:30:00", "2026-11-26", "true", '"', "'", "#", "C", "D", "R",
    "1 2", "1'000", "1,000", "1.000", "µ", "\ufeff", "99999999999999999999", "1d-3", "½", "۵", "1E+", "e5", ".", ",",
)  # fmt: skip


def layout_named(name: str) -> Layout:
    """Return a layout."""
    return next(one for one in (*LAYOUTS, *NESTED_LAYOUTS) if one.name == name)


def records_subject() -> Subject:
    """Return the subject of records as the programs of laboratories export them."""
    return Subject("records", _make, _read, mutate=mutated_record, agrees=_is_what_stands_there)


def _make(folder: Path) -> Sequence[Path]:
    paths = []
    for layout in (*LAYOUTS, *NESTED_LAYOUTS):
        path = folder / layout.name / f"{layout.name}{layout.suffix}"
        path.parent.mkdir(parents=True)
        path.write_bytes(layout.content())
        paths.append(path)
    return paths


def _read(path: Path) -> Reading:
    return Reading(_values(read_text(path, options=layout_named(path.stem).options), path.stem))


def _values(record: TextRecord, layout: str) -> dict[str, Any]:
    return {
        "layout": layout,
        "time": record.t_s,
        "voltage": record.voltage_V,
        "current": record.current_A,
        "status": record.status,
        "units": {name: one.unit for name, one in record.columns.items()},
        "notes": record.notes,
        "guesses": tuple(str(one) for one in record.guesses),
    }


def mutated_record(content: bytes, rng: random.Random) -> tuple[bytes, str]:
    """Return a damaged text, and what was done: as in any text, or to its cells, rows and separators."""
    if rng.random() < 0.5:
        return mutated_text_of(content, rng)
    encoding = _encoding_of(content)
    text = content.decode(encoding)
    kind = rng.choice(list(_TABLE_KINDS))
    for _ in range(rng.choice(_TIMES)):
        text = _TABLE_KINDS[kind](text, rng)
    return text.encode(encoding, "replace"), kind


def mutated_text_of(content: bytes, rng: random.Random) -> tuple[bytes, str]:
    """Return a text damaged as any is: in UTF-8, whatever its own encoding."""
    if rng.random() < 0.4:
        return mutated_bytes(content, rng)
    return mutated_text(content.decode(_encoding_of(content)).encode(), rng)


def _encoding_of(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if content[1::2].count(0) > 0.7 * len(content[1::2]):
        return "utf-16-le"
    try:
        content.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _line(text: str, rng: random.Random) -> tuple[list[str], int]:
    lines = text.split("\n")
    return lines, rng.randrange(len(lines))


def _separator(line: str) -> str:
    return max("\t;,| ", key=line.count)


def _change_cell(text: str, rng: random.Random, change: Callable[[list[str], int], None]) -> str:
    lines, number = _line(text, rng)
    mark = _separator(lines[number])
    cells = lines[number].split(mark)
    change(cells, rng.randrange(len(cells)))
    lines[number] = mark.join(cells)
    return "\n".join(lines)


def _odd(text: str, rng: random.Random) -> str:
    def change(cells: list[str], place: int) -> None:
        cells[place] = rng.choice(_ODD_CELLS)

    return _change_cell(text, rng, change)


def _swap(text: str, rng: random.Random) -> str:
    def change(cells: list[str], place: int) -> None:
        cells[place - 1], cells[place] = cells[place], cells[place - 1]

    return _change_cell(text, rng, change)


def _less(text: str, rng: random.Random) -> str:
    def change(cells: list[str], place: int) -> None:
        cells.pop(place)

    return _change_cell(text, rng, change)


def _more(text: str, rng: random.Random) -> str:
    return _change_cell(text, rng, lambda cells, place: cells.insert(place, cells[place]))


def _behind(text: str, rng: random.Random, joined: str) -> str:
    lines, number = _line(text, rng)
    return "\n".join(lines) + joined + "\n".join(lines[number:])


def _interrupt(text: str, rng: random.Random) -> str:
    lines, number = _line(text, rng)
    lines.insert(number, rng.choice(("", "Aborted", "# paused", "Step 2", "---", lines[0], ",,,,", "\t", "1", "2 3")))
    return "\n".join(lines)


def _join(text: str, rng: random.Random) -> str:
    lines, number = _line(text, rng)
    lines[number : number + 2] = ["".join(lines[number : number + 2])]
    return "\n".join(lines)


def _split(text: str, rng: random.Random) -> str:
    lines, number = _line(text, rng)
    place = rng.randrange(len(lines[number]) + 1)
    lines[number : number + 1] = [lines[number][:place], lines[number][place:]]
    return "\n".join(lines)


def _scale(text: str, rng: random.Random) -> str:
    units = [match.start() for match in re.finditer(r"(?<=[/(\[])(?:m?s|m?V|[mµ]?A|k?Hz|k?[oO]hm|deg|rad)\b", text)]
    if not units:
        return text
    place = rng.choice(units)
    return text[:place] + rng.choice(("m", "u", "k", "n", "M", "x", "1e3 ", "10^-6 ", "?")) + text[place:]


_TABLE_KINDS: dict[str, Callable[[str, random.Random], str]] = {
    "an odd cell": _odd,
    "two cells swapped": _swap,
    "a cell less": _less,
    "a cell twice": _more,
    "the end again": lambda text, rng: _behind(text, rng, "\n"),
    "the end again, behind a blank line": lambda text, rng: _behind(text, rng, "\n\n"),
    "a line between": _interrupt,
    "two lines joined": _join,
    "a line split": _split,
    "another unit": _scale,
    "points for commas": lambda text, rng: text.replace(",", ".", rng.choice((1, 3, 10**6))),
    "commas for points": lambda text, rng: text.replace(".", ",", rng.choice((1, 3, 10**6))),
}

_PLAIN_NUMBER = re.compile(
    r"[+-]?(?:\d+\.?\d*|\.\d+|[1-9]\d{0,2}(?:[,']\d{3})+(?:\.\d*)?)(?:[eEdD][+-]?\d+)?", re.ASCII
)
_CLOCK_CELL = re.compile(r"(\d+):(\d{1,2}):(\d{1,2}(?:\.\d+)?)", re.ASCII)


@dataclass(frozen=True)
class _Row:
    """What a line says, in the units that its layout has."""

    time: float
    voltage: float
    current: float


@dataclass
class _Match:
    """Samples that are rows, and what speaks against it."""

    problems: list[str] = field(default_factory=list)
    n_rows_read: int = 0
    offsets: list[float] = field(default_factory=list)


def _is_what_stands_there(before: dict[str, Any], now: dict[str, Any], content: bytes) -> bool:
    """Whether a reading is what the damaged text says; why not goes to standard error."""
    layout = layout_named(before["layout"])
    text = decoded(content)
    ways = [(decimal, moved) for moved in (True, False) for decimal in ".,"]
    rows = _session_rows(text) if layout.kind == JSON else max((_rows(text, layout, *way) for way in ways), key=len)
    told = [note for note in now["notes"] if note not in before["notes"]]
    scales = _scales(layout, now, text)
    if scales is None:
        return False
    match = _matched(now, rows, scales, layout)
    offset_is_one = layout.kind in _COUNTED or any(_OTHER_TIME.search(note) for note in told)
    notes = " | ".join(told)
    problems = [
        problem
        for problem in match.problems
        if not (_OTHER_VALUES.search(notes) or (problem.startswith("sign") and _OTHER_SIGN.search(notes)))
    ]
    if not offset_is_one and any(abs(one) > 1e-9 for one in match.offsets):
        problems.append(f"times are shifted by {match.offsets}")
    good = int((now["status"] == 0).sum())
    if good < len(rows) and not _LEFT_OUT.search(notes):
        problems.append(f"{len(rows) - good} of {len(rows)} rows are missing, and no note says so: {told}")
    for problem in problems:
        sys.stderr.write(problem + "\n")
    return not problems


def decoded(content: bytes) -> str:
    """Return a text by its mark, its zeros, or as UTF-8 or an encoding of Windows."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if content[first:4096:2].count(0) > 0.7 * len(content[first:4096:2]):
            return content.decode(encoding, "replace")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            if error.reason == "unexpected end of data":  # the text was cut within a character
                return content[: error.start].decode(encoding)
    return content.decode("latin-1")


def _rows(text: str, layout: Layout, decimal: str, moved: bool) -> list[_Row]:
    """Return the rows of a table; headings may have been moved to other columns, with or without their cells."""
    rows: list[_Row] = []
    places = layout.places
    for line in re.split(r"\r\n|\n|\r", text.replace("\0", "")):
        cells = line.split() if layout.separator is None else line.split(layout.separator)
        cells = [cell.strip().strip('"').strip() for cell in cells]
        if len(cells) != len(layout.row(0)):
            continue
        if moved and not rows and all(cells.count(heading) == 1 for heading in layout.headings.values()):
            places = layout.places | {quantity: cells.index(heading) for quantity, heading in layout.headings.items()}
        if any(cells[place].casefold() != unit.casefold() for place, unit in layout.row_units.items()):
            continue
        try:
            rows.append(_row(cells, layout, places, decimal))
        except ValueError:
            continue
    return rows


def _row(cells: list[str], layout: Layout, place: dict[str, int], decimal: str) -> _Row:
    time = cells[place["time"]]
    if layout.kind == SECONDS_APART:
        t = _clock_s(time) + number_in(cells[place["time"] + 1], decimal)
    else:
        t = _clock_s(time.replace(",", ".")) if layout.kind == CLOCK else number_in(time, decimal)
    v = number_in(cells[place["voltage"]], decimal) if "voltage" in place else 0.0
    i = number_in(cells[place["current"]], decimal)
    if layout.mode is not None and cells[layout.mode].upper() == "D":
        i = -i
    return _Row(t / 1e3 if layout.kind == EPOCH else t, v, i)


def number_in(cell: str, decimal: str) -> float:
    """Return the number in a cell; `ValueError` if it is none."""
    cell = re.sub(r"(?<=[eE])\s+(?=\d)", "", cell)  # as Fortran writes an exponent
    if decimal == ",":
        cell = re.sub(r"(?<=\d)\.(?=\d{3}(?!\d))", "", cell)  # a point for the thousands
        cell = cell.replace(".", "?").replace(",", ".")
    if not _PLAIN_NUMBER.fullmatch(cell):
        raise ValueError(cell)
    return float(re.sub("[dD]", "e", re.sub("[,']", "", cell)))


def _clock_s(cell: str) -> float:
    match = _CLOCK_CELL.fullmatch(cell)
    if match is None:
        raise ValueError(cell)
    return 3600.0 * int(match[1]) + 60.0 * int(match[2]) + float(match[3])


def _session_rows(text: str) -> list[_Row]:
    """Return the rows of a session, whose keys may be in capitals."""
    document, _ = json.JSONDecoder().raw_decode(text.lstrip("\ufeff\0 \t\r\n"))
    data_set = _lowered(document)["measurements"][0]["dataset"]["values"]
    arrays = {one["description"].casefold(): [value["v"] for value in one["datavalues"]] for one in data_set}
    return [_Row(*one) for one in zip(arrays["time"], arrays["potential"], arrays["current"], strict=False)]


def _lowered(document: Any) -> Any:
    if isinstance(document, dict):
        return {key.lower(): _lowered(value) for key, value in document.items()}
    return [_lowered(one) for one in document] if isinstance(document, list) else document


def _scales(layout: Layout, now: dict[str, Any], text: str) -> dict[str, float] | None:
    """Return what the units of a reading are in SI; None if one is none that its text names."""
    scales = {}
    for quantity, unit in now["units"].items():
        if unit == layout.units.get(quantity):
            scales[quantity] = _scale_of(unit) or 1.0  # a way of writing a time has none
            continue
        heading = layout.headings.get(quantity)
        told = any(quantity in one and "no unit" in one for one in now["guesses"])
        scale = _scale_of(unit)
        is_same = scale == _scale_of(layout.units.get(quantity, ""))
        is_named = is_same or heading is None or heading not in text or layout.has_units_line
        if scale is None or not (told or is_named):
            sys.stderr.write(f"the unit of the {quantity} is {unit!r}\n")
            return None
        scales[quantity] = scale
    return scales


def _scale_of(unit: str) -> float | None:
    """Return what a unit is in SI, with a power of ten before it and a reference behind it; None if unknown."""
    plain = re.sub(r"\s*vs\W.*", "", unit.strip()).rstrip(".,")
    power = 0
    if (match := re.match(r"(?:1e(-?\d+)|10\^(-?\d+))\s", plain)) is not None:
        power, plain = int(match[1] or match[2]), plain[match.end() :]
    plain = {"volts": "V", "amps": "A", "sec": "s"}.get(plain.casefold(), plain)
    for one in (plain, plain[:-1] + plain[-1:].swapcase()):
        if one in _UNITS:
            return float(f"1e{power}") * _UNITS[one]
    return None


def _matched(now: dict[str, Any], rows: list[_Row], scales: dict[str, float], layout: Layout) -> _Match:
    """Return how the samples without a flag are rows, in their order."""
    match = _Match()
    good = np.flatnonzero(now["status"] == 0)
    at = 0
    for k in good:
        i = now["current"][k] / scales["current"]
        v = now["voltage"][k] / scales["voltage"] if "voltage" in layout.places else 0.0
        found = next((j for j in range(at, len(rows)) if _same(rows[j].current, i) and _same(rows[j].voltage, v)), None)
        if found is None:
            sign = any(_same(one.current, -i) and _same(one.voltage, v) for one in rows)
            match.problems.append(f"{'sign of ' if sign else ''}sample {k} is no row: {now['time'][k]}, {v}, {i}")
            continue
        match.offsets.append(float(now["time"][k] / scales["time"] - rows[found].time))
        at = found + 1
    if layout.kind in _COUNTED and match.offsets:
        match.offsets = [one - match.offsets[0] for one in match.offsets if abs(one - match.offsets[0]) > 1e-6]
    return match


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _RELATIVE * max(abs(one), abs(other)) + 1e-15
