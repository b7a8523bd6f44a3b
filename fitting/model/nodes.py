"""Nodes of a circuit: elements, parts side by side, parts in series.

The parameters of a node stand side by side among those of the circuit, in the order of its parts: each node gives the
derivatives to its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fitting.model.elements.base import Element
    from fitting.transforms.laplace import Complexes, Floats


@dataclass(frozen=True)
class Leaf:
    """An element in a circuit.

    Attributes
    ----------
    name : str
        Code and label, e.g. ``CPE1``.
    element : Element
    place : slice
        Its parameters among all of the circuit.
    """

    name: str
    element: Element
    place: slice

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:
        """Return admittance (n,) and derivatives to its own parameters (k, n)."""
        return self.element.evaluate(s, p[self.place])

    def is_bounded(self, p: Floats, highest: Complexes) -> bool:
        """Whether its current after a voltage step has a bound; see `Element.is_bounded`."""
        return self.element.is_bounded(p[self.place], highest)


@dataclass(frozen=True)
class Parallel:
    """Branches side by side: their admittances add up."""

    branches: tuple[Node, ...]

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:
        """Return admittance (n,) and derivatives to the parameters of its branches (k, n)."""
        parts = [branch.evaluate(s, p) for branch in self.branches]
        return sum(Y for Y, _ in parts), np.concatenate([dY for _, dY in parts])  # type: ignore[return-value]

    def is_bounded(self, p: Floats, highest: Complexes) -> bool:
        """Whether the current of every branch after a voltage step has a bound."""
        return all(branch.is_bounded(p, highest) for branch in self.branches)


@dataclass(frozen=True)
class Series:
    """Members in series: their impedances add up."""

    members: tuple[Node, ...]

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:
        """Return admittance (n,) and derivatives to the parameters of its members (k, n)."""
        parts = [member.evaluate(s, p) for member in self.members]
        impedances = 1.0 / np.array([Y for Y, _ in parts])
        whole: Complexes = 1.0 / np.add.reduce(impedances)
        shares = whole * impedances  # of the voltage that each member takes
        shares *= shares
        slopes = np.concatenate([dY for _, dY in parts])
        at = 0
        for (_, dY), share in zip(parts, shares, strict=True):
            slopes[at : at + len(dY)] *= share
            at += len(dY)
        return whole, slopes

    def is_bounded(self, p: Floats, highest: Complexes) -> bool:
        """Whether one member at least keeps the current after a voltage step within a bound."""
        return any(member.is_bounded(p, highest) for member in self.members)


Node = Leaf | Parallel | Series


def beside(node: Node, leaf: Leaf) -> tuple[Node, ...]:
    """Return the branches that lie side by side with a leaf in the innermost parallel that has it for a branch."""
    if isinstance(node, Leaf):
        return ()
    members = node.branches if isinstance(node, Parallel) else node.members
    if isinstance(node, Parallel) and leaf in members:
        return tuple(one for one in members if one is not leaf)
    return next((found for one in members if (found := beside(one, leaf))), ())
