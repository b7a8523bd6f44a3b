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
    control: str = "",
) -> None:
    """Raise `UsageError` for a file that is not there, a circuit that is none, or a number that cannot be meant.

    Parameters
    ----------
    runs : sequence of Path
    circuits : sequence of str
    mains_Hz : float or None
    temperatures_K : sequence of float
    control : str
    """
    check_files(runs)
    check_control(control or None)
    check_circuits(circuits)
    check_mains(mains_Hz)
    for temperature in temperatures_K:
        if not (math.isfinite(temperature) and temperature > 0.0):
            raise UsageError(f"a temperature is a positive number of kelvins, not {temperature:g}", "--temperature")


def check_circuits(circuits: Sequence[str]) -> None:
    """Raise `UsageError` for a circuit that is none."""
    from fitting import CellModel

    for circuit in circuits:
        try:
            CellModel(circuit)
        except FitError as error:
            raise UsageError(str(error), "--model") from None


def check_mains(mains_Hz: float | None) -> None:
    """Raise `UsageError` for a frequency that no mains has."""
    if mains_Hz is not None and not (math.isfinite(mains_Hz) and mains_Hz > 0.0):
        raise UsageError(f"the frequency of the mains is a positive number of hertz, not {mains_Hz:g}", "--mains")


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


def check_control(control: str | None) -> None:
    """Raise `UsageError` for a quantity that no instrument controls."""
    if control not in {None, "voltage", "current"}:
        raise UsageError(f"an instrument controls voltage or current, not {control!r}", "--control")


def checked_before(text: str, run: Path, control: str) -> str | float:
    """Return what was before a run as `fitting.reduction.nuisance.Nuisance.before` takes it; else `UsageError`.

    A level is one of the quantity that was controlled, by `control` or by what the run says.
    """
    from daq import open_run
    from fitting import Nuisance
    from fitting.reduction.control import controlled
    from fitting.reduction.nuisance import REST, UNKNOWN

    if text in {"", REST, UNKNOWN}:
        return text
    unit = controlled(open_run(run), Nuisance(control=control))[1].units[0]
    try:
        return parse_quantity(text, unit)
    except ValueError:
        raise UsageError(
            f"before its first sample this cell was at {REST}, at a level such as '0 {unit}', or {UNKNOWN}, not"
            f" {text!r}",
            "--before",
        ) from None


def checked_baseline(text: str) -> str:
    """Return which baseline is asked for; else `UsageError`."""
    from fitting.reduction.nuisance import SMOOTH

    if text not in {"", SMOOTH}:
        raise UsageError(f"a baseline is {SMOOTH}, not {text!r}", "--baseline")
    return text
