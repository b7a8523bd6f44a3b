"""What steps of a sequence come to: one thing after the other that is done to the cell."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from protocols.definitions import OptionalQuantity, Quantity, quantity
from protocols.errors import Problem
from protocols.records import Record, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from protocols.sampling_rules import SampleRule


class Demand(enum.StrEnum):
    """What steps may need of an instrument besides voltages against the reference."""

    OPEN_CIRCUIT = "open circuit"
    AGAINST_OPEN = "a level against open circuit"
    CURRENT = "a current"
    UNTIL = "an end by slope"


class Control(enum.StrEnum):
    """What is set during an act."""

    VOLTAGE = "voltage"
    CURRENT = "current"
    OPEN = "open circuit"


@record
class Until(Record):
    """End of a step before its time: when current or potential hardly changes any more."""

    over: Quantity = quantity("s", "Time over which the slope is taken.", above=0)
    current_slope: OptionalQuantity = quantity("A/s", "Slope of the current that ends it.", default=None, above=0)
    potential_slope: OptionalQuantity = quantity("V/s", "Slope of the potential that ends it.", default=None, above=0)

    def problems(self) -> Iterator[Problem]:
        """Give none of the slopes, or both."""
        if (self.current_slope is None) == (self.potential_slope is None):
            yield Problem("", "give one of current_slope and potential_slope")

    def stretched(self, factor: float) -> Until:
        """Return the end on a time axis `factor` times as long: slopes are as much lower."""
        slopes = {
            name: None if value is None else value / factor
            for name, value in (("current_slope", self.current_slope), ("potential_slope", self.potential_slope))
        }
        return replace(self, over=self.over * factor, **slopes)


@dataclass(frozen=True)
class Act:
    """One thing that is done to the cell, for a time.

    Attributes
    ----------
    control : Control
    duration_s : float
        At most; less if `until` comes true.
    start, end : float
        Voltage (V) or current (A) at its start and at its end.
    against_open : bool
        Whether the voltage counts from the last open-circuit potential.
    rule : SampleRule or None
        How it is sampled; None by the protocol's interval.
    until : Until or None
    path : str
        Where it is in the document.
    """

    control: Control
    duration_s: float
    start: float = 0.0
    end: float = 0.0
    against_open: bool = False
    rule: SampleRule | None = None
    until: Until | None = None
    path: str = ""

    @property
    def demands(self) -> frozenset[Demand]:
        """What it needs of an instrument besides voltages against the reference."""
        wanted = {
            Demand.OPEN_CIRCUIT: self.control is Control.OPEN,
            Demand.AGAINST_OPEN: self.against_open,
            Demand.CURRENT: self.control is Control.CURRENT,
            Demand.UNTIL: self.until is not None,
        }
        return frozenset(one for one, is_wanted in wanted.items() if is_wanted)
