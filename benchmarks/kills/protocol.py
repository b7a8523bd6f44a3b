"""Protocols that the campaign of kills plays: one pulse on a resistor, as long as a case needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.campaigns.attempts import DRIVERS
from daq.state import Phase
from drivers import driver_named
from protocols import Limits, Protocol, PulseSequence, Sampling

if TYPE_CHECKING:
    from benchmarks.kills.cases import Case

# Durations (s) of the program. Long: the output stays on beyond every limit of silence and the second after it, so that
# an output that is off was switched off. Short: the run comes to its own end, or goes on without its front end.
_LONG_S, _SHORT_S = 16.0, 3.2
# Sample interval (s) that is wanted: some ten samples between two questions of a front end.
_INTERVAL_S = 1e-3
# Height (V) of the pulse: 2 uA through 10 kohm.
_LEVEL_V = 0.02


def duration_s(case: Case) -> float:
    """Return how long the program of a case takes."""
    goes_on = set(case.fate) == {"front end"}
    by_itself = case.phase in {Phase.SWITCHING_OFF, Phase.CLOSING} and case.ending == "program"
    return _SHORT_S if goes_on or by_itself else _LONG_S


def protocol_for(case: Case) -> Protocol:
    """Return the protocol of a case, within what its instrument can do."""
    can = driver_named(DRIVERS[case.kind]).capabilities
    rest_s = max(0.1, can.min_dwell_s)
    width_s = duration_s(case) - 2 * rest_s
    interval_s = min(max(_INTERVAL_S, can.min_interval_s), can.max_interval_s)
    return Protocol(
        f"kill {case.kind}",
        PulseSequence.pulse(_LEVEL_V, width_s, before=rest_s, after=rest_s),
        Sampling(interval_s),
        Limits(voltage_V=0.1, current_A=1e-5),
    )
