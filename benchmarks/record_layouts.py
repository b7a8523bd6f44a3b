"""Layouts of records as the programs of laboratories write them, made by hand for the campaign of damaged records.

Each says of itself where its columns are, how its numbers are written, and what stands around its table, so that a
reader of a few lines can take it apart without guessing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from daq import ReadOptions

if TYPE_CHECKING:
    from collections.abc import Callable

# Samples of a record; times are uneven at no place, and no two currents are alike.
N = 60
T_S = [round(0.005 + 0.01 * k, 3) for k in range(N)]
VOLTAGE_V = [0.1 if 0.2 < t < 0.4 else 0.0 for t in T_S]
CURRENT_MA = [
    round(float((1.0 + np.exp(-(t - 0.2) / 0.05) if v else 0.0) + np.sin(37 * t) / 99), 6)
    for t, v in zip(T_S, VOLTAGE_V, strict=True)
]
NUMBER, CLOCK, EPOCH, SECONDS_APART = "number", "clock", "epoch", "seconds apart"
"""Times: numbers, h:m:s, since 1970, and h:m:s with the fraction of the second in the next cell."""
JSON = "json"


def _plain(k: int) -> list[str]:
    return [f"{T_S[k]:.3f}", f"{VOLTAGE_V[k]:.4f}", f"{CURRENT_MA[k]:.6f}"]


@dataclass(frozen=True)
class Layout:
    """A way of writing the record.

    Attributes
    ----------
    name : str
        Of its file, without the suffix.
    above : str
        All above the first row, headings included.
    headings : dict of str to str
        Text of the heading of each quantity, whose change may change a unit.
    units : dict of str to str
        Unit of each quantity.
    row : callable
        Cells of a row.
    places : dict of str to int
        Column of each quantity; no voltage where that is stated.
    separator : str or None
        None is white space.
    row_units : dict of int to str
        Cells of each row that name a unit.
    """

    name: str
    above: str
    headings: dict[str, str]
    units: dict[str, str]
    row: Callable[[int], list[str]] = _plain
    places: dict[str, int] = field(default_factory=lambda: {"time": 0, "voltage": 1, "current": 2})
    separator: str | None = ","
    decimal: str = "."
    suffix: str = ".csv"
    encoding: str = "utf-8"
    end: str = "\n"
    kind: str = NUMBER
    mode: int | None = None
    has_units_line: bool = False
    between: dict[int, str] = field(default_factory=dict)
    after: str = ""
    row_units: dict[int, str] = field(default_factory=dict)
    options: ReadOptions = field(default_factory=ReadOptions)

    def content(self) -> bytes:
        """Return the whole file."""
        if self.kind == JSON:
            return _session().encode(self.encoding)
        lines = [self.above]
        mark = "  " if self.separator is None else self.separator
        for k in range(N):
            if k in self.between:
                lines.append(self.between[k])
            cells = [cell.replace(".", self.decimal) if cell[:1] in "-0123456789" else cell for cell in self.row(k)]
            lines.append(mark.join(cells))
        return (self.end.join([*lines, *([self.after] if self.after else [])]) + self.end).encode(self.encoding)


def clock_text(seconds: float) -> str:
    """Return a time of day, to the millisecond."""
    milliseconds = round(1e3 * seconds)
    return f"{milliseconds // 3600000:02d}:{milliseconds // 60000 % 60:02d}:{milliseconds / 1e3 % 60:06.3f}"


def _ec_lab(k: int) -> list[str]:
    v, i = f"{VOLTAGE_V[k]:.7E}", f"{CURRENT_MA[k]:.15E}"
    return ["2", "1", "0", f"{T_S[k]:.15E}", v, v, i, "0.000000000000000E+000", "41"]


def _maccor(k: int) -> list[str]:
    t, i = f"{T_S[k]:.4f}", CURRENT_MA[k] / 1e3
    mode = "D" if i < 0 else "C"
    return [
        str(k + 1),
        "0",
        "1",
        t,
        t,
        "0.0000",
        f"{abs(i):.10f}",
        f"{VOLTAGE_V[k]:.8f}",
        mode,
        "0",
        "11/25/2026 10:00:00",
    ]


def _gamry(k: int) -> list[str]:
    volt, amp = f"{VOLTAGE_V[k]:.5E}", f"{CURRENT_MA[k] / 1e3:.5E}"
    return ["", str(k), f"{T_S[k]:.5f}", volt, amp, "0.00000E+000", "0.00000E+000", "8", "..........."]


def _session() -> str:
    def array(description: str, unit: str, symbol: str, values: list[float]) -> dict[str, object]:
        return {
            "type": "PalmSens.Data.DataArray",
            "description": description,
            "unit": {"type": f"PalmSens.Units.{unit}", "s": symbol, "q": description},
            "datavalues": [{"v": value, "s": 0} for value in values],
        }

    values = [
        array("time", "Time", "s", T_S),
        array("potential", "Volt", "V", VOLTAGE_V),
        array("current", "MicroAmpere", "A", [round(1e3 * i, 3) for i in CURRENT_MA]),
    ]
    one = {"title": "Chronoamperometry", "method": "TECHNIQUE=7\r\nE=1.000E-001\r\n", "dataset": {"values": values}}
    return "\ufeff" + json.dumps({"type": "PalmSens.DataFiles.SessionFile", "measurements": [one]}) + "\ufeff"


_IN_SI = {"time": "s", "voltage": "V", "current": "A"}
_IN_MA = {"time": "s", "voltage": "V", "current": "mA"}
_EC_LAB_ABOVE = """\
EC-Lab ASCII FILE
Nb header lines : 9

