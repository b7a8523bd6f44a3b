"""When a campaign, or a run of it, ends early: conditions in words, and the end of its time."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from protocols.definitions import define
from protocols.errors import Problem
from protocols.fields import FieldSpec, QuantitySpec, read_each
from protocols.records import Record, did_you_mean, record
from protocols.units import described, parse_quantity

MOST_CONDITIONS = 20
"""Most conditions of a document: more cannot be overseen by anybody. Doubled, nothing changes."""
_LONGEST = 200
"""Longest condition (characters): a line. Doubled, nothing changes."""
MEMORY_TIME = "memory time"
"""The one quantity of the memory that has a name of two words, as the field calls it."""
LIMITED = {"current": "A", "charge": "C", "energy": "J", "temperature": "K"}
"""Quantities whose crossing can end a campaign, with their units."""
_PARAMETER = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9_]*)?|[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_KNOWN = re.compile(r"(.+?)\s+known\s+to\s+(.+?)(?:\s+by\s+(\S+))?")
_DRIFT = re.compile(r"(.+?)\s+drifts\s+by\s+(.+?)(?:\s+by\s+(\S+))?")
_LIMIT = re.compile(r"(.+?)\s+(above|below)\s+(.+)")
_TIME = re.compile(r"after\s+(.+)")
_PERCENT = re.compile(r"(\d+\.?\d*|\.\d+)\s*%", re.ASCII)
_FORMS = '"Mig1.tau known to 5 %", "current above 1 uA", "R0 drifts by 10 %" or "after 12 h"'


class StopKind(StrEnum):
    """What a condition is about."""

    KNOWN = "known"
    """A quantity of the live fit is known well enough: the run of this point ends, and the next point follows."""
    LIMIT = "limit"
    """A measured quantity is beyond a value: the campaign ends."""
    DRIFT = "drift"
    """A fitted quantity has moved away from what it was at the first point with the same values: the campaign ends."""
    TIME = "time"
    """So much time has passed since the campaign was started: it ends."""


@dataclass(frozen=True)
class StopCondition:
    """One condition.

    Attributes
    ----------
    kind : StopKind
    quantity : str
        Name of a parameter such as ``Mig1.tau``, of a memory quantity such as ``memory_time``, or of what is measured;
        empty for time.
    value : float
        Relative half width of the 95 % interval (`KNOWN`), relative change (`DRIFT`), limit in SI, or seconds.
    above : bool
        Of a limit: whether the quantity must not be above it; else not below it.
    text : str
        As the document says it.
    circuit : str
        What is fitted for a quantity of a fit, as ``by CIRCUIT`` says it; empty for the usual one.
    """

    kind: StopKind
    quantity: str
    value: float
    above: bool
    text: str
    circuit: str = ""

    @property
    def ends_campaign(self) -> bool:
        """Whether the whole campaign ends; else only the run of the point."""
        return self.kind is not StopKind.KNOWN

    def __str__(self) -> str:
        return self.text


def condition_of(given: object) -> StopCondition:
    """Return the condition that a text says.

    Raises
    ------
    ValueError
        If it says none.
    """
    if not isinstance(given, str) or len(given) > _LONGEST:
        raise ValueError(f"expected a condition such as {_FORMS}, not {described(given)}")
    text = given.strip()
    if match := _KNOWN.fullmatch(text):
        return StopCondition(StopKind.KNOWN, _fitted(match[1]), _share(match[2]), True, given, match[3] or "")
    if match := _DRIFT.fullmatch(text):
        return StopCondition(StopKind.DRIFT, _fitted(match[1]), _share(match[2]), True, given, match[3] or "")
    if match := _LIMIT.fullmatch(text):
        name = match[1]
        if name not in LIMITED:
            raise ValueError(
                f"{described(name)} has no limit here: {did_you_mean(name, LIMITED)}known are {', '.join(LIMITED)}"
            )
        return StopCondition(StopKind.LIMIT, name, parse_quantity(match[3], LIMITED[name]), match[2] == "above", given)
    if match := _TIME.fullmatch(text):
        return StopCondition(StopKind.TIME, "", QuantitySpec("", unit="s", above=0).read(match[1]), True, given)
    raise ValueError(f"{described(given)} is no condition: expected one such as {_FORMS}")


def _fitted(name: str) -> str:
    """Return the name of a fitted quantity, as results call it."""
    if name == MEMORY_TIME:
        return "memory_time"
    if _PARAMETER.fullmatch(name) is None:
        raise ValueError(
            f"{described(name)} is no quantity of a fit: {did_you_mean(name, [MEMORY_TIME])}"
            f'give "{MEMORY_TIME}", or a parameter such as Mig1.tau'
        )
    return name


def _share(text: str) -> float:
    match = _PERCENT.fullmatch(text.strip())
    if match is None or not 0.0 < float(match[1]) <= 100.0:
        raise ValueError(f"expected per cent, such as 5 %, above 0 and up to 100, not {described(text)}")
    return float(match[1]) / 100.0


class Conditions:
    """An attribute that is a tuple of conditions, and that may be given as texts or as one."""

    if TYPE_CHECKING:

        def __get__(self, obj: object, owner: type) -> tuple[StopCondition, ...]: ...
        def __set__(self, obj: object, value: str | Sequence[str | StopCondition]) -> None: ...


@dataclass(frozen=True)
class ConditionsSpec(FieldSpec):
    """One condition, or a list of them of which any is enough."""

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return f"a condition or a list of them, such as {_FORMS}"

    def read(self, value: object) -> tuple[StopCondition, ...]:
        """Return the conditions."""
        if isinstance(value, str | StopCondition):
            value = [value]
        if not isinstance(value, Sequence):
            raise ValueError(f"expected {self.expected}, not {described(value)}")  # noqa: TRY004 - a problem
        if len(value) > MOST_CONDITIONS:
            raise ValueError(f"has {len(value)} conditions; at most {MOST_CONDITIONS} are taken")
        return tuple(read_each(value, lambda one: one if isinstance(one, StopCondition) else condition_of(one)))

    def write(self, value: tuple[StopCondition, ...]) -> list[str]:
        """Return their texts."""
        return [one.text for one in value]

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        one = {"type": "string", "maxLength": _LONGEST}
        several = {"type": "array", "maxItems": MOST_CONDITIONS, "items": one}
        return {"description": self.doc, "anyOf": [one, several]}


@dataclass(frozen=True)
class EndSpec(FieldSpec):
    """The end of the time: a duration, a time of day, or a date and time."""

    duration = QuantitySpec("", unit="s", above=0)

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return (
            'a duration such as "12 h", a time of day such as 08:00:00, or a date and time such as 2026-12-01T08:00:00'
        )

    def read(self, value: object) -> float | dt.time | dt.datetime:
        """Return seconds, or a time by the clock."""
        if isinstance(value, dt.datetime) or (isinstance(value, dt.time) and value.tzinfo is None):
            return value
        if isinstance(value, str):
            # "12" would be read as noon.
            for kind in (dt.datetime, dt.time) if ":" in value else ():
                try:
                    return kind.fromisoformat(value.strip())
                except ValueError:
                    continue
        if isinstance(value, dt.date | dt.time | bool):
            raise ValueError(f"expected {self.expected}, not {described(value)}")  # noqa: TRY004 - a problem
        try:
            return self.duration.read(value)
        except ValueError as error:
            raise ValueError(f"expected {self.expected}: {error}") from None

    def write(self, value: float | dt.time | dt.datetime) -> Any:
        """Return a duration as text, a time as it is."""
        return self.duration.write(value) if isinstance(value, float) else value

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        return {"description": self.doc, "type": ["string", "number"]}


@record
class StopRule(Record):
    """When the campaign ends, or the run of a point, before all is measured.

    Attributes
    ----------
    stop_when : tuple of StopCondition
        Any of which is enough.
    end : float, time, datetime or None
        End of the time: seconds from the start of the campaign, the next such time of the day, or a time. No point is
        begun that would not be done by then.
    """

    hints: ClassVar[Mapping[str, str]] = {"when": "give `stop_when`", "until": "give `end`", "at": "give `end`"}

    stop_when: Conditions = define(
        ConditionsSpec("Conditions of which any ends the run of a point or the campaign."), default=()
    )
    end: float | dt.time | dt.datetime | None = define(
        EndSpec("End of the time: a duration from the start, a time of day, or a date and time."), default=None
    )

    def problems(self) -> Iterator[Problem]:
        """Give the same condition twice."""
        texts = [one.text for one in self.stop_when]
        for k, text in enumerate(texts):
            if text in texts[:k]:
                yield Problem(f"stop_when[{k}]", f"{text!r} stands here twice")

    def ends_at(self, started: dt.datetime) -> dt.datetime | None:
        """Return when the time of a campaign ends that was started at a time, which has a time zone; None for never."""
        ends = [started + dt.timedelta(seconds=one.value) for one in self.stop_when if one.kind is StopKind.TIME]
        if isinstance(self.end, float):
            ends.append(started + dt.timedelta(seconds=self.end))
        elif isinstance(self.end, dt.datetime):
            ends.append(self.end if self.end.tzinfo else self.end.replace(tzinfo=started.tzinfo))
        elif self.end is not None:
            today = dt.datetime.combine(started.date(), self.end, started.tzinfo)
            ends.append(today if today > started else today + dt.timedelta(days=1))
        return min(ends, default=None)
