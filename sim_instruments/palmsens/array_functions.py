"""Functions of whole arrays: smoothing, peaks, a straight line (manual, 14.3; examples 014, 024 and 031)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.palmsens.faults import Code, ScriptFault
from sim_instruments.palmsens.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

_WINDOWS = (0, 5, 9, 15, 25)
"""Readings of the Savitzky-Golay window by strength: none, low, medium, high, very high, as the vendor's PSTrace has
them (assumed for the script command)."""


def smoothed(values: Sequence[Value], strength: int) -> list[Value]:
    """Return values after a Savitzky-Golay filter of second order.

    Raises
    ------
    ScriptFault
        If there is no such strength, or there are fewer values than its window has.
    """
    from scipy.signal import savgol_filter  # it takes a third of a second, and few scripts smooth

    if not 0 <= strength < len(_WINDOWS):
        raise ScriptFault(Code.OUT_OF_BOUNDS)
    window = _WINDOWS[strength]
    if len(values) < window:
        raise ScriptFault(Code.ARRAY_TOO_SMALL)
    numbers = np.array([float(value.number) for value in values])
    found = savgol_filter(numbers, window, 2) if window else numbers
    return [
        Value(float(number), value.kind, value.status, value.range_code)
        for number, value in zip(found, values, strict=True)
    ]


def straight_line(x: Sequence[Value], y: Sequence[Value]) -> tuple[float, float]:
    """Return slope and intercept of the least-squares line.

    Raises
    ------
    ScriptFault
        If there are fewer than two different x.
    """
    across, up = (np.array([float(value.number) for value in values]) for values in (x, y))
    count = min(len(across), len(up))
    across, up = across[:count], up[:count]
    if count < 2 or np.ptp(across) == 0.0:
        raise ScriptFault(Code.DIVISION_BY_ZERO)
    spread = across - across.mean()
    slope = float(spread @ (up - up.mean()) / (spread @ spread))
    return slope, float(up.mean() - slope * across.mean())


def peaks(values: Sequence[Value], *, downward: bool, least_height: float) -> list[tuple[int, float]]:
    """Return index and height of each peak, in their order.

    The height is over the peak's own base: the higher of the lowest points between it and a higher peak, or the end,
    on either side (assumed; the example has "base = peak - height").
    """
    from scipy.signal import find_peaks  # as in `smoothed`

    numbers = np.array([float(value.number) for value in values])
    at, found = find_peaks(-numbers if downward else numbers, prominence=max(least_height, 0.0))
    sign = -1.0 if downward else 1.0
    return [(int(index), sign * float(height)) for index, height in zip(at, found["prominences"], strict=True)]
