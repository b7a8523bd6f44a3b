"""The sample on a simulated instrument, and the current that it passes after a unit voltage step."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from protocols import IonechoError, parse_quantity, read_text_file, toml_tables
from sim_instruments.core.cubic import Cubic
from sim_instruments.sample.contacts import Ageing, Contacts
from sim_instruments.sample.kept_responses import kept_response
from sim_instruments.sample.relaxation import Relaxation, constant, debye, migration, tabulated
from sim_instruments.sample.volterra import step_current

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

_BOLTZMANN_EV_K = 8.617333262e-5  # CODATA 2018
_TIMES = ("tau", "tau_median", "tau_median_error")  # parameters that are times of the bulk
# Mesh of the step response: decades, and points each.
_FIRST_S, _LAST_S = 1e-9, 1e4
_DECADES, _POINTS = 13, 200
# In a cryostat the response is worked out while a client waits: a tenth of a second with 48 points a decade, where it
# takes one with 200. It is within 2e-6 of the peak of that (measured), a twentieth of the converters' noise.
_QUICK_POINTS = 48


class CellError(IonechoError):
    """A cell is not known, or its file does not describe one."""


@dataclass(frozen=True)
class Activation:
    """How a cell follows temperature: Arrhenius factors ``exp(-E / k (1/T - 1/T_ref))``.

    Attributes
    ----------
    reference_K : float
        Where the cell file's values hold.
    bulk_eV : float
        Of the bulk: its conductance rises and all its times fall by the same factor, as in materials whose spectra
        superpose (time-temperature superposition, Summerfield, Phil. Mag. B 52, 9 (1985)).
    electrode_eV : float
        Of the electrode's Q.
    """

    reference_K: float
    bulk_eV: float
    electrode_eV: float = 0.0

    def factor(self, energy_eV: float, temperature_K: float) -> float:
        """Return by how much a rate of that activation energy is higher than at the reference."""
        return math.exp(-energy_eV / _BOLTZMANN_EV_K * (1.0 / temperature_K - 1.0 / self.reference_K))


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
    activation : Activation, optional
        How it follows temperature; without it, it does not.
    contacts : Contacts, optional
        How it is clipped in; perfectly by default. Shared by everything that measures the cell.
    points_per_decade : int
        Mesh on which its response is worked out.
    """

    def __init__(
        self,
        name: str,
        parameters: Mapping[str, float],
        relaxation: Relaxation,
        activation: Activation | None = None,
        contacts: Contacts | None = None,
        points_per_decade: int = _POINTS,
    ) -> None:
        self.name = name
        self.parameters = dict(parameters)
        self.relaxation = relaxation
        self.activation = activation
        self.contacts = contacts or Contacts()
        self._temperature_at: Callable[[float], float] | None = None
        self._here = self
        self._here_K = math.nan
        self._mesh = np.geomspace(_FIRST_S, _LAST_S, _DECADES * points_per_decade + 1)

    def put_into(self, temperature_at: Callable[[float], float]) -> None:
        """Put the cell into a cryostat or oven: its temperature (K) as a function of instrument time (s)."""
        self._temperature_at = temperature_at

    def at_time(self, t_s: float) -> Cell:
        """Return the cell as it is at the temperature of an instant; itself where none plays a part.

        Temperatures are taken to a millikelvin: at 300 K and 0.4 eV that moves times by 2.6e-5.
        """
        if self._temperature_at is None or self.activation is None:
            return self
        temperature_K = round(self._temperature_at(t_s), 3)
        if temperature_K != self._here_K:
            self._here, self._here_K = self.at_temperature(temperature_K, _QUICK_POINTS), temperature_K
        return self._here

    def at_temperature(self, temperature_K: float, points_per_decade: int = _POINTS) -> Cell:
        """Return the cell at a temperature, K, with its response on such a mesh.

        Raises
        ------
        CellError
            If its file has no activation energy.
        """
        if self.activation is None:
            raise CellError(f"cell {self.name!r} has no [temperature] table: it has no activation energy")
        faster = self.activation.factor(self.activation.bulk_eV, temperature_K)
        parameters = self.parameters | {"G_inf": self.parameters["G_inf"] * faster}
        parameters |= {key: self.parameters[key] / faster for key in _TIMES if key in self.parameters}
        if "Q" in parameters:
            parameters["Q"] *= self.activation.factor(self.activation.electrode_eV, temperature_K)
        relaxation = self.relaxation.slowed(1.0 / faster)
        return Cell(self.name, parameters, relaxation, self.activation, self.contacts, points_per_decade)

    @property
    def dc_conductance_S(self) -> float:
        """Current per volt after an endless wait (0 with a blocking electrode), S."""
        if "Q" in self.parameters:
            return 0.0
        return 1.0 / (self.parameters["R_s"] + 1.0 / (self.parameters["G_inf"] * self.relaxation.W_inf))

    @cached_property
    def _response(self) -> Cubic:
        p = self.parameters
        R_s, G, Q, n = p["R_s"], p["G_inf"], p.get("Q"), p.get("n", 1.0)

        def worked_out() -> Array:
            return step_current(self._mesh, R_s, G, self.relaxation, Q, n)

        if Q is None and self.relaxation.is_constant:
            current = np.full(len(self._mesh), 1.0 / (R_s + 1.0 / G))
        elif len(self._mesh) < _DECADES * _POINTS:
            # In a cryostat each temperature has its own, which hardly comes back.
            current = worked_out()
        else:
            numbers = np.array([R_s, G, math.nan if Q is None else Q, n])
            current = kept_response((self._mesh, numbers, *self.relaxation.table), worked_out)
        return Cubic.spline(np.log(self._mesh), current)

    @cached_property
    def _charge(self) -> Cubic:
        """The integral of the step response over time, in ln t."""
        nodes, weights = np.polynomial.legendre.leggauss(4)
        u = np.log(self._mesh)
        half = 0.5 * np.diff(u)
        at = u[:-1, None] + half[:, None] * (1.0 + nodes)
        pieces = half * ((self._response(at) * np.exp(at)) @ weights)
        first = _FIRST_S * float(self.step_response(0.0))
        return Cubic.spline(u, first + np.concatenate([[0.0], np.cumsum(pieces)]))

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
        ``"demo"``, ``"debye"``, ``"lattice-gas"``, ``"randles"``, ``"resistor"``, ``"rc"``, or the path of a file
        (``docs/reference/cells.md``).

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
            folder = None
        else:
            path = Path(name_or_path)
            text, name, folder = read_text_file(path), path.stem, path.parent
        return _cell(name, toml_tables(text), folder)
    except OSError as fault:
        raise CellError(
            f"no cell {str(name_or_path)!r}: known are {', '.join(known)}, or give a file ({fault})"
        ) from fault
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        if isinstance(fault.__cause__, FileNotFoundError):
            raise CellError(f"no cell {str(name_or_path)!r}: known are {', '.join(known)}, or give a file") from fault
        raise CellError(f"cell {str(name_or_path)!r}: {_reason(fault)}") from fault


