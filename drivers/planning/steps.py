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

_MOST_PARTS = 100_000
"""Most holds for which one that is too long stands: a sequence of thirty years on an instrument that holds a level for
three hours. More do not fit the memory of any instrument."""
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


def split_long(steps: Steps, longest_s: float, time_step_s: float) -> tuple[Steps, NDArray[np.int64]]:
    """Return the steps with every hold that is longer than a model's longest as several holds of the same level.

    Returns
    -------
    steps : Steps
    parts : ndarray of int64, shape (n,)
        Into how many each of the steps that were given is split.
    """
    longest = max(math.floor(longest_s / time_step_s * (1 + 1e-9)), 1)
    parts = np.maximum(1, -(-steps.dwell_ticks // longest))
    if (parts == 1).all():
        return steps, parts
    # No instrument holds so many: that they are too many is found later.
    parts = np.minimum(parts, _MOST_PARTS)
    place = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
    length, left = np.divmod(steps.dwell_ticks, parts)
    dwells = np.repeat(length, parts) + (place < np.repeat(left, parts))
    return Steps(dwells, np.repeat(steps.levels_V, parts)), parts


def dwell_problems(steps: Steps, caps: Capabilities, *, is_of_steps: bool = False) -> list[Problem]:
    """Return which dwells are too short for the model, and which stretch of the protocol would help.

    Parameters
    ----------
    steps : Steps
    caps : Capabilities
        With the shortest dwell and the time step that hold for the run.
    is_of_steps : bool
        Whether each dwell has a length of its own in the document, which can be made longer alone.
    """
    dwells = steps.dwell_ticks * caps.time_step_s
    wrong = dwells < caps.min_dwell_s * (1 - 1e-9)
    if not wrong.any():
        return []
    k = int(np.flatnonzero(wrong)[0])
    others = f" (and {int(wrong.sum()) - 1} more)" if wrong.sum() > 1 else ""
    remedy = "; make that step longer" if is_of_steps else _remedy(dwells, caps)
    return [
        Problem(
            f"sequence, edge {k + 1}",
            f"{format_quantity(steps.levels_V[k], 'V')} is held for {format_quantity(dwells[k], 's')}, shorter than "
            f"the shortest time of the {caps.model}, {format_quantity(caps.min_dwell_s, 's')}{others}{remedy}",
        )
    ]


def _remedy(dwells_s: NDArray[np.floating], caps: Capabilities) -> str:
    """Return the advice to stretch by the least factor that makes all dwells long enough; empty if none does.

    Nobody is told to make a run longer than an instrument holds one level.
    """
    shortest, longest = float(dwells_s.min()), float(dwells_s.max())
    if shortest <= 0.0:
        return ""
    exact = caps.min_dwell_s / shortest
    # To two digits, on the safe side.
    digit = 10.0 ** (math.floor(math.log10(exact)) - 1)
    factor = float(f"{math.ceil(exact / digit * (1 - 1e-9)) * digit:.6g}")
    fits = factor * longest <= caps.max_dwell_s * (1 + 1e-9)
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
