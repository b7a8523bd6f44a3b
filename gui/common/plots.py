"""Plots that read well: units with their prefixes, decades of time, colours of the palette."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF, QPixmapCache
from PySide6.QtWidgets import QGraphicsItem, QSizePolicy

from gui.common.quantities import Quantity
from protocols import format_quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtGui import QColor, QPen

    from gui.common.theme import Colours

# Software OpenGL makes every way of drawing 3 to 6 times slower (docs/explanations/architecture.md, "Drawing").
pg.setConfigOptions(useOpenGL=False, antialias=True)

# Room for "-100.5" and the name of the quantity; the same for all, so that plots above each other line up.
_AXIS_WIDTH = 72
_AXES_KB = 98_304
"""Room (kB) for the pictures of axes: two of each plot, 66 MB on a screen of 3840 by 2160. Halved, they are painted in
every frame there."""
_LEAST_HEIGHT = 160
"""Pixels: two plots in which a curve is seen. Doubled, a small window scrolls its plots."""

_TOLD = (1, 2, 5)
"""First digits of what is said at a logarithmic axis: with all, they overlap."""
_SMALL_PT = 8
"""Size of a title that has no room in the usual one: as small as texts of the window are."""
_TITLE_END = 4.0
"""Pixels of a title's frame, at both ends together: so much is less than the axis is long. Doubled, titles are cut that
have room."""
REST_MS = 60
"""A zoom is asked for when the mouse has come to rest for this long: two frames, so that a drag asks for one view only.
Doubled, a zoom is answered 60 ms later."""


def graphics(name: str) -> Any:
    """Return an empty widget for plots.

    Parameters
    ----------
    name : str
        Its object name.
    """
    widget = pg.GraphicsLayoutWidget()
    widget.setObjectName(name)
    widget.ci.setContentsMargins(4, 4, 12, 4)
    widget.ci.setSpacing(6)
    # As high as there is room for: what scrolls would give it the height that Qt thinks best.
    widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
    widget.setMinimumHeight(_LEAST_HEIGHT)
    QPixmapCache.setCacheLimit(max(QPixmapCache.cacheLimit(), _AXES_KB))
    return widget


def on_double_click(widget: Any, wanted: Callable[[], None]) -> None:
    """Call a function when somebody double-clicks in a widget for plots."""
    widget.scene().sigMouseClicked.connect(lambda click: wanted() if click.double() else None)


_ROOM = 0.2
"""Share of what is drawn by which an axis of values grows at once. Doubled, a curve fills two thirds of its plot;
halved, the axis moves twice as often."""
_LEAST_FILLED = 0.7
"""Share of an axis that curves must fill, else it is fitted anew: with room on both sides they fill 1 / 1.4."""


class TimeViewBox(pg.ViewBox):  # type: ignore[misc]
    """Where curves over time are drawn: wheel and drag move the time, on the left axis or with Ctrl the values.

    Values that are fitted while a run grows get some room when they outgrow it: an axis that moves in every frame is a
    quarter of the paint, and nobody can read its numbers.
    """

    def __init__(self, *, enableMenu: bool = False) -> None:
        super().__init__(enableMenu=enableMenu)
        self._values: tuple[float, float] | None = None

    def enableAutoRange(self, *which: Any, **named: Any) -> None:
        """Fit an axis to what is drawn, values exactly."""
        self._values = None
        super().enableAutoRange(*which, **named)

    def childrenBounds(self, *which: Any, **named: Any) -> list[list[float] | None]:
        """Return what times and values are to be shown; those of before while they are filled well."""
        times, values = super().childrenBounds(*which, **named)
        self._values = None if values is None else self._roomy(*values)
        return [times, None if self._values is None else list(self._values)]

    def _roomy(self, low: float, high: float) -> tuple[float, float]:
        span, before = high - low, self._values
        if before is None or span < _LEAST_FILLED * (before[1] - before[0]) or high < before[0] or low > before[1]:
            return low, high
        room = _ROOM * span
        return low - room if low < before[0] else before[0], high + room if high > before[1] else before[1]

    def wheelEvent(self, ev: Any, axis: int | None = None) -> None:
        """Zoom into time, or into values."""
        super().wheelEvent(ev, _axis_of(ev) if axis is None else axis)

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:
        """Move along time, or along values."""
        super().mouseDragEvent(ev, _axis_of(ev) if axis is None else axis)


def _axis_of(event: Any) -> int:
    return 1 if event.modifiers() & Qt.KeyboardModifier.ControlModifier else 0


class SparingAxis(pg.AxisItem):  # type: ignore[misc]
    """An axis that lays its title out when it is another: the library does whenever the axis moves, 0.5 ms each."""

    _told = ""

    def _updateLabel(self) -> None:
        told = str(self.labelString())
        if told != self._told:
            self._told = told
            super()._updateLabel()
            super().resizeEvent()  # in the middle again: the library does that for a new length only
        else:
            self.picture = None
            self.update()


class ValueAxis(SparingAxis):
    """An axis on the left whose title is no longer than it is: small, then with its quantity's symbol for its name.

    A name without a symbol is cut short, a unit never. Without, the titles of low plots above each other run into each
    other.
    """

    labelText: str
    labelStyle: dict[str, str]

    def __init__(self) -> None:
        super().__init__("left")

    def labelString(self) -> str:
        """Return the title, with as much of its name as there is room for."""
        name, room = str(self.labelText), self.size().height() - _TITLE_END
        whole = str(super().labelString())
        if room <= 0.0 or not name:  # not laid out yet
            return whole
        text, style = re.sub("<[^>]*>", "", whole), self.labelStyle
        font = self.label.font()
        if size := re.fullmatch(r"([\d.]+)pt", style.get("font-size", "")):
            font.setPointSizeF(float(size[1]))
        if QFontMetricsF(font).horizontalAdvance(text) <= room:
            return whole
        font.setPointSizeF(_SMALL_PT)
        metrics = QFontMetricsF(font)
        left = room - metrics.horizontalAdvance(text.removeprefix(name))
        if metrics.horizontalAdvance(name) > left:
            symbols = {quantity.title: quantity.symbol for quantity in Quantity}
            self.labelText = symbols.get(name) or metrics.elidedText(name, Qt.TextElideMode.ElideRight, left)
        self.labelStyle = {**style, "font-size": f"{_SMALL_PT}pt"}
        try:
            return str(super().labelString())
        finally:
            self.labelText, self.labelStyle = name, style

    def resizeEvent(self, ev: Any = None) -> None:
        """Write the title again at the new length."""
        if self.label is not None:
            self._updateLabel()
        super().resizeEvent(ev)


_ready: dict[type[Any], list[Any]] = {}


def make_ready(view_box: type[Any] = pg.ViewBox) -> None:
    """Make a plot for later: each takes 8 ms, and a page that shows three of them at once holds the window up."""
    _ready.setdefault(view_box, []).append(_made(view_box))


def forget_ready() -> None:
    """Let plots go that were made and not needed: before the application, as all that is Qt's."""
    _ready.clear()


