"""Relaxation spectrum of a run, whatever the model: regularised non-negative weights of modes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.resistance_spectrum import ResistanceSpectrum, impedance_basis
from fitting.inference.spectrum_result import SpectrumResult
from fitting.reduction.control import in_words_of
from fitting.reduction.reduce import reduce_run
from fitting.reduction.reduction import Reduction
from protocols import FitError

if TYPE_CHECKING:
    from fitting.records.record import Record
    from fitting.transforms.laplace import Floats

_STRENGTHS = 10.0 ** np.arange(-6.0, 4.1, 0.5)
"""Strengths of smoothing that are tried, relative to a mode's column: from none to a straight line. Twice as many find
the least of Mallows' C_p to a quarter of a decade, where it is flat."""
_FEW_STRENGTHS = _STRENGTHS[::5]
"""The same for the conductance right after an edge, which hardly depends on it: of 36 records of De and Mig cells (SNR
30 and 1000) it was that of all strengths to 0.3 %, in a fifth of the time. Twice as many change nothing."""


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
    spectrum = _spectrum_of(reduction, _FEW_STRENGTHS)
    shortest = np.array([spectrum.window_s[0]])
    if isinstance(spectrum, SpectrumResult):
        return float(spectrum.conductance(shortest)[0])
    resistance = float(spectrum.resistance(shortest)[0])
    return 1.0 / resistance if resistance > 0.0 else 0.0


def fit_spectrum(run_or_reduction: Record | Reduction) -> SpectrumResult | ResistanceSpectrum:
    """Fit a non-negative spectrum of relaxation modes.

    Tikhonov's second difference over the logarithm of time smooths it, as strongly as Mallows' C_p allows (Mallows,
    Technometrics 15, 661 (1973)).

    Parameters
    ----------
    run_or_reduction : Record or Reduction

    Returns
    -------
    SpectrumResult or ResistanceSpectrum
        The second, of the impedance, where the current was controlled.

    Raises
    ------
    FitError
        If the record holds no current to explain.
    """
    reduction = run_or_reduction if isinstance(run_or_reduction, Reduction) else reduce_run(run_or_reduction)
    return _spectrum_of(reduction, _STRENGTHS)


def _spectrum_of(reduction: Reduction, strengths: Floats) -> SpectrumResult | ResistanceSpectrum:
    """Return the spectrum with the best of some strengths of smoothing."""
    if reduction.n_samples == 0 or not np.any(reduction.current_factor):
        problem = in_words_of(reduction.terms.control, "no current that the drive could explain")
        raise FitError(f"{reduction.source or 'record'}: {problem}")
    of_record = _of_impedance if reduction.terms.is_current_driven else _of_admittance
    return of_record(reduction, strengths)


def _of_admittance(reduction: Reduction, strengths: Floats) -> SpectrumResult:
    Z, n = reduction.modes_factor, reduction.n_samples
    weights, strength, misfit = _smoothed(reduction, Z, bends_of(Z.shape[1]), strengths)
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


def _of_impedance(reduction: Reduction, strengths: Floats) -> ResistanceSpectrum:
    y, n, basis = reduction.current_factor, reduction.n_samples, impedance_basis(reduction.grid)
    bends = np.pad(bends_of(len(basis)), ((0, 0), (0, 1)))
    amounts, strength, misfit = _smoothed(reduction, reduction.modes_factor @ basis, bends, strengths)
    weights = basis @ amounts
    return ResistanceSpectrum(
        reduction.grid.rates,
        weights,
        amounts[1:-1],
        float(amounts[0]),
        reduction.grid.longest_s / float(amounts[-1]) if amounts[-1] > 0.0 else float("inf"),
        strength,
        float(np.sqrt(misfit / n)),
        float(np.sqrt((y @ y + reduction.rest_A2) / n)),
        reduction.scatter_A(weights),
        reduction.nuisance(weights),
        reduction.window_s,
        n,
        reduction.source,
        reduction.terms,
    )


def _smoothed(reduction: Reduction, Z: Floats, bends: Floats, strengths: Floats) -> tuple[Floats, float, float]:
    """Return non-negative amounts of some columns, the strength of their smoothing, and the sum of squares left."""
    y, n, size = reduction.current_factor, reduction.n_samples, size_of(Z)
    plain, floor = non_negative(Z, y)
    variance = (floor**2 + reduction.rest_A2) / max(n - int(np.count_nonzero(plain)), 1)
    tried: list[tuple[float, float, Floats, float, float]] = []
    for strength in strengths:
        rows = np.concatenate([Z, strength * size * bends])
        amounts, _ = non_negative(rows, np.concatenate([y, np.zeros(len(bends))]))
        on = amounts > 0.0
        misfit = float(np.sum((y - Z @ amounts) ** 2)) + reduction.rest_A2
        # Effective number of parameters: trace of the hat matrix over the modes that are not zero.
        hat = np.linalg.qr(rows[:, on])[0][: len(Z)] if on.any() else np.zeros((1, 1))
        paid = float(np.sum(hat**2))
        tried.append((misfit + 2.0 * variance * paid, paid, amounts, float(strength), misfit))
    least, paid, *_ = min(tried, key=lambda one: one[0])
    # The score is as uncertain as a chi-square of what is paid for: of all that may be the least, the smoothest.
    allowed = least + variance * np.sqrt(2.0 * paid)
    _, _, amounts, strength, misfit = next(one for one in reversed(tried) if one[0] <= allowed)
    return amounts, strength, misfit
