"""What can a MethodSCRIPT instrument make of a protocol: which mode, which steps, how many samples?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from drivers.contract.plan import DrivePlan, Rounding
from drivers.palmsens.methodscript import JITTER_S, samples_of, script_for
from drivers.planning.steps import covering, dwell_faults, quantised, sequence_of, staircase_for_ramps
from protocols import Fault, ProtocolError, format_quantity

if TYPE_CHECKING:
    from drivers.contract.identity import Capabilities
    from protocols import Protocol, PulseSequence

_APERTURE_SHARE = 0.5


@dataclass(frozen=True)
class Mode:
    """A PGStat mode.

    Attributes
    ----------
    low_V, high_V, window_V : float
        Potentials it can set, and how far apart the lowest and the highest may be.
    number : int
    bandwidth_Hz : float
    step_V : float
        Of the potential.
    """

    low_V: float
    high_V: float
    window_V: float
    number: int
    bandwidth_Hz: float
    step_V: float

    def has(self, levels_V: np.ndarray) -> bool:
        """Whether all of some levels can be set."""
        within = levels_V.min() >= self.low_V - 1e-9 and levels_V.max() <= self.high_V + 1e-9
        return bool(within and np.ptp(levels_V) <= self.window_V + 1e-9)


def mode_for(modes: tuple[Mode, ...], sequence: PulseSequence) -> Mode:
    """Return the fastest mode that has all levels; the widest where none has."""
    levels = np.concatenate([sequence.start_V, sequence.end_V, [sequence.rest_V]])
    fitting = [mode for mode in modes if mode.has(levels)]
    return fitting[0] if fitting else max(modes, key=lambda mode: mode.window_V)


def plan_emstat(can: Capabilities, modes: tuple[Mode, ...], script_bytes: int, protocol: Protocol) -> DrivePlan:
    """Return what a model will do for a protocol.

    Parameters
    ----------
    can : Capabilities
    modes : tuple of Mode
        The fastest first.
    script_bytes : int
        Size of the script memory.
    protocol : Protocol

    Raises
    ------
    ProtocolError
        If it cannot, with every reason.
    LimitError
        If the sequence goes beyond the protocol's limits.
    """
    protocol.limits.check_sequence(protocol.sequence)
    faults: list[Fault] = []
    roundings: list[Rounding] = []
    limit = protocol.limits.current_A or math.inf
    remarks = [
        f"the instrument has no current limit: its script aborts itself when {format_quantity(limit, 'A')} is passed",
        "the last sampling interval of each level has no sample: the instrument makes the next level ready",
    ]
    mode = mode_for(modes, protocol.sequence)
    levels = np.concatenate([protocol.sequence.start_V, protocol.sequence.end_V, [protocol.sequence.rest_V]])
    if not mode.has(levels):
        span = f"from {mode.low_V:g} to {mode.high_V:g} V and within {mode.window_V:g} V"
        faults.append(Fault("sequence", f"levels must be {span}"))
    wanted = protocol.sampling.current_range_A or limit
    current_range = covering(can.current_ranges_A, wanted)
    if current_range is None:
        faults.append(Fault("sampling.current_range", f"{format_quantity(wanted, 'A')} is beyond its ranges"))
    interval = min(max(protocol.sampling.interval_s, can.min_interval_s), can.max_interval_s)
    # Levels are whole numbers of intervals: the instrument's loops can be no other.
    sequence, n_stairs = staircase_for_ramps(protocol.sequence, can.min_dwell_s, mode.step_V)
    if n_stairs:
        remarks.append(f"ramps become {n_stairs} stairs")
    interval = _dividing(sequence.times_s, sequence.duration_s, interval, can.time_step_s)
    if not math.isclose(interval, protocol.sampling.interval_s, rel_tol=1e-9):
        roundings.append(Rounding("sampling interval", protocol.sampling.interval_s, interval, "s"))
    steps, rounded = quantised(sequence, max(interval, can.time_step_s), mode.step_V)
    roundings += rounded
    ticks = replace(can, time_step_s=max(interval, can.time_step_s))
    faults += dwell_faults(steps, ticks)
    if faults or current_range is None:
        raise ProtocolError(tuple(faults), can.model)
    realised = sequence_of(steps, ticks.time_step_s, protocol.sequence.rest_V, protocol.repeats)
    protocol.limits.check_sequence(realised)
    plan = DrivePlan(
        model=can.model,
        sequence=realised,
        base_points=len(steps),
        repeats=protocol.repeats,
        interval_s=interval,
        aperture_s=_APERTURE_SHARE * interval,
        n_samples=sum(samples_of(ticks_held * ticks.time_step_s, interval) for ticks_held in steps.dwell_ticks.tolist())
        * protocol.repeats,
        voltage_range_V=can.voltage_ranges_V[-1],
        current_range_A=current_range,
        compliance_A=min(limit, can.current_ranges_A[-1]),
        four_wire=protocol.sampling.four_wire,
        response_s=(1.0 / (2.0 * math.pi * mode.bandwidth_Hz),),
        roundings=tuple(roundings),
        remarks=tuple(remarks),
        jitter_s=JITTER_S,
    )
    size = sum(len(line) + 1 for line in script_for(plan, mode.number, mode.bandwidth_Hz))
    if size > script_bytes:
        raise ProtocolError(
            (Fault("sequence", f"{len(steps)} levels make a script of {size} bytes; {script_bytes} fit"),),
            can.model,
        )
    return plan


def _dividing(times_s: np.ndarray, duration_s: float, interval_s: float, step_s: float) -> float:
    """Return the interval nearest above the one asked for of which all dwells are whole numbers, if there is one."""
    unit = max(1, round(interval_s / 1e-4))
    dwells = np.rint(np.diff(np.append(times_s, duration_s)) / 1e-4).astype(np.int64)
    common = int(np.gcd.reduce(dwells)) if len(dwells) else unit
    fitting = [k for k in range(unit, common + 1) if common % k == 0]
    if not fitting or fitting[0] > 4 * unit:
        return max(step_s, math.ceil(interval_s / step_s - 1e-9) * step_s)
    return float(f"{fitting[0] * 1e-4:.9g}")
