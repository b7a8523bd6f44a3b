"""Plots of the fit's other pages: what is left by pulse and level, profiles, figures over thickness or heat."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.common.language import tr
from gui.common.plots import add_plot, graphics, log_ticks, paint, pen, set_legend
from gui.fit.parts import scrolled_plots
from protocols import format_quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gui.common.theme import Colours
    from gui.fit.documents import Points, ProfileView
    from gui.fit.result_model import FitCurves

_SIZE = 7
"""Pixels of a point. Doubled, two hundred pulses touch."""
_LOWEST = 172
"""Pixels of a plot that has a legend above and a titled axis below: the title of its values fits between them. Doubled,
a page of three scrolls on all but high screens."""
_LOWEST_NAMED = 220
"""The same where the values have a long name, as the median memory time has."""
_LEAST_DECADES = 0.7
"""Least height of a logarithmic plot: a factor of 5, so that two figures stand at its side where all points are equal.
Doubled, points that differ by a third seem to be equal."""


class PlotStack(QWidget):
    """Plots above each other that scroll before they are too low.

    Parameters
    ----------
    name, title : str
        Object name, and what a screen reader calls them.
    n_rows : int
    lowest : int
        Pixels of each.
    """

    def __init__(self, name: str, title: str, n_rows: int, lowest: int = _LOWEST) -> None:
        super().__init__()
        self.graphics = graphics(name)
        self.graphics.setAccessibleName(title)
        self.colours: Colours | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scrolled_plots(self.graphics, n_rows, lowest))


class ResidualPlots(PlotStack):
    """What a fit leaves by time, pulse by pulse, and at each level."""

    def __init__(self) -> None:
        super().__init__("residualPlots", tr("Residual by time, by pulse and by level"), 3)
        self.by_time = add_plot(self.graphics, 0, tr("Residual"), "A")
        self.by_pulse = add_plot(self.graphics, 1, tr("By pulse"), "A")
        self.by_level = add_plot(self.graphics, 2, tr("By level"), "A")
        self.by_time.setLabel("bottom", tr("Time"), units="s")
        self.by_pulse.setLabel("bottom", tr("Begin of pulse or rest"), units="s")
        self.by_level.setLabel("bottom", tr("Level of the drive"), units="V")
        self._time = self.by_time.plot(connect="finite")
        self._rms = [plot.plot(pen=None, symbol="o", symbolSize=_SIZE) for plot in (self.by_pulse, self.by_level)]
        self._mean = [plot.plot(pen=None, symbol="x", symbolSize=_SIZE) for plot in (self.by_pulse, self.by_level)]

    def show_curves(self, fit: FitCurves | None) -> None:
        """Draw what is left."""
        left = None if fit is None else fit.residuals
        if fit is None or left is None:
            for curve in (self._time, *self._rms, *self._mean):
                curve.setData([], [])
            return
        self._time.setData(left.t_s, left.residual)
        for k, groups in enumerate((left.by_pulse, left.by_level)):
            self._rms[k].setData(groups.at, groups.rms)
            self._mean[k].setData(groups.at, groups.mean)
        names = (tr("Residual"), tr("By pulse"), tr("By level"))
        for plot, name in zip((self.by_time, self.by_pulse, self.by_level), names, strict=True):
            plot.setLabel("left", name, units=fit.unit)
        self.by_level.setLabel("bottom", tr("Level of the drive"), units="V" if fit.unit == "A" else "A")

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        paint(self.graphics, (self.by_time, self.by_pulse, self.by_level), colours)
        self._time.setPen(pen(colours.current))
        for curves, ink in ((self._rms, colours.current), (self._mean, colours.fit)):
            for curve in curves:
                curve.setSymbolPen(pen(ink, 1.5))
                curve.setSymbolBrush(ink if curves is self._rms else None)
        rms, mean = tr("root mean square"), tr("mean")
        for plot in (self.by_pulse, self.by_level):
            set_legend(plot, {rms: colours.current, mean: colours.fit}, {rms: "●", mean: "✕"})


class ProfilePlot(PlotStack):
    """How much worse the best fit is with one parameter held."""

    def __init__(self) -> None:
        super().__init__("profilePlot", tr("Profile of a parameter"), 1)
        self.plot = add_plot(self.graphics, 0, tr("Deviations from the best"), "")
        self._curve = self.plot.plot(symbol="o", symbolSize=_SIZE)
        self._limit = pg.InfiniteLine(angle=0)
        self._best = pg.InfiniteLine(angle=90)
        for line in (self._limit, self._best):
            self.plot.addItem(line)

    def show_profile(self, profile: ProfileView | None) -> None:
        """Draw a profile, or none."""
        self.plot.setVisible(profile is not None)
        if profile is None:
            return
        self.plot.setLabel("bottom", profile.name, units=None if "^" in profile.unit else profile.unit or None)
        self._curve.setData(np.array(profile.values), np.array(profile.deviations))
        self._limit.setValue(profile.limit)
        self._best.setValue(profile.value)

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        paint(self.graphics, (self.plot,), colours)
        self._curve.setPen(pen(colours.fit, 1.5))
        self._curve.setSymbolPen(pen(colours.fit))
        self._curve.setSymbolBrush(colours.fit)
        self._limit.setPen(pen(colours.faint, 1.2))
        self._best.setPen(pen(colours.current, 1.2))
        set_legend(self.plot, {tr("refits"): colours.fit, tr("best"): colours.current, tr("95 %"): colours.faint})


class PointPlots(PlotStack):
    """Figures of several runs over thickness or temperature, with their lines."""

    def __init__(self) -> None:
        super().__init__("comparisonPlots", tr("Figures of the runs by thickness and temperature"), 1, _LOWEST_NAMED)
        self._plots: list[Any] = []
        self._points: tuple[Points, ...] = ()

    def show_points(self, points: Sequence[Points]) -> None:
        """Draw some figures, side by side."""
        self.graphics.clear()
        self._plots, self._points = [], tuple(points)
        for column, one in enumerate(points):
            plot = add_plot(self.graphics, 0, one.y_title, "", column)
            plot.setLogMode(x=False, y=False)
            left, bottom = plot.getAxis("left"), plot.getAxis("bottom")
            left.setLogMode(True)
            bottom.enableAutoSIPrefix(False)
            bottom.setLogMode(bool(one.x_unit))
            left.logTickStrings = partial(log_ticks, partial(format_quantity, unit=one.y_unit, digits=3))
            bottom.logTickStrings = partial(log_ticks, partial(_with_unit, one.x_unit))
            plot.getViewBox().setLimits(minYRange=_LEAST_DECADES)
            plot.setLabel("bottom", one.x_title)
            self._plots.append(plot)
        if self.colours is not None:
            self.set_colours(self.colours)

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self.colours = colours
        paint(self.graphics, self._plots, colours)
        for plot, one in zip(self._plots, self._points, strict=True):
            plot.clear()
            x, y = np.array(one.x), np.array(one.y)
            if len(one.line_x):
                plot.addItem(pg.PlotDataItem(np.array(one.line_x), np.array(one.line_y), pen=pen(colours.fit, 1.5)))
            bars = pg.ErrorBarItem(x=x, y=y, top=np.array(one.high) - y, bottom=y - np.array(one.low), beam=0.0)
            bars.setOpts(pen=pen(colours.current, 1.5))
            plot.addItem(bars)
            plot.plot(
                x,
                y,
                pen=None,
                symbol="o",
                symbolSize=_SIZE,
                symbolBrush=colours.current,
                symbolPen=pen(colours.current),
            )
            if one.sentence:
                set_legend(plot, {one.sentence: colours.fit})


def _with_unit(unit: str, value: float) -> str:
    """Return a length in the unit of all lengths of the axis."""
    return f"{value:.3g} {unit}"
