"""A candidate model with its fit and its weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fitting.results.fit_result import FitResult


@dataclass(frozen=True, eq=False)
class Ranked:
    """One candidate among others.

    Attributes
    ----------
    result : FitResult
    aicc, bic : float
        Akaike's criterion with Hurvich and Tsai's correction, and Schwarz's; only differences mean something.
    delta_aicc, delta_bic : float
        Above the least of all candidates.
    weight : float
        Akaike weight: share of the evidence among these candidates.
    whiteness : float
        Variance of the residual over that which neighbouring samples scatter by; 1 if it is white. NaN where the
        record has too few samples within holds.
    """

    result: FitResult
    aicc: float
    bic: float
    delta_aicc: float
    delta_bic: float
    weight: float
    whiteness: float
