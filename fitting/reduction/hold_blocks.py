"""Reduction of long holds by polynomials over blocks, without a walk sample by sample.

Away from edges a sum of exponentials is smooth: over a block that starts four of its own lengths after the last edge,
whatever still lives of it is a polynomial of degree 11 to rounding (measured: 3e-15 of the height at the edge; faster
modes have died, slower ones hardly bend). So of such a block only the shares of twelve orthonormal polynomials are
kept, and the length of what is left. Two blocks side by side make one of twice the length, whose polynomials are
fixed mixtures of theirs: as the edge recedes, blocks double, and a hold of any length leaves some hundred rows.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fitting.reduction.leading_columns import LeadingColumns
    from fitting.transforms.laplace import Floats

# Samples of the shortest block (decision 009). Twice as many: half the projections, but after each edge twice as many
# samples are walked one by one.
BLOCK = 128
# Samples that are projected at once: 4 MB of times and currents. Twice as many only take more memory.
MOST_SAMPLES = 2048 * BLOCK
# Block lengths from the last edge to a block: measured, what polynomials miss is 3e-15 of the height at the edge. At
# twice the distance more samples are walked; nearer, degree 11 no longer suffices.
CLEAR = 4
# Up to degree 11, right to rounding at that distance (see CLEAR): more would cost time and add nothing.
N_POLYNOMIALS = 12
# Samples after an edge before second differences count as noise (decision 143): by then the cell's own answer is smooth
# from sample to sample. Twice as many leave fewer samples to judge the noise by.
SETTLED = 16
# Share of the sampling interval by which samples count as evenly spaced: the clocks of instruments that count samples
# are even to rounding, others miss it by far more. Times this, an interval moves a mode by 1e-9 of its height.
_SAME_STEP = 1e-9


@cache
def _leaf() -> tuple[Floats, Floats]:
    """Return orthonormal polynomials over a block, (p, BLOCK), and Legendre's in terms of them, (p, p)."""
    places = 2.0 * (np.arange(BLOCK) + 0.5) / BLOCK - 1.0
    onto, triangle = np.linalg.qr(np.polynomial.legendre.legvander(places, N_POLYNOMIALS - 1))
    return np.ascontiguousarray(onto.T), triangle


@cache
def _pairing(level: int) -> tuple[Floats, Floats]:
    """Return how shares in two blocks become shares in one of twice the length.

    Parameters
    ----------
    level : int
        Of the blocks that are joined; 0 is a leaf.

    Returns
    -------
    turn : ndarray, shape (2p, 2p)
        Orthogonal: shares in the long block, then what none of its polynomials takes.
    legendre : ndarray, shape (p, p)
        Legendre polynomials of the long block in terms of its orthonormal ones.
    """
    below = _leaf()[1] if level == 0 else _pairing(level - 1)[1]
    nodes, weights = np.polynomial.legendre.leggauss(N_POLYNOMIALS)
    degrees = np.arange(N_POLYNOMIALS)
    project = np.polynomial.legendre.legvander(nodes, N_POLYNOMIALS - 1) * weights[:, None] * (degrees + 0.5)
    halves = [
        below @ project.T @ np.polynomial.legendre.legvander(0.5 * (nodes + side), N_POLYNOMIALS - 1)
        for side in (-1, 1)
    ]
    turn, triangle = np.linalg.qr(np.concatenate(halves), mode="complete")
    return turn, triangle[:N_POLYNOMIALS]


class HoldBasis:
    """What blocks of an edge-free hold can see of the modes.

    Parameters
    ----------
    rates : ndarray, shape (m,)
        Rates of the modes (1/s).
    interval_s : float
        Time from sample to sample.
    """

    def __init__(self, rates: Floats, interval_s: float) -> None:
        self.interval_s = interval_s
        self.rates = rates
        steps = np.arange(BLOCK)
        onto = _leaf()[0]
        # Constant, time since the block's start (s), modes of height 1 at its start.
        seen = np.column_stack([np.ones(BLOCK), steps * interval_s, np.exp(-np.outer(steps * interval_s, rates))])
        self._seen: list[Floats] = [onto @ seen]

    def seen(self, level: int) -> Floats:
        """Return the shares of constant, time and modes over a block of ``BLOCK * 2**level`` samples, (p, 2 + m)."""
        while len(self._seen) <= level:
            first = self._seen[-1]
            length_s = BLOCK * 2 ** (len(self._seen) - 1) * self.interval_s
            second = first * np.concatenate([[1.0, 1.0], np.exp(-length_s * self.rates)])
            second[:, 1] += length_s * first[:, 0]
            turn = _pairing(len(self._seen) - 1)[0]
            self._seen.append((turn.T @ np.concatenate([first, second]))[:N_POLYNOMIALS])
        return self._seen[level]


