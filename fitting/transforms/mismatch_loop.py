"""Compiled loop of MIGRATION: its mismatch at many times.

Importing this file imports numba and compiles, once a machine; `fitting.transforms.plain_loops` has its twin in numpy.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fitting.transforms.compiler import compiled, part_of_loop

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_NARROW, _FLATTEST = 0.5, 1.5
"""How wide a panel is, and by how much the integrand's logarithm changes over it, at most, for the series below to be
right to rounding. Larger ones take the exponentials of the library."""
_LOST = np.array([(-1.0) ** k / math.factorial(k + 1) for k in range(14)])
"""Of ``(1 - exp(-x)) / x``: what comes after it is 4e-16 at 0.5."""
_GROWN = np.array([math.exp(0.75) / math.factorial(k) for k in range(17)])
"""Of exp(x) about 0.75: what comes after it is 2e-17 of it from 0 to 1.5."""


@part_of_loop
def _sums_of_series(
    low: float, wide: float, slopes: tuple[float, float, float], kept: float, gauss: Floats, sums: Floats
) -> None:
    """Write the integral over a part of a narrow panel, and its derivatives to B and K, by series: many abreast.

    Parameters
    ----------
    low, wide : float
        Where the part begins, and its width.
    slopes : tuple of float
        The integrand at its beginning, ``K - 1``, and ``B exp(-low)``.
    kept : float
        ``exp(-low)``.
    gauss : float64 (2, 8)
    sums : float64 (3,)
        Out.
    """
    first, steady, fading = slopes
    total = by_B = by_K = 0.0
    for g in range(8):
        x = wide * gauss[0, g]
        lost = _LOST[13]
        for k in range(12, -1, -1):
            lost = _LOST[k] + x * lost
        lost *= x
        q = steady * x + fading * lost - 0.75
        grown = _GROWN[16]
        for k in range(15, -1, -1):
            grown = _GROWN[k] + q * grown
        grown *= gauss[1, g]
        total += grown
        by_B += lost * grown
        by_K += x * grown
    first *= wide
    total *= first
    sums[0] = total
    sums[1] = kept * by_B * first + (1.0 - kept) * total
    sums[2] = by_K * first + low * total


@compiled("void(f8[::1], f8, f8, f8[::1], f8[:,:,::1], i8, f8[:,::1], f8[:,::1], f8[:,::1])")
def mismatch_of_times(  # noqa: C901, PLR0915, PLR0917 - one loop
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
    """Solve ``x = integral to y of exp((K - 1) y' + B (1 - e^-y')) dy'`` for y within panels of y, by Halley's steps.

    Parameters
    ----------
    x : float64 (n,)
        Reduced times, rising.
    B, K : float
    edges : float64 (p + 1,)
        Ends of the panels, rising from 0.
    nodes : float64 (2, p, g)
        y at the nodes of each panel, and 1 - e^-y there.
    n_newton : int
        Most steps.
    gauss : float64 (2, g)
        Nodes and weights on the unit interval.
    sums : float64 (3, p + 1)
        Written: the integral and its derivatives to B and K at the panels' ends.
    out : float64 (4, n)
        Written: y, the integrand there, and the integral's derivatives to B and K. y is infinite beyond the last panel.
    """
    n_panels = sums.shape[1] - 1
    sums[:, 0] = 0.0
    for p in range(n_panels):
        width = edges[p + 1] - edges[p]
        for k in range(3):
            sums[k, p + 1] = sums[k, p]
        for g in range(gauss.shape[1]):
            y, lost = nodes[0, p, g], nodes[1, p, g]
            h = np.exp((K - 1.0) * y + B * lost) * gauss[1, g] * width
            sums[0, p + 1] += h
            sums[1, p + 1] += lost * h
            sums[2, p + 1] += y * h
        if sums[0, p + 1] > x[-1]:
            n_panels = p + 1
            break
    panel, known = 0, -1
    low = width = rise = first = left = c1 = c2 = c3 = c4 = c5 = 0.0
    is_narrow, parts = False, np.empty(3)
    for n in range(x.size):
        while panel < n_panels and sums[0, panel + 1] <= x[n]:
            panel += 1
        if panel == n_panels:
            out[0, n], out[1, n], out[2, n], out[3, n] = np.inf, 1.0, 0.0, 0.0
            continue
        if panel != known:
            # The polynomial through the panel's ends, with the slopes and bends of y over the integral there.
            known = panel
            low, width = edges[panel], edges[panel + 1] - edges[panel]
            rise = sums[0, panel + 1] - sums[0, panel]
            left, left_after = np.exp(-low), np.exp(-low - width)
            first = np.exp((K - 1.0) * low + B * (1.0 - left))
            c1 = rise / (width * first)
            last = rise / (width * np.exp((K - 1.0) * (low + width) + B * (1.0 - left_after)))
            steepest = K - 1.0 + B * left
            is_narrow = width <= _NARROW and steepest * width <= _FLATTEST
            c2 = -0.5 * steepest * width * c1 * c1
            last_bend = -(K - 1.0 + B * left_after) * width * last * last
            off, off_slope, off_bend = 1.0 - c1 - c2, last - c1 - 2.0 * c2, 0.5 * last_bend - c2
            c3 = 10.0 * off - 4.0 * off_slope + off_bend
            c4 = -15.0 * off + 7.0 * off_slope - 2.0 * off_bend
            c5 = 6.0 * off - 3.0 * off_slope + off_bend
        share = (x[n] - sums[0, panel]) / rise
        share *= c1 + share * (c2 + share * (c3 + share * (c4 + share * c5)))
        y = low + width * min(max(share, 0.0), 1.0)
        by_B = by_K = 0.0
        slope = 1.0
        for _ in range(n_newton):
            total, by_B, by_K = sums[0, panel], sums[1, panel], sums[2, panel]
            if is_narrow:
                _sums_of_series(low, y - low, (first, K - 1.0, B * left), left, gauss, parts)
                total += parts[0]
                by_B += parts[1]
                by_K += parts[2]
            else:
                for g in range(gauss.shape[1]):
                    part = low + (y - low) * gauss[0, g]
                    # The difference is exact enough beyond the first panel, and takes half as long.
                    lost = 1.0 - np.exp(-part) if panel > 0 else -np.expm1(-part)
                    h = np.exp((K - 1.0) * part + B * lost) * gauss[1, g] * (y - low)
                    total += h
                    by_B += lost * h
                    by_K += part * h
            lost = -np.expm1(-y)
            slope = np.exp((K - 1.0) * y + B * lost)
            step = (total - x[n]) / slope
            bend = K - 1.0 + B * (1.0 - lost)
            step /= max(1.0 - 0.5 * step * bend, 0.5)
            moved = min(max(y - step, low), low + width) - y
            # The sums go along to second order, and what is next is rounding: so is what is left of y, by Halley's
            # third order.
            by_B += slope * moved * (lost + 0.5 * moved * (1.0 - lost + lost * bend))
            by_K += slope * moved * (y + 0.5 * moved * (1.0 + y * bend))
            slope *= 1.0 + moved * (bend + 0.5 * moved * (bend * bend - B * (1.0 - lost)))
            y += moved
            if abs(moved) < 1e-5 * width:
                break
        out[0, n], out[1, n], out[2, n], out[3, n] = y, slope, by_B, by_K
