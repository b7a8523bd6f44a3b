"""Driver of Keithley SourceMeters without a digitizer: integrated readings beside a voltage program.

Pages are those of the *Model 2450 Reference Manual*, 2450-901-01 B (September 2013), and where said of the 2461's
(2461-901-01 A, November 2015).

Measure blocks with an infinite count (2461: p. 6-204) integrate one reading after the other, at the pace that
integration and firmware allow: each has its own time stamp, and an edge falls anywhere between or into them (then it is
flagged). The plan counts on a nominal pace and holds the rest level longer for readings that come later than that.
A 2450 of 2013 takes no count (p. 6-144): it says so with an error when it is armed, and needs newer firmware.

Readings come as text, with their status and that of the source (p. 6-109; 2461: pp. 6-161, 8-31): whether the limit
held the source back, and whether the output was on, is known for each.

The shortest dwells by current range are those of the vendor's own electrochemistry script
(``PotentialPulseAndSquareWave.tsp`` of 2020, tektronix/keithley on GitHub). The time that a reading takes besides its
aperture is assumed. So is that recalling a level takes no time: a public script for a 2450 reports 1.2 ms for its
shortest pulse without any reading, so that edges may come late by as much, one after the other. The plan says so;
readings tell it by the source value that is recorded with them, and are flagged `Status.TIMING`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from drivers.contract.block import Block, Status
from drivers.keithley.answers import number_in
from drivers.keithley.assumptions import OF_2450_FAMILY, OF_INTEGRATING
from drivers.keithley.plan import KeithleyPlanner
from drivers.keithley.source_meter import TIME_SLACK_S, KeithleySourceMeter
from drivers.planning.planner import Rate
from protocols import InstrumentError

if TYPE_CHECKING:
    from drivers.contract.assumption import Assumption
    from drivers.contract.identity import Capabilities
    from drivers.contract.plan import DrivePlan
    from drivers.planning.steps import Tables
    from protocols import Protocol, PulseSequence

# 0.01 to 10 power line cycles (2461: p. 6-60), in apertures that there are both at 50 and at 60 Hz.
SHORTEST_APERTURE_S, LONGEST_APERTURE_S = 0.01 / 50, 10 / 60
# What a reading takes besides its aperture: 3130 readings per second at 0.01 cycles of 60 Hz are the family's data
# sheets' (quoted from memory: assumed). Half as much again is allowed for.
OVERHEAD_S = 150e-6
_LATE_S = 0.5 * OVERHEAD_S  # by how much more a reading may take: see above
# A remark of every plan.
_LATE_EDGES = (
    "the time that this model takes to recall a level, 1 ms perhaps, is not in the plan: readings that show an edge to "
    "be late are flagged"
)
_READ_SAMPLES = 2_000  # of one answer: 0.2 MB of text, within the timeout of an exchange (1.5 s)
# Of a reading, in the order in which they are asked for.
_ELEMENTS = ("READ", "REL", "SOUR", "STAT", "SOURSTAT")
_QUESTIONABLE = 0x01  # of the measurement's status (2461: p. 6-162)
_LIMITED, _OUTPUT_ON = 0x20, 0x80  # of the source's status (2461: p. 8-31)


@dataclass(frozen=True)
class Minima:
    """Shortest dwells of a model by its current range.

    Attributes
    ----------
    dwell_s : float
        On most current ranges.
    slow_range_A, slow_dwell_s : float
        Up to this current range it needs this long.
    """

    dwell_s: float
    slow_range_A: float
    slow_dwell_s: float

    def at(self, current_range_A: float) -> float:
        """Return the shortest dwell on a current range, s."""
        return self.slow_dwell_s if current_range_A <= self.slow_range_A * (1 + 1e-9) else self.dwell_s


class IntegratingPlanner(KeithleyPlanner):
    """Plan of a model that integrates its readings.

    Parameters
    ----------
    caps : Capabilities
    tables : Tables
    minima : Minima
    of_model : tuple of Assumption
        What a model's plans assume beside those of all.
    """

    def __init__(
        self, caps: Capabilities, tables: Tables, minima: Minima, of_model: tuple[Assumption, ...] = ()
    ) -> None:
        super().__init__(caps, tables)
        self._minima = minima
        self._of_model = of_model

    def assumptions(self, plan: DrivePlan) -> tuple[Assumption, ...]:
        """Return what the plan rests on."""
        return (*OF_2450_FAMILY, *OF_INTEGRATING, *self._of_model)

    def remarks(self, protocol: Protocol) -> tuple[str, ...]:
        """Say that edges may come late."""
        return (_LATE_EDGES,)

    def shortest_dwell_s(self, current_range_A: float) -> float:
        """Return the shortest time at one level on a current range."""
        return self._minima.at(current_range_A)

    def rate(self, asked_s: float, current_range_A: float, sequence: PulseSequence) -> Rate:
        """Return the pace of readings whose aperture fills an interval but for the overhead."""
        aperture = min(max(asked_s - OVERHEAD_S, SHORTEST_APERTURE_S), LONGEST_APERTURE_S)
        aperture = float(f"{aperture:.6g}")
        return Rate(aperture + OVERHEAD_S, aperture, _LATE_S)


class IntegratingSourceMeter(KeithleySourceMeter):
    """A Keithley SourceMeter that integrates its readings.

    Parameters
    ----------
    session : VisaSession
        Its link; this driver owns it from now on.
    """

    sample_block = "MEAS"
    buffer_style = "STAN"  # a compact buffer keeps no status (2461: p. 8-36)

    def _set_measurement(self, plan: DrivePlan) -> dict[str, float]:
        line_Hz = number_in(":SYST:LFR?", self.session.query(":SYST:LFR?"))
        cycles = float(f"{plan.aperture_s * line_Hz:.6g}")
        self.session.write(
            f':SENS:FUNC "CURR";:SENS:CURR:RANG {plan.current_range_A!r};:SENS:CURR:NPLC {cycles!r};'
            f":SENS:CURR:AZER OFF;:SENS:CURR:RSEN {'ON' if plan.four_wire else 'OFF'};:SENS:AZER:ONCE;"
            ":FORM ASC;:FORM:ASC:PREC 16"
        )
        return {
            ":SENS:CURR:RANG?": plan.current_range_A,
            ":SENS:CURR:NPLC?": cycles,
            ":SENS:CURR:AZER?": 0,
            ":SENS:CURR:RSEN?": int(plan.four_wire),
        }

    def _fetch(self, first: int, available: int) -> Block:
        plan = self._armed_plan()
        end = min(available, first + _READ_SAMPLES)
        before_s = self._known.last[1] if first else -plan.interval_s
        current, begun, source, bits, source_bits = self._new_rows(first, end).T.copy()
        status = np.zeros(len(begun), dtype=np.uint8)
        pause = np.diff(begun, prepend=before_s)
        status[(pause < plan.aperture_s) | (pause > 2 * plan.interval_s)] |= np.uint8(Status.TIMING)
        status[_set_in(bits, _QUESTIONABLE)] |= np.uint8(Status.OVERLOAD)
        status[_set_in(source_bits, _LIMITED)] |= np.uint8(Status.COMPLIANCE)
        off = np.flatnonzero(~_set_in(source_bits, _OUTPUT_ON))
        if off.size:  # that reading and all later ones do not count
            self._off_at = min(self._off_at, first + int(off[0]))
            self._off_since_s = -math.inf
        return self._block(current, begun, source, status, self._over_edges(begun))

    def read_rows(self, first: int, last: int) -> np.ndarray:
        """Return readings of the buffer, from 1, one row each: see ``_ELEMENTS``.

        Raises
        ------
        InstrumentError
            If the answer is no such table.
        """
        query = f':TRAC:DATA? {first}, {last}, "{self.buffer_name}", {", ".join(_ELEMENTS)}'
        answer = self.session.query(query)
        try:
            values = np.array([float(text) for text in answer.split(",")])
        except ValueError:
            values = np.empty(0)
        if len(values) != len(_ELEMENTS) * (last - first + 1):
            raise InstrumentError(
                f"{self.session.resource}: {query} was answered by {len(answer)} characters that are not "
                f"{last - first + 1} readings: {answer[:40]!r} ...",
                command=query,
            )
        return values.reshape(-1, len(_ELEMENTS))

    def _over_edges(self, begun: np.ndarray) -> np.ndarray:
        """Return where the voltage changes in an aperture, or as near to it as time stamps can tell."""
        plan = self._armed_plan()
        times, _ = plan.sequence.jumps()
        first = np.searchsorted(times, begun - TIME_SLACK_S, side="right")
        after = np.searchsorted(times, begun + plan.aperture_s + TIME_SLACK_S, side="left")
        over: np.ndarray = after > first
        return over


def _set_in(status: np.ndarray, bit: int) -> np.ndarray:
    """Return where a bit is set in status words that came as numbers."""
    is_set: np.ndarray = (status.astype(np.int64) & bit) != 0
    return is_set