class Hold:
    """Samples of one hold, projected block by block.

    Attributes
    ----------
    n_samples : int
        How many were taken: whole blocks, evenly spaced to rounding, without flags.
    sum_current_A2, second_difference_A2 : float
        Sum of the squared current; of its squared second differences from sample `SETTLED` on.
    """

    def __init__(self, t_s: Floats, current_A: Floats, flagged: NDArray[np.bool_], interval_s: float) -> None:
        from fitting.transforms.block_loops import project_blocks

        n_blocks = len(t_s) // BLOCK
        self._shares = np.empty((n_blocks, N_POLYNOMIALS))
        sums = np.zeros(4)
        bound = _SAME_STEP * interval_s + 4.0 * np.spacing(max(abs(float(t_s[0])), abs(float(t_s[-1]))))
        spacing_s, flags = np.array([interval_s, bound]), flagged.view(np.uint8)
        project_blocks(t_s, current_A, flags, spacing_s, _leaf()[0], self._shares, sums)
        self._shares = self._shares[: int(sums[3])]
        self.n_samples = int(sums[3]) * BLOCK
        self.sum_current_A2, self._left_A2, self.second_difference_A2 = (float(x) for x in sums[:3])

    def rows(
        self,
        basis: HoldBasis,
        t_s: Floats,
        since_edge_s: float,
        heights_V: Floats,
        *,
        drift: bool,
        leading: LeadingColumns | None = None,
    ) -> Floats:
        """Return few rows with the same triangular factor as those of all samples.

        Parameters
        ----------
        basis : HoldBasis
        t_s : ndarray, shape (n,)
            Times of the samples (s).
        since_edge_s : float
            From the last edge to the first sample.
        heights_V : ndarray, shape (m,)
            What the first sample sees of the modes (V).
        drift : bool
            Whether time is a nuisance column.
        leading : LeadingColumns, optional
            Columns before the others.

        Returns
        -------
        ndarray, shape (k, r)
            Transposed.
        """
        firsts = BLOCK * np.arange(len(self._shares))
        shares, level, left_A2 = self._shares, 0, self._left_A2
        h = 0 if leading is None else len(leading)
        k = h + 1 + drift
        parts = []
        while len(shares):
            length = BLOCK * 2**level
            elapsed = firsts * basis.interval_s
            near = int(np.searchsorted(since_edge_s + elapsed, 2 * CLEAR * length * basis.interval_s))
            odd = max(len(shares) - near, 0) % 2
            places = np.arange(len(shares))
            stay = places[(places < near) | (places >= len(shares) - odd)]
            if len(stay):
                seen = basis.seen(level)
                part = np.empty((k + len(heights_V) + 1, len(stay), N_POLYNOMIALS))
                if leading is not None:
                    part[:h] = (leading.amplitudes(t_s[firsts[stay]]) @ seen[:, 2:].T).transpose(1, 0, 2)
                part[h] = seen[:, 0]
                if drift:
                    part[h + 1] = t_s[firsts[stay], None] * seen[:, 0] + seen[:, 1]
                fallen = heights_V * np.exp(-np.multiply.outer(elapsed[stay], basis.rates))
                part[k:-1] = fallen.T[:, :, None] * seen[:, 2:].T[:, None, :]
                part[-1] = shares[stay]
                parts.append(part.reshape(len(part), -1))
            paired = slice(near, len(shares) - odd)
            turned = shares[paired].reshape(-1, 2 * N_POLYNOMIALS) @ _pairing(level)[0]
            shares, firsts = turned[:, :N_POLYNOMIALS], firsts[paired][::2]
            left_A2 += float(np.sum(turned[:, N_POLYNOMIALS:] ** 2))
            level += 1
        last = np.zeros((k + len(heights_V) + 1, 1))
        last[-1] = np.sqrt(left_A2)
        return np.concatenate([*parts, last], axis=1)
