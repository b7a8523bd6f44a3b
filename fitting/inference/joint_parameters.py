"""Unknowns of one or several records: shared by all, activated by temperature, or of one record alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from fitting.constants import BOLTZMANN_eV_K
from fitting.inference.parameter_transform import ParameterTransform
from fitting.model.circuit import CellModel, ModelParameter
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fitting.transforms.laplace import Floats

_ENERGY_LIMIT_eV = 3.0
"""Largest energy: beyond what any ion needs. It only keeps a search from running away; doubled, no change."""
_SIGN = {"s": 1.0, "ohm": 1.0, "S": -1.0}
"""Sign of E/kT by unit: ln(value) grows with it for what gets slower or more resistive in the cold."""
_EXPONENT_LIMIT = 200.0
"""Largest E/kT that is evaluated: e^200 is far beyond any prefactor, and its product with one is still finite."""


class Sharing(Enum):
    """What several records have in common of one parameter."""

    SHARED = "one value for all"
    ACTIVATED = "a prefactor and an energy for all"
    OWN = "a value each"


@dataclass(frozen=True)
class Place:
    """Where one parameter of one record stands among the unknowns.

    Attributes
    ----------
    level : int
        Unknown that is its value, or its prefactor.
    energy : int or None
        Unknown that is its activation energy.
    per_eV : float
        By how much its logarithm grows with that energy (1/eV): sign over kT.
    """

    level: int
    energy: int | None = None
    per_eV: float = 0.0


class JointParameters:
    """The unknowns of records with one circuit; for a single record, the circuit's free parameters.

    Parameters
    ----------
    model : CellModel
    n_records : int
    shared : sequence of str, optional
        Parameters, or elements for all of theirs (``Mig1``); all that are not activated unless given.
    activated : sequence of str
    temperature_K : ndarray, shape (n_records,), optional

    Raises
    ------
    FitError
        If a name is unknown, or an activation energy is asked for without temperatures.
    """

    def __init__(
        self,
        model: CellModel,
        n_records: int = 1,
        shared: Sequence[str] | None = None,
        activated: Sequence[str] = (),
        temperature_K: Floats | None = None,
    ) -> None:
        self.model = model
        self.temperature_K = temperature_K
        names = {parameter.name for parameter in model.parameters}
        warm = _named(activated, names)
        if warm and (temperature_K is None or len(np.unique(temperature_K)) < 2):
            raise FitError("an activation energy needs the temperature of every record, and two different ones")
        common = names - warm if shared is None else _named(shared, names)
        if common & warm:
            raise FitError(f"{', '.join(sorted(common & warm))}: shared means the same at every temperature")
        unknowns: list[ModelParameter] = []
        rows: list[list[Place]] = [[] for _ in range(n_records)]
        for parameter in model.parameters:
            first = len(unknowns)
            if parameter.name in warm and temperature_K is not None:
                unknowns += _activated(parameter)
                per_eV = _SIGN[parameter.unit] / (BOLTZMANN_eV_K * temperature_K)
                places = [Place(first, first + 1, float(one)) for one in per_eV]
            elif parameter.name in common or n_records == 1:
                unknowns.append(parameter)
                places = [Place(first)] * n_records
            else:
                unknowns += [
                    ModelParameter(f"{parameter.name}[{k + 1}]", parameter.unit, parameter.lower, parameter.upper)
                    for k in range(n_records)
                ]
                places = [Place(first + k) for k in range(n_records)]
            for row, place in zip(rows, places, strict=True):
                row.append(place)
        self.parameters = tuple(unknowns)
        self.transform = ParameterTransform(self.parameters)
        self.places = rows
        self._levels = [np.array([place.level for place in row], dtype=np.intp) for row in rows]
        self._selections = [np.eye(len(unknowns))[levels] for levels in self._levels]
        self._activated = [
            [(i, place, place.energy) for i, place in enumerate(row) if place.energy is not None] for row in rows
        ]

    def theta(self, k: int, u: Floats) -> Floats:
        """Return the circuit's parameters for record k, shape (p,)."""
        return self._theta(k, self.transform.from_unbounded(u))

    def theta_and_slopes(self, k: int, u: Floats) -> tuple[Floats, Floats]:
        """Return the circuit's parameters for record k and their derivatives to u, shape (p, n)."""
        unknowns = self.transform.from_unbounded(u)
        theta, slope = self._theta(k, unknowns), self.transform.slope_of(unknowns)
        slopes = self._selections[k] * slope
        for i, place, energy in self._activated[k]:
            # Of ln(theta) to the logarithm of its prefactor: 1.
            slopes[i, place.level] = theta[i]
            slopes[i, energy] = theta[i] * place.per_eV * slope[energy]
        return theta, slopes

    def _theta(self, k: int, unknowns: Floats) -> Floats:
        theta: Floats = unknowns[self._levels[k]]
        for i, place, energy in self._activated[k]:
            theta[i] = _activated_value(theta[i], place.per_eV * unknowns[energy])
        return theta

    def kind_of(self, i: int) -> Sharing:
        """Return what the records have in common of parameter i of the circuit; one record shares with itself."""
        places = [row[i] for row in self.places]
        if places[0].energy is not None:
            return Sharing.ACTIVATED
        return Sharing.SHARED if all(place == places[0] for place in places) else Sharing.OWN

    def unknowns_for(self, i: int, records: Sequence[int]) -> list[int]:
        """Return the unknowns of parameter i of the circuit for some records, activation energies among them."""
        places = [self.places[k][i] for k in records]
        found = [k for place in places for k in (place.level, place.energy) if k is not None]
        return list(dict.fromkeys(found))

    def unknowns_of(self, name: str) -> list[int]:
        """Return where the unknowns of an element's parameters, or of one parameter, stand; energies left out."""
        found: list[int] = []
        for i, parameter in enumerate(self.model.parameters):
            if parameter.name == name or parameter.name.startswith(f"{name}."):
                found += [row[i].level for row in self.places]
        return list(dict.fromkeys(found))

    def joined(self, thetas: Floats, certainty: Floats, leader: int | None) -> Floats:
        """Return unknowns that stand for the parameters of records fitted alone.

        Parameters
        ----------
        thetas, certainty : ndarray, shape (n_records, p)
            Parameters, and the inverse variance of each on the line.
        leader : int or None
            The record whose value a shared parameter takes; None for the mean.
        """
        own = ParameterTransform(self.model.parameters)
        lines = np.array([own.to_unbounded(theta) for theta in thetas])
        unknowns = np.empty(len(self.parameters))
        for i, place in enumerate(self.places[0]):
            weight = certainty[:, i] / certainty[:, i].max()
            if place.energy is not None:
                per_eV = np.array([row[i].per_eV for row in self.places])
                level, energy = _arrhenius_line(per_eV, np.log(thetas[:, i]), weight)
                unknowns[place.level], unknowns[place.energy] = level, energy
            elif all(row[i] == place for row in self.places):
                u = lines[0].copy()
                u[i] = weight @ lines[:, i] / weight.sum() if leader is None else lines[leader, i]
                unknowns[place.level] = own.from_unbounded(u)[i]
            else:
                for row, theta in zip(self.places, thetas, strict=True):
                    unknowns[row[i].level] = theta[i]
        return unknowns


