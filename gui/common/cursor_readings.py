"""What two cursors read off curves: values, differences, slopes. Without Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gui.common.language import tr
from protocols import format_quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gui.common.quantities import Quantity
    from gui.common.traces import Traces

_DIGITS = 5
"""Digits of a reading: one more than an axis can be read to. Doubled, most of them are noise."""
_ROUNDING = 1e-12
"""Share of a value below which a difference is rounding. Doubled, nothing changes."""


@dataclass(frozen=True)
class Reading:
    """Two cursors on the curve of one quantity.

    Attributes
    ----------
    quantity : Quantity
    at_a, at_b : float
        SI; NaN beside the curve.
    slope : float
        (b - a) over the time between, SI; over logarithmic time the exponent, d log|y| / d log t. NaN where there is
        none.
    is_exponent : bool
        Whether the slope is one.
    """

    quantity: Quantity
    at_a: float
    at_b: float
    slope: float
    is_exponent: bool

    @property
    def difference(self) -> float:
        """At b minus at a (SI); what rounding leaves of equal values is none."""
        difference = self.at_b - self.at_a
        return 0.0 if abs(difference) < _ROUNDING * max(abs(self.at_a), abs(self.at_b)) else difference

    def cells(self) -> tuple[str, str, str, str, str]:
        """Return the quantity, the two values, the difference and the slope as they are shown."""
        unit = self.quantity.unit
        slope = f"{self.slope:.4g}" if self.is_exponent else shown(self.slope, f"{unit}/s")
        values = (shown(one, unit) for one in (self.at_a, self.at_b, self.difference))
        a, b, difference = values
        return self.quantity.title, a, b, difference, slope if math.isfinite(self.slope) else "–"


def shown(value: float, unit: str) -> str:
    """Return a reading as it is shown; a dash where there is none."""
    return format_quantity(value, unit, _DIGITS) if math.isfinite(value) else "–"


def readings(traces: Traces, quantities: Sequence[Quantity], a_s: float, b_s: float) -> list[Reading]:
    """Return what cursors at two times of the axis read.

    Parameters
    ----------
    traces : Traces
    quantities : sequence of Quantity
    a_s, b_s : float
        On the axis: since the start of the run, since the edge, or since the beginning of a pulse.
    """
    log = traces.edge is not None
    return [
        Reading(one, *(values := _values(traces, one, a_s, b_s)), _slope(*values, a_s, b_s, log=log), log)
        for one in quantities
    ]


def _values(traces: Traces, quantity: Quantity, a_s: float, b_s: float) -> tuple[float, float]:
    return traces.value_at(quantity, a_s), traces.value_at(quantity, b_s)


def _slope(at_a: float, at_b: float, a_s: float, b_s: float, *, log: bool) -> float:
    if a_s == b_s or not (math.isfinite(at_a) and math.isfinite(at_b)):
        return math.nan
    if not log:
        return (at_b - at_a) / (b_s - a_s)
    if at_a * at_b <= 0.0 or min(a_s, b_s) <= 0.0:
        return math.nan
    return math.log(at_b / at_a) / math.log(b_s / a_s)


def titles(a_s: float, b_s: float, *, log: bool) -> tuple[str, str, str, str, str]:
    """Return the headings of a table of readings."""
    return (
        "",
        tr("A at {t}").format(t=shown(a_s, "s")),
        tr("B at {t}").format(t=shown(b_s, "s")),
        tr("B − A, {t}").format(t=shown(b_s - a_s, "s")),
        tr("Exponent of time") if log else tr("Slope"),
    )
