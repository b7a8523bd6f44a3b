"""Tables of a campaign beside its protocol: sweeps, order, temperature, what is between points, when it stops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from protocols.campaigns.rules import Between, Order, TemperatureRule
from protocols.campaigns.stopping import StopRule
from protocols.campaigns.sweep import Sweep
from protocols.definitions import define
from protocols.fields import FieldSpec, read_each
from protocols.records import Record, RecordSpec, read_record, record, record_schema, section, write_record
from protocols.units import described

MOST_SWEEPS = 100
"""Most sweeps of a campaign: even of two values each, 17 are more points than any campaign may have. Doubled, nothing
changes."""


@dataclass(frozen=True)
class SweepsSpec(FieldSpec):
    """The sweeps, each a table ``[[sweep]]``."""

    def key(self, name: str) -> str:  # noqa: ARG002 - one name for the table of one
        """Return what a file calls one of them."""
        return "sweep"

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return "tables [[sweep]], each with `field` and `values`"

    def read(self, value: object) -> tuple[Sweep, ...]:
        """Return the sweeps."""
        if isinstance(value, Mapping):
            raise ValueError("a sweep stands under [[sweep]], with two brackets: there may be several")  # noqa: TRY004
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise ValueError(f"expected {self.expected}, not {described(value)}")  # noqa: TRY004 - a problem
        if len(value) > MOST_SWEEPS:
            raise ValueError(f"there are {len(value)} sweeps; at most {MOST_SWEEPS} are taken")
        return tuple(read_each(value, lambda one: one if isinstance(one, Sweep) else read_record(Sweep, one)))

    def write(self, value: tuple[Sweep, ...]) -> list[dict[str, Any]]:
        """Return their tables."""
        return [write_record(one) for one in value]

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        return {"description": self.doc, "type": "array", "maxItems": MOST_SWEEPS, "items": record_schema(Sweep)}


@record
class CampaignSections(Record):
    """All of a campaign's document that is no protocol.

    Attributes
    ----------
    sweeps : tuple of Sweep
        In a file ``[[sweep]]``; the first changes slowest.
    order : Order
    temperature : TemperatureRule or None
    between : Between
    stop : StopRule
    """

    sweeps: tuple[Sweep, ...] = define(
        SweepsSpec("Fields that take several values; the first sweep changes slowest."), default=()
    )
    order: Order = section(Order, "In which order the points are measured, and how often.", default_factory=Order)
    temperature: TemperatureRule | None = define(
        RecordSpec("The controller of the temperature, and when it counts as reached.", kind=TemperatureRule),
        default=None,
    )
    between: Between = section(Between, "What is done between the points.", default_factory=Between)
    stop: StopRule = section(
        StopRule, "When the campaign, or the run of a point, ends early.", default_factory=StopRule
    )


SECTIONS = ("sweep", "order", "temperature", "between", "stop")
"""Keys of these tables."""
