"""Bounded parameters on the whole real line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fitting.model.circuit import ModelParameter
    from fitting.transforms.laplace import Floats

_LOGIT_LIMIT = 13.0
"""Farthest logit: 2e-6 of the range from either bound, nearer than any record tells. Doubled, open shares are
followed twice as far."""
_LOG_LIMIT = 90.0
"""Farthest logarithm: 1e39 in any SI unit. It keeps products of four parameters finite; doubled, they overflow."""
_LOG_MARGIN = 11.5
"""How far beyond all starts a search may go: a factor of 1e5. Doubled, open valleys take twice the steps to cross."""


class ParameterTransform:
    """Map of bounded parameters to the whole line: the logarithm, or the logit where both bounds are finite.

    Parameters
    ----------
    parameters : tuple of ModelParameter
    """

    def __init__(self, parameters: tuple[ModelParameter, ...]) -> None:
        self.lower = np.array([parameter.lower for parameter in parameters])
        upper = np.array([parameter.upper for parameter in parameters])
        self.is_logit = np.isfinite(upper)
        self._width = np.where(self.is_logit, upper - self.lower, 1.0)
        self.limit = np.where(self.is_logit, _LOGIT_LIMIT, _LOG_LIMIT)
        self._lowest, self._sign = -self.limit, np.where(self.is_logit, -1.0, 1.0)

    def to_unbounded(self, theta: Floats) -> Floats:
        """Return the places on the line, those at or over a bound moved just inside."""
        share = (np.asarray(theta) - self.lower) / self._width
        with np.errstate(divide="ignore", invalid="ignore"):
            u = np.log(np.where(self.is_logit, share / (1.0 - share), share))
            within: Floats = np.minimum(np.maximum(u, self._lowest), self.limit)
        is_number = within == within  # noqa: PLR0124 - of what is not a number nothing is known
        return within if is_number.all() else np.where(is_number, within, 0.0)

    def from_unbounded(self, u: Floats) -> Floats:
        """Return parameters for places on the line, shape (..., k)."""
        grown = np.exp(self._sign * np.minimum(np.maximum(u, self._lowest), self.limit))
        share = np.where(self.is_logit, 1.0 / (1.0 + grown), grown)
        theta: Floats = self.lower + self._width * share
        return theta

    def slope(self, u: Floats) -> Floats:
        """Return d(parameter)/du."""
        return self.slope_of(self.from_unbounded(u))

    def slope_of(self, theta: Floats) -> Floats:
        """Return d(parameter)/du where the parameters have some values."""
        share = (theta - self.lower) / self._width
        slope: Floats = self._width * np.where(self.is_logit, share * (1.0 - share), share)
        return slope

    def search_box(self, starts: list[Floats]) -> Floats:
        """Return how far a search may go, shape (2, k): logarithms a factor of 1e5 beyond all starts."""
        spread = np.array(starts)
        lowest = np.where(self.is_logit, -self.limit, spread.min(axis=0) - _LOG_MARGIN)
        highest = np.where(self.is_logit, self.limit, spread.max(axis=0) + _LOG_MARGIN)
        return np.stack([lowest, highest])
