"""Estimates with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fitting.transforms.laplace import Floats


@dataclass(frozen=True)
class Estimate:
    """A parameter as fitted.

    Attributes
    ----------
    name, unit : str
    value : float
    ci95 : tuple of float or None
        95 % interval; None where a side is open.
    identifiable : bool
        Whether the record determines it.
    reason : str
        Why not, in words.
    """

    name: str
    unit: str
    value: float
    ci95: tuple[float | None, float | None]
    identifiable: bool
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "value": self.value,
            "ci95": list(self.ci95),
            "unit": self.unit,
            "identifiable": self.identifiable,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class MemoryQuantity:
    """A figure of the memory.

    Attributes
    ----------
    name, unit : str
    value : float
    ci95 : tuple of float or None
    resolved : bool
        Whether the interval says more than "anything".
    note : str
        The window it belongs to, or what it rests on.
    """

    name: str
    unit: str
    value: float
    ci95: tuple[float | None, float | None]
    resolved: bool
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "value": self.value,
            "ci95": list(self.ci95),
            "unit": self.unit,
            "resolved": self.resolved,
            "note": self.note,
        }


@dataclass(frozen=True, eq=False)
class Band:
    """W(t) of the bulk with its 95 % band.

    Attributes
    ----------
    t_s, W, lowest, highest : ndarray, shape (n,)
    """

    t_s: Floats
    W: Floats
    lowest: Floats
    highest: Floats
