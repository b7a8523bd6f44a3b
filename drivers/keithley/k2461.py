"""Driver of the Keithley 2461 SourceMeter: its digitizer runs beside a voltage program.

Pages are those of the *Model 2461 Reference Manual*, 2461-901-01 A (November 2015). The program is in
`drivers.keithley.source_meter`; here are the digitizer's settings and the model's tables.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from drivers.contract.block import Block, Status
from drivers.contract.identity import Capabilities
from drivers.keithley.assumptions import OF_2450_FAMILY, OF_2461, OF_CURRENTS_TO_7_A
from drivers.keithley.plan import KeithleyPlanner
from drivers.keithley.source_meter import TIME_SLACK_S, KeithleySourceMeter
from drivers.planning.planner import Rate
from drivers.planning.steps import Tables

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from drivers.contract.plan import DrivePlan
    from drivers.visa.session import VisaSession
    from protocols import PulseSequence

    Array = NDArray[np.float64]

# A compact buffer holds 27.5 million readings (p. 3-15 ff.); one is kept free for the sample after the last.
_MAX_SAMPLES = 27_500_000 - 1
# 0.5 MB: well within the timeout of one exchange (1.5 s) on a real network.
_READ_SAMPLES = 20_000
_SLOWEST_HZ, _FASTEST_HZ = 1000, 1_000_000  # readings per second, p. 6-71
_APERTURE_SHARE = 0.9  # of the interval (decision 036)


class DigitizingPlanner(KeithleyPlanner):
    """Plan of a model that digitizes: whole readings per second (p. 6-71)."""

    assumed = (*OF_2450_FAMILY, *OF_2461, *OF_CURRENTS_TO_7_A)

    def rate(self, asked_s: float, current_range_A: float, sequence: PulseSequence) -> Rate:
        """Return the nearest rate, and an aperture of whole microseconds (p. 6-52) that is some less than all of it.

        So an edge between two readings spoils neither.
        """
        per_second = min(max(round(1 / asked_s), _SLOWEST_HZ), _FASTEST_HZ)
        interval = 1 / per_second
        aperture = max(1, math.floor(_APERTURE_SHARE * interval * 1e6 + 1e-6)) * 1e-6
        return Rate(interval, float(f"{aperture:.9g}"))


class Keithley2461(KeithleySourceMeter):
    """A Keithley 2461 in its SCPI command set.

    Parameters
    ----------
    session : VisaSession
        Its link; this driver owns it from now on.
    """

    number = "2461"
    sample_block = "DIG"
    buffer_style = "COMP"
    tables = Tables(
        # 5 1/2 digits of each range (assumed from the 2450's data sheet; the 2461's was not at hand).
        resolution_V={0.2: 5e-6, 2.0: 50e-6, 7.0: 250e-6, 10.0: 500e-6, 20.0: 500e-6, 100.0: 2.5e-3},
        # The 7, 5 and 4 A ranges are those of the 7, 10 and 20 V ranges (assumed, from the power of 100 W).
        largest_A={0.2: 7.0, 2.0: 7.0, 7.0: 7.0, 10.0: 5.0, 20.0: 4.0, 100.0: 1.0},
    )
    capabilities = Capabilities(
        model="Keithley 2461",
        voltage_ranges_V=tuple(tables.resolution_V),  # p. 6-98
        current_ranges_A=(1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0, 4.0, 5.0, 7.0),  # p. 6-98; 10 A only pulsed
        min_dwell_s=150e-6,  # shortest pulse, p. 6-119
        max_dwell_s=10_000.0,  # p. 6-91
        time_step_s=1e-6,
        min_interval_s=1 / _FASTEST_HZ,  # p. 6-71
        max_interval_s=1 / _SLOWEST_HZ,
        max_samples=_MAX_SAMPLES,
        max_edges=100_000,
        response_s=(1.0e-6,),  # settling of source and measurement, assumed: calibrate with a resistor
    )
    planner = DigitizingPlanner(capabilities, tables)

    def __init__(self, session: VisaSession) -> None:
        super().__init__(session)
        self._edge_samples = np.empty(0, dtype=np.int64)

    def _set_measurement(self, plan: DrivePlan) -> dict[str, float]:
        rate = round(1 / plan.interval_s)
        self.session.write(
            f':DIG:FUNC "CURR";:DIG:CURR:RANG {plan.current_range_A!r};:DIG:CURR:SRAT {rate};'
            f":DIG:CURR:APER {plan.aperture_s!r};:DIG:CURR:RSEN {'ON' if plan.four_wire else 'OFF'};"
            ":FORM REAL;:FORM:BORD SWAP"
        )
        self._edge_samples = _samples_over_edges(plan)
        return {
            ":DIG:CURR:RANG?": plan.current_range_A,
            ":DIG:CURR:SRAT?": rate,
            ":DIG:CURR:APER?": plan.aperture_s,
            ":DIG:CURR:RSEN?": int(plan.four_wire),
        }

    def read_rows(self, first: int, last: int) -> Array:
        """Return readings of the buffer: reading, relative time, source value. See `KeithleySourceMeter.read_rows`.

        With FORMat REAL only these can be had, no status (p. 6-160; else error 1133).
        """
        query = f':TRAC:DATA? {first}, {last}, "{self.buffer_name}", READ, REL, SOUR'
        return self.session.query_block(query, 3 * (last - first + 1), "<f8").reshape(-1, 3)

    def _fetch(self, first: int, available: int) -> Block:
        plan = self._armed_plan()
        end = min(available, first + _READ_SAMPLES)
        current, begun, source = self._new_rows(first, end).T.copy()
        status = np.zeros(end - first, dtype=np.uint8)
        late = np.abs(begun - np.arange(first, end) * plan.interval_s) > max(0.1 * plan.interval_s, TIME_SLACK_S)
        status[late] |= np.uint8(Status.TIMING)
        return self._block(current, begun, source, status, _within(self._edge_samples, first, end - first))


def _samples_over_edges(plan: DrivePlan) -> NDArray[np.int64]:
    """Return the sorted indices of the samples in whose aperture the voltage changes."""
    times, _ = plan.sequence.jumps()
    first = np.floor(times / plan.interval_s * (1 + 1e-12)).astype(np.int64)
    offset = times - first * plan.interval_s
    margin = 1e-9
    return np.unique(first[(offset > margin) & (offset < plan.aperture_s - margin)])


def _within(indices: NDArray[np.int64], first: int, count: int) -> NDArray[np.bool_]:
    """Return a mask of the rows ``first ... first + count - 1`` that stand in the sorted `indices`."""
    mask = np.zeros(count, dtype=bool)
    lo, hi = np.searchsorted(indices, [first, first + count])
    mask[indices[lo:hi] - first] = True
    return mask
