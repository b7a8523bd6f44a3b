"""Current that a fitted model predicts for a run, and times at which it is worth drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from fitting.reduction.control import controlled
from fitting.reduction.drive import ModeCursor, modes_at
from fitting.reduction.history import drive_after
from fitting.reduction.leading_columns import History
from fitting.reduction.whole_drive import sampled_voltage
from fitting.transforms.memory import aligned_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fitting.records.record import Record
    from fitting.reduction.nuisance import Nuisance
    from fitting.transforms.laplace import Floats

_EVEN = 2000
"""Evenly spaced times of an overlay: more than a plot has columns. Doubled, drawing takes twice as long."""
_EDGES = 40
"""Edges about which an overlay is dense; the first ones, of a long train."""
_AFTER_EDGE = 60
"""Times after each edge, evenly over the logarithm: 15 a decade of four. Doubled, no curve looks smoother."""
_BLOCK = 4096
"""Samples at a time: with 60 modes 2 MB, what a processor's cache holds. Doubled, no faster."""
_FEW_SAMPLES, _FEW_SEGMENTS = 8192, 1000
"""Samples and edges that numpy walks: a plot's overlay of some 5000 takes 5 ms, loading the compiled walk 0.6 s.
Numpy takes 10 us an edge besides. Ten times as many of either are still right, only slower."""


class FittedResponse(Protocol):
    """What a prediction needs of a fit: `FitResult`, `FittedPart`, `SpectrumResult`, `PulseResponse` have it."""

    @property
    def rates(self) -> Floats: ...  # noqa: D102
    @property
    def weights(self) -> Floats: ...  # noqa: D102
    @property
    def nuisance(self) -> Floats: ...  # noqa: D102
    @property
    def terms(self) -> Nuisance: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class PulseResponse:
    """Modes and nuisance of a fitted pulsed run: all that a prediction needs.

    Attributes
    ----------
    rates, weights : ndarray, shape (m,)
        1/s, S.
    nuisance : ndarray
        Coefficients of `terms`, offset (A), drift (A/s), mains (A); then of decays since the first sample (A).
    terms : Nuisance
    """

    rates: Floats
    weights: Floats
    nuisance: Floats
    terms: Nuisance


def predict(
    run: Record,
    result: FittedResponse,
    t_s: ArrayLike | None = None,
) -> Floats:
    """Return the fitted current at some times, offset and drift included, as the instrument would have read it.

    Of a record whose current was controlled it is the voltage.

    Parameters
    ----------
    run : Record
        The run that was fitted: its drive (or measured voltage) and its aperture.
    result : FittedResponse
        A `FitResult`, `FittedPart`, `SpectrumResult`, `ResistanceSpectrum` or `PulseResponse`.
    t_s : array_like, optional
        Rising times (s); those of all samples unless given.

    Returns
    -------
    ndarray, shape of `t_s`
        Amperes; volts where the current was controlled.
    """
    run, terms = controlled(run, result.terms)
    own = np.ascontiguousarray(run.t_s)
    samples = terms.times_of_drive(own, float(own[0]))
    wanted = samples
    if t_s is not None:
        wanted = terms.times_of_drive(np.ascontiguousarray(t_s, dtype=np.float64), float(own[0]))
    drive = drive_after(run.drive, terms.before_V)
    between_samples = drive is None and not terms.moves_samples
    walked = samples if between_samples else wanted
    volts = run.voltage_V if between_samples else np.zeros(len(walked))
    rates = result.rates
    interval = float(np.median(np.diff(samples[:100_000])))
    current = np.empty(len(walked))
    n_terms = len(terms)
    since = result.nuisance[n_terms:]
    history = History(float(samples[0]), rates, len(since))

    def _beside(t_s: Floats) -> Floats:
        """Return what is not the cell's answer to this drive."""
        current = terms.current(t_s, result.nuisance[:n_terms])
        return current + history.columns(t_s) @ since if len(since) else current

    if drive is not None and len(walked) <= _FEW_SAMPLES and len(drive.times_s) <= _FEW_SEGMENTS:
        rows = modes_at(drive, rates, walked, interval_s=interval, aperture_s=terms.aperture_of(run))
        return rows @ result.weights + _beside(walked)
    cursor = cursor_over(run, rates, terms, interval)
    buffer = aligned_rows(_BLOCK, len(rates))
    for first in range(0, len(walked), _BLOCK):
        here = slice(first, first + _BLOCK)
        rows, _ = cursor.rows(walked[here], np.ascontiguousarray(volts[here]), buffer)
        current[here] = rows @ result.weights
    for first in range(0, len(walked), _BLOCK):
        here = slice(first, first + _BLOCK)
        current[here] += _beside(walked[here])
    if walked is wanted:
        return current
    between: Floats = np.interp(wanted, samples, current)
    return between


def cursor_over(run: Record, rates: Floats, terms: Nuisance, interval_s: float) -> ModeCursor:
    """Return a cursor at the beginning of a run, for its drive (or measured voltage) as a fit took it.

    Parameters
    ----------
    run : Record
    rates : ndarray, shape (m,)
        1/s.
    terms : Nuisance
    interval_s : float
        Typical time from sample to sample.
    """
    run, terms = controlled(run, terms)
    drive = drive_after(run.drive, terms.before_V)
    sampled = sampled_voltage(run, terms)
    return ModeCursor(rates, drive, interval_s, terms.aperture_of(run), sampled, terms.before_V)


def overlay_times(run: Record) -> Floats:
    """Return some thousand of a run's sample times, dense after edges, on which a fitted curve looks whole."""
    n = run.n_samples
    picked = [np.unique(np.linspace(0, n - 1, min(n, _EVEN)).astype(np.int64))]
    if run.drive is not None and n > 1:
        edges = run.drive.jumps()[0][:_EDGES]
        first = np.searchsorted(run.t_s, edges)
        last = np.append(first[1:], n)
        for start, stop in zip(first, last, strict=True):
            if stop - start > 1:
                spread = np.geomspace(1, stop - start, _AFTER_EDGE).astype(np.int64)
                picked.append(start + spread - 1)
    chosen = np.unique(np.concatenate(picked))
    return np.asarray(run.t_s[chosen[chosen < n]], dtype=np.float64)