def _reason(fault: Exception) -> str:
    return f"{fault.args[0]} is missing" if isinstance(fault, KeyError) else str(fault)


def _cell(name: str, document: dict[str, Any], folder: Path | None) -> Cell:
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
    elif kind == "debye":
        parameters |= {
            "W_inf": _positive(bulk["W_inf"], "", "bulk.W_inf"),
            "tau": _positive(bulk["tau"], "s", "bulk.tau"),
        }
        relaxation = debye(parameters["W_inf"], parameters["tau"])
    elif kind == "table":
        relaxation = tabulated(*_table(bulk, folder))
        parameters |= {"W_inf": relaxation.W_inf}
        parameters |= {
            key: parse_quantity(value, "s" if key == "tau" else "") for key, value in bulk.get("truth", {}).items()
        }
    elif kind == "kinetic-monte-carlo":
        relaxation, counted = _counted(bulk)
        parameters |= counted
    else:
        raise ValueError(f"bulk.kind must be ohmic, debye, migration, table or kinetic-monte-carlo, not {kind!r}")
    if (electrode := document.get("electrode")) is not None:
        parameters |= {"Q": _electrode_Q(electrode), "n": _positive(electrode.get("n", 1.0), "", "electrode.n")}
        if parameters["n"] > 1.0:
            raise ValueError("electrode.n must be at most 1")
    return Cell(
        name, parameters, relaxation, _activation(document.get("temperature")), _contacts(document.get("contacts"))
    )


def _table(bulk: Mapping[str, Any], folder: Path | None) -> tuple[list[float], list[float]]:
    """Return times (s) and W, from the cell file itself or from a table of two columns beside it."""
    if "file" not in bulk:
        return [parse_quantity(t, "s") for t in bulk["times"]], [parse_quantity(w, "") for w in bulk["W"]]
    table = read_text_file((folder or Path()) / str(bulk["file"]))
    columns = np.loadtxt(io.StringIO(table), delimiter=",", ndmin=2)
    if columns.shape[1] != 2:
        raise ValueError(f"bulk.file must have two columns, t in s and W, not {columns.shape[1]}")
    return columns[:, 0].tolist(), columns[:, 1].tolist()


def _activation(table: Mapping[str, Any] | None) -> Activation | None:
    if table is None:
        return None
    return Activation(
        _positive(table["reference"], "K", "temperature.reference"),
        _positive(table["bulk"], "eV", "temperature.bulk"),
        parse_quantity(table.get("electrode", "0 eV"), "eV"),
    )


def _contacts(table: Mapping[str, Any] | None) -> Contacts:
    if table is None:
        return Contacts()
    loss_s = _positive(table["loss_time"], "s", "contacts.loss_time") if "loss_time" in table else math.inf
    drift_per_s = parse_quantity(table.get("drift", "0 1/s"), "1/s")
    return Contacts(Ageing(loss_s, drift_per_s), _positive(table.get("short", "1 ohm"), "ohm", "contacts.short"))


def _counted(bulk: Mapping[str, Any]) -> tuple[Relaxation, dict[str, float]]:
    """Let a lattice gas walk; return W(t) and what was counted."""
    # numba takes half a second: only this kind of bulk needs it.
    from sim_instruments.sample.counted_memory import memory_of
    from sim_instruments.sample.lattice_gas import LatticeGas

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
