"""Damaged impedance spectra of other programs, for the campaign of damaged files (`just import-mutations`).

As for records, the damaged text is the truth, as another reader understands it that shares nothing with the product: it
is told where the columns are and how numbers are written, and takes units and signs from the headings that still stand
there. Every point that the product takes must be one of its rows, in their order; every row must be a point, or a note
must say that something was left out.
"""

from __future__ import annotations

import cmath
import math
import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from benchmarks.mutated_records import decoded, mutated_record, number_in
from benchmarks.mutations import Reading, Subject
from benchmarks.spectrum_layouts import SPECTRUM_LAYOUTS, spectrum_layout_named
from fitting import ImpedanceSpectrum

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.spectrum_layouts import SpectrumLayout

# What units of the layouts, and those that damage makes of them, are in Hz, ohm and degrees.
_FREQUENCIES = {"Hz": 1.0, "MHz": 1e6, "mHz": 1e-3} | dict.fromkeys(("hz", "HZ", "hZ"), 1.0)
# Only of m and M does it matter how they are written.
_FREQUENCIES |= dict.fromkeys((k + unit for k in "kK" for unit in ("Hz", "hz", "HZ", "hZ")), 1e3)
_OHMS = {"": 1.0, "m": 1e-3, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "u": 1e-6, "µ": 1e-6, "μ": 1e-6}
_ANGLES = {"deg": 1.0, "°": 1.0, "rad": 180.0 / math.pi, "mrad": 0.18 / math.pi, "degrees": 1.0}
_LEFT_OUT = re.compile(r"left out|was read|cut off")
_RELATIVE = 1e-9


def spectra_subject() -> Subject:
    """Return the subject of spectra as the programs of laboratories export them."""
    return Subject("spectra", _make, _read, mutate=mutated_record, agrees=_is_what_stands_there)


def _make(folder: Path) -> Sequence[Path]:
    paths = []
    for layout in SPECTRUM_LAYOUTS:
        path = folder / layout.name / f"{layout.name}{layout.suffix}"
        path.parent.mkdir(parents=True)
        path.write_bytes(layout.content())
        paths.append(path)
    return paths


def _read(path: Path) -> Reading:
    spectrum = ImpedanceSpectrum.read(path, spectrum_layout_named(path.stem).sweep)
    points = list(zip(spectrum.frequency_Hz.tolist(), spectrum.impedance_ohm.tolist(), strict=True))
    return Reading({"layout": path.stem, "points": points, "notes": spectrum.notes})


def _is_what_stands_there(before: dict[str, Any], now: dict[str, Any], content: bytes) -> bool:
    """Whether a reading is what the damaged text says; why not goes to standard error."""
    layout = spectrum_layout_named(before["layout"])
    told = " | ".join(note for note in now["notes"] if note not in before["notes"])
    readings = [_rows(decoded(content), layout, way, decimal) for way in range(len(layout.ways)) for decimal in ".,"]
    if "no headings" in told:  # then three columns are what the product says they are
        readings += [
            _rows(
                decoded(content),
                replace(layout, headings=("", "", ""), ways=((0, 1, 2),), polar=(False,), units=()),
                0,
                one,
            )
            for one in ".,"
        ]
    problems = [_problem(now["points"], rows, told, layout) for rows in readings]
    if None in problems:
        return True
    sys.stderr.write(f"{problems}\n")
    return False


def _problem(
    points: list[tuple[float, complex]], rows: list[tuple[float, complex]], told: str, layout: SpectrumLayout
) -> str | None:
    at = 0
    for k, (f, Z) in enumerate(points):
        found = next((j for j in range(at, len(rows)) if _same(rows[j], f, Z)), None)
        if found is None:
            return f"point {k} is no row: {f}, {Z}"
        at = found + 1
    n_good = sum(f > 0.0 and cmath.isfinite(Z) for f, Z in rows)
    if len(points) < n_good and layout.sweep is None and not _LEFT_OUT.search(told):
        return f"{n_good - len(points)} of {n_good} rows are missing, and no note says so: {told}"
    return None


def _same(row: tuple[float, complex], f: float, Z: complex) -> bool:
    return abs(row[0] - f) <= _RELATIVE * abs(f) and abs(row[1] - Z) <= _RELATIVE * abs(Z)


def _rows(text: str, layout: SpectrumLayout, way: int, decimal: str) -> list[tuple[float, complex]]:
    """Return frequency (Hz) and impedance (ohm) of each row with its number of cells, by the headings above."""
    lines = [
        [
            cell.strip().strip('"').strip()
            for cell in (one.split() if layout.separator is None else one.split(layout.separator))
        ]
        for one in re.split(r"\r\n|\n|\r", text.replace("\0", ""))
    ]
    whole = [one for one in lines if len(one) == len(layout.headings)]
    heading = _most_alike(whole, layout.headings) if any(layout.headings) else list(layout.headings)
    units = _most_alike(whole, layout.units) if layout.units else heading
    places = list(layout.ways[way])
    originals = [layout.headings[place] for place in places]
    if any(layout.headings) and all(heading.count(one) == 1 for one in originals):
        places = [heading.index(one) for one in originals]
    kinds = ("frequency", "ohm", "angle" if layout.polar[way] else "ohm")
    scales = [_scale(kind, heading[k], units[k], layout) for kind, k in zip(kinds, places, strict=True)]
    found = []
    for cells in whole:
        try:
            f, a, b = (scale * number_in(cells[k], decimal) for scale, k in zip(scales, places, strict=True))
        except ValueError:
            continue
        if not all(map(math.isfinite, (f, a, b))):
            continue
        found.append((f, cmath.rect(a, math.radians(b)) if layout.polar[way] else complex(a, b)))
    return found


def _most_alike(lines: list[list[str]], wanted: Sequence[str]) -> list[str]:
    """Return the line that has most of some cells; those themselves if none has any."""
    scores = [sum(a == b != "" for a, b in zip(one, wanted, strict=True)) for one in lines]
    best = max(scores, default=0)
    return lines[scores.index(best)] if best else list(wanted)


def _scale(kind: str, heading: str, unit_cell: str, layout: SpectrumLayout) -> float:
    """Return what numbers under a heading are multiplied by; not a number where its unit is none that is known."""
    sign = -1.0 if heading[:1] in {"-", "−"} else 1.0
    if layout.units:
        unit = unit_cell
    else:
        match = re.search(r"\(([^()]*)\)$|/\s*([^/]*)$", heading)
        unit = (match[1] or match[2] or "").strip() if match is not None else ""
    if kind == "ohm" and not unit and (bare := re.search(r"\s(\S*[oO]hm)$", heading)):  # its stroke was lost
        unit = bare[1]
    if not unit or unit.casefold() in {"a", "b", "z"}:
        return sign
    if kind == "frequency":
        return sign * _FREQUENCIES.get(unit, math.nan)
    if kind == "angle":
        return sign * _ANGLES.get(unit.casefold(), math.nan)
    ohm = re.fullmatch(r"([mkKMGuµμ]?)(?:[oO][hH][mM]|Ω)\.?", unit)
    return math.nan if ohm is None else sign * _OHMS[ohm[1]]
