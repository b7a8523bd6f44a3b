"""Sampling: how the current is sampled."""

from __future__ import annotations

from protocols.definitions import OptionalQuantity, Quantity, flag, quantity
from protocols.records import Record, record


@record
class Sampling(Record):
    """How the current is sampled.

    Attributes
    ----------
    interval_s : float
        Time from sample to sample.
    current_range_A : float or None
        Current to be measured without overload; None takes the current limit.
    four_wire : bool
        Whether the voltage is sensed at the cell by leads of its own.
    """

    interval_s: Quantity = quantity("s", "Time from sample to sample.", above=0, inverse=("rate", "Hz"))
    current_range_A: OptionalQuantity = quantity(
        "A", "Current to be measured without overload; the current limit unless given.", default=None, above=0
    )
    four_wire: bool = flag("Whether the voltage is sensed at the cell by leads of its own.", default=False)
