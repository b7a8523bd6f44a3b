"""What does a fitted cell remember, and how sure is that?

Intervals of derived figures: where a figure hangs on one parameter alone, that parameter's own interval is carried
over; else its gradient meets the covariance (on a scale that keeps the figure within its bounds).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.results.estimate import Band, MemoryQuantity
from protocols import format_quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    from fitting.inference.optimum import Fitted
    from fitting.model.elements.base import Bulk
    from fitting.transforms.laplace import Floats

_Z95 = 1.959964


_MOST_PULSES = 16


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
    u[k] = np.clip(end, -fitted.transform.limit[k], fitted.transform.limit[k])
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
