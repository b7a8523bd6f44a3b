"""Where a profile is 1.96 deviations high, by its height and slope at a few places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitting.constants import Z95

CLOSE = 0.1
"""How near to the end of an interval a refit must be, as a share of its length, for a cubic through two places and
their slopes to give the end. Two and a half times that, ends are off by up to 1.5e-4 of an interval, not by 3e-5."""
_BENT = 3.0
"""By what factor a slope of a profile may differ from that of its chord for such a cubic to be believed. Doubled,
refits that were lost in another valley are; halved, none is beside a wall."""
_FURTHEST = 3.0
"""How many times further than the last refit the next one is, at most. Doubled, refits are lost in other valleys."""
_TRUSTED = 4
"""Refits for whose place the cubic is asked; then chords, which close in whatever the profile does."""
_FAR_UP = 10.0
"""How many times 1.96 deviations a profile may be high for a chord through it to be of use. Doubled, ends of valleys
that are flat for decades, such as that of a resistance that is not seen, take some refits more."""
CLOSE_BY_CHORD = 0.02
"""The same for a chord. Doubled, ends are 2 % off where a profile bends, as that of an exponent near 1 does."""
CLOSE_AT_ALL = 0.1
"""The same on the line, however long the way: from where a resistance is nothing it is 20 to where it is seen, and 2 %
of that would be a factor of 1.5. Halved, such ends take a refit more."""


@dataclass(frozen=True)
class Height:
    """How many deviations a profile is high at some place on one side of the best, and its slope there."""

    at: float
    z: float
    slope: float

    def end_with(self, further: Height) -> float:
        """Return where the cubic through two places, over the height, is 1.96 high; infinite if there is none."""
        rise, run = further.z - self.z, further.at - self.at
        if not (rise > 0.0 and run > 0.0):
            return np.inf
        chord = rise / run
        if not all(chord / _BENT < one.slope < chord * _BENT for one in (self, further)):
            return np.inf
        x = (Z95 - self.z) / rise
        first, last = chord / self.slope, chord / further.slope
        return self.at + run * (first * x * (1.0 - x) ** 2 + x * x * (3.0 - 2.0 * x) - last * x * x * (1.0 - x))


class Bracket:
    """Where a profile is 1.96 high: between the last place below and the last above.

    By chords, as the Illinois method has it (Dowell, Jarratt, BIT 11, 168 (1971)): an end that stays twice counts half.
    A plain chord creeps where the refit at one end was lost in another valley, ten deviations up.
    """

    def __init__(self) -> None:
        self.inner, self.outer = 0.0, np.inf
        self._floor = self._below = -Z95
        self._above = np.inf
        self._last_side = 0.0
        self._trusted = _TRUSTED

    def end_near(self, at: float, z: float) -> float:
        """Return where the chord from the last place below through a height here is 1.96 high."""
        if at <= self.inner:
            return np.inf
        rise = (z - Z95 - self._floor) / (at - self.inner)
        return at + (Z95 - z) / rise if rise > 0.0 else np.inf

    def next_place(self, at: float, z: float, reach: float, expected: float) -> float:
        """Return where to look next, after a height was found somewhere, and an end; no further than `reach`."""
        side = np.sign(z - Z95)
        if side > 0.0:
            self.outer, self._above = at, z - Z95
            self._below *= 0.5 if side == self._last_side else 1.0
        else:
            self.inner, self._floor, self._below = at, z - Z95, z - Z95
            self._above *= 0.5 if side == self._last_side else 1.0
        self._last_side = side
        self._trusted -= 1
        if self._trusted >= 0 and self.inner < expected < min(self.outer, _FURTHEST * at):
            return min(reach, expected)
        if not np.isfinite(self.outer):
            return min(reach, at * float(np.clip(Z95 / max(z, 1e-3), 1.1, _FURTHEST)))
        # A chord from far up a wall would lead back to the foot of the valley, again and again.
        is_near = self._above < (_FAR_UP - 1.0) * Z95
        share = self._below / (self._below - self._above) if is_near else 0.5
        return self.inner + float(np.clip(share, 0.05, 0.95)) * (self.outer - self.inner)
