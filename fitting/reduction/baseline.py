"""A smooth baseline under the current, only as strong as the record says.

Cubic splines in the root of time, since baselines relax, steeply at first, with a penalty on second differences
(Eilers, Marx, Stat. Sci. 11, 89 (1996)): the root itself, free, and columns whose amplitudes are alike and independent
beforehand. How large they are is found by the likelihood of what no modes of any weights explain, the largest that is
not refuted: what a slow electrode could do as well does not make the baseline stronger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.reduction.triangle import triangle_of

if TYPE_CHECKING:
    from fitting.transforms.laplace import Floats

SPANS = 20
"""Stretches between the knots, even in the root of time: 1/400 of a record at its beginning, a tenth at its end.
Doubled, a pass takes a quarter longer, and baselines take in what the electrode does after each pulse."""
N_COLUMNS = SPANS + 2
"""The root, and three splines more than there are stretches, less the two of the straight line in the root."""
_RANK = 1e-9
"""Share of the largest direction below which mixtures of modes are rounding."""
_AS_LIKELY = 12.5
"""Log likelihood within which the largest size is taken: five deviations, as for any misfit. What modes can mimic has
no say in it, so that the likeliest size may be too small beside a circuit. Halved, a baseline that bends once more in
a record leaves 1.7 times what chance does."""
_STRENGTHS = np.geomspace(1e-3, 1e6, 91)
"""Deviations of the amplitudes that are tried, as far as they show beside the noise. Ten times as many find the same to
a tenth, which moves no interval."""


def baseline_columns(t_s: Floats, span_s: tuple[float, float]) -> Floats:
    """Return the columns at some times, the root first, shape (n, `N_COLUMNS`); beyond the span as at its ends.

    Parameters
    ----------
    t_s : ndarray, shape (n,)
    span_s : tuple of float
        First and last time of the record.
    """
    root = np.sqrt(np.clip((t_s - span_s[0]) / (span_s[1] - span_s[0]), 0.0, 1.0))
    x = root * SPANS
    first = np.minimum(x.astype(np.int64), SPANS - 1)
    u = x - first
    parts = (1.0 - u) ** 3, 3.0 * u**3 - 6.0 * u**2 + 4.0, 1.0 + 3.0 * u + 3.0 * u**2 - 3.0 * u**3, u**3
    splines = np.zeros((len(x), SPANS + 3))
    for k, part in enumerate(parts):
        splines[np.arange(len(x)), first + k] = part / 6.0
    bends = np.diff(np.eye(SPANS + 3), 2, axis=0)
    columns: Floats = np.column_stack([root, splines @ np.linalg.solve(bends @ bends.T, bends).T])
    return columns


def with_baseline_weighed(triangle: Floats, first: int, noise_A: float) -> Floats:
    """Return the triangle of a record with what its baseline is likely to be.

    Parameters
    ----------
    triangle : ndarray, shape (k, k)
        With the columns of the baseline from `first` on, and the current last.
    first : int
    noise_A : float
        Deviation of a sample.
    """
    mine = np.arange(first + 1, first + N_COLUMNS)
    others = np.setdiff1d(np.arange(len(triangle) - 1), mine)
    size = np.linalg.norm(triangle[:, others], axis=0)
    # Modes are as good as dependent: what they span, not each of them, is taken out.
    onto, sizes, _ = np.linalg.svd(triangle[:, others] / np.where(size > 0.0, size, 1.0), full_matrices=False)
    onto = onto[:, sizes > _RANK * sizes[0]]
    beyond = triangle[:, [*mine, -1]]
    beyond = beyond - onto @ (onto.T @ beyond)
    turned, shown, _ = np.linalg.svd(beyond[:, :-1], full_matrices=False)
    shares = (turned.T @ beyond[:, -1]) / noise_A
    largest = max(float(shown[0]), np.finfo(float).tiny)
    # Of amplitudes with the deviation s, in noise over the largest direction.
    variances = 1.0 + np.multiply.outer(_STRENGTHS, shown / largest) ** 2
    likelihood = -0.5 * np.sum(np.log(variances) + shares**2 / variances, axis=1)
    plausible = np.flatnonzero(likelihood >= likelihood.max() - _AS_LIKELY)
    deviation = float(_STRENGTHS[plausible[-1]]) * noise_A / largest
    likely = np.zeros((len(mine), len(triangle)))
    likely[np.arange(len(mine)), mine] = noise_A / deviation
    return triangle_of(np.concatenate([triangle, likely]))
