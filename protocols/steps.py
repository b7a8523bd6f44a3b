"""Sequences made of steps, which may be groups of steps that repeat.

A list of steps is flattened to acts, each of which is one thing done to the cell for a time. Where all of them set a
voltage, they are an ordinary sequence of segments, which every instrument plays. What else there is among them
(`StepList.demands`) needs an instrument that can do it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from protocols.acts import Act, Control
from protocols.definitions import MOST_COUNT, count, define
from protocols.errors import Problem
from protocols.fields import FieldSpec, read_each
from protocols.recipes import RECIPES, Arrays, Edges, Recipe
from protocols.records import ChoiceSpec, Record, record
from protocols.sampling_rules import SampleRule, Stretch, Uniform
from protocols.single_steps import Current, Hold, OpenCircuit, Ramp, Step, sampling_field
from protocols.units import described

if TYPE_CHECKING:
    from collections.abc import Iterator

    from protocols.acts import Demand

MOST_ACTS = 100_000
"""Most acts of a list of steps, repeats counted: what the largest program memory of an instrument takes. They take 1 s
to plan; doubled, no instrument plays them."""


class StepsSpec(FieldSpec):
    """A list of steps, which may be groups of steps."""

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return 'a list of steps, such as [{ kind = "hold", level = "10 mV", duration = "1 s" }]'

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
    sampling: SampleRule | None = sampling_field("How those of its steps are sampled that do not say it themselves.")

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
            total += (
                2**step.order if hasattr(step, "order") else getattr(step, "points", 0) * getattr(step, "periods", 0)
            )
        else:
            total += 1
    return total


@record
class StepList(Recipe):
    """Steps one after the other, which may be groups that repeat."""

    hints = dict.fromkeys(("before", "after"), 'write the rests as steps of their own, of kind "hold"')

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
                'counts from open circuit, and none comes before it: put a step of kind "open_circuit" before',
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
        durations: list[float] = []
        starts: list[float] = []
        ends: list[float] = []
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
