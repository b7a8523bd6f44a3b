"""Like parts of a circuit: those that may change places without changing the cell.

``R0-p(R1,C1)-p(R2,C2)`` conducts the same when the two arcs swap all their values, and so do two resistors in series,
the modes of `Pr`, or two lags of an instrument. Such parts form a class. Within a class, the part with the smallest
label is given the shortest time (or the smallest value, where a part has no time), so that a name means the same in
every fit and in every order of the circuit string.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting.model.elements.debye import Prony
from fitting.model.elements.diffusion import Warburg
from fitting.model.elements.lumped import Capacitor, ConstantPhase, Inductor, Resistor
from fitting.model.elements.tabulated import Tabulated
from fitting.model.nodes import Leaf, Parallel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fitting.model.elements.base import Element
    from fitting.model.nodes import Node
    from fitting.transforms.laplace import Floats

# Label of an element that has none that is a number, and comes last.
_NO_NUMBER = 10**9


@dataclass(frozen=True)
class PartSize:
    """What parts of a class are ordered by: the logarithm of a power product of parameters, a time where there is one.

    Attributes
    ----------
    factors : tuple of (int, float)
        Places of its factors among all parameters of the circuit, and their powers.
    root : int or None
        Place of the parameter whose inverse is the power of it all, such as n of ``(R Q)^(1/n)``.
    """

    factors: tuple[tuple[int, float], ...]
    root: int | None = None

    def evaluate(self, p: Floats) -> tuple[float, Floats]:
        """Return the logarithm and its derivatives to all parameters of the circuit."""
        slopes = np.zeros(len(p))
        power = 1.0 if self.root is None else 1.0 / float(p[self.root])
        logarithm = 0.0
        for place, weight in self.factors:
            logarithm += power * weight * float(np.log(p[place]))
            slopes[place] = power * weight / p[place]
        if self.root is not None:
            slopes[self.root] = -logarithm * power
        return logarithm, slopes


@dataclass(frozen=True)
class LikeParts:
    """A class of parts that may change places.

    Attributes
    ----------
    names : tuple of str
        What the parts are called, e.g. ``R1, C1``, in the order of their labels.
    rows : tuple of tuple of int
        Places of each part's free parameters among all of the circuit; those in the same column mean the same.
    sizes : tuple of PartSize
        What each part is ordered by.
    odds : tuple of int
        Of modes of a `Pr`: place of the odds of each part, -1 for the mode whose odds are 1; else empty.
    other_odds : tuple of int
        Places of free odds of modes that are not in the class: they count in those of the first.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]
    sizes: tuple[PartSize, ...]
    odds: tuple[int, ...] = ()
    other_odds: tuple[int, ...] = ()

    def counterpart(self, place: int) -> int:
        """Return the place in the first part of what stands at a place in any part, or the place itself."""
        for row in self.rows:
            if place in row:
                return self.rows[0][row.index(place)]
        return place


def like_parts_of(tree: Node, lags: Sequence[Leaf], values: Floats) -> tuple[LikeParts, ...]:
    """Return the classes of like parts of a circuit, inner ones before those that hold them.

    Parameters
    ----------
    tree : Node
    lags : sequence of Leaf
        Behind the cell.
    values : ndarray
        Of all parameters: what is held, and not a number for what is free. Parts with other held values are not alike.
    """
    return (*_classes_within(tree, values), *_classes_of(list(lags), values))


def _classes_within(node: Node, values: Floats) -> list[LikeParts]:
    if isinstance(node, Leaf):
        return _modes_of(node, values)
    children = _children(node)
    inner = [one for child in children for one in _classes_within(child, values)]
    return [*inner, *_classes_of(children, values)]


def _children(node: Node) -> list[Node]:
    """Return the parts of a node; a parallel in a parallel is one with it."""
    if isinstance(node, Leaf):
        return []
    if not isinstance(node, Parallel):
        return list(node.members)
    return [
        one for branch in node.branches for one in (_children(branch) if isinstance(branch, Parallel) else [branch])
    ]


def _classes_of(parts: Sequence[Node], values: Floats) -> list[LikeParts]:
    groups: defaultdict[str, list[list[Leaf]]] = defaultdict(list)
    for part in parts:
        groups[_signature(part, values)].append(_sorted_leaves(part, values))
    found = (_class_of(group, values) for group in groups.values() if len(group) > 1)
    return [one for one in found if one.rows[0]]


