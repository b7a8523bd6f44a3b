"""What earlier pulses of any width and age may have left in a cell, as a prior of the decays that are fitted for it.

What came before a record is a sum of decays of free amplitudes (`fitting.reduction.history`). Entirely free, they take
up what a slow electrode does as well. But a history is what pulses leave in this very cell, so its amplitudes go
together: pulses whose widths and ages spread evenly over the logarithm say how. How large such pulses were, nobody has
said; three times the largest size that the record does not refute is taken. A record that shows hardly any history then
has intervals hardly wider than one without it, and what no pulse leaves, as a drift, is as free as before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fitting.constants import Z95
from fitting.inference.observations import PulseObservation
from fitting.reduction.leading_columns import History
from fitting.reduction.triangle import triangle_of
from fitting.transforms.laplace import step_response

if TYPE_CHECKING:
    from fitting.inference.observations import Observation
    from fitting.inference.problem import Problem
    from fitting.transforms.laplace import Complexes, Floats

_REACH = 1e3
"""How old and how wide earlier pulses may be, in longest times of which a record tells: what is older is level. Ten
times as much moves half of the intervals by less than 1 %, none by 10 %."""
_PER_DECADE = 3
"""Ages and widths of pulses that are tried. Doubled, no interval moves by more than 5 %."""
_PLACES = 100
"""Times a decade at which the response of the cell is known; between them it is straight to 1e-4."""
_TIMES = 120
"""Times at which what they left is compared with decays, evenly over the logarithm. Doubled: 4 %."""
_ASIDE = 0.2
"""By how much a history may differ from what such pulses leave, as a share: the cell is not known yet. Doubled: 6 %."""
_SLOWLY = 2.0
"""Over which ratio of times that share changes, as a logarithm: within a decade. Halved, intervals are 5 % wider."""
_LEAST = 1e-4
"""By how much each amplitude may differ for all that, as a share of the history. Ten times as much: 7 %."""
_SIZES = tuple(10.0 ** (k / 8.0) for k in range(-40, 17))
"""Sizes of histories that are tried, in root mean squares of the current."""
_LARGER = 3.0
"""How many times that size is taken. A history goes one way, of which a prior about 0 takes off a share: at 1 that
moves Q of records begun in mid-pulse by 0.6 of its deviation on average, at 3 by 0.13 and nothing by more than chance,
while intervals are 1.1 to 1.2 times as wide. At 10 Q is 1.3 times as wide as at 1, and holds no more often."""
_NOT_REFUTED = Z95**2
"""By how much twice the logarithm of the likelihood may be below its best: 95 % of a chi-square with one degree. At the
best itself, half of the intervals move by less than 1 %."""


def with_likely_histories(problem: Problem, u: Floats) -> Problem:
    """Return a problem in which histories are such as pulses leave in a cell; itself where there are none.

    Parameters
    ----------
    problem : Problem
        With free histories.
    u : ndarray, shape (k,)
        Unknowns of the cell: the best that was found.
    """
    observations = tuple(_likely(problem, k, one, u) for k, one in enumerate(problem.observations))
    return replace(problem, observations=observations) if observations != problem.observations else problem


def _likely(problem: Problem, k: int, one: Observation, u: Floats) -> Observation:
    if not isinstance(one, PulseObservation) or one.reduction.n_history == 0:
        return one
    prior = _prior_of(problem, k, one, u)
    return one if prior is None else PulseObservation(one.reduction, prior)


def _prior_of(problem: Problem, k: int, one: PulseObservation, u: Floats) -> Floats | None:
    """Return rows that say what the amplitudes of an observation's history may be (A); None if the cell does not."""
    reduction = one.reduction
    shape = _shape(problem, k, one, u) if reduction.rms_current_A > 0.0 else None
    if shape is None:
        return None
    weights = one.weights(problem.admittance(k, u))
    h, n = reduction.n_history, reduction.n_nuisance
    # History comes last, so that its rows hold nothing else once the nuisance is taken out.
    known = reduction.factor[:n, -1] - reduction.factor[:n, n:-1] @ weights
    turned = triangle_of(np.column_stack([reduction.factor[:n, h:n], reduction.factor[:n, :h], known]))
    rows = turned[n - h : n, n - h :] / one.noise
    size = _largest_size(rows[:, :h] @ shape, rows[:, h], np.array(_SIZES) * reduction.rms_current_A)
    return np.asarray(np.linalg.inv(shape)) * (one.noise / (_LARGER * size))


def _largest_size(columns: Floats, seen: Floats, sizes: Floats) -> float:
    """Return the largest size of independent amplitudes that noise of 1 does not refute.

    Parameters
    ----------
    columns : ndarray, shape (h, h)
        What a record would show of each amplitude.
    seen : ndarray, shape (h,)
        What it shows of all together.
    sizes : ndarray, shape (n,)
        Rising.
    """
    axes, stretch, _ = np.linalg.svd(columns)
    variance = 1.0 + np.multiply.outer(sizes**2, stretch**2)
    worse = np.sum(np.log(variance) + (axes.T @ seen) ** 2 / variance, axis=1)
    return float(sizes[np.flatnonzero(worse <= worse.min() + _NOT_REFUTED)[-1]])


def _shape(problem: Problem, k: int, one: PulseObservation, u: Floats) -> Floats | None:
    """Return a factor of the covariance of amplitudes that pulses leave in a cell, of which they are 1 on average.

    None where the response of the cell has no bounds over the ages of pulses.
    """
    reduction, theta = one.reduction, problem.parameters.theta(k, u)
    shortest, longest = reduction.window_s
    ages = np.geomspace(shortest, _REACH * longest, round(_PER_DECADE * np.log10(_REACH * longest / shortest)))
    ends = np.add.outer(ages, [0.0, *ages])  # of ages and widths: how long ago each began
    seen = np.geomspace(shortest, longest, _TIMES)
    places = np.geomspace(shortest, 3.0 * ends.max(), round(_PLACES * np.log10(3.0 * ends.max() / shortest)))

    def response(s: Complexes) -> Complexes:
        return reduction.response_of(problem.model.admittance(s, theta, seen=one.through_instrument))

    with np.errstate(all="ignore"):
        step = step_response(response, places)
    if not np.isfinite(step).all():
        return None
    since = np.interp(np.log(np.add.outer(ends, seen)), np.log(places), step)
    left = (since[:, :1] - since[:, 1:]).reshape(-1, len(seen))
    decays = History(0.0, reduction.grid.rates, reduction.n_history).columns(seen)
    # The same as if each had another course by a share that changes slowly.
    apart = np.subtract.outer(np.log(seen), np.log(seen)) / _SLOWLY
    covariance = left.T @ left * (1.0 + _ASIDE**2 * np.exp(-0.5 * apart**2))
    size2 = float(np.mean(np.diag(covariance)))
    if not size2 > 0.0:
        return None
    sizes2, mixtures = np.linalg.eigh(covariance / size2)
    h = reduction.n_history
    # Decays that are all but alike would else make up for each other with amplitudes without bounds.
    held = _LEAST * np.sqrt(len(seen)) * np.eye(h)
    amplitudes = np.linalg.pinv(np.concatenate([decays, held]))[:, : len(seen)]
    left_over = amplitudes @ (mixtures * np.sqrt(np.maximum(sizes2, 0.0)))
    return triangle_of(np.concatenate([left_over.T, _LEAST * np.eye(h)])).T
