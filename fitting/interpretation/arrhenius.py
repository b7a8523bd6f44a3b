"""Activation of a fitted quantity by temperature: a straight line of its logarithm over 1/T, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.constants import BOLTZMANN_eV_K
from fitting.interpretation.regression import line_through
from protocols import FitError, parse_quantities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fitting.results.estimate import Estimate
    from fitting.transforms.laplace import Floats


@dataclass(frozen=True)
class Arrhenius:
    """``value = prefactor exp(-E_a / k T)``, or of ``value T`` where the temperature is counted in.

    A relaxation time that falls as it gets warmer has a negative `energy_eV`.

    Attributes
    ----------
    energy_eV, prefactor : float
        The prefactor has the unit of the value, times kelvin with `times_temperature`.
    energy_ci95_eV, prefactor_ci95 : tuple of float
    interval_inflation : float
        Factor on the intervals where the values scatter about the line by more than their own intervals say.
    times_temperature : bool
    n_used : int
        Values with a closed interval.
    """

    energy_eV: float
    energy_ci95_eV: tuple[float, float]
    prefactor: float
    prefactor_ci95: tuple[float, float]
    interval_inflation: float
    times_temperature: bool
    n_used: int

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "activation_energy_eV": self.energy_eV,
            "activation_energy_ci95_eV": list(self.energy_ci95_eV),
            "prefactor": self.prefactor,
            "prefactor_ci95": list(self.prefactor_ci95),
            "interval_inflation": self.interval_inflation,
            "times_temperature": self.times_temperature,
            "values_used": self.n_used,
        }

    def at(self, temperature_K: Floats) -> Floats:
        """Return the value on the line at some temperatures."""
        T = np.asarray(temperature_K, dtype=np.float64)
        value: Floats = self.prefactor * np.exp(-self.energy_eV / (BOLTZMANN_eV_K * T))
        return value / T if self.times_temperature else value


def kelvins(temperatures: Sequence[float | str] | Floats) -> Floats:
    """Return temperatures in kelvin, of numbers or of text with a unit (``"25 degC"``).

    Raises
    ------
    FitError
        If one is no temperature; the message says which.
    """
    try:
        return parse_quantities(temperatures, "K")
    except ValueError as error:
        raise FitError(f"temperatures{error}" if str(error).startswith("[") else f"temperatures: {error}") from None


def arrhenius(
    temperature_K: Sequence[float | str] | Floats, values: Sequence[Estimate], *, times_temperature: bool = False
) -> Arrhenius:
    """Fit the activation of one quantity that was fitted at several temperatures.

    Each logarithm is weighted by its own 95 % interval. Values whose interval is open are left out: they are not
    determined. Scatter beyond the intervals widens the result.

    Parameters
    ----------
    temperature_K : array_like or sequence of str, shape (n,)
        Kelvins, or text with a unit.
    values : sequence of Estimate
        One for each temperature, above zero.
    times_temperature : bool
        Fit ``value T``, as hopping theory has it for conductivities.

    Raises
    ------
    FitError
        If lengths differ, temperatures are not above zero, or fewer than two temperatures have a determined value.
    """
    T = kelvins(temperature_K)
    if T.shape != (len(values),) or not np.all(T > 0.0):
        raise FitError(f"{len(values)} values need as many temperatures above 0 K, not {T.tolist()}")
    line = line_through(
        -1.0 / (BOLTZMANN_eV_K * T),
        values,
        T if times_temperature else np.ones(len(T)),
        "an activation energy needs determined values at two temperatures at least",
    )
    low, high = line.level_ci95
    return Arrhenius(
        line.slope,
        line.slope_ci95,
        float(np.exp(line.level)),
        (float(np.exp(low)), float(np.exp(high))),
        line.interval_inflation,
        times_temperature,
        line.n_used,
    )
