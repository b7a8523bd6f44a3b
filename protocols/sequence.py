"""Which voltage is applied, and when: a pulse sequence as arrays of edges.

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

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from protocols.errors import Fault, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from protocols.recipes import Recipe

Quantity = float | str
"""An SI float, or text with a unit such as ``"10 mV"``."""


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
    recipe : mapping
        The builder and its arguments, as a protocol file would say it; empty for a sequence made from arrays.

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
    recipe: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("times_s", "start_V", "end_V"):
            array = np.array(getattr(self, name), dtype=np.float64, ndmin=1)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        faults = tuple(self._faults())
        if faults:
            raise ProtocolError(faults, "sequence")

    def _faults(self) -> Iterator[Fault]:
        n = len(self.times_s)
        if n == 0 or self.times_s.ndim != 1:
            yield Fault("times", "a sequence needs at least one edge, in one dimension")
            return
        for name in ("start_V", "end_V"):
            if getattr(self, name).shape != (n,):
                yield Fault("levels", f"{n} times but {getattr(self, name).size} levels: give one level a time")
                return
        for name in ("times_s", "start_V", "end_V"):
            if not np.isfinite(getattr(self, name)).all():
                k = int(np.flatnonzero(~np.isfinite(getattr(self, name)))[0])
                yield Fault(f"{'times' if name == 'times_s' else 'levels'}[{k}]", "must be a finite number")
                return
        if self.times_s[0] != 0.0:
            yield Fault("times[0]", f"the first edge is at {self.times_s[0]:g} s; it must be at 0 s")
        falling = np.flatnonzero(np.diff(self.times_s) <= 0)
        if falling.size:
            k = int(falling[0])
            later, earlier = self.times_s[k + 1], self.times_s[k]
            yield Fault(f"times[{k + 1}]", f"{later:g} s does not come after {earlier:g} s: times must increase")
        if not self.duration_s > self.times_s[-1]:
            yield Fault("duration", f"{self.duration_s:g} s does not come after the last edge, {self.times_s[-1]:g} s")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PulseSequence):
            return NotImplemented
        return (self.duration_s, self.rest_V) == (other.duration_s, other.rest_V) and all(
            np.array_equal(getattr(self, name), getattr(other, name)) for name in ("times_s", "start_V", "end_V")
        )

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self.times_s)

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

    def stretched(self, factor: float) -> PulseSequence:
        """Return the sequence with every time `factor` times as long, for an instrument that is slower or faster."""
        if not 0 < factor < float("inf"):
            raise ProtocolError(f"a sequence is stretched by a positive number, not {factor!r}")
        if self.recipe:
            from pydantic import TypeAdapter

            from protocols.recipes import AnySequence

            recipe: Recipe = TypeAdapter(AnySequence).validate_python(dict(self.recipe))
            return recipe.stretched(factor).build()
        return PulseSequence(self.times_s * factor, self.start_V, self.end_V, self.duration_s * factor, self.rest_V)

    @classmethod
    def from_arrays(
        cls,
        times_s: ArrayLike,
        levels_V: ArrayLike,
        duration_s: float,
        *,
        ramp: ArrayLike = False,
        rest_V: float = 0.0,
    ) -> PulseSequence:
        """Make a sequence from edges.

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
        """
        levels = np.array(levels_V, dtype=np.float64, ndmin=1)
        is_ramp = np.broadcast_to(np.asarray(ramp, dtype=bool), levels.shape)
        before = np.concatenate([[rest_V], levels[:-1]])
        start = np.where(is_ramp, before, levels)
        return cls(np.asarray(times_s, dtype=np.float64), start, levels, float(duration_s), rest_V)

    @classmethod
    def pulse(
        cls, level: Quantity, width: Quantity, *, before: Quantity = 0.0, after: Quantity, bias: Quantity = 0.0
    ) -> PulseSequence:
        """Return one rectangular pulse: rest `before`, `level` for `width`, rest `after`. Rests are at `bias`."""
        from protocols.recipes import Pulse

        return _built(Pulse, level=level, width=width, before=before, after=after, bias=bias)

    @classmethod
    def train(
        cls,
        level: Quantity,
        width: Quantity,
        period: Quantity,
        count: int,
        *,
        before: Quantity = 0.0,
        after: Quantity = 0.0,
        bias: Quantity = 0.0,
    ) -> PulseSequence:
        """Return `count` equal pulses, one a `period`."""
        from protocols.recipes import Train

        return _built(
            Train, level=level, width=width, period=period, count=count, before=before, after=after, bias=bias
        )

    @classmethod
    def pump_probe(
        cls,
        level: Quantity,
        width: Quantity,
        wait: Quantity,
        *,
        probe_level: Quantity | None = None,
        probe_width: Quantity | None = None,
        before: Quantity = 0.0,
        after: Quantity,
        bias: Quantity = 0.0,
    ) -> PulseSequence:
        """Return a pump pulse, a wait at `bias`, and a probe pulse (like the pump unless said otherwise)."""
        from protocols.recipes import PumpProbe

        return _built(
            PumpProbe,
            level=level,
            width=width,
            wait=wait,
            probe_level=probe_level,
            probe_width=probe_width,
            before=before,
            after=after,
            bias=bias,
        )

    @classmethod
    def bipolar(
        cls,
        level: Quantity,
        width: Quantity,
        *,
        gap: Quantity = 0.0,
        count: int = 1,
        before: Quantity = 0.0,
        after: Quantity,
        bias: Quantity = 0.0,
    ) -> PulseSequence:
        """Return `count` pairs of a positive and a negative pulse, `gap` at `bias` after each pulse."""
        from protocols.recipes import Bipolar

        return _built(Bipolar, level=level, width=width, gap=gap, count=count, before=before, after=after, bias=bias)

    @classmethod
    def staircase(
        cls,
        start: Quantity,
        stop: Quantity,
        steps: int,
        dwell: Quantity,
        *,
        before: Quantity = 0.0,
        after: Quantity = 0.0,
        bias: Quantity = 0.0,
    ) -> PulseSequence:
        """Return `steps` evenly spaced levels from `start` to `stop`, each held for `dwell`."""
        from protocols.recipes import Staircase

        return _built(
            Staircase, start=start, stop=stop, steps=steps, dwell=dwell, before=before, after=after, bias=bias
        )

    @classmethod
    def prbs(
        cls,
        level: Quantity,
        dwell: Quantity,
        order: int,
        *,
        seed: int = 1,
        before: Quantity = 0.0,
        after: Quantity = 0.0,
        bias: Quantity = 0.0,
    ) -> PulseSequence:
        """Return one period (2**order - 1 bits) of pseudo-random binary levels ±`level` about `bias`.

        The bits come from a maximal-length shift register started from `seed`; Golomb, Shift Register
        Sequences (1967).
        """
        from protocols.recipes import Prbs

        return _built(Prbs, level=level, dwell=dwell, order=order, seed=seed, before=before, after=after, bias=bias)


def _built(recipe: type[Recipe], **arguments: Any) -> PulseSequence:
    from pydantic import ValidationError

    from protocols.problems import faults_of

    try:
        given = {name: value for name, value in arguments.items() if value is not None}
        return recipe.model_validate({"kind": recipe.kind_name(), **given}).build()
    except ValidationError as fault:
        raise ProtocolError(faults_of(fault), f"PulseSequence.{recipe.kind_name()}") from None


def joined(
    dwells_s: Sequence[float], levels_V: Sequence[float], rest_V: float, recipe: Mapping[str, Any]
) -> PulseSequence:
    """Return the sequence of holds of some dwell times; holds of no length are left out, equal neighbours joined.

    Parameters
    ----------
    dwells_s, levels_V : sequence of float
        Length and level of each hold.
    rest_V : float
        Voltage before the sequence.
    recipe : mapping
        How a protocol file would say it.
    """
    dwells = np.asarray(dwells_s, dtype=np.float64)
    levels = np.asarray(levels_V, dtype=np.float64)
    levels, dwells = levels[dwells > 0.0], dwells[dwells > 0.0]
    ends = np.cumsum(dwells)
    times = np.concatenate([[0.0], ends[:-1]])
    first = np.concatenate([[True], np.diff(levels) != 0.0])
    return PulseSequence(times[first], levels[first], levels[first], float(ends[-1]), rest_V, recipe)
