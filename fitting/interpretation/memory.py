"""Memory quantities of a fitted cell, with their intervals.

What does the cell remember, for how long, and how surely? Where a figure depends on one parameter alone, that
parameter's own interval is carried over; else its gradient meets the covariance (on a scale that keeps the figure
within its bounds), and where profiles end far from where the covariance has them end, the interval holds what the
figure is there.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from fitting.constants import Z95
from fitting.results.estimate import Band, Estimate
from protocols import FitError, format_quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fitting.inference.optimum import Conductor, Fitted
    from fitting.model.elements.base import Bulk
    from fitting.transforms.laplace import Floats

WIDEST_RATIO = 4.0
"""Upper over lower end of the widest interval of a positive figure that counts as determined, as for parameters
(decision 006). Doubled, times known to their order of magnitude only would pass."""
WIDEST_SHARE = 0.5
"""Width of the widest interval of a share that counts as determined, as for parameters (decision 006). Doubled, any
share would pass."""
_OPEN_RATIO = 1e9
"""Upper over lower end from which an interval is shown as open: nothing measured spans nine decades. Doubled, some
open intervals show ends without meaning."""
_MOVING = 1e-9
"""Share of the largest slope from which a figure depends on a parameter: rounding of central differences over 1e-4
is 1e-12 of them. Doubled, nothing changes."""
_BAND_TIMES = 120
"""Times of the band of W(t): 20 a decade of a window of six. Doubled, the plot is no smoother to the eye."""
_GROWS = 0.02
"""Relative change of the mean time with the window from which its note says so: less is read off no instrument.
Doubled, a mean that grows slowly is called complete."""
_FIRST = 1e-9
"""First time of the integral over the window, as a share of it: what is lost before has no weight. Doubled, nothing
changes."""
_INTEGRAL_TIMES = 541
"""Times of that integral, 60 a decade: the mean of a single decay is good to 2e-4. Doubled, to 4e-5."""
_SEARCHED = np.geomspace(1e-8, 1e8, 65)
"""Where a time of loss is searched, as factors of the element's first mode: the widest elements lose all within ten
decades. Doubled, nothing changes."""
_NARROWED, _WITHIN = 3, np.linspace(0.0, 1.0, 17)
"""How often the interval with the time is looked at more closely, and at which shares of its logarithm: the last times
are 5e-5 apart, and between them W is straight to 1e-9. Doubled, memory quantities take 1.7 times as long."""

_COMBINED = "it depends on a parameter that enters only in combination with others"


def bulk_of(fitted: Fitted, u: Floats) -> tuple[Bulk, Floats]:
    """Return the hopping conductor at a place on the line, and its parameters.

    Raises
    ------
    FitError
        If the circuit has none.
    """
    return _conductor(fitted, u)[:2]


def _conductor(fitted: Fitted, u: Floats) -> Conductor:
    found = fitted.bulk(u)
    if found is None:
        raise FitError(f"{fitted.model.circuit} has no hopping conductor, so there is no memory to describe")
    return found


def estimate_of(
    name: str, unit: str, value: float, ends: tuple[float, float], note: str, *, share: bool = False, doubt: str = ""
) -> Estimate:
    """Return a positive figure with its interval, determined unless the interval is too wide or there is a doubt.

    Parameters
    ----------
    name, unit : str
    value : float
    ends : tuple of float
        Of the 95 % interval.
    note : str
        What it rests on.
    share : bool
        Whether it lies between 0 and 1: its interval counts by its width, else by the ratio of its ends.
    doubt : str
        Why it is not determined whatever its interval.
    """
    doubt = doubt or _doubt(*ends, share=share)
    shown = "; ".join(text for text in (doubt, note) if text)
    return Estimate(name, unit, value, ends if share else _unless_endless(*ends), not doubt, shown, share)


def _doubt(low: float, high: float, *, share: bool) -> str:
    """Return why an interval says too little; empty if it says enough."""
    if share:
        return "" if high - low < WIDEST_SHARE else f"its interval is {high - low:.0%} of all it could be"
    if high < WIDEST_RATIO * low:
        return ""
    return f"its interval spans a factor of {high / low:.2g}" if high < _OPEN_RATIO * low else "any value fits as well"


def memory_quantities(fitted: Fitted, *, with_band: bool = True) -> tuple[tuple[Estimate, ...], Band | None]:
    """Return the memory quantities of a fitted circuit's hopping conductor, and the band of its W(t) if that is wanted.

    Nothing for a circuit without one.
    """
    if fitted.bulk(fitted.u) is None:
        return (), None
    remaining = _steady_fraction(fitted)
    back_hop = derived_quantity(fitted, "back_hop_fraction", "", lambda bulk, p: 1.0 - bulk.w_inf(p), "", share=True)
    band = relaxation_band(fitted) if with_band else None
    return (remaining, back_hop, _mean_time(fitted), _median_time(fitted), *_modes(fitted)), band


def _of(
    fitted: Fitted, figure: Callable[[Bulk, Floats], float | Floats], *, of_shape: bool = False
) -> Callable[[Floats], Floats]:
    """Return a figure of the hopping conductor by the place on the line; once for all places with the same conductor.

    Half of a circuit's parameters are not its conductor's, and derivatives go along each of them. A figure of the shape
    of W(t) alone does not depend on the conductance at once, where that is a parameter.
    """
    known: dict[bytes, Floats] = {}

    def at(u: Floats) -> Floats:
        bulk, p, whole, shape = _conductor(fitted, u)
        key = shape if of_shape else whole
        found = known.get(key)
        if found is None:
            found = known[key] = np.asarray(figure(bulk, p), dtype=np.float64)[()]
        return found

    return at


def _interval(
    fitted: Fitted, figure: Callable[[Floats], Floats], *, share: bool
) -> tuple[float, tuple[float, float], str]:
    """Return value and 95 % interval of a positive figure, or of one between 0 and 1, and what speaks against it."""

    def line(u: Floats) -> Floats:
        value = figure(u)
        return np.log(value / (1.0 - value)) if share else np.log(value)

    value = float(figure(fitted.u))
    gradient = fitted.gradient(line)
    moving = np.flatnonzero(np.abs(gradient) > _MOVING * max(float(np.abs(gradient).max(initial=0.0)), 1e-300))
    if len(moving) == 1:
        k = int(moving[0])
        ends = [_moved(fitted, figure, k, end) for end in fitted.ends[k]]
        return value, (min(ends), max(ends)), _COMBINED if k in fitted.combined else ""
    middle, spread = float(line(fitted.u)), Z95 * float(fitted.deviation(gradient))
    far = [end for end in (float(line(place)) for place in fitted.far_places) if np.isfinite(end)]
    low, high = min([middle - spread, *far]), max([middle + spread, *far])
    if share:
        ends = [float(1.0 / (1.0 + np.exp(-np.clip(end, -700.0, 700.0)))) for end in (low, high)]
        return value, (ends[0], ends[1]), ""
    return value, (float(np.exp(max(low, -700.0))), float(np.exp(min(high, 700.0)))), ""


def _unless_endless(low: float, high: float) -> tuple[float | None, float | None]:
    """Return the interval, open to both sides where it says nothing."""
    return (None, None) if high > _OPEN_RATIO * low else (low, high)


def _depends(fitted: Fitted, figure: Callable[[Floats], Floats], k: int) -> bool:
    """Return whether a figure depends on a parameter anywhere: at the end of what that may be, it has no slope."""
    values = [_moved(fitted, figure, k, end) for end in (fitted.u[k], *fitted.ends[k])]
    return max(values) - min(values) > _MOVING * abs(values[0])


def _moved(fitted: Fitted, figure: Callable[[Floats], Floats], k: int, end: float) -> float:
    u = fitted.u.copy()
    u[k] = np.clip(end, -fitted.transform.limit[k], fitted.transform.limit[k])
    return float(figure(u))


def _steady_fraction(fitted: Fitted) -> Estimate:
    return derived_quantity(
        fitted,
        "W_inf",
        "",
        lambda bulk, p: bulk.w_inf(p),
        "by the model's shape beyond the window",
        share=True,
    )


def _windowed_time(window_s: float) -> Callable[[Bulk, Floats], float]:
    """Return the first moment of phi = -dW/dt over a window, by element and parameters.

    ``int t phi dt / int phi dt = int (W - W(T)) dt / (1 - W(T))``.
    """
    t = np.geomspace(_FIRST * window_s, window_s, _INTEGRAL_TIMES)
    ends = np.concatenate([[0.0], np.diff(np.log(t)), [0.0]])
    weights = 0.5 * (ends[1:] + ends[:-1]) * t  # trapezoids over the logarithm of time

    def moment(bulk: Bulk, p: Floats) -> float:
        W = bulk.relaxation(t, p)
        area = float((W - W[-1]) @ weights) + t[0] * (1.0 - W[-1])
        return float(area / max(float(1.0 - W[-1]), 1e-300))

    return moment


def _mean_time(fitted: Fitted) -> Estimate:
    window = fitted.window_s[1]
    value, ends, doubt = _interval(fitted, _of(fitted, _windowed_time(window), of_shape=True), share=False)
    whole = _windowed_time(100.0 * window)(*bulk_of(fitted, fitted.u))
    shown = format_quantity(window, "s")
    if abs(whole - value) > _GROWS * value:
        note = f"over the first {shown}; it grows with the window, {whole / value:.2g}-fold over 100 times longer"
    else:
        note = f"all of it lies within the window of {shown}"
    return estimate_of("memory_time", "s", value, ends, note, doubt=doubt)


def times_of_loss(bulk: Bulk, p: Floats, shares: Sequence[float]) -> list[float]:
    """Return the times (s) by which some shares of the memory are gone, ``W = 1 - share (1 - W_inf)``."""
    lost = 1.0 - bulk.w_inf(p)
    levels = [1.0 - share * lost for share in shares]
    known = [bulk.time_of(level, p) for level in levels]
    if None not in known:
        return [time_s for time_s in known if time_s is not None]
    far = bulk.modes(p)[0][0] * _SEARCHED
    remaining = bulk.relaxation(far, p)
    return [_time_of_level(bulk, p, level, far, remaining) for level in levels]


def _time_of_level(bulk: Bulk, p: Floats, level: float, t: Floats, W: Floats) -> float:
    """Return the time at which W falls to a level, by its values at some times around that."""
    # Bounds of plain numbers: `np.clip` takes ten times as long for one.
    k = min(max(int(np.searchsorted(-W, -level)), 1), len(t) - 1)
    for _ in range(_NARROWED):
        t = t[k - 1] * (t[k] / t[k - 1]) ** _WITHIN
        W = bulk.relaxation(t, p)
        k = min(max(int(np.searchsorted(-W, -level)), 1), len(t) - 1)
    drop = max(float(W[k - 1] - W[k]), 1e-300)
    return float(t[k - 1] * (t[k] / t[k - 1]) ** min(max(float(W[k - 1] - level) / drop, 0.0), 1.0))


def _median(bulk: Bulk, p: Floats) -> float:
    """Return the time by which half of the memory is gone, W = (1 + W_inf) / 2."""
    return times_of_loss(bulk, p, (0.5,))[0]


def derived_quantity(
    fitted: Fitted,
    name: str,
    unit: str,
    figure: Callable[[Bulk, Floats], float],
    note: str,
    *,
    share: bool = False,
    of_shape: bool = False,
) -> Estimate:
    """Return a figure of the hopping conductor with its interval.

    Parameters
    ----------
    fitted : Fitted
    name, unit : str
    figure : callable
        Of the element and its parameters.
    note : str
        What it rests on.
    share : bool
        Whether it lies between 0 and 1.
    of_shape : bool
        Whether it is one of the shape of W(t) alone, whatever the conductance.
    """
    return derived_figure(fitted, name, unit, _of(fitted, figure, of_shape=of_shape), note, share=share)


def derived_figure(
    fitted: Fitted, name: str, unit: str, figure: Callable[[Floats], Floats], note: str, *, share: bool = False
) -> Estimate:
    """Return a figure of the parameters on the line with its interval; `share` if it lies between 0 and 1."""
    value, ends, doubt = _interval(fitted, figure, share=share)
    found = estimate_of(name, unit, value, ends, note, share=share, doubt=doubt)
    # A bound says nothing of the value, and stands.
    return estimate_of(name, unit, value, ends, note, share=share) if doubt and found.bound else found


def within_profiles(fitted: Fitted, found: Estimate, figure: Callable[[Floats], Floats], note: str) -> Estimate:
    """Return a figure by the intervals of the parameters that it depends on, where the covariance says nothing.

    At an end of what a parameter may be, such as the place of an edge between two samples, the covariance has no
    meaning, and the profiles still do. All combinations of their ends hold whatever the parameters do together.

    Parameters
    ----------
    fitted : Fitted
    found : Estimate
        By the covariance; returned where it is determined, or a profile is open.
    figure : callable
        Of the parameters on the line.
    note : str
        What the figure rests on.
    """
    if found.determined:
        return found
    mine = [k for k in range(len(fitted.u)) if _depends(fitted, figure, k)]
    if fitted.combined & set(mine) or not np.all(np.isfinite(fitted.ends[mine])):
        return found
    values = []
    for corner in product((0, 1), repeat=len(mine)):
        u = fitted.u.copy()
        u[mine] = [fitted.ends[k, side] for k, side in zip(mine, corner, strict=True)]
        values.append(float(figure(u)))
    if not np.all(np.isfinite(values)):
        return found
    ends = min(values), max(values)
    return estimate_of(found.name, found.unit, found.value, ends, note, share=found.is_share)


def _median_time(fitted: Fitted) -> Estimate:
    value, ends, doubt = _interval(fitted, _of(fitted, _median, of_shape=True), share=False)
    if not fitted.window_s[0] <= value <= fitted.window_s[1]:
        doubt = "outside the window that was seen"
    return estimate_of("median_memory_time", "s", value, ends, "", doubt=doubt)


def _modes(fitted: Fitted) -> tuple[Estimate, ...]:
    element, p = bulk_of(fitted, fitted.u)
    n_modes = len(element.modes(p))

    def capacitance(k: int) -> Callable[[Bulk, Floats], float]:
        return lambda bulk, p: bulk.modes(p)[k][0] * bulk.modes(p)[k][1]

    note, found = "relaxing conductance times its relaxation time", []
    for k in range(n_modes):
        figure = _of(fitted, capacitance(k))
        name = f"mode_capacitance_{k + 1}" if n_modes > 1 else "mode_capacitance"
        found.append(within_profiles(fitted, derived_figure(fitted, name, "F", figure, note), figure, note))
    return tuple(found)


def band_of(fitted: Fitted, curve: Callable[[Floats], Floats]) -> tuple[Floats, Floats]:
    """Return the 95 % band of a curve of the parameters on the line, lowest and highest.

    Parameters
    ----------
    fitted : Fitted
    curve : callable
        On a scale on which it may be anything.
    """
    middle, spread = curve(fitted.u), Z95 * fitted.deviation(fitted.gradient(curve))
    far = [curve(place) for place in fitted.far_places]
    return np.fmin.reduce([middle - spread, *far]), np.fmax.reduce([middle + spread, *far])


def relaxation_band(fitted: Fitted) -> Band | None:
    """Return W(t) of the hopping conductor with its 95 % band; None for a circuit without one."""
    if fitted.bulk(fitted.u) is None:
        return None
    t = np.geomspace(*fitted.window_s, _BAND_TIMES)

    of = _of(fitted, lambda element, p: np.clip(element.relaxation(t, p), 1e-12, 1.0 - 1e-12), of_shape=True)

    def line(u: Floats) -> Floats:
        W = of(u)
        return np.log(W / (1.0 - W))

    lowest, highest = (1.0 / (1.0 + np.exp(-np.clip(x, -700.0, 700.0))) for x in band_of(fitted, line))
    return Band(t, of(fitted.u), lowest, highest)
