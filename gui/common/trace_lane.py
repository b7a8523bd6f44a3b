"""One plot of a stack over a common time axis: a quantity of a run, the same of other runs over it, and marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from gui.common.plots import TimeViewBox, new_plot, pen
from gui.common.quantities import Quantity
from gui.common.run_marks import MarkKind
from gui.common.theme import mixed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QColor

    from gui.common.theme import Colours
    from gui.common.traces import Traces

    Floats = NDArray[np.float64]

_SHADE = 0.35
"""Share of the curve's colour in the spread of folded pulses, over which the mean is seen. Doubled, it is not."""
_STYLES = (
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
)
_MANY = 3
"""Lanes from which each is low: their titles are small, and the current is not so much higher than the others."""
_LABEL_PT, _SMALL_LABEL_PT = 10, 8
"""Size of the titles of the values: "Temperature (K)" has 85 pixels when it is small."""
_NOTHING: Floats = np.array([])
_GLYPHS = ("╍ ╍", "┅ ┅", "━ ·", "━ ··")


@dataclass(frozen=True, eq=False)
class Overlay:
    """Another run that is drawn over the one that is shown.

    Attributes
    ----------
    name : str
    traces : Traces
        Of the same view.
    """

    name: str
    traces: Traces


def glyph(index: int) -> str:
    """Return how the line of an overlay looks in a legend."""
    return _GLYPHS[index % len(_GLYPHS)]


def overlay_colour(colours: Colours, index: int) -> QColor:
    """Return the colour of an overlay."""
    return colours.overlays[index % len(colours.overlays)]


class Lane:
    """A plot of one quantity.

    Parameters
    ----------
    quantity : Quantity

    Attributes
    ----------
    quantity : Quantity
    plot : PlotItem
    """

    def __init__(self, quantity: Quantity) -> None:
        self.quantity = quantity
        self.plot: Any = new_plot(quantity.title, quantity.unit, TimeViewBox)
        self.plot.setMouseEnabled(x=True, y=True)
        # Kelvins are read, not derived: 0.2993 kK says nothing to anybody.
        self.plot.getAxis("left").enableAutoSIPrefix(quantity is not Quantity.TEMPERATURE)
        # From the lowest to the highest and on: dense, it is a band, at a tenth of what it costs to fill one.
        self._spread = pg.PlotCurveItem(antialias=False)
        self._spread.setVisible(False)
        self.plot.addItem(self._spread)
        self._marks = {kind: pg.VTickGroup(yrange=[0.0, 1.0]) for kind in MarkKind}
        for ticks in self._marks.values():
            self.plot.addItem(ticks, ignoreBounds=True)
        self._overlays: list[Any] = []
        self.curve: Any = self.plot.plot(connect="finite")
        self._colours: Colours | None = None
        self._has_spread = False

    def draw(self, traces: Traces) -> None:
        """Draw the run."""
        time, values = traces.curve(self.quantity)
        self.curve.setData(time, values)
        low, high = traces.spread.get(self.quantity, (_NOTHING, _NOTHING))
        if len(low) or self._has_spread:
            self._has_spread = bool(len(low))
            self._spread.setVisible(self._has_spread)
            self._spread.setData(np.repeat(time[: len(low)], 2), np.column_stack([low, high]).ravel())

    def draw_marks(self, traces: Traces, *, log: bool) -> None:
        """Draw marks at their times, where the axis has times of the run."""
        has_times = traces.view.fold is None
        for kind, ticks in self._marks.items():
            since = [mark.time_s - traces.origin_s for mark in traces.marks if mark.kind is kind and has_times]
            ticks.setXVals([np.log10(t) for t in since if t > 0.0] if log else since)
            ticks.setVisible(bool(since))  # what has nothing to draw costs as much as a short curve

    def draw_overlays(self, overlays: Sequence[Overlay]) -> None:
        """Draw other runs over it, each in its colour and its line style."""
        while len(self._overlays) > len(overlays):
            self.plot.removeItem(self._overlays.pop())
        while len(self._overlays) < len(overlays):
            # Not smoothed: dashes of a smoothed line take ten times as long to paint.
            self._overlays.append(self.plot.plot(connect="finite", antialias=False))
        self._paint_overlays()
        for item, overlay in zip(self._overlays, overlays, strict=True):
            item.setData(*overlay.traces.curve(self.quantity))

    @property
    def overlay_curves(self) -> list[Any]:
        """Curves of the other runs, in their order."""
        return list(self._overlays)

    def _paint_overlays(self) -> None:
        if self._colours is None:
            return
        for index, item in enumerate(self._overlays):
            line = pen(overlay_colour(self._colours, index))
            line.setStyle(_STYLES[index % len(_STYLES)])
            item.setPen(line)

    def stand_among(self, n_lanes: int) -> int:
        """Take the look of one of some lanes above each other, and return the share of the height that it wants."""
        size = {"font-size": f"{_LABEL_PT if n_lanes < _MANY else _SMALL_LABEL_PT}pt"}
        self.plot.setLabel("left", self.quantity.title, units=self.quantity.unit, **size)
        if self.quantity is not Quantity.CURRENT:
            return 2
        return 3  # more, and the titles of the others are cut on a small screen

    def clear(self) -> None:
        """Draw nothing."""
        for item in (self.curve, self._spread, *self._overlays):
            item.setData(_NOTHING, _NOTHING)
        for ticks in self._marks.values():
            ticks.setXVals([])

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self._colours = colours
        ink = {
            Quantity.VOLTAGE: colours.voltage,
            Quantity.CURRENT: colours.current,
            Quantity.CHARGE: colours.charge,
            Quantity.TEMPERATURE: colours.temperature,
        }[self.quantity]
        self.curve.setPen(pen(ink))
        self._spread.setPen(pen(mixed(ink, colours.ground, _SHADE), 2.0))
        for kind, ticks in self._marks.items():
            line = pen(colours.faint if kind is MarkKind.EVENT else colours.fault)
            line.setStyle(Qt.PenStyle.DashLine if kind is MarkKind.EVENT else Qt.PenStyle.DotLine)
            ticks.setPen(line)
        self._paint_overlays()
