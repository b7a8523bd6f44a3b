"""Rules by which a step is sampled: evenly, ever more slowly, or fast after its edges.

A rule makes stretches: from when to when the samples are how far apart. An instrument's plan makes samples of them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from protocols.definitions import OptionalQuantity, Quantity, count, quantity
from protocols.errors import Problem
from protocols.records import ChoiceSpec, Record, record

if TYPE_CHECKING:
    from collections.abc import Iterator

_PER_DECADE = 20
"""Samples per decade unless given: each comes 12 % after the one before. Doubled: twice the samples, 1.4 times as quiet
a curve."""
_MOST_PER_DECADE = 10_000
"""Densest logarithmic sampling: each sample comes 0.02 % after the one before. Doubled, it serves nobody."""


class Stretch(NamedTuple):
    """A time in which samples are evenly spaced.

    Attributes
    ----------
    start_s, end_s : float
        From the start of the sequence.
    interval_s : float
    """

    start_s: float
    end_s: float
    interval_s: float


@record
class SampleRule(Record):
    """Base of all rules."""

    def stretches(self, length_s: float, interval_s: float) -> Iterator[Stretch]:
        """Give the stretches of a step, from its start.

        Parameters
        ----------
        length_s : float
            Of the step.
        interval_s : float
            The protocol's interval, for a rule that has none of its own.
        """
        raise NotImplementedError


@record
class Uniform(SampleRule):
    """Evenly spaced samples."""

    interval: Quantity = quantity("s", "Time from sample to sample.", above=0, inverse=("rate", "Hz"))

    def stretches(self, length_s: float, interval_s: float) -> Iterator[Stretch]:  # noqa: ARG002 - it has its own
        """Give the whole step."""
        yield Stretch(0.0, length_s, self.interval)


@record
class Logarithmic(SampleRule):
    """Samples that are the further apart the longer the step has lasted: the interval doubles again and again."""

    interval: OptionalQuantity = quantity(
        "s", "Shortest time between samples; that of `[sampling]` unless given.", default=None, above=0
    )
    per_decade: int = count("Least number of samples a decade.", default=_PER_DECADE, at_most=_MOST_PER_DECADE)
    longest: OptionalQuantity = quantity(
        "s", "Longest time between samples; unbounded unless given.", default=None, above=0
    )

    def problems(self) -> Iterator[Problem]:
        """Give a longest interval that is shorter than the shortest."""
        if self.interval is not None and self.longest is not None and self.longest < self.interval:
            yield Problem("longest", f"{self.longest:g} s is shorter than interval {self.interval:g} s")

    def stretches(self, length_s: float, interval_s: float) -> Iterator[Stretch]:
        """Give stretches of intervals 1, 2, 4, ... times the shortest, each from when it is dense enough."""
        interval, start = interval_s if self.interval is None else self.interval, 0.0
        # `per_decade` samples a decade are 1 / spread intervals from the step's start on.
        spread = 10.0 ** (1.0 / self.per_decade) - 1.0
        while start < length_s:
            longer = 2.0 * interval
            is_last = self.longest is not None and longer > self.longest * (1 + 1e-9)
            end = length_s if is_last else min(math.ceil(longer / spread / interval - 1e-9) * interval, length_s)
            yield Stretch(start, end, interval)
            start, interval = end, longer


@record
class AfterEdges(SampleRule):
    """Fast samples for some time after each edge, slower ones from then on."""

    within: Quantity = quantity("s", "For how long after each edge samples are fast.", above=0)
    then: Quantity = quantity("s", "Time from sample to sample from then on.", above=0)
    interval: OptionalQuantity = quantity(
        "s", "Time from sample to sample until then; that of `[sampling]` unless given.", default=None, above=0
    )

    def stretches(self, length_s: float, interval_s: float) -> Iterator[Stretch]:
        """Give the fast and the slow part."""
        fast_s = min(self.within, length_s)
        yield Stretch(0.0, fast_s, interval_s if self.interval is None else self.interval)
        if fast_s < length_s:
            yield Stretch(fast_s, length_s, self.then)


RULES: dict[str, type[SampleRule]] = {"uniform": Uniform, "log": Logarithmic, "after_edges": AfterEdges}
"""Rules by the word that a protocol file uses for them."""


class RuleSpec(ChoiceSpec):
    """The table of a rule."""

    def read(self, value: object) -> Record:
        """Return the rule, or the one that a table describes."""
        return value if isinstance(value, SampleRule) else super().read(value)

    def stretched(self, value: SampleRule, factor: float) -> SampleRule:
        """Return the rule with every time `factor` times as long."""
        return value.stretched(factor)


def rule_spec(doc: str) -> RuleSpec:
    """Return the definition of a field that is a rule."""
    return RuleSpec(doc, kinds=RULES, what="sampling")
