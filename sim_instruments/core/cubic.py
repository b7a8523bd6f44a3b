"""Piecewise cubics: between values with their slopes, or a spline between values alone.

scipy has both, and takes a third of a second of processor time to be imported: most of the start of a simulator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

_EVEN = 1e-6
"""Share of a spacing by which knots may be off an even grid, to be looked up by a division: the pieces are smooth, so
that which of two is taken so near to their knot is without a difference."""


class Cubic:
    """A continuous function made of cubics, with a continuous slope; beyond its ends the outer pieces go on.

    Parameters
    ----------
    knots, values, slopes : ndarray, shape (n,)
        Where the pieces meet, increasing, two at least, and value and slope there.
    """

    def __init__(self, knots: Array, values: Array, slopes: Array) -> None:
        h = np.diff(knots)
        if len(knots) < 2 or not (h > 0.0).all():
            raise ValueError("a piecewise cubic needs two knots at least, and they must increase")
        chord = np.diff(values) / h
        bend = (slopes[:-1] + slopes[1:] - 2.0 * chord) / h
        self._knots = knots
        # A row for each piece: one look-up in memory fetches all that a point needs.
        self._pieces = np.column_stack([values[:-1], slopes[:-1], (chord - slopes[:-1]) / h - bend, bend / h])
        mean = float(knots[-1] - knots[0]) / len(h)
        even = knots[0] + mean * np.arange(len(knots))
        self._per_spacing = 1.0 / mean if float(np.abs(knots - even).max()) < _EVEN * mean else 0.0

    @classmethod
    def spline(cls, knots: Array, values: Array) -> Cubic:
        """Return the cubic spline through values: its second derivative is continuous too.

        The first two pieces are one cubic, and the last two (de Boor's "not a knot": A Practical Guide to Splines,
        chapter IV).

        Parameters
        ----------
        knots, values : ndarray, shape (n,)
            Increasing, four at least, and the values there.
        """
        if len(knots) < 4:
            raise ValueError("a spline needs four knots at least")
        return cls(knots, values, _slopes(knots, values))

    def __call__(self, at: ArrayLike) -> Array:
        """Return the values at some places, of their shape."""
        x = np.asarray(at, dtype=np.float64)
        if self._per_spacing:
            piece = ((x - self._knots[0]) * self._per_spacing).astype(np.intp)
        else:
            piece = np.searchsorted(self._knots, x, side="right") - 1
        piece = np.clip(piece, 0, len(self._pieces) - 1)
        d = x - self._knots[piece]
        c = self._pieces[piece]
        result: Array = c[..., 0] + d * (c[..., 1] + d * (c[..., 2] + d * c[..., 3]))
        return result


def _slopes(knots: Array, values: Array) -> Array:
    """Solve the spline's tridiagonal equations for its slopes, from the first to the last and back (Thomas)."""
    h = np.diff(knots)
    chord = np.diff(values) / h
    start, end = h[0] + h[1], h[-2] + h[-1]
    before = np.concatenate([h[1:], [end]])  # from row 1 on: what stands with the slope before
    here = np.concatenate([[h[1]], 2.0 * (h[:-1] + h[1:]), [h[-2]]])
    after = np.concatenate([[start], h[:-1]])
    right = np.concatenate(
        [
            [((h[0] + 2.0 * start) * h[1] * chord[0] + h[0] ** 2 * chord[1]) / start],
            3.0 * (h[1:] * chord[:-1] + h[:-1] * chord[1:]),
            [(h[-1] ** 2 * chord[-2] + (2.0 * end + h[-1]) * h[-2] * chord[-1]) / end],
        ]
    )
    # Plain numbers: a loop over an array's elements is three times as slow.
    low, diagonal, high, rhs = before.tolist(), here.tolist(), after.tolist(), right.tolist()
    for k in range(1, len(diagonal)):
        share = low[k - 1] / diagonal[k - 1]
        diagonal[k] -= share * high[k - 1]
        rhs[k] -= share * rhs[k - 1]
    slopes = rhs
    slopes[-1] /= diagonal[-1]
    for k in range(len(diagonal) - 2, -1, -1):
        slopes[k] = (rhs[k] - high[k] * slopes[k + 1]) / diagonal[k]
    return np.asarray(slopes, dtype=np.float64)
