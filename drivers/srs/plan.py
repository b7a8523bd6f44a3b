"""What an EC301 will really do for a protocol."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from drivers.contract.identity import Capabilities
from drivers.contract.plan import DrivePlan, Rounding
from drivers.planning.steps import covering, dwell_faults, quantised, sequence_of, staircase_for_ramps
from protocols import Fault, ProtocolError, format_quantity

if TYPE_CHECKING:
    from protocols import Protocol


_TICK_S = 4e-6


_RESOLUTION_V = 1e-3


_MAX_POINTS = 256


_MAX_HOLD = 2**31 - 1


_VOLTAGE_CODES = {2.0: 0, 5.0: 1, 15.0: 2}


_CURRENT_CODES = {10.0**-exponent: exponent + 1 for exponent in range(10)}


_CAPABILITIES = Capabilities(
    model="EC301",
    voltage_ranges_V=(2.0, 5.0, 15.0),
    current_ranges_A=tuple(sorted(_CURRENT_CODES)),
    min_dwell_s=_TICK_S,
    max_dwell_s=_MAX_HOLD * _TICK_S,
    time_step_s=_TICK_S,
    min_interval_s=_TICK_S,
    max_interval_s=_TICK_S * 256,
    max_samples=1_000_000_000,
    max_edges=_MAX_POINTS * 65_535,
    response_s=(1.6e-7,),  # of the 1 MHz control loop; calibrate with a resistor
)


def plan_ec301(protocol: Protocol) -> DrivePlan:
    """Return what an EC301 will do for a protocol.

    Raises
    ------
    ProtocolError
        If it cannot, with every reason.
    LimitError
        If the sequence goes beyond the protocol's voltage limit.
    """
    can = _CAPABILITIES
    protocol.limits.check_sequence(protocol.sequence)
    faults: list[Fault] = []
    roundings: list[Rounding] = []
    limit = protocol.limits.current_A or math.inf
    remarks = [
        f"the instrument has no current limit: the run stops when {format_quantity(limit, 'A')} is passed",
        "the program ends at its last level; then the computer opens the cell",
    ]
    voltage_range = covering(can.voltage_ranges_V, protocol.sequence.max_abs_V)
    if voltage_range is None:
        faults.append(Fault("sequence", f"{format_quantity(protocol.sequence.max_abs_V, 'V')} is beyond 15 V"))
    wanted = protocol.sampling.current_range_A or limit
    # A range is read to twice its name.
    current_range = covering(can.current_ranges_A, wanted / 2.0)
    if current_range is None or wanted > 1.0:
        faults.append(Fault("sampling.current_range", f"{format_quantity(wanted, 'A')} is beyond 1 A"))
    sequence, n_stairs = staircase_for_ramps(protocol.sequence, can.min_dwell_s, _RESOLUTION_V)
    if n_stairs:
        remarks.append(f"ramps become {n_stairs} stairs: this program steps")
    steps, rounded = quantised(sequence, can.time_step_s, _RESOLUTION_V)
    roundings += rounded
    faults += dwell_faults(steps, can)
    if len(steps) > _MAX_POINTS:
        faults.append(Fault("sequence", f"{len(steps)} levels; a program holds {_MAX_POINTS}"))
    interval = _sampling(protocol.sampling.interval_s, roundings)
    if faults or voltage_range is None or current_range is None:
        raise ProtocolError(tuple(faults), can.model)
    realised = sequence_of(steps, can.time_step_s, protocol.sequence.rest_V, protocol.repeats)
    protocol.limits.check_sequence(realised)
    return DrivePlan(
        model=can.model,
        sequence=realised,
        base_points=len(steps),
        repeats=protocol.repeats,
        interval_s=interval,
        aperture_s=interval,
        n_samples=int(realised.duration_s / interval + 1e-6),
        voltage_range_V=voltage_range,
        current_range_A=current_range,
        compliance_A=min(limit, 1.0),
        four_wire=protocol.sampling.four_wire,
        response_s=can.response_s,
        roundings=tuple(roundings),
        remarks=tuple(remarks),
    )


def _sampling(asked_s: float, roundings: list[Rounding]) -> float:
    """Return the nearest of 4 us x 2^n that is not slower than asked, where there is one."""
    exponent = min(8, max(0, math.floor(math.log2(asked_s / _TICK_S) + 1e-9)))
    interval = math.ldexp(_TICK_S, exponent)
    if not math.isclose(interval, asked_s, rel_tol=1e-9):
        roundings.append(Rounding("sampling interval", asked_s, interval, "s"))
    return interval
