"""Warburg diffusion elements: infinite, and finite with a closed or an open end.

Square roots are principal, so that every function here is even in the root and regular off the negative real axis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.model.elements.base import Element, Quantity, StartScale, plain_formula

if TYPE_CHECKING:
    from fitting.transforms.laplace import Complexes, Floats


class Warburg(Element):
    """Semi-infinite diffusion: ``Z = A sqrt(2 / s)``, as impedance.py's ``W``: ``A (1 - j) / sqrt(omega)``."""

    code = "W"
    quantities = (Quantity("A", "ohm·s^-1/2"),)

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        Y = np.sqrt(0.5 * s) / p[0]
        return Y, -Y[None] / p[0]

    @plain_formula
    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        return (1.0 / (scale.conductance_S * np.sqrt(scale.time(0.3 + draw[0]))),)

    def is_bounded(self, p: Floats, highest: Complexes) -> bool:  # noqa: ARG002, D102
        return False


class _Finite(Element):
    """A diffusion layer of finite thickness: ``Z_0``, its resistance, and ``tau = thickness^2 / D``."""

    quantities = (Quantity("Z_0", "ohm"), Quantity("tau", "s"))

    @staticmethod
    def _shape(root: Complexes) -> tuple[Complexes, Complexes]:
        """Return ``Z_0 Y`` as a function of ``q = sqrt(s tau)``, and its derivative to q."""
        raise NotImplementedError

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:
        q = np.sqrt(s * p[1])
        shape, slope = self._shape(q)
        Y = shape / p[0]
        return Y, np.stack([-Y / p[0], slope * q / (2.0 * p[0] * p[1])])

    @plain_formula
    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:
        return 10.0 ** (2.0 * draw[0] - 1.0) / scale.conductance_S, scale.time(0.2 + draw[1])

    def is_bounded(self, p: Floats, highest: Complexes) -> bool:  # noqa: ARG002
        return False


def _tanh(q: Complexes) -> Complexes:
    """Tangent of a root with a real part of 0 or more: no exponential of it can overflow."""
    fallen: Complexes = np.exp(-2.0 * q)
    tangent: Complexes = (1.0 - fallen) / (1.0 + fallen)
    return tangent


class WarburgOpen(_Finite):
    """Diffusion up to a wall that lets nothing through: ``Z = Z_0 coth(q) / q``, ``q = sqrt(s tau)``.

    As impedance.py's ``Wo``; at last a capacitor of ``tau / Z_0``.
    """

    code = "Wo"

    @staticmethod
    def _shape(root: Complexes) -> tuple[Complexes, Complexes]:
        tangent = _tanh(root)
        return root * tangent, tangent + root * (1.0 - tangent**2)


class WarburgShort(_Finite):
    """Diffusion up to a wall that takes everything: ``Z = Z_0 tanh(q) / q``, ``q = sqrt(s tau)``.

    As impedance.py's ``Ws``; at last a resistor of ``Z_0``.
    """

    code = "Ws"

    @staticmethod
    def _shape(root: Complexes) -> tuple[Complexes, Complexes]:
        cotangent = 1.0 / _tanh(root)
        return root * cotangent, cotangent + root * (1.0 - cotangent**2)
