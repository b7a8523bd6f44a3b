"""Checks of what `ionecho fit` was asked for, before any file is opened."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ionecho.commands.refusals import UsageError, check_files
from protocols import FitError, parse_quantity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fitting import CellModel


def check_fit(
    runs: Sequence[Path],
    circuits: Sequence[str],
    mains_Hz: float | None,
    temperatures_K: Sequence[float],
    edges: str = "",
) -> None:
    """Raise `UsageError` for a file that is not there, a circuit that is none, or a number that cannot be meant.

    Parameters
    ----------
    runs : sequence of Path
    circuits : sequence of str
    mains_Hz : float or None
    temperatures_K : sequence of float
    edges : str
    """
    from fitting import CellModel
    from fitting.reduction.nuisance import EDGES

    check_files(runs)
    for circuit in circuits:
        try:
            CellModel(circuit)
        except FitError as error:
            raise UsageError(str(error), "--model") from None
    if edges and edges not in EDGES:
        raise UsageError(f"edges of a sampled voltage are {', '.join(EDGES)}, not {edges!r}", "--edges")
    if mains_Hz is not None and not (math.isfinite(mains_Hz) and mains_Hz > 0.0):
        raise UsageError(f"the frequency of the mains is a positive number of hertz, not {mains_Hz:g}", "--mains")
    for temperature in temperatures_K:
        if not (math.isfinite(temperature) and temperature > 0.0):
            raise UsageError(f"a temperature is a positive number of kelvins, not {temperature:g}", "--temperature")


def held_circuit(circuit: str, held: Sequence[str]) -> CellModel:
    """Return a circuit with parameters held at what is known, each as ``R0=300 ohm``; else `UsageError`."""
    from fitting import CellModel

    units = {one.name: one.unit for one in CellModel(circuit).parameters}
    fixed = {}
    for text in held:
        name, mark, value = (part.strip() for part in text.partition("="))
        if not mark or name not in units:
            raise UsageError(f"expected NAME=VALUE with one of {', '.join(units)}, not {text!r}", "--hold")
        # The unit of a constant phase element depends on its exponent: a bare number.
        unit = "" if "^n" in units[name] else units[name]
        try:
            fixed[name] = parse_quantity(value, unit)
        except ValueError as error:
            raise UsageError(f"{name}: {error}", "--hold") from None
    try:
        return CellModel(circuit, fixed)
    except FitError as error:
        raise UsageError(str(error), "--hold") from None


def checked_before(text: str) -> str | float:
    """Return what was before a record as `fitting.reduction.nuisance.Nuisance.before` takes it; else `UsageError`."""
    from fitting.reduction.nuisance import REST, UNKNOWN

    if text in {"", REST, UNKNOWN}:
        return text
    try:
        return parse_quantity(text, "V")
    except ValueError:
        raise UsageError(
            f"before its first sample a cell was at {REST}, at a level such as '0 V', or {UNKNOWN}, not {text!r}",
            "--before",
        ) from None
