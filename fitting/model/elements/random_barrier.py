"""Random-barrier model: Schrøder and Dyre's universal conductivity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.model.elements.base import Element, Quantity, StartScale, plain_formula
from protocols import FitError

if TYPE_CHECKING:
    from fitting.transforms.laplace import Complexes, Floats

# Of the universal curve, by its authors' fit to simulations (Schroder, Dyre, Phys. Rev. Lett. 101, 025901 (2008)).
_CURVE = 2.66
# Most steps; Newton's method doubles the digits at each, so that twice as many would only be a longer way to an error.
_NEWTON = 60


def universal_conductivity(x: Complexes) -> tuple[Complexes, Complexes]:
    """Return ``y(x)`` of ``ln y = (x / y) (1 + 2.66 x / y)^(-1/3)`` and ``dy/dx``; x is ``i omega tau``, or s tau.

    With ``q = x / y`` the relation is ``ln q + q (1 + 2.66 q)^(-1/3) = ln x``, solved for ``ln q`` by Newton's method.
    It starts at the larger-x asymptote ``q (2.66 q)^(-1/3) = ln x``, or at ``q = x``.

    Parameters
    ----------
    x : ndarray of complex128, shape (n,)

    Returns
    -------
    y, slope : ndarray of complex128, shape (n,)

    Raises
    ------
    FitError
        If the search does not end, which no x off the negative real axis has made it do.
    """
    target = np.log(x)
    far = np.abs(x) > 3.0
    w = np.where(far, 1.5 * np.log(np.where(far, _CURVE ** (1.0 / 3.0) * target, 1.0)), target)
    for _ in range(_NEWTON):
        q = np.exp(w)
        root = np.exp(-np.log1p(_CURVE * q) / 3.0)
        slope = 1.0 + q * root * (1.0 - _CURVE * q / (3.0 * (1.0 + _CURVE * q)))
        step = (w + q * root - target) / slope
        # Newton's own step may leave the sheet where the slope is small.
        w = w - step / np.maximum(1.0, np.abs(step))
        if np.max(np.abs(step)) < 1e-13:
            break
    else:
        if np.max(np.abs(step)) > 1e-9:
            raise FitError(
                "the random-barrier curve has no solution at some complex frequency; please report the model"
            )
    y = np.exp(target - w)
    return y, (y - y / slope) / x


class RandomBarrier(Element):
    """Hopping over random barriers in the limit of cold: ``Y = G_dc y(s tau)``.

    ``ln y = (s tau / y) (1 + 2.66 s tau / y)^(-1/3)``; Schrøder, Dyre, Phys. Rev. Lett. 101, 025901 (2008), eq. 6.
    The conductance grows without end towards short times, so that there is no share that hops back; it is a conductor,
    not a `Bulk` with a W(t).
    """

    code = "Rbm"
    quantities = (Quantity("G_dc", "S"), Quantity("tau", "s"))

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        y, slope = universal_conductivity(s * p[1])
        return p[0] * y, np.stack([y, p[0] * slope * s])

    @plain_formula
    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        return scale.conductance_S * 10.0 ** (-1.5 * draw[0]), scale.time(0.2 + 0.8 * draw[1])

    def is_bounded(self, p: Floats, highest: Complexes) -> bool:  # noqa: ARG002, D102
        return False
