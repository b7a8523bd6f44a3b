"""Steps of a stepping source: stairs for ramps, edges and levels on grids, dwells within a model's bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from drivers.contract.plan import Rounding
from protocols import Problem, PulseSequence, format_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from drivers.contract.identity import Capabilities

_MAX_STEPS_PER_RAMP = 1000
"""Stairs for one ramp at most: so that a few ramps fit the memories of the instruments."""


@dataclass(frozen=True)
class Steps:
    """Levels that a source holds one after the other.

    Attributes
    ----------
    dwell_ticks : ndarray of int64, shape (n,)
        How long each is held, in the instrument's time steps.
    levels_V : ndarray of float64, shape (n,)
        On the grid of the instrument's source resolution.
    """

    dwell_ticks: NDArray[np.int64]
    levels_V: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.levels_V)


def smallest_covering(ranges: tuple[float, ...], value: float) -> float | None:
    """Return the smallest range that covers a magnitude, or None."""
    fitting = [full_scale for full_scale in ranges if full_scale >= abs(value) * (1 - 1e-12)]
    return min(fitting) if fitting else None


def staircase_for_ramps(sequence: PulseSequence, min_dwell_s: float, resolution_V: float) -> tuple[PulseSequence, int]:
    """Replace ramps by stairs, for sources that only step.

    Each stair is at the ramp's mean over its dwell, so that the area under the curve is kept.

    Returns
    -------
    sequence : PulseSequence
        Holds only.
    n_stairs : int
        How many stairs stand for ramps.
    """
    if not sequence.has_ramps:
        return sequence, 0
    ends = np.append(sequence.times_s[1:], sequence.duration_s)
    times: list[float] = []
    levels: list[float] = []
    n_stairs = 0
    for t0, t1, v0, v1 in zip(sequence.times_s, ends, sequence.start_V, sequence.end_V, strict=True):
        count = 1
        if v0 != v1:
            finest = min((t1 - t0) / min_dwell_s, abs(v1 - v0) / resolution_V)
            count = max(1, min(_MAX_STEPS_PER_RAMP, math.floor(finest * (1 + 1e-9))))
            n_stairs += count
        middle = (np.arange(count) + 0.5) / count
        times += (t0 + (t1 - t0) * np.arange(count) / count).tolist()
        levels += (v0 + (v1 - v0) * middle).tolist()
    return PulseSequence.from_arrays(times, levels, sequence.duration_s, rest_V=sequence.rest_V), n_stairs


def quantise(sequence: PulseSequence, time_step_s: float, resolution_V: float) -> tuple[Steps, list[Rounding]]:
    """Put a sequence of holds on the grids of a source.

    Edge *times* are rounded, not dwells, so that errors do not add up.
    """
    bounds = np.append(sequence.times_s, sequence.duration_s)
    ticks = np.rint(bounds / time_step_s).astype(np.int64)
    levels = np.rint(sequence.start_V / resolution_V) * resolution_V
    # The grid value nearest to a decimal is that decimal: 0.02, not 0.02000000000000001.
    levels = np.array([float(f"{level:.12g}") for level in levels])
    roundings = []
    shift = np.abs(ticks * time_step_s - bounds)
    worst = int(np.argmax(shift))
    if shift[worst] > 1e-9 * time_step_s + 1e-12 * bounds[-1]:
        roundings.append(Rounding(f"edge {worst + 1}", float(bounds[worst]), float(ticks[worst] * time_step_s), "s"))
    shift = np.abs(levels - sequence.start_V)
    worst = int(np.argmax(shift))
    if shift[worst] > 1e-9 * resolution_V + 1e-12 * abs(levels[worst]):
        roundings.append(Rounding(f"level {worst + 1}", float(sequence.start_V[worst]), float(levels[worst]), "V"))
    return Steps(np.diff(ticks), levels), roundings


def dwell_problems(steps: Steps, caps: Capabilities) -> list[Problem]:
    """Return which dwells are too short or too long for the model, and which stretch of the protocol would help."""
    problems = []
    dwells = steps.dwell_ticks * caps.time_step_s
    for wrong, word, bound in (
        (dwells < caps.min_dwell_s * (1 - 1e-9), "shorter than the shortest", caps.min_dwell_s),
        (dwells > caps.max_dwell_s * (1 + 1e-9), "longer than the longest", caps.max_dwell_s),
    ):
        if wrong.any():
            k = int(np.flatnonzero(wrong)[0])
            others = f" (and {int(wrong.sum()) - 1} more)" if wrong.sum() > 1 else ""
            problems.append(
                Problem(
                    f"sequence, edge {k + 1}",
                    f"{format_quantity(steps.levels_V[k], 'V')} is held for {format_quantity(dwells[k], 's')}, {word} "
                    f"time of the {caps.model}, {format_quantity(bound, 's')}{others}{_remedy(dwells, caps)}",
                )
            )
    return problems


def _remedy(dwells_s: NDArray[np.floating], caps: Capabilities) -> str:
    """Return the advice to stretch by the least factor that makes all dwells fit; empty if none does."""
    shortest, longest = float(dwells_s.min()), float(dwells_s.max())
    if shortest <= 0.0:
        return ""
    slower = shortest < caps.min_dwell_s
    exact = caps.min_dwell_s / shortest if slower else caps.max_dwell_s / longest
    # To two digits, on the safe side.
    digit = 10.0 ** (math.floor(math.log10(exact)) - 1)
    round_off = math.ceil if slower else math.floor
    factor = float(f"{round_off(exact / digit * (1 - 1e-9 if slower else 1 + 1e-9)) * digit:.6g}")
    fits = factor * shortest >= caps.min_dwell_s * (1 - 1e-9) and factor * longest <= caps.max_dwell_s * (1 + 1e-9)
    return f"; stretch the protocol by {factor:g}: --stretch {factor:g}" if fits else ""


def sequence_of(steps: Steps, time_step_s: float, rest_V: float, repeats: int) -> PulseSequence:
    """Return the sequence that the steps make, with all repeats written out."""
    ticks = np.tile(steps.dwell_ticks, repeats)
    ends = np.cumsum(ticks)
    starts = np.concatenate([[0], ends[:-1]])
    levels = np.tile(steps.levels_V, repeats)
    return PulseSequence(starts * time_step_s, levels, levels, float(ends[-1] * time_step_s), rest_V)


@dataclass(frozen=True)
class Tables:
    """What a model's source and ammeter can do.

    Attributes
    ----------
    resolution_V : mapping
        Programming resolution of each voltage range (V).
    largest_A : mapping
        Highest current range that a voltage range goes with (V: A): the power envelope.
    """

    resolution_V: Mapping[float, float]
    largest_A: Mapping[float, float]


def within_range(limit_A: float, current_range_A: float) -> float:
    """Return a current limit as a source takes it on a range: from 1 % to 105 % of full scale.

    It must be above 0.1 % of the range (2450 p. 6-71, 2461 p. 6-94); a smaller limit is enforced by the run itself.
    """
    return min(max(limit_A, 0.01 * current_range_A), 1.05 * current_range_A)
