"""Observations: one record as a fit sees it, a pulsed run or a spectrum, against an admittance."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.edge_lead import EdgeLead, EdgeLeads
from fitting.inference.goodness import (
    Goodness,
    check_instant_response,
    check_ringing,
    conductivity_goodness,
    impedance_goodness,
    pulse_goodness,
)
from fitting.model.elements.base import StartScale
from fitting.records.conductivity import ConductivitySpectrum
from fitting.records.impedance import ImpedanceSpectrum
from fitting.reduction.control import in_words_of
from fitting.reduction.history import with_history_known
from fitting.reduction.nuisance import UNKNOWN, Nuisance
from fitting.reduction.reduction import Reduction
from fitting.results.remarks import Remark, RemarkKind
from protocols import FitError

if TYPE_CHECKING:
    from fitting.model.circuit import CellModel
    from fitting.records.record import Record
    from fitting.transforms.laplace import Complexes, Floats

_LEAST_SHARE = 1e-9
"""Smallest noise, as a share of the signal: rounding and the error of the mode map. Doubled, exact records end at
parameters twice as far off, some 1e-9."""


class Observation(ABC):
    """One record, as a fit sees it."""

    source: str
    unit: str
    """Of the noise: "A", "V" where the current was controlled, or "" for a share of the impedance."""
    control: str = ""
    """Which quantity the instrument controlled; see `Nuisance.control`."""
    n_samples: int
    n_nuisance: int = 0
    """Nuisance columns that were fitted to its samples."""
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
    def residual(self, Y: Complexes) -> Floats:
        """Return the residual (m,), in amperes or shares, from the admittance."""

    @abstractmethod
    def linearised(self, Y: Complexes, dY: Complexes) -> tuple[Floats, Floats]:
        """Return the residual (m,) and its derivatives (m, k), from the admittance and its derivatives (k, n_s)."""

    @abstractmethod
    def goodness(self, Y: Complexes, n_free: int) -> Goodness:
        """Return noise and whiteness after a fit of `n_free` parameters."""

    def check(self, model: CellModel, theta: Floats) -> tuple[Remark, ...]:
        """Refuse, or remark on, a fitted cell whose response the record cannot tell; FitError to refuse."""
        del model, theta
        return ()


class PulseObservation(Observation):
    """A reduced run.

    Parameters
    ----------
    reduction : Reduction
    history : ndarray, shape (h, h), optional
        Rows of what is known of the decays of its history (A); see `fitting.inference.likely_history`.
    """

    def __init__(self, reduction: Reduction, history: Floats | None = None) -> None:
        self.reduction = reduction
        fitted = reduction if history is None else with_history_known(reduction, history)
        self.unit, self.control = reduction.terms.units[1], reduction.terms.control
        # A lag that is to be fitted is the ammeter's.
        self.through_instrument = not reduction.terms.is_current_driven
        self.source, self.n_samples, self.window_s = reduction.source, reduction.n_samples, reduction.window_s
        self.n_nuisance = reduction.n_nuisance + (reduction.most_lead_s > 0.0)
        spare = max(reduction.n_samples - len(reduction.grid) - reduction.n_nuisance, 1)
        self.noise = float(max(np.sqrt(reduction.rest_A2 / spare), _LEAST_SHARE * reduction.rms_current_A))
        self._leads = EdgeLeads(fitted)

    @property
    def s(self) -> Complexes:
        """Complex frequencies (rad/s)."""
        return self.reduction.mode_map.s

    @cached_property
    def scale(self) -> StartScale:
        """Sizes of the record."""
        conductance = self.reduction.early_conductance_S
        if conductance is None:  # loading what works it out takes as long as a refit
            from fitting.inference.spectrum import early_conductance

            conductance = early_conductance(self.reduction)
        if not conductance > 0.0:
            problem = in_words_of(
                self.reduction.terms.control, "the current does not follow the voltage as any passive cell's does"
            )
            raise FitError(f"{self.source or 'record'}: {problem}; look at the sign of the current and at the columns")
        return StartScale(conductance, *self.reduction.window_s)

    def residual(self, Y: Complexes) -> Floats:
        """Return fit minus record."""
        return self.seen(Y).residual

    def linearised(self, Y: Complexes, dY: Complexes) -> tuple[Floats, Floats]:
        """Return the residual and its derivatives."""
        weights, slopes = self.reduction.weights_and_slopes(Y, dY)
        seen = self._leads.best(weights)
        return seen.residual, self._leads.projected(seen, slopes)

    def weights(self, Y: Complexes) -> Floats:
        """Return the weights of the modes as the record shows them (S or ohm): later by the lead of its edges."""
        return self.seen(Y).weights

    def seen(self, Y: Complexes) -> EdgeLead:
        """Return how the record shows a cell: later by the lead of its edges."""
        return self._leads.best(self.reduction.weights_of(Y))

    def goodness(self, Y: Complexes, n_free: int) -> Goodness:
        """Return noise and whiteness."""
        seen = self.seen(Y)
        residual = seen.residual / self.noise
        found = pulse_goodness(self.reduction, seen.weights, float(residual @ residual), n_free)
        remarks = [*found.remarks, *self._history()]
        if self.reduction.holds_one_level:
            remarks.append(Remark(RemarkKind.OFFSET_PRESUMED, {"deviation_A": self.reduction.offset_deviation_A}))
        if self.reduction.most_lead_s > 0.0:
            values = {"lead_s": seen.lead_s, "most_s": self.reduction.most_lead_s}
            remarks.append(Remark(RemarkKind.EDGE_LEAD, values))
        return replace(found, remarks=tuple(remarks))

    def _history(self) -> list[Remark]:
        """Say what is fitted of the time before the record."""
        reduction = self.reduction
        if reduction.n_history == 0 or reduction.rest_test is None:
            return []
        if reduction.terms.before == UNKNOWN:
            return [Remark(RemarkKind.HISTORY_FREE)]
        return [Remark(RemarkKind.NOT_AT_REST, {"ratio": reduction.rest_test.ratio})]

    def check(self, model: CellModel, theta: Floats) -> tuple[Remark, ...]:
        """Refuse what rings, or has no bound after a step."""
        check_ringing(self.reduction, model, theta)
        return check_instant_response(self.reduction, model, theta)


class ImpedanceObservation(Observation):
    """An impedance spectrum; residuals are shares of the measured abs(Z), real parts, then imaginary parts."""

    unit = ""

    def __init__(self, spectrum: ImpedanceSpectrum) -> None:
        self.spectrum = spectrum
        self.source, self.n_samples, self.window_s = spectrum.source, len(spectrum.frequency_Hz), spectrum.window_s
        self.noise = max(spectrum.causality.noise_share, _LEAST_SHARE)
        self._size = np.abs(spectrum.impedance_ohm)

    @property
    def s(self) -> Complexes:
        """Complex frequencies (rad/s)."""
        return self.spectrum.s

    @cached_property
    def scale(self) -> StartScale:
        """Sizes of the record."""
        fastest = self.spectrum.impedance_ohm[np.argmax(self.spectrum.frequency_Hz)]
        return StartScale(float(1.0 / np.abs(fastest)), *self.window_s)

    def residual(self, Y: Complexes) -> Floats:
        """Return fit minus record."""
        rest = (1.0 / Y - self.spectrum.impedance_ohm) / self._size
        return np.concatenate([rest.real, rest.imag])

    def linearised(self, Y: Complexes, dY: Complexes) -> tuple[Floats, Floats]:
        """Return the residual and its derivatives."""
        slopes = -dY / (Y**2 * self._size)
        return self.residual(Y), np.concatenate([slopes.real, slopes.imag], axis=1).T

    def goodness(self, Y: Complexes, n_free: int) -> Goodness:
        """Return noise and whiteness."""
        rising = np.argsort(self.spectrum.frequency_Hz)
        return impedance_goodness(self.residual(Y) / self.noise, rising, self.noise, n_free)


class ConductivityObservation(Observation):
    """Real parts of a conductivity; residuals are shares of the measured ones."""

    unit = ""

    def __init__(self, spectrum: ConductivitySpectrum) -> None:
        self.spectrum = spectrum
        self.source, self.n_samples, self.window_s = spectrum.source, len(spectrum.frequency_Hz), spectrum.window_s
        self.noise = max(spectrum.scatter, _LEAST_SHARE)

    @property
    def s(self) -> Complexes:
        """Complex frequencies (rad/s)."""
        return self.spectrum.s

    @cached_property
    def scale(self) -> StartScale:
        """Sizes of the record."""
        return StartScale(float(self.spectrum.conductivity[-1]), *self.window_s)

    def residual(self, Y: Complexes) -> Floats:
        """Return fit minus record."""
        rest: Floats = Y.real / self.spectrum.conductivity - 1.0
        return rest

    def linearised(self, Y: Complexes, dY: Complexes) -> tuple[Floats, Floats]:
        """Return the residual and its derivatives."""
        slopes: Floats = (dY.real / self.spectrum.conductivity).T
        return self.residual(Y), slopes

    def goodness(self, Y: Complexes, n_free: int) -> Goodness:
        """Return noise and whiteness."""
        return conductivity_goodness(self.residual(Y) / self.noise, self.noise, n_free)


def observation_of(
    record: Record | Reduction | ImpedanceSpectrum | ConductivitySpectrum, terms: Nuisance | None = None
) -> Observation:
    """Return a run (reduced with `terms` beside the cell), a reduction or a spectrum as a fit sees it."""
    if isinstance(record, ConductivitySpectrum):
        return ConductivityObservation(record)
    if isinstance(record, ImpedanceSpectrum):
        return ImpedanceObservation(record)
    if isinstance(record, Reduction):
        return PulseObservation(record)
    from fitting.reduction.reduce import reduce_run  # a kept reduction needs none of it

    return PulseObservation(reduce_run(record, terms or Nuisance()))
