"""What does one record say against an admittance: the residual of a pulsed run, or of an impedance spectrum?"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.spectrum import SpectrumResult, fit_spectrum
from fitting.model.elements.base import StartScale
from fitting.records.conductivity import ConductivitySpectrum
from fitting.records.impedance import ImpedanceSpectrum
from fitting.reduction.reducer import reduce_run
from fitting.reduction.reduction import Reduction
from fitting.results.remarks import Remark, RemarkKind
from protocols import FitError

if TYPE_CHECKING:
    from fitting.records.record import Record
    from fitting.transforms.laplace import Complexes, Floats


@dataclass(frozen=True)
class Misfit:
    """What a fit left of one record.

    Attributes
    ----------
    noise : float
        Standard deviation of a sample: amperes, or a share of abs(Z).
    widening : float
        Factor on the intervals for a residual that is not white.
    remarks : tuple of Remark
    """

    noise: float
    widening: float
    remarks: tuple[Remark, ...]


class Evidence(ABC):
    """One record, as a fit sees it."""

    source: str
    unit: str
    """Of the noise: "A", or "" for a share of the impedance."""
    n_samples: int
    window_s: tuple[float, float]
    through_instrument: bool = False
    """Whether lags of the instrument are in it: a spectrum has been corrected for them, or comes from elsewhere."""
    noise: float
    """What no causal linear cell explains of a sample: the first measure of the residual."""

    @property
    @abstractmethod
    def s(self) -> Complexes:
        """Complex frequencies (rad/s) at which the admittance is asked for, shape (n_s,)."""

    @property
    @abstractmethod
    def scale(self) -> StartScale:
        """Sizes that starting values are drawn from."""

    @abstractmethod
    def residual(self, Y: Complexes, dY: Complexes) -> tuple[Floats, Floats]:
        """Return residual (m,) and Jacobian (m, k) in units of `noise`, from the admittance and its derivatives."""

    @abstractmethod
    def misfit(self, residual: Floats, n_free: int) -> Misfit:
        """Return noise and whiteness after a fit of `n_free` parameters."""


class PulseEvidence(Evidence):
    """A reduced run."""

    unit = "A"
    through_instrument = True

    def __init__(self, reduction: Reduction) -> None:
        self.reduction = reduction
        self.source, self.n_samples, self.window_s = reduction.source, reduction.n_samples, reduction.window_s
        spare = max(reduction.n_samples - len(reduction.grid) - reduction.n_nuisance, 1)
        # A record without noise: rounding and the mode map's own error are the measure.
        self.noise = float(max(np.sqrt(reduction.rest_A2 / spare), 1e-9 * reduction.rms_current_A))

    @property
    def s(self) -> Complexes:
        return self.reduction.mode_map.s

    @cached_property
    def _spectrum(self) -> SpectrumResult:
        return fit_spectrum(self.reduction)

    @cached_property
    def scale(self) -> StartScale:
        shortest, longest = self.window_s
        conductance = float(self._spectrum.conductance(np.array([shortest]))[0])
        if not conductance > 0.0:
            raise FitError(f"{self.source or 'record'}: the current does not follow the voltage; look at its sign")
        return StartScale(conductance, shortest, longest)

    def residual(self, Y: Complexes, dY: Complexes) -> tuple[Floats, Floats]:
        Z, mapped = self.reduction.modes_factor, self.reduction.mode_map.weights
        rest = (Z @ mapped(Y) - self.reduction.current_factor) / self.noise
        return rest, (Z @ mapped(dY).T) / self.noise

    def misfit(self, residual: Floats, n_free: int) -> Misfit:
        """Compare the residual with what free modes leave, and with the scatter from sample to sample.

        For AR(1) noise of lag-1 correlation rho, second differences have the variance 2 (1 - rho)(3 - rho) sigma^2,
        and slow features are as uncertain as if there were (1 - rho)/(1 + rho) as many samples.
        """
        reduction, cost = self.reduction, float(residual @ residual)
        total = cost * self.noise**2 + reduction.rest_A2
        noise = float(np.sqrt(total / max(self.n_samples - n_free - reduction.n_nuisance, 1)))
        spare = max(len(reduction.grid) - n_free, 1)
        found: list[Remark] = []
        if reduction.rest_A2 > 0.0 and cost / spare > 1.0 + 5.0 * np.sqrt(2.0 / spare):
            found.append(Remark(RemarkKind.NOT_DESCRIBED, {"interval_inflation": float(np.sqrt(cost / spare))}))
        step = self._spectrum.step_noise_A
        if step > 0.0 and (noise / step) ** 2 > 1.0 + 8.0 / np.sqrt(max(reduction.n_bends, 1)):
            rho = min(2.0 - float(np.sqrt(1.0 + 3.0 * (step / noise) ** 2)), 0.999)
            widening = float(np.sqrt((1.0 + rho) / (1.0 - rho)))
            values = {"residual_ratio": noise / step, "interval_inflation": widening}
            found.append(Remark(RemarkKind.NOISE_NOT_WHITE, values))
        return _widest(self.source, noise, found)


class SpectrumEvidence(Evidence):
    """An impedance spectrum; residuals are shares of the measured abs(Z), real parts, then imaginary parts."""

    unit = ""

    def __init__(self, spectrum: ImpedanceSpectrum) -> None:
        self.spectrum = spectrum
        self.source, self.n_samples, self.window_s = spectrum.source, len(spectrum.frequency_Hz), spectrum.window_s
        self.noise = max(spectrum.causality.noise_share, 1e-9)

    @property
    def s(self) -> Complexes:
        return self.spectrum.s

    @cached_property
    def scale(self) -> StartScale:
        fastest = self.spectrum.impedance_ohm[np.argmax(self.spectrum.frequency_Hz)]
        return StartScale(float(1.0 / np.abs(fastest)), *self.window_s)

    def residual(self, Y: Complexes, dY: Complexes) -> tuple[Floats, Floats]:
        measured = self.spectrum.impedance_ohm
        unit = np.abs(measured) * self.noise
        rest, slopes = (1.0 / Y - measured) / unit, -dY / (Y**2 * unit)
        together = np.concatenate([slopes.real, slopes.imag], axis=1).T
        return np.concatenate([rest.real, rest.imag]), together

    def misfit(self, residual: Floats, n_free: int) -> Misfit:
        """Compare the residual with that of the Kramers-Kronig test, and its neighbours in frequency."""
        spare = max(len(residual) - n_free, 1)
        share = float(np.sqrt(residual @ residual / spare))
        order = np.argsort(self.spectrum.frequency_Hz)
        parts = residual.reshape(2, -1)[:, order]
        rho = float(np.sum(parts[:, 1:] * parts[:, :-1]) / max(float(np.sum(parts**2)), 1e-300))
        found: list[Remark] = []
        if rho > 3.0 / np.sqrt(len(residual)):
            grown = float(np.sqrt((1.0 + rho) / (1.0 - min(rho, 0.999))))
            found.append(Remark(RemarkKind.SPECTRUM_CORRELATED, {"interval_inflation": grown}))
        if share**2 > 1.0 + 5.0 * np.sqrt(2.0 / spare):
            found.append(Remark(RemarkKind.SPECTRUM_MISFIT, {"residual_ratio": share}))
        return _widest(self.source, share * self.noise, found)


class ConductivityEvidence(Evidence):
    """Real parts of a conductivity; residuals are shares of the measured ones."""

    unit = ""

    def __init__(self, spectrum: ConductivitySpectrum) -> None:
        self.spectrum = spectrum
        self.source, self.n_samples, self.window_s = spectrum.source, len(spectrum.frequency_Hz), spectrum.window_s
        self.noise = max(spectrum.scatter, 1e-9)

    @property
    def s(self) -> Complexes:
        return self.spectrum.s

    @cached_property
    def scale(self) -> StartScale:
        return StartScale(float(self.spectrum.conductivity[-1]), *self.window_s)

    def residual(self, Y: Complexes, dY: Complexes) -> tuple[Floats, Floats]:
        unit = self.spectrum.conductivity * self.noise
        return Y.real / unit - 1.0 / self.noise, (dY.real / unit).T

    def misfit(self, residual: Floats, n_free: int) -> Misfit:
        """Compare the residual with what sums of relaxations leave."""
        spare = max(len(residual) - n_free, 1)
        share = float(np.sqrt(residual @ residual / spare))
        if share**2 <= 1.0 + 5.0 * np.sqrt(2.0 / spare):
            return Misfit(share * self.noise, 1.0, ())
        values = {"residual_ratio": share, "interval_inflation": share}
        return _widest(self.source, share * self.noise, [Remark(RemarkKind.CONDUCTIVITY_MISFIT, values)])


def _widest(source: str, noise: float, found: list[Remark]) -> Misfit:
    widening = max((float(one.values.get("interval_inflation", 1.0)) for one in found), default=1.0)
    return Misfit(noise, widening, tuple(replace(one, source=source or "record") for one in found))


def evidence_of(observation: Record | Reduction | ImpedanceSpectrum | ConductivitySpectrum) -> Evidence:
    """Return a run, a reduction or a spectrum as a fit sees it."""
    if isinstance(observation, ConductivitySpectrum):
        return ConductivityEvidence(observation)
    if isinstance(observation, ImpedanceSpectrum):
        return SpectrumEvidence(observation)
    return PulseEvidence(observation if isinstance(observation, Reduction) else reduce_run(observation))
