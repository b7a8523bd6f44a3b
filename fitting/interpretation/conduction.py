"""Figures of ionic conduction that a referee asks for, each with interval, equation and source.

Conductivities and permittivities need the sample's thickness and area; without them conductances and capacitances
stand in their place. Figures that a model does not have, or a record does not tell, are said to be so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fitting.constants import ELEMENTARY_CHARGE_C, BOLTZMANN_eV_K, VACUUM_PERMITTIVITY_F_m
from fitting.interpretation.conduction_spectrum import ConductionSpectrum
from fitting.interpretation.friction import fitted_of
from fitting.interpretation.memory import derived_figure, within_profiles
from fitting.results.estimate import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable

    from fitting.inference.optimum import Fitted
    from fitting.results.fit_result import FitResult
    from fitting.transforms.laplace import Floats
    from protocols import Sample

_SINGLE = 1e-3
"""Coupling below which a relaxation is a single one by construction: the slope that it is read off is good to 1e-4.
Doubled, nothing changes."""
_FUNKE = "Funke, Prog. Solid State Chem. 22, 111 (1993)"
_HAVEN = "Murch, Solid State Ionics 7, 177 (1982)"
_BEYOND = "by the model's shape beyond the window"


@dataclass(frozen=True)
class FigureDefinition:
    """What a figure is.

    Attributes
    ----------
    name : str
        In documents.
    equation : str
    source : str
        Whose equation it is.
    activated : str
        What of it is activated by temperature: ``T`` if its product with the temperature is, ``1`` if itself, empty if
        an activation energy would mean nothing.
    """

    name: str
    equation: str
    source: str
    activated: str = ""


DEFINITIONS = {
    one.name: one
    for one in (
        FigureDefinition("sigma_dc", "G_inf W_inf L/A", _FUNKE, "T"),
        FigureDefinition("sigma_inf", "G_inf L/A", _FUNKE, "T"),
        FigureDefinition("steady_conductance", "G_inf W_inf", _FUNKE, "T"),
        FigureDefinition("instant_conductance", "G_inf", _FUNKE, "T"),
        FigureDefinition(
            "W_inf", "sigma_dc / sigma_inf", "Funke, Banhatti, Cramer, Phys. Chem. Chem. Phys. 7, 157 (2005)", "1"
        ),
        FigureDefinition("eps_inf", "C L/(eps_0 A), C beside the conductor", "capacitance of a plate capacitor"),
        FigureDefinition("geometric_capacitance", "C beside the conductor", "capacitance of a plate capacitor"),
        FigureDefinition(
            "delta_eps",
            "lim Im Y/omega, omega -> 0, times L/(eps_0 A)",
            "Sidebottom, Phys. Rev. Lett. 82, 3653 (1999)",
        ),
        FigureDefinition(
            "relaxing_capacitance", "lim Im Y/omega, omega -> 0", "Sidebottom, Phys. Rev. Lett. 82, 3653 (1999)"
        ),
        FigureDefinition(
            "hop_rate",
            "Re Y(omega_p) = 2 G_dc",
            "Almond, Duncan, West, Solid State Ionics 8, 159 (1983)",
            "1",
        ),
        FigureDefinition(
            "bnn_figure",
            "sigma_dc / (eps_0 delta_eps omega_m)",
            "Barton; Nakajima; Namikawa, J. Non-Cryst. Solids 18, 173 (1975)",
        ),
        FigureDefinition("exponent", "max d ln Re Y / d ln omega", "Jonscher, Nature 267, 673 (1977)"),
        FigureDefinition(
            "coupling",
            "1 - beta, beta = d ln(-ln phi)/d ln t at phi = 1/e",
            "Ngai, Comments Solid State Phys. 9, 127 (1979)",
        ),
        FigureDefinition("haven_ratio", "D* n z^2 e^2 / (sigma_dc k T)", _HAVEN),
        FigureDefinition("carriers_over_haven_ratio", "sigma_dc k T / (z^2 e^2 D*)", _HAVEN),
    )
}
"""Definitions by name."""


@dataclass(frozen=True)
class Tracer:
    """What is known of the carriers beside the run, for the Haven ratio.

    Attributes
    ----------
    diffusion_m2_s : float
        Tracer diffusion coefficient at the temperature of the run; taken as exact.
    carrier_density_m3 : float or None
        Mobile ions in a volume.
    charge_number : int
        Of an ion.
    """

    diffusion_m2_s: float
    carrier_density_m3: float | None = None
    charge_number: int = 1


def conduction_figures(
    result: FitResult, sample: Sample | None = None, tracer: Tracer | None = None
) -> tuple[Estimate, ...]:
    """Return the figures of conduction of a fitted cell, named as in `DEFINITIONS`.

    Parameters
    ----------
    result : FitResult
        Of a circuit with a hopping conductor.
    sample : Sample, optional
        Thickness and area, for conductivities and permittivities; temperature, for the Haven ratio.
    tracer : Tracer, optional

    Raises
    ------
    FitError
        If the circuit has no hopping conductor.
    """
    figures = _Figures(result, sample, tracer)
    return (
        figures.steady,
        figures.instant,
        result["W_inf"],
        figures.geometric(),
        figures.relaxing(),
        figures.hop_rate(),
        figures.bnn(),
        figures.exponent(),
        figures.coupling(),
        *figures.haven(),
    )


class _Figures:
    """Figures of one result."""

    def __init__(self, result: FitResult, sample: Sample | None, tracer: Tracer | None) -> None:
        self._result, self._tracer = result, tracer
        self._fitted: Fitted = fitted_of(result)
        self._spectrum = ConductionSpectrum(self._fitted)
        thickness, area = (None, None) if sample is None else (sample.thickness_m, sample.area_m2)
        self._per_m = thickness / area if thickness and area else None
        self._kelvin = None if sample is None else sample.temperature_K
        conductances = self._spectrum.conductances
        self.steady = self._sized("sigma_dc", "steady_conductance", "S", lambda u: conductances(u)[0], _BEYOND)
        self.instant = self._sized("sigma_inf", "instant_conductance", "S", lambda u: conductances(u)[1])

    def _sized(self, named: str, bare: str, unit: str, figure: Callable[[Floats], float], note: str = "") -> Estimate:
        """Return a conductivity, or a permittivity; without a geometry, the conductance or capacitance."""
        found = self._figure(bare, unit, figure, note)
        return found if self._per_m is None else _scaled(found, named, self._per_m)

    def _figure(
        self, name: str, unit: str, figure: Callable[[Floats], float], note: str = "", *, absent: str = ""
    ) -> Estimate:
        """Return a figure; not determined, with the reason, where the model does not have it."""
        if not np.isfinite(figure(self._fitted.u)):
            return _absent(name, unit, absent)

        def numpy_figure(u: Floats) -> Floats:
            return np.asarray(figure(u), dtype=np.float64)

        found = derived_figure(self._fitted, name, unit, numpy_figure, note)
        found = within_profiles(self._fitted, found, numpy_figure, note)
        if any(end is not None and not np.isfinite(end) for end in found.ci95):
            return replace(found, ci95=(None, None), determined=False, note=absent)
        return found

    def geometric(self) -> Estimate:
        """Return what is polarised at once: the capacitor beside the conductor."""
        capacitor = self._result.model.geometric_capacitor
        if capacitor is None:
            bulk = "" if self._result.model.bulk is None else self._result.model.bulk.name
            name, unit = ("geometric_capacitance", "F") if self._per_m is None else ("eps_inf", "")
            return _absent(name, unit, f"the circuit has no capacitor beside the conductor, as p({bulk},C9) has")
        held = self._result.model.fixed.get(capacitor.name)
        if held is not None:
            found = Estimate("geometric_capacitance", "F", held, (held, held), True, "held")
        else:
            found = replace(self._result[capacitor.name], name="geometric_capacitance")
        return found if self._per_m is None else _scaled(found, "eps_inf", self._per_m)

    def relaxing(self) -> Estimate:
        """Return what the relaxation adds to the permittivity."""
        found = self._figure(
            "relaxing_capacitance", "F", self._spectrum.relaxing_capacitance, _BEYOND, absent=self._no_plateau()
        )
        return found if self._per_m is None else _scaled(found, "delta_eps", self._per_m)

    def hop_rate(self) -> Estimate:
        """Return the rate of hops."""
        steady, instant = self._spectrum.conductances(self._fitted.u)
        reason = "the conductivity does not double where the record tells of it"
        if instant <= 2.0 * steady:
            reason = "the conductivity never doubles: W_inf is above 1/2"
        return self._within(self._figure("hop_rate", "rad/s", self._spectrum.hop_rate, absent=reason))

    def bnn(self) -> Estimate:
        """Return Barton, Nakajima and Namikawa's figure."""
        return self._figure("bnn_figure", "", self._spectrum.bnn_figure, absent=self._no_plateau())

    def exponent(self) -> Estimate:
        """Return the steepest slope of the conductivity."""
        return self._figure(
            "exponent", "", self._spectrum.exponent, "within the frequencies seen", absent="no frequency was seen"
        )

    def coupling(self) -> Estimate:
        """Return Ngai's coupling parameter."""
        value = self._spectrum.coupling(self._fitted.u)
        if not np.isfinite(value):
            return _absent("coupling", "", "the decay does not fall to 1/e where the record tells of it")
        if value < _SINGLE:
            return _absent("coupling", "", "0 by construction: the model has a single relaxation time")
        of_field = self._result.model.geometric_capacitor is not None
        note = "of the field at constant charge" if of_field else "of the conductivity; eps_inf is not known"

        def coupling(u: Floats) -> Floats:
            return np.asarray(np.clip(self._spectrum.coupling(u), 1e-9, 1.0 - 1e-9), dtype=np.float64)

        return derived_figure(self._fitted, "coupling", "", coupling, note, share=True)

    def haven(self) -> tuple[Estimate, ...]:
        """Return the Haven ratio, or how many carriers there are for a Haven ratio of 1; nothing without a tracer."""
        tracer = self._tracer
        if tracer is None:
            return ()
        counted = tracer.carrier_density_m3 is not None
        name, unit = ("haven_ratio", "") if counted else ("carriers_over_haven_ratio", "m^-3")
        if self._per_m is None:
            return (_absent(name, unit, "it needs the thickness and the area of the sample"),)
        if self._kelvin is None:
            return (_absent(name, unit, "it needs the temperature of the sample"),)
        # sigma k T / (z^2 e^2), with k T / e in volts.
        diffusion_times_density = BOLTZMANN_eV_K * self._kelvin / (tracer.charge_number**2 * ELEMENTARY_CHARGE_C)
        found = _scaled(self.steady, name, diffusion_times_density / tracer.diffusion_m2_s, unit)
        if tracer.carrier_density_m3 is not None:
            found = _inverse_of(found, tracer.carrier_density_m3)
        return (found,)

    def _no_plateau(self) -> str:
        return "the model's permittivity has no plateau at low frequencies, or no loss peak, within the record"

    def _within(self, found: Estimate) -> Estimate:
        """Return a frequency, not determined if it lies outside of what the record tells of."""
        shortest, longest = self._fitted.window_s
        if not found.determined or 1.0 / longest <= found.value <= 1.0 / shortest:
            return found
        return replace(found, determined=False, note="outside the window that was seen")


def _absent(name: str, unit: str, reason: str) -> Estimate:
    return Estimate(name, unit, float("nan"), (None, None), False, reason)


_UNITS = {"sigma_dc": "S/m", "sigma_inf": "S/m", "eps_inf": "", "delta_eps": ""}


def _scaled(found: Estimate, name: str, factor: float, unit: str | None = None) -> Estimate:
    """Return an estimate in another unit; permittivities are relative."""
    if name in {"eps_inf", "delta_eps"}:
        factor /= VACUUM_PERMITTIVITY_F_m
    low, high = (None if end is None else end * factor for end in found.ci95)
    return replace(
        found,
        name=name,
        unit=_UNITS[name] if unit is None else unit,
        value=found.value * factor,
        ci95=(low, high),
    )


def _inverse_of(found: Estimate, numerator: float) -> Estimate:
    """Return a number over an estimate."""
    low, high = (None if not end else numerator / end for end in found.ci95)
    return replace(found, value=numerator / found.value, ci95=(high, low), unit="")
