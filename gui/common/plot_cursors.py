"""Two cursors over a stack of plots with one time axis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pyqtgraph as pg
from PySide6.QtCore import QObject, Qt, Signal

from gui.common.plots import pen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gui.common.theme import Colours
    from gui.common.trace_lane import Lane

NAMES = ("A", "B")
_STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine)
_WIDTH = 1.5
"""Pixels: seen beside curves of one pixel. Doubled, a cursor hides what it points to."""


class Cursors(QObject):
    """Cursors A and B, each a line in every plot.

    Parameters
    ----------
    parent : QObject

    Attributes
    ----------
    active : int
        Which one the keys move: 0 for A, 1 for B.
    """

    moved = Signal()
    """One of them stands elsewhere, or they have come or gone."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.active = 0
        self._at = [math.nan, math.nan]
        self._log = False
        self._visible = False
        self._lines: list[tuple[Any, Any]] = []

    @property
    def is_visible(self) -> bool:
        """Whether they are shown."""
        return self._visible

    @property
    def at_s(self) -> tuple[float, float]:
        """Where they stand on the axis (s)."""
        a, b = (10.0**at if self._log else at for at in self._at)
        return a, b

    def set_lanes(self, lanes: Sequence[Lane]) -> None:
        """Stand in these plots from now on; the uppermost has their names."""
        self._lines = []
        for row, lane in enumerate(lanes):
            pair = (self._line(0, named=row == 0), self._line(1, named=row == 0))
            for line in pair:
                lane.plot.addItem(line, ignoreBounds=True)
            self._lines.append(pair)
        self._place()

    def _line(self, which: int, *, named: bool) -> Any:
        label = {"label": NAMES[which], "labelOpts": {"position": 0.92, "movable": False}} if named else {}
        line = pg.InfiniteLine(angle=90, movable=True, **label)
        line.sigDragged.connect(lambda moved: self.put(which, float(moved.value())))
        return line

    def remove_from(self, lanes: Sequence[Lane]) -> None:
        """Leave these plots."""
        for lane, pair in zip(lanes, self._lines, strict=True):
            for line in pair:
                lane.plot.removeItem(line)
        self._lines = []

    def show(self, span: tuple[float, float], *, visible: bool) -> None:
        """Show or hide them; those that are out of sight come to a third and two thirds of what is.

        Parameters
        ----------
        span : tuple of float
            Of the axis as it is drawn: of the logarithm on a logarithmic one.
        visible : bool
        """
        self._visible = visible
        low, high = span
        for which in (0, 1):
            if not low <= self._at[which] <= high:
                self._at[which] = low + (high - low) * (1 + which) / 3.0
        self._place()

    def forget(self, *, log: bool) -> None:
        """Stand nowhere until they are shown again: the axis is another one."""
        self._log = log
        self._at = [math.nan, math.nan]
        self._place()

    @property
    def stand_nowhere(self) -> bool:
        """Whether they have not been put anywhere on this axis yet."""
        return math.isnan(self._at[0])

    def choose(self, which: int) -> None:
        """Let the keys move this one from now on."""
        self.active = which

    def put(self, which: int, at: float) -> None:
        """Put one of them to a place of the axis as it is drawn; the keys move it from now on."""
        self.active = which
        self._at[which] = at
        self._place()

    def step(self, by: float) -> None:
        """Move the one that the keys move."""
        self.put(self.active, self._at[self.active] + by)

    def _place(self) -> None:
        for pair in self._lines:
            for line, at in zip(pair, self._at, strict=True):
                line.setVisible(self._visible and math.isfinite(at))
                if math.isfinite(at):
                    line.setValue(at)
        self.moved.emit()

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        for pair in self._lines:
            for line, style in zip(pair, _STYLES, strict=True):
                ink = pen(colours.cursor, _WIDTH)
                ink.setStyle(style)
                line.setPen(ink)
                line.setHoverPen(pen(colours.fit, 2.0 * _WIDTH))
                if getattr(line, "label", None) is not None:
                    line.label.setColor(colours.ink)
