"""Current that a converter reads on a cell driven by voltage steps.

The reading is the mean over an aperture of the cell's current, seen through one settling time constant. All of that is
linear, so it is tabled once for a unit step as a function of the lag between step and aperture; a record is then a sum
over the steps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.core.cubic import Cubic
from sim_instruments.frontend.step_history import NODES, StepHistory, chebyshev_interpolation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim_instruments.sample.cell import Cell

    Array = NDArray[np.float64]

# Nodes and weights of Gauss-Legendre quadrature; step responses are smooth over a hundredth of a decade.
_GAUSS_8 = np.polynomial.legendre.leggauss(8)
# Longest time (s) after a step for which the response is tabulated; beyond it is constant.
_LAST_S = 1e4
# Of the table: cubic interpolation between them is as right as tests/sim_instruments/frontend/test_response.py asks.
_POINTS_PER_DECADE = 100
# A panel of readings; also the block in which noise is drawn (electronics.py).
PANEL = 4096
_FEW = 256
"""Recent steps of a reading that are summed one by one; more are condensed (`StepHistory.response`)."""
_AT_ONCE = 1 << 16
"""Values of the response that are worked out in one call: more would only take memory."""


class UnitReading:
    """The reading of one aperture, per volt, as a function of how long after a voltage step it starts.

    Parameters
    ----------
    cell : Cell
        The sample.
    response_s : float
        Settling time constant of source and ammeter together.
    aperture_s : float
        Averaging time of a reading.
    """

    def __init__(self, cell: Cell, response_s: float, aperture_s: float) -> None:
        self.aperture_s = aperture_s
        first = 1e-6 * min(response_s, aperture_s)
        t = np.geomspace(first, _LAST_S, _points(first, _LAST_S))
        settled = Cubic.spline(np.log(t), _settled(cell, response_s, t))
        self._first = first

        # The step falls inside the aperture: only the time after it, b, counts. S + response dS/dt = G, so int S = int
        # G - response S.
        b = np.geomspace(first, aperture_s, _points(first, aperture_s))
        partial = (cell.step_charge(b) - response_s * settled(np.log(b))) / aperture_s
        self._inside = Cubic.spline(np.log(b), partial)

        # The step was before the aperture: mean of S over it, by panels that widen away from the step.
        breaks = np.concatenate([[0.0], aperture_s * 2.0 ** np.arange(-12.0, 1.0)])
        half = 0.5 * np.diff(breaks)
        offsets = (breaks[:-1, None] + half[:, None] * (1.0 + _GAUSS_8[0])).ravel()
        weights = (half[:, None] * _GAUSS_8[1]).ravel() / aperture_s
        after = settled(np.log(np.clip(t[:, None] + offsets, first, _LAST_S))) @ weights
        self._after = Cubic.spline(np.log(t), after)

    def __call__(self, lag_s: Array) -> Array:
        """Return the reading per volt (A/V) for apertures that start lag_s after a step; 0 if they end before it."""
        reading = np.zeros(lag_s.shape)
        later = lag_s > 0.0
        reading[later] = self._after(np.log(np.clip(lag_s[later], self._first, _LAST_S)))
        inside = ~later & (lag_s > -self.aperture_s)
        share = np.clip(lag_s[inside] + self.aperture_s, self._first, self.aperture_s)
        reading[inside] = self._inside(np.log(share))
        return reading


def _points(first: float, last: float) -> int:
    return max(8, int(np.log10(last / first) * _POINTS_PER_DECADE))


def _settled(cell: Cell, response_s: float, t: Array) -> Array:
    """Return the step response seen through the settling: int_0^t G(t - s) exp(-s / response) ds / response."""
    settled = np.empty(t.shape)
    near = t < 60.0 * response_s
    # G varies as t^n at the step: s = t (1 - x^3) clusters the nodes there.
    (x, weights), (late, late_weights) = _quadratures()
    x = 0.5 * (1.0 + x)
    weights = 0.5 * weights * 3.0 * x**2
    span = t[near, None]
    kernel = np.exp(-span * (1.0 - x**3) / response_s) * span / response_s
    settled[near] = (cell.step_response(span * x**3) * kernel) @ weights
    settled[~near] = cell.step_response(t[~near, None] - response_s * late) @ late_weights
    return settled


@cache
def _quadratures() -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Return nodes and weights of Gauss-Legendre and of Gauss-Laguerre: their making takes longer than their use."""
    return np.polynomial.legendre.leggauss(120), np.polynomial.laguerre.laggauss(12)


