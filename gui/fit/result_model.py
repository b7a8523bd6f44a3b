"""Result of a fit, as curves and as rows of a table. Without Qt, and off the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gui.common.traces import edge_times
from protocols import RunFileError, format_estimate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# What the fitting room calls it, and what a physicist reads.
_NAMES = {
    "W_inf": "Kept for good, W∞",
    "back_hop_fraction": "Back-hop, 1 − W∞",
    "memory_time": "Memory time, mean",
    "median_memory_time": "Memory time, median",
    "mode_capacitance": "Capacitance",
    "reversal_charge_ratio": "Charge given back",
    "memory_spread_decades": "Spread, decades",
}
# The window has no room for them; `ionecho fit` prints them, and the results file keeps them.
_LEFT_OUT = {"friction_growth", "reversal_onset", "reversal_peak", "reversal_lasts", "readable_bits"}
_ORDINALS = {"2": "2nd", "3": "3rd"} | {str(number): f"{number}th" for number in range(4, 21)}


@dataclass(frozen=True, eq=False)
class FitCurves:
    """What is drawn of a fit.

    Attributes
    ----------
    edges_s : ndarray
        When the voltage jumps.
    time_s, current_A, residual_A : ndarray, shape (k,)
        The fitted current over the run, and measured minus fitted; NaN where the run has no trustworthy sample.
    W_time_s, W, W_lowest, W_highest : ndarray, shape (m,)
        The relaxation of the bulk with its 95 % band; empty if the model has no bulk that relaxes.
    """

    edges_s: Floats
    time_s: Floats
    current_A: Floats
    residual_A: Floats
    W_time_s: Floats
    W: Floats
    W_lowest: Floats
    W_highest: Floats


def load_fit(run_path: Path) -> FitCurves:
    """Return the curves of the fit that is kept beside a run.

    Raises
    ------
    RunFileError
        If there is none.
    """
    from daq import open_run, read_process

    kept = read_process(run_path, "fit")
    if kept is None:
        raise RunFileError(f"{run_path}: no fit is kept beside it")
    run = open_run(run_path)
    time, current = kept.arrays["overlay_t_s"], kept.arrays["overlay_current_A"]
    nearest = np.clip(np.searchsorted(run.t_s, time), 0, run.n_samples - 1)
    good = run.status[nearest] == 0
    residual = np.where(good, run.current_A[nearest] - current, np.nan)
    curves = [kept.arrays.get(name, np.empty(0)) for name in ("W_t_s", "W", "W_lo", "W_hi")]
    return FitCurves(edge_times(run.drive), time, current, residual, *curves)


@dataclass(frozen=True)
class Row:
    """One figure of a result.

    Attributes
    ----------
    name, value, interval : str
    note : str
        What it rests on.
    doubt : str
        Why the figure must not be used; empty if it may.
    """

    name: str
    value: str
    interval: str
    note: str = ""
    doubt: str = ""


def rows_of(figures: Mapping[str, Any]) -> list[Row]:
    """Return the figures of a result's part, as rows of a table; what is no figure is left out, and what has no room.

    Parameters
    ----------
    figures : mapping
        ``parameters`` or ``memory`` of the document of ``ionecho fit --json``.
    """
    return [_row(name, found) for name, found in figures.items() if isinstance(found, dict) and name not in _LEFT_OUT]


def _row(name: str, found: Mapping[str, Any]) -> Row:
    value, unit, note = found["value"], found["unit"], found.get("note", "")
    low, high = found["ci95"]
    trusted = found.get("identifiable", True) and found.get("resolved", True)
    doubt = "" if trusted else found.get("reason") or note or "this run does not determine it"
    if value is None:
        return Row(readable(name), "–", "–", note, doubt)
    shown, interval = format_estimate(value, (low, high), unit)
    return Row(readable(name), shown, interval, note, doubt)


def readable(name: str) -> str:
    """Return what a physicist calls a figure of the fitting room's; parameters keep their names."""
    plain, _, number = name.rpartition("_")
    if plain in _NAMES and number.isdigit():
        return f"{_NAMES[plain]}, {_ORDINALS.get(number, number)}"
    return _NAMES.get(name, name)
