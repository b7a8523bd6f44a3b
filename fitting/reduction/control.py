"""Which quantity an instrument controlled: the voltage, which the current answers, or the current.

A linear cell whose current is given answers with a voltage, ``V = V_0 + integral of H(t - u) dI(u)``, H the step
response of its impedance. All that the engine does with a voltage that drives and a current that answers holds with the
two exchanged (decision 216). So a record whose current was controlled is handed to it with the two columns exchanged,
and what it says of voltage and current is told with the two words exchanged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from fitting.records.record import require_intact
from fitting.reduction.held_current import held_current
from fitting.reduction.nuisance import CURRENT, Nuisance
from fitting.reduction.stated import StatedRecord
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from fitting.records.record import Record
    from fitting.transforms.laplace import Floats
    from protocols import PulseSequence

_Figure = TypeVar("_Figure")

_EXCHANGED = {
    "current per volt": "voltage per ampere",
    "voltage": "current",
    "current": "voltage",
    "ammeter": "voltmeter",
    "conductance": "resistance",
    "quantity V": "quantity A",
    "quantity A": "quantity V",
    "0 V": "0 A",
}
"""What becomes what in a sentence when a current drives."""
_WORDS = re.compile(rf"\b({'|'.join(_EXCHANGED)})\b")
_EXCHANGED_IN_NAMES = {"voltage": "current", "current": "voltage", "V": "A", "A": "V", "S": "ohm", "ohm": "S"}
"""What becomes what in the parts of a name, such as ``rms_current_A``."""


@dataclass(frozen=True, eq=False)
class CurrentDriven:
    """A record whose current was controlled, as the engine takes it: `voltage_V` is what drives, in amperes.

    Attributes
    ----------
    record : Record
    """

    record: Record

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.record.path

    @property
    def n_samples(self) -> int:
        """How many samples."""
        return self.record.n_samples

    @property
    def t_s(self) -> Floats:
        """Time of each sample (s)."""
        return self.record.t_s

    @cached_property
    def voltage_V(self) -> Floats:
        """What drives: the current (A), without the noise of its reading where it was held."""
        return held_current(*(np.asarray(one) for one in (self.t_s, self.record.current_A, self.record.voltage_V)))

    @property
    def current_A(self) -> Floats:
        """What answers: the voltage (V)."""
        return self.record.voltage_V

    @property
    def status(self) -> NDArray[np.uint8]:
        """Flags of each sample."""
        return self.record.status

    @property
    def drive(self) -> PulseSequence | None:
        """The current that was commanded, amperes in place of its volts, where that is stated."""
        return self.record.current_drive if isinstance(self.record, StatedRecord) else None

    @property
    def aperture_s(self) -> float:
        """How long each sample averages."""
        return self.record.aperture_s

    @property
    def response_s(self) -> tuple[float, ...]:
        """First-order time constants of what reads the voltage."""
        return self.record.response_s

    def require_intact(self) -> None:
        """Raise unless the samples are what was written."""
        require_intact(self.record)


def controlled(run: Record, terms: Nuisance) -> tuple[Record, Nuisance]:
    """Return a record as the engine takes it, and terms that say which quantity was controlled.

    Parameters
    ----------
    run : Record
        One that is as the engine takes it already stays so.
    terms : Nuisance
        Where they say nothing of the control, the record does.

    Raises
    ------
    FitError
        If the current is said to be controlled, and the voltage is known to have been.
    """
    if isinstance(run, CurrentDriven):
        return run, replace(terms, control=CURRENT)
    if terms.control == "" and isinstance(run, StatedRecord) and run.control == CURRENT:
        terms = replace(terms, control=CURRENT)
    if not terms.is_current_driven:
        return run, terms
    if run.drive is not None:
        raise FitError(
            f"{run.path.name}: its voltage was commanded or stated, so its current cannot have been controlled; leave"
            " out --control current, or import it without --drive"
        )
    return CurrentDriven(run), terms


def named_for(control: str, figures: Mapping[str, _Figure]) -> dict[str, _Figure]:
    """Return figures under names whose quantities and units are those of what was controlled; twice, as they were."""
    if control != CURRENT:
        return dict(figures)
    return {
        "_".join(_EXCHANGED_IN_NAMES.get(part, part) for part in name.split("_")): figure
        for name, figure in figures.items()
    }


def in_words_of(control: str, text: str) -> str:
    """Return a sentence on a voltage that drives and a current that answers in the words of what was controlled."""
    if control != CURRENT:
        return text
    return _WORDS.sub(lambda found: _EXCHANGED[found[1]], text)
