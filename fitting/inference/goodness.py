"""Goodness of fit: noise of a record, and the inflation of intervals where the residual is not white noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting.model.elements.base import LEVEL
from fitting.results.remarks import Remark, RemarkKind
from protocols import FitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fitting.model.circuit import CellModel
    from fitting.reduction.reduction import Reduction
    from fitting.transforms.laplace import Floats

_CHANCE = 5.0
"""Deviations of a chi-square that count as misfit (decision 006): of white records with 50 modes, 3 in 1e5 are.
Misfit that makes intervals 1.4 times too narrow passes; doubled, 1.7 times."""
_CHANCE_OF_SCATTER = 8.0
"""The same for the residual against the scatter from sample to sample, whose own error is 1.4 times larger than
that of independent samples: second differences overlap. Doubled, weaker correlation passes."""
_FEWEST_DIFFERENCES = 30
"""Second differences below which a record's scatter is not known to a quarter. Doubled, short records go unjudged."""
_CHANCE_OF_CORRELATION = 3.0
"""Deviations of a lag-1 correlation along a spectrum that count (decision 080). Doubled, a spectrum of 70 points may be
as correlated as 0.5 without a word."""
_RINGING = 1e-3
"""Share of the largest response that modes may miss. What decays is met to 1e-7, what rings is missed by 0.01 to 1.
Doubled, nothing changes."""
_FASTER = 30.0
"""Ratio of frequencies over which the admittance must level off for a current with a bound (decision 141). Doubled, an
exponent of 0.023 counts instead of 0.028."""
_BEYOND = 1e9
"""How far beyond the shortest time an element of another package is asked whether it levels off. Doubled, no change."""
_HIGHEST_CORRELATION = 0.999
"""Largest lag-1 correlation that is believed: intervals widen at most 45-fold. Twice as far from 1, 32-fold."""


@dataclass(frozen=True)
class Goodness:
    """What a fit left of one record.

    Attributes
    ----------
    noise : float
        Standard deviation of a sample: amperes, or a share of abs(Z).
    inflation : float
        Factor on the intervals for a residual that is not white.
    remarks : tuple of Remark
    """

    noise: float
    inflation: float = 1.0
    remarks: tuple[Remark, ...] = ()


def pulse_goodness(reduction: Reduction, weights: Floats, cost: float, n_free: int) -> Goodness:
    """Compare the residual of a reduced run with what free modes leave, and with the scatter from sample to sample.

    The larger of the two inflations counts.

    Parameters
    ----------
    reduction : Reduction
    weights : ndarray, shape (m,)
        Fitted mode weights (S).
    cost : float
        Sum of squares in the space of the modes, in units of the noise that no causal linear cell explains.
    n_free : int
        Parameters of the circuit that are fitted.
    """
    spare = max(reduction.n_samples - n_free - reduction.n_nuisance, 1)
    # Of all samples: directions in which a noisy voltage is all that there is are not fitted, and are noise still.
    residual_A = float(np.sqrt(reduction.residual_A2(weights) / spare))
    found = [
        one for one in (correlated_noise(reduction, weights, residual_A), _lack_of_fit(reduction, cost, n_free)) if one
    ]
    # What no modes explain is the record's own, the same under every circuit, where enough samples tell it.
    noise_A = reduction.noise_A or residual_A
    voltage = _voltage_noise_remark(reduction)
    if not found:
        return Goodness(noise_A, 1.0, voltage)
    inflation, remark = max(found, key=lambda one: one[0])
    return Goodness(noise_A, inflation, (remark, *voltage))


def _voltage_noise_remark(reduction: Reduction) -> tuple[Remark, ...]:
    """Say so where the noise of a measured voltage counts."""
    if not reduction.is_debiased:
        return ()
    return (Remark(RemarkKind.VOLTAGE_NOISE, {"voltage_noise_V": reduction.voltage_error_V}),)


def _lack_of_fit(reduction: Reduction, cost: float, n_free: int) -> tuple[float, Remark] | None:
    """Whether sums of modes explain what the model leaves: its residual in their space is chi-square if it is noise."""
    spare = max(len(reduction.grid) - n_free, 1)
    if reduction.rest_A2 == 0.0 or cost / spare <= _limit(spare):
        return None
    inflation = float(np.sqrt(cost / spare))
    return inflation, Remark(RemarkKind.NOT_DESCRIBED, {"interval_inflation": inflation})


def correlated_noise(reduction: Reduction, weights: Floats, noise_A: float) -> tuple[float, Remark] | None:
    """Return inflation and remark where the residual is more than what samples scatter by from one to the next.

    For AR(1) noise of lag-1 correlation rho, second differences have the variance 2 (1 - rho)(3 - rho) sigma^2, and
    the mean of slow features is as uncertain as if there were (1 - rho)/(1 + rho) as many samples.
    """
    step_A = reduction.scatter_A(weights)
    if not (np.isfinite(step_A) and reduction.n_bends > _FEWEST_DIFFERENCES):
        return None
    ratio = (noise_A / step_A) ** 2 if step_A > 0.0 else np.inf
    if ratio <= 1.0 + _CHANCE_OF_SCATTER / np.sqrt(reduction.n_bends):
        return None
    inflation = _inflation_of(2.0 - float(np.sqrt(1.0 + 3.0 / ratio)))
    values = {"residual_ratio": float(np.sqrt(ratio)), "interval_inflation": inflation}
    return inflation, Remark(RemarkKind.NOISE_NOT_WHITE, values)


