"""Levenberg-Marquardt minimisation of small sums of squares, on parameters of the whole line."""

from __future__ import annotations

import itertools
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fitting.transforms.laplace import Floats


_REACH = 3.0
"""How far one step may go in each parameter: a factor of e^3 at a time is as far as any linearisation reaches."""
_MOST_RELEASES = 3
"""How often, for each parameter, one at its bound may come back in one step; more than once was not seen."""
FAR = 1e-3
"""Damping of a search from anywhere, as a share of the squared columns; doubled, no search ends elsewhere."""
NEAR = 1e-5
"""Damping of a search that begins near its minimum: where columns all but depend on each other, 1e-3 holds back the
first ten steps. A tenth of it takes as many steps from neighbouring cells; ten times as much, half as many more."""
AT_MINIMUM = 1e-7
"""The same of a search that begins in its minimum."""
TO_THE_END = 1000
"""Steps of a search that is followed to its end. Three arcs with exponents take 400 along a bent valley, from where 60
had led; doubled, nothing changes."""
_ROUNDING = 1e-9
"""A pull away from a bound that is smaller than this beside the largest pull is rounding."""
_FEW_STEPS = 5000
"""How many steps a process takes without the compiled loop (decision 174): loading numba takes some 0.6 s of processor
time, and a step in numpy some 0.12 ms longer (2026-11, two cores of an EPYC)."""
_steps = itertools.count(1)


@dataclass(frozen=True, eq=False)
class Minimum:
    """The end of a search.

    Attributes
    ----------
    u : ndarray, shape (k,)
    cost : float
        Sum of squares there.
    residual, jacobian : ndarray, shape (m,), (m, k)
    left : ndarray, shape (m,), or None
        What the step that was not taken any more would leave of the residual; None where there was no such step.
    """

    u: Floats
    cost: float
    residual: Floats
    jacobian: Floats
    left: Floats | None = None


def minimise(
    evaluate: Callable[[Floats], tuple[Floats, Floats]],
    start: Floats,
    box: Floats,
    *,
    held: NDArray[np.bool_] | None = None,
    irrelevant: float = 1e-5,
    max_steps: int = 100,
    damping: float = FAR,
) -> Minimum:
    """Find a local minimum of the sum of squares.

    Levenberg-Marquardt with Nielsen's damping; Madsen, Nielsen, Tingleff, Methods for non-linear least squares
    problems (DTU, 2004), algorithm 3.16. Steps are solved by least squares on the augmented Jacobian, not by normal
    equations, and within the box: a step that is cut afterwards is another one, in which the other parameters still
    count on what was cut off, so that beside a parameter at its wall a search creeps.

    Parameters
    ----------
    evaluate : callable
        Residual (m,) and Jacobian (m, k) at u.
    start : ndarray, shape (k,)
    box : ndarray, shape (2, k)
        Lowest and highest u.
    held : ndarray of bool, shape (k,), optional
        Which components of u stay as they are.
    irrelevant : float
        The search ends when a step promises less than this off the sum of squares.
    max_steps : int
    damping : float
        To begin with: `NEAR` where the minimum is near, so that the first step is all but that of Gauss and Newton.
    """
    moves = np.ones(len(start), dtype=bool) if held is None else ~held
    u = np.clip(start, *box)
    residual, jacobian = evaluate(u)
    cost = float(residual @ residual)
    if not np.isfinite(cost) or not moves.any():
        return Minimum(u, cost, residual, jacobian)
    all_move = bool(moves.all())
    lowest, highest = box[:, moves]
    growth, left = 2.0, None
    for _ in range(max_steps):
        active = jacobian if all_move else jacobian[:, moves]
        here = u[moves]
        # np.clip takes five times as long for so few numbers.
        reach = np.array((np.maximum(lowest - here, -_REACH), np.minimum(highest - here, _REACH)))
        step, change = damped_step(active, residual, damping, reach)
        promised = -float(change @ (2.0 * residual + change))
        if promised < max(irrelevant, 1e-14 * cost):
            left = residual + change
            break
        trial = u.copy()
        trial[moves] = np.minimum(np.maximum(here + step, lowest), highest)
        there, slopes = evaluate(trial)
        less = cost - float(there @ there)
        if less > 0.0:
            u, residual, jacobian, cost = trial, there, slopes, cost - less
            damping *= max(1.0 / 3.0, 1.0 - (2.0 * min(less / promised, 1.0) - 1.0) ** 3)
            growth = 2.0
        else:
            damping *= growth
            growth *= 2.0
            if damping > 1e12:
                break
    return Minimum(u, cost, residual, jacobian, left)


