"""Plan of a stepping source: a protocol, the tables of a model, and a few hooks.

`Planner.plan` is the one way from a protocol to a `DrivePlan`. A driver gives it `Capabilities` and `Tables`, and
overrides the hooks in which its instrument differs. Every problem is collected, so that one refusal names them all.

The order: voltage and current range, stairs for ramps, sampling, steps on the grids, lead-in, the instrument's memory,
the plan itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from drivers.contract.plan import DrivePlan, Rounding
from drivers.planning.sampling import RunTimes, averaged_grid, free_grid
from drivers.planning.steps import (
    Steps,
    dwell_problems,
    quantise,
    sequence_of,
    smallest_covering,
    split_long,
    staircase_for_ramps,
)
from protocols import Problem, ProtocolError, PulseSequence, format_quantity
from protocols.sequence import LONGEST_S
from protocols.steps import StepList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.contract.assumption import Assumption
    from drivers.contract.identity import Capabilities
    from drivers.contract.sample_grid import SampleGrid
    from drivers.planning.steps import Tables
    from protocols import Protocol
    from protocols.sampling_rules import Stretch

_SAME_LEVEL_V = 1e-12
"""Below this two levels are one (V): far below the resolution of every source, above the rounding of decimals."""
_WHOLE_SAMPLE = 1e-6
"""By how much of an interval a run may be too short for its last sample: edges are rounded to decimals, 1e-9 or so."""
_MOST_STRETCHES = 200_000
"""Most changes of the sampling interval in a run: a plan of them takes 2 s. Doubled, twice as long."""
_SAME_INTERVAL = 1e-9
"""Relative difference below which two intervals are the same: decimals in, decimals out."""


@dataclass
class Notes:
    """What comes up while a plan is made.

    Attributes
    ----------
    problems : list of Problem
        What the instrument cannot do; the plan is refused with all of them.
    roundings : list of Rounding
        What it does differently from what was asked.
    remarks : list of str
        What the user should know besides.
    """

    problems: list[Problem] = field(default_factory=list)
    roundings: list[Rounding] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Ranges:
    """Ranges of a run.

    Attributes
    ----------
    voltage_V, current_A : float
        Full scales.
    compliance_A : float
        Current limit that the instrument is given, or that the run watches in its place.
    resolution_V : float
        Of the source on its range.
    """

    voltage_V: float
    current_A: float
    compliance_A: float
    resolution_V: float


@dataclass(frozen=True)
class Rate:
    """How a model samples.

    Attributes
    ----------
    interval_s, aperture_s : float
        From one reading to the next, and over which time each averages.
    late_s : float
        By how much a reading may take longer than the interval; a rest is put behind the program for that.
    """

    interval_s: float
    aperture_s: float
    late_s: float = 0.0


class Planner:
    """The plan of one model.

    Parameters
    ----------
    caps : Capabilities
    tables : Tables
        Resolution of its source by voltage range, and its power envelope.

    Attributes
    ----------
    jitter_s : float
        By how much edges may come late because the computer times them; 0 where the instrument does.
    samples_freely : bool
        Whether the model takes samples at any times; of one that samples evenly the run averages samples.
    longest_pause_s : float
        Longest time between two samples of a model that samples freely.
    assumed : tuple of Assumption
        On what every plan of the model rests that no page of a manual says.
    """

    jitter_s: ClassVar[float] = 0.0
    samples_freely: ClassVar[bool] = False
    longest_pause_s: ClassVar[float] = math.inf
    assumed: ClassVar[tuple[Assumption, ...]] = ()

    def __init__(self, caps: Capabilities, tables: Tables) -> None:
        self.caps = caps
        self.tables = tables

    # -- hooks: what models do differently ----------------------------------------------------------------------------

    def remarks(self, protocol: Protocol) -> tuple[str, ...]:
        """Return what the user should know about every run on this model."""
        return ()

    def voltage_range(self, sequence: PulseSequence, notes: Notes) -> tuple[float, float]:
        """Return full scale and resolution (V) of the source; note a problem where no range has all levels."""
        full_scale = smallest_covering(self.caps.voltage_ranges_V, sequence.max_abs_V)
        if full_scale is None:
            full_scale = self.caps.voltage_ranges_V[-1]
            level, highest = format_quantity(sequence.max_abs_V, "V"), format_quantity(full_scale, "V")
            notes.problems.append(Problem("sequence", f"{level} is beyond the highest range, {highest}"))
        return full_scale, self.tables.resolution_V[full_scale]

    def current_range_A(self, wanted_A: float) -> float | None:
        """Return the full scale (A) that measures a current without overload; None if there is none."""
        return smallest_covering(self.caps.current_ranges_A, wanted_A)

    def compliance_A(self, limit_A: float, current_range_A: float) -> float:
        """Return the current limit (A) to be kept on a current range."""
        return min(limit_A, self.caps.current_ranges_A[-1])

    def shortest_dwell_s(self, current_range_A: float) -> float:
        """Return the shortest time (s) at one level on a current range."""
        return self.caps.min_dwell_s

    def shortest_stair_s(self, shortest_dwell_s: float, asked_s: float) -> float:
        """Return the shortest time (s) of a stair that stands for a part of a ramp."""
        return shortest_dwell_s

    def rate(self, asked_s: float, current_range_A: float, sequence: PulseSequence) -> Rate:
        """Return the sampling nearest to an interval that is asked for (s)."""
        interval = min(max(asked_s, self.caps.min_interval_s), self.caps.max_interval_s)
        return Rate(interval, interval)

    def time_step_s(self, rate: Rate) -> float:
        """Return the grid (s) on which edges are."""
        return self.caps.time_step_s

    def lead_in_ticks(self, steps: Steps, rate: Rate, shortest_dwell_s: float) -> int:
        """Return for how many time steps a sequence that starts with an edge is led in by a rest; 0 for none."""
        return 0

    def arrange(self, steps: Steps, rate: Rate, repeats: int, notes: Notes) -> tuple[Steps, Rate]:
        """Return steps and sampling as the instrument's memory takes them; note a problem where it does not."""
        return steps, rate

    def grid(self, stretches: Sequence[Stretch], steps: Steps, rate: Rate, repeats: int) -> SampleGrid:
        """Return when samples are whose steps are sampled by rules.

        Parameters
        ----------
        stretches : sequence of Stretch
            In run time: from when to when samples are how far apart.
        """
        if self.samples_freely:
            bounds_s = (max(self.caps.min_interval_s, rate.interval_s), min(self.longest_pause_s, LONGEST_S))
            return free_grid(stretches, rate.aperture_s, self.caps.time_step_s, bounds_s)
        ticks = np.tile(steps.dwell_ticks, repeats)
        begins_s = (np.cumsum(ticks) - ticks) * self.time_step_s(rate)
        moves = np.diff(np.tile(steps.levels_V, repeats), prepend=np.nan) != 0.0
        spacing_s = (rate.interval_s, rate.aperture_s)
        return averaged_grid(stretches, spacing_s, self.n_samples(steps, repeats, rate), begins_s[moves])

    def n_samples(self, steps: Steps, repeats: int, rate: Rate) -> int:
        """Return how many even samples a run has."""
        duration_s = int(steps.dwell_ticks.sum()) * repeats * self.time_step_s(rate)
        return int(duration_s / rate.interval_s + _WHOLE_SAMPLE)

    def response_s(self, sequence: PulseSequence) -> tuple[float, ...]:
        """Return the time constants (s) between the true current and the reading."""
        return self.caps.response_s

    def problems_of(self, plan: DrivePlan) -> tuple[Problem, ...]:
        """Return why the program of a finished plan cannot be loaded."""
        return ()

    def assumptions(self, plan: DrivePlan) -> tuple[Assumption, ...]:
        """Return on what a finished plan rests that no page of a manual says; `assumed` by default."""
        return self.assumed

    # -- the plan -----------------------------------------------------------------------------------------------------

    def plan(self, protocol: Protocol) -> DrivePlan:
        """Return what the model will do for a protocol.

        Raises
        ------
        ProtocolError
            If it cannot, with every reason.
        LimitError
            If the sequence goes beyond the protocol's voltage limit.
        """
        protocol.limits.check_sequence(protocol.sequence)
        notes = Notes(remarks=list(self.remarks(protocol)))
        ranges = self._ranges(protocol, notes)
        shortest_s = self.shortest_dwell_s(ranges.current_A)
        stretches = protocol.sequence.stretches(protocol.sampling.interval_s)
        asked_s = min((one.interval_s for one in stretches), default=protocol.sampling.interval_s)
        stair_s = self.shortest_stair_s(shortest_s, asked_s)
        sequence = self._replace_ramps(protocol.sequence, stair_s, ranges.resolution_V, notes)
        rate = self.rate(asked_s, ranges.current_A, sequence)
        tick_s = self.time_step_s(rate)
        steps, roundings = quantise(sequence, tick_s, ranges.resolution_V)
        notes.roundings += roundings
        steps = self._add_lead_in(steps, sequence.rest_V, rate, shortest_s, notes)
        caps = replace(self.caps, min_dwell_s=shortest_s, time_step_s=tick_s)
        notes.problems += dwell_problems(steps, caps, is_of_steps=isinstance(protocol.sequence.recipe, StepList))
        steps, parts = split_long(steps, self.caps.max_dwell_s, tick_s)
        steps, rate = self.arrange(steps, rate, protocol.repeats, notes)
        # Where the run averages, it does so over whole intervals of the instrument.
        averaged = max(1, round(asked_s / rate.interval_s)) if stretches and not self.samples_freely else 1
        _note_interval(asked_s, averaged * rate.interval_s, notes)
        grid: SampleGrid | None = None
        if len(stretches) * protocol.repeats > _MOST_STRETCHES:
            total = f"{len(stretches) * protocol.repeats} changes of the sampling interval in all"
            notes.problems.append(Problem("sequence", f"{total}; at most {_MOST_STRETCHES}: sample repeats evenly"))
        elif stretches:
            ends_s = np.cumsum(steps.dwell_ticks)[np.cumsum(parts) - 1] * tick_s
            asked = np.append(sequence.times_s, sequence.duration_s)
            times = RunTimes(asked, np.append(0.0, ends_s)[-len(asked) :], float(ends_s[-1]), protocol.repeats)
            grid = self.grid(tuple(times.stretches(stretches, rate.interval_s)), steps, rate, protocol.repeats)
        notes.problems += self._too_many(steps, protocol.repeats, rate, grid)
        self._raise_problems(notes.problems)
        return self._make_plan(protocol, ranges, steps, rate, notes, grid)

    def _ranges(self, protocol: Protocol, notes: Notes) -> Ranges:
        """Return the ranges; where none does, the highest, so that all other problems are found as well."""
        voltage, resolution = self.voltage_range(protocol.sequence, notes)
        limit = protocol.limits.current_A
        wanted = protocol.sampling.current_range_A or limit
        if limit is None or wanted is None:  # no protocol is without: this is for types
            raise ProtocolError((Problem("limits.current", "is missing: without it nothing guards the cell"),))
        current = self.current_range_A(wanted)
        if current is None:
            current = self.caps.current_ranges_A[-1]
            asked, highest = format_quantity(wanted, "A"), format_quantity(current, "A")
            notes.problems.append(Problem("sampling.current_range", f"{asked} is beyond the highest range, {highest}"))
        elif current > self.tables.largest_A.get(voltage, math.inf):
            full_scale, source = format_quantity(current, "A"), format_quantity(voltage, "V")
            most = format_quantity(self.tables.largest_A[voltage], "A")
            notes.problems.append(
                Problem(
                    "sampling.current_range",
                    f"the {full_scale} range does not go with the {source} range of the source: at most {most}",
                )
            )
        return Ranges(voltage, current, self.compliance_A(limit, current), resolution)

    @staticmethod
    def _replace_ramps(sequence: PulseSequence, dwell_s: float, resolution_V: float, notes: Notes) -> PulseSequence:
        stepped, n_stairs = staircase_for_ramps(sequence, dwell_s, resolution_V)
        if n_stairs:
            notes.remarks.append(f"ramps become {n_stairs} stairs: this source steps")
        return stepped

    def _add_lead_in(self, steps: Steps, rest_V: float, rate: Rate, shortest_s: float, notes: Notes) -> Steps:
        """Put a rest before a sequence that starts with an edge: its samples show the state that it starts from."""
        if abs(steps.levels_V[0] - rest_V) < _SAME_LEVEL_V:
            return steps
        ticks = self.lead_in_ticks(steps, rate, shortest_s)
        if not ticks:
            return steps
        lead_s = format_quantity(ticks * self.time_step_s(rate), "s")
        notes.remarks.append(f"a rest of {lead_s} is put before the first edge")
        return Steps(np.concatenate([[ticks], steps.dwell_ticks]), np.concatenate([[rest_V], steps.levels_V]))

    def _too_many(self, steps: Steps, repeats: int, rate: Rate, grid: SampleGrid | None) -> list[Problem]:
        problems = []
        n_edges = len(steps) * repeats
        n_samples = self._n_made(steps, repeats, rate, grid)
        if n_edges > self.caps.max_edges:
            problems.append(Problem("sequence", f"{n_edges} levels in all; at most {self.caps.max_edges}"))
        if n_samples > self.caps.max_samples:
            most = self.caps.max_samples
            way_out = "sample more slowly" if rate.interval_s < self.caps.max_interval_s * (1 - _SAME_INTERVAL) else ""
            if grid is not None and not self.samples_freely:
                every = format_quantity(rate.interval_s, "s")
                problem = (
                    f"this model samples evenly, every {every} here, and the run averages: {n_samples} samples in all"
                )
                way_out = f"{way_out} where it is fastest, or " if way_out else ""
                way_out += "use an instrument that samples by step (Keithley 2600B, PalmSens EmStat, Zahner)"
            else:
                problem = f"{n_samples} samples in all"
            way_out = way_out or "this is its slowest: make the run shorter, or use another instrument"
            problems.append(Problem("sampling", f"{problem}; the buffer holds {most}: {way_out}"))
        return problems

    def _n_made(self, steps: Steps, repeats: int, rate: Rate, grid: SampleGrid | None) -> int:
        return len(grid) if grid is not None and self.samples_freely else self.n_samples(steps, repeats, rate)

    def _raise_problems(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        if problems:
            raise ProtocolError(tuple(problems), self.caps.model)

    def _make_plan(
        self, protocol: Protocol, ranges: Ranges, steps: Steps, rate: Rate, notes: Notes, grid: SampleGrid | None
    ) -> DrivePlan:
        tick_s = self.time_step_s(rate)
        n_samples = self._n_made(steps, protocol.repeats, rate, grid)
        realised = sequence_of(steps, tick_s, protocol.sequence.rest_V, protocol.repeats)
        realised = _add_rest(realised, n_samples * rate.late_s, tick_s, notes)
        protocol.limits.check_sequence(realised)
        plan = DrivePlan(
            model=self.caps.model,
            sequence=realised,
            base_points=len(steps),
            repeats=protocol.repeats,
            interval_s=rate.interval_s,
            aperture_s=rate.aperture_s,
            n_samples=n_samples,
            voltage_range_V=ranges.voltage_V,
            current_range_A=ranges.current_A,
            compliance_A=ranges.compliance_A,
            four_wire=protocol.sampling.four_wire,
            response_s=self.response_s(protocol.sequence),
            roundings=tuple(notes.roundings),
            remarks=tuple(notes.remarks),
            jitter_s=self.jitter_s,
            grid=grid,
            is_averaged=grid is not None and not self.samples_freely,
        )
        self._raise_problems(self.problems_of(plan))
        return replace(plan, assumed=self.assumptions(plan))


def _note_interval(asked_s: float, done_s: float, notes: Notes) -> None:
    if not math.isclose(done_s, asked_s, rel_tol=_SAME_INTERVAL):
        notes.roundings.append(Rounding("sampling interval", asked_s, done_s, "s"))


def _add_rest(sequence: PulseSequence, rest_s: float, time_step_s: float, notes: Notes) -> PulseSequence:
    """Put a rest behind a sequence, in which late readings find their time."""
    if rest_s <= 0.0:
        return sequence
    rest_s = math.ceil(rest_s / time_step_s) * time_step_s
    notes.remarks.append(f"a rest of up to {format_quantity(rest_s, 's')} follows, until all readings are made")
    return PulseSequence(
        np.append(sequence.times_s, sequence.duration_s),
        np.append(sequence.start_V, sequence.rest_V),
        np.append(sequence.end_V, sequence.rest_V),
        sequence.duration_s + rest_s,
        sequence.rest_V,
    )
