"""What does a fitted cell remember, and how sure is that?

Intervals of derived figures: where a figure hangs on one parameter alone, that parameter's own interval is carried
over; else its gradient meets the covariance (on a scale that keeps the figure within its bounds).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting.drive import segments_of
from fitting.elements import Bulk
from fitting.result import Band, MemoryQuantity
from protocols import format_quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    from fitting._leastsquares import Scales
    from fitting.circuit import CellModel
    from fitting.laplace import Floats
    from protocols import PulseSequence

_Z95 = 1.959964
_MOST_PULSES = 16
_STEP = 1e-4


@dataclass(frozen=True, eq=False)
class Fitted:
    """Where a fit ended: what memory quantities are derived from.

    Attributes
    ----------
    model : CellModel
    scales : Scales
    u : ndarray, shape (k,)
        Parameters on the line.
    covariance : ndarray, shape (k, k)
        Of u.
    ends : ndarray, shape (k, 2)
        Interval of each u; infinite where open.
    window_s : tuple of float
        Times after an edge of which the record tells.
    theta_of : callable or None
        The model's free parameters for some u, where u holds the unknowns of several records.
    """

    model: CellModel
    scales: Scales
    u: Floats
    covariance: Floats
    ends: Floats
    window_s: tuple[float, float]
    theta_of: Callable[[Floats], Floats] | None = None

    def bulk(self, u: Floats) -> tuple[Bulk, Floats] | None:
        """Return the hopping conductor and its parameters."""
        leaf = self.model.bulk
        if leaf is None or not isinstance(leaf.element, Bulk):
            return None
        theta = self.scales.outward(u) if self.theta_of is None else self.theta_of(u)
        return leaf.element, self.model.complete(theta)[leaf.place]

    def gradient(self, figure: Callable[[Floats], Floats]) -> Floats:
        """Return d(figure)/du by central differences, shape (k, ...)."""
        steps = np.eye(len(self.u)) * _STEP
        return np.array([(figure(self.u + step) - figure(self.u - step)) / (2.0 * _STEP) for step in steps])

    def deviation(self, gradient: Floats) -> Floats:
        """Return the standard deviation of figures with some gradient (k, ...)."""
        variance = np.einsum("i...,ij,j...->...", gradient, self.covariance, gradient)
        deviation: Floats = np.sqrt(np.maximum(variance, 0.0))
        return deviation


def memory_quantities(fitted: Fitted) -> tuple[tuple[MemoryQuantity, ...], Band | None]:
    """Return what the hopping conductor of a fitted circuit remembers; nothing for a circuit without one."""
    if fitted.bulk(fitted.u) is None:
        return (), None
    remaining = _remaining(fitted)
    low, high = remaining.ci95
    back_hop = MemoryQuantity(
        "back_hop_fraction",
        "",
        1.0 - remaining.value,
        (None if high is None else 1.0 - high, None if low is None else 1.0 - low),
        remaining.resolved,
        "1 - W_inf",
    )
    return (remaining, back_hop, _mean_time(fitted), _median_time(fitted), *_modes(fitted)), _band(fitted)


def _of(fitted: Fitted, figure: Callable[[Bulk, Floats], float]) -> Callable[[Floats], Floats]:
    def at(u: Floats) -> Floats:
        found = fitted.bulk(u)
        assert found is not None  # noqa: S101 - asked before any figure is derived
        return np.float64(figure(*found))  # type: ignore[return-value]

    return at


def _interval(fitted: Fitted, figure: Callable[[Floats], Floats], *, share: bool) -> tuple[float, tuple[float, float]]:
    """Value and 95 % interval of a positive figure, or of one between 0 and 1."""

    def line(u: Floats) -> Floats:
        value = figure(u)
        return np.log(value / (1.0 - value)) if share else np.log(value)

    value = float(figure(fitted.u))
    gradient = fitted.gradient(line)
    moving = np.flatnonzero(np.abs(gradient) > 1e-9 * max(float(np.abs(gradient).max(initial=0.0)), 1e-300))
    if len(moving) == 1:
        k = int(moving[0])
        ends = [_moved(fitted, figure, k, end) for end in fitted.ends[k]]
        return value, (min(ends), max(ends))
    middle, spread = float(line(fitted.u)), _Z95 * float(fitted.deviation(gradient))
    low, high = middle - spread, middle + spread
    if share:
        ends = [float(1.0 / (1.0 + np.exp(-np.clip(end, -700.0, 700.0)))) for end in (low, high)]
        return value, (ends[0], ends[1])
    return value, (float(np.exp(max(low, -700.0))), float(np.exp(min(high, 700.0))))


def _closed(low: float, high: float) -> tuple[float | None, float | None]:
    """Return the interval, open to both sides where it says nothing."""
    return (None, None) if high > 1e9 * low else (low, high)


def _moved(fitted: Fitted, figure: Callable[[Floats], Floats], k: int, end: float) -> float:
    u = fitted.u.copy()
    u[k] = np.clip(end, -fitted.scales.end[k], fitted.scales.end[k])
    return float(figure(u))


def _remaining(fitted: Fitted) -> MemoryQuantity:
    value, (low, high) = _interval(fitted, _of(fitted, lambda bulk, p: bulk.w_inf(p)), share=True)
    resolved = high - low < 0.5
    note = "share of the conductance that is left at last, by the model's shape beyond the window"
    return MemoryQuantity("W_inf", "", value, (low, high), resolved, note)


def _windowed_time(bulk: Bulk, p: Floats, window_s: float) -> float:
    """First moment of phi = -dW/dt over the window: int t phi dt / int phi dt = int (W - W(T)) dt / (1 - W(T))."""
    t = np.geomspace(1e-9 * window_s, window_s, 541)
    W = bulk.relaxation(t, p)
    over = (W - W[-1]) * t
    area = float(np.sum(0.5 * (over[1:] + over[:-1]) * np.diff(np.log(t)))) + t[0] * (1.0 - W[-1])
    return float(area / max(float(1.0 - W[-1]), 1e-300))


def _mean_time(fitted: Fitted) -> MemoryQuantity:
    window = fitted.window_s[1]
    value, (low, high) = _interval(fitted, _of(fitted, lambda b, p: _windowed_time(b, p, window)), share=False)
    found = fitted.bulk(fitted.u)
    assert found is not None  # noqa: S101 - asked before any figure is derived
    whole = _windowed_time(*found, 100.0 * window)
    shown = format_quantity(window, "s")
    if abs(whole - value) > 0.02 * value:
        grows = f"it grows with the window, {whole / value:.2g}-fold over a hundred times longer"
        note = f"mean over the first {shown}; {grows}"
    else:
        note = f"mean; all of it lies within the window of {shown}"
    return MemoryQuantity("memory_time", "s", value, _closed(low, high), high < 4.0 * low, note)


def time_of_loss(bulk: Bulk, p: Floats, share: float) -> float:
    """Return the time (s) by which some share of the memory is gone, ``W = 1 - share (1 - W_inf)``."""
    level = 1.0 - share * (1.0 - bulk.w_inf(p))
    scale = bulk.modes(p)[0][0]
    t = scale * np.geomspace(1e-8, 1e8, 321)
    W = bulk.relaxation(t, p)
    k = int(np.clip(np.searchsorted(-W, -level), 1, len(t) - 1))
    for _ in range(2):
        t = np.geomspace(t[k - 1], t[k], 33)
        W = bulk.relaxation(t, p)
        k = int(np.clip(np.searchsorted(-W, -level), 1, len(t) - 1))
    drop = max(float(W[k - 1] - W[k]), 1e-300)
    return float(t[k - 1] * (t[k] / t[k - 1]) ** np.clip((W[k - 1] - level) / drop, 0.0, 1.0))


def _median(bulk: Bulk, p: Floats) -> float:
    """Time by which half of the memory is gone, W = (1 + W_inf) / 2."""
    return time_of_loss(bulk, p, 0.5)


def derived_quantity(
    fitted: Fitted, name: str, unit: str, figure: Callable[[Bulk, Floats], float], note: str, *, share: bool = False
) -> MemoryQuantity:
    """Return a figure of the hopping conductor with its interval; `share` if it lies between 0 and 1."""
    value, (low, high) = _interval(fitted, _of(fitted, figure), share=share)
    return MemoryQuantity(
        name,
        unit,
        value,
        (low, high) if share else _closed(low, high),
        high - low < 0.5 if share else high < 4.0 * low,
        note,
    )


def _median_time(fitted: Fitted) -> MemoryQuantity:
    value, (low, high) = _interval(fitted, _of(fitted, _median), share=False)
    inside = fitted.window_s[0] <= value <= fitted.window_s[1]
    note = "half of the memory is gone" + ("" if inside else "; outside the window that was seen")
    return MemoryQuantity("median_memory_time", "s", value, _closed(low, high), inside and high < 4.0 * low, note)


def _modes(fitted: Fitted) -> tuple[MemoryQuantity, ...]:
    found = fitted.bulk(fitted.u)
    assert found is not None  # noqa: S101 - asked before any figure is derived
    quantities = []
    several = len(found[0].modes(found[1])) > 1
    for k in range(len(found[0].modes(found[1]))):
        figure = _of(fitted, lambda b, p, k=k: b.modes(p)[k][0] * b.modes(p)[k][1])  # type: ignore[misc]
        value, (low, high) = _interval(fitted, figure, share=False)
        name = f"mode_capacitance_{k + 1}" if several else "mode_capacitance"
        note = "conductance that relaxes times its relaxation time"
        quantities.append(MemoryQuantity(name, "F", value, _closed(low, high), high < 4.0 * low, note))
    return tuple(quantities)


def _band(fitted: Fitted) -> Band:
    t = np.geomspace(*fitted.window_s, 120)

    def of(u: Floats) -> Floats:
        found = fitted.bulk(u)
        assert found is not None  # noqa: S101 - asked before any figure is derived
        return np.clip(found[0].relaxation(t, found[1]), 1e-12, 1.0 - 1e-12)

    def line(u: Floats) -> Floats:
        W = of(u)
        return np.log(W / (1.0 - W))

    middle, spread = line(fitted.u), _Z95 * fitted.deviation(fitted.gradient(line))
    lowest, highest = (1.0 / (1.0 + np.exp(-np.clip(x, -700.0, 700.0))) for x in (middle - spread, middle + spread))
    return Band(t, of(fitted.u), lowest, highest)


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
    """Integral of each mode's state from the start of the drive to some times, shape (marks, modes); exact."""
    edges, jumps, slopes = segments_of(drive)
    lag = np.maximum(marks_s[:, None] - edges[None], 0.0)
    bend = np.diff(slopes, prepend=0.0)
    total = np.zeros((len(marks_s), len(rates)))
    for m, rate in enumerate(rates):
        x = rate * lag
        if rate == 0.0:
            once, twice = lag, 0.5 * lag**2
        else:
            once = -np.expm1(-x) / rate
            # integral of a ramp's response, by its series where the difference would cancel
            twice = np.where(x > 1e-3, (lag - once) / rate, lag**2 * (0.5 - x / 6.0 + x**2 / 24.0))
        total[:, m] = once @ jumps + twice @ bend
    return total


