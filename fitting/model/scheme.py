"""Scheme of a circuit: what stands in series and what side by side, as plain data that a front end draws.

What does this cell look like, and what may stand in it?
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from fitting.model.circuit import elements_by_code
from fitting.model.elements.base import Bulk, Element
from fitting.model.elements.debye import Prony
from fitting.model.elements.lag import Lag
from fitting.model.nodes import Leaf, Parallel

if TYPE_CHECKING:
    from fitting.model.circuit import CellModel
    from fitting.model.nodes import Node


class Symbol(StrEnum):
    """How an element is drawn."""

    RESISTOR = "resistor"
    CAPACITOR = "capacitor"
    INDUCTOR = "inductor"
    CONSTANT_PHASE = "constant phase"
    DIFFUSION = "diffusion"
    BULK = "bulk"
    """A hopping conductor: its conductance falls as the ions hop back."""
    LAG = "lag"
    """Of the instrument; it stands behind the cell."""
    OTHER = "other"


_SYMBOLS = {
    "R": Symbol.RESISTOR,
    "C": Symbol.CAPACITOR,
    "L": Symbol.INDUCTOR,
    "CPE": Symbol.CONSTANT_PHASE,
    "W": Symbol.DIFFUSION,
    "Wo": Symbol.DIFFUSION,
    "Ws": Symbol.DIFFUSION,
    "Lag": Symbol.LAG,
}
_TITLES = {
    "R": "resistor",
    "C": "capacitor",
    "L": "inductor: leads and windings",
    "CPE": "constant phase element: a double layer as it is",
    "W": "diffusion without an end (Warburg)",
    "Wo": "diffusion up to a wall that blocks",
    "Ws": "diffusion up to a wall that takes all",
    "De": "bulk with one relaxation (Debye)",
    "Cc": "bulk with a broadened relaxation (Cole-Cole)",
    "Cd": "bulk with a skewed relaxation (Cole-Davidson)",
    "Hn": "bulk with a broad, skewed relaxation (Havriliak-Negami)",
    "Kww": "bulk with a stretched exponential (Kohlrausch)",
    "Jo": "bulk with a power law (Jonscher)",
    "Mig": "bulk that hops with mismatch relaxation (MIGRATION)",
    "Rbm": "hopping over random barriers",
    "Pr": "bulk with some relaxations: Pr1:3 has three",
    "Tab": "bulk with a relaxation by table",
    "Lag": "slow ammeter, behind the cell: R0-C1@Lag1",
}
"""What a user calls each element of ours; others are called by the first line that their class says of itself."""


@dataclass(frozen=True)
class Part:
    """An element of a circuit.

    Attributes
    ----------
    name : str
        ``CPE1``.
    symbol : Symbol
    title : str
        What a user calls it.
    """

    name: str
    symbol: Symbol
    title: str


@dataclass(frozen=True)
class Row:
    """Members in series."""

    members: tuple[Scheme, ...]


@dataclass(frozen=True)
class Stack:
    """Branches side by side."""

    branches: tuple[Scheme, ...]


Scheme = Part | Row | Stack


def scheme_of(model: CellModel) -> Row:
    """Return the scheme of a cell, and behind it the lags of the instrument.

    Parameters
    ----------
    model : CellModel
    """
    cell = _scheme(model.tree)
    members = cell.members if isinstance(cell, Row) else (cell,)
    return Row((*members, *(Part(name, Symbol.LAG, _TITLES["Lag"]) for name in model.lag_names)))


def _scheme(node: Node) -> Scheme:
    if isinstance(node, Leaf):
        element = node.element
        symbol = _SYMBOLS.get(element.code, Symbol.BULK if isinstance(element, Bulk) else Symbol.OTHER)
        return Part(node.name, symbol, _title_of(element.code, type(element)))
    if isinstance(node, Parallel):
        return Stack(tuple(_scheme(one) for one in node.branches))
    return Row(tuple(_scheme(one) for one in node.members))


def element_titles() -> dict[str, str]:
    """Return what a user calls each element that a circuit may have, by its code; those that a table needs left out."""
    found: dict[str, str] = {code: _title_of(code, made) for code, made in elements_by_code().items()}
    others: tuple[type[Element], ...] = (Prony, Lag)
    return dict(sorted((found | {one.code: _title_of(one.code, one) for one in others}).items()))


def _title_of(code: str, element: object) -> str:
    lines = (getattr(element, "__doc__", None) or code).strip().splitlines()
    return _TITLES.get(code, lines[0].rstrip("."))
