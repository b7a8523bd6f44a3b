"""Bounds of parameters that somebody knows, closer than those that the circuit's elements have."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fitting.model.circuit import CellModel

_BETWEEN = ".."
"""What stands between two bounds: ``100 ohm .. 1 kohm``."""


def bounded(model: CellModel, bounds: Mapping[str, str]) -> CellModel:
    """Return a cell whose parameters lie between bounds.

    Parameters
    ----------
    model : CellModel
    bounds : mapping of str to str
        Free parameters, each with ``LOW .. HIGH``, in SI or with a unit; one of the two may be missing.

    Raises
    ------
    FitError
        If there is no such free parameter, or its bounds are none.
    """
    known = {one.name: one for one in model.parameters}
    for name, text in bounds.items():
        if name not in known:
            raise FitError(f"no free parameter is called {name!r}; there are {', '.join(known)}")
        one = known[name]
        low, mark, high = (part.strip() for part in text.partition(_BETWEEN))
        if not mark or not (low or high):
            raise FitError(f"{name}: bounds are LOW .. HIGH, of which one may be missing, not {text!r}")
        lower = one.value_of(_number(low)) if low else one.lower
        upper = one.value_of(_number(high)) if high else one.upper
        if not one.lower <= lower < upper <= one.upper:
            raise FitError(f"{name}: its bounds lie in rising order from {one.lower:g} to {one.upper:g}, not {text!r}")
        known[name] = replace(one, lower=lower, upper=upper)
    found = copy.copy(model)
    found.bounds = {**model.bounds, **bounds}
    found.parameters = tuple(known[one.name] for one in model.parameters)
    return found


def _number(text: str) -> float | str:
    """Return a bare number as one, and a quantity as it is."""
    try:
        return float(text)
    except ValueError:
        return text
