"""Relaxation spectrum of a run, whatever the model: regularised non-negative weights of modes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.reduction.nuisance import Nuisance
from fitting.reduction.reduce import reduce_run
from fitting.reduction.reduction import Reduction
from protocols import FitError, format_quantity

if TYPE_CHECKING:
    from rich.table import Table

    from fitting.records.record import Record
    from fitting.transforms.laplace import Floats

_STRENGTHS = 10.0 ** np.arange(-6.0, 4.1, 0.5)
"""Strengths of smoothing that are tried, relative to a mode's column: from none to a straight line. Twice as many find
the least of Mallows' C_p to a quarter of a decade, where it is flat."""
_CAPACITANCES = (
    (1e-10, "bulk"),
    (1e-8, "grain boundary"),
    (1e-7, "surface layer"),
    (1e-4, "electrode"),
    (np.inf, "reaction or storage"),
)
"""Largest capacitance (F) of each origin, at a cell constant of 1 /cm: Irvine, Sinclair, West (1990), table 1."""


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
        """What has such a capacitance at a cell constant of about 1 /cm; a hint, no attribution.

        Irvine, Sinclair, West, Adv. Mater. 2, 132 (1990), table 1.
        """
        return next(name for limit, name in _CAPACITANCES if self.capacitance_F < limit)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "relaxation_time_s": self.relaxation_time_s,
            "conductance_S": self.conductance_S,
            "capacitance_F": self.capacitance_F,
            "seen": self.seen,
            "capacitance_of": self.name,
        }


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
        w, rates = self.weights[1:], self.rates[1:]
        if not len(w) or w.max() <= 0.0:
            return ()
        big = np.where(w > 1e-4 * w.sum(), w, 0.0)
        falls = (big[1:-1] <= big[:-2]) & (big[1:-1] < big[2:])
        cuts = np.concatenate([[0], np.flatnonzero(falls) + 1, [len(big)]])
        found = []
        for first, stop in pairwise(cuts):
            part, speed = big[first:stop], rates[first:stop]
            if part.sum() > 0.0:
                middle = float(np.exp(-(part @ np.log(speed)) / part.sum()))
                seen = self.window_s[0] <= middle <= self.window_s[1]
                found.append(
                    Peak(middle, float(part.sum()), float(part @ (1.0 / speed)), seen, (int(first) + 1, int(stop) + 1))
                )
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


def bends_of(n_modes: int) -> Floats:
    """Return the second differences of neighbouring modes, the static one left out, shape (n_modes - 3, n_modes)."""
    bends = np.zeros((n_modes - 3, n_modes))
    for k in range(n_modes - 3):
        bends[k, k + 1 : k + 4] = (1.0, -2.0, 1.0)
    return bends


def size_of(Z: Floats) -> float:
    """Return the size of a mode's column (V), by which the strength of smoothing is counted."""
    return float(np.linalg.norm(Z) / np.sqrt(Z.shape[1]))


def non_negative(rows: Floats, values: Floats) -> tuple[Floats, float]:
    """Return the non-negative solution of least squares and the root of its sum of squares.

    Lawson, Hanson, Solving Least Squares Problems (1974). Where columns are so much alike that their active set cycles,
    they are told apart by a billionth of their size.
    """
    from scipy.optimize import nnls

    m = rows.shape[1]
    try:
        solution, misfit = nnls(rows, values, maxiter=50 * m)
        return solution, float(misfit)
    except RuntimeError:
        ridge = 1e-9 * size_of(rows) * np.eye(m)
        solution = nnls(np.concatenate([rows, ridge]), np.concatenate([values, np.zeros(m)]), maxiter=200 * m)[0]
        return solution, float(np.linalg.norm(rows @ solution - values))


def early_conductance(reduction: Reduction) -> float:
    """Return the conductance (S) right after an edge, of which starting values are drawn.

    It belongs to the record alone, so that a kept reduction keeps it: a refit then needs no spectrum.
    """
    spectrum = fit_spectrum(reduction)
    return float(spectrum.conductance(np.array([spectrum.window_s[0]]))[0])


def fit_spectrum(run_or_reduction: Record | Reduction) -> SpectrumResult:
    """Fit a non-negative spectrum of relaxation modes.

    Tikhonov's second difference over the logarithm of time smooths it, as strongly as Mallows' C_p allows (Mallows,
    Technometrics 15, 661 (1973)).

    Parameters
    ----------
    run_or_reduction : Record or Reduction

    Raises
    ------
    FitError
        If the record holds no current to explain.
    """
    reduction = run_or_reduction if isinstance(run_or_reduction, Reduction) else reduce_run(run_or_reduction)
    Z, y = reduction.modes_factor, reduction.current_factor
    if reduction.n_samples == 0 or not np.any(y):
        raise FitError(f"{reduction.source or 'record'}: no current that the drive could explain")
    n, m = reduction.n_samples, Z.shape[1]
    bends, size = bends_of(m), size_of(Z)
    plain, floor = non_negative(Z, y)
    variance = (floor**2 + reduction.rest_A2) / max(n - int(np.count_nonzero(plain)), 1)
    tried: list[tuple[float, float, Floats, float]] = []
    for strength in _STRENGTHS:
        rows = np.concatenate([Z, strength * size * bends])
        weights, _ = non_negative(rows, np.concatenate([y, np.zeros(len(bends))]))
        on = weights > 0.0
        misfit = float(np.sum((y - Z @ weights) ** 2)) + reduction.rest_A2
        # Effective number of parameters: trace of the hat matrix over the modes that are not zero.
        hat = np.linalg.qr(rows[:, on])[0][: len(Z)] if on.any() else np.zeros((1, 1))
        paid = float(np.sum(hat**2))
        tried.append((misfit + 2.0 * variance * paid, paid, weights, float(strength)))
    least, paid, _, _ = min(tried, key=lambda one: one[0])
    # The score is as uncertain as a chi-square of what is paid for: of all that may be the least, the smoothest.
    allowed = least + variance * np.sqrt(2.0 * paid)
    _, _, weights, strength = next(one for one in reversed(tried) if one[0] <= allowed)
    misfit = float(np.sum((y - Z @ weights) ** 2)) + reduction.rest_A2
    return SpectrumResult(
        reduction.grid.rates,
        weights,
        strength,
        float(np.sqrt(misfit / n)),
        reduction.rms_current_A,
        reduction.scatter_A(weights),
        reduction.nuisance(weights),
        reduction.window_s,
        n,
        reduction.source,
        reduction.terms,
    )
