"""Bounds of closed intervals, for tests that compare them with a truth."""

from __future__ import annotations

from fitting.results.estimate import Estimate, MemoryQuantity


def bounds(quantity: Estimate | MemoryQuantity) -> tuple[float, float]:
    """Return both ends of a 95 % interval; fails if one is open."""
    low, high = quantity.ci95
    assert low is not None, quantity
    assert high is not None, quantity
    return low, high
