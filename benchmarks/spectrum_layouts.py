"""Layouts of impedance spectra as the programs of laboratories write them, for the campaign of damaged records.

Each says of itself where its columns are and how its numbers are written; its headings, with their units and signs,
are taken apart by a few lines of the campaign (`benchmarks.mutated_spectra`).
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Points of a sweep: five a decade; no two impedances are alike.
N = 26
F_HZ = [float(f"{10.0 ** (5.0 - 0.2 * k):.6g}") for k in range(N)]


def impedance_at(k: int, of_sweep: int = 0) -> complex:
    """Return a point of a sweep: 100 ohm before 5 kilohm side by side with 100 nF, and 10 uF in series."""
    s = 2j * math.pi * F_HZ[k]
    return complex(100.0 + 7.0 * of_sweep + 1.0 / (1.0 / 5e3 + s * 1e-7) + 1.0 / (s * 1e-5))


@dataclass(frozen=True)
class SpectrumLayout:
    """A way of writing a spectrum.

    Attributes
    ----------
    name : str
        Of its file, without the suffix.
    above : tuple of str
        Lines above the headings.
    headings : tuple of str
        One of each column; empty texts where there is no heading line.
    row : callable
        Cells of a point, from its frequency, its impedance and its number.
    ways : tuple of tuple of int
        Columns of frequency, real and imaginary part; or of frequency, magnitude and phase.
    polar : tuple of bool
        Whether each way is magnitude and phase.
    units : tuple of str
        A line of units below the headings; empty if there is none.
    separator : str or None
        None is white space.
    sweep : int or None
        Which sweep of two is read.
    """

    name: str
    above: tuple[str, ...]
    headings: tuple[str, ...]
    row: Callable[[float, complex, int], list[str]]
    ways: tuple[tuple[int, int, int], ...]
    polar: tuple[bool, ...] = (False,)
    units: tuple[str, ...] = ()
    separator: str | None = "\t"
    decimal: str = "."
    suffix: str = ".txt"
    encoding: str = "utf-8"
    end: str = "\n"
    sweep: int | None = None

    def content(self) -> bytes:
        """Return the whole file."""
        mark = "  " if self.separator is None else self.separator
        lines = [*self.above, *(mark.join(one) for one in (self.headings, self.units) if any(one))]
        for sweep in range(1 if self.sweep is None else 2):
            for k in range(N):
                cells = self.row(F_HZ[k], impedance_at(k, sweep), k)
                lines.append(mark.join(cell.replace(".", self.decimal) for cell in cells))
        return (self.end.join(lines) + self.end).encode(self.encoding)


def _parts(f: float, Z: complex, _: int) -> list[str]:
    return [f"{f:.6g}", f"{Z.real:.9g}", f"{Z.imag:.9g}"]


def _negative(f: float, Z: complex, _: int) -> list[str]:
    return [f"{f:.6g}", f"{Z.real:.9g}", f"{-Z.imag:.9g}"]


def _all(f: float, Z: complex, sign: float) -> list[str]:
    size, angle = abs(Z), math.degrees(cmath.phase(Z))
    return [f"{f:.6e}", f"{Z.real:.9e}", f"{sign * Z.imag:.9e}", f"{size:.9e}", f"{angle:.9e}"]


SPECTRUM_LAYOUTS: tuple[SpectrumLayout, ...] = (
    SpectrumLayout(
        "ec_lab",
        ("EC-Lab ASCII FILE", "Nb header lines : 4", ""),
        ("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm", "|Z|/Ohm", "Phase(Z)/deg", "time/s"),
        lambda f, Z, k: [*_all(f, Z, -1.0), f"{k:.6e}"],
        ((0, 1, 2), (0, 3, 4)),
        (False, True),
        suffix=".mpt",
        encoding="cp1252",
        end="\r\n",
    ),
    SpectrumLayout(
        "gamry",
        ("EXPLAIN", "TAG\tEISPOT", "AREA\tQUANT\t1.00000E+000\tArea (cm^2)", "ZCURVE\tTABLE"),
        ("", "Pt", "Time", "Freq", "Zreal", "Zimag", "Zmod", "Zphz"),
        lambda f, Z, k: ["", str(k), f"{k:.5f}", *_all(f, Z, 1.0)],
        ((3, 4, 5), (3, 6, 7)),
        (False, True),
        units=("", "#", "s", "Hz", "ohm", "ohm", "ohm", "°"),
        suffix=".DTA",
        end="\r\n",
    ),
    SpectrumLayout(
        "zplot",
        ("ZPlot2 ASCII", "Sweep Frequency: 1e5 .. 1 Hz", "End Comments"),
        ("Freq(Hz)", "Ampl", "Bias", "Time(Sec)", "Z'(a)", "Z''(b)", "GD", "Err", "Range"),
        lambda f, Z, k: [f"{f:.6E}", "0.01", "0", str(k), f"{Z.real:.8E}", f"{Z.imag:.8E}", "0", "0", "4"],
        ((0, 4, 5),),
        suffix=".z",
    ),
    SpectrumLayout(
        "autolab",
        (),
        ("Index", "Frequency (Hz)", "Z' (Ω)", "-Z'' (Ω)", "Z (Ω)", "-Phase (°)"),
        lambda f, Z, k: [
            str(k + 1), f"{f:.6g}", f"{Z.real:.9g}", f"{-Z.imag:.9g}", f"{abs(Z):.9g}",
            f"{-math.degrees(cmath.phase(Z)):.9g}",
        ],
        ((1, 2, 3), (1, 4, 5)),
        (False, True),
        separator=";",
        decimal=",",
    ),
    SpectrumLayout(
        "chi",
        ("Nov. 25, 2026   10:00:00", "A.C. Impedance", "Instrument Model:  CHI660E", "", "Init E (V) = 0"),
        ("Freq/Hz", "Z'/ohm", 'Z"/ohm', "Z/ohm", "Phase/deg"),
        lambda f, Z, _: _all(f, Z, 1.0),
        ((0, 1, 2), (0, 3, 4)),
        (False, True),
        separator=",",
    ),
    SpectrumLayout(
        "polar",
        (),
        ("f / kHz", "|Z| / kOhm", "phase / rad"),
        lambda f, Z, _: [f"{f / 1e3:.9g}", f"{abs(Z) / 1e3:.9g}", f"{cmath.phase(Z):.9g}"],
        ((0, 1, 2),),
        (True,),
        separator=",",
        suffix=".csv",
    ),
    SpectrumLayout(
        "wide", ("EIS on pellet",), ("freq / Hz", "Z' / Ohm", "-Z'' / Ohm"), _negative, ((0, 1, 2),),
        separator=",", suffix=".csv", encoding="utf-16", end="\r\n",
    ),
    SpectrumLayout("bare", (), ("", "", ""), _parts, ((0, 1, 2),), separator=None, suffix=".dat"),
    SpectrumLayout(
        "sweeps", (), ("freq (Hz)", "Re(Z) (ohm)", "-Im(Z) (ohm)"), _negative, ((0, 1, 2),), separator=",", sweep=2
    ),
)  # fmt: skip
"""All layouts of spectra."""


def spectrum_layout_named(name: str) -> SpectrumLayout:
    """Return a layout."""
    return next(one for one in SPECTRUM_LAYOUTS if one.name == name)
