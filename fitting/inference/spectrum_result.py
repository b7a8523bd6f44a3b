"""Relaxation spectrum of a run: weights of its modes, and the peaks that they make."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fitting.reduction.nuisance import Nuisance
from protocols import format_quantity

if TYPE_CHECKING:
    from rich.table import Table

    from fitting.transforms.laplace import Floats

_CAPACITANCES = (
    (1e-10, "bulk"),
    (1e-8, "grain boundary"),
    (1e-7, "surface layer"),
    (1e-4, "electrode"),
    (np.inf, "reaction or storage"),
)
"""Largest capacitance (F) of each origin, at a cell constant of 1 /cm: Irvine, Sinclair, West (1990), table 1."""


def origin_of(capacitance_F: float) -> str:
    """Return what has such a capacitance at a cell constant of about 1 /cm.

    Irvine, Sinclair, West, Adv. Mater. 2, 132 (1990), table 1.
    """
    return next(name for limit, name in _CAPACITANCES if capacitance_F < limit)


@dataclass(frozen=True)
class Peak:
    """A maximum of the spectrum with all that belongs to it.

    Attributes
    ----------
    relaxation_time_s : float
        Where its weight has its mean, on a log scale.
    conductance_S : float
        How much conductance relaxes with it.
    capacitance_F : float
        Charge per volt that it takes up: sum of conductance times relaxation time.
    seen : bool
        Whether its time lies within the window of the record; one outside stands for all that is faster, or slower.
    places : tuple of int
        Its modes, first and one beyond the last, among `SpectrumResult.rates`.
    """

    relaxation_time_s: float
    conductance_S: float
    capacitance_F: float
    seen: bool
    places: tuple[int, int]

    @property
    def name(self) -> str:
        """What has such a capacitance at a cell constant of about 1 /cm; a hint, no attribution."""
        return origin_of(self.capacitance_F)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "relaxation_time_s": self.relaxation_time_s,
            "conductance_S": self.conductance_S,
            "capacitance_F": self.capacitance_F,
            "seen": self.seen,
            "capacitance_of": self.name,
        }


class Stretch(NamedTuple):
    """A run of modes between two minima of a spectrum.

    Attributes
    ----------
    middle_s : float
        Mean of their relaxation times, on a log scale, each by its amount.
    total, total_s : float
        Sum of the amounts, and of the amounts times the relaxation times.
    places : tuple of int
        First and one beyond the last.
    """

    middle_s: float
    total: float
    total_s: float
    places: tuple[int, int]


def stretches_of(amounts: Floats, rates: Floats) -> list[Stretch]:
    """Return the runs of modes that make the peaks of a spectrum.

    Parameters
    ----------
    amounts, rates : ndarray, shape (m,)
        Of the modes that relax, the slowest first.
    """
    if not len(amounts) or amounts.max() <= 0.0:
        return []
    big = np.where(amounts > 1e-4 * amounts.sum(), amounts, 0.0)
    falls = (big[1:-1] <= big[:-2]) & (big[1:-1] < big[2:])
    cuts = np.concatenate([[0], np.flatnonzero(falls) + 1, [len(big)]])
    found = []
    for first, stop in pairwise(cuts):
        part, speed = big[first:stop], rates[first:stop]
        if part.sum() > 0.0:
            middle = float(np.exp(-(part @ np.log(speed)) / part.sum()))
            found.append(Stretch(middle, float(part.sum()), float(part @ (1.0 / speed)), (int(first), int(stop))))
    return found


@dataclass(frozen=True, eq=False)
class SpectrumResult:
    """A spectrum of modes: ``G(t) = w_0 + sum_m w_m exp(-rate_m t)`` with every w >= 0.

    The current of a passive cell that only relaxes has such a spectrum (its admittance is one of resistors and
    capacitors). One sharp relaxation between two rates of the grid comes out as two neighbours, to within 1 % of it.
    The instrument's own response is not taken out.

    Attributes
    ----------
    rates : ndarray, shape (m,)
        Rates (1/s), the first 0.
    weights : ndarray, shape (m,)
        Siemens.
    strength : float
        Regularisation, chosen by Mallows' C_p: the least of misfit plus twice the modes that the data pay for, or the
        strongest that is within one standard error of it.
    rms_residual_A, rms_current_A, step_noise_A : float
        Misfit; current; noise from sample to sample.
    nuisance : ndarray
        Coefficients of `terms`: offset (A), drift (A/s), mains (A).
    window_s : tuple of float
        Times after an edge that the record shows.
    n_samples : int
    source : str
    terms : Nuisance
        What was fitted beside the modes.
    """

    rates: Floats
    weights: Floats
    strength: float
    rms_residual_A: float
    rms_current_A: float
    step_noise_A: float
    nuisance: Floats
    window_s: tuple[float, float]
    n_samples: int
    source: str
    terms: Nuisance = field(default_factory=Nuisance)

    def conductance(self, t_s: Floats) -> Floats:
        """Return ``G(t)`` (S), the current per volt after a unit step."""
        response: Floats = np.exp(-np.multiply.outer(t_s, self.rates)) @ self.weights
        return response

    @cached_property
    def peaks(self) -> tuple[Peak, ...]:
        """Maxima of the spectrum, fastest last; a run of modes between two minima is one peak."""
        found = []
        for one in stretches_of(self.weights[1:], self.rates[1:]):
            seen = self.window_s[0] <= one.middle_s <= self.window_s[1]
            places = (one.places[0] + 1, one.places[1] + 1)
            found.append(Peak(one.middle_s, one.total, one.total_s, seen, places))
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data."""
        return {
            "spectrum": [
                {"relaxation_time_s": float(1.0 / rate), "conductance_S": float(weight)}
                for rate, weight in zip(self.rates[1:], self.weights[1:], strict=True)
                if weight > 0.0
            ],
            "static_conductance_S": float(self.weights[0]),
            "peaks": [peak.to_dict() for peak in self.peaks],
            "regularisation": self.strength,
            "rms_residual_A": self.rms_residual_A,
            "rms_current_A": self.rms_current_A,
            "residual_share": self.rms_residual_A / self.rms_current_A if self.rms_current_A else None,
            "step_noise_A": self.step_noise_A if np.isfinite(self.step_noise_A) else None,
            "nuisance_A": self.nuisance.tolist(),
            "window_s": list(self.window_s),
            "samples_used": self.n_samples,
            "source": self.source,
        }

    def arrays(self) -> dict[str, Floats]:
        """Return the arrays that are kept with it."""
        return {"rates_per_s": self.rates, "weights_S": self.weights, "nuisance": self.nuisance}

    def table(self) -> Table:
        """Return the peaks as a table for the terminal."""
        from rich.table import Table

        share = 100.0 * self.rms_residual_A / self.rms_current_A
        table = Table(
            title=f"Relaxation spectrum of {self.source or 'record'}",
            caption=f"rms residual {format_quantity(self.rms_residual_A, 'A')}, {share:.3g} % of the rms current",
        )
        for heading in ("relaxation time", "conductance", "capacitance", ""):
            table.add_column(heading, justify="right")
        for peak in self.peaks:
            table.add_row(
                format_quantity(peak.relaxation_time_s, "s"),
                format_quantity(peak.conductance_S, "S"),
                format_quantity(peak.capacitance_F, "F"),
                f"as of {peak.name}" + ("" if peak.seen else "; outside the window that was seen"),
            )
        table.add_row("stays", format_quantity(float(self.weights[0]), "S"), "", "")
        return table