def impedance_goodness(residual: Floats, rising: NDArray[np.intp], unit: float, n_free: int) -> Goodness:
    """Compare the residual of an impedance with that of the Kramers-Kronig test, and its neighbours in frequency.

    Parameters
    ----------
    residual : ndarray, shape (2 n,)
        Real, then imaginary parts, in units of `unit`.
    rising : ndarray of int, shape (n,)
        Order of the points by frequency.
    unit : float
        What the test left, as a share of abs(Z).
    n_free : int
    """
    spare = max(len(residual) - n_free, 1)
    share = float(np.sqrt(residual @ residual / spare))
    parts = residual.reshape(2, -1)[:, rising]
    rho = float(np.sum(parts[:, 1:] * parts[:, :-1]) / max(float(np.sum(parts**2)), 1e-300))
    inflation, remarks = 1.0, []
    if rho > _CHANCE_OF_CORRELATION / np.sqrt(len(residual)):
        inflation = _inflation_of(rho)
        remarks.append(Remark(RemarkKind.SPECTRUM_CORRELATED, {"interval_inflation": inflation}))
    if share**2 > _limit(spare):
        remarks.append(Remark(RemarkKind.SPECTRUM_MISFIT, {"residual_ratio": share}))
    return Goodness(share * unit, inflation, tuple(remarks))


def conductivity_goodness(residual: Floats, unit: float, n_free: int) -> Goodness:
    """Compare the residual of a conductivity with what sums of relaxations leave."""
    spare = max(len(residual) - n_free, 1)
    share = float(np.sqrt(residual @ residual / spare))
    if share**2 <= _limit(spare):
        return Goodness(share * unit)
    values = {"residual_ratio": share, "interval_inflation": share}
    return Goodness(share * unit, share, (Remark(RemarkKind.CONDUCTIVITY_MISFIT, values),))


def check_ringing(reduction: Reduction, model: CellModel, theta: Floats) -> None:
    """Refuse a circuit that rings as fitted.

    Raises
    ------
    FitError
        If sums of decays miss its response.
    """
    Y = model.admittance(reduction.mode_map.s, theta, seen=not reduction.terms.is_current_driven)
    missed = reduction.mode_map.misfit(reduction.response_of(Y))
    if missed > _RINGING:
        raise FitError(
            f"{model.circuit} rings where it fits this record best: sums of decays, which this engine works with, miss"
            f" its response by {missed:.2g} of the largest; leave the inductance or the capacitance out"
        )


def check_instant_response(reduction: Reduction, model: CellModel, theta: Floats) -> tuple[Remark, ...]:
    """Say so, or refuse, where a cell answers faster than what drives it was sampled.

    What lies between two samples nobody knows; the line that is drawn there makes the current of a bare constant phase
    element or capacitor, which has no bound after a step, a matter of the mode grid. The voltage that answers a
    current has a bound, but for an inductance.

    Raises
    ------
    FitError
        If the current has no bound after a step.
    """
    if reduction.terms.is_current_driven:
        _check_no_inductance(reduction, model, theta)
        return ()
    if not reduction.drive_is_measured or reduction.most_lead_s > 0.0:
        return ()
    fastest = 1.0 / reduction.grid.shortest_s
    at = np.array([1.0, _FASTER], dtype=np.complex128) * fastest
    # A resistance that the record does not see may be fitted at next to nothing. It still is one: what decides is the
    # circuit, not whether its resistance counts at some frequency.
    if not model.is_bounded(theta, _BEYOND * at):
        raise FitError(
            f"{model.circuit} has no resistance in series: after a step its current is without bound, and a voltage"
            " that was measured, sample by sample, does not say how steep it was; put R0- before it"
        )
    size = np.abs(model.admittance(at, theta))
    return (Remark(RemarkKind.INSTANT_RESPONSE),) if size[1] > LEVEL * size[0] else ()


def _check_no_inductance(reduction: Reduction, model: CellModel, theta: Floats) -> None:
    """Refuse a circuit whose voltage after a step of the current is without bound, and over before any sample.

    Raises
    ------
    FitError
        If its impedance grows with the frequency.
    """
    highest = np.array([1.0, _FASTER], dtype=np.complex128) * _BEYOND / reduction.grid.shortest_s
    size = 1.0 / np.abs(model.admittance(highest, theta, seen=False))
    if size[1] > LEVEL * size[0]:
        raise FitError(
            f"{model.circuit} has an inductance in series: after a step of the current its voltage is over before any"
            " sample, and no record of it tells how large it is; leave it out"
        )


def _limit(spare: int) -> float:
    """Return the mean square above which a residual of some degrees of freedom is no chance."""
    return float(1.0 + _CHANCE * np.sqrt(2.0 / spare))


def _inflation_of(rho: float) -> float:
    """Return by how much slow features are less certain under AR(1) noise of some lag-1 correlation."""
    rho = min(rho, _HIGHEST_CORRELATION)
    return float(np.sqrt((1.0 + rho) / (1.0 - rho)))
