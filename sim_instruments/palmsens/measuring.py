"""Timing of measurement loops while their bodies run.

Potentials and readings follow the loop's grid. A body that takes longer than a hold makes the grid start anew from
there, and the reading is told as ill timed; so is one that was due while the script was halted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.palmsens.faults import Code, ScriptFault
from sim_instruments.palmsens.potentiostat import ReadingStatus, combined
from sim_instruments.palmsens.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim_instruments.palmsens.potentiostat import Potentiostat
    from sim_instruments.palmsens.techniques import Point

# Rounding of times: less than any tick of the instrument.
_SLACK_S = 1e-9


class Measuring:
    """A measurement loop in the course of being carried out.

    Parameters
    ----------
    points : iterator of Point
    cell : Potentiostat
    share : float
        Of a hold that a reading averages over, at its end.
    start_s : float
    at_rest : bool
        Whether it measures the open-circuit potential.
    is_galvanic : bool
        Whether levels are currents, and potentials are read.
    """

    def __init__(
        self,
        points: Iterator[Point],
        cell: Potentiostat,
        share: float,
        start_s: float,
        *,
        at_rest: bool,
        is_galvanic: bool = False,
    ) -> None:
        self.scan = -1
        self._points = points
        self._point: Point | None = None
        self._cell = cell
        self._share = share
        self._at_rest, self._is_galvanic = at_rest, is_galvanic
        self._due_s = start_s
        self._late = False
        self._readings: list[Value] = []

    def next_point(self, now_s: float) -> float | None:
        """Begin the next point; return when its first reading is due, None if there is none left.

        Raises
        ------
        ScriptFault
            If a hold is shorter than the instrument can make.
        """
        self._point = point = next(self._points, None)
        if point is None:
            return None
        self.scan = point.scan
        self._readings = []
        if any(hold_s < self._cell.model.shortest_interval_s * (1 - 1e-9) for hold_s, _ in point.holds):
            raise ScriptFault(Code.CANNOT_MEET_TIMING)
        return self._hold(point, now_s)

    def _hold(self, point: Point, now_s: float) -> float:
        hold_s, potential_V = point.holds[len(self._readings)]
        self._late = now_s >= self._due_s + hold_s
        if self._late:
            self._due_s = now_s
        if self._is_galvanic:
            self._cell.set_current(potential_V)
        elif not self._at_rest:
            self._cell.apply(self._due_s, potential_V)
        self._due_s += hold_s
        return self._due_s

    def read(self, now_s: float) -> float | None:
        """Take the reading that is due; return when the point's next one is, None if the point is complete."""
        point = self._begun()
        if now_s > self._due_s + _SLACK_S:
            self._due_s, self._late = now_s, True
        hold_s, _ = point.holds[len(self._readings)]
        aperture_s = self._share * hold_s
        if self._at_rest:
            value = self._cell.rest_potential()
        elif self._is_galvanic:
            value = self._cell.read_potential(self._due_s, hold_s, self._share)
        else:
            value = self._cell.read(self._due_s, aperture_s)
        if self._late:
            value.status = (value.status or 0) | int(ReadingStatus.TIMING)
        self._readings.append(value)
        return self._hold(point, now_s) if len(self._readings) < len(point.holds) else None

    def outputs(self) -> list[Value]:
        """Return what the output variables get from a complete point: the potential, then the currents."""
        point = self._begun()
        if self._at_rest:
            return self._readings
        if self._is_galvanic:
            return [self._readings[-1], Value(point.told_V, "db")]
        told = Value(self._cell.sourced_V(point.told_V), "da")
        return [told, *(combined(self._readings, holds) for holds in point.outputs)]

    def _begun(self) -> Point:
        if self._point is None:
            raise RuntimeError("no point has begun")
        return self._point
