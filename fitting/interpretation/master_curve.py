"""Time-temperature superposition of the spectra of several runs.

Do they fall onto one master curve? Each run's conductivity over its steady value is shifted along the frequencies by
its own median memory time. If only the rate of the hops changes with temperature, all coincide, and the shift follows
``1 / (sigma_dc T)`` (Summerfield, Philos. Mag. B 52, 9 (1985); Roling, Happe, Funke, Ingram, Phys. Rev. Lett. 78, 2160
(1997)).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.constants import Z95
from fitting.interpretation.conduction_spectrum import ConductionSpectrum
from fitting.interpretation.friction import fitted_of
from fitting.interpretation.regression import line_through
from fitting.results.estimate import Estimate
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fitting.interpretation.regression import Line
    from fitting.results.fit_result import FitResult
    from fitting.transforms.laplace import Floats

_FEWEST = 10
"""Frequencies, half a decade, that a run must share with the reference to be compared with it. Doubled, runs that share
less than a decade go unjudged."""


_EXACT = 1e-3
"""Decades, 0.2 %, that spectra may always be apart: finer than any calibration, and where interpolation ends. Doubled,
nothing changes."""


@dataclass(frozen=True, eq=False)
class ShiftedSpectrum:
    """Spectrum of one run on the axes of the master curve.

    Attributes
    ----------
    shift : Estimate
        Its median memory time over that of the reference.
    reduced_frequency : ndarray, shape (n,)
        Angular frequency times the run's own median memory time, within what was seen.
    reduced_conductivity : ndarray, shape (n,)
        Over the steady value.
    largest_difference, band : float or None
        Where it is furthest off the reference, beyond what its intervals allow or nearest to that: the difference of
        the logarithms (base 10), and the 95 % band of that difference. None where they share no frequencies.
    """

    shift: Estimate
    reduced_frequency: Floats
    reduced_conductivity: Floats
    largest_difference: float | None
    band: float | None


@dataclass(frozen=True, eq=False)
class MasterCurve:
    """Spectra of several temperatures, superposed.

    Attributes
    ----------
    reference : int
        Place of the run that the others are shifted to.
    spectra : tuple of ShiftedSpectrum
    summerfield : Line or None
        ``ln(shift)`` over ``-ln(sigma_dc T)``: the slope is 1 if the same hops conduct and remember.
    """

    reference: int
    spectra: tuple[ShiftedSpectrum, ...]
    summerfield: Line | None

    @property
    def superposed(self) -> bool | None:
        """Whether all spectra coincide within their bands; None if none can be compared."""
        compared = [
            abs(one.largest_difference) <= one.band
            for one in self.spectra
            if one.largest_difference is not None and one.band is not None
        ]
        return all(compared) if compared else None

    @property
    def verdict(self) -> str:
        """What is said of the superposition."""
        held = self.superposed
        if held is None:
            return "the spectra share too few reduced frequencies to be compared"
        offs = [one.largest_difference for one in self.spectra if one.largest_difference is not None]
        off = max(offs, key=abs)
        if held:
            return f"time-temperature superposition holds within the intervals (at most {abs(off):.2g} decades off)"
        return f"time-temperature superposition fails: the spectra are up to {abs(off):.2g} decades apart"

    def to_document(self) -> dict[str, Any]:
        """Return plain data (JSON)."""
        line = self.summerfield
        return {
            "reference": self.reference,
            "superposed": self.superposed,
            "verdict": self.verdict,
            "summerfield_exponent": None if line is None else {"value": line.slope, "ci95": list(line.slope_ci95)},
            "runs": [
                {
                    "shift_factor": one.shift.to_document(),
                    "reduced_frequency": one.reduced_frequency.tolist(),
                    "reduced_conductivity": one.reduced_conductivity.tolist(),
                    "largest_difference_decades": one.largest_difference,
                    "band_decades": one.band,
                }
                for one in self.spectra
            ],
        }


def master_curve(results: Sequence[FitResult], temperature_K: Sequence[float]) -> MasterCurve:
    """Superpose the spectra of runs at several temperatures; the run of the middle one is the reference.

    Parameters
    ----------
    results : sequence of FitResult
        Each run fitted alone, with a hopping conductor.
    temperature_K : sequence of float

    Raises
    ------
    FitError
        If no two temperatures have a determined memory time.
    """
    usable = [k for k, one in enumerate(results) if one["median_memory_time"].determined]
    if len({temperature_K[k] for k in usable}) < 2:
        raise FitError("a master curve needs determined memory times at two temperatures at least")
    reference = sorted(usable, key=lambda k: temperature_K[k])[len(usable) // 2]
    curves = [_Curve(one) for one in results]
    spectra = tuple(
        _shifted(curve, curves[reference], result, results[reference])
        for curve, result in zip(curves, results, strict=True)
    )
    return MasterCurve(reference, spectra, _summerfield(curves, spectra, temperature_K, usable))


class _Curve:
    """Logarithm of the reduced conductivity of one run over that of the reduced frequency, with its derivatives."""

    def __init__(self, result: FitResult) -> None:
        fitted = fitted_of(result)
        spectrum = ConductionSpectrum(fitted)
        omega = spectrum.omega[spectrum.seen]
        time = result["median_memory_time"].value

        def height(u: Floats) -> Floats:
            values: Floats = np.log(spectrum.admittance(u).real[spectrum.seen] / spectrum.conductances(u)[0])
            return values

        self.steady_S = spectrum.conductances(fitted.u)[0]
        self.x: Floats = np.log(omega * time)
        self.y = height(fitted.u)
        # Along the curve a wrong time moves it sideways.
        low, high = result["median_memory_time"].ci95
        sideways = 0.0 if low is None or high is None or not 0.0 < low < high else np.log(high / low) / (2.0 * Z95)
        self.spread: Floats = np.hypot(
            fitted.deviation(fitted.gradient(height)), sideways * np.gradient(self.y, self.x)
        )


def _shifted(curve: _Curve, reference: _Curve, result: FitResult, of_reference: FitResult) -> ShiftedSpectrum:
    difference, band = _furthest(curve, reference)
    return ShiftedSpectrum(
        _shift_of(result["median_memory_time"], of_reference["median_memory_time"]),
        np.exp(curve.x),
        np.exp(curve.y),
        difference,
        band,
    )


def _furthest(curve: _Curve, reference: _Curve) -> tuple[float | None, float | None]:
    """Return difference and band, in decades, where two curves differ most for their bands."""
    shared = (curve.x >= reference.x[0]) & (curve.x <= reference.x[-1])
    if np.count_nonzero(shared) < _FEWEST:
        return None, None
    x = curve.x[shared]
    off = curve.y[shared] - np.interp(x, reference.x, reference.y)
    band = Z95 * np.hypot(curve.spread[shared], np.interp(x, reference.x, reference.spread))
    band = np.maximum(band, _EXACT * np.log(10.0))
    k = int(np.argmax(np.abs(off) / band))
    return float(off[k] / np.log(10.0)), float(band[k] / np.log(10.0))


def _shift_of(time: Estimate, reference: Estimate) -> Estimate:
    """Return a ratio of two times with its interval; that of the reference to itself is 1."""
    if time is reference:
        return Estimate("shift_factor", "", 1.0, (1.0, 1.0), True, "the reference")
    ratio = time.value / reference.value
    (low, high), (first, last) = time.ci95, reference.ci95
    ends: tuple[float | None, float | None] = (None, None)
    if low is not None and high is not None and first is not None and last is not None and min(low, first) > 0.0:
        below = np.hypot(np.log(time.value / low), np.log(last / reference.value))
        above = np.hypot(np.log(high / time.value), np.log(reference.value / first))
        ends = float(ratio * np.exp(-below)), float(ratio * np.exp(above))
    return replace(
        time, name="shift_factor", unit="", value=ratio, ci95=ends, note="" if time.determined else time.note
    )


def _summerfield(
    curves: Sequence[_Curve], spectra: Sequence[ShiftedSpectrum], kelvin: Sequence[float], usable: Sequence[int]
) -> Line | None:
    """Return the line of the shifts over the conductivity times temperature; None with fewer than three runs."""
    if len(usable) < 3:
        return None
    x = np.array([-np.log(curves[k].steady_S * kelvin[k]) for k in usable])
    try:
        return line_through(x, [spectra[k].shift for k in usable], np.ones(len(usable)), "no two shifts are determined")
    except FitError:
        return None
