"""Layouts of records whose rows say more than a table does: saved buffers of Keithleys, nested tables of Neware.

As those of `benchmarks.record_layouts`, with the units of a row in cells of their own, or rows of other kinds between.
"""

from __future__ import annotations

from benchmarks.record_layouts import CURRENT_MA, NUMBER, SECONDS_APART, T_S, VOLTAGE_V, Layout, clock_text

_BUFFER = (
    "Index,Reading,Unit,Range Digits,Disp Digits,Math,Start Group,Limit1 High,Limit1 Low,Limit2 High,Limit2 Low,"
    "Terminal,Questionable,Origin,Value,Unit"
)
_BUFFER_ABOVE = """\
Buffer Name,defbuffer1
Buffer Capacity,100000
Buffer Style,Standard
Reading Count,60
Fill Mode,Continuous
Base Time Seconds,1795600800
Base Time Fractional,0


"""
_ROW_UNITS = {2: "Amp DC", 15: "Volt DC"}


def _reading(k: int) -> list[str]:
    amperes = f"{CURRENT_MA[k] / 1e3:.9f}"
    return [str(k + 1), amperes, "Amp DC", "6.5", "6.5", *"FTFFFF", "Front", "F", "M", f"{VOLTAGE_V[k]:.4f}", "Volt DC"]


def _split_second(k: int) -> list[str]:
    fraction = round(T_S[k] % 1.0, 6)
    return [*_reading(k), "11/25/2026", clock_text(T_S[k])[:8], f"{fraction:.6f}"]


NESTED_LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "buffer",
        f"{_BUFFER_ABOVE}{_BUFFER},Relative Time",
        {"time": "Relative Time"},
        {"time": "s", "voltage": "V", "current": "A"},
        row=lambda k: [*_reading(k), f"{T_S[k]:.6f}"],
        places={"time": 16, "voltage": 14, "current": 1},
        row_units=_ROW_UNITS,
    ),
    Layout(
        "dated_buffer",
        f"{_BUFFER_ABOVE}{_BUFFER},Date,Time,Fractional Seconds",
        {},
        {"time": "date and time", "voltage": "V", "current": "A"},
        row=_split_second,
        places={"time": 17, "voltage": 14, "current": 1},
        row_units=_ROW_UNITS,
        kind=SECONDS_APART,
    ),
    Layout(
        "nested",
        "Cycle ID,Cap(mAh)\n,Step ID,Step Name\n,,Record ID,Time(s),Voltage(V),Current(mA)\n1,0.5\n,1,CC_Chg",
        {"time": "Time(s)", "voltage": "Voltage(V)", "current": "Current(mA)"},
        {"time": "s", "voltage": "V", "current": "mA"},
        row=lambda k: ["", "", str(k + 1), f"{T_S[k]:.3f}", f"{VOLTAGE_V[k]:.4f}", f"{CURRENT_MA[k]:.6f}"],
        places={"time": 3, "voltage": 4, "current": 5},
        between={30: ",2,Rest"},
        kind=NUMBER,
    ),
)
"""All layouts of this kind."""