def new_plot(title: str, unit: str, view_box: type[Any] = pg.ViewBox) -> Any:
    """Return a plot, one that is ready if there is any, with its quantity and unit on the left axis.

    Parameters
    ----------
    title, unit : str
    view_box : type
        Where its curves are drawn.
    """
    ready = _ready.get(view_box)
    plot = ready.pop() if ready else _made(view_box)
    plot.setLabel("left", title, units=unit or None)
    plot.getAxis("left").enableAutoSIPrefix(bool(unit))
    return plot


def add_plot(widget: Any, row: int, title: str, unit: str, column: int = 0) -> Any:
    """Return a new plot in a row of a widget, with its quantity and unit on the left axis."""
    plot = new_plot(title, unit)
    widget.addItem(plot, row=row, col=column)
    return plot


def _made(view_box: type[Any]) -> Any:
    """Return a plot with its grid and what the mouse does."""
    # Without menus: their forms take 3 ms to build, and nobody is offered them.
    axes = {"left": ValueAxis(), "bottom": SparingAxis("bottom")}
    plot = pg.PlotItem(viewBox=view_box(enableMenu=False), enableMenu=False, axisItems=axes)
    plot.hideButtons()
    plot.setMenuEnabled(False)
    plot.getAxis("left").setWidth(_AXIS_WIDTH)
    plot.showGrid(x=True, y=True, alpha=0.12)
    for name in ("left", "bottom"):
        # Lines at the major ticks only: those between are two thirds of the cost of a frame (11 ms against 4).
        plot.getAxis(name).setStyle(maxTickLevel=0)
        # Painted once, not in every frame (docs/explanations/architecture.md, "Drawing").
        plot.getAxis(name).setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
    plot.getAxis("bottom").logTickStrings = _decade_strings
    plot.setMouseEnabled(x=True, y=False)
    plot.enableAutoRange(y=True)
    return plot