def _activated_value(prefactor: float, exponent: float) -> float:
    factor = np.exp(np.clip(exponent, -_EXPONENT_LIMIT, _EXPONENT_LIMIT))
    return float(np.clip(prefactor * factor, 1e-60, 1e60))


def _arrhenius_line(per_eV: Floats, logarithms: Floats, weight: Floats) -> tuple[float, float]:
    """Return prefactor and energy (eV) of the line through logarithms of activated values, within what is allowed."""
    design = np.stack([np.ones_like(per_eV), per_eV], axis=1) * np.sqrt(weight)[:, None]
    energy = float(np.linalg.lstsq(design, logarithms * np.sqrt(weight), rcond=None)[0][1])
    energy = float(np.clip(energy, -0.9 * _ENERGY_LIMIT_eV, 0.9 * _ENERGY_LIMIT_eV))
    level = float(weight @ (logarithms - energy * per_eV) / weight.sum())
    return float(np.exp(np.clip(level, -85.0, 85.0))), energy


def _named(asked: Sequence[str], names: set[str]) -> set[str]:
    found: set[str] = set()
    for one in asked:
        mine = {name for name in names if name == one or name.startswith(one + ".")}
        if not mine:
            raise FitError(f"no free parameter or element is called {one!r}; there are {', '.join(sorted(names))}")
        found |= mine
    return found


def _activated(parameter: ModelParameter) -> list[ModelParameter]:
    if parameter.unit not in _SIGN or np.isfinite(parameter.upper):
        raise FitError(f"{parameter.name}: only times, resistances and conductances are activated by temperature")
    return [
        ModelParameter(f"{parameter.name}.prefactor", parameter.unit, 0.0, np.inf),
        ModelParameter(f"{parameter.name}.E_a", "eV", -_ENERGY_LIMIT_eV, _ENERGY_LIMIT_eV),
    ]
