"""Pulses of a drive and the charges that flow back after them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting.constants import Z95
from fitting.reduction.drive import segments_of
from fitting.results.estimate import Estimate
from protocols import format_quantity

if TYPE_CHECKING:
    from fitting.transforms.laplace import Floats
    from protocols import PulseSequence

_MOST_PULSES = 16
"""Pulses that get a charge ratio of their own: a table of more is not read. Doubled, results are longer."""
_WIDEST_HALF = 0.25
"""Half of the widest interval of a charge ratio that counts as determined (as `WIDEST_SHARE` of the memory
quantities). Doubled, any ratio would pass."""
_SERIES = 1e-3
"""Product of rate and time below which a ramp's integral is taken by its series, good to 2e-11 there; the
difference loses three digits. Doubled, the series is good to 1e-10."""


@dataclass(frozen=True)
class _Pulse:
    rises_s: float
    falls_s: float
    until_s: float


def _pulses(drive: PulseSequence) -> list[_Pulse]:
    """Return the holds away from rest with rest after them."""
    ends = np.append(drive.times_s[1:], drive.duration_s)
    away = (drive.start_V != drive.rest_V) & (drive.end_V == drive.start_V)
    rest = (drive.start_V == drive.rest_V) & (drive.end_V == drive.rest_V)
    return [
        _Pulse(float(drive.times_s[k]), float(ends[k]), float(ends[k + 1]))
        for k in np.flatnonzero(away[:-1] & rest[1:])[:_MOST_PULSES]
    ]


def first_pulse(drive: PulseSequence) -> tuple[float, float] | None:
    """Return height over rest (V) and width (s) of a drive's first pulse with rest after it; None if it has none."""
    pulses = _pulses(drive)
    if not pulses:
        return None
    height = float(drive.voltage_at(pulses[0].rises_s)) - drive.rest_V
    return height, pulses[0].falls_s - pulses[0].rises_s


def _charges(rates: Floats, drive: PulseSequence, marks_s: Floats) -> Floats:
    """Return the exact integral of each mode's state from the start to some times, shape (marks, modes)."""
    edges, jumps, slopes = segments_of(drive)
    lag = np.maximum(marks_s[:, None] - edges[None], 0.0)
    bend = np.diff(slopes, prepend=0.0)
    x = np.multiply.outer(rates, lag)
    moves = (rates > 0.0)[:, None, None]
    rate = np.where(moves, rates[:, None, None], 1.0)
    once = np.where(moves, -np.expm1(-x) / rate, lag)
    total = once @ jumps
    if bend.any():
        # integral of a ramp's response, by its series where the difference would cancel
        series = lag**2 * (0.5 - x / 6.0 + x**2 / 24.0)
        total += np.where(x > _SERIES, (lag - once) / rate, series) @ bend
    charges: Floats = total.T
    return charges


def reversal_charges(drive: PulseSequence, rates: Floats, weights: Floats) -> Floats:
    """Return the charge (C) that flows back in the rest after each pulse, shape (pulses,).

    Parameters
    ----------
    drive : PulseSequence
    rates, weights : ndarray, shape (m,)
        The fitted modes.
    """
    marks = np.array([[pulse.falls_s, pulse.until_s] for pulse in _pulses(drive)]).reshape(-1, 2)
    integrals = _charges(rates, drive, marks.ravel()).reshape(len(marks), 2, len(rates))
    charges: Floats = (integrals[:, 0] - integrals[:, 1]) @ weights
    return charges


def charge_ratios(drive: PulseSequence, rates: Floats, weights: Floats) -> Floats:
    """Return which share of each pulse's charge flows back in the rest after it, shape (pulses,)."""
    marks = np.array([[pulse.rises_s, pulse.falls_s] for pulse in _pulses(drive)]).reshape(-1, 2)
    integrals = _charges(rates, drive, marks.ravel()).reshape(len(marks), 2, len(rates))
    ratios: Floats = reversal_charges(drive, rates, weights) / ((integrals[:, 1] - integrals[:, 0]) @ weights)
    return ratios


def reversal(
    drive: PulseSequence | None,
    rates: Floats,
    weights: Floats,
    slopes: Floats,
    covariance_factor: Floats,
    far_weights: Floats,
) -> tuple[Estimate, ...]:
    """Return which share of each pulse's charge flows back in the rest after it, by the fitted current.

    Bulk and electrode together, as an ammeter would count them, what still flows back of earlier pulses included.

    Parameters
    ----------
    drive : PulseSequence or None
        None (only the voltage was measured) names no pulses.
    rates, weights : ndarray, shape (m,)
        The fitted modes.
    slopes : ndarray, shape (k, m)
        Derivatives of the weights to the parameters on the line.
    covariance_factor : ndarray, shape (k, r)
        F of their covariance ``F F^T``.
    far_weights : ndarray, shape (n, m)
        The modes at places of the 95 % region that the covariance knows nothing of.
    """
    pulses = [] if drive is None else _pulses(drive)
    if drive is None or not pulses:
        return ()
    marks = np.array([[pulse.rises_s, pulse.falls_s, pulse.until_s] for pulse in pulses])
    integrals = _charges(rates, drive, marks.ravel()).reshape(len(pulses), 3, len(rates))
    found = []
    for k, (pulse, rows) in enumerate(zip(pulses, integrals, strict=True)):
        forward, back = rows[1] - rows[0], rows[1] - rows[2]
        Q_forward, Q_back = float(forward @ weights), float(back @ weights)
        ratio = Q_back / Q_forward
        gradient = slopes @ (back - ratio * forward) / Q_forward
        spread = Z95 * float(np.linalg.norm(gradient @ covariance_factor))
        far = far_weights @ back / (far_weights @ forward)
        low, high = min([ratio - spread, *far.tolist()]), max([ratio + spread, *far.tolist()])
        spread = 0.5 * (high - low)
        width, rest = (format_quantity(x, "s") for x in (pulse.falls_s - pulse.rises_s, pulse.until_s - pulse.falls_s))
        name = "reversal_charge_ratio" if k == 0 else f"reversal_charge_ratio_{k + 1}"
        note = f"pulse {k + 1} of {width}, then {rest} of rest; bulk and electrode together"
        determined = spread < _WIDEST_HALF
        note = note if determined else f"its interval is ± {spread:.2g} wide; {note}"
        found.append(Estimate(name, "", ratio, (low, high), determined, note))
    return tuple(found)
