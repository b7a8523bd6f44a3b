"""What will a Keithley SourceMeter of the 2450 family do for a protocol?

Common to the models that measure in the background of a trigger model: how levels, ranges, limits and sampling of a
protocol become a `DrivePlan`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from drivers.contract.plan import DrivePlan, Rounding
from drivers.planning.steps import Steps, dwell_faults, quantised, ranges_of, sequence_of, staircase_for_ramps
from protocols import Fault, ProtocolError, PulseSequence, format_quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.contract.identity import Capabilities
    from drivers.planning.steps import Tables
    from protocols import Protocol


@dataclass(frozen=True)
class Timing:
    """How a model samples, and how fast it may step.

    Attributes
    ----------
    interval_s, aperture_s : float
        From one reading to the next, and over which time each averages.
    late_s : float
        By how much a reading may take longer than the interval; the program waits that long for the last ones.
    shortest_dwell_s : float
        At the current range in question.
    """

    interval_s: float
    aperture_s: float
    late_s: float
    shortest_dwell_s: float


def drive_plan(
    protocol: Protocol,
    can: Capabilities,
    tables: Tables,
    timing_at: Callable[[float, float], Timing],
) -> DrivePlan:
    """Return what a model will do for a protocol.

    Parameters
    ----------
    protocol : Protocol
    can : Capabilities
    tables : Tables
    timing_at : callable
        From the sampling interval that is asked for (s) and the current range (A).

    Raises
    ------
    ProtocolError
        If it cannot, with every reason.
    LimitError
        If the sequence goes beyond the protocol's voltage limit.
    """
    protocol.limits.check_sequence(protocol.sequence)
    faults: list[Fault] = []
    roundings: list[Rounding] = []
    remarks: list[str] = []
    voltage_range, current_range, compliance = ranges_of(protocol, can, tables, faults)
    if math.isnan(voltage_range):
        raise ProtocolError(tuple(faults), can.model)
    asked_s = protocol.sampling.interval_s
    timing = timing_at(asked_s, current_range)
    if not math.isclose(timing.interval_s, asked_s, rel_tol=1e-9):
        roundings.append(Rounding("sampling interval", asked_s, timing.interval_s, "s"))
    resolution = tables.resolution_V[voltage_range]
    sequence, n_stairs = staircase_for_ramps(protocol.sequence, timing.shortest_dwell_s, resolution)
    if n_stairs:
        remarks.append(f"ramps become {n_stairs} stairs: this source steps")
    if protocol.limits.temperature_K is not None:
        remarks.append("nothing watches the temperature limit: this instrument has no thermometer")
    steps, rounded = quantised(sequence, can.time_step_s, resolution)
    steps = _with_lead_in(steps, protocol, can, timing, remarks)
    faults += dwell_faults(steps, replace(can, min_dwell_s=timing.shortest_dwell_s))
    faults += _too_many(steps, protocol.repeats, can, timing)
    if faults:
        raise ProtocolError(tuple(faults), can.model)
    realised = sequence_of(steps, can.time_step_s, protocol.sequence.rest_V, protocol.repeats)
    n_samples = _samples_in(realised.duration_s, timing)
    realised = _with_rest(realised, n_samples * timing.late_s, can.time_step_s, remarks)
    protocol.limits.check_sequence(realised)
    return DrivePlan(
        model=can.model,
        sequence=realised,
        base_points=len(steps),
        repeats=protocol.repeats,
        interval_s=timing.interval_s,
        aperture_s=timing.aperture_s,
        n_samples=n_samples,
        voltage_range_V=voltage_range,
        current_range_A=current_range,
        compliance_A=compliance,
        four_wire=protocol.sampling.four_wire,
        response_s=can.response_s,
        roundings=(*rounded, *roundings),
        remarks=tuple(remarks),
    )


def _samples_in(duration_s: float, timing: Timing) -> int:
    return int(duration_s / timing.interval_s + 1e-6)


def _too_many(steps: Steps, repeats: int, can: Capabilities, timing: Timing) -> list[Fault]:
    faults = []
    n_edges = len(steps) * repeats
    n_samples = _samples_in(float(steps.dwell_ticks.sum() * repeats * can.time_step_s), timing)
    if n_edges > can.max_edges:
        faults.append(Fault("sequence", f"{n_edges} levels in all; at most {can.max_edges}"))
    if n_samples > can.max_samples:
        faults.append(
            Fault("sampling", f"{n_samples} samples in all; the buffer holds {can.max_samples}: sample more slowly")
        )
    return faults


def _with_lead_in(steps: Steps, protocol: Protocol, can: Capabilities, timing: Timing, remarks: list[str]) -> Steps:
    """Put a rest before a sequence that starts with an edge: readings must run when the edge comes."""
    rest = protocol.sequence.rest_V
    if abs(steps.levels_V[0] - rest) < 1e-12:
        return steps
    lead_s = max(timing.shortest_dwell_s, 100 * timing.interval_s)
    remarks.append(f"a rest of {format_quantity(lead_s, 's')} is put before the first edge")
    ticks = round(lead_s / can.time_step_s)
    return Steps(np.concatenate([[ticks], steps.dwell_ticks]), np.concatenate([[rest], steps.levels_V]))


def _with_rest(sequence: PulseSequence, rest_s: float, time_step_s: float, remarks: list[str]) -> PulseSequence:
    """Put a rest behind a sequence, in which late readings find their time."""
    if rest_s <= 0.0:
        return sequence
    rest_s = math.ceil(rest_s / time_step_s) * time_step_s
    remarks.append(f"a rest of up to {format_quantity(rest_s, 's')} follows, until all readings are made")
    return PulseSequence(
        np.append(sequence.times_s, sequence.duration_s),
        np.append(sequence.start_V, sequence.rest_V),
        np.append(sequence.end_V, sequence.rest_V),
        sequence.duration_s + rest_s,
        sequence.rest_V,
    )


@dataclass(frozen=True)
class Program:
    """What is loaded into the instrument.

    Attributes
    ----------
    levels_V, dwells_s : list of float
        One pass.
    rest_s : float
        How long the first level is held again after the last pass.
    """

    levels_V: list[float]
    dwells_s: list[float]
    rest_s: float


def program_of(plan: DrivePlan) -> Program:
    """Return the program of a plan."""
    n = plan.base_points
    times = plan.sequence.times_s
    bounds = np.append(times, plan.sequence.duration_s)
    dwells = [float(f"{dwell:.9g}") for dwell in np.diff(bounds[: n + 1])]
    rest_s = float(bounds[-1] - bounds[-2]) if len(times) > n * plan.repeats else 0.0
    return Program(plan.sequence.start_V[:n].tolist(), dwells, float(f"{rest_s:.9g}"))
