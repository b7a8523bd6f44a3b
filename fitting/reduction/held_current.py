"""Current of a galvanostat, without the noise of its reading.

A galvanostat holds its current between jumps far better than it is read. Noise of the reading that drives the modes is
an answer that the cell never gave: in the whole of a record it counts, where a sample shows nothing of it. So the mean
of each hold is taken, unless the current wandered within holds, or the voltage followed what its reading scattered by.
Through an open circuit nothing flows: what is read there is taken for 0, since a cell that charges without an end would
integrate it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.reduction.sampled_edges import sampled_edges

if TYPE_CHECKING:
    from fitting.transforms.laplace import Floats

_WHITE = 1.5
"""Squared steps over the variance from which a reading scatters and does not wander: 2 for white noise, 0 for a ramp.
Doubled, no noise would be taken for it."""
_REAL, _SURELY = 0.5, 5.0
"""Share of its scatter that the voltage follows from which it flowed, and deviations from which that is no chance."""
_OPEN, _OPEN_SHARE = 5.0, 1e-4
"""Deviations of its mean, and share of the largest level, up to which a hold is an open circuit: ammeters are off by
some 1e-4 of a range. Doubled, a charge at 1/5000 of the largest current counts as a rest."""
_EXACT = 1e-12
"""Scatter, as a share of the largest level, that is rounding of a mean."""
_FEWEST = 16
"""Samples in holds that tell noise from a wandering current. Doubled, short records keep their noise."""


def held_current(t_s: Floats, current_A: Floats, voltage_V: Floats) -> Floats:
    """Return a current with the mean of each hold in place of its readings; as it was read where it was not held.

    Parameters
    ----------
    t_s, current_A, voltage_V : ndarray, shape (n,)
        Times (s), rising; NaN where current or voltage was not read.
    """
    edges = sampled_edges(t_s, current_A)
    after = np.empty(0, np.intp) if edges is None else np.searchsorted(t_s, edges.after_s)
    partial = np.zeros(len(t_s), dtype=np.bool_)
    if edges is not None:
        partial[np.searchsorted(t_s, edges.partial_s)] = True
    read = np.isfinite(current_A) & ~partial
    hold = np.zeros(len(t_s), dtype=np.intp)
    np.add.at(hold, after, 1)
    hold = np.cumsum(hold)
    n_holds = int(hold[-1]) + 1
    counts = np.maximum(np.bincount(hold[read], minlength=n_holds), 1)
    means = np.bincount(hold[read], weights=current_A[read], minlength=n_holds) / counts
    away = np.where(read, current_A - means[hold], 0.0)
    variance = float(np.sum(away**2)) / max(int(np.count_nonzero(read)) - n_holds, 1)
    beside = read[1:] & read[:-1] & (hold[1:] == hold[:-1])
    if np.count_nonzero(beside) < _FEWEST:
        return current_A
    scatters = variance > (_EXACT * float(np.abs(means).max())) ** 2
    if scatters and not float(np.mean(np.diff(current_A)[beside] ** 2)) > _WHITE * variance:
        return current_A
    if scatters and len(after) and _is_followed(current_A, voltage_V, after):
        return current_A
    is_open = np.abs(means) < np.maximum(_OPEN * np.sqrt(variance / counts), _OPEN_SHARE * np.abs(means).max())
    level = means[hold] if scatters else current_A
    found: Floats = np.where(read, np.where(is_open[hold], 0.0, level), current_A)
    return found


def _is_followed(current_A: Floats, voltage_V: Floats, after: np.ndarray[tuple[int], np.dtype[np.intp]]) -> bool:
    """Whether the voltage follows the scatter of the current as it follows its jumps."""
    bends = np.diff(current_A, 2), np.diff(voltage_V, 2)
    at_jump = np.zeros(len(bends[0]), dtype=np.bool_)
    for offset in (-3, -2, -1, 0, 1):  # second differences that see a jump, or a sample that averaged over it
        places = after + offset
        at_jump[places[(places >= 0) & (places < len(at_jump))]] = True
    known = np.isfinite(bends[0]) & np.isfinite(bends[1])
    slopes, errors = [], []
    for chosen in (known & ~at_jump, known & at_jump):
        i, v = bends[0][chosen], bends[1][chosen]
        squares = float(i @ i)
        slopes.append(float(i @ v) / squares if squares > 0.0 else 0.0)
        errors.append(float(np.sqrt(np.mean(v**2) / squares)) if squares > 0.0 else np.inf)
    return slopes[0] > max(_REAL * slopes[1], _SURELY * errors[0])
