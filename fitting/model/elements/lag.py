"""Unknown time constant of the instrument, fitted beside the cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.model.elements.base import Element, Quantity

if TYPE_CHECKING:
    from fitting.model.elements.base import StartScale
    from fitting.transforms.laplace import Complexes, Floats

# What a lag leaves of a current that is not seen through it: all, whatever its time.
NO_LAG: tuple[Complexes, Complexes] = np.ones(1, np.complex128), np.zeros((1, 1), np.complex128)


class Lag(Element):
    """A first-order lag of an ammeter or an amplifier: what it shows is the current times ``1 / (1 + s tau)``.

    No admittance, so it stands in no circuit but behind one: ``R0-Mig1-CPE1@Lag1``.
    """

    code = "Lag"
    quantities = (Quantity("tau", "s"),)

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:
        """Return the share that is shown, shape (n,), and its derivative, shape (1, n)."""
        share = 1.0 / (1.0 + s * p[0])
        return share, (-s * share**2)[None]

    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:
        """Return a start from a third of the shortest time that was seen to thirty times it."""
        return (float(scale.shortest_s * 10.0 ** (-0.5 + 2.0 * draw[0])),)


def seen_through(
    current: tuple[Complexes, Complexes], lags: list[tuple[Complexes, Complexes]]
) -> tuple[Complexes, Complexes]:
    """Return an admittance and its derivatives as an instrument with lags shows them.

    Parameters
    ----------
    current : tuple of ndarray
        Admittance (n,) and derivatives (k, n) to the parameters of the cell.
    lags : list of tuple of ndarray
        Share (n,) and derivative (1, n) of each; theirs come after those of the cell.
    """
    Y, dY = current
    for share, d_share in lags:
        Y, dY = Y * share, np.concatenate([dY * share, Y * d_share])
    return Y, dY
