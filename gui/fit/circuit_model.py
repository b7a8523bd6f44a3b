"""Circuits as they are typed: whether a text is one, what is wrong where, how it looks, what it has. Without Qt.

Called in a worker thread: the first call imports `fitting`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fitting.model.scheme import Row

_TYPED = re.compile(r"[A-Za-z]+$")
_LABELLED = re.compile(r"([A-Za-z]+)_?(\d+)")


@dataclass(frozen=True)
class CircuitParameter:
    """A parameter of a circuit.

    Attributes
    ----------
    name, unit : str
    range : str
        What it may be at all.
    """

    name: str
    unit: str
    range: str


@dataclass(frozen=True)
class CircuitView:
    """What is known of a text that may be a circuit.

    Attributes
    ----------
    text : str
    fault : str
        Why it is none, in words; empty if it is one.
    fault_at : int
        Character that the fault is about, from 0.
    scheme : Row or None
        How it looks; None for a text that is no circuit.
    parameters : tuple of CircuitParameter
    """

    text: str
    fault: str = ""
    fault_at: int = 0
    scheme: Row | None = None
    parameters: tuple[CircuitParameter, ...] = ()


def view_circuit(text: str) -> CircuitView:
    """Return what is known of a text that may be a circuit."""
    from fitting.model.circuit import CellModel, CircuitError
    from fitting.model.scheme import scheme_of

    try:
        model = CellModel(text)
    except CircuitError as error:
        return CircuitView(text, error.reason or str(error), error.at)
    parameters = tuple(CircuitParameter(one.name, one.unit, _range(one.lower, one.upper)) for one in model.parameters)
    return CircuitView(text, scheme=scheme_of(model), parameters=parameters)


def _range(lower: float, upper: float) -> str:
    return f"> {lower:g}" if upper == float("inf") else f"{lower:g} … {upper:g}"


def known_elements() -> tuple[tuple[str, str], ...]:
    """Return code and title of every element that a circuit may have, those of plug-ins among them."""
    from fitting.model.scheme import element_titles

    return tuple(element_titles().items())


def typed_code(text: str, cursor: int) -> str:
    """Return the letters before the cursor, which may begin the code of an element."""
    found = _TYPED.search(text[:cursor])
    return "" if found is None or found[0] == "p" else found[0]


def completed(text: str, cursor: int, code: str) -> tuple[str, int]:
    """Return a text with an element in place of the letters before the cursor, and where the cursor is then.

    The element gets the smallest label that no other of its kind has; R begins at 0, as the leads' is called.
    """
    begun = cursor - len(typed_code(text, cursor))
    rest = text[cursor:]
    used = {int(label) for kind, label in _LABELLED.findall(text[:begun] + " " + rest) if kind == code}
    number = next(k for k in range(0 if code == "R" else 1, len(used) + 2) if k not in used)
    name = f"{code}{number}"
    return text[:begun] + name + rest, begun + len(name)
