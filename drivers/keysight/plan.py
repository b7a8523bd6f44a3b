"""How does a protocol become a list on one time step, and evenly timed samples, for a Keysight B2900?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from drivers.contract.plan import DrivePlan, Rounding
from drivers.planning.steps import Steps, dwell_faults, quantised, ranges_of, sequence_of, staircase_for_ramps
from protocols import Fault, ProtocolError, format_quantity

if TYPE_CHECKING:
    from drivers.contract.identity import Capabilities
    from drivers.planning.steps import Tables
    from protocols import Protocol

LIST_POINTS = 2500  # data sheet p. 17
TRIGGERS = 100_000  # :TRIGger:COUNt
SHORTEST_APERTURE_S, LONGEST_APERTURE_S = 8e-6, 2.0  # SCPI reference p. 4-73
_TRIALS = 2000
_TOLERATED_SHIFT = 0.01  # of the shortest dwell, where edges have to be moved


@dataclass(frozen=True)
class Grid:
    """A sequence as a list with one time step.

    Attributes
    ----------
    step_ticks : int
        In the instrument's resolution, `Capabilities.time_step_s`.
    steps : Steps
        Dwells that are whole multiples of it.
    """

    step_ticks: int
    steps: Steps

    @property
    def points(self) -> int:
        """How many points the list has."""
        return int(self.steps.dwell_ticks.sum()) // self.step_ticks


def on_grid(steps: Steps, shortest_ticks: int, max_points: int) -> Grid | None:
    """Return the steps on their greatest common time step, or on a coarser one that hardly moves them.

    Parameters
    ----------
    steps : Steps
    shortest_ticks : int
        Least time step of the instrument.
    max_points : int
        What the list may hold.

    Returns
    -------
    Grid or None
        None if every time step within reach moves an edge by more than a hundredth of the shortest dwell.
    """
    exact = Grid(int(np.gcd.reduce(steps.dwell_ticks)), steps)
    if exact.step_ticks >= shortest_ticks and exact.points <= max_points:
        return exact
    edges = np.concatenate([[0], np.cumsum(steps.dwell_ticks)])
    shortest = int(steps.dwell_ticks.min())
    finest = max(shortest_ticks, math.ceil(edges[-1] / max_points))
    if finest > shortest:
        return None
    trials = np.unique(np.linspace(finest, shortest, _TRIALS).astype(np.int64))
    trials = np.unique(np.concatenate([trials, shortest // np.arange(1, shortest // finest + 1)[:_TRIALS]]))
    moved = np.abs(np.rint(edges / trials[:, None]) * trials[:, None] - edges).max(axis=1)
    best = int(np.argmin(moved))
    if moved[best] > _TOLERATED_SHIFT * shortest:
        return None
    step = int(trials[best])
    ends = np.rint(edges / step).astype(np.int64) * step
    dwells = ends[1:] - ends[:-1]
    grid = Grid(step, Steps(dwells, steps.levels_V))
    return grid if dwells.min() > 0 and grid.points <= max_points else None


def plan_b2900(protocol: Protocol, can: Capabilities, tables: Tables) -> DrivePlan:
    """Return what a B2900 will do for a protocol.

    Parameters
    ----------
    protocol : Protocol
    can : Capabilities
        The model's; ``min_interval_s`` is its least time from trigger to trigger.
    tables : Tables
        Resolution of the source, and which current ranges go with its voltage ranges.

    Raises
    ------
    ProtocolError
        If it cannot, with every reason.
    LimitError
        If the sequence goes beyond the protocol's voltage limit, or there is no current limit.
    """
    protocol.limits.check_sequence(protocol.sequence)
    faults: list[Fault] = []
    roundings: list[Rounding] = []
    remarks: list[str] = []
    voltage_range, current_range, compliance = ranges_of(protocol, can, tables, faults)
    if math.isnan(voltage_range):
        raise ProtocolError(tuple(faults), can.model)
    resolution = tables.resolution_V[voltage_range]
    sequence, n_stairs = staircase_for_ramps(protocol.sequence, can.min_dwell_s, resolution)
    if n_stairs:
        remarks.append(f"ramps become {n_stairs} stairs: this source steps")
    if protocol.limits.temperature_K is not None:
        remarks.append("nothing watches the temperature limit: this instrument has no thermometer")
    steps, rounded = quantised(sequence, can.time_step_s, resolution)
    roundings += rounded
    steps = _with_lead_in(steps, protocol, can, remarks)
    faults += dwell_faults(steps, can)
    grid = _grid(steps, protocol.repeats, can, faults, roundings)
    if faults or grid is None:
        raise ProtocolError(tuple(faults), can.model)
    duration = float(grid.steps.dwell_ticks.sum() * protocol.repeats) * can.time_step_s
    interval, aperture = _sampling(protocol.sampling.interval_s, duration, grid, can, roundings)
    realised = sequence_of(grid.steps, can.time_step_s, protocol.sequence.rest_V, protocol.repeats)
    protocol.limits.check_sequence(realised)
    return DrivePlan(
        model=can.model,
        sequence=realised,
        base_points=len(grid.steps),
        repeats=protocol.repeats,
        interval_s=interval,
        aperture_s=aperture,
        n_samples=math.floor((duration - aperture) / interval + 1 + 1e-6),
        voltage_range_V=voltage_range,
        current_range_A=current_range,
        compliance_A=compliance,
        four_wire=protocol.sampling.four_wire,
        response_s=can.response_s,
        roundings=tuple(roundings),
        remarks=tuple(remarks),
    )


def _with_lead_in(steps: Steps, protocol: Protocol, can: Capabilities, remarks: list[str]) -> Steps:
    """Put a rest before a sequence that starts with an edge: its samples show the state that it starts from."""
    rest = protocol.sequence.rest_V
    if abs(steps.levels_V[0] - rest) < 1e-12:
        return steps
    # Whole multiples of the common time step keep the list short.
    common = int(np.gcd.reduce(steps.dwell_ticks))
    wanted = max(can.min_dwell_s, 100 * protocol.sampling.interval_s) / can.time_step_s
    ticks = math.ceil(wanted / common - 1e-9) * common
    remarks.append(f"a rest of {format_quantity(ticks * can.time_step_s, 's')} is put before the first edge")
    return Steps(np.concatenate([[ticks], steps.dwell_ticks]), np.concatenate([[rest], steps.levels_V]))


def _grid(steps: Steps, repeats: int, can: Capabilities, faults: list[Fault], roundings: list[Rounding]) -> Grid | None:
    if steps.dwell_ticks.min() <= 0:
        return None  # too short to be seen on the time step: `dwell_faults` has said so
    most = min(LIST_POINTS, TRIGGERS // repeats)
    shortest = round(can.min_interval_s / can.time_step_s)
    grid = on_grid(steps, shortest, most)
    if grid is None:
        total = float(steps.dwell_ticks.sum()) * can.time_step_s
        least = float(steps.dwell_ticks.min()) * can.time_step_s
        faults.append(
            Fault(
                "sequence",
                f"dwells from {format_quantity(least, 's')} in {format_quantity(total, 's')} have no common time step "
                f"with which a list of {most} points would do: make the rests shorter, or all dwells multiples of a "
                "longer step",
            )
        )
        return None
    asked, done = np.cumsum(steps.dwell_ticks), np.cumsum(grid.steps.dwell_ticks)
    worst = int(np.argmax(np.abs(done - asked)))
    if done[worst] != asked[worst]:
        at = (float(asked[worst]) * can.time_step_s, float(done[worst]) * can.time_step_s)
        roundings.append(Rounding(f"end of dwell {worst + 1}, to fit a list of {grid.points} points", *at, "s"))
    return grid


def _sampling(
    asked_s: float, duration_s: float, grid: Grid, can: Capabilities, roundings: list[Rounding]
) -> tuple[float, float]:
    """Return interval and aperture, s: no more samples than the trace holds; edges between samples, if it is moved."""
    needed = max(asked_s, can.min_interval_s, duration_s / can.max_samples)
    ticks = math.ceil(needed / can.time_step_s - 1e-6)
    if ticks * can.time_step_s > asked_s * (1 + 1e-9):
        while grid.step_ticks % ticks and ticks < grid.step_ticks:
            ticks += 1
    interval = float(f"{ticks * can.time_step_s:.9g}")
    if not math.isclose(interval, asked_s, rel_tol=1e-9):
        roundings.append(Rounding("sampling interval", asked_s, interval, "s"))
    # Some less than the interval, in whole time steps: so an edge between two readings spoils neither.
    aperture = min(max(math.floor(0.8 * ticks) * can.time_step_s, SHORTEST_APERTURE_S), LONGEST_APERTURE_S)
    return interval, float(f"{aperture:.9g}")
