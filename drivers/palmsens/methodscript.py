"""MethodSCRIPT: the script of a voltage program, and the lines that come back.

*MethodSCRIPT manual* v1.8 (chapters 3-5 numbers and packages, 9 blocks, 14 commands), *EmStat Pico communication
protocol* v1.3, and the vendor's MethodSCRIPT_Examples.
"""

from __future__ import annotations

import enum
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from protocols import InstrumentError

if TYPE_CHECKING:
    from drivers.contract.plan import DrivePlan

# SI prefixes of packages, chapter 5.
_PREFIXES = {"a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "m": -3, " ": 0, "k": 3, "M": 6, "G": 9, "T": 12}
_OFFSET = 1 << 27  # zero of a package's numbers, chapter 5
_SAME_S = 1e-6  # by how much times of a plan may differ for rounding: decimals, some 1e-9
JITTER_S = 1e-3  # a level that begins further from its plan is flagged
_ERROR = re.compile(r"!([0-9A-F]{4})(.*)$")  # number, and place in the script
# What the errors of a run mean: appendix A.
_TEXTS = {
    0x0006: "it is not in the state for that",
    0x0014: "its cell is on",
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


def variables_of(line: str) -> list[Measured]:
    """Return the variables of a package line, ``P...;...`` (manual, chapter 5).

    Raises
    ------
    InstrumentError
        If it is none.
    """
    variables = []
    for text in line[1:].split(";"):
        number, *metadata = text.split(",")
        kind, digits, prefix = number[:2], number[2:9], number[9:10]
        if digits == "     na":  # "     nan"
            variables.append(Measured(kind, math.nan, 0))
            continue
        try:
            value = (int(digits, 16) - _OFFSET) * 10.0 ** _PREFIXES[prefix]
            status = next((int(one[1:], 16) for one in metadata if one.startswith("1")), 0)
        except (ValueError, KeyError):
            raise InstrumentError(f"{text!r} is no variable of a package: the line is garbled") from None
        if len(number) != 10:
            raise InstrumentError(f"{text!r} is no variable of a package: the line is garbled")
        variables.append(Measured(kind, value, status))
    return variables


def raise_error(resource: str, line: str, doing: str) -> None:
    """Raise the error that a line reports, if it reports one."""
    match = _ERROR.search(line)
    if match is None:
        return
    number = int(match[1], 16)
    what = _TEXTS.get(number, "see appendix A of the MethodSCRIPT manual")
    raise InstrumentError(f"{resource}: {doing}: error {number:04X}{match[2]}: {what}", command=doing, number=number)


@dataclass(frozen=True)
class Segment:
    """A measurement loop of a script: one level, evenly sampled.

    Attributes
    ----------
    level_V : float
    start_s, end_s : float
        From the start of the repeat.
    interval_s : float
    count : int
        Samples that its loop makes.
    """

    level_V: float
    start_s: float
    end_s: float
    interval_s: float
    count: int

    @property
    def loop_s(self) -> float:
        """When its loop ends, so that it makes no sample more or less: half an interval after its last sample."""
        return self.start_s + (self.count + 0.5) * self.interval_s


def segments(plan: DrivePlan) -> list[Segment]:
    """Return the loops of one repeat: one a level, or one for each block of the plan's grid."""
    n = plan.base_points
    starts_s = plan.sequence.times_s[:n]
    bounds_s = np.append(plan.sequence.times_s, plan.sequence.duration_s)[: n + 1]
    levels = plan.sequence.start_V[:n]
    if plan.grid is None:
        rows = zip(levels.tolist(), bounds_s[:-1].tolist(), bounds_s[1:].tolist(), strict=True)
        interval_s = plan.interval_s
        return [Segment(*row, interval_s, samples_of(row[2] - row[1], interval_s)) for row in rows]
    grid = plan.grid
    n_blocks = len(grid.count) // plan.repeats
    begins_s = (grid.first_s + 0.5 * grid.aperture_s - grid.interval_s)[:n_blocks]
    level_of = np.searchsorted(starts_s, begins_s + _SAME_S, side="right") - 1
    ends_s = np.minimum(np.append(begins_s[1:], bounds_s[-1]), bounds_s[level_of + 1])
    return [
        Segment(float(levels[level_of[k]]), float(begins_s[k]), float(ends_s[k]), float(interval), int(count))
        for k, (interval, count) in enumerate(zip(grid.interval_s[:n_blocks], grid.count[:n_blocks], strict=True))
    ]


def samples_of(length_s: float, interval_s: float) -> int:
    """Return how many samples a hold has: one less than fit, so that the next one can begin in time."""
    return round(length_s / interval_s) - 1


class Progress:
    """Where in the program a running script is, by the packages that have come.

    Parameters
    ----------
    loops : list of Segment
        Of one repeat.
    repeats : int
    """

    def __init__(self, loops: list[Segment], repeats: int) -> None:
        self._loops = loops
        self._n_loops = len(loops) * repeats
        self._number = -1
        self._count = self._in_loop = 0
        self._origin_s = math.nan
        self._late_s = 0.0

    @property
    def _loop(self) -> Segment:
        return self._loops[self._number % len(self._loops)]

    def begin_level(self, resource: str, first_s: float) -> None:
        """Take the timer of a loop's first reading, which ends one interval after the loop has begun.

        The run's time starts with the first loop, whatever came before it.
        """
        self._number += 1
        if self._number >= self._n_loops or self._in_loop != self._count:
            raise self._lost(resource)
        self._in_loop, self._count = 0, self._loop.count
        begun_s = first_s - self._loop.interval_s
        if self._number == 0:
            self._origin_s = begun_s
        self._late_s = begun_s - self._origin_s - self._planned_s()

    def _planned_s(self) -> float:
        return self._number // len(self._loops) * self._loops[-1].end_s + self._loop.start_s

    def next_sample(self, resource: str) -> tuple[float, Segment, bool]:
        """Return end (s) and loop of the next sample, and whether its loop began at another time than planned."""
        if self._number < 0 or self._in_loop >= self._count:
            raise self._lost(resource)
        self._in_loop += 1
        late = abs(self._late_s) > JITTER_S
        end_s = self._planned_s() + self._in_loop * self._loop.interval_s + (self._late_s if late else 0.0)
        return end_s, self._loop, late

    def end_level(self, resource: str) -> None:
        """Take the end of a loop; all its samples must have come, unless the script was aborted."""
        if self._in_loop != self._count:
            raise self._lost(resource)

    def _lost(self, resource: str) -> InstrumentError:
        return InstrumentError(
            f"{resource}: level {self._number + 1} of {self._n_loops} has other than {self._count} samples: lines were "
            "lost, or its script was aborted",
            command="r",
        )


def script_for(plan: DrivePlan, mode: int, bandwidth_Hz: float) -> list[str]:
    """Return the lines of the script that plays a plan.

    Levels and their ends stand in arrays, and where sampling is not even, intervals and ends of loops too. Each level
    is a chronoamperometry loop that ends an interval early, or several of them; the script then waits for the level's
    end by its timer, so that the time which commands take does not add up. The first reading of a loop comes with the
    timer, each reading with the potential that was really set; a current beyond the limit makes the script abort
    itself.
    """
    loops = segments(plan)
    is_even = plan.grid is None
    levels = [loop.level_V for loop in loops] + [plan.sequence.rest_V]
    current_range, limit, interval = si(plan.current_range_A), si(plan.compliance_A), si(plan.interval_s, 7)
    lines = [f"var {name}" for name in ("p", "c", "t", "d", "o", "s", "k", "n")]
    lines += [f"array {name} {len(loops)}i" for name in (("lv", "en") if is_even else ("lv", "en", "iv", "lo"))]
    for k, loop in enumerate(loops):
        lines += [f"store_var lv[{k}i] {si(loop.level_V)} ab", f"store_var en[{k}i] {si(loop.end_s, 9)} eb"]
        if not is_even:
            lines += [f"store_var iv[{k}i] {si(loop.interval_s, 7)} eb", f"store_var lo[{k}i] {si(loop.loop_s, 9)} eb"]
    lines += [
        "set_pgstat_chan 0",
        f"set_pgstat_mode {mode}",
        f"set_max_bandwidth {si(bandwidth_Hz)}",
        f"set_range_minmax da {si(min(levels))} {si(max(levels))}",
        f"set_range ba {current_range}",
        f"set_autoranging ba {current_range} {current_range}",
        f"set_e {si(plan.sequence.rest_V)}",
        "store_var o 0 eb",
        "store_var n 0i ja",
        "cell_on",
        "timer_start",
        f"loop n < {plan.repeats}i",
        "store_var k 0i ja",
        f"loop k < {len(loops)}i",
        "store_var s 0i ja",
        *_remaining("en" if is_even else "lo"),
        *([f"sub_var d {si(0.5 * plan.interval_s, 7)}"] if is_even else []),
        f"meas_loop_ca p c lv[k] {interval if is_even else 'iv[k]'} d",
        "timer_get t",
        "if s == 0i",
        "store_var s 1i ja",
        *_package("t"),
        "endif",
        *_package("p", "c"),
        *(line for sign in ("> ", "< -") for line in (f"if c {sign}{limit}", "abort", "endif")),
        "endloop",
        *_remaining("en"),
        "if d > 0",
        "wait d",
        "endif",
        "add_var k 1i",
        "endloop",
        f"add_var o {si(loops[-1].end_s, 9)}",
        "add_var n 1i",
        "endloop",
        "on_finished:",
        "cell_off",
    ]
    return lines


def _remaining(until: str) -> list[str]:
    """Return what puts the time until element k of an array of times into d."""
    return [f"copy_var {until}[k] d", "add_var d o", "timer_get t", "sub_var d t"]


def _package(*names: str) -> list[str]:
    return ["pck_start", *(f"pck_add {name}" for name in names), "pck_end"]
