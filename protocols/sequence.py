"""Pulse sequences as arrays of edges: which voltage is applied, and when.

A sequence is a row of segments. Segment ``k`` lasts from ``times_s[k]`` to ``times_s[k + 1]`` (the last one to
``duration_s``); over it the voltage goes linearly from ``start_V[k]`` to ``end_V[k]``. A hold has both equal, an
edge is where one segment starts at another level than its forerunner ended. Before the first edge the cell rests
at ``rest_V``.

    V |      ____                     times_s  0      1     2      3
      |     |    |       /            start_V  0      0.01  0      0
      |_____|    |______/             end_V    0      0.01  0      0.01
      +-----+----+------+--> t        duration_s 4
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec

import numpy as np

from protocols.errors import Problem, ProtocolError
from protocols.fields import LISTED, FieldSpec
from protocols.recipes import (
    Arrays,
    Bipolar,
    Multisine,
    Prbs,
    Pulse,
    PumpProbe,
    Recipe,
    Staircase,
    Train,
)
from protocols.records import ChoiceSpec, specs
from protocols.steps import KINDS, StepList
from protocols.units import format_quantity, parse_quantities, parse_quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from protocols.acts import Demand
    from protocols.sampling_rules import Stretch

LONGEST_S = 1e9
"""Longest sequence (s): thirty years. Far beyond it, times no longer fit the whole numbers that count an instrument's
time steps."""
_Arguments = ParamSpec("_Arguments")


def _builder(recipe: Callable[_Arguments, Recipe]) -> Callable[_Arguments, PulseSequence]:
    """Return a function that takes the fields of a recipe and returns its sequence."""

    def build(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> PulseSequence:
        try:
            return PulseSequence.of(recipe(*args, **kwargs))
        except ProtocolError as error:
            raise ProtocolError(error.problems, f"PulseSequence.{build.__name__}") from None

    kind = next(name for name, one in KINDS.items() if one is recipe)
    build.__name__, build.__qualname__ = kind, f"PulseSequence.{kind}"
    signature, fields = inspect.signature(recipe), specs(KINDS[kind])
    described = "".join(f"\n{name} : {fields[name].expected}\n    {fields[name].doc}" for name in signature.parameters)
    build.__doc__ = f"{inspect.getdoc(KINDS[kind])}\n\nParameters\n----------{described}\n"
    build.__signature__ = signature.replace(return_annotation="PulseSequence")  # type: ignore[attr-defined]
    return build


@dataclass(frozen=True, eq=False)
class PulseSequence:
    """A finite voltage program.

    Attributes
    ----------
    times_s : ndarray of float64, shape (n,)
        When each segment starts; the first is 0, strictly increasing.
    start_V, end_V : ndarray of float64, shape (n,)
        Voltage at the start and at the end of each segment.
    duration_s : float
        End of the last segment.
    rest_V : float
        Voltage at which the cell rested before the sequence.
    recipe : Recipe or None
        The fields from which it was made; None for a sequence made from arrays.

    Raises
    ------
    ProtocolError
        If the arrays do not make a sequence.
    """

    times_s: NDArray[np.float64]
    start_V: NDArray[np.float64]
    end_V: NDArray[np.float64]
    duration_s: float
    rest_V: float = 0.0
    recipe: Recipe | None = None

    def __post_init__(self) -> None:
        for name in ("times_s", "start_V", "end_V"):
            array = np.array(getattr(self, name), dtype=np.float64, ndmin=1)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        problems = tuple(self._problems())
        if problems:
            raise ProtocolError(problems, "sequence")

    def _problems(self) -> Iterator[Problem]:
        n = len(self.times_s)
        if n == 0 or self.times_s.ndim != 1:
            yield Problem("times", "a sequence needs at least one edge, in one dimension")
            return
        for name in ("start_V", "end_V"):
            if getattr(self, name).shape != (n,):
                yield Problem("levels", f"{n} times but {getattr(self, name).size} levels: give one level a time")
                return
        for name in ("times_s", "start_V", "end_V"):
            if not np.isfinite(getattr(self, name)).all():
                k = int(np.flatnonzero(~np.isfinite(getattr(self, name)))[0])
                yield Problem(f"{'times' if name == 'times_s' else 'levels'}[{k}]", "must be a finite number")
                return
        if self.times_s[0] != 0.0:
            yield Problem("times[0]", f"the first edge is at {self.times_s[0]:g} s; it must be at 0 s")
        falling = np.flatnonzero(np.diff(self.times_s) <= 0)
        if falling.size:
            k = int(falling[0])
            later, earlier = self.times_s[k + 1], self.times_s[k]
            yield Problem(f"times[{k + 1}]", f"{later:g} s does not come after {earlier:g} s: times must increase")
        if self.duration_s > LONGEST_S:
            yield Problem("duration", f"{self.duration_s:g} s is more than a sequence may last, {LONGEST_S:g} s")
        if not self.duration_s > self.times_s[-1]:
            yield Problem(
                "duration", f"{self.duration_s:g} s does not come after the last edge, {self.times_s[-1]:g} s"
            )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PulseSequence):
            return NotImplemented
        return (
            (self.duration_s, self.rest_V, self._beyond_edges) == (other.duration_s, other.rest_V, other._beyond_edges)
        ) and all(np.array_equal(getattr(self, name), getattr(other, name)) for name in ("times_s", "start_V", "end_V"))

    __hash__ = None  # type: ignore[assignment]

    @property
    def _beyond_edges(self) -> StepList | None:
        """Its steps, if they say more than edges do."""
        steps = self.recipe if isinstance(self.recipe, StepList) else None
        return steps if steps is not None and steps.says_more_than_edges else None

    def __len__(self) -> int:
        return len(self.times_s)

    def stretches(self, interval_s: float) -> list[Stretch]:
        """Return how its steps say that it is sampled; empty if evenly by the protocol's interval (s)."""
        return self.recipe.stretches(interval_s) if isinstance(self.recipe, StepList) else []

    @property
    def demands(self) -> dict[Demand, str]:
        """What it needs of an instrument besides voltages against the reference, and where in the document first."""
        return self.recipe.demands if isinstance(self.recipe, StepList) else {}

    @property
    def has_ramps(self) -> bool:
        """Whether any segment is not a hold."""
        return bool(np.any(self.start_V != self.end_V))

    @property
    def max_abs_V(self) -> float:
        """Largest magnitude of the voltage, rest level included."""
        return float(max(np.abs(self.start_V).max(), np.abs(self.end_V).max(), abs(self.rest_V)))

    def jumps(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return when the voltage jumps and by how much.

        Returns
        -------
        times_s, steps_V : ndarray, shape (m,)
            Only true jumps: joints at equal level are left out.
        """
        before = np.concatenate([[self.rest_V], self.end_V[:-1]])
        steps = self.start_V - before
        moved = steps != 0.0
        return self.times_s[moved], steps[moved]

    def voltage_at(self, t_s: ArrayLike) -> NDArray[np.float64]:
        """Return the voltage at some times.

        Parameters
        ----------
        t_s : array_like
            Seconds from the start. At an edge the level after it counts; before 0 and from the end on, `rest_V`.
        """
        t = np.asarray(t_s, dtype=np.float64)
        k = np.clip(np.searchsorted(self.times_s, t, side="right") - 1, 0, None)
        ends = np.append(self.times_s[1:], self.duration_s)
        share = (t - self.times_s[k]) / (ends - self.times_s)[k]
        level = self.start_V[k] + (self.end_V - self.start_V)[k] * share
        return np.where((t >= 0.0) & (t < self.duration_s), level, self.rest_V)

    def repeated(self, count: int) -> PulseSequence:
        """Return the sequence played `count` times without a pause."""
        if count == 1:
            return self
        shifts = np.repeat(np.arange(count) * self.duration_s, len(self))
        return PulseSequence(
            np.tile(self.times_s, count) + shifts,
            np.tile(self.start_V, count),
            np.tile(self.end_V, count),
            self.duration_s * count,
            self.rest_V,
        )

    def then(self, *others: PulseSequence, pause: float | str = 0.0) -> PulseSequence:
        """Return the sequence followed by others; ``a + b`` is ``a.then(b)``.

        Parameters
        ----------
        *others : PulseSequence
            Each rests at the same level as this one.
        pause : float or str
            Time at rest before each of them, s or text with a unit.

        Raises
        ------
        ProtocolError
            If one rests at another level: what it does to the cell would not be what was planned.
        """
        try:
            pause_s = parse_quantity(pause, "s")
        except ValueError as error:
            raise ProtocolError((Problem("pause", str(error)),), "sequence") from None
        if pause_s < 0.0:
            raise ProtocolError((Problem("pause", f"must not be negative, not {pause_s:g} s"),), "sequence")
        rest = PulseSequence.from_arrays([0.0], [self.rest_V], pause_s, rest_V=self.rest_V) if pause_s else None
        parts = [self]
        for other in others:
            if not isinstance(other, PulseSequence):
                raise ProtocolError(f"a sequence is followed by a sequence, not by {other!r}", "sequence")
            if other.rest_V != self.rest_V:
                levels = " and ".join(format_quantity(one.rest_V, "V") for one in (self, other))
                raise ProtocolError(f"sequences that follow each other rest at one level, not at {levels}", "sequence")
            parts += [other] if rest is None else [rest, other]
        if any(isinstance(part.recipe, StepList) and part.recipe.says_more_than_edges for part in parts):
            raise ProtocolError(
                "steps with rules of sampling, currents or an open circuit join no other sequence: write all of it as "
                "one list of steps",
                "sequence",
            )
        begins = np.concatenate([[0.0], np.cumsum([part.duration_s for part in parts])])
        return PulseSequence(
            np.concatenate([part.times_s + begin for part, begin in zip(parts, begins[:-1], strict=True)]),
            np.concatenate([part.start_V for part in parts]),
            np.concatenate([part.end_V for part in parts]),
            float(begins[-1]),
            self.rest_V,
        )

    def __add__(self, other: object) -> PulseSequence:
        return self.then(other) if isinstance(other, PulseSequence) else NotImplemented

    def stretched(self, factor: float) -> PulseSequence:
        """Return the sequence with every time `factor` times as long, for an instrument that is slower or faster."""
        if not 0 < factor < float("inf"):
            raise ProtocolError(f"a sequence is stretched by a positive number, not {factor!r}")
        if self.recipe is not None:
            return PulseSequence.of(self.recipe.stretched(factor))
        return PulseSequence(self.times_s * factor, self.start_V, self.end_V, self.duration_s * factor, self.rest_V)

    @classmethod
    def of(cls, recipe: Recipe) -> PulseSequence:
        """Return the sequence that a recipe makes."""
        return cls(*recipe.edges(), None if isinstance(recipe, Arrays) else recipe)

    @classmethod
    def from_arrays(
        cls,
        times_s: ArrayLike | Sequence[str],
        levels_V: ArrayLike | Sequence[str],
        duration_s: float | str,
        *,
        ramp: ArrayLike = False,
        rest_V: float | str = 0.0,
    ) -> PulseSequence:
        """Make a sequence from edges, in SI units or as text (``["0 s", "100 ms"], ["20 mV", "0 V"], "1 s"``).

        Parameters
        ----------
        times_s : array_like, shape (n,)
            When each segment starts; the first must be 0.
        levels_V : array_like, shape (n,)
            Level held from each time on; for a ramp, the level reached at its end.
        duration_s : float
            End of the sequence.
        ramp : bool or array_like of bool, shape (n,)
            Which segments go to their level linearly instead of jumping there.
        rest_V : float
            Voltage at which the cell rested before.

        Raises
        ------
        ProtocolError
            If they make no sequence, or a text is no such quantity: with every problem.
        """
        problems: list[Problem] = []
        found = {}
        for name, given, unit in (
            ("times", times_s, "s"),
            ("levels", levels_V, "V"),
            ("duration", duration_s, "s"),
            ("bias", rest_V, "V"),
        ):
            try:
                found[name] = parse_quantities(given, unit)
            except ValueError as error:
                text = str(error)
                path, _, message = text.partition(": ") if text.startswith("[") else ("", "", text)
                problems.append(Problem(name + path, message))
        if problems:
            raise ProtocolError(tuple(problems), "sequence")
        levels, rest = found["levels"], float(found["bias"][0])
        is_ramp = np.broadcast_to(np.asarray(ramp, dtype=bool), levels.shape)
        before = np.concatenate([[rest], levels[:-1]])
        start = np.where(is_ramp, before, levels)
        return cls(found["times"], start, levels, float(found["duration"][0]), rest)

    pulse = staticmethod(_builder(Pulse))
    train = staticmethod(_builder(Train))
    pump_probe = staticmethod(_builder(PumpProbe))
    bipolar = staticmethod(_builder(Bipolar))
    staircase = staticmethod(_builder(Staircase))
    prbs = staticmethod(_builder(Prbs))
    multisine = staticmethod(_builder(Multisine))
    steps = staticmethod(_builder(StepList))


@dataclass(frozen=True)
class SequenceSpec(FieldSpec):
    """The table of a sequence: one of the kinds of `KINDS`."""

    choice = ChoiceSpec("", kinds=KINDS, what="sequence")

    def expected_at(self, key: str) -> str:
        """Return what belongs under a key, for messages."""
        return self.choice.expected_at(key)

    def read(self, value: object) -> PulseSequence:
        """Return the sequence, or the one that a table or a recipe describes."""
        if isinstance(value, PulseSequence):
            return value
        recipe = value if isinstance(value, Recipe) else self.choice.read(value)
        return PulseSequence.of(recipe)  # type: ignore[arg-type] # KINDS holds recipes alone

    def write(self, value: PulseSequence) -> Mapping[str, Any]:
        """Return the table of its recipe, or of its edges."""
        return self.choice.write(value.recipe or _as_arrays(value))

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        return self.choice.schema() | {"description": self.doc}


def _as_arrays(sequence: PulseSequence) -> Arrays:
    """Return the edges of a sequence as fields of a protocol file.

    `ramp` tells which segments are ramps where that is enough. `starts` says it of every sequence: it serves where a
    ramp starts with a jump, and where the list of marks would be long.
    """
    is_hold = sequence.start_V == sequence.end_V
    before = np.concatenate([[sequence.rest_V], sequence.end_V[:-1]])
    marks_do = len(sequence) <= LISTED and bool((is_hold | (sequence.start_V == before)).all())
    return Arrays(
        sequence.times_s,
        sequence.end_V,
        sequence.duration_s,
        ramp=tuple((~is_hold).tolist()) if marks_do and not is_hold.all() else False,
        starts=None if marks_do or is_hold.all() else sequence.start_V,
        bias=sequence.rest_V,
    )