Chronoamperometry / Chronocoulometry

Electrode surface area : 0.785 cm²
Acquisition started on : 11/25/2026 10:00:00
Ei (V)              0.000               0.100
mode\tox/red\tNs\ttime/s\tcontrol/V\tEwe/V\t<I>/mA\tdq/mA.h\tI Range"""
_GAMRY_ABOVE = """\
EXPLAIN
TAG\tCHRONOA
TITLE\tLABEL\tChronoamperometry Scan\tTest &Identifier
VPRESTEP\tPOTEN\t0.00000E+000\tF\tPre-step Voltage (V)
TPRESTEP\tQUANT\t2.00000E-001\tPre-step Delay &Time (s)
VSTEP1\tPOTEN\t1.00000E-001\tF\tStep 1 Voltage (V)
TSTEP1\tQUANT\t2.00000E-001\tStep 1 Time (s)
VSTEP2\tPOTEN\t0.00000E+000\tF\tStep 2 Voltage (V)
TSTEP2\tQUANT\t2.00000E-001\tStep 2 Time (s)
SAMPLETIME\tQUANT\t1.00000E-002\tSa&mple Period (s)
AREA\tQUANT\t1.00000E+000\tElectrode &Area (cm^2)
CURVE\tTABLE\t60
\tPt\tT\tVf\tIm\tVu\tSig\tIERange\tOver
\t#\ts\tV vs. Ref.\tA\tV\tV\t#\tbits"""
_MACCOR_ABOVE = """\
Today's Date 11/25/2026  Date of Test:\t11/25/2026\t Filename:\tC:\\cell.041\t Procedure: hold.000\tComment/Barcode:
Rec#\tCyc#\tStep\tTest (Sec)\tStep (Sec)\tAmp-hr\tAmps\tVolts\tState\tES\tDPt Time"""
_NOVONIX_ABOVE = """\
[Summary]
Novonix HPC data file
Cell: 17
Mass (g): 1.000
Area (cm2): 1.000
[End Summary]
[Protocol]
"   [During CV, End step when hold time > 15 hours]"
[End Protocol]
[Data]
Date and Time,Cycle Number,Step Type,Run Time (h),Step Time (h),Current (A),Potential (V),Capacity (Ah)"""
_CHI_ABOVE = """\
Nov. 25, 2026   10:00:00
Chronoamperometry
File: hold.bin
Instrument Model:  CHI660E

Init E (V) = 0
High E (V) = 0.1
Low E (V) = 0
Init P/N = P
Step = 2
Pulse Width (sec) = 0.2
Sample Interval (s) = 0.01
Quiet Time (sec) = 0

Time/sec, Current/A
"""
_VERSA_ABOVE = """\
<Application>
Name=VersaStudio
</Application>
<Segment1>
Type=2
Definition=Segment #, Point #, E(V), I(A), Elapsed Time(s), ADC Sync Input(V), Current Range, Status, E Applied(V)"""


