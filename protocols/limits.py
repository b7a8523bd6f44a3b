"""Limits: what the cell must never see."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from protocols.definitions import OptionalQuantity, quantity
from protocols.errors import LimitError
from protocols.fields import QuantitySpec
from protocols.records import Record, record, specs
from protocols.units import format_quantity

if TYPE_CHECKING:
    from protocols.sequence import PulseSequence


@record
class Limits(Record):
    """Largest magnitudes allowed. A quantity that is None has no limit of its own here.

    Attributes
    ----------
    voltage_V : float or None
        Of the voltage across the cell, either sign.
    current_A : float or None
        Of the current, either sign; also the compliance that the instrument is given.
    charge_C : float or None
        Of the net charge passed since the start of the run, either sign.
    energy_J : float or None
        Of the energy put into the cell since the start of the run, the integral of the power's magnitude.
    temperature_K : float or None
        Of the cell.
    """

    voltage_V: OptionalQuantity = quantity(
        "V", "Largest voltage across the cell, either sign.", default=None, above=0, needed=True
    )
    current_A: OptionalQuantity = quantity(
        "A", "Largest current, either sign; the instrument's compliance.", default=None, above=0, needed=True
    )
    charge_C: OptionalQuantity = quantity(
        "C", "Largest net charge since the start of the run, either sign.", default=None, above=0
    )
    energy_J: OptionalQuantity = quantity(
        "J", "Largest energy put into the cell since the start of the run.", default=None, above=0
    )
    temperature_K: OptionalQuantity = quantity("K", "Highest temperature of the cell.", default=None, above=0)

    def stricter(self, other: Limits) -> Limits:
        """Return the smaller of each pair of limits."""
        smaller = {}
        for one in dataclasses.fields(self):
            given = [value for value in (getattr(self, one.name), getattr(other, one.name)) if value is not None]
            smaller[one.name] = min(given) if given else None
        return Limits(**smaller)

    def check_sequence(self, sequence: PulseSequence) -> None:
        """Refuse a sequence that goes beyond the voltage limit.

        Raises
        ------
        LimitError
            Names the first edge over the limit, its time, its level and the limit.
        """
        if self.voltage_V is None:
            return
        highest = np.maximum(np.abs(sequence.start_V), np.abs(sequence.end_V))
        over = np.flatnonzero(highest > self.voltage_V)
        limit = format_quantity(self.voltage_V, "V")
        if over.size:
            k = int(over[0])
            level = sequence.start_V[k] if abs(sequence.start_V[k]) == highest[k] else sequence.end_V[k]
            raise LimitError(
                f"edge {k + 1} of {len(sequence)}, at {format_quantity(sequence.times_s[k], 's')}, goes to "
                f"{format_quantity(level, 'V')}: over the voltage limit of {limit}. Nothing was sent to the instrument."
            )
        if abs(sequence.rest_V) > self.voltage_V:
            raise LimitError(
                f"the rest level {format_quantity(sequence.rest_V, 'V')} is over the voltage limit of {limit}. "
                "Nothing was sent to the instrument."
            )

    def __str__(self) -> str:
        shown = [
            f"{spec.key(name)} {format_quantity(value, spec.unit)}"
            for name, spec in specs(Limits).items()
            if isinstance(spec, QuantitySpec) and (value := getattr(self, name)) is not None
        ]
        return ", ".join(shown) or "none"
