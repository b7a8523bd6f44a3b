"""Plan of a Zahner PP2x2: the computer times its levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.contract.assumption import Assumption, Concern
from drivers.contract.identity import Capabilities
from drivers.planning.planner import Planner, Rate
from drivers.planning.steps import Tables
from protocols import format_quantity

if TYPE_CHECKING:
    from protocols import Protocol, PulseSequence

JITTER_S = 0.05
"""By how much a level may come late before its samples are flagged: ten times what computer and link need."""
READING_S = 0.02
"""How long a reading takes: one mains period, assumed."""
RESOLUTION_V = 1e-4
"""Step of the source; assumed."""

_ALWAYS = (
    Assumption(Concern.END, ":SESO:STAT? tells whether the potentiostat is on"),
    Assumption(Concern.SETTINGS, "the current range and the limits can be read back"),
    Assumption(Concern.READINGS, "the current ranges are 2 A and its decades down to 200 nA"),
    Assumption(Concern.TIMES, "a reading takes one mains period of 20 ms"),
    Assumption(Concern.LEVELS, "the source has steps of 100 uV"),
)
"""What every plan rests on; docs/reference/sources/zahner.md."""

# Of a PP212 (data sheet); times are those of a program that the computer plays.
CAPABILITIES = Capabilities(
    model="PP212",
    voltage_ranges_V=(12.0,),
    current_ranges_A=tuple(2.0 * 10.0**-k for k in range(7, -1, -1)),
    min_dwell_s=1.0,
    max_dwell_s=100_000.0,
    time_step_s=0.001,
    min_interval_s=0.1,
    max_interval_s=1000.0,
    max_samples=10_000_000,
    max_edges=100_000,
    response_s=(1e-5,),
)


class ZahnerPlanner(Planner):
    """Plan of a PP212 and of the computer that times it."""

    jitter_s = JITTER_S
    samples_freely = True
    longest_pause_s = CAPABILITIES.max_interval_s
    assumed = _ALWAYS

    def remarks(self, protocol: Protocol) -> tuple[str, ...]:
        """Say what depends on the computer."""
        return (
            f"the computer times the edges: they come up to {format_quantity(JITTER_S, 's')} late",
            "the computer guards the current, at each reading: the instrument's own limits do not watch meanwhile",
            "if the computer dies the last level stays on the cell until the guardian switches it off",
        )

    def rate(self, asked_s: float, current_range_A: float, sequence: PulseSequence) -> Rate:
        """Return the interval that is asked for, but none faster than readings and link allow."""
        return Rate(max(asked_s, self.caps.min_interval_s), READING_S)


PLANNER = ZahnerPlanner(CAPABILITIES, Tables({12.0: RESOLUTION_V}, {}))
"""The plan of every PP2x2."""
