"""Bounds of closed intervals, for tests that compare them with a truth."""

from __future__ import annotations

from typing import Protocol


class WithInterval(Protocol):
    """An estimate; an end of its interval is None where it is open."""

    @property
    def ci95(self) -> tuple[float | None, float | None]: ...


def bounds(quantity: WithInterval) -> tuple[float, float]:
    """Return both ends of a 95 % interval; fails if one is open."""
    low, high = quantity.ci95
    assert low is not None, quantity
    assert high is not None, quantity
    return low, high
