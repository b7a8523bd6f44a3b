"""Estimates of parameters and memory quantities, with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fitting.results.titles import title_of
from protocols import format_estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fitting.transforms.laplace import Floats


@dataclass(frozen=True)
class Estimate:
    """A figure of a fit: a parameter of the circuit, or a quantity derived from them.

    Attributes
    ----------
    name, unit : str
    value : float
        SI.
    ci95 : tuple of float or None
        95 % interval; None where a side is open.
    determined : bool
        Whether the record determines it: a figure that is not determined must not be used.
    note : str
        Why it is not determined, or what it rests on.
    """

    name: str
    unit: str
    value: float
    ci95: tuple[float | None, float | None]
    determined: bool
    note: str = ""

    @property
    def title(self) -> str:
        """What a user calls it; a parameter keeps its name."""
        return title_of(self.name)

    def shown(self) -> tuple[str, str]:
        """Return value and interval with unit, and as many digits as the interval lets stand."""
        return format_estimate(self.value, self.ci95, self.unit)

    def __str__(self) -> str:
        value, interval = self.shown()
        doubt = "" if self.determined else f"; not determined: {self.note}"
        return f"{self.title}: {value} (95 %: {interval}){doubt}"

    def to_document(self) -> dict[str, Any]:
        """Return plain data (JSON)."""
        return {
            "value": self.value,
            "ci95": list(self.ci95),
            "unit": self.unit,
            "determined": self.determined,
            "note": self.note,
        }

    @classmethod
    def from_document(cls, name: str, document: Mapping[str, Any]) -> Estimate:
        """Read what `to_document` wrote."""
        low, high = document["ci95"]
        # JSON has no NaN: `ionecho fit --json` prints null for it.
        value = float("nan") if document["value"] is None else float(document["value"])
        return cls(name, document["unit"], value, (low, high), document["determined"], document["note"])


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
