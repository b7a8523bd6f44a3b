"""How are long stretches of a hold reduced without a walk of the modes, sample by sample?

Away from edges, at even sampling, every block of a hold sees the same exponentials, only their heights differ. Their
span has far fewer dimensions than a block has samples: with its orthonormal basis Q, found once, the rows of a block
are ``Q F diag(heights)``, and of the current only ``Q^T I`` and the length of what is left have to be found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fitting.laplace import Floats

BLOCK = 8192
MOST_BLOCKS = 8
_ROUNDING = 1e-15
_SAME_STEP = 1e-9


class HoldBasis:
    """The span of what a block of an edge-free hold can see of the modes.

    Parameters
    ----------
    rates : ndarray, shape (m,)
        Rates of the modes (1/s).
    interval_s : float
        Time from sample to sample.
    """

    def __init__(self, rates: Floats, interval_s: float) -> None:
        self.interval_s = interval_s
        steps = np.arange(BLOCK)
        seen = np.column_stack([np.ones(BLOCK), steps / BLOCK, np.exp(-np.multiply.outer(steps * interval_s, rates))])
        left, sizes, right = np.linalg.svd(seen, full_matrices=False)
        kept = sizes > _ROUNDING * sizes[0]
        self._onto = np.ascontiguousarray(left[:, kept])
        self._span = sizes[kept, None] * right[kept]

    def fits(self, t_s: Floats) -> bool:
        """Return whether every block of some sample times is as evenly spaced as rounding lets it be."""
        blocks = t_s.reshape(-1, BLOCK)
        off = blocks - blocks[:, :1]
        off -= np.arange(BLOCK) * self.interval_s
        bound = _SAME_STEP * self.interval_s + 4.0 * np.spacing(abs(float(t_s[-1])))
        return bool(max(off.max(), -off.min()) <= bound)

    def rows(self, t_s: Floats, heights_V: Floats, current_A: Floats, *, drift: bool) -> Floats:
        """Return few rows with the same triangular factor as those of all samples.

        Parameters
        ----------
        t_s, current_A : ndarray, shape (b * BLOCK,)
            Times (s) and current (A); the times fit.
        heights_V : ndarray, shape (b, m)
            What the first sample of each block sees of the modes (V).
        drift : bool
            Whether time is a nuisance column.

        Returns
        -------
        ndarray, shape (b, k, r)
            Panels for `fitting._kernel.absorb`.
        """
        current = current_A.reshape(-1, BLOCK)
        shares = current @ self._onto
        left = current - shares @ self._onto.T
        n, r, k = len(current), self._onto.shape[1], 1 + drift
        panels = np.zeros((n, k + heights_V.shape[1] + 1, r + 1))
        panels[:, 0, :r] = self._span[:, 0]
        if drift:
            starts = t_s[::BLOCK, None]
            panels[:, 1, :r] = starts * self._span[:, 0] + BLOCK * self.interval_s * self._span[:, 1]
        panels[:, k:-1, :r] = heights_V[:, :, None] * self._span[:, 2:].T
        panels[:, -1, :r] = shares
        panels[:, -1, r] = np.sqrt(np.einsum("ij,ij->i", left, left))
        return panels
