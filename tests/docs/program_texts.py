"""Files of the programs that the how-to guides name, each with a record of 60 samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.mutated_records import layout_named
from benchmarks.record_layouts import CURRENT_MA, T_S, VOLTAGE_V

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Files whose layout is one of the campaign of damaged records.
_LAYOUTS = {
    "cell_CA.mpt": "ec_lab", "chronoa.DTA": "gamry", "steps.txt": "chi", "film.pssession": "session",
    "trace.par": "versastudio",
    "cell.041": "maccor", "neware.csv": "neware", "novonix.csv": "novonix",
}  # fmt: skip
_BUFFER = "Index,Reading,Unit,Range Digits,Disp Digits,Math,Value,Unit,Date,Time,Fractional Seconds"


def _of_layout(layout: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.write_bytes(layout_named(layout).content())

    return make


def _table(headings: str, cells: Callable[[float, float, float], str], above: str = "") -> Callable[[Path], None]:
    """Return a maker of a table, from the time (s), the voltage (V) and the current (A) of each row."""

    def make(path: Path) -> None:
        rows = [cells(t, v, round(i / 1e3, 9)) for t, v, i in zip(T_S, VOLTAGE_V, CURRENT_MA, strict=True)]
        path.write_text("\n".join([above + headings, *rows]) + "\n", encoding="utf-8")

    return make


FILES: dict[str, Callable[[Path], None]] = {
    **{name: _of_layout(layout) for name, layout in _LAYOUTS.items()},
    "nova.txt": _table(
        "Corrected time (s);Potential applied (V);WE(1).Potential (V);WE(1).Current (A)",
        lambda t, v, i: f"{t};0.1;{v};{i}".replace(".", ","),
    ),
    "ivium.txt": _table("time /s\tI /A\tE /V", lambda t, v, i: f"{t}\t{i}\t{v}"),
    "defbuffer1.csv": _table(
        _BUFFER,
        lambda t, v, i: f"{round(100 * t)},{i},Amp DC,6.5,6.5,F,{v},Volt DC,11/25/2026,10:00:00,{t:.6f}",
        "Buffer Name,defbuffer1\n\n",
    ),
    "easyexpert.csv": _table("Index,Time,V1,I1", lambda t, v, i: f"{round(100 * t)},{t},{v},{i}", "SetupTitle, hold\n"),
    "basytec.txt": _table(
        "~Time[h]\tDataSet\tU[V]\tI[A]",
        lambda t, v, i: f"{t / 3600:.12f}\t{round(100 * t)}\t{v}\t{i}",
        "~Battery: pellet\n",
    ),
    "arbin.csv": _table(
        "Data_Point,Test_Time(s),Date_Time,Step_Time(s),Current(A),Voltage(V)",
        lambda t, v, i: f"{round(100 * t)},{t},2026-11-25 10:00:00,{t},{i},{v}",
    ),
    "pec.csv": _table(
        "Cycle,Total Time (Seconds),Voltage (mV),Current (mA)", lambda t, v, i: f"1,{t},{1e3 * v:.1f},{1e3 * i:.6f}"
    ),
    "cell.bdf.csv": _table("Test Time / s,Voltage / V,Current / A", lambda t, v, i: f"{t},{v},{i}"),
}
"""What writes each file."""