def damped_step(jacobian: Floats, residual: Floats, damping: float, bounds: Floats) -> tuple[Floats, Floats]:
    """Return the damped step within bounds, and what it makes of the residual by the Jacobian.

    By active sets; Stark and Parker, Bounded-variable least squares (Computational Statistics 10, 1995, 129), begun
    from the free step with what leaves the bounds put there.

    Parameters
    ----------
    jacobian, residual : ndarray, shape (m, n), (m,)
    damping : float
        As a share of the squared columns.
    bounds : ndarray, shape (2, n)
    """
    if "numba" not in sys.modules and next(_steps) <= _FEW_STEPS:
        step = bounded_step(jacobian, residual, damping, bounds)
        return step, jacobian @ step
    from fitting.transforms import step_loop

    step, change = np.empty(jacobian.shape[1]), np.empty(len(residual))
    rows, left = np.ascontiguousarray(jacobian), np.ascontiguousarray(residual)
    step_loop.bounded_step(rows, left, damping, bounds, _MOST_RELEASES * len(step), _ROUNDING, step, change)
    return step, change


def bounded_step(jacobian: Floats, residual: Floats, damping: float, bounds: Floats) -> Floats:
    """Return the damped step within bounds, shape (2, n), in numpy: the twin of `fitting.transforms.step_loop`."""
    size = np.sqrt(np.einsum("ij,ij->j", jacobian, jacobian))
    size = np.where(size > 0.0, size, 1.0)
    return _within_bounds(jacobian / size, residual, damping, bounds * size) / size


def _within_bounds(jacobian: Floats, residual: Floats, damping: float, bounds: Floats) -> Floats:
    """Return the damped step within bounds, for columns of the length 1."""
    step = _damped_step(jacobian, residual, damping)
    lowest, highest = bounds
    fixed = np.zeros(len(step), dtype=bool)
    while (leaves := ((step < lowest) | (step > highest)) & ~fixed).any():
        step[leaves] = np.where(step < lowest, lowest, highest)[leaves]
        fixed |= leaves
        _solve_free(jacobian, residual, damping, step, fixed)
    if not fixed.any():
        return step
    can_move = highest > lowest
    # Which of those at their bounds would rather come back; in theory each set of them comes once.
    for _ in range(_MOST_RELEASES * len(step)):
        pull = jacobian.T @ (residual + jacobian @ step) + damping * step
        returning = np.where(step == lowest, -pull, pull) * (fixed & can_move)
        worst = int(np.argmax(returning))
        if returning[worst] <= _ROUNDING * float(np.max(np.abs(pull))):
            break
        fixed[worst] = False
        wanted = step.copy()
        while _solve_free(jacobian, residual, damping, wanted, fixed):
            # The way there ends at the first wall.
            out = ((wanted < lowest) | (wanted > highest)) & ~fixed
            if not out.any():
                break
            walls = np.where(wanted < lowest, lowest, highest)
            shares = np.where(out, (walls - step) / np.where(out, wanted - step, 1.0), np.inf)
            first = int(np.argmin(shares))
            step += float(shares[first]) * (wanted - step)
            step[first], fixed[first] = walls[first], True
            wanted = step.copy()
        step = wanted
    return step


def _solve_free(jacobian: Floats, residual: Floats, damping: float, step: Floats, fixed: NDArray[np.bool_]) -> bool:
    """Solve a step in place for those of its components that are not fixed; return whether there are any."""
    free = ~fixed
    if not free.any():
        return False
    left = residual + jacobian[:, fixed] @ step[fixed]
    step[free] = _damped_step(jacobian[:, free], left, damping)
    return True


def _damped_step(jacobian: Floats, residual: Floats, damping: float) -> Floats:
    """Return the step of least squares on the Jacobian with damping rows below it, which keep it of full rank.

    By QR: singular values would take a tenth of a fit's time. By numpy's: loading scipy.linalg would take as long as
    the fits of a whole command.
    """
    m, n = jacobian.shape
    stacked = np.zeros((m + n, n + 1))
    stacked[:m, :n], stacked[:m, n] = jacobian, -residual
    stacked.reshape(-1)[m * (n + 1) :: n + 2] = np.sqrt(damping)
    triangle: Floats = np.asarray(np.linalg.qr(stacked, mode="r"), dtype=np.float64)
    step: Floats = np.asarray(np.linalg.solve(triangle[:n, :n], triangle[:n, n]), dtype=np.float64)
    return step


def refined(evaluate: Callable[[Floats], tuple[Floats, Floats]], found: Minimum, box: Floats) -> Minimum:
    """Take one last Gauss-Newton step where it changes the sum of squares by less than that is rounded to.

    A search that compares sums of squares finds its place to the root of their rounding; the gradient knows better.
    """
    step = np.linalg.lstsq(found.jacobian, -found.residual, rcond=1e-8)[0]
    if float(np.sum((found.jacobian @ step) ** 2)) > 1e-9 * max(found.cost, 1.0):
        return found
    u = np.clip(found.u + step, *box)
    residual, jacobian = evaluate(u)
    return Minimum(u, float(residual @ residual), residual, jacobian)
