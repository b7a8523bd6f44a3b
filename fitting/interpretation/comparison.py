"""Comparison of runs of one material: how the memory changes with thickness and temperature.

Do several runs speak of the bulk?

A memory of the material has the same time whatever the thickness; a double layer that is charged through the bulk has
a time ``R C`` that grows with it (docs/explanations/model.md, "What is reported as memory"). By temperature, hops that
conduct and hops that remember are the same if the time is activated as ``1 / (sigma T)`` is (Barton, Nakajima and
Namikawa; Namikawa, J. Non-Cryst. Solids 18, 173 (1975)).
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.constants import Z95
from fitting.interpretation.arrhenius import Arrhenius, arrhenius
from fitting.interpretation.friction import fitted_of
from fitting.interpretation.memory import derived_quantity
from fitting.interpretation.regression import Line, line_through
from fitting.results.printable import Printable
from protocols import FitError, format_quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fitting.results.estimate import Estimate
    from fitting.results.fit_result import FitResult
    from fitting.results.tables import ResultTable
    from protocols import Sample

_NEAR = 0.3
"""How far an exponent of thickness may be from 0 or 1 to be called that, its interval included: further away a mixture
explains it as well (decision 145). Doubled, any exponent would be called one of the two."""
_DRAWN = 16
"""Places at which a line is told: of value times temperature it is not quite straight. Doubled, no plot looks other."""

_MOST_DECIMALS = 5
"""Decimals of an exponent: a millionth of a decade a decade is nothing, however narrow the interval is."""


@dataclass(frozen=True, eq=False)
class Compared:
    """One run of a comparison.

    Attributes
    ----------
    result : FitResult
        Of a circuit with a hopping conductor.
    thickness_m, temperature_K : float or None
        Of the sample, where known.
    """

    result: FitResult
    thickness_m: float | None
    temperature_K: float | None

    @property
    def time(self) -> Estimate:
        """The median memory time."""
        return self.result["median_memory_time"]

    @cached_property
    def conductance(self) -> Estimate:
        """Conductance of the bulk in the steady state (S)."""
        return derived_quantity(
            fitted_of(self.result),
            "steady_conductance",
            "S",
            lambda bulk, p: bulk.g_inf(p) * bulk.w_inf(p),
            "by the model's shape beyond the window",
        )


@dataclass(frozen=True, eq=False)
class Comparison(Printable):
    """Memory of several runs, compared by thickness and temperature.

    Attributes
    ----------
    runs : tuple of Compared
    thickness : Line or None
        ``ln(median memory time)`` over ``ln(thickness)``: the slope is the exponent.
    time, conductivity : Arrhenius or None
        Activation of the median memory time, and of the steady conductance times temperature.
    evidence : tuple of str
        What speaks for the bulk, what against, and what was not known.
    """

    runs: tuple[Compared, ...]
    thickness: Line | None
    time: Arrhenius | None
    conductivity: Arrhenius | None
    evidence: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "runs": [
                {
                    "run": one.result.source,
                    "thickness_m": one.thickness_m,
                    "temperature_K": one.temperature_K,
                    "median_memory_time": one.time.to_document(),
                    "steady_conductance": one.conductance.to_document(),
                }
                for one in self.runs
            ],
            "thickness_exponent": None
            if self.thickness is None
            else {
                "value": self.thickness.slope,
                "ci95": list(self.thickness.slope_ci95),
                "interval_inflation": self.thickness.interval_inflation,
                "values_used": self.thickness.n_used,
            },
            "activation_of_memory_time": None if self.time is None else self.time.to_dict(),
            "activation_of_conductivity": None if self.conductivity is None else self.conductivity.to_dict(),
            "lines": self._lines(),
            "evidence": list(self.evidence),
        }

    def _lines(self) -> dict[str, Any]:
        """Return the lines through the figures as a plot has them: places, values there, what the slope is."""
        found: dict[str, Any] = {}
        if self.thickness is not None:
            known = [one.thickness_m for one in self.runs if one.thickness_m is not None]
            at = np.geomspace(min(known), max(known), _DRAWN)
            value = np.exp(self.thickness.level + self.thickness.slope * np.log(at))
            low, high = self.thickness.slope_ci95
            text = f"exponent {_with_interval(self.thickness.slope, low, high)}"
            found["time_by_thickness"] = {"at": at.tolist(), "value": value.tolist(), "text": text}
        kelvins = [one.temperature_K for one in self.runs if one.temperature_K is not None]
        for name, line in (
            ("time_by_temperature", self.time),
            ("conductance_by_temperature", self.conductivity),
        ):
            if line is not None:
                at = 1.0 / np.linspace(1.0 / max(kelvins), 1.0 / min(kelvins), _DRAWN)
                low, high = line.energy_ci95_eV
                text = f"{abs(line.energy_eV):.3g} eV ({min(abs(low), abs(high)):.3g} … {max(abs(low), abs(high)):.3g})"
                found[name] = {"at": at.tolist(), "value": line.at(at).tolist(), "text": text}
        return found

    def table(self) -> ResultTable:
        """Return the runs side by side, for the terminal."""
        from fitting.results.tables import result_table

        headings = ("run", "thickness", "temperature", self.runs[0].time.title, self.runs[0].conductance.title)
        table = result_table(self.runs[0].result.model.circuit, headings, self.evidence)
        for one in self.runs:
            table.add_row(
                one.result.source,
                "–" if one.thickness_m is None else format_quantity(one.thickness_m, "m"),
                "–" if one.temperature_K is None else f"{one.temperature_K:g} K",
                "{} ({})".format(*one.time.shown()),
                "{} ({})".format(*one.conductance.shown()),
            )
        return table


def compare(results: Sequence[FitResult], samples: Sequence[Sample | None]) -> Comparison:
    """Compare the memory that several runs show, by the thickness and the temperature of their samples.

    Parameters
    ----------
    results : sequence of FitResult
        Each run fitted alone, with one circuit.
    samples : sequence of Sample or None
        Of each run.

    Raises
    ------
    FitError
        If there are fewer than two runs, or the circuit has no hopping conductor.
    """
    if len(results) < 2 or len(results) != len(samples):
        raise FitError("a comparison needs two runs or more, and the sample of each")
    without = next((one for one in results if one.model.bulk is None), None)
    if without is not None:
        raise FitError(f"{without.model.circuit} has no hopping conductor, so there is no memory to compare")
    runs = tuple(
        Compared(
            result, None if sample is None else sample.thickness_m, None if sample is None else sample.temperature_K
        )
        for result, sample in zip(results, samples, strict=True)
    )
    evidence: list[str] = []
    thickness = _by_thickness(_largest(runs, "temperature_K", "thickness_m"), evidence)
    energies = _by_temperature(_largest(runs, "thickness_m", "temperature_K"), evidence)
    return Comparison(runs, thickness, *energies, tuple(evidence))


def _largest(runs: Sequence[Compared], alike: str, varied: str) -> list[Compared]:
    """Return the runs that share one condition, most of them with another one varied."""
    groups: defaultdict[float | None, list[Compared]] = defaultdict(list)
    for one in runs:
        if getattr(one, varied) is not None:
            groups[getattr(one, alike)].append(one)
    return max(groups.values(), key=lambda group: len({getattr(one, varied) for one in group}), default=[])


def _by_thickness(runs: Sequence[Compared], evidence: list[str]) -> Line | None:
    thickness = np.array([one.thickness_m or np.nan for one in runs])
    if len(np.unique(thickness)) < 2:
        evidence.append(
            "thickness was not varied, or is not known: it would distinguish the material from its electrodes"
        )
        return None
    try:
        line = line_through(
            np.log(thickness),
            [one.time for one in runs],
            np.ones(len(runs)),
            "fewer than two memory times are determined",
        )
    except FitError as error:
        evidence.append(f"by thickness: {error}")
        return None
    low, high = line.slope_ci95
    shown = f"time ~ thickness^{_with_interval(line.slope, low, high)}"
    evidence.append(verdict_on_thickness(shown, low, high))
    return line


def _with_interval(slope: float, low: float, high: float) -> str:
    """Return an exponent with its interval, to as many decimals as the interval has two digits of."""
    width = high - low
    decimals = min(max(1 - math.floor(math.log10(width)), 0), _MOST_DECIMALS) if 0.0 < width < math.inf else 2
    value, lowest, highest = (f"{round(one, decimals) + 0.0:.{decimals}f}" for one in (slope, low, high))  # no -0.0
    return f"{value} ({lowest} … {highest})"


def verdict_on_thickness(shown: str, low: float, high: float) -> str:
    """Return what an exponent of the memory time with the thickness says, by its interval.

    Parameters
    ----------
    shown : str
        The exponent, which the verdict rests on.
    low, high : float
        Ends of its interval.
    """
    if low > -_NEAR and high < _NEAR:
        return f"a memory of the material itself, not of its electrodes: {shown}"
    if low > 1.0 - _NEAR and high < 1.0 + _NEAR:
        return f"an interface that is charged through the bulk: {shown}"
    return f"{shown}: 0 for the material's own memory, 1 for an interface; this does not decide"


def _by_temperature(runs: Sequence[Compared], evidence: list[str]) -> tuple[Arrhenius | None, Arrhenius | None]:
    kelvin = np.array([one.temperature_K or np.nan for one in runs])
    if len(np.unique(kelvin)) < 2:
        evidence.append(
            "temperature was not varied, or is not known: it would compare the hops that remember and conduct"
        )
        return None, None
    try:
        time = arrhenius(kelvin, [one.time for one in runs])
        conductivity = arrhenius(kelvin, [one.conductance for one in runs], times_temperature=True)
    except FitError as error:
        evidence.append(f"by temperature: {error}")
        return None, None
    widths = [(high - low) / (2.0 * Z95) for low, high in (time.energy_ci95_eV, conductivity.energy_ci95_eV)]
    apart, off = -time.energy_eV - conductivity.energy_eV, Z95 * float(np.linalg.norm(widths))
    shown = (
        f"memory time activated with {-time.energy_eV:.3f} eV, conductivity times T with"
        f" {conductivity.energy_eV:.3f} eV: {1e3 * apart:+.3g} ± {1e3 * off:.2g} meV apart"
    )
    if abs(apart) <= off:
        evidence.append(f"{shown}: alike, as for hops that both remember and conduct, or an interface charged by them")
    else:
        evidence.append(f"{shown}: what remembers is not what conducts")
    return time, conductivity
