"""Lead of the edges of a sampled voltage over the first samples after them.

If all edges lie a time d before the places that the reduction has put them at, each mode has decayed by exp(-rate d)
more at every sample: the triangle stays, and the weights are multiplied. So d is one number beside the cell's
parameters, and for given parameters it is found by a search of its own: on a grid first, since the misfit may have
several minima, then by a step of Gauss and Newton and secants. The fit sees the residual at the best d, and its
derivatives without the share that d takes (variable projection; Golub, Pereyra, SIAM J. Numer. Anal. 10, 413 (1973)).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from fitting.reduction.reduction import Reduction
    from fitting.transforms.laplace import Floats

LIKELIER = 5.0
"""Logarithm of the odds from which a record is taken for one whose jumps have no common lead: they have places of their
own, or are none. 150 to 1; doubled, no campaign changes."""
_PLACES = 32
"""Leads that are tried first, evenly over the logarithm. Doubled, no other minimum was found."""
_STEPS = 30
"""Steps at most; three to five are usual."""
_NEGLIGIBLE = 1e-12
"""Share of the sum of squares that a further step must promise. Ten times as much moves no parameter by 1e-6 of its
deviation."""
_EXACT = 1e-12
"""Share of the range of leads below which a step is rounding."""


@dataclass(frozen=True, eq=False)
class EdgeLead:
    """The lead of the edges for some weights.

    Attributes
    ----------
    lead_s : float
    weights : ndarray, shape (m,)
        Of the modes, seen so much later (S).
    residual : ndarray, shape (m,)
        Fit minus record (A).
    slope : ndarray, shape (m,), or None
        Derivative of the residual to the lead (A/s); None where the lead is at an end of its range, or known to be 0.
    """

    lead_s: float
    weights: Floats
    residual: Floats
    slope: Floats | None


class _Place(NamedTuple):
    """A lead, as `EdgeLead`; with the sum of squares there, and products of the slope with the residual and itself."""

    lead_s: float
    weights: Floats
    residual: Floats
    slope: Floats
    cost: float
    along: float
    size: float


class EdgeLeads:
    """Leads that a record allows: none but 0 where it is known when its edges were.

    Parameters
    ----------
    reduction : Reduction
    """

    def __init__(self, reduction: Reduction) -> None:
        self._modes, self._current = reduction.modes_factor, reduction.current_factor
        self._falls = -reduction.grid.rates
        self._are_known = reduction.most_lead_s == 0.0
        self.range_s = reduction.grid.shortest_s, max(reduction.most_lead_s, reduction.grid.shortest_s)

    @cached_property
    def _decays(self) -> tuple[Floats, Floats]:
        """Leads on the grid, and what they leave of each mode; shapes (p,) and (p, m)."""
        leads = np.geomspace(*self.range_s, _PLACES)
        return leads, np.exp(np.multiply.outer(leads, self._falls))

    def best(self, weights: Floats) -> EdgeLead:
        """Return the lead with the least misfit for some weights, shape (m,)."""
        if self._are_known:
            return EdgeLead(0.0, weights, self._modes @ weights - self._current, None)
        leads, decays = self._decays
        left = (decays * weights) @ self._modes.T
        left -= self._current
        now = self._at(float(leads[np.einsum("ij,ij->i", left, left).argmin()]), weights)
        before = None
        for _ in range(_STEPS):
            if now.size == 0.0 or now.along**2 < _NEGLIGIBLE * now.size * now.cost:
                break
            bend = now.size
            if before is not None:  # the secant of the misfit's derivative: its own bend is in it, too
                secant = (now.along - before.along) / (now.lead_s - before.lead_s)
                bend = secant if secant > 0.0 else bend
            moved = self._downhill(now, -now.along / bend, weights)
            if moved is None:
                break
            before, now = now, moved
        is_free = now.size > 0.0 and self.range_s[0] < now.lead_s < self.range_s[1]
        return EdgeLead(now.lead_s, now.weights, now.residual, now.slope if is_free else None)

    def _downhill(self, now: _Place, step: float, weights: Floats) -> _Place | None:
        """Return the place after a step, shortened until the misfit falls; None if there is none."""
        shortest, longest = self.range_s
        while abs(step) > _EXACT * longest:
            lead_s = min(max(now.lead_s + step, shortest), longest)
            if lead_s == now.lead_s:  # at an end, and downhill lies beyond it
                return None
            there = self._at(lead_s, weights)
            if there.cost < now.cost:
                return there
            step *= 0.25
        return None

    def _at(self, lead_s: float, weights: Floats) -> _Place:
        seen = weights * np.exp(self._falls * lead_s)
        residual = self._modes @ seen
        residual -= self._current
        slope = self._modes @ (self._falls * seen)
        return _Place(
            lead_s, seen, residual, slope, float(residual @ residual), float(slope @ residual), float(slope @ slope)
        )

    def projected(self, lead: EdgeLead, slopes: Floats) -> Floats:
        """Return derivatives of the residual to the cell's parameters at the best lead.

        Parameters
        ----------
        lead : EdgeLead
        slopes : ndarray, shape (k, m)
            Derivatives of the weights, before the lead.
        """
        later = slopes if self._are_known else slopes * np.exp(self._falls * lead.lead_s)
        jacobian: Floats = self._modes @ later.T
        if lead.slope is None:
            return jacobian
        along = lead.slope / np.linalg.norm(lead.slope)
        projected: Floats = jacobian - np.outer(along, along @ jacobian)
        return projected
