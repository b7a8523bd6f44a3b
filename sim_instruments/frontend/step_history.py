"""History of the voltage on a cell: its steps, and sums over them that do not grow with their number.

What a reading sees of a step depends on how long ago that was, and the more smoothly the longer: a group of steps that
is at least as far away as it is wide is replaced by 20 steps at the Chebyshev nodes of its span. Groups double in size
with their distance, as in a tree code (Barnes and Hut, Nature 324, 446, 1986), so that a sum over n steps takes some
20 log2(n / 32) values of the response.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

CHEBYSHEV = 20
"""Nodes of a group: its nearest singularity is on a Bernstein ellipse of 5.8, so that they give 1e-13."""
NODES = np.cos(np.pi * (np.arange(CHEBYSHEV) + 0.5) / CHEBYSHEV)
"""Those nodes in -1 ... 1: zeros of the Chebyshev polynomial of that degree."""
_LEAF = 32
"""Steps of the smallest group: fewer are summed one by one."""
_FIRST_CAPACITY = 64
"""Steps that there is room for at first; the room doubles when it is used up."""


def chebyshev_interpolation(x: Array) -> Array:
    """Return the matrix from values at the nodes to values at places in -1 ... 1, shape (len(x), 20)."""
    order = np.arange(CHEBYSHEV)
    to_coefficients = np.cos(np.outer(order, np.arccos(NODES))) * (2.0 / CHEBYSHEV)
    to_coefficients[0] *= 0.5
    matrix: Array = np.polynomial.chebyshev.chebvander(x, CHEBYSHEV - 1) @ to_coefficients
    return matrix


class _Group:
    """Some steps, as steps at the Chebyshev nodes of their span.

    Parameters
    ----------
    times_s, steps_V : ndarray, shape (n,)
        Of the steps, or of the nodes of the two groups that it is made of.
    first_s, last_s : float
        Its span.
    """

    def __init__(self, times_s: Array, steps_V: Array, first_s: float, last_s: float) -> None:
        self.last_s = last_s
        self.width_s = last_s - first_s
        half = max(0.5 * self.width_s, np.finfo(float).tiny)
        x = np.clip((times_s - 0.5 * (first_s + last_s)) / half, -1.0, 1.0)
        self.times_s = 0.5 * (first_s + last_s) + half * NODES
        self.steps_V = steps_V @ chebyshev_interpolation(x)


class StepHistory:
    """Level changes in the order of time.

    Parameters
    ----------
    rest_V : float
        Level before the first.
    """

    def __init__(self, rest_V: float) -> None:
        self.rest_V = rest_V
        self._n = 0
        self._times = np.empty(_FIRST_CAPACITY)
        self._steps = np.empty(_FIRST_CAPACITY)
        self._sums = np.zeros(_FIRST_CAPACITY + 1)
        self._groups: dict[tuple[int, int], _Group] = {}

    def add(self, t_s: float, step_V: float) -> None:
        """Note a step; none was later."""
        if self._n == len(self._times):
            self._times = np.concatenate([self._times, np.empty(self._n)])
            self._steps = np.concatenate([self._steps, np.empty(self._n)])
            self._sums = np.concatenate([self._sums, np.empty(self._n)])
        self._times[self._n], self._steps[self._n] = t_s, step_V
        self._sums[self._n + 1] = self._sums[self._n] + step_V
        self._n += 1

    @property
    def times_s(self) -> Array:
        """When the steps were, shape (n,)."""
        return self._times[: self._n]

    @property
    def steps_V(self) -> Array:
        """Their heights, shape (n,)."""
        return self._steps[: self._n]

    def level_at(self, t_s: Array) -> Array:
        """Return the level at some times, V."""
        return self.rest_V + self._sums[np.searchsorted(self.times_s, t_s, side="right")]

    def response(self, of_step: Callable[[Array], Array], t_s: Array, count: int) -> Array:
        """Return the sum of the responses to the first `count` steps.

        Parameters
        ----------
        of_step : callable
            Response to a step of 1 V as a function of the time since then, s.
        t_s : ndarray, shape (n,)
            At which times.
        count : int
            How many steps, the oldest ones.

        Returns
        -------
        ndarray, shape (n,)
        """
        times, steps = self._condensed(count, float(t_s.min()))
        response: Array = steps @ of_step(t_s - times[:, None])
        return response

    def _condensed(self, count: int, t_s: float) -> tuple[Array, Array]:
        """Return steps that stand for the first `count` at times from t_s on."""
        times: list[Array] = []
        steps: list[Array] = []
        position = 0
        while count - position >= _LEAF:
            # The largest group that begins here and is complete; smaller ones as long as it is too near.
            level = (count - position).bit_length() - _LEAF.bit_length()
            if position:
                level = min(level, (position & -position).bit_length() - _LEAF.bit_length())
            group = self._group(level, position)
            while level and t_s - group.last_s < group.width_s:
                level -= 1
                group = self._group(level, position)
            size = _LEAF << level
            if t_s - group.last_s < group.width_s:
                times.append(self._times[position : position + size])
                steps.append(self._steps[position : position + size])
            else:
                times.append(group.times_s)
                steps.append(group.steps_V)
            position += size
        times.append(self._times[position:count])
        steps.append(self._steps[position:count])
        return np.concatenate(times), np.concatenate(steps)

    def _group(self, level: int, first: int) -> _Group:
        """Return the group of ``32 * 2**level`` steps from `first` on; they are all there."""
        group = self._groups.get((level, first))
        if group is None:
            size = _LEAF << level
            if level:
                halves = [self._group(level - 1, start) for start in (first, first + size // 2)]
                times = np.concatenate([half.times_s for half in halves])
                steps = np.concatenate([half.steps_V for half in halves])
            else:
                times, steps = self._times[first : first + size], self._steps[first : first + size]
            group = _Group(times, steps, float(self._times[first]), float(self._times[first + size - 1]))
            self._groups[level, first] = group
        return group