def set_time_axis(plot: Any, title: str, *, log: bool) -> None:
    """Label a plot's time axis and make it linear or logarithmic.

    Parameters
    ----------
    plot : PlotItem
    title : str
        Empty for a plot that shares the axis of the one below it.
    log : bool
    """
    plot.setLogMode(x=log, y=False)
    axis = plot.getAxis("bottom")
    axis.enableAutoSIPrefix(not log)
    axis.setStyle(maxTickLevel=1 if log and title else 0)
    axis.showLabel(bool(title))
    axis.setStyle(showValues=bool(title))
    if title:
        # On a logarithmic axis every tick carries its own unit.
        plot.setLabel("bottom", title, units=None if log else "s")


def set_legend(plot: Any, names: Mapping[str, QColor], marks: Mapping[str, str] | None = None) -> None:
    """Name the curves of a plot above it, each in its colour, where no curve runs.

    Parameters
    ----------
    plot : PlotItem
    names : mapping of str to QColor
    marks : mapping of str to str, optional
        How points look of those that are not drawn as a line.
    """
    looks = marks or {}
    parts = (f'<span style="color:{ink.name()}">{looks.get(one, "━")} {one}</span>' for one, ink in names.items())
    plot.setTitle("&nbsp;&nbsp;&nbsp;".join(parts), size="9pt")


def show_row(widget: Any, row: int, plot: Any, stretch: int, *, shown: bool) -> None:
    """Show a plot in its row of a widget, or leave the row to the others.

    Parameters
    ----------
    widget : GraphicsLayoutWidget
    row : int
    plot : PlotItem
    stretch : int
        Share of the height that it has while it is shown.
    shown : bool
    """
    plot.setVisible(shown)
    widget.ci.layout.setRowStretchFactor(row, stretch if shown else 0)


def paint(widget: Any, plots: Sequence[Any], colours: Colours) -> None:
    """Give plots the colours of the palette."""
    widget.setBackground(colours.ground)
    for plot in plots:
        for name in ("left", "bottom"):
            axis = plot.getAxis(name)
            axis.setPen(pg.mkPen(colours.faint))
            axis.setTextPen(pg.mkPen(colours.ink))


def pen(colour: QColor, width: float = 1.0) -> QPen:
    """Return a pen of a constant width on the screen."""
    return pg.mkPen(colour, width=width)  # type: ignore[no-any-return]


def log_ticks(
    told: Callable[[float], str], values: Sequence[float], _scale: float, _spacing: float | None
) -> list[str]:
    """Return what stands at a logarithmic axis: 1, 2 and 5 of each decade, with their unit.

    Parameters
    ----------
    told : callable
        Returns a value with its unit.
    values : sequence of float
        Logarithms.
    """
    first = [int(f"{10.0**value:.0e}"[0]) for value in values]
    return [told(10.0**value) if digit in _TOLD else "" for value, digit in zip(values, first, strict=True)]


def _decade_strings(values: Sequence[float], _scale: float, _spacing: float) -> list[str]:
    """Return "10 µs", "1 ms" for the logarithms of whole decades, nothing for what is between."""
    whole = [math.isclose(value, round(value), abs_tol=1e-6) for value in values]
    return [format_quantity(10.0 ** round(value), "s", 3) if w else "" for value, w in zip(values, whole, strict=True)]
