"""Fast reduction of evenly sampled stretches with a measured voltage.

Within a block of 1024 samples all modes, however many decades they span, decay as mixtures of some 30 of them to 3e-11.
What the block inherits lies in the span of those, whose orthonormal basis is found once; what the voltage does inside
the block is a mixture of 30 states that start from nothing, and the mixture is the same for every block. So only 30
modes are walked, and a block leaves as many rows as the span has dimensions, and its share in one small triangle of
what lies outside of the span.

That triangle comes from sums of products, not from reflections. Squaring would lose what is smaller than 1e-8 of the
current's energy if the mixtures had large coefficients; those of a pivoted decomposition are of the order of one
(Cheng, Gimbutas, Martinsson, Rokhlin, SIAM J. Sci. Comput. 26, 1389 (2005)), so that sums of squares are right to
1e-14 of the current's, parameters to 1e-12. What states that start from nothing have in the span needs no states: it is
linear in the slopes, and depends only on their shares in the span and in the span reversed in time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fitting.reduction.leading_columns import LeadingColumns
    from fitting.transforms.laplace import Floats

# Samples of a block (decision 064; 512 and 2048 were measured to be no faster).
BLOCK = 1024
# Shorter stretches are walked sample by sample, which spares finding a basis for them.
FEWEST_BLOCKS = 4
# Blocks that are taken at once: bounds the memory to some megabytes; twice as many take twice that.
MOST_BLOCKS = 32
# Share of the largest direction below which modes are mixtures of the others: 3e-11 of a mode is lost by it,
# far below the 1e-6 of the peak that is promised. Smaller takes in directions that are rounding.
_TRUNCATION = 1e-11
# Relative size at which sums of products are rounding (decision 140): some fifty units in the last
# place. Twice as much loses nothing that was right.
_ROUNDING = 1e-14
# As in `fitting.reduction.hold_blocks`.
_SAME_STEP = 1e-9
# Share by which the spacing of a later stretch may differ before a basis of its own is found. Over a block's thousand
# samples it adds up to 1e-7 of an interval; twice that is harmless too.
_OTHER_STEP = 1e-10


class MeasuredBasis:
    """The modes that stand for all others within a block.

    Parameters
    ----------
    rates : ndarray, shape (m,)
        Rates of all modes (1/s).
    interval_s : float
        Time from sample to sample.
    """

    def __init__(self, rates: Floats, interval_s: float) -> None:
        from scipy.linalg import qr

        self.interval_s = interval_s
        x = rates * interval_s
        steps = np.arange(BLOCK)
        decays = np.exp(-np.multiply.outer(steps, x))
        triangle, order = qr(decays, mode="r", pivoting=True)
        size = np.abs(np.diag(triangle))
        n = int(np.count_nonzero(size > _TRUNCATION * size[0]))
        mixture = np.zeros((n, len(rates)))
        mixture[:, order] = np.hstack([np.eye(n), np.linalg.solve(triangle[:n, :n], triangle[:n, n:])])
        safe = np.where(rates > 0.0, rates, 1.0)
        grown = np.where(x > 0.0, -np.expm1(-x) / safe, interval_s)
        self._decay = np.exp(-x[order[:n]])
        self._mixture = np.ascontiguousarray(mixture * grown)
        self._over_step, self._over_block = np.exp(-x), np.exp(-BLOCK * x)
        # Time as well, for a drift; a constant is the mode of rate 0.
        self._onto = np.linalg.qr(np.column_stack([steps / BLOCK, decays[:, order[:n]]]))[0]
        self._seen = self._onto.T @ decays
        self._constant = self._onto.T @ np.ones(BLOCK)
        self._time = self._onto.T @ ((steps + 1.0) * interval_s)
        both, size, _ = qr(np.hstack([self._onto, self._onto[::-1]]), mode="economic", pivoting=True)
        self._both = np.ascontiguousarray(both[:, np.abs(np.diag(size)) > _TRUNCATION])
        self._passed = _passed(self._decay, self._both, self._onto)

    def rows(
        self,
        volts: Floats,
        current_A: Floats,
        z: Floats,
        before_s: float,
        *,
        drift: bool,
        leading: LeadingColumns | None = None,
    ) -> Floats:
        """Return rows with the same triangular factor as those of all samples, and move the modes to the last.

        Parameters
        ----------
        volts : ndarray, shape (1 + b * BLOCK,)
            Voltage, the sample before the first block included.
        current_A : ndarray, shape (b * BLOCK,)
        z : ndarray, shape (m,)
            Modes at the sample before; in and out.
        before_s : float
            When that was.
        drift : bool
            Whether time is a nuisance column.
        leading : LeadingColumns, optional
            Columns before the others.

        Returns
        -------
        ndarray, shape (k, r)
            Transposed.
        """
        from fitting.transforms.block_loops import gram_of_blocks

        n, q = self._onto.shape
        slopes, current = (np.diff(volts) / self.interval_s).reshape(-1, n), current_A.reshape(-1, n)
        h = 0 if leading is None else len(leading)
        b, r, k = len(slopes), len(self._decay), h + 1 + drift
        last = np.empty((b, r))
        gram = np.zeros((4 * (r // 4 + 1), 4 * (r // 4 + 1)))
        gram_of_blocks(self._decay, slopes, current, last, gram)
        ends = last @ self._mixture
        heights = np.empty((b, len(z)))
        for block in range(b):
            heights[block] = z * self._over_step
            z *= self._over_block
            z += ends[block]
        shares = np.empty((b, r + 1, q))
        shares[:, :r] = (slopes @ self._both @ self._passed).reshape(b, r, q)
        shares[:, r] = current @ self._onto
        small = _outside(gram[: r + 1, : r + 1], shares)
        rows = np.zeros((k + len(z) + 1, b * q + r + 1))
        inner = rows[:, : b * q].reshape(-1, b, q)
        starts = before_s + BLOCK * self.interval_s * np.arange(b, dtype=np.float64)
        if leading is not None:
            inner[:h] = (leading.amplitudes(starts + self.interval_s) @ self._seen.T).transpose(1, 0, 2)
        inner[h] = self._constant
        if drift:
            inner[h + 1] = starts[:, None] * self._constant + self._time
        modes = self._mixture.T @ shares[:, :r]
        modes += heights[:, :, None] * self._seen.T
        inner[k:-1] = modes.transpose(1, 0, 2)
        inner[-1] = shares[:, r]
        rows[k:-1, b * q :] = (small[:, :r] @ self._mixture).T
        rows[-1, b * q :] = small[:, r]
        return rows

    def suits(self, interval_s: float) -> bool:
        """Return whether it may stand for samples at some spacing."""
        return abs(interval_s / self.interval_s - 1.0) < _OTHER_STEP


def _passed(decay: Floats, both: Floats, onto: Floats) -> Floats:
    """Return what states that a slope drives have in the span, for slopes that are columns of `both`.

    The span is summed up backwards in place of the slopes forwards, which are twice as many.
    """
    from fitting.transforms.block_loops import sums_to_end

    found = np.empty((both.shape[1], len(decay), onto.shape[1]))
    onto, sums = np.ascontiguousarray(onto), np.empty(onto.shape)
    for j, fall in enumerate(decay.tolist()):
        sums_to_end(fall, onto, sums)
        found[:, j] = both.T @ sums
    return found.reshape(both.shape[1], -1)


def _outside(gram: Floats, shares: Floats) -> Floats:
    """Return a triangle of what columns have outside of the span, from their products and their shares in it."""
    from scipy.linalg.lapack import dpstrf

    inside = shares.transpose(1, 0, 2).reshape(len(gram), -1)
    size = np.sqrt(np.maximum(np.diag(gram), np.finfo(float).tiny))
    factor, order, rank, _ = dpstrf((gram - inside @ inside.T) / np.outer(size, size), tol=_ROUNDING, lower=1)
    triangle = np.zeros_like(gram)
    for row in range(rank):
        triangle[row, order[row:] - 1] = factor[row:, row]
    return triangle * size


def even_interval_s(t_s: Floats) -> float | None:
    """Return the time from sample to sample if it is the same, to rounding, all over; else None."""
    interval = float(t_s[-1] - t_s[0]) / (len(t_s) - 1)
    off = np.abs(t_s - (t_s[0] + interval * np.arange(len(t_s))))
    bound = _SAME_STEP * interval + 4.0 * np.spacing(float(np.abs(t_s[[0, -1]]).max()))
    return interval if interval > 0.0 and float(off.max()) <= bound else None
