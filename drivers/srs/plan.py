"""Plan of an EC301: levels in mV, holds in units of 4 us, and what its ranges read.

Pages are those of the *EC301 User Manual*, revision 1.1 (02/29/2016).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from drivers.contract.assumption import Assumption, Concern
from drivers.contract.identity import Capabilities
from drivers.contract.plan import Rounding
from drivers.planning.planner import Planner, Rate
from drivers.planning.steps import Steps, Tables, smallest_covering
from drivers.srs.program import (
    LONGEST_HOLD,
    MOST_MOVES,
    MOST_REPEATED,
    TICK_S,
    ArbProgram,
    Program,
    PulseProgram,
    RampProgram,
    arb_program,
    on_arb_grid,
    on_ramp_grid,
    pulse_program,
    ramp_program,
)
from protocols import Problem, format_quantity

if TYPE_CHECKING:
    from drivers.contract.plan import DrivePlan
    from drivers.planning.planner import Notes
    from protocols import Protocol, PulseSequence

RESOLUTION_V = 1e-3
"""Unit of levels: programs are in mV, pp. 112 and 124."""
VOLTAGE_CODES = {2.0: 0, 5.0: 1, 15.0: 2}
"""``eadcrg`` by full scale (V), p. 88."""
CURRENT_CODES = {10.0**-exponent: exponent + 1 for exponent in range(10)}
"""``irange`` by full scale (A), p. 89."""
_MAX_AVERAGING = 8
"""Largest ``avgexp``: means of 2^8 conversions, p. 92."""
_READ_BEYOND = 2.0
"""A range is read to twice its name: beyond 200 % is an overload, p. 105."""
_LONGEST_S = 1e6
"""Longest level: the last one is held for as long as the computer reads; others are bounded by the program."""

CAPABILITIES = Capabilities(
    model="EC301",
    voltage_ranges_V=tuple(VOLTAGE_CODES),
    current_ranges_A=tuple(sorted(CURRENT_CODES)),
    min_dwell_s=TICK_S,
    max_dwell_s=_LONGEST_S,
    time_step_s=TICK_S,
    min_interval_s=TICK_S,
    max_interval_s=TICK_S * 2**_MAX_AVERAGING,
    max_samples=1_000_000_000,  # they are streamed: what a disk holds
    max_edges=MOST_REPEATED * (MOST_MOVES + 1) + 1,
    response_s=(1.6e-7,),  # of the 1 MHz control loop (p. 79); calibrate with a resistor
)

_ALWAYS = (
    Assumption(Concern.TIMES, "a sample is made every 4 us times the length of the average, as a public driver has it"),
    Assumption(Concern.TIMES, "a program begins together with a sample"),
    Assumption(
        Concern.READINGS, "a sample's numbers are 4-byte floats in ampere and volt, as a public driver reads them"
    ),
    Assumption(
        Concern.READINGS,
        "streamed currents have the sign of the displays (p. 22): that of a resistor at a positive voltage is negative",
    ),
    Assumption(Concern.READINGS, "the current settles with the time constant of the 1 MHz control loop"),
)
_OF_PULSES = (
    Assumption(Concern.TIMES, "a baseline step of 0 mV is counted like any other"),
    Assumption(Concern.END, "the program leaves its first or its last level on the cell: both are the rest level"),
)
_OF_PASSES = Assumption(
    Concern.LEVELS, "the text of p. 115 does not mean that the last pass is left out, which figure 38 shows played"
)
_OF_ARB = (
    Assumption(
        Concern.SETTINGS,
        "of the two numbers that pp. 125 and 132 have for it, the potentiostatic type is the one that takes 15 V",
    ),
)
_OF_RAMPS = (
    Assumption(Concern.LEVELS, "an edge is a ramp of 10 kV/s, the fastest of p. 118, whatever the cell draws"),
)
_OF_DELAY = Assumption(
    Concern.TIMES, "the first level lasts its delay and its own points, as p. 123 says and figure 41 does not show"
)


def program_for(steps: Steps, repeats: int, interval_s: float) -> Program | None:
    """Return the program that plays some steps again and again; None if there is none.

    A ramp program is taken if its edges come no later than one sample.
    """
    levels = np.rint(steps.levels_V / RESOLUTION_V).astype(np.int64)
    all_levels, all_ticks = np.tile(levels, repeats), np.tile(steps.dwell_ticks, repeats)
    return (
        pulse_program(all_levels, all_ticks)
        or arb_program(levels, steps.dwell_ticks, repeats)
        or ramp_program(all_levels, all_ticks, interval_s)
    )


def program_of(plan: DrivePlan) -> Program | None:
    """Return the program of a plan."""
    n = plan.base_points
    ends = np.append(plan.sequence.times_s, plan.sequence.duration_s)[: n + 1]
    ticks = np.rint(np.diff(ends) / TICK_S).astype(np.int64)
    return program_for(Steps(ticks, plan.sequence.start_V[:n]), plan.repeats, plan.interval_s)


class EC301Planner(Planner):
    """Plan of an EC301."""

    assumed = _ALWAYS

    def remarks(self, protocol: Protocol) -> tuple[str, ...]:
        """Say what guards the cell."""
        limit = format_quantity(protocol.limits.current_A or math.inf, "A")
        return (f"the instrument has no current limit: the run stops when {limit} is passed",)

    def current_range_A(self, wanted_A: float) -> float | None:
        """Return the full scale that reads a current: half of it, but no more than the instrument drives."""
        if wanted_A > self.caps.current_ranges_A[-1]:
            return None
        return smallest_covering(self.caps.current_ranges_A, wanted_A / _READ_BEYOND)

    def rate(self, asked_s: float, current_range_A: float, sequence: PulseSequence) -> Rate:
        """Return the nearest of 4 us x 2^n that is not slower than asked, where there is one."""
        exponent = min(_MAX_AVERAGING, max(0, math.floor(math.log2(asked_s / TICK_S) + 1e-9)))
        interval = math.ldexp(TICK_S, exponent)
        return Rate(interval, interval)

    def lead_in_ticks(self, steps: Steps, rate: Rate, shortest_dwell_s: float) -> int:
        """Return one sample: programs begin at the rest level, which may be held after them."""
        return round(rate.interval_s / TICK_S)

    def arrange(self, steps: Steps, rate: Rate, repeats: int, notes: Notes) -> tuple[Steps, Rate]:
        """Return the steps as one of the generators plays them; note a problem if none does."""
        if (steps.dwell_ticks < 1).any():
            return steps, rate  # it is a problem already
        program = program_for(steps, repeats, rate.interval_s)
        grids = iter((on_arb_grid(steps.dwell_ticks, repeats), on_ramp_grid(steps.dwell_ticks)))
        found = steps
        while program is None and (rounded := next(grids, steps.dwell_ticks)) is not steps.dwell_ticks:
            if rounded is not None:
                found = Steps(rounded, steps.levels_V)
                program = program_for(found, repeats, rate.interval_s)
        if program is None:
            notes.problems.append(_unplayable(steps, repeats))
            return steps, rate
        _note_shift(steps, found, repeats, notes)
        if isinstance(program, PulseProgram) or not program.opens:
            notes.remarks.append("the program ends at the rest level; then the computer opens the cell")
        else:
            notes.remarks.append("the program opens the cell at its end")
        return found, rate

    def assumptions(self, plan: DrivePlan) -> tuple[Assumption, ...]:
        """Return what the plan's program rests on."""
        program = program_of(plan)
        if isinstance(program, ArbProgram):
            return (*self.assumed, *_OF_ARB, *([_OF_DELAY] if program.delay_s else []))
        if isinstance(program, RampProgram):
            return (*self.assumed, *_OF_RAMPS)
        passes = isinstance(program, PulseProgram) and not all(program.moves[1:])
        return (*self.assumed, *_OF_PULSES, *([_OF_PASSES] if passes else []))


