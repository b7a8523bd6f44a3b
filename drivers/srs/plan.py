"""Plan of an EC301: levels in mV, holds in units of 4 us, and what its ranges read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from drivers.contract.identity import Capabilities
from drivers.planning.planner import Planner, Rate
from drivers.planning.steps import Tables, smallest_covering
from protocols import Problem, format_quantity

if TYPE_CHECKING:
    from drivers.planning.planner import Notes
    from drivers.planning.steps import Steps
    from protocols import Protocol, PulseSequence

TICK_S = 4e-6
"""Unit of holds and of sampling."""
RESOLUTION_V = 1e-3
"""Unit of levels: programs are in mV."""
VOLTAGE_CODES = {2.0: 0, 5.0: 1, 15.0: 2}
"""``eadcrg`` by full scale (V)."""
CURRENT_CODES = {10.0**-exponent: exponent + 1 for exponent in range(10)}
"""``irange`` by full scale (A): manual p. 89."""
_MAX_POINTS = 256
"""Levels of a program; assumed."""
_MAX_PASSES = 65_535
"""Passes of a program; assumed: ``plimit`` is a 16-bit number."""
_MAX_HOLD = 2**31 - 1
"""Longest hold, in ticks; assumed: a signed 32-bit number."""
_MAX_AVERAGING = 8
"""Largest ``avgexp``: means of 2^8 conversions."""
_READ_BEYOND = 2.0
"""A range is read to twice its name: the converter clips there."""

CAPABILITIES = Capabilities(
    model="EC301",
    voltage_ranges_V=tuple(VOLTAGE_CODES),
    current_ranges_A=tuple(sorted(CURRENT_CODES)),
    min_dwell_s=TICK_S,
    max_dwell_s=_MAX_HOLD * TICK_S,
    time_step_s=TICK_S,
    min_interval_s=TICK_S,
    max_interval_s=TICK_S * 2**_MAX_AVERAGING,
    max_samples=1_000_000_000,  # they are streamed: what a disk holds
    max_edges=_MAX_POINTS * _MAX_PASSES,
    response_s=(1.6e-7,),  # of the 1 MHz control loop; calibrate with a resistor
)


class EC301Planner(Planner):
    """Plan of an EC301."""

    def remarks(self, protocol: Protocol) -> tuple[str, ...]:
        """Say what guards the cell, and how a program ends."""
        limit = format_quantity(protocol.limits.current_A or math.inf, "A")
        return (
            f"the instrument has no current limit: the run stops when {limit} is passed",
            "the program ends at its last level; then the computer opens the cell",
        )

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

    def arrange(self, steps: Steps, rate: Rate, repeats: int, notes: Notes) -> tuple[Steps, Rate]:
        """Note a problem if a program does not hold the levels."""
        if len(steps) > _MAX_POINTS:
            notes.problems.append(Problem("sequence", f"{len(steps)} levels; a program holds {_MAX_POINTS}"))
        return steps, rate


PLANNER = EC301Planner(CAPABILITIES, Tables(dict.fromkeys(VOLTAGE_CODES, RESOLUTION_V), {}))
"""The plan of every EC301."""
