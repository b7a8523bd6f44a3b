"""Uncertainty of a relaxation spectrum: spectra drawn from all that the record and the smoothing allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.inference.spectrum import bends_of, fit_spectrum, non_negative, size_of
from fitting.inference.spectrum_result import SpectrumResult
from fitting.reduction.reduce import reduce_run
from fitting.reduction.reduction import Reduction
from protocols import FitError

if TYPE_CHECKING:
    from fitting.inference.spectrum_result import Peak
    from fitting.records.record import Record
    from fitting.transforms.laplace import Floats

_TAILS = (2.5, 97.5)
"""Percentiles between which 95 % of the draws lie."""
_OF_THE_GRID = 0.01
"""Error of a sum of modes on the grid that stands for a smooth spectrum (see SpectrumResult), which no draw shows.
Doubled, peaks of records without noise would be called twice as uncertain as they are."""


@dataclass(frozen=True)
class PeakInterval:
    """A peak of the spectrum with 95 % intervals over its own stretch of modes, 1 % for the grid counted in.

    Where one peak ends and the next begins is taken as the spectrum has it.

    Attributes
    ----------
    peak : Peak
    relaxation_time_s, conductance_S, capacitance_F : tuple of float
    """

    peak: Peak
    relaxation_time_s: tuple[float, float]
    conductance_S: tuple[float, float]
    capacitance_F: tuple[float, float]


@dataclass(frozen=True, eq=False)
class SpectrumBand:
    """A spectrum with its 95 % band.

    The band is pointwise, and given the smoothing: a spectrum of spikes, which no record can exclude, is not in it.

    Attributes
    ----------
    spectrum : SpectrumResult
    lowest, highest : ndarray, shape (m,)
        Of each mode's weight (S).
    peaks : tuple of PeakInterval
    """

    spectrum: SpectrumResult
    lowest: Floats
    highest: Floats
    peaks: tuple[PeakInterval, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "weights_ci95_S": np.stack([self.lowest, self.highest], axis=1).tolist(),
            "peaks": [
                {
                    **one.peak.to_dict(),
                    "relaxation_time_ci95_s": list(one.relaxation_time_s),
                    "conductance_ci95_S": list(one.conductance_S),
                    "capacitance_ci95_F": list(one.capacitance_F),
                }
                for one in self.peaks
            ],
        }


def spectrum_band(run_or_reduction: Record | Reduction, *, n_draws: int = 200, seed: int = 1) -> SpectrumBand:
    """Fit a spectrum and draw others that the record allows as well.

    The smoothing is a Gaussian prior of second differences, the noise Gaussian. Each draw solves the problem again
    with noise added to the current and to the prior's zeros: without the bound at zero these solutions are the
    posterior itself (perturb and optimise), with it they are as Bardsley, Fox, Inverse Probl. Sci. Eng. 20, 477
    (2012) have them. Noise that is not white counts by its correlation time.

    Parameters
    ----------
    run_or_reduction : Record or Reduction
    n_draws : int
        Of some 2 ms each.
    seed : int

    Raises
    ------
    FitError
        If the record holds no current to explain, or its current was controlled.
    """
    reduction = run_or_reduction if isinstance(run_or_reduction, Reduction) else reduce_run(run_or_reduction)
    spectrum = fit_spectrum(reduction)
    if not isinstance(spectrum, SpectrumResult):
        raise FitError(
            f"{reduction.source or 'record'}: its current was controlled, and the spectrum of an impedance has no band"
            " yet; fit_spectrum gives it without"
        )
    Z, y = reduction.modes_factor, reduction.current_factor
    m = Z.shape[1]
    smooth = spectrum.strength * size_of(Z) * bends_of(m)
    rows = np.concatenate([Z, smooth])
    sigma = spectrum.rms_residual_A
    random = np.random.default_rng(seed)
    draws = np.empty((n_draws, m))
    for k in range(n_draws):
        noise = sigma * random.standard_normal(len(rows))
        noise[: len(y)] += y
        draws[k] = non_negative(rows, noise)[0]
    lowest, highest = np.percentile(draws, _TAILS, axis=0)
    peaks = tuple(_interval(peak, draws, spectrum.rates) for peak in spectrum.peaks)
    return SpectrumBand(spectrum, lowest, highest, peaks)


def _interval(peak: Peak, draws: Floats, rates: Floats) -> PeakInterval:
    part, speed = draws[:, slice(*peak.places)], rates[slice(*peak.places)]
    total = part.sum(axis=1)
    some = total > 0.0
    if not some.any():
        nothing = (0.0, np.inf)
        return PeakInterval(peak, nothing, nothing, nothing)
    times = np.exp(-(part[some] @ np.log(speed)) / total[some])
    return PeakInterval(
        peak,
        _about(peak.relaxation_time_s, times),
        _about(peak.conductance_S, total[some]),
        _about(peak.capacitance_F, part[some] @ (1.0 / speed)),
    )


def _about(value: float, drawn: Floats) -> tuple[float, float]:
    """Return the scatter of drawn values about the fitted one.

    Where a mode cannot be negative, noise can only add to it: the draws' middle is off, their scatter is not.
    """
    low, middle, high = np.percentile(drawn, (_TAILS[0], 50.0, _TAILS[1]))
    return float(value * low / middle / (1.0 + _OF_THE_GRID)), float(value * high / middle * (1.0 + _OF_THE_GRID))
