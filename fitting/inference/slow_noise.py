"""Noise that grows towards low frequencies, as 1/f noise does, in the intervals of a fit that does not weigh by it.

One correlation time whitens the noise of neighbours. Noise of the 1/f kind is far larger at the frequencies of a slow
electrode than what is left there, and intervals that are widened by the mean misfit of all modes are too short. So its
power is learnt from what no sum of modes explains, as a power of the frequency above white noise, and carried down to
the frequencies that the modes take up; with it the fit has the covariance of a least-squares fit under other noise than
it weighs by (the sandwich; White, Econometrica 48, 817 (1980)).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.alternative_minima import Profiles
from fitting.inference.disturbances import CauseKind, Disturbances, Group
from fitting.inference.whitening import free_response, residual_of

if TYPE_CHECKING:
    from fitting.inference.solution import Solution
    from fitting.records.record import Record
    from fitting.transforms.laplace import Floats

_MOST_SAMPLES = 1_000_000
"""Samples of the longest record that is asked: some ten columns of them are held. Doubled, 160 MB."""
_EVEN_SHARE = 0.9
"""Share of neighbours at the usual spacing from which frequencies have a meaning. Lower, bursts would be asked."""
_NEAR = 0.01
"""How near to the usual spacing these are. Doubled, nothing changes."""
_BANDS = 20
"""Bands of frequency, evenly over the logarithm: each tells the power to a fifth or better. Doubled, to a third."""
_EXPONENTS = tuple(0.25 * k for k in range(1, 9))
"""Powers of the frequency that are tried: to 1/f^2, a random walk. Steps half as large change widths by less than
chance does."""
_SCATTER = 1.44
"""Relative deviation of the power of a band by its median, times the root of how many values it has: 1 / ln 2."""
_SURE = 5.0
"""Deviations by which noise that grows must be nearer than white noise: it is carried down by two decades, where chance
would become a factor of hundreds. Doubled, weak 1/f noise passes."""
_TURNS = 4
"""Turns of a fit whose weights are by the law it finds. Doubled, it moves by less than chance moves it."""
_RANK = 1e-10
"""Share of the largest direction below which rounding owns a mixture of unknowns."""


@dataclass(frozen=True)
class NoisePower:
    """Power of a sample's noise over the frequency: the mean of laws that describe it, by how well they do.

    Attributes
    ----------
    weights : ndarray, shape (k,)
        Of the laws; their sum is 1.
    white_A2 : ndarray, shape (k,)
    slow_A2 : ndarray, shape (k,)
        At one cycle a sample.
    exponents : ndarray, shape (k,)
        Of the fall of that part.
    lowest : float
        Frequency (cycles a sample) below which the power stays: half a cycle a record.
    """

    weights: Floats
    white_A2: Floats
    slow_A2: Floats
    exponents: Floats
    lowest: float

    def at(self, frequency: Floats) -> Floats:
        """Return the power at some frequencies, cycles a sample."""
        growth = np.maximum(frequency, self.lowest) ** -self.exponents[:, None]
        power: Floats = self.weights @ (self.white_A2[:, None] + self.slow_A2[:, None] * growth)
        return power


def noise_power(residual_A: Floats, n_taken: int) -> NoisePower | None:
    """Return the power of what no modes explain of even samples; None where it does not grow to low frequencies.

    Which power of the frequency it is a record cannot say to better than a quarter or so, and two decades lower down
    that is a factor of three: laws are weighed by their likelihoods, and none is chosen.

    Parameters
    ----------
    residual_A : ndarray, shape (n,)
    n_taken : int
        Columns that were fitted: as many of the lowest frequencies are not asked, since they have been taken up.
    """
    n = len(residual_A)
    power = np.abs(np.fft.rfft(residual_A)) ** 2 / n
    ends = np.unique(np.round(np.geomspace(n_taken, len(power), _BANDS + 1)).astype(int))
    if len(ends) < _BANDS // 2:
        return None
    # Medians, which a line of hum does not move.
    bands = np.array([np.median(power[low:high]) / _median(int(high - low)) for low, high in pairwise(ends)])
    frequency = np.sqrt(ends[:-1] * ends[1:]) / n
    if not bands.all():
        return None
    sureness = np.sqrt(np.diff(ends)) / _SCATTER

    def misfit_of(law: Floats) -> float:
        return float(np.sum((sureness * np.log(bands / law)) ** 2))

    laws = []
    for exponent in _EXPONENTS:
        columns, law = np.column_stack([np.ones(len(bands)), frequency**-exponent]), bands
        for _ in range(_TURNS):
            # By the power of the law, not of the band: bands that are low by chance would count for more.
            weighted = (sureness / law)[:, None] * columns
            white, slow = _not_negative(weighted, sureness * bands / law)
            law = columns @ (white, slow)
        if slow > 0.0:
            laws.append((misfit_of(law), white, slow, exponent))
    if not laws:
        return None
    left, whites, slows, exponents = np.array(laws).T
    flat = np.full(len(bands), np.exp(np.average(np.log(bands), weights=sureness**2)))
    if left.min() > misfit_of(flat) - _SURE**2:
        return None
    weights = np.exp(-0.5 * (left - left.min()))
    return NoisePower(weights / weights.sum(), whites, slows, exponents, 0.5 / n)


def _not_negative(columns: Floats, wanted: Floats) -> tuple[float, float]:
    """Return the coefficients of two columns, neither of them negative, that come nearest (least squares)."""
    first, second = np.linalg.lstsq(columns, wanted, rcond=None)[0].tolist()
    if first < 0.0 or second < 0.0:
        alone = columns.T @ wanted / np.sum(columns**2, axis=0)
        return (0.0, float(alone[1])) if first < 0.0 else (float(alone[0]), 0.0)
    return first, second


def _median(n: int) -> float:
    """Return the mean of the median of n exponentially distributed values with mean 1: ln 2 of many, 1 of two."""
    order = np.cumsum(1.0 / np.arange(n, 0, -1))  # of the sorted values; Rényi, Acta Math. Acad. Sci. Hung. 4, 191
    return float(0.5 * (order[(n - 1) // 2] + order[n // 2]))


def with_slow_noise(run: Record, solution: Solution) -> Solution:
    """Return the solution of one run with intervals as wide as the power of its noise at low frequencies makes them.

    Parameters
    ----------
    run : Record
    solution : Solution
        Of this run alone; one that leaves no more than white noise is returned as it is.
    """
    now = solution.interval_inflation
    inflation = _inflation(run, solution) if now > 1.0 else now
    if not inflation > now:
        return solution
    unit, profiles = solution.unit * inflation / now, solution.profiles
    remarks = tuple(
        replace(one, values={**one.values, "interval_inflation": inflation})
        if "interval_inflation" in one.values
        else one
        for one in solution.remarks
    )
    return replace(
        solution,
        unit=unit,
        profiles=Profiles(profiles.search, profiles.best, profiles.minima, unit),
        goodness=(replace(solution.goodness[0], inflation=inflation), *solution.goodness[1:]),
        remarks=remarks,
    )


def _inflation(run: Record, solution: Solution) -> float:
    """Return by how much the least certain unknown is less certain than noise of one correlation time leaves it."""
    reduction = solution.reduction()
    if reduction is None or run.n_samples > _MOST_SAMPLES or not reduction.noise_A > 0.0:
        return 1.0
    kept, residual = residual_of(run, free_response(reduction))
    steps = np.diff(np.asarray(run.t_s)[kept])
    usual = float(np.median(steps))
    if np.mean(np.abs(steps / usual - 1.0) < _NEAR) < _EVEN_SHARE:
        return 1.0
    columns = Disturbances(run, solution, kept, Group(CauseKind.DRIFT, 1))
    blocks = [(clear, base) for _, clear, base, _ in columns.blocks()]
    clear, base = np.concatenate([one for one, _ in blocks]), np.concatenate([one for _, one in blocks])
    residual, base = np.where(clear, residual, 0.0), base * clear[:, None]
    power = noise_power(residual, len(reduction.factor))
    if power is None:
        return 1.0
    # Twice as long, so that the ends do not meet.
    frequency = np.asarray(np.fft.rfftfreq(2 * len(residual)), dtype=np.float64)
    fall = float(np.exp(-usual / reduction.terms.correlation_s)) if reduction.terms.correlation_s > 0.0 else 0.0
    whitening = np.abs(1.0 - fall * np.exp(-2j * np.pi * frequency)) ** 2 / (1.0 - fall**2)
    rows = base.copy()
    rows[1:] = (base[1:] - fall * base[:-1]) / np.sqrt(1.0 - fall**2)
    size = np.linalg.norm(rows, axis=0)
    moving = np.flatnonzero(size[: columns.n_unknowns] > 0.0)
    # What each sample counts for in each unknown.
    shares = np.linalg.pinv(rows / np.where(size > 0.0, size, 1.0), rcond=_RANK)[moving]
    spectrum = np.abs(np.fft.rfft(shares, 2 * len(residual), axis=1)) ** 2
    # By Parseval, white noise of unit power would come out as the sum of the squares.
    variance = spectrum @ (power.at(frequency) * whitening) / np.sum(spectrum, axis=1)
    return float(np.sqrt(variance.max(initial=0.0)) / reduction.noise_A)
