"""Exponents of a quantity with the thickness of samples, the width of pulses and their amplitude.

``ln(value) = (what is constant at one temperature) + n ln(x)``: a level of its own for each condition that is held, so
that only runs that differ in x alone are compared.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.interpretation.comparison import verdict_on_thickness
from fitting.interpretation.scattered_line import Points, ScatteredLine
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from fitting.archive.values import ComparedValue
    from fitting.interpretation.scattered_line import Interval

THICKNESS, WIDTH, AMPLITUDE = "thickness", "width", "amplitude"
SAME_K = 0.5
"""Temperatures that differ by less, in kelvin, are one: a cryostat is set no better. Doubled, activation by half an
electronvolt adds 7 % to a value."""


@dataclass(frozen=True)
class Scaling:
    """How a quantity goes with one condition.

    Attributes
    ----------
    by : str
        ``thickness``, ``width``, ``amplitude``.
    exponent : Interval or None
        None if the runs do not tell it.
    n_used : int
        Values that were compared.
    n_alone : int
        Determined values at whose other conditions x was not varied, or is not known.
    line : str
        What was found, or why nothing was.
    scatter : str
        Between what scatter was told, and what not.
    """

    by: str
    exponent: Interval | None
    n_used: int
    n_alone: int
    line: str
    scatter: str = ""

    def to_document(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "by": self.by,
            "exponent": None if self.exponent is None else self.exponent.to_document(),
            "values_used": self.n_used,
            "values_without_partner": self.n_alone,
            "verdict": self.line,
            "scatter": self.scatter,
        }


def scaling(values: Sequence[ComparedValue], by: str, what: str) -> Scaling:
    """Return the exponent of some determined values by thickness, width or amplitude.

    Thickness is compared between samples at one temperature, and values of one sample share what is particular to it;
    width and amplitude are compared within a sample at one temperature.

    Parameters
    ----------
    values : sequence of ComparedValue
    by : str
    what : str
        Title of the quantity, for the verdict.
    """
    cells: defaultdict[Hashable, list[ComparedValue]] = defaultdict(list)
    for one in values:
        if _x_of(one, by) is not None:
            cells[_held(one, by)].append(one)
    varied = {key: some for key, some in cells.items() if len({_x_of(one, by) for one in some}) > 1}
    used = [one for some in varied.values() for one in some]
    n_alone = len(values) - len(used)
    if not used:
        known = any(_x_of(one, by) is not None for one in values)
        why = "was not varied while all else was held" if known else "is not known"
        return Scaling(by, None, 0, n_alone, f"{by} {why}")
    ln_x = np.log([_x_of(one, by) or np.nan for one in used])
    keys = list(varied)
    level = np.array([[_held(one, by) == key for key in keys] for one in used], dtype=np.float64)
    points = Points.of([one.ends for one in used], [_sharing(one, by, k) for k, one in enumerate(used)])
    try:
        line = ScatteredLine(np.column_stack([ln_x - ln_x.mean(), level]), points)
    except FitError as error:
        return Scaling(by, None, len(used), n_alone, f"by {by}: {error}")
    exponent = line.combination(np.eye(1 + len(keys))[0])
    shown = f"{what} ~ {by}^{exponent.value:.3g} ({exponent.low:.3g} … {exponent.high:.3g})"
    return Scaling(by, exponent, len(used), n_alone, _verdict(shown, exponent, by), _scatter(line, by))


def _x_of(one: ComparedValue, by: str) -> float | None:
    x = {THICKNESS: one.thickness_m, WIDTH: one.width_s, AMPLITUDE: one.amplitude_V}[by]
    return abs(x) if x else None


def _held(one: ComparedValue, by: str) -> Hashable:
    """Return what must be the same in runs that are compared."""
    kelvin = None if one.temperature_K is None else round(one.temperature_K / SAME_K)
    others = {
        THICKNESS: (),
        WIDTH: (one.sample, _rounded(one.amplitude_V)),
        AMPLITUDE: (one.sample, _rounded(one.width_s)),
    }
    return (kelvin, *others[by])


def _rounded(x: float | None) -> str:
    return "" if x is None else f"{abs(x):.3g}"


def _sharing(one: ComparedValue, by: str, place: int) -> Hashable:
    """Return what values share an error with: other values of a sample, where samples are compared."""
    return one.sample if by == THICKNESS else place


def _verdict(shown: str, exponent: Interval, by: str) -> str:
    if by == THICKNESS:
        return verdict_on_thickness(shown, exponent.low, exponent.high)
    if exponent.low <= 0.0 <= exponent.high:
        return f"not told from independent of the {by}: {shown}"
    cause = "what answers is not linear" if by == AMPLITUDE else "what a record shows depends on how long its pulse is"
    return f"it depends on the {by}, {cause}: {shown}"


def _scatter(line: ScatteredLine, by: str) -> str:
    if by == THICKNESS and not line.group_scatter_known:
        return (
            "too few samples, or runs of each, to tell how much samples of one thickness differ: it is of these pieces"
        )
    return "" if line.run_scatter_known else "too few runs to tell how much they scatter"