def _class_of(group: list[list[Leaf]], values: Floats) -> LikeParts:
    group = sorted(group, key=_labels)
    places = [[place for leaf in leaves for place in range(leaf.place.start, leaf.place.stop)] for leaves in group]
    return LikeParts(
        tuple(", ".join(leaf.name for leaf in leaves) for leaves in group),
        tuple(tuple(place for place in row if np.isnan(values[place])) for row in places),
        tuple(_size_of(leaves) for leaves in group),
    )


def _modes_of(leaf: Leaf, values: Floats) -> list[LikeParts]:
    """Return the modes of a `Pr` that may change places: those whose time, and whose odds, are free."""
    if not isinstance(leaf.element, Prony):
        return []
    first, n = leaf.place.start, leaf.element.n_modes
    odds = [-1, *range(first + 2, first + n + 1)]
    times = list(range(first + n + 1, leaf.place.stop))
    all_free = bool(np.all(np.isnan(values[odds[1:]])))
    # Another first mode changes the odds of all, so that none of them may be held.
    free = [all_free if k == 0 else bool(np.isnan(values[odds[k]])) for k in range(n)]
    kept = [k for k in range(n) if free[k] and np.isnan(values[times[k]])]
    if len(kept) < 2:
        return []
    return [
        LikeParts(
            tuple(f"{leaf.name}.tau_{k + 1}" for k in kept),
            tuple((times[k],) for k in kept),
            tuple(PartSize(((times[k], 1.0),)) for k in kept),
            tuple(odds[k] for k in kept),
            tuple(odds[k] for k in range(1, n) if k not in kept) if all_free else (),
        )
    ]


def _signature(node: Node, values: Floats) -> str:
    """Return what like parts have in common: elements, structure, held values; resistors first."""
    if isinstance(node, Leaf):
        held = ["" if np.isnan(value) else repr(float(value)) for value in values[node.place]]
        return f"{not isinstance(node.element, Resistor):d}{_kind(node.element)}{held}"
    mark = "p" if isinstance(node, Parallel) else "s"
    return f"2{mark}({','.join(sorted(_signature(child, values) for child in _children(node)))})"


def _kind(element: Element) -> str:
    if isinstance(element, Prony):
        return f"{element.code}:{element.n_modes}"
    return f"{element.code}:{id(element.table)}" if isinstance(element, Tabulated) else element.code


def _sorted_leaves(node: Node, values: Floats) -> list[Leaf]:
    """Return the leaves of a part in an order that does not depend on how its string was written."""
    if isinstance(node, Leaf):
        return [node]
    parts = [(_signature(child, values), _sorted_leaves(child, values)) for child in _children(node)]
    parts.sort(key=lambda part: (part[0], _labels(part[1])))
    return [leaf for _, leaves in parts for leaf in leaves]


def _labels(leaves: list[Leaf]) -> list[tuple[int, str]]:
    """Return the labels of some leaves, as numbers rise: R2 before R10."""
    found = []
    for leaf in leaves:
        digits = re.search(r"\d+$", leaf.name)
        found.append((int(digits[0]) if digits else _NO_NUMBER, leaf.name))
    return found


def _size_of(leaves: list[Leaf]) -> PartSize:
    """Return what a part is ordered by: R C or (R Q)^(1/n), a time of its own, L/R, (A/R)^2, else its first value."""
    first = {kind: _first_place(leaves, kind) for kind in (Resistor, Capacitor, ConstantPhase, Inductor, Warburg)}
    R, C, Q, L, A = first.values()
    if R is not None and C is not None:
        return PartSize(((R, 1.0), (C, 1.0)))
    if R is not None and Q is not None:
        return PartSize(((R, 1.0), (Q, 1.0)), Q + 1)
    for leaf in leaves:
        for k, quantity in enumerate(leaf.element.quantities):
            if quantity.unit == "s":
                return PartSize(((leaf.place.start + k, 1.0),))
    if R is not None and L is not None:
        return PartSize(((L, 1.0), (R, -1.0)))
    if R is not None and A is not None:
        return PartSize(((A, 2.0), (R, -2.0)))
    return PartSize(((leaves[0].place.start, 1.0),))


def _first_place(leaves: list[Leaf], kind: type[Element]) -> int | None:
    return next((leaf.place.start for leaf in leaves if isinstance(leaf.element, kind)), None)
