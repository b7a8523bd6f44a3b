"""Checks of what `ionecho fit` was asked for, before any file is opened."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ionecho.commands.refusals import UsageError, check_files
from protocols import FitError, parse_quantity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def check_fit(
    runs: Sequence[Path],
    circuits: Sequence[str],
    mains_Hz: float | None,
    temperatures_K: Sequence[float],
) -> None:
    """Raise `UsageError` for a file that is not there, a circuit that is none, or a number that cannot be meant.

    Parameters
    ----------
    runs : sequence of Path
    circuits : sequence of str
    mains_Hz : float or None
    temperatures_K : sequence of float
    """
    from fitting import CellModel

    check_files(runs)
    for circuit in circuits:
        try:
            CellModel(circuit)
        except FitError as error:
            raise UsageError(str(error), "--model") from None
    if mains_Hz is not None and not (math.isfinite(mains_Hz) and mains_Hz > 0.0):
        raise UsageError(f"the frequency of the mains is a positive number of hertz, not {mains_Hz:g}", "--mains")
    for temperature in temperatures_K:
        if not (math.isfinite(temperature) and temperature > 0.0):
            raise UsageError(f"a temperature is a positive number of kelvins, not {temperature:g}", "--temperature")


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


def checked_baseline(text: str) -> str:
    """Return which baseline is asked for; else `UsageError`."""
    from fitting.reduction.nuisance import SMOOTH

    if text not in {"", SMOOTH}:
        raise UsageError(f"a baseline is {SMOOTH}, not {text!r}", "--baseline")
    return text
