"""Relaxation spectrum of a record whose current was controlled: resistances over relaxation times.

A cell that only relaxes answers to a unit step of the current with ``H(t) = R_0 + sum_k R_k (1 - exp(-rate_k t)) +
t/C``, every one of them non-negative: its impedance is one of resistors, and of resistors side by side with capacitors,
in series (the distribution of relaxation times). On the modes of a grid each of these is a mixture of decays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.inference.spectrum_result import origin_of, stretches_of
from fitting.reduction.nuisance import Nuisance
from fitting.transforms.modes import WeightsOfResponse
from protocols import format_quantity

if TYPE_CHECKING:
    from rich.table import Table

    from fitting.transforms.laplace import Floats
    from fitting.transforms.modes import ModeGrid


def impedance_basis(grid: ModeGrid) -> Floats:
    """Return the mode weights (ohm) of a resistor, of each relaxation, and of a capacitor, shape (m, m + 1).

    The capacitor is the one that charges by 1 V with 1 A in the longest time of the grid.
    """
    m = len(grid)
    basis = np.zeros((m, m + 1))
    basis[0, :m] = 1.0
    basis[np.arange(1, m), np.arange(1, m)] = -1.0
    basis[:, m] = WeightsOfResponse(grid.times_s, grid.rates)(grid.times_s / grid.longest_s)
    return basis


@dataclass(frozen=True)
class ResistancePeak:
    """A maximum of the spectrum with all that belongs to it.

    Attributes
    ----------
    relaxation_time_s : float
        Where its resistance has its mean, on a log scale.
    resistance_ohm : float
        How much resistance relaxes with it.
    seen : bool
        Whether its time lies within the window of the record; one outside stands for all that is faster, or slower.
    """

    relaxation_time_s: float
    resistance_ohm: float
    seen: bool

    @property
    def capacitance_F(self) -> float:
        """Capacitance beside the resistance: relaxation time over resistance."""
        return self.relaxation_time_s / self.resistance_ohm

    @property
    def name(self) -> str:
        """What has such a capacitance at a cell constant of about 1 /cm; a hint, no attribution."""
        return origin_of(self.capacitance_F)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "relaxation_time_s": self.relaxation_time_s,
            "resistance_ohm": self.resistance_ohm,
            "capacitance_F": self.capacitance_F,
            "seen": self.seen,
            "capacitance_of": self.name,
        }


@dataclass(frozen=True, eq=False)
class ResistanceSpectrum:
    """A spectrum of the impedance: ``H(t) = R_0 + sum_k R_k (1 - exp(-rate_k t)) + t/C``, none below 0.

    Attributes
    ----------
    rates, weights : ndarray, shape (m,)
        The same response as a sum of decays: 1/s, ohm.
    strength : float
        Regularisation; see `SpectrumResult`.
    rms_residual_V, rms_voltage_V, step_noise_V : float
        Misfit; voltage beside the offset; noise from sample to sample.
    nuisance : ndarray
        Coefficients of `terms`: offset (V), drift (V/s), mains (V).
    window_s : tuple of float
        Times after an edge that the record shows.
    n_samples : int
    source : str
    terms : Nuisance
    resistances_ohm : ndarray, shape (m - 1,)
        ``R_k``, of the rates from the second on.
    instant_ohm : float
        ``R_0``, and all that relaxes before the first sample.
    capacitance_F : float
        ``C``; infinite where nothing charges without an end.
    """

    rates: Floats
    weights: Floats
    resistances_ohm: Floats
    instant_ohm: float
    capacitance_F: float
    strength: float
    rms_residual_V: float
    rms_voltage_V: float
    step_noise_V: float
    nuisance: Floats
    window_s: tuple[float, float]
    n_samples: int
    source: str = ""
    terms: Nuisance = field(default_factory=Nuisance)

    def resistance(self, t_s: Floats) -> Floats:
        """Return ``H(t)`` (ohm), the voltage per ampere after a unit step of the current."""
        response: Floats = np.exp(-np.multiply.outer(t_s, self.rates)) @ self.weights
        return response

    @cached_property
    def peaks(self) -> tuple[ResistancePeak, ...]:
        """Maxima of the spectrum, fastest last; a run of modes between two minima is one peak."""
        shortest, longest = self.window_s
        return tuple(
            ResistancePeak(one.middle_s, one.total, shortest <= one.middle_s <= longest)
            for one in stretches_of(self.resistances_ohm, self.rates[1:])
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data."""
        return {
            "control": self.terms.control,
            "spectrum": [
                {"relaxation_time_s": float(1.0 / rate), "resistance_ohm": float(one)}
                for rate, one in zip(self.rates[1:], self.resistances_ohm, strict=True)
                if one > 0.0
            ],
            "instant_resistance_ohm": self.instant_ohm,
            "blocking_capacitance_F": self.capacitance_F if np.isfinite(self.capacitance_F) else None,
            "peaks": [peak.to_dict() for peak in self.peaks],
            "regularisation": self.strength,
            "rms_residual_V": self.rms_residual_V,
            "rms_voltage_V": self.rms_voltage_V,
            "residual_share": self.rms_residual_V / self.rms_voltage_V if self.rms_voltage_V else None,
            "step_noise_V": self.step_noise_V if np.isfinite(self.step_noise_V) else None,
            "nuisance_V": self.nuisance.tolist(),
            "window_s": list(self.window_s),
            "samples_used": self.n_samples,
            "source": self.source,
        }

    def table(self) -> Table:
        """Return the peaks as a table for the terminal."""
        from rich.table import Table

        share = 100.0 * self.rms_residual_V / self.rms_voltage_V
        residual = format_quantity(self.rms_residual_V, "V")
        table = Table(
            title=f"Relaxation spectrum of {self.source or 'record'}",
            caption=f"of the impedance; rms residual {residual}, {share:.3g} % of the rms voltage beside the offset",
        )
        for heading in ("relaxation time", "resistance", "capacitance", ""):
            table.add_column(heading, justify="right")
        for peak in self.peaks:
            table.add_row(
                format_quantity(peak.relaxation_time_s, "s"),
                format_quantity(peak.resistance_ohm, "ohm"),
                format_quantity(peak.capacitance_F, "F"),
                f"as of {peak.name}" + ("" if peak.seen else "; outside the window that was seen"),
            )
        table.add_row("at once", format_quantity(self.instant_ohm, "ohm"), "", "")
        if np.isfinite(self.capacitance_F):
            table.add_row("without an end", "", format_quantity(self.capacitance_F, "F"), "")
        return table
