"""Capacitance of a fitted relaxation, read as the bulk's own and as that of an interface in series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.interpretation.friction import fitted_of
from fitting.interpretation.memory import bulk_of, derived_quantity, within_profiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from fitting.inference.optimum import Fitted
    from fitting.model.elements.base import Bulk
    from fitting.results.estimate import Estimate
    from fitting.results.fit_result import FitResult
    from fitting.transforms.laplace import Complexes, Floats

_BEYOND = 100.0
"""How far beyond the record's window the peak of an arc is searched: an interface's lies at ``W_inf / tau``. Doubled,
peaks of a W_inf of 0.5 % are found, too."""
_PER_DECADE = 20
"""Frequencies a decade: with a parabola through the three highest, the peak of an arc is good to 1e-4. Doubled, to
1e-5."""


def relaxation_capacitances(result: FitResult) -> tuple[Estimate, Estimate]:
    """Return the capacitance (F) of the memory of a fitted cell, in both readings, with intervals.

    Parameters
    ----------
    result : FitResult
        Of a circuit with a hopping conductor.

    Returns
    -------
    dielectric : Estimate
        ``sum of g tau``, if the relaxation is the bulk's own, parallel to its conductance.
    interface : Estimate
        If it is an interface in series with a bulk that has no memory: ``g tau / (1 - W_inf)^2`` for a single
        relaxation time. For a broad one, ``1 / (omega R)`` at the peak of its arc, as for a resistor beside a constant
        phase element (Hsu, Mansfeld, Corrosion 57, 747 (2001)), where that is larger.
    """
    fitted = fitted_of(result)
    shortest, longest = result.window_s
    n = int(_PER_DECADE * np.log10(_BEYOND**2 * longest / shortest)) + 1
    omega = np.geomspace(1.0 / (_BEYOND * longest), _BEYOND / shortest, n)
    s = np.asarray(1j * omega, dtype=np.complex128)

    def of_interface(bulk: Bulk, p: Floats) -> float:
        depth = max(1.0 - bulk.w_inf(p), 1e-12)
        return max(_of_dielectric(bulk, p) / depth**2, _of_arc(bulk, p, s))

    return (
        _estimate(fitted, "dielectric_capacitance", _of_dielectric, "if it is the bulk's own"),
        _estimate(fitted, "interface_capacitance", of_interface, "if it is an interface in series"),
    )


def _estimate(fitted: Fitted, name: str, figure: Callable[[Bulk, Floats], float], note: str) -> Estimate:
    """Return a capacitance by the covariance; by the intervals of the bulk's parameters where that says nothing."""
    found = derived_quantity(fitted, name, "F", figure, note)

    def of_unknowns(u: Floats) -> Floats:
        return np.asarray(figure(*bulk_of(fitted, u)), dtype=np.float64)

    return within_profiles(fitted, found, of_unknowns, note)


def _of_dielectric(bulk: Bulk, p: Floats) -> float:
    return sum(time * conductance for time, conductance in bulk.modes(p))


def _of_arc(bulk: Bulk, p: Floats, s: Complexes) -> float:
    """Return ``1 / (omega R)`` at the peak of the impedance in series with the plateau; 0 if the peak is not seen."""
    omega, height = s.imag, -(1.0 / bulk.evaluate(s, p)[0]).imag
    k = int(np.argmax(height))
    if not 0 < k < len(omega) - 1:
        return 0.0
    low, peak, high = (float(height[k + step]) for step in (-1, 0, 1))
    shift = 0.5 * (low - high) / (low - 2.0 * peak + high)
    at = float(omega[k] * (omega[1] / omega[0]) ** shift)
    resistance = (1.0 / bulk.w_inf(p) - 1.0) / bulk.g_inf(p)
    return 1.0 / (at * resistance) if resistance > 0.0 else 0.0