def _unplayable(steps: Steps, repeats: int) -> Problem:
    """Return why no generator plays the steps."""
    longest = format_quantity(LONGEST_HOLD * TICK_S, "s", 3)
    return Problem(
        "sequence",
        f"{len(steps) * repeats} levels are neither pulses (one level, then up to {MOST_REPEATED} that repeat, each up "
        f"to {longest} a pass, alike or rising by equal steps) nor an arbitrary waveform (1.6 s from the first edge to "
        "the last) nor up to 255 long pulses that are alike: make it shorter, or the pulses alike",
    )


def _note_shift(asked: Steps, done: Steps, repeats: int, notes: Notes) -> None:
    """Note by how much edges move to where points of one length have them, those of the last pass most."""
    before, after = (np.cumsum(steps.dwell_ticks) for steps in (asked, done))
    over = (repeats - 1) * (after[-1] - before[-1])
    worst = int(np.argmax(np.abs(after - before)))
    if (shift := after[worst] + over) != before[worst]:
        start = (repeats - 1) * before[-1]
        at = float((start + before[worst]) * TICK_S), float((start + shift) * TICK_S)
        notes.roundings.append(Rounding(f"edge {worst + 2}, on the grid of its generator", *at, "s"))


PLANNER = EC301Planner(CAPABILITIES, Tables(dict.fromkeys(VOLTAGE_CODES, RESOLUTION_V), {}))
"""The plan of every EC301."""
