"""Combinations of a circuit's parameters that may be determined where the parameters are not.

Sums of resistances, of conductances and of capacitances, relaxation times as the impedance shows them, and so on: all
that two or three parameters of one kind of circuit are known to enter by. Which of them a record determines is found by
following its valley (`fitting.inference.degeneracy`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fitting.model.circuit import ModelParameter
    from fitting.transforms.laplace import Floats

Values = Mapping[str, "Floats"]


@dataclass(frozen=True)
class Combination:
    """A figure of several parameters.

    Attributes
    ----------
    text : str
        As it is written, e.g. ``R0 + 1/De1.G_inf``.
    unit : str
    names : frozenset of str
        The parameters in it.
    figure : callable
        Of values by name; each may be an array.
    """

    text: str
    unit: str
    names: frozenset[str]
    figure: Callable[[Values], Floats]

    def logarithm(self, values: Values) -> Floats:
        """Return the logarithm of the figure for values by name; not finite where the figure is no number.

        A valley goes on to its walls, where a power such as ``W^(-1/a)`` is beyond what numbers hold. That is no fault:
        the figure moves along the valley, whatever it is there.
        """
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            logarithm: Floats = np.log(self.figure(values))
        return logarithm


def combinations_of(parameters: Sequence[ModelParameter], group: frozenset[str]) -> list[Combination]:
    """Return combinations of some parameters of a circuit, simple ones first.

    Parameters
    ----------
    parameters : sequence of ModelParameter
    group : frozenset of str
        Names that may be in them.
    """
    terms = [term for one in parameters if one.name in group for term in _terms(one, group)]
    found = [one for one in terms if len(one.names) > 1]
    for n in (2, 3):
        for chosen in combinations(terms, n):
            first = chosen[0]
            if any(one.unit != first.unit for one in chosen) or first.unit not in _ADDITIVE:
                continue
            names = frozenset[str]().union(*(one.names for one in chosen))
            # No parameter stands in two terms, such as G_inf and G_inf W_inf.
            if len(names) == sum(len(one.names) for one in chosen):
                found.append(_sum(chosen, names))
    return sorted(found, key=lambda one: (len(one.names), len(one.text)))


_ADDITIVE = {"ohm", "S", "F", "1/F", "S·s^n", "1/(S·s^n)"}
"""Units of what adds up in series or side by side."""


def _sum(terms: Sequence[Combination], names: frozenset[str]) -> Combination:
    return Combination(
        " + ".join(one.text for one in terms),
        terms[0].unit,
        names,
        lambda values: np.sum([one.figure(values) for one in terms], axis=0),
    )


def _terms(one: ModelParameter, group: frozenset[str]) -> list[Combination]:
    """Return what a parameter, alone or with others of its element, is as a resistance, a conductance and so on."""
    name, element = one.name, one.name.partition(".")[0]
    if one.unit == "ohm" and "." not in name:
        return [_of((name,), name, "ohm", lambda R: R), _of((name,), f"1/{name}", "S", lambda R: 1.0 / R)]
    if one.unit == "F":
        return [
            _of((name,), name, "F", lambda C: C),
            _of((name,), f"1/{name}", "1/F", lambda C: 1.0 / C),
            *_arc_times(name, group),
        ]
    if one.unit == "S·s^n":
        return [
            _of((name,), name, "S·s^n", lambda Q: Q),
            _of((name,), f"1/{name}", "1/(S·s^n)", lambda Q: 1.0 / Q),
        ]
    if one.unit == "S":
        return _terms_of_conductance(name, f"{element}.W_inf", f"{element}.tau", group)
    if one.unit == "s":
        return _terms_of_time(name, f"{element}.W_inf", f"{element}.a", group)
    return []


def _terms_of_conductance(G: str, W: str, tau: str, group: frozenset[str]) -> list[Combination]:
    found = [_of((G,), f"1/{G}", "ohm", lambda G: 1.0 / G), _of((G,), G, "S", lambda G: G)]
    if W in group:
        found += [
            _of((G, W), f"1/({G} {W})", "ohm", lambda G, W: 1.0 / (G * W)),
            _of((G, W), f"(1/{W} - 1)/{G}", "ohm", lambda G, W: (1.0 / W - 1.0) / G),
            _of((G, W), f"{G} {W}", "S", lambda G, W: G * W),
            _of((G, W), f"{G} (1 - {W})", "S", lambda G, W: G * (1.0 - W)),
        ]
        if tau in group:
            found.append(_of((G, W, tau), f"{G} (1 - {W}) {tau}", "F", lambda G, W, t: G * (1.0 - W) * t))
    elif tau in group:
        found.append(_of((G, tau), f"{G} {tau}", "F", lambda G, t: G * t))
    return found


def _terms_of_time(tau: str, W: str, a: str, group: frozenset[str]) -> list[Combination]:
    if W not in group:
        return []
    if a in group:
        return [_of((tau, W, a), f"{tau} {W}^(-1/{a})", "s", lambda t, W, a: t * W ** (-1.0 / a))]
    return [_of((tau, W), f"{tau}/{W}", "s", lambda t, W: t / W)]


def _arc_times(C: str, group: frozenset[str]) -> list[Combination]:
    """Return times of a capacitor with each resistor that may be beside it."""
    resistors = sorted(one for one in group if one.startswith("R") and "." not in one)
    return [_of((R, C), f"{R} {C}", "s", lambda R, C: R * C) for R in resistors]


def _of(names: tuple[str, ...], text: str, unit: str, figure: Callable[..., Floats]) -> Combination:
    return Combination(text, unit, frozenset(names), lambda values: figure(*(values[name] for name in names)))
