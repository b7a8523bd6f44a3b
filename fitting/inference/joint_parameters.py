"""Which parameter of which record is which unknown of a joint fit? Shared, activated by temperature, or its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting.constants import BOLTZMANN_eV_K
from fitting.inference.least_squares import Scales
from fitting.model.circuit import CellModel, ModelParameter
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fitting.transforms.laplace import Floats

# Beyond what any ion needs (eV): the bounds only keep a search from running away.
_ENERGY_END_eV = 3.0
# ln(value) grows with +E/kT for what gets slower or more resistive in the cold, and falls for conductances.
_SIGN = {"s": 1.0, "ohm": 1.0, "S": -1.0}


@dataclass(frozen=True)
class Place:
    """Where the unknowns of one parameter of one record stand; an activated one has an energy too."""

    level: int
    energy: int | None = None
    sign: float = 0.0


class Layout:
    """The unknowns of several records with one circuit.

    Parameters
    ----------
    model : CellModel
    shared, activated : sequence of str
        Parameters, or elements for all of theirs (``Mig1``).
    n_records : int
    temperature_K : ndarray, shape (n_records,), or None
    """

    def __init__(
        self,
        model: CellModel,
        shared: Sequence[str] | None,
        activated: Sequence[str],
        n_records: int,
        temperature_K: Floats | None,
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
            if parameter.name in warm:
                unknowns += _activated(parameter)
                places = [Place(first, first + 1, _SIGN[parameter.unit])] * n_records
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
        self.scales = Scales(self.parameters)
        self.places = rows

    def theta(self, k: int, unknowns: Floats) -> Floats:
        """Return the parameters of record k."""
        return self._theta(k, unknowns)[0]

    def theta_of_line(self, k: int, u: Floats) -> tuple[Floats, Floats]:
        """Return the parameters of record k and their derivatives to the unknowns on the line, shape (p, n)."""
        theta, slopes = self._theta(k, self.scales.outward(u))
        return theta, slopes * self.scales.slope(u)

    def _theta(self, k: int, unknowns: Floats) -> tuple[Floats, Floats]:
        theta = np.empty(len(self.places[k]))
        slopes = np.zeros((len(theta), len(unknowns)))
        for i, place in enumerate(self.places[k]):
            if place.energy is None:
                theta[i], slopes[i, place.level] = unknowns[place.level], 1.0
                continue
            assert self.temperature_K is not None  # noqa: S101 - asked for in the constructor
            per_eV = place.sign / (BOLTZMANN_eV_K * self.temperature_K[k])
            factor = np.exp(np.clip(per_eV * unknowns[place.energy], -200.0, 200.0))
            theta[i] = np.clip(unknowns[place.level] * factor, 1e-60, 1e60)
            slopes[i, place.level], slopes[i, place.energy] = factor, theta[i] * per_eV
        return theta, slopes

    def joined(self, thetas: Floats, certainty: Floats, leader: int | None) -> Floats:
        """Return unknowns that stand for the parameters of records fitted alone.

        Parameters
        ----------
        thetas, certainty : ndarray, shape (n_records, p)
            Parameters, and the inverse variance of each on its line.
        leader : int or None
            The record whose value a shared parameter takes; None for the mean.
        """
        own = Scales(self.model.parameters)
        lines = np.array([own.inward(theta) for theta in thetas])
        unknowns = np.empty(len(self.parameters))
        for i, place in enumerate(self.places[0]):
            weight = certainty[:, i] / certainty[:, i].max()
            if place.energy is not None:
                assert self.temperature_K is not None  # noqa: S101 - asked for in the constructor
                x = place.sign / (BOLTZMANN_eV_K * self.temperature_K)
                design = np.stack([np.ones_like(x), x], axis=1) * np.sqrt(weight)[:, None]
                level, energy = np.linalg.lstsq(design, np.log(thetas[:, i]) * np.sqrt(weight), rcond=None)[0]
                energy = float(np.clip(energy, -0.9 * _ENERGY_END_eV, 0.9 * _ENERGY_END_eV))
                level = float(weight @ (np.log(thetas[:, i]) - energy * x) / weight.sum())
                unknowns[place.level], unknowns[place.energy] = np.exp(np.clip(level, -85.0, 85.0)), energy
            elif all(row[i] == place for row in self.places):
                u = lines.copy()[0]
                u[i] = weight @ lines[:, i] / weight.sum() if leader is None else lines[leader, i]
                unknowns[place.level] = own.outward(u)[i]
            else:
                for row, theta in zip(self.places, thetas, strict=True):
                    unknowns[row[i].level] = theta[i]
        return unknowns


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
        ModelParameter(f"{parameter.name}.E_a", "eV", -_ENERGY_END_eV, _ENERGY_END_eV),
    ]
