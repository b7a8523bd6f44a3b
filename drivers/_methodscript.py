"""How is a voltage program written in MethodSCRIPT, and what do the lines say that come back?

*MethodSCRIPT manual* v1.8 (chapters 3-5 numbers and packages, 9 blocks, 14 commands), *EmStat Pico communication
protocol* v1.3, and the vendor's MethodSCRIPT_Examples.
"""

from __future__ import annotations

import enum
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols import InstrumentError

if TYPE_CHECKING:
    from drivers.contract import DrivePlan

_PREFIXES = {"a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "m": -3, " ": 0, "k": 3, "M": 6, "G": 9, "T": 12}
_OFFSET = 1 << 27
_FAULT = re.compile(r"!([0-9A-F]{4})(.*)$")
_TEXTS = {
    0x0006: "it is not in the state for that",
    0x0032: "the current was beyond what it can drive (critical overload)",
    0x0058: "it cannot keep the timing: sample more slowly",
    0x005A: "it cannot keep the timing: sample more slowly",
    0x000F: "a potential is outside its window",
    0x4005: "the script is too long for its memory",
    0x400B: "measurement loops cannot be nested",
}


class ReadingStatus(enum.IntFlag):
    """Metadata of a measured value (manual 4.3.2)."""

    TIMING = 1
    OVERLOAD = 2
    UNDERLOAD = 4
    WARNING = 8


@dataclass(frozen=True)
class Measured:
    """One variable of a package.

    Attributes
    ----------
    kind : str
        Variable type: ``ba`` current, ``eb`` time.
    value : float
        In the SI unit; NaN if the instrument says so.
    status : int
        `ReadingStatus`.
    """

    kind: str
    value: float
    status: int


def si(value: float, digits: int = 4) -> str:
    """Return a number as a script writes it: a whole number with an SI prefix (manual, chapter 4).

    Parameters
    ----------
    value : float
    digits : int
        How many significant ones are kept.
    """
    if value == 0.0:
        return "0"
    for prefix, exponent in (("", 0), ("m", -3), ("u", -6), ("n", -9), ("p", -12)):
        scaled = value * 10.0**-exponent
        whole = round(scaled)
        if math.isclose(whole, scaled, rel_tol=1e-9) or abs(whole) >= 10**digits:
            return f"{whole}{prefix}"
    return f"{round(value * 1e12)}p"


def packaged(line: str) -> list[Measured]:
    """Return the variables of a package line, ``P...;...`` (manual, chapter 5).

    Raises
    ------
    InstrumentError
        If it is none.
    """
    found = []
    for text in line[1:].split(";"):
        number, *metadata = text.split(",")
        kind, digits, prefix = number[:2], number[2:9], number[9:10]
        if digits == "     na":  # "     nan"
            found.append(Measured(kind, math.nan, 0))
            continue
        try:
            value = (int(digits, 16) - _OFFSET) * 10.0 ** _PREFIXES[prefix]
            status = next((int(word[1:], 16) for word in metadata if word.startswith("1")), 0)
        except (ValueError, KeyError):
            raise InstrumentError(f"{text!r} is no variable of a package: the line is garbled") from None
        if len(number) != 10:
            raise InstrumentError(f"{text!r} is no variable of a package: the line is garbled")
        found.append(Measured(kind, value, status))
    return found


def raise_fault(resource: str, line: str, doing: str) -> None:
    """Raise the fault that a line tells, if it tells one."""
    found = _FAULT.search(line)
    if found is None:
        return
    number = int(found[1], 16)
    what = _TEXTS.get(number, "see appendix A of the MethodSCRIPT manual")
    raise InstrumentError(f"{resource}: {doing}: error {number:04X}{found[2]}: {what}", command=doing, number=number)


def segments(plan: DrivePlan) -> list[tuple[float, float]]:
    """Return level (V) and length (s) of each hold of one repeat."""
    n = plan.base_points
    times = [*plan.sequence.times_s[: n + 1].tolist(), plan.sequence.duration_s][: n + 1]
    return [(float(level), times[k + 1] - times[k]) for k, level in enumerate(plan.sequence.start_V[:n].tolist())]


def samples_of(length_s: float, interval_s: float) -> int:
    """Return how many samples a hold has: one less than fit, so that the next one can begin in time."""
    return round(length_s / interval_s) - 1


def script_for(plan: DrivePlan, mode: int, bandwidth_Hz: float) -> list[str]:
    """Return the lines of the script that plays a plan.

    Each level is a chronoamperometry loop that ends an interval early; ``await_int`` then waits for the level's end, so
    that the time which commands take does not add up. The timer tells when each level began.
    """
    levels = [level for level, _ in segments(plan)] + [plan.sequence.rest_V]
    lines = [
        "e",
        "var p",
        "var c",
        "var t",
        "var n",
        "set_pgstat_chan 0",
        f"set_pgstat_mode {mode}",
        f"set_max_bandwidth {si(bandwidth_Hz)}",
        f"set_range_minmax da {si(min(levels))} {si(max(levels))}",
        f"set_range ba {si(plan.current_range_A)}",
        f"set_e {si(plan.sequence.rest_V)}",
        "cell_on",
        "timer_start",
        "store_var n 0i ja",
        f"loop n < {plan.repeats}i",
    ]
    for level, length in segments(plan):
        run = samples_of(length, plan.interval_s) * plan.interval_s
        lines += [
            f"set_int {si(length, 7)}",
            "timer_get t",
            "pck_start",
            "pck_add t",
            "pck_end",
            f"meas_loop_ca p c {si(level)} {si(plan.interval_s, 7)} {si(run + 0.1 * plan.interval_s, 7)}",
            "pck_start",
            "pck_add c",
            "pck_end",
            "endloop",
            "await_int",
        ]
    lines += ["add_var n 1i", "endloop", "on_finished:", "cell_off"]
    return lines
