"""How are evenly sampled stretches with a measured voltage reduced faster than sample by sample?

Within a block of 512 samples all modes, however many decades they span, decay as mixtures of 27 of them to 3e-11. What
the block inherits lies in the span of those, whose orthonormal basis is found once; what the voltage does inside the
block is a mixture of 27 states that start from nothing, and the mixture is the same for every block. So only 27 modes
are walked, what they leave outside of the span goes into one small triangle, and a block leaves as many rows as the
span has dimensions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fitting.laplace import Floats

BLOCK = 512
FEWEST_BLOCKS = 4
MOST_BLOCKS = 16
_TRUNCATION = 1e-11
_SAME_STEP = 1e-9
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
        # Fresh memory for every few blocks would cost as much as the walk.
        self._local = np.empty((MOST_BLOCKS, n + 1, BLOCK))

    def rows(self, volts: Floats, current_A: Floats, z: Floats, before_s: float, *, drift: bool) -> Floats:
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

        Returns
        -------
        ndarray, shape (k, r)
            Transposed.
        """
        from scipy.linalg.blas import dgemm

        from fitting._kernel import absorb, drive_blocks

        n, q = self._onto.shape[0], self._onto.shape[1]
        slopes = (np.diff(volts) / self.interval_s).reshape(-1, n)
        b, r, k = len(slopes), len(self._decay), 1 + drift
        local = self._local[:b]
        drive_blocks(self._decay, slopes, local)
        local[:, r] = current_A.reshape(b, n)
        ends = local[:, :r, -1] @ self._mixture
        heights = np.empty((b, len(z)))
        for block in range(b):
            heights[block] = z * self._over_step
            z *= self._over_block
            z += ends[block]
        columns = local.reshape(-1, n).T
        spanned = self._onto.T @ columns
        # In place: columns -= onto @ spanned.
        dgemm(-1.0, self._onto, spanned, 1.0, columns, overwrite_c=1)
        shares = spanned.T.reshape(b, r + 1, q)
        small = np.zeros((r + 1, r + 1))
        absorb(small, local)
        rows = np.zeros((k + len(z) + 1, b * q + r + 1))
        inner = rows[:, : b * q].reshape(-1, b, q)
        inner[0] = self._constant
        if drift:
            starts = before_s + BLOCK * self.interval_s * np.arange(b)
            inner[1] = starts[:, None] * self._constant + self._time
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


def even_interval_s(t_s: Floats) -> float | None:
    """Return the time from sample to sample if it is the same, to rounding, all over; else None."""
    interval = float(t_s[-1] - t_s[0]) / (len(t_s) - 1)
    off = np.abs(t_s - (t_s[0] + interval * np.arange(len(t_s))))
    bound = _SAME_STEP * interval + 4.0 * np.spacing(float(np.abs(t_s[[0, -1]]).max()))
    return interval if interval > 0.0 and float(off.max()) <= bound else None
