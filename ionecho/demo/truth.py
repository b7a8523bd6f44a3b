"""True values of a simulated cell in the terms of the fit, by the simulator's own functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

if TYPE_CHECKING:
    from daq import Run
    from protocols import PulseSequence
    from sim_instruments import Cell

# What the simulated cell calls it, and where the demo's circuit has it.
_PARAMETER_NAMES = {
    "R_s": "R0",
    "G_inf": "Mig1.G_inf",
    "B": "Mig1.B",
    "K": "Mig1.K",
    "tau": "Mig1.tau",
    "Q": "CPE1.Q",
    "n": "CPE1.n",
}


def true_parameters(cell: Cell) -> dict[str, float]:
    """Return the parameters of ``R0-Mig1-CPE1`` behind a simulated MIGRATION cell, SI."""
    return {_PARAMETER_NAMES[name]: value for name, value in cell.parameters.items()}


def true_memory(cell: Cell, run: Run, window_s: float) -> dict[str, float]:
    """Return what a fit should say that the cell remembers.

    Parameters
    ----------
    cell : Cell
        With a MIGRATION bulk.
    run : Run
        Whose commanded edges the charges belong to.
    window_s : float
        Longest time after an edge: the mean memory time is that of this window.
    """
    p = cell.parameters
    W_inf = float(np.exp(-p["B"]))
    t = np.geomspace(1e-9 * window_s, window_s, 20_001)
    W = cell.relaxation(t)
    half = 0.5 * (1.0 + W_inf)
    known = {
        "W_inf": W_inf,
        "back_hop_fraction": 1.0 - W_inf,
        "memory_time": float(np.trapezoid(W - W[-1], t) / (1.0 - W[-1])),
        "median_memory_time": float(brentq(lambda x: float(cell.relaxation(np.array([x]))[0]) - half, t[0], t[-1])),
        "mode_capacitance": p["G_inf"] * (1.0 - W_inf) * p["tau"],
    }
    ratios = _reversal_ratios(cell, run.drive) if run.drive is not None else []
    names = ["reversal_charge_ratio", *(f"reversal_charge_ratio_{k}" for k in range(2, len(ratios) + 1))]
    return known | dict(zip(names, ratios, strict=True))


def _reversal_ratios(cell: Cell, drive: PulseSequence) -> list[float]:
    """Charge that flows back after each pulse over the charge of the pulse: every edge's own charge, added up."""
    edges, steps = drive.jumps()
    # Pulses rise at even edges and fall at odd ones; each is followed by a rest.
    marks = np.append(edges, drive.duration_s)
    charge = np.array([float(steps @ cell.step_charge(mark - edges)) for mark in marks])
    passed = np.diff(charge)
    return [float(ratio) for ratio in -passed[1::2] / passed[0::2]]