LAYOUTS: tuple[Layout, ...] = (
    Layout("plain", "time/s,Ewe/V,I/mA", {"time": "time/s", "voltage": "Ewe/V", "current": "I/mA"}, _IN_MA),
    Layout(
        "german",
        "Messung an 5 µm Schicht\nZeit (s)\tSpannung (V)\tStrom (mA)",
        {"time": "Zeit (s)", "voltage": "Spannung (V)", "current": "Strom (mA)"},
        _IN_MA,
        separator="\t",
        decimal=",",
        suffix=".txt",
        encoding="cp1252",
        end="\r\n",
    ),
    Layout(
        "integers",
        "t (ms);U (mV);I (µA);Range",
        {"time": "t (ms)", "voltage": "U (mV)", "current": "I (µA)"},
        {"time": "ms", "voltage": "mV", "current": "µA"},
        row=lambda k: [str(5 + 10 * k), str(round(1e3 * VOLTAGE_V[k])), str(round(1e6 * CURRENT_MA[k]) + 17), "7"],
        separator=";",
    ),
    Layout(
        "units_line",
        "# recorded by hand\nTime,Date,Voltage,Current,Comment\ns,,V,mA,",
        {"time": "Time", "voltage": "Voltage", "current": "Current"},
        _IN_MA,
        row=lambda k: [_plain(k)[0], "2026-11-25", *_plain(k)[1:], "" if k % 7 else "gas on"],
        places={"time": 0, "voltage": 2, "current": 3},
        has_units_line=True,
    ),
    Layout(
        "ec_lab",
        _EC_LAB_ABOVE,
        {"time": "time/s", "voltage": "Ewe/V", "current": "<I>/mA"},
        _IN_MA,
        row=_ec_lab,
        places={"time": 3, "voltage": 5, "current": 6},
        separator="\t",
        suffix=".mpt",
        encoding="cp1252",
        end="\r\n",
    ),
    Layout(
        "gamry",
        _GAMRY_ABOVE,
        {"time": "T", "voltage": "Vf", "current": "Im"},
        {"time": "s", "voltage": "V vs. Ref.", "current": "A"},
        row=_gamry,
        places={"time": 2, "voltage": 3, "current": 4},
        has_units_line=True,
        separator="\t",
        suffix=".DTA",
        end="\r\n",
    ),
    Layout(
        "maccor",
        _MACCOR_ABOVE,
        {"time": "Test (Sec)", "voltage": "Volts", "current": "Amps"},
        {"time": "Sec", "voltage": "Volts", "current": "Amps"},
        row=_maccor,
        places={"time": 3, "voltage": 7, "current": 6},
        separator="\t",
        suffix=".041",
        mode=8,
    ),
    Layout(
        "novonix",
        _NOVONIX_ABOVE,
        {"time": "Run Time (h)", "voltage": "Potential (V)", "current": "Current (A)"},
        {"time": "h", "voltage": "V", "current": "A"},
        row=lambda k: [
            "2026-11-25 10:00:00 AM",
            "0",
            "1",
            f"{T_S[k] / 3600:.12f}",
            "0",
            f"{CURRENT_MA[k] / 1e3:.9f}",
            f"{VOLTAGE_V[k]:.4f}",
            "0",
        ],
        places={"time": 3, "voltage": 6, "current": 5},
    ),
    Layout(
        "chi",
        _CHI_ABOVE,
        {"time": "Time/sec", "current": "Current/A"},
        {"time": "sec", "current": "A"},
        row=lambda k: [_plain(k)[0], f"{CURRENT_MA[k] / 1e3:.6e}"],
        places={"time": 0, "current": 1},
        suffix=".txt",
        options=ReadOptions(drive="0 V; 0.1 V at 0.2 s; 0 V at 0.4 s"),
    ),
    Layout(
        "versastudio",
        _VERSA_ABOVE,
        {"time": "Elapsed Time(s)", "voltage": "E(V)", "current": "I(A)"},
        _IN_SI,
        row=lambda k: ["0", str(k), _plain(k)[1], f"{CURRENT_MA[k] / 1e3:.9f}", _plain(k)[0], "0", "5", "0", "0.1"],
        places={"time": 4, "voltage": 2, "current": 3},
        suffix=".par",
        after="</Segment1>",
    ),
    Layout(
        "neware",
        "Cycle,Step,Record,Time(h:min:s.ms),Voltage(V),Current(mA)",
        {"time": "Time(h:min:s.ms)", "voltage": "Voltage(V)", "current": "Current(mA)"},
        {"time": "h:m:s", "voltage": "V", "current": "mA"},
        row=lambda k: ["1", "1", str(k), clock_text(T_S[k]), *_plain(k)[1:]],
        places={"time": 3, "voltage": 4, "current": 5},
        kind=CLOCK,
    ),
    Layout(
        "epochs",
        "Timestamp [ms]|Voltage [V]|Current [mA]",
        {"time": "Timestamp [ms]", "voltage": "Voltage [V]", "current": "Current [mA]"},
        {"time": "s since 1970", "voltage": "V", "current": "mA"},
        row=lambda k: [str(1790000000000 + round(1e3 * T_S[k])), *_plain(k)[1:]],
        separator="|",
        kind=EPOCH,
    ),
    Layout(
        "columns",
        "  time/s    Ewe/V    I/mA",
        {"time": "time/s", "voltage": "Ewe/V", "current": "I/mA"},
        _IN_MA,
        row=lambda k: [*_plain(k)[:2], f"{CURRENT_MA[k]:.9e}".replace("e", "D")],
        separator=None,
        suffix=".dat",
    ),
    Layout(
        "blocks",
        "Curve 1\ntime/s;Ewe/V;I/mA",
        {"time": "time/s", "voltage": "Ewe/V", "current": "I/mA"},
        _IN_MA,
        separator=";",
        between={30: "\nCurve 2\ntime/s;Ewe/V;I/mA"},
    ),
    Layout(
        "wide",
        "time/s,Ewe/V,I/mA",
        {"time": "time/s", "voltage": "Ewe/V", "current": "I/mA"},
        _IN_MA,
        encoding="utf-16",
        end="\r\n",
    ),
    Layout(
        "session",
        "",
        {},
        {"time": "s", "voltage": "V", "current": "uA"},
        suffix=".pssession",
        encoding="utf-16-le",
        kind=JSON,
    ),
)
"""All layouts but those of `benchmarks.nested_layouts`; every reader of the product has one at least."""
