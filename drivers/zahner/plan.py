"""What a Zahner PP will really do for a protocol."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from drivers.contract.identity import Capabilities
from drivers.contract.plan import DrivePlan, Rounding
from drivers.planning.steps import covering, dwell_faults, quantised, sequence_of, staircase_for_ramps
from protocols import Fault, ProtocolError, format_quantity

if TYPE_CHECKING:
    from protocols import Protocol as MeasurementProtocol


_JITTER_S = 0.05


_READING_S = 0.02


_RESOLUTION_V = 1e-4


_CAPABILITIES = Capabilities(
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


def plan_zahner(protocol: MeasurementProtocol) -> DrivePlan:
    """Return what a PP212 and this computer will do for a protocol.

    Raises
    ------
    ProtocolError
        If they cannot, with every reason.
    LimitError
        If the sequence goes beyond the protocol's voltage limit.
    """
    can = _CAPABILITIES
    protocol.limits.check_sequence(protocol.sequence)
    faults: list[Fault] = []
    roundings: list[Rounding] = []
    remarks = [
        f"the computer times the edges: they come up to {format_quantity(_JITTER_S, 's')} late",
        "if the computer dies the last level stays on the cell until the guardian switches it off",
    ]
    limit = protocol.limits.current_A or math.inf
    wanted = protocol.sampling.current_range_A or limit
    current_range = covering(can.current_ranges_A, wanted)
    if current_range is None:
        faults.append(Fault("sampling.current_range", f"{format_quantity(wanted, 'A')} is beyond 2 A"))
    if protocol.sequence.max_abs_V > can.voltage_ranges_V[-1]:
        faults.append(Fault("sequence", f"{format_quantity(protocol.sequence.max_abs_V, 'V')} is beyond 12 V"))
    interval = max(protocol.sampling.interval_s, can.min_interval_s)
    if not math.isclose(interval, protocol.sampling.interval_s):
        roundings.append(Rounding("sampling interval", protocol.sampling.interval_s, interval, "s"))
    sequence, n_stairs = staircase_for_ramps(protocol.sequence, can.min_dwell_s, _RESOLUTION_V)
    if n_stairs:
        remarks.append(f"ramps become {n_stairs} stairs")
    steps, rounded = quantised(sequence, can.time_step_s, _RESOLUTION_V)
    roundings += rounded
    faults += dwell_faults(steps, can)
    if faults or current_range is None:
        raise ProtocolError(tuple(faults), can.model)
    realised = sequence_of(steps, can.time_step_s, protocol.sequence.rest_V, protocol.repeats)
    protocol.limits.check_sequence(realised)
    return DrivePlan(
        model=can.model,
        sequence=realised,
        base_points=len(steps),
        repeats=protocol.repeats,
        interval_s=interval,
        aperture_s=_READING_S,
        n_samples=int(realised.duration_s / interval + 1e-6),
        voltage_range_V=can.voltage_ranges_V[-1],
        current_range_A=current_range,
        compliance_A=min(limit, 2.0),
        four_wire=protocol.sampling.four_wire,
        response_s=can.response_s,
        roundings=tuple(roundings),
        remarks=tuple(remarks),
        jitter_s=_JITTER_S,
    )
