"""How does a function of time follow from its Laplace transform? By a contour around the negative real axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

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
    theta = (2 * np.arange(_NODES // 2) + 1) * np.pi / _NODES
    angle = 0.6407 * theta
    z = _NODES * (0.5017 * theta / np.tan(angle) - 0.6122 + 0.2645j * theta)
    dz = _NODES * (0.5017 / np.tan(angle) - 0.5017 * angle / np.sin(angle) ** 2 + 0.2645j)
    c = -2j / _NODES * np.exp(z) * dz
    per_s = 1.0 / t_s[:, None]
    return np.asarray(z * per_s, dtype=np.complex128), np.asarray(c * per_s, dtype=np.complex128)


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
