"""Which sample hangs on the simulated instrument, and what current does it pass after a unit voltage step?"""

from __future__ import annotations

import math
import tomllib
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.interpolate import CubicSpline

from protocols import IonechoError, parse_quantity
from sim_instruments._volterra import step_current
from sim_instruments.relaxation import Relaxation, constant, migration, tabulated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

_BOLTZMANN_EV_K = 8.617333262e-5  # CODATA 2018
# Mesh of the step response: 13 decades, 200 points each.
_FIRST_S, _LAST_S = 1e-9, 1e4
_MESH = np.geomspace(_FIRST_S, _LAST_S, 13 * 200 + 1)


class CellError(IonechoError):
    """A cell is not known, or its file does not describe one."""


class Cell:
    """A series resistance, a bulk that relaxes, and an electrode that blocks (or none).

    Voltages are small: the cell is linear. Geometric capacitance is not modelled: without it the current jumps at once.

    Parameters
    ----------
    name : str
        What it is called.
    parameters : mapping
        The truths behind it in SI: ``R_s`` ohm, ``G_inf`` S, those of the relaxation (``B``, ``K``, ``tau`` s; or,
        where hops were counted, ``W_inf``, ``back_hop_fraction`` and ``tau_median`` s, each with its standard error as
        ``..._error``), and ``Q`` S s^n and ``n`` if an electrode blocks.
    relaxation : Relaxation
        W(t), the bulk's memory.
    """

    def __init__(self, name: str, parameters: Mapping[str, float], relaxation: Relaxation) -> None:
        self.name = name
        self.parameters = dict(parameters)
        self.relaxation = relaxation

    @property
    def dc_conductance_S(self) -> float:
        """Current per volt after an endless wait (0 with a blocking electrode), S."""
        if "Q" in self.parameters:
            return 0.0
        return 1.0 / (self.parameters["R_s"] + 1.0 / (self.parameters["G_inf"] * self.relaxation.W_inf))

    @cached_property
    def _response(self) -> CubicSpline[np.float64]:
        p = self.parameters
        current = step_current(_MESH, p["R_s"], p["G_inf"], self.relaxation, p.get("Q"), p.get("n", 1.0))
        return CubicSpline(np.log(_MESH), current)

    @cached_property
    def _charge(self) -> CubicSpline[np.float64]:
        """The integral of the step response over time, in ln t."""
        nodes, weights = np.polynomial.legendre.leggauss(4)
        u = np.log(_MESH)
        half = 0.5 * np.diff(u)
        at = u[:-1, None] + half[:, None] * (1.0 + nodes)
        pieces = half * ((self._response(at) * np.exp(at)) @ weights)
        first = _FIRST_S * float(self.step_response(0.0))
        return CubicSpline(u, first + np.concatenate([[0.0], np.cumsum(pieces)]))

    def step_response(self, t_s: ArrayLike) -> Array:
        """Return the current per volt at t_s (s) after a voltage step, S; 0 before it.

        Beyond 1e4 s the value there is kept.
        """
        t = np.asarray(t_s, dtype=np.float64)
        inside = self._response(np.log(np.clip(t, _FIRST_S, _LAST_S)))
        at_once = 1.0 / (self.parameters["R_s"] + 1.0 / self.parameters["G_inf"])
        early = at_once + (self._response(np.log(_FIRST_S)) - at_once) * t / _FIRST_S
        return np.where(t < 0.0, 0.0, np.where(t < _FIRST_S, early, inside))

    def step_charge(self, t_s: ArrayLike) -> Array:
        """Return the charge per volt that has passed at t_s (s) after a voltage step, C/V, up to 1e4 s."""
        t = np.asarray(t_s, dtype=np.float64)
        inside = self._charge(np.log(np.clip(t, _FIRST_S, _LAST_S)))
        return np.where(t < _FIRST_S, np.maximum(t, 0.0) * self.step_response(0.0), inside)


def load_cell(name_or_path: str | Path) -> Cell:
    """Return a cell that comes with the simulators, or that a TOML file describes.

    Parameters
    ----------
    name_or_path : str or Path
        ``"demo"``, ``"debye"``, ``"lattice-gas"``, ``"resistor"``, ``"rc"``, or the path of a file (see those in
        ``sim_instruments/cells``).

    Raises
    ------
    CellError
        If there is no such cell, or the file does not describe one.
    """
    shipped = resources.files("sim_instruments") / "cells"
    known = sorted(entry.name.removesuffix(".toml") for entry in shipped.iterdir() if entry.name.endswith(".toml"))
    try:
        if str(name_or_path) in known:
            text, name = (shipped / f"{name_or_path}.toml").read_text("utf-8"), str(name_or_path)
        else:
            path = Path(name_or_path)
            text, name = path.read_text("utf-8"), path.stem
        return _cell(name, tomllib.loads(text))
    except OSError as fault:
        raise CellError(
            f"no cell {str(name_or_path)!r}: known are {', '.join(known)}, or give a file ({fault})"
        ) from fault
    except (KeyError, TypeError, ValueError) as fault:
        raise CellError(f"cell {str(name_or_path)!r}: {_reason(fault)}") from fault


