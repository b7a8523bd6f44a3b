"""Drift between points with the same values: a quantity that is fitted to each, now and at the first of them.

A change counts once it is as large as the document says, and twice as large as the half width of its own 95 % interval:
a campaign of a thousand comparisons does not end by chance (decision 312). The fits are kept beside the runs.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from daq.campaign.fitting_child import NOTHING_WATCHED, FittingChild
from daq.campaign.known import rule_document
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from protocols.campaigns import Point, StopCondition

    Turn = Callable[[], object]

_PROCESS = "fitting.point_fit_process"
_LONGEST_S = 600.0
"""How long (s) one fit may take: seconds, and a minute of a large circuit on a busy computer. Doubled, a campaign whose
fit hangs goes on 10 minutes later."""
_SURE = 2.0
"""How many times the half width of its 95 % interval a change must be to count: 3.9 deviations, by chance once in ten
thousand comparisons. At 1 a campaign of fifty repeated points would end by chance; doubled, drifts are seen late."""


@dataclass(frozen=True)
class FittedValue:
    """A quantity of the fit to a point.

    Attributes
    ----------
    value : float
        SI.
    half_width : float
        Of its 95 % interval; infinite where the run does not determine it.
    """

    value: float
    half_width: float

    def change_since(self, first: FittedValue) -> tuple[float, float]:
        """Return its relative change since an earlier one, and the half width of the 95 % interval of that."""
        if first.value == 0.0:
            return 0.0, math.inf
        half_width = math.hypot(self.half_width, first.half_width)
        return (self.value - first.value) / abs(first.value), half_width / abs(first.value)


class FitsPoints(Protocol):
    """What fits the runs of points."""

    def value(self, path: Path, condition: StopCondition, turn: Turn) -> FittedValue:
        """Return the quantity of a condition, as the fit to a run tells it; `turn` is called meanwhile.

        Raises
        ------
        FitError
            If the run cannot be fitted.
        """
        ...


class PointFits:
    """Fits of points, each in a process of its own."""

    def value(self, path: Path, condition: StopCondition, turn: Turn) -> FittedValue:
        """See `FitsPoints.value`."""
        is_well, told = FittingChild(_PROCESS, str(path), json.dumps(rule_document(condition))).wait(_LONGEST_S, turn)
        if not is_well:
            raise FitError(told)
        found = json.loads(told)
        half_width = math.inf if found["half_width"] is None else float(found["half_width"])
        return FittedValue(float(found["value"]), half_width)


class DriftWatch:
    """Watch over drifts between the points of a campaign.

    Parameters
    ----------
    conditions : sequence of StopCondition
        All of them about drifts.
    fits : FitsPoints
    note : callable
        Is given what a person is to know, and the number of the point.
    """

    def __init__(self, conditions: Sequence[StopCondition], fits: FitsPoints, note: Callable[[str, int], None]) -> None:
        self._conditions, self._fits, self._note = conditions, fits, note
        self._first: dict[frozenset[tuple[str, str]], tuple[int, Path]] = {}
        self._values: dict[tuple[int, str], FittedValue] = {}  # of first points
        self._pair: tuple[tuple[int, Path], tuple[int, Path]] | None = None
        self._told: set[str] = set()  # of which conditions it is noted that such a drift cannot be seen

    def point_done(self, point: Point, path: Path) -> None:
        """Take a point that is done; of several before the next judgement, the last counts."""
        if self._conditions:
            key, now = frozenset(point.values.items()), (point.number, path)
            first = self._first.setdefault(key, now)
            self._pair = (first, now) if first != now else None

    def why_over(self, turn: Turn) -> str:
        """Return which drift ends the campaign, by the point that was taken last; empty if none does.

        Parameters
        ----------
        turn : callable
            Called several times a second while a fit is waited for.
        """
        pair, self._pair = self._pair, None
        if pair is None:
            return ""
        first, (number, path) = pair
        for condition in self._conditions:
            try:
                before = self._value_of_first(first, condition, turn)
                change, half_width = self._fits.value(path, condition, turn).change_since(before)
            except FitError as error:
                self._note(f"{NOTHING_WATCHED} {condition.text!r}: {error}", number)
                continue
            if abs(change) >= condition.value and abs(change) >= _SURE * half_width:
                return f"{condition.text} ({100.0 * change:+.3g} % from point {first[0]} to point {number})"
            if _SURE * half_width > condition.value and condition.text not in self._told:
                self._told.add(condition.text)
                counts = f"counts from {100.0 * _SURE * half_width:.2g} % on, by its interval"
                known = counts if math.isfinite(half_width) else "is not determined"
                why = f"its change from point {first[0]} to point {number} {known}"
                self._note(f"{NOTHING_WATCHED} {condition.text!r}: {why}", number)
        return ""

    def _value_of_first(self, first: tuple[int, Path], condition: StopCondition, turn: Turn) -> FittedValue:
        number, path = first
        key = (number, condition.text)
        if key not in self._values:
            self._values[key] = self._fits.value(path, condition, turn)
        return self._values[key]
