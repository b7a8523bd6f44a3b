"""Residuals of a fit: what it leaves by time, pulse by pulse, and at each level of the drive.

Where, in a record, does the fit leave more than noise?
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.reduction.control import controlled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fitting.records.record import Record
    from fitting.reduction.nuisance import Nuisance
    from fitting.transforms.laplace import Floats

_MOST = 200
"""Pulses, or levels, that are told apart: more have no room side by side. Doubled, bars are a pixel wide."""
_SAME = 1e-6
"""Share of the largest level within which two levels are one."""


@dataclass(frozen=True, eq=False)
class ResidualGroups:
    """What is left in groups of samples.

    Attributes
    ----------
    at : ndarray, shape (n,)
        When a hold or a pulse begins (s), or the level (V; A where the current was controlled).
    rms, mean : ndarray, shape (n,)
        Of measured less fitted (A; V where the current was controlled).
    """

    at: Floats
    rms: Floats
    mean: Floats


@dataclass(frozen=True, eq=False)
class Residuals:
    """What a fit leaves of a record, at some of its samples.

    Attributes
    ----------
    t_s, measured, residual : ndarray, shape (k,)
        NaN where no sample can be trusted.
    by_pulse, by_level : ResidualGroups
        Without groups for a record of which only the measured voltage is known.
    """

    t_s: Floats
    measured: Floats
    residual: Floats
    by_pulse: ResidualGroups
    by_level: ResidualGroups


def residuals_of(run: Record, terms: Nuisance, t_s: Floats, fitted: Floats) -> Residuals:
    """Return what is left of a record at some times.

    Parameters
    ----------
    run : Record
    terms : Nuisance
        Of the fit.
    t_s, fitted : ndarray, shape (k,)
        Times of samples (s), and what was fitted there (A; V where the current was controlled): the overlay of a
        study.
    """
    answering, _ = controlled(run, terms)
    nearest = np.clip(np.searchsorted(np.asarray(run.t_s), t_s), 0, max(run.n_samples - 1, 0))
    good = np.asarray(run.status)[nearest] == 0
    if answering.drive is not None:  # a sample that averages over an edge was left out of the fit, too
        half = 0.5 * terms.aperture_of(answering)
        jumps = answering.drive.jumps()[0]
        good &= np.searchsorted(jumps, t_s - half, side="left") == np.searchsorted(jumps, t_s + half, side="right")
    measured = np.where(good, np.asarray(answering.current_A)[nearest], np.nan)
    left = measured - fitted
    drive = answering.drive
    if drive is None or not len(t_s):
        nothing = ResidualGroups(*(np.empty(0),) * 3)
        return Residuals(t_s, measured, left, nothing, nothing)
    edges = drive.jumps()[0][:_MOST]
    begins = np.concatenate([[float(t_s[0])], edges[(edges > t_s[0]) & (edges < t_s[-1])]])
    pulse = np.clip(np.searchsorted(begins, t_s, side="right") - 1, 0, len(begins) - 1)
    level = drive.voltage_at(t_s)
    step = _SAME * max(float(np.abs(level).max()), 1e-300)
    whole = np.rint(level / step).astype(np.int64)
    levels = sorted(set(whole.tolist()))
    if len(levels) > _MOST:  # a ramp: shares of its range
        span = np.linspace(whole.min(), whole.max() + 1, _MOST + 1)
        of_level, at = np.searchsorted(span, whole, side="right") - 1, 0.5 * (span[1:] + span[:-1]) * step
    else:
        of_level, at = np.searchsorted(levels, whole), np.array(levels) * step
    return Residuals(t_s, measured, left, _grouped(begins, pulse, left), _grouped(at, of_level, left))


def _grouped(at: Floats, group: NDArray[np.integer[Any]], left: Floats) -> ResidualGroups:
    """Return root mean square and mean of each group that has a sample."""
    good = np.isfinite(left)
    index, values = group[good].astype(np.int64), left[good]
    count = np.bincount(index, minlength=len(at))
    there = count > 0
    divisor = np.maximum(count, 1)
    mean = np.bincount(index, values, minlength=len(at)) / divisor
    rms = np.sqrt(np.bincount(index, values**2, minlength=len(at)) / divisor)
    return ResidualGroups(at[there], rms[there], mean[there])
