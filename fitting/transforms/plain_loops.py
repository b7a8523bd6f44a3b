"""The loops that a short fit needs, in numpy alone: nothing to compile, nothing to load.

`fitting.transforms.mismatch_loop` runs them four times as fast, but loading it takes longer than a whole fit from a
kept reduction. Both give the same to rounding (tests/fitting/transforms/test_plain_loops.py).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fitting.transforms.laplace import Floats

_COMPILED = {"fitting.transforms.loops", "fitting.transforms.mismatch_loop"}
# How many calls go without the compiled loops: loading those takes some 0.6 s of processor time, and a call of the
# plain ones some 0.25 ms longer (2026-11, two cores of an EPYC). Twice as many would cost a long fit 0.6 s more; half
# as many would load them in an ordinary fit of six parameters.
_FEW_CALLS = 2000
# exp(700) is the last power of ten that a float64 holds; the panels beyond it are never reached.
_LARGEST_EXPONENT = 700.0
_SMALL = 1e-2
"""As in the compiled walk."""


class Loops(Protocol):
    """The function that both homes of the loops have; see `fitting.transforms.mismatch_loop` for its arguments."""

    def mismatch_of_times(  # noqa: PLR0917 - as the compiled loop
        self,
        x: Floats,
        B: float,
        K: float,
        edges: Floats,
        nodes: Floats,
        n_newton: int,
        gauss: Floats,
        sums: Floats,
        out: Floats,
        /,
    ) -> None:
        """Solve the mismatch equation at reduced times."""


_calls = 0


def loops_for_call() -> Loops:
    """Return the compiled loops if they are loaded or will be worth it, this file else.

    The classic rule for renting or buying: buy as soon as the rent has cost as much.
    """
    global _calls  # noqa: PLW0603 - how often this process has asked
    _calls += 1
    if _calls > _FEW_CALLS or not _COMPILED.isdisjoint(sys.modules):
        import fitting.transforms.mismatch_loop as compiled

        return compiled
    return sys.modules[__name__]  # a module is what has these functions


def mismatch_of_times(  # noqa: PLR0917 - as the compiled loop
    x: Floats,
    B: float,
    K: float,
    edges: Floats,
    nodes: Floats,
    n_newton: int,
    gauss: Floats,
    sums: Floats,
    out: Floats,
) -> None:
    """Solve ``x = integral to y of exp((K - 1) y' + B (1 - e^-y')) dy'`` for y; see the compiled loop."""
    n_panels = len(edges) - 1
    _sum_panels(B, K, edges, nodes, gauss[1], sums)
    panel = np.searchsorted(sums[0], x, side="right") - 1
    beyond = panel >= n_panels
    panel = np.minimum(panel, n_panels - 1)
    low, width = edges[panel], np.diff(edges)[panel]
    y = low + width * _first_guess(x, panel, B, K, edges, sums)
    places, weights = gauss
    for _ in range(n_newton):
        span = y - low
        part = low[:, None] + span[:, None] * places
        lost = -np.expm1(-part)
        h = np.exp((K - 1.0) * part + B * lost)
        lost_there = -np.expm1(-y)
        slope = np.exp((K - 1.0) * y + B * lost_there)
        step = (sums[0, panel] + span * (h @ weights) - x) / slope
        bend = K - 1.0 + B * (1.0 - lost_there)
        step /= np.maximum(1.0 - 0.5 * step * bend, 0.5)
        before, moved = y, np.clip(y - step, low, low + width) - y
        y = y + moved
        if np.all(np.abs(moved) < 1e-5 * width):
            break
    along = slope * moved
    by_B = sums[1, panel] + span * ((lost * h) @ weights)
    by_B += along * (lost_there + 0.5 * moved * (1.0 - lost_there + lost_there * bend))
    by_K = sums[2, panel] + span * ((part * h) @ weights) + along * (before + 0.5 * moved * (1.0 + before * bend))
    slope = slope * (1.0 + moved * (bend + 0.5 * moved * (bend * bend - B * (1.0 - lost_there))))
    for row, (inside, outside) in enumerate(((y, np.inf), (slope, 1.0), (by_B, 0.0), (by_K, 0.0))):
        out[row] = np.where(beyond, outside, inside)


