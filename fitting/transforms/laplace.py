"""Inverse Laplace transforms by contours around the negative real axis."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

# Of the contour: right to some 1e-11 of the function, the best that float64 allows (see `contour`).
_NODES = 20


def contour(t_s: Floats) -> tuple[Complexes, Complexes]:
    """Return where to evaluate a transform, and with which coefficients, to have the function at some times.

    The modified Talbot contour of Trefethen, Weideman, Schmelzer, BIT 46, 653 (2006), with 20 nodes; the function is
    real, so that the 10 nodes of the upper half plane suffice. It is right to some 1e-11 of the function for every
    transform whose singularities lie on the negative real axis, which those of a passive relaxing cell do.

    Parameters
    ----------
    t_s : ndarray, shape (n,)
        Times after zero (s).

    Returns
    -------
    s, c : ndarray of complex128, shape (n, 10)
        ``f(t) = Re(sum(c * F(s), axis=1))`` for the transform ``F``.
    """
    z, c = unit_contour()
    per_s = 1.0 / t_s[:, None]
    return np.asarray(z * per_s, dtype=np.complex128), np.asarray(c * per_s, dtype=np.complex128)


@cache
def unit_contour() -> tuple[Complexes, Complexes]:
    """Return the nodes of `contour` times t, and its coefficients times t, shape (10,)."""
    theta = (2 * np.arange(_NODES // 2) + 1) * np.pi / _NODES
    angle = 0.6407 * theta
    z = _NODES * (0.5017 * theta / np.tan(angle) - 0.6122 + 0.2645j * theta)
    dz = _NODES * (0.5017 / np.tan(angle) - 0.5017 * angle / np.sin(angle) ** 2 + 0.2645j)
    c = -2j / _NODES * np.exp(z) * dz
    return np.asarray(z, dtype=np.complex128), np.asarray(c, dtype=np.complex128)


@cache
def shared_contour(spread: float, n_nodes: int) -> tuple[Complexes, Complexes]:
    """Return one contour for all times from 1 to `spread`.

    The hyperbola of Weideman, Trefethen, Math. Comp. 76, 1341 (2007), section 4: ``s = mu (1 + sin(iu - alpha))``,
    with the opening angle at which their convergence rate ``B(alpha)`` is greatest. Over a decade of times 24
    nodes are right to 5e-11 of the function, where a contour for each time would need ten nodes for each.

    Parameters
    ----------
    spread : float
        Longest over shortest time, above 1.
    n_nodes : int
        Nodes in the upper half plane.

    Returns
    -------
    s, c : ndarray of complex128, shape (n_nodes,)
        ``f(t) = Re(sum(c * exp(s t) * F(s)))`` for the transform ``F`` and ``1 <= t <= spread``.
    """
    angles = np.linspace(0.79, 1.56, 2000)
    width = np.arccosh(((np.pi - 2 * angles) * spread + 4 * angles - np.pi) / ((4 * angles - np.pi) * np.sin(angles)))
    best = int(np.argmax((np.pi**2 - 2 * np.pi * angles) / width))
    angle, step = angles[best], width[best] / n_nodes
    mu = (4 * np.pi * angle - np.pi**2) / width[best] * n_nodes / spread
    u = (np.arange(n_nodes) + 0.5) * step
    s = mu * (1.0 + np.sin(1j * u - angle))
    c = mu * step / np.pi * np.cos(1j * u - angle)
    return np.asarray(s, dtype=np.complex128), np.asarray(c, dtype=np.complex128)


def step_response(admittance: Callable[[Complexes], Complexes], t_s: Floats) -> Floats:
    """Return the current per volt after a unit voltage step, ``G(t)``, whose transform is ``Y(s) / s``.

    Parameters
    ----------
    admittance : callable
        ``Y(s)`` in siemens for an array of complex frequencies (rad/s).
    t_s : ndarray, shape (n,)
        Times after the step (s), above 0.

    Returns
    -------
    ndarray, shape (n,)
        Siemens.
    """
    s, c = contour(t_s)
    values: Floats = np.sum(c * admittance(s.ravel()).reshape(s.shape) / s, axis=1).real
    return values
