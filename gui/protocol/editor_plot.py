"""The waveform of the editor: what is wanted, what the instrument will do, its samples, the limits and its ranges."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.common.language import tr
from gui.common.plots import REST_MS, add_plot, graphics, on_double_click, paint, pen, set_time_axis
from gui.common.theme import colours_of
from gui.common.widgets import ScrolledLabel, label
from protocols import format_quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QKeyEvent

    from gui.common.theme import Colours
    from gui.protocol.editor_plan import Curve, Preview

_ZOOM = 0.7
"""How much of the width is left by one press of +: two presses halve it. Nearer to 1, more presses are needed."""
_PAN = 0.2
"""Share of the width by which an arrow key moves the view: five presses are a screen."""
_CHANGES_HEIGHT = 52
"""Greatest height (pixels) of what the instrument changes: three lines; the rest is reached by scrolling."""


def _holding(ranges: Sequence[float], *curves: Curve | None) -> list[float]:
    """Return the ranges that hold what is wanted; smaller ones would only be lines across the curve."""
    highest = max((float(np.nanmax(np.abs(curve[1]))) for curve in curves if curve is not None), default=0.0)
    return [one for one in ranges if one >= highest]


class WaveformView(QWidget):
    """Voltage, and current where it is set, over time. Keys: + and - zoom, arrows move, 0 shows all."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("editorWaveform")
        self.setAccessibleName(tr("Waveform"))
        self.setAccessibleDescription(
            tr("What the protocol asks for and what the instrument will do. Plus and minus zoom, 0 shows all.")
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._colours = colours_of(self.palette())
        self._preview: Preview | None = None
        self._graphics = graphics("editorPlot")
        self._graphics.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.voltage = add_plot(self._graphics, 0, tr("Voltage"), "V")
        self.current = add_plot(self._graphics, 1, tr("Current"), "A")
        for plot in (self.voltage, self.current):
            plot.setMouseEnabled(x=True, y=True)
            set_time_axis(plot, "", log=False)
        self.current.setXLink(self.voltage)
        self._curves: dict[str, Any] = {}
        for name, plot in (
            ("wanted V", self.voltage),
            ("open V", self.voltage),
            ("planned V", self.voltage),
            ("planned open V", self.voltage),
            ("wanted A", self.current),
            ("planned A", self.current),
        ):
            self._curves[name] = plot.plot(connect="finite")
        self.samples = pg.ScatterPlotItem(size=4, pxMode=True)
        self.voltage.addItem(self.samples)
        self._lines: list[Any] = []
        self._changes = ScrolledLabel(label("", "faint", "editorChanges"), _CHANGES_HEIGHT)
        self._empty = label(tr("The waveform is drawn as soon as the text has no faults."), "faint", "editorNoWaveform")
        self._with_limits = QCheckBox(tr("Limits in view"))
        self._with_limits.setObjectName("editorLimitsInView")
        self._with_limits.setToolTip(tr("Widen the view to the limits of the protocol"))
        self._with_limits.toggled.connect(lambda _: self.show_all())
        self._legend = QLabel()  # not a title of the plot, which cannot be narrower than its legend
        self._legend.setObjectName("editorLegend")
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        self._legend.setWordWrap(True)
        on_double_click(self._graphics, self.show_all)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        above = QHBoxLayout()
        above.setContentsMargins(8, 2, 8, 0)
        above.addWidget(self._legend, 1)
        above.addWidget(self._with_limits)
        self._empty.setContentsMargins(8, 2, 8, 0)
        column.addWidget(self._empty)
        column.addLayout(above)
        column.addWidget(self._graphics, 1)
        column.addWidget(self._changes)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._draw_window)
        self.voltage.sigXRangeChanged.connect(lambda *_: self._rest.start())
        self.show_preview(None)

    def show_preview(self, preview: Preview | None) -> None:
        """Show a plan; None leaves an empty view. The zoom stays where the duration is the same."""
        before, self._preview = self._preview, preview
        self._empty.setText(tr("The waveform is drawn as soon as the text has no faults."))
        self._empty.setVisible(preview is None)
        self._graphics.setVisible(preview is not None)
        self._with_limits.setVisible(preview is not None)
        self._legend.setVisible(preview is not None)
        changes = () if preview is None else preview.changes
        self._changes.setText("\n".join(f"• {one}" for one in changes))
        self._changes.setVisible(bool(changes))
        if preview is None:
            return
        wanted, planned = preview.wanted, preview.planned
        self._set("wanted V", wanted.voltage)
        self._set("open V", wanted.against_open)
        self._set("wanted A", wanted.current)
        self._set("planned V", None if planned is None else planned.voltage)
        self._set("planned open V", None if planned is None else planned.against_open)
        self._set("planned A", None if planned is None else planned.current)
        has_current = wanted.current is not None
        has_voltage = wanted.voltage is not None or wanted.against_open is not None or not has_current
        self.current.setVisible(has_current)
        self.voltage.setVisible(has_voltage)
        lowest = self.current if has_current else self.voltage
        for plot in (self.voltage, self.current):
            set_time_axis(plot, tr("Time") if plot is lowest else "", log=False)
            plot.getAxis("bottom").setStyle(showValues=plot is lowest)
            plot.getAxis("bottom").showLabel(plot is lowest)
        self._draw_levels(preview)
        self._paint()
        if before is None or before.duration_s != preview.duration_s:
            self.show_all()
        self._draw_window()

    def show_stale(self) -> None:
        """Say that what is drawn is of an earlier text: the present one has faults."""
        if self._preview is not None:
            self._empty.setText(tr("The text has faults: the curve is of the last text without any."))
            self._empty.show()

    def _set(self, name: str, curve: Curve | None) -> None:
        time, level = (np.empty(0), np.empty(0)) if curve is None else curve
        self._curves[name].setData(time, level)

    def _draw_levels(self, preview: Preview) -> None:
        """Draw limits of the protocol and ranges of the instrument, which do not widen the view."""
        for plot, line in self._lines:
            plot.removeItem(line)
        self._lines = []
        wanted = preview.wanted
        for plot, limit, ranges, unit in (
            (self.voltage, preview.limit_V, _holding(preview.ranges_V, wanted.voltage, wanted.against_open), "V"),
            (self.current, preview.limit_A, _holding(preview.ranges_A, wanted.current), "A"),
        ):
            if limit is not None:
                text = tr("limit ±{value}").format(value=format_quantity(limit, unit))
                self._add_lines(plot, limit, text, is_limit=True)
            for one in ranges:
                text = tr("range ±{value}").format(value=format_quantity(one, unit))
                self._add_lines(plot, one, text, is_limit=False)

    def _add_lines(self, plot: Any, level: float, text: str, *, is_limit: bool) -> None:
        """Draw a level of both signs; the upper line carries the text."""
        colour = self._colours.fault if is_limit else self._colours.faint
        style = Qt.PenStyle.DashLine if is_limit else Qt.PenStyle.DotLine
        made_with = pg.mkPen(colour, width=1.5 if is_limit else 1, style=style)
        # Words of a line that is near an edge of the view stand on its inner side.
        options = {"position": 0.98, "color": colour, "anchors": [(1, 0), (1, 1)]}
        for sign in (1, -1):
            shown = text if sign > 0 else None
            made = pg.InfiniteLine(sign * level, angle=0, pen=made_with, label=shown, labelOpts=options)
            plot.addItem(made, ignoreBounds=True)
            self._lines.append((plot, made))

    def _draw_window(self) -> None:
        """Draw edges and samples of the window of time that is shown, where they can be told apart."""
        preview = self._preview
        self.samples.setData([], [])
        if preview is None:
            return
        (start, end), _ = self.voltage.viewRange()
        for name, curves in (("wanted V", preview.wanted), ("planned V", preview.planned)):
            self._set(name, None if curves is None else curves.voltage_within(start, end))
        if preview.samples is None or preview.planned is None:
            return
        times = preview.samples.within(start, end)
        if times is not None and len(times):
            levels = preview.planned.voltage_at(times)
            kept = np.isfinite(levels)
            self.samples.setData(times[kept], levels[kept])

    # -- zoom ---------------------------------------------------------------------------------------------------------

    def show_all(self) -> None:
        """Show the whole waveform."""
        preview = self._preview
        for plot, limit in (
            (self.voltage, None if preview is None else preview.limit_V),
            (self.current, None if preview is None else preview.limit_A),
        ):
            plot.autoRange()
            if self._with_limits.isChecked() and limit is not None:
                plot.setYRange(-limit, limit, padding=0.1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zoom and move by keys."""
        box = self.voltage.getViewBox()
        (start, end), _ = box.viewRange()
        span = end - start
        key = event.key()
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            box.scaleBy(x=_ZOOM)
        elif key == Qt.Key.Key_Minus:
            box.scaleBy(x=1 / _ZOOM)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            box.translateBy(x=span * (_PAN if key == Qt.Key.Key_Right else -_PAN))
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.show_all()
        else:
            super().keyPressEvent(event)

    # -- look ---------------------------------------------------------------------------------------------------------

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self._colours = colours
        if self._preview is not None:
            self._draw_levels(self._preview)
        self._paint()

    def _paint(self) -> None:
        colours = self._colours
        paint(self._graphics, (self.voltage, self.current), colours)
        dashed = Qt.PenStyle.DashLine
        for name, colour, width, style in (
            ("wanted V", colours.faint, 3.0, Qt.PenStyle.SolidLine),
            ("open V", colours.faint, 3.0, dashed),
            ("wanted A", colours.faint, 3.0, Qt.PenStyle.SolidLine),
            ("planned V", colours.voltage, 1.5, Qt.PenStyle.SolidLine),
            ("planned open V", colours.voltage, 1.5, dashed),
            ("planned A", colours.current, 1.5, Qt.PenStyle.SolidLine),
        ):
            made = pen(colour, width)
            made.setStyle(style)
            self._curves[name].setPen(made)
        self.samples.setBrush(pg.mkBrush(colours.fit))
        self.samples.setPen(pg.mkPen(None))
        if self._preview is not None:
            model = self._preview.model
            names = {tr("wanted"): colours.faint}
            if self._preview.planned is not None:
                names |= {tr("planned: {model}").format(model=model): colours.voltage, tr("samples"): colours.fit}
            if self._preview.wanted.against_open is not None:
                names[tr("dashed: against open circuit")] = colours.faint
            limits = ((self._preview.limit_V, "V"), (self._preview.limit_A, "A"))
            shown = [format_quantity(value, unit) for value, unit in limits if value is not None]
            names[tr("limits {values}").format(values=", ".join(shown))] = colours.fault
            whole = ((escape(name).replace(" ", "&nbsp;"), ink) for name, ink in names.items())  # a value with its unit
            parts = (f'<span style="color:{ink.name()}">━&nbsp;{one}</span>' for one, ink in whole)
            self._legend.setText("&nbsp;&nbsp; ".join(parts))
