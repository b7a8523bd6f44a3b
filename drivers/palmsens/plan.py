"""Plan of a MethodSCRIPT instrument: its mode, its steps, and how many samples its script makes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from drivers.contract.assumption import Assumption, Concern
from drivers.contract.plan import DrivePlan
from drivers.contract.sample_grid import SampleGrid
from drivers.palmsens.acts import SHORTEST_S, ScriptSettings, planned, problems_of, script_of
from drivers.palmsens.methodscript import JITTER_S, samples_of, script_for
from drivers.planning.planner import Notes, Planner, Rate
from drivers.planning.steps import Tables
from protocols import Problem, format_quantity
from protocols.acts import Control
from protocols.steps import StepList

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drivers.contract.identity import Capabilities
    from drivers.planning.steps import Steps
    from protocols import Protocol, PulseSequence
    from protocols.sampling_rules import Stretch

APERTURE_SHARE = 0.5
"""Over which part of the interval a reading averages: its last half, assumed."""
_ALWAYS = (
    Assumption(Concern.TIMES, "commands between two levels take less than one sampling interval"),
    Assumption(Concern.READINGS, "a reading averages over the last half of its interval"),
    Assumption(Concern.SETTINGS, "a measurement loop takes an interval as short as what the line can carry, and 1 ms"),
    Assumption(Concern.SETTINGS, "the script memory holds 16 kB in an EmStat Pico and 64 kB in an EmStat4"),
    Assumption(Concern.LEVELS, "the potential has steps of 537, 395 and 932 uV in the modes of a Pico, 100 uV else"),
)
"""What every plan rests on; docs/reference/sources/palmsens-methodscript.md."""
_BY_STEP = Assumption(Concern.SETTINGS, "a measurement loop takes its interval from an element of an array")
"""What plans whose steps are sampled by rules rest on in addition."""
_OF_CONTROL = (
    Assumption(Concern.SETTINGS, "the mode may be changed within a script while the cell is off"),
    Assumption(Concern.TIMES, "a measurement loop can be left by breakloop after any of its readings"),
    Assumption(Concern.READINGS, "a potential at a current is read as a current at a potential is"),
)
"""What plans of more than voltages at planned times rest on in addition."""
_GUARD = "the instrument has no current limit: its script aborts itself when {} is passed"
_OF_ACTS = (
    "times are those at most: each sample comes with its own, and later steps begin as soon as one ends by its slope",
    "a slope is that between two readings, as far apart as `over` says",
)
"""What the user should know of steps that are more than voltages at planned times."""
_UNIT_S = 1e-4
"""Grid on which an interval is looked for that divides all dwells: what scripts write without rounding."""
_MOST_SLOWER = 4
"""By how much slower than asked an interval may be to divide all dwells; beyond that the dwells are rounded instead."""


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
    levels = _levels_of(sequence)
    fitting = [mode for mode in modes if mode.has(levels)]
    return fitting[0] if fitting else max(modes, key=lambda mode: mode.window_V)


def _levels_of(sequence: PulseSequence) -> np.ndarray:
    return np.concatenate([sequence.start_V, sequence.end_V, [sequence.rest_V]])


class EmStatPlanner(Planner):
    """Plan of a MethodSCRIPT instrument.

    Parameters
    ----------
    caps : Capabilities
    modes : tuple of Mode
        The fastest first.
    script_bytes : int
        Size of the script memory.
    """

    jitter_s = JITTER_S
    samples_freely = True
    longest_pause_s = 10.0  # the script holds the current against its limit at each sample
    assumed = _ALWAYS

    def __init__(self, caps: Capabilities, modes: tuple[Mode, ...], script_bytes: int) -> None:
        super().__init__(caps, Tables({}, {}))  # the mode says what the source can do
        self.modes = modes
        self.script_bytes = script_bytes

    def plan(self, protocol: Protocol) -> DrivePlan:
        """Return what the model will do for a protocol. See `Planner.plan`."""
        return self._plan_of_acts(protocol) if protocol.sequence.demands else super().plan(protocol)

    def _plan_of_acts(self, protocol: Protocol) -> DrivePlan:
        """Return the plan of steps that are more than voltages at planned times."""
        protocol.limits.check_sequence(protocol.sequence)
        notes = Notes(remarks=[_GUARD.format(format_quantity(protocol.limits.current_A or math.inf, "A")), *_OF_ACTS])
        ranges = self._ranges(protocol, notes)
        recipe = protocol.sequence.recipe
        steps = recipe.acts() if isinstance(recipe, StepList) else []
        largest_V = protocol.limits.voltage_V or 0.0
        bounds_s = (max(self.caps.min_interval_s, SHORTEST_S), self.longest_pause_s)
        acts = tuple(planned(steps, protocol.sampling.interval_s, ranges.resolution_V, bounds_s, largest_V))
        n_samples = sum(act.count for act in acts) * protocol.repeats
        interval_s = min(act.interval_s for act in acts)
        plan = DrivePlan(
            model=self.caps.model,
            sequence=protocol.whole_sequence,
            base_points=len(acts),
            repeats=protocol.repeats,
            interval_s=interval_s,
            aperture_s=APERTURE_SHARE * interval_s,
            n_samples=n_samples,
            voltage_range_V=ranges.voltage_V,
            current_range_A=ranges.current_A,
            compliance_A=ranges.compliance_A,
            four_wire=protocol.sampling.four_wire,
            response_s=self.response_s(protocol.sequence),
            remarks=tuple(notes.remarks),
            jitter_s=self.jitter_s,
            assumed=(*self.assumed, *_OF_CONTROL),
            acts=acts,
        )
        notes.problems += problems_of(steps, plan, self.settings_for(plan).window_V)
        if n_samples > self.caps.max_samples:
            notes.problems.append(Problem("sampling", f"{n_samples} samples in all; at most {self.caps.max_samples}"))
        self._raise_problems((*notes.problems, *self.problems_of(plan)))
        return plan

    def settings_for(self, plan: DrivePlan) -> ScriptSettings:
        """Return what a script of acts sets besides them."""
        is_open = any(act.against_open or act.control is Control.CURRENT for act in plan.acts)
        mode = max(self.modes, key=lambda one: one.window_V) if is_open else mode_for(self.modes, plan.sequence)
        levels = _levels_of(plan.sequence)
        low, high = float(levels.min()), float(levels.max())
        if is_open:  # as far as the protocol's limit and the mode go
            reach = min(max(act.largest_V for act in plan.acts), 0.5 * mode.window_V)
            low, high = max(mode.low_V, -reach), min(mode.high_V, reach)
        return ScriptSettings(mode.number, mode.bandwidth_Hz, (low, high))

    def script(self, plan: DrivePlan) -> list[str]:
        """Return the script that plays a plan."""
        if plan.acts:
            return script_of(plan, self.settings_for(plan))
        mode = mode_for(self.modes, plan.sequence)
        return script_for(plan, mode.number, mode.bandwidth_Hz)

    def remarks(self, protocol: Protocol) -> tuple[str, ...]:
        """Say what guards the cell, and which samples a script does not make."""
        return (
            _GUARD.format(format_quantity(protocol.limits.current_A or math.inf, "A")),
            "the last sampling interval of each level has no sample: the instrument makes the next level ready",
        )

    def voltage_range(self, sequence: PulseSequence, notes: Notes) -> tuple[float, float]:
        """Return full scale and the step of the mode that has all levels."""
        mode = mode_for(self.modes, sequence)
        if not mode.has(_levels_of(sequence)):
            span = f"from {mode.low_V:g} to {mode.high_V:g} V and within {mode.window_V:g} V"
            notes.problems.append(Problem("sequence", f"levels must be {span}"))
        return self.caps.voltage_ranges_V[-1], mode.step_V

    def shortest_stair_s(self, shortest_dwell_s: float, asked_s: float) -> float:
        """Return two intervals: the second one of each level is that in which the next is made ready."""
        return max(shortest_dwell_s, 2.0 * max(asked_s, self.caps.min_interval_s))

    def rate(self, asked_s: float, current_range_A: float, sequence: PulseSequence) -> Rate:
        """Return an interval of which levels are two or more: the instrument's loops can be no other."""
        shortest_s = float(np.diff(np.append(sequence.times_s, sequence.duration_s)).min())
        fitting_s = min(asked_s, max(0.5 * shortest_s, 0.5 * self.caps.min_dwell_s))
        interval = min(max(fitting_s, self.caps.min_interval_s), self.caps.max_interval_s)
        interval = _dividing(sequence.times_s, sequence.duration_s, interval, self.caps.time_step_s)
        return Rate(interval, APERTURE_SHARE * interval)

    def time_step_s(self, rate: Rate) -> float:
        """Return the grid of the levels' ends: whole intervals."""
        return max(rate.interval_s, self.caps.time_step_s)

    def grid(self, stretches: Sequence[Stretch], steps: Steps, rate: Rate, repeats: int) -> SampleGrid:
        """Return the samples of the script's loops: one loop for each stretch of a level."""
        ends = np.rint(np.cumsum(steps.dwell_ticks) * self.time_step_s(rate) / _UNIT_S).astype(np.int64)
        pass_s = float(ends[-1]) * _UNIT_S
        once = [one for one in stretches if one.start_s < pass_s - 0.5 * _UNIT_S]
        shortest = round(max(self.caps.min_interval_s, rate.interval_s) / _UNIT_S)
        loops: list[tuple[int, int, int]] = []
        start = 0
        for end in ends.tolist():
            loops += _loops_of(once, start, end, (shortest, round(self.longest_pause_s / _UNIT_S)))
            start = end
        return SampleGrid.of(
            (
                float(f"{k * pass_s + (begin + (1.0 - 0.5 * APERTURE_SHARE) * interval) * _UNIT_S:.12g}"),
                float(f"{interval * _UNIT_S:.12g}"),
                count,
                float(f"{APERTURE_SHARE * interval * _UNIT_S:.12g}"),
            )
            for k in range(repeats)
            for begin, interval, count in loops
        )

    def n_samples(self, steps: Steps, repeats: int, rate: Rate) -> int:
        """Return how many samples the loops of a script make."""
        tick_s = self.time_step_s(rate)
        return sum(samples_of(ticks * tick_s, rate.interval_s) for ticks in steps.dwell_ticks.tolist()) * repeats

    def assumptions(self, plan: DrivePlan) -> tuple[Assumption, ...]:
        """Return on what a finished plan rests that no page of a manual says."""
        return self.assumed if plan.grid is None else (*self.assumed, _BY_STEP)

    def response_s(self, sequence: PulseSequence) -> tuple[float, ...]:
        """Return the time constant of the mode's bandwidth."""
        return (1.0 / (2.0 * math.pi * mode_for(self.modes, sequence).bandwidth_Hz),)

    def problems_of(self, plan: DrivePlan) -> tuple[Problem, ...]:
        """Return a problem if the script does not fit the script memory."""
        size = sum(len(line) + 1 for line in self.script(plan))
        if size <= self.script_bytes:
            return ()
        levels = plan.base_points
        return (Problem("sequence", f"{levels} levels make a script of {size} bytes; {self.script_bytes} fit"),)


