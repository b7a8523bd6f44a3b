"""Steps of a sequence that are one thing each: a hold, a ramp, open circuit, a current."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from protocols.acts import Act, Control, Until
from protocols.definitions import OptionalQuantity, Quantity, define, quantity, word
from protocols.errors import Problem
from protocols.records import Record, RecordSpec, record
from protocols.sampling_rules import SampleRule, rule_spec

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERENCE, OPEN_CIRCUIT = "reference", "open circuit"
"""What a level may count from, by the words that a protocol file uses for them."""


class _UntilSpec(RecordSpec):
    """The table of an `Until`."""

    def stretched(self, value: Until, factor: float) -> Until:
        """Return it on a time axis `factor` times as long."""
        return value.stretched(factor)


def _until(doc: str) -> Any:
    return define(_UntilSpec(doc, kind=Until), default=None, kw_only=True)


def sampling_field(doc: str = "How the step is sampled; by the interval of `[sampling]` unless given.") -> Any:
    """Define the field of a step that is its rule of sampling."""
    return define(rule_spec(doc), default=None, kw_only=True)


@record
class Step(Record):
    """Base of the steps that are no pulses."""

    def acts(self, before: Act, path: str) -> list[Act]:
        """Return what is done, after some other act.

        Parameters
        ----------
        before : Act
            The act before, from whose end a ramp starts.
        path : str
            Where the step is in the document.
        """
        raise NotImplementedError


_AGAINST = word(
    "What the level counts from: 0 V of the instrument, or the potential of the last open circuit.",
    (REFERENCE, OPEN_CIRCUIT),
    default=REFERENCE,
    kw_only=True,
)


@record
class Hold(Step):
    """A constant voltage."""

    level: Quantity = quantity("V", "Voltage.")
    duration: Quantity = quantity("s", "How long; at most, with `until`.", above=0)
    vs: str = _AGAINST
    sampling: SampleRule | None = sampling_field()
    until: Until | None = _until("Ends it before its time: the slope of the current below which it does.")

    def problems(self) -> Iterator[Problem]:
        """Give an end by the slope of what is held."""
        if self.until is not None and self.until.current_slope is None:
            yield Problem("until", "the voltage is held: give current_slope")

    def acts(self, before: Act, path: str) -> list[Act]:  # noqa: ARG002 - it starts anywhere
        """Return the hold."""
        against_open = self.vs == OPEN_CIRCUIT
        return [
            Act(Control.VOLTAGE, self.duration, self.level, self.level, against_open, self.sampling, self.until, path)
        ]


@record
class Ramp(Step):
    """A voltage that goes linearly to a level."""

    level: Quantity = quantity("V", "Voltage at its end.")
    duration: OptionalQuantity = quantity("s", "How long; or give `rate`.", default=None, above=0)
    rate: OptionalQuantity = quantity(
        "V/s", "Volts per second, without sign; or give `duration`.", default=None, above=0
    )
    start: OptionalQuantity = quantity(
        "V", "Voltage at its start; that before unless given.", default=None, kw_only=True
    )
    vs: str = _AGAINST
    sampling: SampleRule | None = sampling_field()

    def problems(self) -> Iterator[Problem]:
        """Give both of duration and rate, or none."""
        if (self.duration is None) == (self.rate is None):
            yield Problem("", "give one of duration and rate")

    def acts(self, before: Act, path: str) -> list[Act]:
        """Return the ramp; nothing if it has nowhere to go at its rate."""
        start = before.end if self.start is None else self.start
        duration = abs(self.level - start) / self.rate if self.rate is not None else self.duration
        if not duration:
            return []
        against_open = self.vs == OPEN_CIRCUIT
        return [Act(Control.VOLTAGE, duration, start, self.level, against_open, self.sampling, None, path)]

    def has_start(self, before: Act) -> bool:
        """Whether it is known where it starts, after some act."""
        is_same = before.control is Control.VOLTAGE and before.against_open == (self.vs == OPEN_CIRCUIT)
        return self.start is not None or is_same

    def stretched(self, factor: float) -> Ramp:
        """Return the ramp `factor` times as slow."""
        slower = {
            "duration": None if self.duration is None else self.duration * factor,
            "rate": None if self.rate is None else self.rate / factor,
            "sampling": None if self.sampling is None else self.sampling.stretched(factor),
        }
        return replace(self, **slower)  # type: ignore[arg-type]


@record
class OpenCircuit(Step):
    """No current: the potential is measured with the cell switched off."""

    duration: Quantity = quantity("s", "How long; at most, with `until`.", above=0)
    sampling: SampleRule | None = sampling_field()
    until: Until | None = _until("Ends it before its time: the slope of the potential below which it does.")

    def problems(self) -> Iterator[Problem]:
        """Give an end by the slope of a current that does not flow."""
        if self.until is not None and self.until.potential_slope is None:
            yield Problem("until", "no current flows: give potential_slope")

    def acts(self, before: Act, path: str) -> list[Act]:  # noqa: ARG002 - it starts anywhere
        """Return the open circuit."""
        return [Act(Control.OPEN, self.duration, rule=self.sampling, until=self.until, path=path)]


@record
class Current(Step):
    """A constant current."""

    current: Quantity = quantity("A", "Current.")
    duration: Quantity = quantity("s", "How long; at most, with `until`.", above=0)
    sampling: SampleRule | None = sampling_field()
    until: Until | None = _until("Ends it before its time: the slope of the potential below which it does.")

    def problems(self) -> Iterator[Problem]:
        """Give an end by the slope of what is held."""
        if self.until is not None and self.until.potential_slope is None:
            yield Problem("until", "the current is held: give potential_slope")

    def acts(self, before: Act, path: str) -> list[Act]:  # noqa: ARG002 - it starts anywhere
        """Return the current."""
        act = Act(Control.CURRENT, self.duration, self.current, self.current, rule=self.sampling, until=self.until)
        return [replace(act, path=path)]
