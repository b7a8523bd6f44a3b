"""Compiled loop of a search: the damped step within bounds.

A search takes thousands of steps in a handful of parameters, where numpy spends its time on the calls: compiled, a step
takes a tenth. `fitting.inference.least_squares` has its twin in numpy, for searches too short to load this file.
Arrays are copied element by element: numba compiles the words of an assignment's error, 2 s in all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.transforms.compiler import compiled, part_of_loop

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_NOTHING_SQUARED = 1e-120
"""A column this short (squared) is nothing but the rounding of underflow; its reflection would overflow."""


@part_of_loop
def _triangulate(columns: Floats, n: int) -> None:
    """Bring the first n columns to a triangle by Householder reflections, which the columns after them follow.

    Parameters
    ----------
    columns : float64 (k, m)
        Each column as a row; in and out.
    n : int
    """
    m = columns.shape[1]
    for j in range(min(n, m)):
        column = columns[j]
        below = 0.0
        for i in range(j + 1, m):
            below += column[i] * column[i]
        if below < _NOTHING_SQUARED:
            continue
        corner = column[j]
        norm = np.sqrt(corner * corner + below)
        if corner > 0.0:
            norm = -norm
        head = corner - norm
        scale = 2.0 / (head * head + below)
        column[j] = norm
        for c in range(j + 1, columns.shape[0]):
            other = columns[c]
            dot = other[j] * head
            for i in range(j + 1, m):
                dot += column[i] * other[i]
            dot *= scale
            other[j] -= dot * head
            for i in range(j + 1, m):
                other[i] -= dot * column[i]


@part_of_loop
def _solve_free(  # noqa: C901 - one loop; see `absorb`
    triangle: Floats, damping: float, fixed: NDArray[np.bool_], step: Floats
) -> int:
    """Solve a step in place for those of its components that are not fixed, and return how many those are.

    Parameters
    ----------
    triangle : float64 (n + 1, k)
        Columns of the Jacobian's triangle, then what the step has to make up.
    damping : float
    fixed : bool (n,)
    step : float64 (n,)
    """
    n, k = step.size, triangle.shape[1]
    n_free = 0
    for j in range(n):
        n_free += not fixed[j]
    if n_free == 0:
        return 0
    rows = np.zeros((n_free + 1, k + n_free))
    aim = rows[n_free]
    for i in range(k):
        aim[i] = triangle[n, i]
    at = 0
    for j in range(n):
        if fixed[j]:
            for i in range(min(j + 1, k)):
                aim[i] -= triangle[j, i] * step[j]
        else:
            for i in range(min(j + 1, k)):
                rows[at, i] = triangle[j, i]
            rows[at, k + at] = np.sqrt(damping)
            at += 1
    _triangulate(rows, n_free)
    at = n_free
    for j in range(n - 1, -1, -1):
        if fixed[j]:
            continue
        at -= 1
        step[j] = aim[at] / rows[at, at]
        for i in range(at):
            aim[i] -= rows[at, i] * step[j]
    return n_free


@part_of_loop
def _release(  # noqa: C901, PLR0912, PLR0917 - one loop; see `absorb`
    triangle: Floats,
    damping: float,
    bounds: Floats,
    fixed: NDArray[np.bool_],
    most_releases: int,
    rounding: float,
    step: Floats,
) -> None:
    """Let those at their bounds come back that would; arguments are those of `bounded_step`."""
    n, k = step.size, triangle.shape[1]
    left, wanted = np.empty(k), np.empty(n)
    for _ in range(most_releases):
        for i in range(k):
            left[i] = -triangle[n, i]
            for j in range(i, n):
                left[i] += triangle[j, i] * step[j]
        worst, most, largest = 0, 0.0, 0.0
        for j in range(n):
            pull = damping * step[j]
            for i in range(min(j + 1, k)):
                pull += triangle[j, i] * left[i]
            largest = max(largest, abs(pull))
            if fixed[j] and bounds[1, j] > bounds[0, j]:
                returning = -pull if step[j] == bounds[0, j] else pull
                if returning > most:
                    worst, most = j, returning
        if most <= rounding * largest:
            return
        fixed[worst] = False
        for j in range(n):
            wanted[j] = step[j]
        while _solve_free(triangle, damping, fixed, wanted) > 0:
            # The way there ends at the first wall.
            first, share, wall = -1, np.inf, 0.0
            for j in range(n):
                if fixed[j] or not (wanted[j] < bounds[0, j] or wanted[j] > bounds[1, j]):
                    continue
                nearest = bounds[0, j] if wanted[j] < bounds[0, j] else bounds[1, j]
                gone = (nearest - step[j]) / (wanted[j] - step[j])
                if gone < share:
                    first, share, wall = j, gone, nearest
            if first < 0:
                break
            for j in range(n):
                step[j] += share * (wanted[j] - step[j])
            step[first] = wall
            fixed[first] = True
            for j in range(n):
                wanted[j] = step[j]
        for j in range(n):
            step[j] = wanted[j]


@compiled("void(f8[:,::1], f8[::1], f8, f8[:,::1], i8, f8, f8[::1], f8[::1])", sums_reordered=True)
def bounded_step(  # noqa: C901, PLR0912, PLR0917 - one loop; see `absorb`
    jacobian: Floats,
    residual: Floats,
    damping: float,
    bounds: Floats,
    most_releases: int,
    rounding: float,
    step: Floats,
    change: Floats,
) -> None:
    """Write the damped step within bounds; see `fitting.inference.least_squares`, whose twin goes the same way.

    Parameters
    ----------
    jacobian : float64 (m, n)
    residual : float64 (m,)
    damping : float
        As a share of the squared columns.
    bounds : float64 (2, n)
    most_releases : int
    rounding : float
        A pull away from a bound that is smaller than this beside the largest pull is rounding.
    step : float64 (n,)
        Out.
    change : float64 (m,)
        Out: what the step makes of the residual by the Jacobian.
    """
    m, n = jacobian.shape
    size, scaled, whole = np.zeros(n), np.empty((2, n)), np.empty((n + 1, m))
    for i in range(m):
        for j in range(n):
            size[j] += jacobian[i, j] * jacobian[i, j]
    for j in range(n):
        size[j] = np.sqrt(size[j]) if size[j] > 0.0 else 1.0
        scaled[0, j], scaled[1, j] = bounds[0, j] * size[j], bounds[1, j] * size[j]
    for i in range(m):
        for j in range(n):
            whole[j, i] = jacobian[i, j] / size[j]
        whole[n, i] = -residual[i]
    _triangulate(whole, n)
    k = min(n, m)
    # All steps are solved on the triangle's few rows; what is left of the residual below them no step can change.
    triangle = np.empty((n + 1, k))
    for j in range(n + 1):
        for i in range(k):
            triangle[j, i] = whole[j, i]
    fixed = np.zeros(n, dtype=np.bool_)
    _solve_free(triangle, damping, fixed, step)
    n_fixed = 0
    while True:
        leaves = False
        for j in range(n):
            if not fixed[j] and (step[j] < scaled[0, j] or step[j] > scaled[1, j]):
                step[j] = scaled[0, j] if step[j] < scaled[0, j] else scaled[1, j]
                fixed[j] = leaves = True
                n_fixed += 1
        if not leaves:
            break
        _solve_free(triangle, damping, fixed, step)
    if n_fixed > 0:
        _release(triangle, damping, scaled, fixed, most_releases, rounding, step)
    for j in range(n):
        step[j] /= size[j]
    for i in range(m):
        change[i] = 0.0
        for j in range(n):
            change[i] += jacobian[i, j] * step[j]