def _sum_panels(B: float, K: float, edges: Floats, nodes: Floats, weights: Floats, sums: Floats) -> None:
    """Write the integral and its derivatives to B and K at the ends of the panels."""
    y, lost = nodes
    h = np.exp(np.minimum((K - 1.0) * y + B * lost, _LARGEST_EXPONENT)) * np.diff(edges)[:, None]
    sums[:, 0] = 0.0
    for row, of in enumerate((h, lost * h, y * h)):
        np.cumsum(of @ weights, out=sums[row, 1:])


def _first_guess(x: Floats, panel: NDArray[np.intp], B: float, K: float, edges: Floats, sums: Floats) -> Floats:
    """Return where in its panel each time lies, by the polynomial through the panel's ends, their slopes and bends."""
    low, width = edges[panel], np.diff(edges)[panel]
    rise = sums[0, panel + 1] - sums[0, panel]
    share = np.minimum((x - sums[0, panel]) / rise, 1.0)
    ends = (low, low + width)
    first, last = (rise / (width * np.exp((K - 1.0) * y - B * np.expm1(-y))) for y in ends)
    bends = [-(K - 1.0 + B * np.exp(-y)) * width * one**2 for y, one in zip(ends, (first, last), strict=True)]
    c2 = 0.5 * bends[0]
    off, off_slope, off_bend = 1.0 - first - c2, last - first - 2.0 * c2, 0.5 * bends[1] - c2
    higher = 10.0 * off - 4.0 * off_slope + off_bend
    higher += share * (-15.0 * off + 7.0 * off_slope - 2.0 * off_bend)
    higher += share**2 * (6.0 * off - 3.0 * off_slope + off_bend)
    guess: Floats = np.clip(share * (first + share * (c2 + share * higher)), 0.0, 1.0)
    return guess


def modes_of_drive(
    start_s: Floats, rates: Floats, segments: Floats, mean: Floats, slack_s: float, aperture_s: float = 0.0
) -> Floats:
    """Return what samples see of the modes ``z' = -rate z + V'`` of a drive at rest before its first segment.

    Parameters
    ----------
    start_s : ndarray, shape (n,)
        Start of each sample's aperture (s), rising.
    rates : ndarray, shape (m,)
        Rates (1/s).
    segments : ndarray, shape (3, k)
        Of each segment of the drive: its start (s), the jump there (V), the slope over it (V/s).
    mean : ndarray, shape (2, m)
        What the mean over an aperture takes of the state at its start, and of the slope.
    slack_s : float
        A segment that begins no more than this after a sample's start counts as beginning there.
    aperture_s : float

    Returns
    -------
    ndarray, shape (n, m)
        Volts.
    """
    rows = np.zeros((len(start_s), len(rates)))
    state, slope, now = np.zeros(len(rates)), 0.0, float(segments[0, 0])
    bounds = np.append(np.searchsorted(start_s + slack_s, segments[0]), len(start_s))
    for (begins, jump, new_slope), first, last in zip(segments.T, bounds[:-1], bounds[1:], strict=True):
        state = _moved(np.array([begins - now]), rates, state, slope)[0] + jump
        slope, now = float(new_slope), float(begins)
        if last > first:
            elapsed = np.maximum(start_s[first:last] - now, 0.0)
            rows[first:last] = _moved(elapsed, rates, state, slope) * mean[0] + slope * mean[1]
    # Bends within an aperture.
    bends = np.diff(segments[2], prepend=0.0)
    for begins, bend, later in zip(segments[0], bends, bounds[:-1], strict=True):
        first = np.searchsorted(start_s + aperture_s, begins, side="right")
        rest = (start_s[first:later] + aperture_s - begins)[:, None]
        x = rest * rates
        series = 0.5 - x * (1.0 / 6.0 - x * (1.0 / 24.0 - x * (1.0 / 120.0 - x / 720.0)))
        share = np.where(x < _SMALL, series, (x + np.expm1(-x)) / np.where(x < _SMALL, 1.0, x) ** 2)
        rows[first:later] += bend * share * rest**2 / (aperture_s or 1.0)
    return rows


def _moved(elapsed_s: Floats, rates: Floats, state: Floats, slope: float) -> Floats:
    """Return the modes after some times at one slope, shape (times, modes)."""
    x = np.multiply.outer(elapsed_s, rates)
    moved: Floats = state * np.exp(-x)
    if slope != 0.0:
        growing = np.where(rates > 0.0, -np.expm1(-x) / np.where(rates > 0.0, rates, 1.0), elapsed_s[:, None])
        moved += slope * growing
    return moved
