"""Open circuit, currents, levels against open circuit and ends by slope, as a MethodSCRIPT.

Each act is a measurement loop of its own (manual, chapter 14): ``meas_loop_ocp`` with the cell off, ``meas_loop_ca``,
``meas_loop_lsv`` for a ramp, ``meas_loop_cp`` for a current (EmStat4). The script has no repeats: acts follow each
other in its text. Every reading comes with the timer, since nobody knows when an act ends that ends by a slope. Such an
act compares a reading with that some readings before and leaves its loop by ``breakloop``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from drivers.contract.block import Block, Status
from drivers.contract.planned_act import PlannedAct
from drivers.palmsens.methodscript import ReadingStatus, si, variables_of
from protocols import InstrumentError, Problem, format_quantity
from protocols.acts import Control

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drivers.contract.plan import DrivePlan
    from drivers.palmsens.methodscript import Measured
    from protocols.acts import Act

FINISHED = "all steps are done"
"""What the script prints when it has come to its end by itself."""
SHORTEST_S = 5e-3
"""Shortest interval: a package with three variables has some 45 characters, 2 ms at 230400 baud, and needs commands."""
_GALVANOSTAT_MODE = 6  # manual, chapter 14: set_pgstat_mode
_MARKERS = {Control.OPEN: "M000B", Control.VOLTAGE: "M0007", Control.CURRENT: "M000A"}
_OF_RAMP = "M0000"


@dataclass(frozen=True)
class ScriptSettings:
    """What a script of acts sets besides them.

    Attributes
    ----------
    mode : int
        PGStat mode in which voltages are set.
    bandwidth_Hz : float
    window_V : tuple of float
        Lowest and highest potential that may be set.
    """

    mode: int
    bandwidth_Hz: float
    window_V: tuple[float, float]


def planned(
    acts: Sequence[Act], interval_s: float, step_V: float, bounds_s: tuple[float, float], largest_V: float
) -> Iterator[PlannedAct]:
    """Give what the instrument does for some acts: each stretch of an act's sampling is one of its own.

    Parameters
    ----------
    acts : sequence of Act
    interval_s : float
        The protocol's.
    step_V : float
        Of the potential: a ramp makes no smaller ones.
    bounds_s : tuple of float
        Shortest and longest interval.
    largest_V : float
        The protocol's limit.
    """
    for act in acts:
        stretches = [(act.duration_s, interval_s)]
        if act.rule is not None:
            rows = act.rule.stretches(act.duration_s, interval_s)
            stretches = [(one.end_s - one.start_s, one.interval_s) for one in rows]
        if act.until is not None or act.start != act.end:
            # One slope is taken, and one step made, over the whole of it: by its finest interval.
            stretches = [(act.duration_s, min(interval for _, interval in stretches))]
        for length_s, asked_s in stretches:
            interval = min(max(asked_s, bounds_s[0]), bounds_s[1], length_s)
            if act.start != act.end:
                interval = max(interval, step_V * act.duration_s / abs(act.end - act.start))
            count = max(1, round(length_s / interval))
            interval = length_s / count if act.start != act.end else interval
            slope, over = 0.0, 0
            if act.until is not None:
                slope = act.until.current_slope or act.until.potential_slope or 0.0
                over = max(1, round(act.until.over / interval))
            yield PlannedAct(
                act.control,
                act.start,
                act.end,
                act.against_open,
                float(f"{interval:.6g}"),
                count,
                largest_V,
                slope,
                over,
            )


def problems_of(acts: Sequence[Act], plan: DrivePlan, window_V: tuple[float, float]) -> Iterator[Problem]:
    """Give what the instrument cannot do of some acts."""
    for act in acts:
        largest = max(abs(act.start), abs(act.end))
        if act.control is Control.CURRENT and largest > plan.compliance_A:
            limit = format_quantity(plan.compliance_A, "A")
            yield Problem(
                f"sequence.{act.path}", f"{format_quantity(largest, 'A')} is over the current limit of {limit}"
            )
        if act.control is Control.VOLTAGE and not window_V[0] <= min(act.start, act.end) <= largest <= window_V[1]:
            yield Problem(f"sequence.{act.path}", f"levels must be from {window_V[0]:g} to {window_V[1]:g} V")


def script_of(plan: DrivePlan, settings: ScriptSettings) -> list[str]:
    """Return the lines of the script that does the acts of a plan."""
    lines = [f"var {name}" for name in ("p", "c", "t", "d", "r", "k", "w", "e", "f")]
    lines += ["set_pgstat_chan 0", *_potentiostat(plan, settings), "store_var w 0 ab", "timer_start"]
    before: Control | None = Control.OPEN
    for act in plan.acts * plan.repeats:
        lines += _prepared(act, before, plan, settings)
        lines += _loop(act, plan)
        before = act.control
    return [*lines, f'send_string "{FINISHED}"', "on_finished:", "cell_off"]


def _potentiostat(plan: DrivePlan, settings: ScriptSettings) -> list[str]:
    low, high = settings.window_V
    scale = si(plan.current_range_A)
    return [
        f"set_pgstat_mode {settings.mode}",
        f"set_max_bandwidth {si(settings.bandwidth_Hz)}",
        f"set_range_minmax da {si(low)} {si(high)}",
        f"set_range ba {scale}",
        f"set_autoranging ba {scale} {scale}",
    ]


def _prepared(act: PlannedAct, before: Control | None, plan: DrivePlan, settings: ScriptSettings) -> list[str]:
    """Return what comes before the loop of an act: mode, level, cell on or off."""
    if act.control is Control.OPEN:
        return ["cell_off"] if before is not Control.OPEN else []
    lines = []
    if Control.CURRENT in {act.control, before} and act.control is not before:
        lines += ["cell_off"] if before is not Control.OPEN else []
        if act.control is Control.CURRENT:
            scale = si(plan.current_range_A)
            lines += [f"set_pgstat_mode {_GALVANOSTAT_MODE}", f"set_max_bandwidth {si(settings.bandwidth_Hz)}"]
            lines += [f"set_range ba {scale}", f"set_range ab {si(act.largest_V)}"]
        else:
            lines += _potentiostat(plan, settings)
    is_on = before is act.control
    if act.control is Control.CURRENT:
        return [*lines, f"set_i {si(act.start)}", *([] if is_on else ["cell_on"])]
    level = [f"store_var e {si(act.start)} ab"]
    if act.against_open:
        # What is set, at the end of a ramp too, must not be beyond the limit: the script ends then.
        level = ["copy_var w f", f"add_var f {si(act.end)}", "copy_var w e", f"add_var e {si(act.start)}"]
        level += _abort_beyond("f", si(act.largest_V)) + _abort_beyond("e", si(act.largest_V))
    return [*lines, *level, *([] if is_on else ["set_e e", "cell_on"])]


def _loop(act: PlannedAct, plan: DrivePlan) -> list[str]:
    """Return the measurement loop of an act."""
    interval, length = si(act.interval_s, 7), si((act.count + 0.5) * act.interval_s, 9)
    names, watched, beyond = ["t", "p", "c"], "c", ("c", si(plan.compliance_A))
    if act.control is Control.OPEN:
        head, names, watched, beyond = f"meas_loop_ocp p {interval} {length}", ["t", "p"], "p", ("", "")
    elif act.control is Control.CURRENT:
        head, watched = f"meas_loop_cp p c {si(act.start)} {interval} {length}", "p"
        beyond = ("p", si(act.largest_V))
    elif act.start == act.end:
        head = f"meas_loop_ca p c e {interval} {length}"
    else:
        step_V = abs(act.end - act.start) / act.count
        head = f"meas_loop_lsv p c e f {si(step_V, 6)} {si(step_V / act.interval_s, 6)}"
    lines = ["store_var k 0i ja", head, "timer_get t", "pck_start", *(f"pck_add {name}" for name in names), "pck_end"]
    if act.start != act.end:
        # Each stair is at the ramp's mean over it, so that the area under the curve is kept.
        step_V = (act.end - act.start) / act.count
        lines = [
            f"add_var e {si(0.5 * step_V, 6)}",
            "copy_var e f",
            f"add_var f {si(act.end - act.start - step_V, 6)}",
            *lines,
        ]
    if beyond[0]:
        lines += _abort_beyond(*beyond)
    if act.slope:
        lines += _end_by_slope(watched, act)
    return [*lines, "endloop", *(["copy_var p w"] if act.control is Control.OPEN else [])]


def _abort_beyond(variable: str, limit: str) -> list[str]:
    """Return what ends the script if a variable is beyond a limit."""
    return [line for sign in ("> ", "< -") for line in (f"if {variable} {sign}{limit}", "abort", "endif")]


def _end_by_slope(watched: str, act: PlannedAct) -> list[str]:
    """Return what leaves a loop when a reading differs little from the one so many readings before."""
    change = si(act.slope * act.slope_samples * act.interval_s, 6)
    return [
        "if k == 0i", f"copy_var {watched} r", "endif",
        "add_var k 1i",
        f"if k > {act.slope_samples}i",
        f"copy_var {watched} d", "sub_var d r", f"copy_var {watched} r", "store_var k 1i ja",
        f"if d < {change}", f"if d > -{change}", "breakloop", "endif", "endif",
        "endif",
    ]  # fmt: skip


class ActsReader:
    """Samples of a script of acts, from its lines.

    Parameters
    ----------
    plan : DrivePlan
    resource : str
    aperture_share : float
        Over which part of its interval a reading averages.
    """

    def __init__(self, plan: DrivePlan, resource: str, aperture_share: float) -> None:
        self._acts = plan.acts * plan.repeats
        self._plan = plan
        self._resource = resource
        self._share = aperture_share
        self._number = -1
        self._in_act = 0
        self.n_samples = 0
        self._before_s = -math.inf
        self.is_finished = False

    def take(self, line: str) -> list[tuple[float, float, float, int]]:
        """Return the sample that a line has: time (s), voltage (V), current (A), flags; else nothing.

        Raises
        ------
        InstrumentError
            If the line is none of such a script, or samples were lost.
        """
        if line.startswith("P"):
            return [self._sample(variables_of(line), line)]
        if line == f"T{FINISHED}" and self._number == len(self._acts) - 1:
            self._require_whole()
            self.is_finished = True
        elif line.startswith("M") and self._number + 1 < len(self._acts):
            self._require_whole()
            self._number, self._in_act = self._number + 1, 0
            if line != self._marker(self._acts[self._number]):
                raise self._garbled(line)
        elif line != "*":
            raise self._garbled(line)
        return []

    @staticmethod
    def _marker(act: PlannedAct) -> str:
        return _OF_RAMP if act.start != act.end else _MARKERS[act.control]

    def _require_whole(self) -> None:
        """Raise unless the act that is over has all its samples, or may have ended by its slope."""
        if self._number < 0:
            return
        act = self._acts[self._number]
        if self._in_act != act.count and not (act.slope and self._in_act < act.count):
            raise InstrumentError(
                f"{self._resource}: step {self._number + 1} of {len(self._acts)} has {self._in_act} samples, not "
                f"{act.count}: lines were lost",
                command="r",
            )

    def _sample(self, variables: list[Measured], line: str) -> tuple[float, float, float, int]:
        act = self._acts[self._number] if self._number >= 0 else None
        if act is None or len(variables) != (2 if act.control is Control.OPEN else 3) or variables[0].kind != "eb":
            raise self._garbled(line)
        self._in_act += 1
        self.n_samples += 1
        time_s = variables[0].value - 0.5 * self._share * act.interval_s
        status = Status(0)
        if not time_s > self._before_s:
            raise self._garbled(line)
        # Readings are an interval apart but for the time that commands take between two acts.
        if self._in_act > 1 and abs(time_s - self._before_s - act.interval_s) > 0.1 * act.interval_s + 1e-3:
            status |= Status.TIMING
        self._before_s = time_s
        potential = variables[1].value
        current = 0.0 if act.control is Control.OPEN else variables[2].value
        if any(ReadingStatus(one.status) & ReadingStatus.OVERLOAD for one in variables):
            current, status = math.nan, status | Status.OVERLOAD
        if act.control is Control.VOLTAGE and abs(current) > 0.995 * self._plan.compliance_A:
            status |= Status.COMPLIANCE
        return time_s, potential, current, int(status)

    def _garbled(self, line: str) -> InstrumentError:
        return InstrumentError(f"{self._resource} sent {line[:60]!r}, which was not asked for", command="r")


def block_of(rows: list[tuple[float, float, float, int]]) -> Block:
    """Return samples as a block."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    return Block(table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy(), table[:, 3].astype(np.uint8))
