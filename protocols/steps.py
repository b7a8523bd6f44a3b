"""Sequences made of steps: holds, ramps, open circuit, current, pulses, and groups of them that repeat.

A list of steps is flattened to acts, each of which is one thing done to the cell for a time. Where all of them set a
voltage, they are an ordinary sequence of segments, which every instrument plays. What else there is among them
(`StepList.demands`) needs an instrument that can do it.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from protocols.definitions import MOST_COUNT, OptionalQuantity, Quantity, count, define, quantity, word
from protocols.errors import Problem
from protocols.fields import FieldSpec, read_each
from protocols.recipes import RECIPES, Arrays, Edges, Recipe
from protocols.records import ChoiceSpec, Record, RecordSpec, record, record_schema
from protocols.sampling_rules import SampleRule, Stretch, Uniform, rule_spec
from protocols.units import described

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_ACTS = 100_000
"""Most acts of a list of steps, repeats counted: what the largest program memory of an instrument takes. They take 1 s
to plan; doubled, no instrument plays them."""
REFERENCE, OPEN_CIRCUIT = "reference", "open circuit"


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
        return replace(self, over=self.over * factor, **slopes)  # type: ignore[arg-type]


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


class _UntilSpec(RecordSpec):
    """The table of an `Until`."""

    def stretched(self, value: Until, factor: float) -> Until:
        """Return it on a time axis `factor` times as long."""
        return value.stretched(factor)


def _until(doc: str) -> Any:
    return define(_UntilSpec(doc, kind=Until), default=None, kw_only=True)


def _sampling(doc: str = "How the step is sampled; by the interval of `[sampling]` unless given.") -> Any:
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
    sampling: SampleRule | None = _sampling()
    until: Until | None = _until("Ends it before its time: the slope of the current below which it does.")

    def problems(self) -> Iterator[Problem]:
        """Give an end by the slope of what is held."""
        if self.until is not None and self.until.current_slope is None:
            yield Problem("until", "the voltage is held: give current_slope")

    def acts(self, before: Act, path: str) -> list[Act]:
        """Return the hold."""
        against_open = self.vs == OPEN_CIRCUIT
        return [
            Act(
                Control.VOLTAGE, self.duration, self.level, self.level, against_open, self.sampling, self.until, path
            )
        ]


@record
class Ramp(Step):
    """A voltage that goes linearly to a level."""

    level: Quantity = quantity("V", "Voltage at its end.")
    duration: OptionalQuantity = quantity("s", "How long; or give `rate`.", default=None, above=0)
    rate: OptionalQuantity = quantity("V/s", "Volts per second, without sign; or give `duration`.", default=None, above=0)
    start: OptionalQuantity = quantity("V", "Voltage at its start; that before unless given.", default=None, kw_only=True)
    vs: str = _AGAINST
    sampling: SampleRule | None = _sampling()

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
    sampling: SampleRule | None = _sampling()
    until: Until | None = _until("Ends it before its time: the slope of the potential below which it does.")

    def problems(self) -> Iterator[Problem]:
        """Give an end by the slope of a current that does not flow."""
        if self.until is not None and self.until.potential_slope is None:
            yield Problem("until", "no current flows: give potential_slope")

    def acts(self, before: Act, path: str) -> list[Act]:
        """Return the open circuit."""
        return [Act(Control.OPEN, self.duration, rule=self.sampling, until=self.until, path=path)]


@record
class Current(Step):
    """A constant current."""

    current: Quantity = quantity("A", "Current.")
    duration: Quantity = quantity("s", "How long; at most, with `until`.", above=0)
    sampling: SampleRule | None = _sampling()
    until: Until | None = _until("Ends it before its time: the slope of the potential below which it does.")

    def problems(self) -> Iterator[Problem]:
        """Give an end by the slope of what is held."""
        if self.until is not None and self.until.potential_slope is None:
            yield Problem("until", "the current is held: give potential_slope")

    def acts(self, before: Act, path: str) -> list[Act]:
        """Return the current."""
        act = Act(Control.CURRENT, self.duration, self.current, self.current, rule=self.sampling, until=self.until)
        return [replace(act, path=path)]


class StepsSpec(FieldSpec):
    """A list of steps, which may be groups of steps."""

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return "a list of steps, such as [{ kind = \"hold\", level = \"10 mV\", duration = \"1 s\" }]"

    def read(self, value: object) -> tuple[Record, ...]:
        """Return the steps, or those that tables describe."""
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise ValueError(f"expected {self.expected}, not {described(value)}")  # noqa: TRY004 - a problem
        if not value:
            raise ValueError("needs one step at least")
        return tuple(read_each(value, _read_step))

    def write(self, value: tuple[Record, ...]) -> list[dict[str, Any]]:
        """Return the tables of the steps."""
        return [_CHOICE.write(one) for one in value]

    def stretched(self, value: tuple[Record, ...], factor: float) -> tuple[Record, ...]:
        """Return the steps with every time `factor` times as long."""
        return tuple(one.stretched(factor) for one in value)

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        return {"description": self.doc, "type": "array", "minItems": 1, "items": {"$ref": "#/definitions/step"}}


@record
class Group(Step):
    """Steps that are done one after the other, again and again."""

    steps: tuple[Record, ...] = define(StepsSpec("What is repeated."))
    repeat: int = count("How often.", default=1, at_most=MOST_COUNT)
    sampling: SampleRule | None = _sampling("How those of its steps are sampled that do not say it themselves.")

    def acts(self, before: Act, path: str) -> list[Act]:
        """Return what its steps do, with the repeats."""
        first = _acts_of(self.steps, before, f"{path}.steps", self.sampling)
        if self.repeat == 1 or not first:
            return first
        # Every later pass starts where one has ended.
        again = _acts_of(self.steps, first[-1], f"{path}.steps", self.sampling)
        return first + again * (self.repeat - 1)


STEPS: dict[str, type[Record]] = {
    "hold": Hold,
    "ramp": Ramp,
    "open_circuit": OpenCircuit,
    "current": Current,
    "group": Group,
    **{name: kind for name, kind in RECIPES.items() if kind is not Arrays},
}
"""Kinds of steps by the word that a protocol file uses for them: those of this module, and sequences as steps."""
_CHOICE = ChoiceSpec("", kinds=STEPS, what="step")


def _read_step(value: object) -> Record:
    return value if isinstance(value, Step | Recipe) else _CHOICE.read(value)


def _acts_of(steps: Sequence[Record], before: Act, path: str, rule: SampleRule | None) -> list[Act]:
    found: list[Act] = []
    for k, step in enumerate(steps):
        if isinstance(step, Step):
            acts = step.acts(before, f"{path}[{k}]")
        elif isinstance(step, Recipe):
            acts = _acts_of_recipe(step, f"{path}[{k}]")
        else:
            continue
        found += acts if rule is None else [act if act.rule is not None else replace(act, rule=rule) for act in acts]
        before = found[-1] if found else before
    return found


def _acts_of_recipe(recipe: Recipe, path: str) -> list[Act]:
    edges = recipe.edges()
    dwells = np.diff(np.append(edges.times_s, edges.duration_s)).tolist()
    rows = zip(dwells, edges.start_V.tolist(), edges.end_V.tolist(), strict=True)
    return [Act(Control.VOLTAGE, dwell, start, end, path=path) for dwell, start, end in rows]


def _n_acts(steps: Sequence[Record]) -> int:
    """Return how many acts steps make at most, without making them."""
    total = 0
    for step in steps:
        if isinstance(step, Group):
            total += step.repeat * _n_acts(step.steps)
        elif isinstance(step, Recipe):
            total += math.prod(value for name in ("count", "steps", "periods") if (value := getattr(step, name, 0)))
            total += 2**step.order if hasattr(step, "order") else getattr(step, "points", 0) * getattr(step, "periods", 0)
        else:
            total += 1
    return total


@record
class StepList(Recipe):
    """Steps one after the other, which may be groups that repeat."""

    hints = dict.fromkeys(("before", "after"), "write the rests as steps of their own, of kind \"hold\"")

    steps: tuple[Record, ...] = define(StepsSpec("What is done, one after the other."))

    def problems(self) -> Iterator[Problem]:
        """Give a list that is too long or does nothing, and levels that nothing is known of."""
        total = _n_acts(self.steps)
        if total > MOST_ACTS:
            yield Problem("steps", f"{total} steps in all, repeats counted; at most {MOST_ACTS}")
            return
        yield from _unknown_starts(self.steps, self._before, "steps")
        acts = self.acts()
        if not acts:
            yield Problem("steps", "nothing is done: every ramp starts at the level where it ends")
        first_open = next((k for k, act in enumerate(acts) if act.control is Control.OPEN), len(acts))
        relative = next((act for act in acts[:first_open] if act.against_open), None)
        if relative is not None:
            yield Problem(
                relative.path,
                "counts from open circuit, and none comes before it: put a step of kind \"open_circuit\" before",
            )

    @property
    def _before(self) -> Act:
        return Act(Control.VOLTAGE, 0.0, self.bias, self.bias)

    def acts(self) -> list[Act]:
        """Return what is done, flat and with all repeats."""
        return _acts_of(self.steps, self._before, "steps", None)

    @property
    def demands(self) -> dict[Demand, str]:
        """What it needs of an instrument besides voltages against the reference, and where first."""
        found: dict[Demand, str] = {}
        for act in self.acts():
            for demand in sorted(act.demands):
                found.setdefault(demand, act.path)
        return found

    @property
    def says_more_than_edges(self) -> bool:
        """Whether there is more to it than voltages against the reference: how it is sampled, or other controls."""
        return any(act.rule is not None or act.demands for act in self.acts())

    def edges(self) -> Edges:
        """Return the segments; while no voltage against the reference is set, they stay at the last one that was."""
        durations, starts, ends = [], [], []
        level = self.bias
        for act in self.acts():
            is_set = act.control is Control.VOLTAGE and not act.against_open
            start, end = (act.start, act.end) if is_set else (level, level)
            if durations and start == end == ends[-1] == starts[-1]:
                durations[-1] += act.duration_s  # holds at one level are one
            else:
                durations.append(act.duration_s)
                starts.append(start)
                ends.append(end)
            level = end
        bounds = np.cumsum([0.0, *durations])
        return Edges(bounds[:-1], np.array(starts), np.array(ends), float(bounds[-1]), self.bias)

    def stretches(self, interval_s: float) -> list[Stretch]:
        """Return how it is sampled; empty if every step is by the protocol's interval."""
        acts = self.acts()
        if all(act.rule is None for act in acts):
            return []
        start, found = 0.0, []
        for act in acts:
            rule = act.rule or Uniform(interval_s)
            found += [
                Stretch(start + one.start_s, start + one.end_s, one.interval_s)
                for one in rule.stretches(act.duration_s, interval_s)
            ]
            start += act.duration_s
        return found


def _unknown_starts(steps: Sequence[Record], before: Act, path: str) -> Iterator[Problem]:
    """Give the ramps of which nobody knows where they start."""
    for k, step in enumerate(steps):
        where = f"{path}[{k}]"
        if isinstance(step, Ramp) and not step.has_start(before):
            yield Problem(where, "what is before sets no voltage against the same point: give start")
        if isinstance(step, Group):
            yield from _unknown_starts(step.steps, before, f"{where}.steps")
        acts = step.acts(before, where) if isinstance(step, Step) else _acts_of_recipe(step, where)  # type: ignore[arg-type]
        before = acts[-1] if acts else before


KINDS: dict[str, type[Recipe]] = {**RECIPES, "steps": StepList}
"""Kinds of sequences by the word that a protocol file uses for them."""


def step_schema() -> dict[str, Any]:
    """Return the entry of the JSON schema to which lists of steps refer: one shape for each kind."""
    return _CHOICE.schema() | {"description": "A step of a sequence."}
