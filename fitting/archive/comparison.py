"""Samples of an archive side by side: activation, scaling, and which of them remembers longest.

Which electrolyte remembers longest, and is it the bulk? Each sample's quantity is taken at one temperature, by the law
of its own activation; samples whose intervals overlap are not told apart.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.archive.scaling import AMPLITUDE, SAME_K, THICKNESS, WIDTH, Scaling, scaling
from fitting.archive.values import ComparedValue, ComparedValues, by_sample
from fitting.interpretation.activation import Activation
from fitting.interpretation.scattered_line import Interval, Points, ScatteredLine
from fitting.results.titles import title_of
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fitting.transforms.laplace import Floats

TEMPERATURE, SAMPLE = "temperature", "sample"
ALL = (TEMPERATURE, THICKNESS, WIDTH, AMPLITUDE, SAMPLE)
"""What runs can be compared by."""
_ROOM_K = 298.15
"""Temperature that samples are compared at if all were measured around it."""
_CONDUCTANCES = ("S", "S/m", "S·m")
"""Units of quantities that hopping theory activates together with their temperature: ``ln(value T)``."""


@dataclass(frozen=True, eq=False)
class SampleFigures:
    """What the runs of one sample say.

    Attributes
    ----------
    name : str
    n_runs, n_used : int
        Runs with a value, and those whose value is determined.
    undetermined : dict of str to int
        Values that are no numbers, by the reason.
    n_contradicting : int
        One-sided values that the law of the others contradicts.
    coldest_K, warmest_K : float or None
        Of the values used.
    activation : Activation or None
    why_no_activation : str
    at : Interval or None
        The quantity at the temperature of the comparison.
    why_not : str
        Why there is none.
    extrapolated_K : float
        How far that temperature lies outside those of the sample; 0 within.
    verdicts : dict of str to int
        Whose memory it is, by how many fits say so.
    """

    name: str
    n_runs: int
    n_used: int
    undetermined: dict[str, int]
    n_contradicting: int
    coldest_K: float | None
    warmest_K: float | None
    activation: Activation | None
    why_no_activation: str
    at: Interval | None
    why_not: str
    extrapolated_K: float
    verdicts: dict[str, int]

    @property
    def verdict(self) -> str:
        """Whose memory it is, as most fits say."""
        if not self.verdicts:
            return "not attributed"
        name, count = max(self.verdicts.items(), key=lambda one: one[1])
        return f"{name} ({count} of {sum(self.verdicts.values())})"

    def value_at(self, kelvin: float, unit: str) -> float:
        """Return the quantity at a temperature, by the law of its activation; NaN without one."""
        if self.activation is None:
            return float("nan")
        return float(np.exp(self.activation.at(kelvin).value)) / _factor(kelvin, unit)

    def to_document(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "sample": self.name,
            "runs": self.n_runs,
            "values_used": self.n_used,
            "undetermined": self.undetermined,
            "one_sided_that_contradict": self.n_contradicting,
            "coldest_K": self.coldest_K,
            "warmest_K": self.warmest_K,
            "activation": None if self.activation is None else self.activation.to_document(),
            "why_no_activation": self.why_no_activation,
            "value": None if self.at is None else self.at.to_document(),
            "why_no_value": self.why_not,
            "extrapolated_by_K": self.extrapolated_K,
            "verdicts": self.verdicts,
        }


@dataclass(frozen=True, eq=False)
class ArchiveComparison:
    """Runs of an archive, compared.

    Attributes
    ----------
    values : ComparedValues
    samples : tuple of SampleFigures
        The largest value first, then those without one; empty if neither temperature nor sample was asked for.
    at_K : float or None
        Temperature of the comparison; None if none is known.
    scalings : tuple of Scaling
    """

    values: ComparedValues
    samples: tuple[SampleFigures, ...]
    at_K: float | None
    scalings: tuple[Scaling, ...]

    @property
    def ranked(self) -> tuple[SampleFigures, ...]:
        """Samples with a value, the largest first."""
        return tuple(one for one in self.samples if one.at is not None)

    def not_told_from(self, sample: SampleFigures) -> tuple[str, ...]:
        """Return the other samples whose intervals overlap that of one."""
        return tuple(
            one.name
            for one in self.ranked
            if one is not sample and one.at is not None and sample.at is not None and one.at.overlaps(sample.at)
        )

    @property
    def undetermined(self) -> dict[str, int]:
        """Values that are no numbers, by the reason."""
        return dict(Counter(one.why_not for one in self.values.undetermined))

    @property
    def n_not_described(self) -> int:
        """Values used of fits whose circuit does not describe the record."""
        return sum(not one.describes for one in self.values.determined)

    def to_document(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "quantity": self.values.quantity,
            "unit": self.values.unit,
            "circuit": self.values.circuit,
            "at_K": self.at_K,
            "values": len(self.values.values),
            "values_used": len(self.values.determined),
            "undetermined": self.undetermined,
            "values_not_described": self.n_not_described,
            "runs_without_a_value": self.values.left_out,
            "samples": [
                one.to_document() | {"rank": k + 1 if one.at else None, "not_told_from": list(self.not_told_from(one))}
                for k, one in enumerate(self.samples)
            ],
            "scalings": [one.to_document() for one in self.scalings],
        }


def compare_archive(values: ComparedValues, by: Iterable[str] = ALL, at_K: float | None = None) -> ArchiveComparison:
    """Compare what many runs say of one quantity.

    Parameters
    ----------
    values : ComparedValues
    by : iterable of str
        Of `ALL`.
    at_K : float, optional
        Temperature at which samples are compared; one within the range of all samples unless given.

    Raises
    ------
    FitError
        If no value is determined.
    """
    asked = set(by)
    if not values.determined:
        reasons = ", ".join(f"{n} {why}" for why, n in Counter(one.why_not for one in values.undetermined).items())
        raise FitError(f"no {title_of(values.quantity)} is determined: {reasons}")
    groups = by_sample(values.values)
    common = _common_K(groups.values()) if at_K is None else at_K
    compared = groups.items() if asked & {TEMPERATURE, SAMPLE} else ()
    found = [_figures(name, some, values.unit, common) for name, some in compared]
    found.sort(key=lambda one: (one.at is None, -(one.at.value if one.at else 0.0)))
    title = title_of(values.quantity)
    scalings = [scaling(values.determined, one, title) for one in (THICKNESS, WIDTH, AMPLITUDE) if one in asked]
    return ArchiveComparison(values, tuple(found), common, tuple(scalings))


def _common_K(groups: Iterable[Sequence[ComparedValue]]) -> float | None:
    """Return a temperature within the ranges of all samples, near room; between the ranges if they do not overlap."""
    ranges = []
    for some in groups:
        kelvin = [one.temperature_K for one in some if not one.why_not and one.temperature_K is not None]
        if kelvin:
            ranges.append((min(kelvin), max(kelvin)))
    if not ranges:
        return None
    low, high = max(one for one, _ in ranges), min(one for _, one in ranges)
    return float(np.clip(_ROOM_K, low, high)) if low <= high else 0.5 * (low + high)


def _figures(name: str, values: Sequence[ComparedValue], unit: str, at_K: float | None) -> SampleFigures:
    used = [one for one in values if not one.why_not]
    known = [one for one in used if one.temperature_K is not None]
    kelvin = np.array([one.temperature_K for one in known], dtype=np.float64)
    activation, why_no_activation = _activation(kelvin, known, unit)
    at, why_not = _value_at(kelvin, used, known, activation, unit, at_K)
    outside = 0.0
    if at is not None and at_K is not None and len(kelvin):
        outside = max(0.0, float(kelvin.min()) - at_K, at_K - float(kelvin.max()))
    return SampleFigures(
        name,
        len(values),
        len(used),
        dict(Counter(one.why_not for one in values if one.why_not)),
        0 if activation is None else sum(_contradicts(one, activation, unit) for one in values if one.why_not),
        float(kelvin.min()) if len(kelvin) else None,
        float(kelvin.max()) if len(kelvin) else None,
        activation,
        why_no_activation,
        at,
        why_not,
        outside,
        dict(Counter(one.verdict for one in values if one.verdict)),
    )


def _activation(kelvin: Floats, values: Sequence[ComparedValue], unit: str) -> tuple[Activation | None, str]:
    if not len(kelvin):
        return None, "no temperature is known"
    groups = [round(T / SAME_K) for T in kelvin]
    points = Points.of([_with_temperature(one, unit) for one in values], groups)
    try:
        return Activation(kelvin, points, 1 if unit == "s" else -1), ""
    except FitError as error:
        return None, str(error)


def _with_temperature(one: ComparedValue, unit: str) -> tuple[float, float, float]:
    """Return value and ends, times the temperature where that is what is activated."""
    value, low, high = one.ends
    factor = _factor(one.temperature_K, unit)
    return value * factor, low * factor, high * factor


def _factor(kelvin: float | None, unit: str) -> float:
    return kelvin if unit in _CONDUCTANCES and kelvin is not None else 1.0


def _value_at(
    kelvin: Floats,
    used: Sequence[ComparedValue],
    known: Sequence[ComparedValue],
    activation: Activation | None,
    unit: str,
    at_K: float | None,
) -> tuple[Interval | None, str]:
    """Return the quantity at the temperature of the comparison, or why not."""
    if not used:
        return None, "no value is determined"
    if at_K is None:
        return _mean(used), ""
    if activation is not None:
        return _exponential(activation.at(at_K), 1.0 / _factor(at_K, unit)), ""
    if not known:
        return None, "no temperature is known"
    if np.ptp(kelvin) > SAME_K or abs(kelvin[0] - at_K) > SAME_K:
        return None, f"measured at {kelvin[0]:g} K only: without its activation energy it has no value at {at_K:g} K"
    return _mean(known), ""


def _mean(values: Sequence[ComparedValue]) -> Interval:
    points = Points.of([one.ends for one in values], range(len(values)))
    return _exponential(ScatteredLine(np.ones((len(values), 1)), points).combination(np.ones(1)), 1.0)


def _exponential(ln: Interval, factor: float) -> Interval:
    value, low, high = (factor * float(np.exp(one)) for one in (ln.value, ln.low, ln.high))
    return Interval(value, low, high)


def _contradicts(one: ComparedValue, activation: Activation, unit: str) -> bool:
    """Return whether the law lies beyond the end of a one-sided value, its interval included."""
    if one.temperature_K is None:
        return False
    law = _exponential(activation.at(one.temperature_K), 1.0 / _factor(one.temperature_K, unit))
    above = one.low is not None and one.high is None and law.high < one.low
    return above or (one.high is not None and not one.low and law.low > one.high)