def _reason(fault: Exception) -> str:
    return f"{fault.args[0]} is missing" if isinstance(fault, KeyError) else str(fault)


def _cell(name: str, document: dict[str, Any]) -> Cell:
    bulk = document["bulk"]
    parameters = {
        "R_s": _positive(document["series"]["R_s"], "ohm", "series.R_s"),
        "G_inf": _positive(bulk["G_inf"], "S", "bulk.G_inf"),
    }
    kind = bulk.get("kind", "ohmic")
    if kind == "ohmic":
        relaxation = constant()
    elif kind == "migration":
        shape = {key: _positive(bulk[key], unit, f"bulk.{key}") for key, unit in (("B", ""), ("K", ""), ("tau", "s"))}
        parameters |= shape
        relaxation = migration(shape["B"], shape["K"], shape["tau"])
    elif kind == "table":
        times = [parse_quantity(t, "s") for t in bulk["times"]]
        relaxation = tabulated(times, [parse_quantity(w, "") for w in bulk["W"]])
        parameters |= {"W_inf": relaxation.W_inf}
        parameters |= {
            key: parse_quantity(value, "s" if key == "tau" else "") for key, value in bulk.get("truth", {}).items()
        }
    elif kind == "kinetic-monte-carlo":
        relaxation, counted = _counted(bulk)
        parameters |= counted
    else:
        raise ValueError(f"bulk.kind must be ohmic, migration, table or kinetic-monte-carlo, not {kind!r}")
    if (electrode := document.get("electrode")) is not None:
        parameters |= {"Q": _electrode_Q(electrode), "n": _positive(electrode.get("n", 1.0), "", "electrode.n")}
        if parameters["n"] > 1.0:
            raise ValueError("electrode.n must be at most 1")
    return Cell(name, parameters, relaxation)


def _counted(bulk: Mapping[str, Any]) -> tuple[Relaxation, dict[str, float]]:
    """Let a lattice gas walk; return W(t) and what was counted."""
    # numba takes half a second: only this kind of bulk needs it.
    from sim_instruments.counted_memory import memory_of
    from sim_instruments.lattice_gas import LatticeGas

    kT = _BOLTZMANN_EV_K * _positive(bulk["temperature"], "K", "bulk.temperature")
    attempts = _positive(bulk["attempt_frequency"], "Hz", "bulk.attempt_frequency")
    gas = LatticeGas(
        shape=(_whole(bulk["edge"], "bulk.edge"),) * 3,
        ions=_whole(bulk["ions"], "bulk.ions"),
        hop_rate_Hz=attempts * math.exp(-_positive(bulk["barrier"], "eV", "bulk.barrier") / kT),
        mismatch_kT=_positive(bulk["mismatch"], "eV", "bulk.mismatch") / kT,
        relaxation_rate_Hz=1.0 / _positive(bulk["relaxation_time"], "s", "bulk.relaxation_time"),
        spread_kT=parse_quantity(bulk.get("site_energy_spread", "0 eV"), "eV") / kT,
        energy_seed=_whole(bulk["seed"], "bulk.seed"),
    )
    memory = memory_of(
        gas,
        _positive(bulk["duration"], "s", "bulk.duration"),
        _positive(bulk["longest_lag"], "s", "bulk.longest_lag"),
        gas.energy_seed,
    )
    fraction, fraction_error = memory.back_hop_fraction
    median_s, median_error_s = memory.median_time_s
    return memory.relaxation(), {
        "W_inf": 1.0 - fraction,
        "W_inf_error": fraction_error,
        "back_hop_fraction": fraction,
        "back_hop_fraction_error": fraction_error,
        "tau_median": median_s,
        "tau_median_error": median_error_s,
    }


def _whole(value: object, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{path} must be a whole number, not {value!r}")
    return value


def _positive(value: str | float, unit: str, path: str) -> float:
    number = parse_quantity(value, unit)
    if number <= 0.0:
        raise ValueError(f"{path} must be positive, not {value!r}")
    return number


def _electrode_Q(electrode: Mapping[str, Any]) -> float:
    """Q in S s^n: given as such, or as a capacitance with the unit farad."""
    Q = electrode["Q"]
    if isinstance(Q, str) and Q.rstrip().endswith("F"):
        return _positive(Q, "F", "electrode.Q")
    if not isinstance(Q, int | float) or not math.isfinite(Q) or Q <= 0.0:
        raise ValueError(f"electrode.Q must be a positive number (S s^n) or text such as '10 uF', not {Q!r}")
    return float(Q)
