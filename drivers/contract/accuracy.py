"""Accuracy of a measuring range, as the maker specifies it: what is systematic, and no noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class RangeAccuracy:
    """Largest error of a reading on one range: `gain` of the reading, and `offset`.

    Attributes
    ----------
    quantity : str
        ``current`` or ``voltage``, as measured.
    full_scale : float
        The range (A or V).
    gain : float
        Share of the reading.
    offset : float
        In A or V.
    source : str
        Document and page.
    conditions : str
        Under which it is specified.
    """

    quantity: Literal["current", "voltage"]
    full_scale: float
    gain: float
    offset: float
    source: str
    conditions: str


def accuracies(
    quantity: Literal["current", "voltage"],
    ranges: tuple[tuple[float, float, float], ...],
    source: str,
    conditions: str,
) -> tuple[RangeAccuracy, ...]:
    """Return the accuracy of some ranges that stand in one table of a manual.

    Parameters
    ----------
    quantity : str
    ranges : tuple of (float, float, float)
        Full scale, percent of the reading, offset.
    source, conditions : str
    """
    return tuple(
        RangeAccuracy(quantity, full, percent / 100.0, off, source, conditions) for full, percent, off in ranges
    )
