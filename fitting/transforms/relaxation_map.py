"""Transforms of relaxations that are known in time: a fixed linear map for each set of complex frequencies.

A relaxation f(t), such as ``W(t) - W_inf``, is matched at log-spaced times by decays, whose transforms are rational,
and so defined on the whole contour of `fitting.transforms.laplace`. The times and the rates follow the frequencies
that are asked for, wherever the relaxation's own time lies. What happened before the first of these times was over too
soon to have a shape at these frequencies: only its charge is left, a capacitance.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from fitting.transforms.modes import PER_DECADE, WeightsOfResponse

if TYPE_CHECKING:
    from fitting.transforms.laplace import Complexes, Floats

# Decades by which the first time lies before the shortest 1/|s|, and the last beyond the longest. A charge that came so
# early is a capacitance to 1e-8; what comes after the times that are asked for cannot reach them. One decade less
# before, and a fall by 1/t is missed by 1e-6 behind a resistor; more cost time.
_BEFORE, _BEYOND = 4, 1
# Times a rate; as for the modes of a record, twice as many take twice the time.
_TIMES_PER_RATE = 3
# Rates beyond the reciprocals of the last and first time, in steps of the grid: a factor of 30 and of 10.
_SLOWER, _FASTER = 10, 7
# Falls, as powers of time, that relaxations are scaled by before they are matched, so that the match is right to a
# share of what is left at each time. MIGRATION falls as 1/t at most, a Kohlrausch relaxation with b near 1 faster.
_POWERS = (0.0, 0.5, 1.0, 2.0)


@lru_cache(maxsize=32)
def _scaled_match(n_decades: int, power: float) -> tuple[Floats, Floats]:
    """Return the two factors of the map from a relaxation to weights, for a grid whose first time is 1.

    Grids of as many decades are the same but for the unit of time.
    """
    times, rates = _grid(n_decades)
    inverse = WeightsOfResponse(times, rates, row_scale=times**power, column_scale=_column_scale(rates, power))
    return inverse.onto, inverse.back


def _grid(n_decades: int) -> tuple[Floats, Floats]:
    """Return times from 1 on, and rates, the first of which is 0."""
    per = _TIMES_PER_RATE * PER_DECADE
    times = 10.0 ** (np.arange(per * n_decades + 1) / per)
    steps = np.arange(-PER_DECADE * n_decades - _SLOWER, _FASTER + 1)
    return times, np.concatenate([[0.0], 10.0 ** (steps / PER_DECADE)])


def _column_scale(rates: Floats, power: float) -> Floats:
    """Return what makes the scaled decays as large as each other; the constant goes with the slowest."""
    scale: Floats = np.maximum(rates, rates[1]) ** power
    return scale


class RelaxationMap:
    """The linear map from a relaxation at certain times to ``s`` times its transform at certain frequencies.

    Parameters
    ----------
    s : ndarray of complex128, shape (n_s,)
        Complex frequencies (rad/s).
    """

    def __init__(self, s: Complexes) -> None:
        size = np.abs(s)
        self._s = s
        self._shortest_s = float(1.0 / size.max())
        self._n_decades = _BEFORE + _BEYOND + int(np.ceil(np.log10(size.max() / size.min())))
        first_s = self._shortest_s * 10.0**-_BEFORE
        times, rates = _grid(self._n_decades)
        self.times_s: Floats = first_s * times
        """Times (s) at which the relaxation is asked for, rising."""
        self._rates = rates / first_s
        self._joined: dict[float, Floats] = {}

    @cached_property
    def _scales(self) -> Floats:
        """What each power of time makes of a relaxation, shape (powers, n)."""
        return np.array([(self.times_s / self._shortest_s) ** power for power in _POWERS])

    @cached_property
    def _rational(self) -> Floats:
        """Transforms of the decays times s, and what is left of each as a capacitance: their charge taken out."""
        rates = self._rates[:, None]
        slow = np.maximum(rates, self._rates[1])
        charge = np.where(rates > 0.0, -np.expm1(-rates * self.times_s[0]) / slow, self.times_s[0])
        rational = np.where(rates > 0.0, self._s / (self._s + rates), 1.0) - charge * self._s
        return np.ascontiguousarray(rational).view(np.float64)

    def __call__(self, relaxations: Floats, early_s: Floats) -> Complexes:
        """Return ``s`` times the transforms, shape (k, n_s).

        Parameters
        ----------
        relaxations : ndarray, shape (k, n)
            At `times_s`: the relaxation, which decides how all are scaled, and its derivatives.
        early_s : ndarray, shape (k,)
            Their integrals from 0 to the first time.
        """
        power = self._power(np.abs(relaxations[0]))
        onto, back = _scaled_match(self._n_decades, power)
        if power not in self._joined:
            self._joined[power] = back @ self._rational
        parts = (relaxations @ onto) @ self._joined[power]
        sums: Complexes = parts.view(np.complex128) + np.multiply.outer(early_s, self._s)
        return sums

    def _power(self, relaxation: Floats) -> float:
        """Return the power of time by which the match is nearest from the shortest 1/|s| on."""
        return _POWERS[int(np.argmin((self._scales * relaxation).max(axis=1)))]


def relaxation_map(s: Complexes) -> RelaxationMap:
    """Return the map for some frequencies (rad/s), kept for the next call: a fit asks for the same ones throughout."""
    return _kept_map(np.ascontiguousarray(s, dtype=np.complex128).tobytes())


@lru_cache(maxsize=32)
def _kept_map(s_bytes: bytes) -> RelaxationMap:
    return RelaxationMap(np.frombuffer(s_bytes, dtype=np.complex128))
