"""Estimates of parameters and memory quantities, with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from fitting.results.titles import title_of
from protocols import format_estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fitting.transforms.laplace import Floats

_REACHES = 0.1
"""Lower over upper end of a share from which its interval reaches 0 (and so for 1): the value itself says nothing then,
it lies anywhere within a factor of ten. Doubled, shares known to a factor of five would be bounds."""
_DIGITS = 2
"""Digits of a bound: it is where an interval ends, which is known to a tenth of its width."""


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
    is_share : bool
        Whether it lies between 0 and 1.
    """

    name: str
    unit: str
    value: float
    ci95: tuple[float | None, float | None]
    determined: bool
    note: str = ""
    is_share: bool = False

    @property
    def bound(self) -> str:
        """What is known of a share whose interval reaches an end of its range: ``< 0.27``; else empty."""
        low, high = self.ci95
        if not self.is_share or low is None or high is None:
            return ""
        below, above = low < _REACHES * high, 1.0 - high < _REACHES * (1.0 - low)
        if below == above:  # reaches neither end, or says nothing
            return ""
        return f"< {_rounded(high, ROUND_CEILING)}" if below else f"> {_rounded(low, ROUND_FLOOR)}"

    @property
    def title(self) -> str:
        """What a user calls it; a parameter keeps its name."""
        return title_of(self.name)

    def shown(self) -> tuple[str, str]:
        """Return value (or bound) and interval with unit, and as many digits as the interval lets stand."""
        value, interval = format_estimate(self.value, self.ci95, self.unit)
        return self.bound or value, interval

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
            **({"is_share": True, "bound": self.bound} if self.is_share else {}),
        }

    @classmethod
    def from_document(cls, name: str, document: Mapping[str, Any]) -> Estimate:
        """Read what `to_document` wrote."""
        low, high = document["ci95"]
        # JSON has no NaN: `ionecho fit --json` prints null for it.
        value = float("nan") if document["value"] is None else float(document["value"])
        return cls(
            name,
            document["unit"],
            value,
            (low, high),
            document["determined"],
            document["note"],
            document.get("is_share", False),
        )


class Estimates(tuple[Estimate, ...]):
    """Estimates in their order, each found by its name too: ``result.memory["back_hop_fraction"]``."""

    __slots__ = ()

    @overload
    def __getitem__(self, key: SupportsIndex | str) -> Estimate: ...

    @overload
    def __getitem__(self, key: slice) -> tuple[Estimate, ...]: ...

    def __getitem__(self, key: SupportsIndex | slice | str) -> Estimate | tuple[Estimate, ...]:
        """Return an estimate by its name or its place."""
        if not isinstance(key, str):
            return super().__getitem__(key)
        found = next((one for one in self if one.name == key), None)
        if found is None:
            names = ", ".join(self.names) or "none"
            raise KeyError(f"there is no {key!r} here; there are: {names}")
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """Names in their order."""
        return tuple(one.name for one in self)


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


def _rounded(value: float, rounding: str) -> str:
    """Return two digits of a share, rounded away from where it is known to lie."""
    exact = Decimal(repr(value))
    return f"{float(exact.quantize(Decimal(1).scaleb(exact.adjusted() + 1 - _DIGITS), rounding=rounding)):g}"
