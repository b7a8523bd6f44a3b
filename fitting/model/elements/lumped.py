"""Resistor, capacitor, inductor and constant-phase element."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from fitting.model.elements.base import LEVEL, Element, Quantity, StartScale, plain_formula

if TYPE_CHECKING:
    from fitting.transforms.laplace import Complexes, Floats


@lru_cache(maxsize=8)
def _logarithm(s: bytes) -> Complexes:
    """Return the logarithm of frequencies (rad/s); a fit asks for the same ones throughout."""
    return np.log(np.frombuffer(s, np.complex128))


class Resistor(Element):
    """``Z = R``."""

    code = "R"
    quantities = (Quantity("R", "ohm"),)

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        R = p[0]
        return np.full(len(s), 1.0 / R, np.complex128), np.full((1, len(s)), -1.0 / R**2, np.complex128)

    @plain_formula
    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        return (10.0 ** (-2.0 + 2.0 * draw[0]) / scale.conductance_S,)

    def is_bounded(self, p: Floats, highest: Complexes) -> bool:  # noqa: ARG002, D102
        return True


class Capacitor(Element):
    """``Z = 1 / (s C)``."""

    code = "C"
    quantities = (Quantity("C", "F"),)

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        return s * p[0], s[None]

    @plain_formula
    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        return (scale.conductance_S * scale.time(-0.3 + 1.6 * draw[0]),)

    def is_bounded(self, p: Floats, highest: Complexes) -> bool:  # noqa: ARG002, D102
        return False


class Inductor(Element):
    """``Z = s L``: leads and windings. With a capacitance it may ring, which sums of decays cannot follow."""

    code = "L"
    quantities = (Quantity("L", "H"),)

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        Y = 1.0 / (s * p[0])
        return Y, -Y[None] / p[0]

    @plain_formula
    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        return (scale.time(-0.5 + draw[0]) / scale.conductance_S,)

    def is_bounded(self, p: Floats, highest: Complexes) -> bool:  # noqa: ARG002, D102
        return True


class ConstantPhase(Element):
    """``Z = 1 / (Q s^n)``, as impedance.py has it; Q in S s^n, 0 < n < 1."""

    code = "CPE"
    quantities = (Quantity("Q", "S·s^n"), Quantity("n", "", 0.0, 1.0))

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        logarithm = _logarithm(np.ascontiguousarray(s, np.complex128).tobytes())
        found = np.empty((2, len(s)), dtype=np.complex128)
        power = np.exp(p[1] * logarithm, out=found[0])
        Y = p[0] * power
        np.multiply(Y, logarithm, out=found[1])
        return Y, found

    @plain_formula
    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        n = 0.6 + 0.38 * draw[1]
        return (scale.conductance_S * scale.time(0.3 + draw[0]) ** n, n)

    def is_bounded(self, p: Floats, highest: Complexes) -> bool:  # noqa: D102
        low, high = np.abs(highest)
        return bool((high / low) ** p[1] <= LEVEL)
