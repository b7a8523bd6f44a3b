"""Levenberg-Marquardt minimisation of small sums of squares, on parameters of the whole line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fitting.transforms.laplace import Floats


@dataclass(frozen=True, eq=False)
class Minimum:
    """The end of a search.

    Attributes
    ----------
    u : ndarray, shape (k,)
    cost : float
        Sum of squares there.
    residual, jacobian : ndarray, shape (m,), (m, k)
    """

    u: Floats
    cost: float
    residual: Floats
    jacobian: Floats


def minimise(
    evaluate: Callable[[Floats], tuple[Floats, Floats]],
    start: Floats,
    box: Floats,
    *,
    held: NDArray[np.bool_] | None = None,
    irrelevant: float = 1e-5,
    max_steps: int = 100,
) -> Minimum:
    """Find a local minimum of the sum of squares.

    Levenberg-Marquardt with Nielsen's damping; Madsen, Nielsen, Tingleff, Methods for non-linear least squares
    problems (DTU, 2004), algorithm 3.16. Steps are solved by least squares on the augmented Jacobian, not by normal
    equations.

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
    """
    moves = np.ones(len(start), dtype=bool) if held is None else ~held
    u = np.clip(start, *box)
    residual, jacobian = evaluate(u)
    cost = float(residual @ residual)
    if not np.isfinite(cost) or not moves.any():
        return Minimum(u, cost, residual, jacobian)
    all_move = bool(moves.all())
    lowest, highest = box
    damping, growth = 1e-3, 2.0
    for _ in range(max_steps):
        active = jacobian if all_move else jacobian[:, moves]
        size = np.sqrt(np.einsum("ij,ij->j", active, active))
        size = np.where(size > 0.0, size, 1.0)
        gradient = active.T @ residual / size
        step = _damped_step(active / size, residual, damping)
        promised = float(step @ (damping * step - gradient))
        if promised < max(irrelevant, 1e-14 * cost):
            break
        trial = u.copy()
        # A factor of e^3 at a time is as far as any linearisation reaches.
        trial[moves] += np.minimum(np.maximum(step / size, -3.0), 3.0)
        trial = np.minimum(np.maximum(trial, lowest), highest)  # np.clip takes five times as long for so few
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
    return Minimum(u, cost, residual, jacobian)


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
