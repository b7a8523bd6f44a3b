"""Figures of several runs: decays over each other, activation by temperature, dependence on thickness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reports.figure import SERIES, SINGLE_MM, Axis, Columns, Figure, Ink, Layer, Mark, Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fitting.interpretation.arrhenius import Arrhenius
    from fitting.interpretation.comparison import Comparison
    from fitting.results.estimate import Estimate
    from fitting.results.fit_result import FitResult
    from reports.figure import Floats

_LINE = 50
"""Points of a line over 1/T: it is straight where its axis is logarithmic. Doubled, no straighter."""


def decays_figure(named: Sequence[tuple[str, FitResult]]) -> Figure | None:
    """Return W(t) of several runs over each other; None if none has a hopping conductor.

    Parameters
    ----------
    named : sequence of (str, FitResult)
        Each with what distinguishes it; runs of one label have one colour.
    """
    with_band = [(label, result.band) for label, result in named if result.band is not None]
    if not with_band:
        return None
    columns, layers = Columns(), []
    labels = list(dict.fromkeys(label for label, _ in with_band))
    told: set[str] = set()
    for label, band in with_band:
        # After as many as there are colours they come again, dashed.
        k = labels.index(label)
        ink, mark = SERIES[k % len(SERIES)], Mark.LINE if k % (2 * len(SERIES)) < len(SERIES) else Mark.DASHED
        t = columns.add("time_s", band.t_s)
        ends = (columns.add("W_low", band.lowest), columns.add("W_high", band.highest))
        layers.append(Layer(Mark.BAND, t, ends, ink))
        layers.append(Layer(mark, t, (columns.add("W", band.W),), ink, "" if label in told else label))
        told.add(label)
    panel = Panel(Axis("time after a step", "s", log=True), Axis("W(t)", "", low=0.0, high=1.03), tuple(layers))
    caption = "W(t) of each run that its circuit describes, with its 95 % band, over the window of its record."
    return Figure("decays", caption, (panel,), columns.values, height_mm=80.0)


def arrhenius_figures(comparison: Comparison) -> list[Figure]:
    """Return memory time, and steady conductance times temperature, over 1000/T, each with its line."""
    runs = [one for one in comparison.runs if one.temperature_K is not None]
    if len({one.temperature_K for one in runs}) < 2:
        return []
    T = np.array([one.temperature_K for one in runs], dtype=np.float64)
    times = activation_figure(
        "memory_time", "median memory time", "s", T, [one.time for one in runs], comparison.time, times_T=False
    )
    conductances = activation_figure(
        "conductance",
        "steady conductance × T",
        "S·K",
        T,
        [one.conductance for one in runs],
        comparison.conductivity,
        times_T=True,
    )
    return [one for one in (times, conductances) if one.panels[0].layers]


def activation_figure(
    name: str,
    quantity: str,
    unit: str,
    T: Floats,
    values: Sequence[Estimate],
    line: Arrhenius | None,
    *,
    times_T: bool,
) -> Figure:
    """Return a quantity over 1000/T with its intervals, and the line of its activation."""
    columns = Columns()
    factor = T if times_T else np.ones_like(T)
    layers = list(interval_layers(columns, name, unit, x=1000.0 / T, values=values, factor=factor, ink=Ink.FIRST))
    if line is not None:
        over = np.linspace(T.min(), T.max(), _LINE)
        x = columns.add("line_1000_over_T", 1000.0 / over)
        y = columns.add(f"line_{unit}", line.at(over) * (over if times_T else 1.0))
        layers.append(Layer(Mark.DASHED, x, (y,), Ink.FIT))
    panel = Panel(Axis("1000 K / T", ""), Axis(quantity, unit, log=True), tuple(layers))
    energy = "" if line is None else f"; the line is activated with {abs(line.energy_eV):.3f} eV"
    caption = f"{quantity[0].upper()}{quantity[1:]} over the reciprocal temperature, with 95 % intervals{energy}."
    return Figure(f"{name}_over_T", caption, (panel,), columns.values, height_mm=64.0, width_mm=SINGLE_MM)


def interval_layers(
    columns: Columns,
    name: str,
    unit: str,
    *,
    x: Floats,
    values: Sequence[Estimate],
    factor: Floats,
    ink: Ink,
    label: str = "",
) -> Sequence[Layer]:
    """Return a layer with values and intervals of those that are determined; none if none is.

    Parameters
    ----------
    columns : Columns
        Of the figure; what is drawn is added.
    name, unit : str
        Of the quantity.
    x : ndarray, shape (n,)
        1000 K over the temperature.
    values : sequence of Estimate
    factor : ndarray, shape (n,)
        What each value is multiplied by.
    ink : Ink
    label : str
    """
    used = np.array([one.determined and one.value > 0.0 for one in values], dtype=bool)
    if not used.any():
        return ()
    ends = np.array([[np.nan if end is None else end for end in one.ci95] for one in values], dtype=np.float64)
    middle = np.array([one.value for one in values])
    place = columns.add("1000_over_T", x[used])
    names = tuple(
        columns.add(f"{name}{which}_{unit.replace('·', '_')}", (factor * column)[used])
        for which, column in (("", middle), ("_low", ends[:, 0]), ("_high", ends[:, 1]))
    )
    return (Layer(Mark.INTERVALS, place, names, ink, label),)


def thickness_figure(comparison: Comparison) -> Figure | None:
    """Return the memory time over the thickness, with its line; None where the thickness was not varied."""
    runs = [one for one in comparison.runs if one.thickness_m is not None]
    line = comparison.thickness
    if line is None or len({one.thickness_m for one in runs}) < 2:
        return None
    columns = Columns()
    L = np.array([one.thickness_m for one in runs], dtype=np.float64)
    used = np.array([one.time.determined for one in runs], dtype=bool)
    ends = np.array([[np.nan if end is None else end for end in one.time.ci95] for one in runs], dtype=np.float64)
    middle = np.array([one.time.value for one in runs])
    x = columns.add("thickness_m", L[used])
    names = tuple(
        columns.add(f"memory_time{which}_s", column[used])
        for which, column in (("", middle), ("_low", ends[:, 0]), ("_high", ends[:, 1]))
    )
    over = np.geomspace(L.min(), L.max(), _LINE)
    lx = columns.add("line_thickness_m", over)
    ly = columns.add("line_s", np.exp(line.level + line.slope * np.log(over)))
    layers = (Layer(Mark.INTERVALS, x, names, Ink.FIRST), Layer(Mark.DASHED, lx, (ly,), Ink.FIT))
    panel = Panel(Axis("thickness", "m", log=True), Axis("median memory time", "s", log=True), layers)
    caption = "Median memory time over the thickness: level for the material's own, rising with it for an interface."
    return Figure("memory_time_over_thickness", caption, (panel,), columns.values, height_mm=64.0, width_mm=SINGLE_MM)
