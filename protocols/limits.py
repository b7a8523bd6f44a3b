"""What must the cell never see?"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from protocols.errors import LimitError
from protocols.units import format_quantity

if TYPE_CHECKING:
    from protocols.sequence import PulseSequence

_UNITS = {"voltage_V": "V", "current_A": "A", "charge_C": "C", "energy_J": "J", "temperature_K": "K"}


@dataclass(frozen=True)
class Limits:
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

    voltage_V: float | None = None
    current_A: float | None = None
    charge_C: float | None = None
    energy_J: float | None = None
    temperature_K: float | None = None

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if value is not None and not (np.isfinite(value) and value > 0):
                raise ValueError(f"{one.name} must be a finite number above zero, not {value!r}")

    def stricter(self, other: Limits) -> Limits:
        """Return the smaller of each pair of limits."""
        smaller = {}
        for one in fields(self):
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
        given = [(one.name, getattr(self, one.name)) for one in fields(self)]
        shown = [
            f"{name.rpartition('_')[0]} {format_quantity(value, _UNITS[name])}"
            for name, value in given
            if value is not None
        ]
        return ", ".join(shown) or "none"
