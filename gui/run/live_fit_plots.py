"""Plots of the live fit: W(t) with its band, and the chosen parameter over the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.common.language import tr
from gui.common.plots import add_plot, graphics, paint, pen, set_time_axis
from gui.run.live_estimates import percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gui.common.theme import Colours
    from gui.run.live_estimates import Figure, LiveFigures

    _Points = NDArray[Any] | tuple[()]

_SHADE = 0.25
"""Opacity of a band: the line over it keeps 3:1. Doubled, the grid under it is gone."""
_LEAST_HEIGHT = 300
"""Pixels of the two plots. Doubled, a small window scrolls them."""


class LiveFitPlots(QWidget):
    """Both plots.

    Attributes
    ----------
    memory_plot, history_plot : pyqtgraph.PlotItem
    """

    def __init__(self) -> None:
        super().__init__()
        self._graphics = graphics("liveFitPlots")
        self._graphics.setMinimumHeight(_LEAST_HEIGHT)
        self._graphics.setAccessibleName(tr("Relaxation W, and the chosen parameter over the run"))
        self.memory_plot = add_plot(self._graphics, 0, "W(t)", "")
        self.history_plot = add_plot(self._graphics, 1, "", "")
        self._texts = ("", "", "")
        self._curves = {plot: _BandCurve(plot) for plot in (self.memory_plot, self.history_plot)}
        set_time_axis(self.memory_plot, tr("Time since a step of the voltage"), log=True)
        set_time_axis(self.history_plot, tr("Time of the run"), log=False)
        self.memory_plot.setYRange(0.0, 1.0, padding=0.05)
        for plot in (self.memory_plot, self.history_plot):
            plot.setMouseEnabled(x=False, y=False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._graphics)
        self.clear()

    def clear(self) -> None:
        """Forget what was drawn."""
        for curve in self._curves.values():
            curve.draw((), (), (), ())

    def show_relaxation(self, figures: LiveFigures) -> None:
        """Draw W(t), if the model has any."""
        self.memory_plot.setVisible(bool(len(figures.W)))
        self._curves[self.memory_plot].draw(figures.band_s, figures.W, figures.W_lowest, figures.W_highest)

    def show_history(self, figure: Figure, history: tuple[_Points, _Points, _Points, _Points]) -> None:
        """Draw how a parameter closes in.

        Parameters
        ----------
        figure : Figure
            Its newest estimate.
        history : tuple of ndarray, shape (k,)
            Times (s), estimates, lowest and highest ones.
        """
        title = figure.title
        if figure.is_known:
            title = tr("{title}, known to {share}").format(title=title, share=percent(figure.half_width))
        texts = title, figure.title, figure.unit
        if texts != self._texts:  # each is laid out anew, 2 ms
            self._texts = texts
            self.history_plot.setLabel("left", figure.title, units=figure.unit or None)
            self.history_plot.getAxis("left").enableAutoSIPrefix(bool(figure.unit))
            self.history_plot.setTitle(title, size="9pt")
        self._curves[self.history_plot].draw(*history)

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        paint(self._graphics, (self.memory_plot, self.history_plot), colours)
        self.history_plot.titleLabel.setAttr("color", colours.ink.name())
        for curve in self._curves.values():
            curve.set_colour(colours.fit)


class _BandCurve:
    """A line within its band."""

    def __init__(self, plot: Any) -> None:
        # One closed line: a `FillBetweenItem` makes its path for each of its two ends.
        self._band = plot.plot(fillLevel="enclosed")
        self._line = plot.plot()

    def draw(self, x: _Points, middle: _Points, lowest: _Points, highest: _Points) -> None:
        # A fill of no width would begin at zero, and the plot with it.
        is_wide = len(x) > 1
        self._band.setVisible(is_wide)
        if is_wide:
            self._band.setData(np.concatenate([x, x[::-1]]), np.concatenate([lowest, highest[::-1]]))
        else:
            self._band.setData((), ())
        self._line.setData(x, middle)

    def set_colour(self, colour: QColor) -> None:
        shade = QColor(colour)
        shade.setAlphaF(_SHADE)
        self._band.setFillBrush(shade)
        self._band.setPen(pen(colour, 0.5))
        self._line.setPen(pen(colour, 1.5))
