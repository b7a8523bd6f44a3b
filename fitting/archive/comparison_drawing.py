"""Picture of a comparison: values over 1/T with the law of each sample, and samples side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from daq.files.figures import FIGURE_IN, axis_of, figure_of
from fitting.archive.values import by_sample
from fitting.results.titles import title_of
from protocols import FitError, InputError, RunFileError, reason_of

if TYPE_CHECKING:
    from pathlib import Path

    from fitting.archive.comparison import ArchiveComparison, SampleFigures

_SUFFIXES = (".svg", ".png", ".pdf")
_WIDE_IN = (1.5 * FIGURE_IN[0], FIGURE_IN[1])
"""Width and height (inches) of two plots side by side."""
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
"""Okabe and Ito's colours, and marks: 63 samples are told apart before a pair repeats."""
_DECADE = 10.0
"""Ratio of the largest value to the smallest from which samples are drawn over a logarithmic axis."""
_N_LINE = 60
"""Temperatures at which a law is drawn: smooth. Doubled, it is no smoother."""


def draw_comparison(path: Path, found: ArchiveComparison) -> None:
    """Draw a comparison into a file.

    Raises
    ------
    InputError
        If its name ends otherwise than .svg, .png or .pdf.
    RunFileError
        If it cannot be written.
    """
    check_picture(path)
    figure = figure_of_comparison(found)
    try:
        figure.savefig(path)
    except OSError as error:
        raise RunFileError(f"{path} could not be written: {reason_of(error)}") from error


def check_picture(path: Path) -> None:
    """Raise `InputError` if no picture can be drawn into a path."""
    if path.suffix.lower() not in _SUFFIXES:
        raise InputError(f"a picture is one of {', '.join(_SUFFIXES)}, not {path.name!r}", "--plot")
    if not path.parent.is_dir():
        raise InputError("there is no such folder: make it first", str(path.parent))


def figure_of_comparison(found: ArchiveComparison) -> Any:
    """Return the figure of a comparison.

    Raises
    ------
    FitError
        If no sample has a temperature or a value.
    """
    has_temperatures = any(one.activation is not None for one in found.samples)
    if not has_temperatures and not found.ranked:
        raise FitError("there is nothing to draw: no sample has a temperature or a value")
    figure = figure_of(_WIDE_IN if has_temperatures and found.ranked else FIGURE_IN)
    axes = np.atleast_1d(figure.subplots(1, has_temperatures + bool(found.ranked)))
    if has_temperatures:
        _draw_activations(axes[0], found)
    if found.ranked:
        _draw_ranking(axes[-1], found)
    figure.suptitle(found.values.circuit)
    return figure


def _draw_activations(axis: Any, found: ArchiveComparison) -> None:
    """Draw values with their intervals over 1000/T, arrows where a side is open, and the laws."""
    groups = by_sample(found.values.values)
    for k, one in enumerate(sorted(found.samples, key=lambda one: one.name)):
        colour, marker = _COLOURS[k % len(_COLOURS)], _MARKERS[k // len(_COLOURS) % len(_MARKERS)]
        used = [value for value in groups[one.name] if not value.why_not and value.temperature_K]
        if used:
            inverse = [1e3 / (value.temperature_K or np.nan) for value in used]
            y, low, high = np.array([value.ends for value in used]).T
            bars = {"yerr": [y - low, high - y], "fmt": marker, "color": colour, "markersize": 3.0, "linewidth": 0.8}
            axis.errorbar(inverse, y, label=one.name, **bars)
        for value in groups[one.name]:
            if value.why_not and value.temperature_K and value.low and value.high is None:
                axis.plot(1e3 / value.temperature_K, value.low, marker="$\\uparrow$", color=colour, markersize=7.0)
        if one.activation is not None and one.coldest_K and one.warmest_K:
            _draw_law(axis, one, found.values.unit, colour)
    axis.set_yscale("log")
    axis.legend(fontsize="small")
    axis_of(axis.yaxis, title_of(found.values.quantity), found.values.unit)
    axis_of(axis.xaxis, "1000 K / T", "")


def _draw_law(axis: Any, one: SampleFigures, unit: str, colour: str) -> None:
    kelvin = np.linspace(one.coldest_K or np.nan, one.warmest_K or np.nan, _N_LINE)
    law = np.array([one.value_at(float(T), unit) for T in kelvin])
    axis.plot(1e3 / kelvin, law, color=colour, linewidth=0.9)


def _draw_ranking(axis: Any, found: ArchiveComparison) -> None:
    """Draw each sample's value with its interval, the largest on top."""
    ranked = found.ranked[::-1]
    names = sorted(one.name for one in found.samples)
    for place, one in enumerate(ranked):
        if one.at is not None:
            colour = _COLOURS[names.index(one.name) % len(_COLOURS)]
            ends = [[one.at.value - one.at.low], [one.at.high - one.at.value]]
            axis.errorbar(one.at.value, place, xerr=ends, fmt="o", color=colour, capsize=3.0)
    axis.set_yticks(range(len(ranked)), [f"{one.name}\n{one.verdict}" for one in ranked], fontsize="small")
    values = [one.at.value for one in ranked if one.at is not None]
    if max(values) > _DECADE * min(values):
        axis.set_xscale("log")
    at = "" if found.at_K is None else f" at {found.at_K:g} K"
    axis_of(axis.xaxis, f"{title_of(found.values.quantity)}{at}", found.values.unit)