def reversal_charges(drive: PulseSequence, rates: Floats, weights: Floats) -> Floats:
    """Return the charge (C) that each pulse gives back in the rest after it, shape (pulses,).

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


def reversal(
    drive: PulseSequence | None, rates: Floats, weights: Floats, slopes: Floats, covariance: Floats
) -> tuple[MemoryQuantity, ...]:
    """Return which share of each pulse's charge flows back in the rest after it, by the fitted current.

    Bulk and electrode together, as an ammeter would count them, what earlier pulses still give back included.

    Parameters
    ----------
    drive : PulseSequence or None
        None (only the voltage was measured) names no pulses.
    rates, weights : ndarray, shape (m,)
        The fitted modes.
    slopes : ndarray, shape (k, m)
        Derivatives of the weights to the parameters on the line.
    covariance : ndarray, shape (k, k)
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
        spread = _Z95 * float(np.sqrt(max(gradient @ covariance @ gradient, 0.0)))
        width, rest = (format_quantity(x, "s") for x in (pulse.falls_s - pulse.rises_s, pulse.until_s - pulse.falls_s))
        name = "reversal_charge_ratio" if k == 0 else f"reversal_charge_ratio_{k + 1}"
        note = f"Q_back/Q_forward of pulse {k + 1}: {width}, then {rest} of rest; bulk and electrode together"
        found.append(MemoryQuantity(name, "", ratio, (ratio - spread, ratio + spread), spread < 0.25, note))
    return tuple(found)
