"""Reader of PalmSens sessions (.pssession): the curves of their measurements, and the levels of the method.

A session is JSON in UTF-16, with keys in lower case or in capitals as the version of PSTrace has it, and sometimes
with something behind it. Each measurement has a data set of arrays: a description ("time", "current", ...), a unit,
and values. The unit is the one that its type names (``PalmSens.Units.MicroAmpere``): its symbol is the plain "A". The
layout is that of files which other programs read, not confirmed on files of our own; what differs is refused with a
way to export.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from daq.files.readers.contract import decoded_start
from daq.files.readers.record import Candidate, ColumnChoice, Question, QuestionError, RecordError, TextRecord
from daq.files.readers.samples import SampleStore
from daq.files.readers.stated_drive import with_drive
from daq.files.readers.text_file import TextFile
from daq.files.readers.units import CURRENT, TIME, VOLTAGE, scaled, unit_of
from daq.files.stated_drive import driven_quantity
from drivers import Block, Status
from protocols import any_text, printable, read_file, shortened

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from numpy.typing import NDArray

    from daq.files.readers.record import ReadOptions

_EXPORT = "In PSTrace, export the curves as CSV (Data > Export to CSV), and import that"
_UNITS = {
    "time": "s", "second": "s", "volt": "V", "millivolt": "mV", "ampere": "A", "milliampere": "mA", "microampere": "uA",
    "nanoampere": "nA", "picoampere": "pA",
}  # fmt: skip
# Names of arrays; a potential that was measured takes the place of the applied one.
_QUANTITIES = {
    "time": TIME, "potential": VOLTAGE, "applied potential": VOLTAGE, "voltage": VOLTAGE, "current": CURRENT,
    "measured we potential": VOLTAGE, "measured potential": VOLTAGE, "we potential": VOLTAGE,
}  # fmt: skip
_SCAN, _LATER_SCAN = re.compile(r"scan1(?:channel\d+)?"), re.compile(r"scan(?:[2-9]|1\d)")
# Why a measurement has no time and current.
_LACKS = {
    "spectrum": "an impedance spectrum, which `ionecho fit` reads as CSV",
    "scans": "several scans, whose times are not kept apart",
    "": "no time and no current",
}
# Longest title that is quoted (characters), and measurements that are named in a message.
_QUOTED, _SHOWN = 60, 12
# Levels of a method, which say what was applied where no potential was measured.
_LEVELS = re.compile(
    r"^(TECHNIQUE|E(?:_[A-Z0-9]+)?|E\d*|T_(?:RUN|EQUIL|INTERVAL)|LEVEL\w*)\s*=\s*(\S+)\s*$", re.MULTILINE
)
_MOST_LEVELS = 20


@dataclass(frozen=True)
class _Measurement:
    title: str
    arrays: dict[str, tuple[NDArray[np.float64], str]]
    levels: tuple[str, ...]
    lacks: str = ""


class _SessionReader:
    """Reads .pssession files."""

    def recognizes(self, start: bytes) -> bool:
        """Whether a file begins as JSON of PalmSens."""
        text = decoded_start(start).lstrip("\ufeff \t\r\n")
        return text.startswith("{") and ('"PalmSens' in text or '"measurements"' in text.lower())

    def read(self, path: Path, options: ReadOptions) -> TextRecord:
        """Return the record of a measurement: ``--block`` says which of several."""
        measurements = _measurements(path)
        one, notes = _chosen(path.name, measurements, options.block)
        record = _record(path.name, one, options, notes)
        return record if options.drive is None else with_drive(record, options.drive)


def _measurements(path: Path) -> list[_Measurement]:
    TextFile.of(path)  # which refuses what is no regular file
    try:
        text, _ = any_text(read_file(path))
        document, _ = json.JSONDecoder().raw_decode(text.lstrip("\ufeff\0 \t\r\n"))
        found = [_measurement(one) for one in _item(document, "Measurements")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = printable(shortened(f"{type(error).__name__}: {error}", _QUOTED))
        raise RecordError(f"this session cannot be read ({reason}). {_EXPORT}", str(path)) from None
    timed = [one for one in found if "time" in one.arrays and "current" in one.arrays]
    if not timed:
        shown = "; ".join(f"{one.title!r}: {_LACKS[one.lacks]}" for one in found[:_SHOWN]) or "there is none"
        raise RecordError(f"no measurement of this session can be read ({shown}). {_EXPORT}", str(path))
    return timed


def _item(document: dict[str, Any], key: str) -> Any:
    """Return what stands under a key, which newer versions begin with a capital."""
    return document[key] if key in document else document[key.lower()]


def _measurement(document: dict[str, Any]) -> _Measurement:
    arrays: dict[str, tuple[NDArray[np.float64], str]] = {}
    names = []
    for one in _item(_item(document, "DataSet"), "Values"):
        name = str(_item(one, "Description")).casefold().strip()
        names.append(name)
        unit = str(_item(_item(one, "Unit"), "Type")).rpartition(".")[2].casefold()
        quantity = _quantity(name, unit)
        if quantity is None or (quantity in arrays and not name.startswith("measured")):
            continue
        entries = _item(one, "DataValues")
        values = [_item(entry, "V") if isinstance(entry, dict) else entry for entry in entries]
        numbers = np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)
        arrays[quantity] = (numbers, _UNITS.get(unit, unit))
    method = str(document.get("Method", document.get("method", "")))
    levels = tuple(f"{match[1]}={match[2]}" for match in _LEVELS.finditer(method.replace("\r", "\n")))
    title = str(document.get("Title", document.get("title", "")))
    what = "spectrum" if "zre" in names else "scans" if any(_LATER_SCAN.match(name) for name in names) else ""
    return _Measurement(printable(title), {} if what else arrays, levels[:_MOST_LEVELS], what)


def _quantity(name: str, unit: str) -> str | None:
    """Return the quantity of an array; those of the one scan of a voltammetry are named after it."""
    if _SCAN.fullmatch(name):
        return VOLTAGE if unit.endswith("volt") else CURRENT if unit.endswith("ampere") else None
    return _QUANTITIES.get(name)


def _chosen(name: str, measurements: list[_Measurement], block: str | None) -> tuple[_Measurement, list[str]]:
    if block is None and len(measurements) > 1:
        labels = [f"{shortened(one.title, _QUOTED)!r}, {len(one.arrays['time'][0]):,} samples" for one in measurements]
        shown = "; ".join(f"{k}: {label}" for k, label in enumerate(labels[:_SHOWN], 1))
        raise QuestionError(
            f"{name} has {len(measurements)} measurements: {shown}. Name one (--block 1)",
            Question("block", "--block", tuple(Candidate(str(k), label) for k, label in enumerate(labels, 1))),
        )
    if block is None:
        return measurements[0], []
    if not (block.isdecimal() and len(block) < 10 and 1 <= int(block) <= len(measurements)):
        raise RecordError(f"{name} has {len(measurements)} measurements, no number {block!r}", "--block")
    return measurements[int(block) - 1], [f"measurement {block} of {len(measurements)} was read (--block)"]


def _record(name: str, one: _Measurement, options: ReadOptions, notes: list[str]) -> TextRecord:
    scales: dict[str, Fraction] = {}
    choices: dict[str, ColumnChoice] = {}
    for quantity, (_, text) in one.arrays.items():
        unit = unit_of(options.units.get(quantity, text))
        if unit is None or unit.quantity != quantity:
            raise RecordError(f"{name}: the {quantity} is in {text!r}: state its unit (--{quantity}-unit)")
        scales[quantity] = unit.scale
        choices[quantity] = ColumnChoice(len(choices), quantity, unit.text, "by its description")
    if "voltage" not in one.arrays and (options.drive is None or driven_quantity(options.drive) != VOLTAGE):
        levels = f" The method says {', '.join(one.levels)}." if one.levels else ""
        raise QuestionError(
            f"{name}: {one.title!r} has no potential.{levels} State the voltage that was applied (--drive "
            '"0 V; 0.45 V at 0 s")',
            Question("drive", "--drive"),
        )
    count = min(len(values) for values, _ in one.arrays.values())
    si = {quantity: scaled(values[:count], scales[quantity]) for quantity, (values, _) in one.arrays.items()}
    t = si["time"]
    if count < 2 or not np.isfinite(t).all() or bool((np.diff(t) <= 0).any()):
        raise RecordError(f"{name}: the times of {one.title!r} do not increase. {_EXPORT}")
    signs = {quantity: -1.0 if quantity in options.negate else 1.0 for quantity in ("voltage", "current")}
    voltage = signs["voltage"] * si.get("voltage", np.full(count, np.nan))
    current = signs["current"] * si["current"]
    status = np.zeros(count, dtype=np.uint8)
    status[~np.isfinite(current) | (np.isnan(voltage) & ("voltage" in si))] = Status.MISSING
    store = SampleStore()
    store.append(Block(t, voltage, current, status))
    about = [f"measurement: {one.title}", *([f"method: {', '.join(one.levels)}"] if one.levels else [])]
    return TextRecord(store, choices, "JSON of PSTrace", (*notes, *about))


PS_SESSION = _SessionReader()