def _loops_of(
    stretches: list[Stretch], start: int, end: int, bounds: tuple[int, int]
) -> Iterator[tuple[int, int, int]]:
    """Give begin, interval and count of the loops of a level, in units of `_UNIT_S`.

    Each loop leaves an interval free, in which the next one is made ready. A level that is too short for that at the
    interval that is asked for gets one sample in its first half.
    """
    at = start
    for stretch in stretches:
        until = min(round(stretch.end_s / _UNIT_S), end)
        interval = min(max(round(stretch.interval_s / _UNIT_S), bounds[0]), bounds[1])
        n = (until - at) // interval
        if n >= 2:
            yield at, interval, n - 1
            at += n * interval
    if at == start:
        yield start, (end - start) // 2, 1


def _dividing(times_s: np.ndarray, duration_s: float, interval_s: float, step_s: float) -> float:
    """Return the interval nearest above the one asked for of which all dwells are whole numbers, if there is one."""
    unit = max(1, round(interval_s / _UNIT_S))
    dwells = np.rint(np.diff(np.append(times_s, duration_s)) / _UNIT_S).astype(np.int64)
    common = int(np.gcd.reduce(dwells)) if len(dwells) else unit
    # A divisor from `unit` up is what is left of one that is at most `common / unit`: of the two rows the shorter.
    most = min(_MOST_SLOWER * unit, common)
    if most - unit <= common // unit:
        nearest = next((k for k in range(unit, most + 1) if common % k == 0), None)
    else:
        parts = range(common // unit, max(common // most, 1) - 1, -1)
        nearest = next((common // part for part in parts if common % part == 0), None)
    if nearest is None or nearest > most:
        return max(step_s, math.ceil(interval_s / step_s - 1e-9) * step_s)
    return float(f"{nearest * _UNIT_S:.9g}")