@dataclass
class Connection:
    """A span of time in which the cell hung on the source.

    Attributes
    ----------
    start_s, end_s : float
        When the relay closed and opened (inf while closed), instrument seconds.
    history : StepHistory
        Level at closing, with which the cell is taken to be in equilibrium, and level changes since.
    cell : Cell
        As it is at the temperature of closing, which holds for the whole span.
    """

    start_s: float
    history: StepHistory
    cell: Cell
    end_s: float = float("inf")
    old: tuple[tuple[object, ...], Array] | None = field(default=None, repr=False)
    """What a panel's readings see of its old steps, and of which panel that is: the next readings are of the same."""


class Drive:
    """The history of the voltage on a cell, and the current that follows from it.

    A source-measure unit makes no ramps: the level jumps. The cell is in equilibrium at the level at which the output
    is switched on, however it was left: what it remembers from before an output-off is not modelled. Its temperature is
    that of the moment of switching on: right for a cryostat that is stable during a run.

    Parameters
    ----------
    cell : Cell
        The sample.
    response_s : float
        Settling time constant of source and ammeter together.
    """

    def __init__(self, cell: Cell, response_s: float) -> None:
        self.cell = cell
        self.response_s = response_s
        self.spans: list[Connection] = []
        self._units: dict[float, tuple[Cell, UnitReading]] = {}
        self._level = 0.0

    def connect(self, t_s: float, level_V: float) -> None:
        """Close the relay at t_s on a source that stands at level_V."""
        if not self.connected:
            self.spans.append(Connection(t_s, StepHistory(level_V), self.cell.at_time(t_s)))
            self._level = level_V

    def disconnect(self, t_s: float) -> None:
        """Open the relay at t_s."""
        if self.connected:
            self.spans[-1].end_s = t_s

    @property
    def connected(self) -> bool:
        """Whether the relay is closed, or will close."""
        return bool(self.spans) and self.spans[-1].end_s == float("inf")

    @property
    def closed_since(self) -> float:
        """When the relay closes or last closed, instrument seconds."""
        return self.spans[-1].start_s if self.spans else 0.0

    def set_level(self, t_s: float, level_V: float) -> None:
        """Let the source jump to level_V at t_s; before the relay closes this changes the rest level."""
        if not self.connected or level_V == self._level:
            return
        span = self.spans[-1]
        if t_s <= span.start_s:
            span.history.rest_V = level_V
        else:
            span.history.add(t_s, level_V - self._level)
        self._level = level_V

    def forget_before(self, t_s: float) -> None:
        """Drop closed spans that ended before t_s."""
        self.spans = [span for span in self.spans if span.end_s > t_s]

    def level_at(self, t_s: Array) -> Array:
        """Return the voltage on the cell at times t_s, V; 0 while disconnected."""
        level = np.zeros(t_s.shape)
        for span in self.spans:
            here = (t_s >= span.start_s) & (t_s < span.end_s)
            if here.any():
                level[here] = span.history.level_at(t_s[here])
        return level

    def readings(self, start_s: float, interval_s: float, first: int, count: int, aperture_s: float) -> Array:
        """Return readings first ... first + count - 1 of a converter that starts one every interval_s from start_s on.

        Parameters
        ----------
        start_s, interval_s : float
            Start of reading 0, and from one reading to the next, instrument seconds.
        first, count : int
            Which of them.
        aperture_s : float
            Averaging time of a reading.

        Returns
        -------
        ndarray, shape (count,)
            Mean currents, A. They do not depend on how the record is cut into calls.
        """
        current = np.empty(count)
        panel = first // PANEL
        while panel * PANEL < first + count:
            low, high = max(first, panel * PANEL), min(first + count, (panel + 1) * PANEL)
            times = start_s + np.arange(panel * PANEL, (panel + 1) * PANEL, dtype=np.float64) * interval_s
            cut = slice(low - panel * PANEL, high - panel * PANEL)
            current[low - first : high - first] = self._panel(times, cut, aperture_s)
            panel += 1
        if self.cell.contacts.perfect:
            return current
        began = start_s + np.arange(first, first + count, dtype=np.float64) * interval_s
        return self.cell.contacts.through(current, self.level_at(began), began)

    def _unit(self, cell: Cell, aperture_s: float) -> UnitReading:
        kept = self._units.get(aperture_s)
        if kept is None or kept[0] is not cell:
            kept = self._units[aperture_s] = cell, UnitReading(cell, self.response_s, aperture_s)
        return kept[1]

    def _panel(self, times: Array, cut: slice, aperture_s: float) -> Array:
        wanted = times[cut]
        current = np.zeros(len(wanted))
        for span in self.spans:
            if span.start_s > wanted[-1] or span.end_s <= wanted[0]:
                continue
            steps = self._steps(span, times, cut, self._unit(span.cell, aperture_s))
            through = span.history.rest_V * span.cell.dc_conductance_S + steps
            current += np.where((wanted >= span.start_s) & (wanted < span.end_s), through, 0.0)
        return current

    @staticmethod
    def _steps(span: Connection, times: Array, cut: slice, unit: UnitReading) -> Array:
        """Return what the steps of a span make of the readings of a panel that are cut out."""
        history, wanted = span.history, times[cut]
        at = history.times_s
        length = times[-1] - times[0]
        # Steps further back than a panel's length are smooth over the panel (Bernstein ellipse 5.8): 20 Chebyshev
        # nodes give 1e-13.
        old = int(np.searchsorted(at, times[0] - length))
        current = np.zeros(len(wanted))
        if old:
            current += _of_old_steps(span, times, old, unit)[cut]
        # Which sum a reading gets depends on the steps before it alone, so that records can be cut anywhere.
        crowded_from = len(wanted)
        if len(at) > old + _FEW:
            crowded_from = int(np.searchsorted(wanted + unit.aperture_s, at[old + _FEW], side="right"))
        if crowded_from:
            sparse = slice(0, crowded_from)
            recent = min(int(np.searchsorted(at, wanted[sparse][-1] + unit.aperture_s)), old + _FEW)
            current[sparse] = _with_steps(
                current[sparse], wanted[sparse], at[old:recent], history.steps_V[old:recent], unit
            )
        for k in range(crowded_from, len(wanted)):
            seen = int(np.searchsorted(at, wanted[k] + unit.aperture_s))
            current[k] = history.response(unit, wanted[k : k + 1], seen)[0]
        return current


def _of_old_steps(span: Connection, times: Array, old: int, unit: UnitReading) -> Array:
    """Return what the first `old` steps of a span make of all readings of a panel."""
    key = (times[0], times[-1], old, unit)
    if span.old is None or span.old[0] != key:
        nodes = times[0] + 0.5 * (times[-1] - times[0]) * (1.0 + NODES)
        span.old = key, _interpolation() @ span.history.response(unit, nodes, old)
    return span.old[1]


def _with_steps(current: Array, t_s: Array, at: Array, steps: Array, unit: UnitReading) -> Array:
    """Return currents at some times with the responses to some steps, added one after the other."""
    rows = max(1, _AT_ONCE // len(t_s))
    for first in range(0, len(at), rows):
        part = slice(first, first + rows)
        responses = steps[part, None] * unit(t_s - at[part, None])
        current = np.cumsum(np.vstack([current, responses]), axis=0)[-1]
    return current


_matrix: list[Array] = []


def _interpolation() -> Array:
    """Return the matrix from values at the Chebyshev nodes to the readings of a panel; made once."""
    if not _matrix:
        _matrix.append(chebyshev_interpolation(np.linspace(-1.0, 1.0, PANEL)))
    return _matrix[0]
