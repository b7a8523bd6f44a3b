"""Experiments that would decide between places of a memory, with the outcome that each place predicts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.constants import BOLTZMANN_eV_K
from fitting.interpretation.places import Geometry, Place, format_length
from fitting.interpretation.pulses import charge_ratios
from fitting.interpretation.reversal_shares import conductance_weights, steady_weights
from fitting.results.titles import title_of
from protocols import PulseSequence, format_quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fitting.reduction.reduction import Reduction
    from fitting.results.estimate import Estimate
    from fitting.results.fit_result import FitResult
    from protocols import Sample

_FACTOR = 3.0
"""How many times as thick or as thin: a time that follows is then far beyond any interval that counts as determined,
and a film or pellet of that thickness can be made. Doubled, the difference is larger, and the sample harder to make."""
_THICK_m = 5e-4
"""Thickness from which on a thinner sample is proposed, and below which a thicker one. Doubled, pellets of 0.8 mm
would be asked for 2.4 mm."""
_WARMER_K = 30.0
"""Step of the temperature: within reach of any oven. Doubled, the memory may leave the window."""
_ROOM_K = 298.15
"""Temperature where the sample gives none. Doubled, the expected change is a quarter of that."""
_BARRIER_eV = 0.1
"""By how much the conduction across grain boundaries is activated beyond that of the grains, at least, where it limits
the current: 0.1 to 0.3 eV in oxides (Guo, Waser, Prog. Mater. Sci. 51, 151 (2006)). Doubled, the outcomes that are
expected lie further apart."""
_LONGER = 10.0
"""How many times as long the pulse is to be where the memory outlasts the record. Doubled, records take twice as long,
and double layers charge further."""
_WIDTH_IN_TIMES = 2.0
"""Pulse over median memory time where the electrode gives back most: by then the bulk has given nearly all that it has,
and a double layer's charge still grows with the width. Doubled, the bulk's share is less."""


class Setting(StrEnum):
    """What is to be varied; the values are the codes in documents."""

    THICKNESS = "thickness"
    PULSE_WIDTH = "pulse width"
    TEMPERATURE = "temperature"
    EMPTY_FIXTURE = "empty fixture"


@dataclass(frozen=True)
class Outcome:
    """What an experiment would find if the memory were at some place.

    Attributes
    ----------
    place : Place
    value : float
        Of the experiment's figure, SI.
    """

    place: Place
    value: float


@dataclass(frozen=True)
class Experiment:
    """An experiment, and what each hypothesis expects of it.

    Attributes
    ----------
    setting : Setting
    value : float or None
        Thickness (m), width of pulse and rest (s) or temperature (K) of the next run; None for an empty fixture, or
        where the present thickness is not known.
    factor : float or None
        The same over that of the present run, where it is known or does not matter.
    figure, unit : str
        Name of the estimate to look at, and its unit.
    expected : tuple of Outcome
    """

    setting: Setting
    value: float | None
    factor: float | None
    figure: str
    unit: str
    expected: tuple[Outcome, ...]

    def __str__(self) -> str:
        # Places that expect the same stand together.
        shown = [(format_quantity(one.value, self.unit), one.place) for one in self.expected]
        groups = [
            (value, " or ".join(place for _, place in group)) for value, group in groupby(shown, lambda one: one[0])
        ]
        outcomes = ", ".join(f"{value} for {places}" for value, places in groups)
        return f"{self._setting_shown}; {title_of(self.figure)} would be {outcomes}"

    @property
    def _setting_shown(self) -> str:
        if self.setting is Setting.EMPTY_FIXTURE:
            return "the same run on the empty fixture"
        if self.value is None:
            factor = self.factor or 1.0
            return f"{factor:g} times the thickness" if factor >= 1.0 else f"{1.0 / factor:g} times as thin a sample"
        if self.setting is Setting.THICKNESS:
            return f"another thickness, {format_length(self.value)}"
        if self.setting is Setting.TEMPERATURE:
            return f"another temperature, {self.value:.4g} K"
        return f"a pulse and a rest of {format_quantity(self.value, 's')} each"

    def to_document(self) -> dict[str, Any]:
        """Return plain data (JSON)."""
        return {
            "setting": str(self.setting),
            "value": self.value,
            "factor": self.factor,
            "figure": self.figure,
            "unit": self.unit,
            "expected": [{"place": str(one.place), "value": one.value} for one in self.expected],
            "text": str(self),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Experiment:
        """Read what `to_document` wrote."""
        expected = tuple(Outcome(Place(one["place"]), one["value"]) for one in document["expected"])
        return cls(
            Setting(document["setting"]),
            document["value"],
            document["factor"],
            document["figure"],
            document["unit"],
            expected,
        )


def experiments_between(
    places: Iterable[Place], result: FitResult, sample: Sample | None, interface: Estimate
) -> tuple[Experiment, ...]:
    """Return what would decide between places that one run allows, the most telling first.

    Thickness distinguishes electrodes from what fills the volume, temperature grain boundaries from grains. Where one
    place is left, its confirmation: another thickness, or for the bulk a run without a sample, which no size excludes.

    Parameters
    ----------
    places : iterable of Place
    result : FitResult
        Of a memory that the record determines.
    sample : Sample or None
    interface : Estimate
        Capacitance of the relaxation if it is in series with the bulk, as that of a fixture is with its leads.
    """
    left = tuple(places)
    found = []
    # What is left alone is confirmed against the hypothesis that comes nearest.
    others: tuple[Place, ...] = ()
    if left == (Place.GRAIN_BOUNDARY,):
        others = (Place.INTERPHASE,)
    elif all(place.is_electrode for place in left):
        others = (Place.BULK,)
    compared = (*left, *others)
    if len({place.is_electrode for place in compared}) == 2:
        found.append(_by_thickness(compared, result, sample))
    if Place.GRAIN_BOUNDARY in left and (len(left) == 1 or Place.BULK in left):
        found.append(_by_temperature(result, sample))
    if Place.BULK in left:
        found.append(_by_empty_fixture(interface, sample))
    return tuple(found)


def _by_thickness(places: Iterable[Place], result: FitResult, sample: Sample | None) -> Experiment:
    """Predict the memory at another thickness.

    What fills the volume keeps time and steady-state fraction: all of its resistances and reciprocal capacitances grow
    with the thickness. An interface keeps its resistance and capacitance, while the bulk's resistance R grows k-fold:
    ``W = R / (R + R_i)`` and ``tau = W R_i C`` become ``k W / (1 + (k - 1) W)`` and ``k tau / (1 + (k - 1) W)``.
    """
    thickness = None if sample is None else sample.thickness_m
    factor = _FACTOR if thickness is None or thickness < _THICK_m else 1.0 / _FACTOR
    W, time = result["W_inf"], result["median_memory_time"]
    change = factor / (1.0 + (factor - 1.0) * W.value)
    # The time of a shallow memory hardly moves; its depth does.
    figure = time if W.value < 0.5 else W
    expected = tuple(Outcome(one, figure.value * (change if one.is_electrode else 1.0)) for one in places)
    value = None if thickness is None else factor * thickness
    return Experiment(Setting.THICKNESS, value, factor, figure.name, figure.unit, expected)


def _by_temperature(result: FitResult, sample: Sample | None) -> Experiment:
    """Predict the steady-state fraction at a higher temperature.

    Hops of the bulk that remember and that conduct are the same, so that it keeps W_inf; the resistance of a grain
    boundary falls faster than that of the grain, and with it ``1 / W_inf - 1``.
    """
    kelvin = _ROOM_K if sample is None or sample.temperature_K is None else sample.temperature_K
    warm, W = kelvin + _WARMER_K, result["W_inf"]
    falls = float(np.exp(-_BARRIER_eV / BOLTZMANN_eV_K * (1.0 / kelvin - 1.0 / warm)))
    of_boundary = W.value / (W.value + (1.0 - W.value) * falls)
    expected = (Outcome(Place.BULK, W.value), Outcome(Place.GRAIN_BOUNDARY, of_boundary))
    return Experiment(Setting.TEMPERATURE, warm, warm / kelvin, W.name, W.unit, expected)


def _by_empty_fixture(interface: Estimate, sample: Sample | None) -> Experiment:
    """Predict what is left without a sample: all of the capacitance if it is the leads', air if it is the bulk's."""
    geometry = Geometry.of(sample)
    air_F = geometry.unit_permittivity_F[0] if geometry.is_known else 0.0
    expected = (Outcome(Place.BULK, air_F), Outcome(Place.FIXTURE, interface.value))
    return Experiment(Setting.EMPTY_FIXTURE, None, None, interface.name, interface.unit, expected)


def longer_pulse(reduction: Reduction, result: FitResult) -> tuple[Experiment, ...]:
    """Return the run with a longer pulse that would show the end of a memory; none if the memory is not too slow."""
    time, longest = result["median_memory_time"], result.window_s[1]
    high = time.ci95[1]
    # A median within a tenth of the window, with its interval, has its end in the record.
    if high is not None and high < longest / _LONGER:
        return ()
    return (_by_pulse_width(reduction, result, _LONGER * longest),)


def shorter_pulse(reduction: Reduction, result: FitResult) -> tuple[Experiment, ...]:
    """Return the run whose pulse charges the electrode less, so that the bulk's share of the returning charge grows."""
    return (_by_pulse_width(reduction, result, _WIDTH_IN_TIMES * result["median_memory_time"].value),)


def _by_pulse_width(reduction: Reduction, result: FitResult, width_s: float) -> Experiment:
    """Predict the residual charge ratio of the fitted cell, and of the same cell whose bulk has no memory."""
    drive = PulseSequence.pulse(1.0, width_s, after=width_s)
    with_memory, without = (
        float(charge_ratios(drive, result.rates, weights)[0])
        for weights in (conductance_weights(reduction, result), steady_weights(reduction, result))
    )
    expected = (Outcome(Place.BULK, with_memory), Outcome(Place.DOUBLE_LAYER, without))
    factor = width_s / result.window_s[1]
    return Experiment(Setting.PULSE_WIDTH, width_s, factor, "reversal_charge_ratio", "", expected)
