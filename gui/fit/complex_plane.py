"""Impedances in the complex plane, measured and fitted, with what the fit leaves by frequency."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg

from gui.common.language import tr
from gui.common.plots import add_plot, log_ticks, on_double_click, paint, pen, set_legend
from gui.fit.group_plots import PlotStack
from protocols import format_quantity, prefixed_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gui.common.theme import Colours
    from gui.fit.documents import ImpedanceView

    Complexes = NDArray[np.complex128]

_SIZE = 6
"""Pixels of a measured point: with 16 in a decade, neighbours are told apart. Doubled, they touch."""
_DECADE_SIZE = 7
"""Pixels of the mark at a whole decade of frequency, which is to be seen among the measured points."""
_PLANE_HEIGHT = 200
"""Pixels of a complex plane: an arc as high as six ticks. Doubled, a small window scrolls one."""
_APART = 0.18
"""Share of the plane's extent that named decades are apart: in a low plane a line of text. Halved, texts overlap."""

_NAME_HEIGHT = 0.1
"""Share of the plane's extent that a name is high. Doubled, a name flees a curve that passes below it."""
_NAME_GAP = 0.12
"""Share of a name's width between it and its place. Doubled, it seems to belong to the next."""


class ComplexPlanePlots(PlotStack):
    """The complex plane of each spectrum, -Im up and both axes of one scale, and its residual beside it."""

    def __init__(self) -> None:
        super().__init__("complexPlanePlots", tr("Impedance in the complex plane, and residual by frequency"), 1)
        self.planes: list[Any] = []
        self.residuals: list[Any] = []
        self._views: tuple[ImpedanceView, ...] = ()
        on_double_click(self.graphics, self._show_all)

    def show_spectra(self, views: Sequence[ImpedanceView]) -> None:
        """Draw some spectra, one below the other."""
        self.graphics.clear()
        self._views, self.planes, self.residuals = tuple(views), [], []
        self.graphics.setMinimumHeight(_PLANE_HEIGHT * max(len(views), 1))
        for row in range(len(views)):
            self.planes.append(self._plane(row))
            self.residuals.append(self._residual(row))
        if self.colours is not None:
            self.set_colours(self.colours)

    def _plane(self, row: int) -> Any:
        plane = add_plot(self.graphics, row, "", "")
        _, unit = _scale(self._views[row])
        for side, title in (("left", "−Im Z"), ("bottom", "Re Z")):
            plane.getAxis(side).enableAutoSIPrefix(False)
            plane.setLabel(side, title, units=unit)
        plane.setAspectLocked(True)
        plane.setMouseEnabled(x=True, y=True)
        return plane

    def _residual(self, row: int) -> Any:
        plot = add_plot(self.graphics, row, tr("Residual"), "", 1)
        left, bottom = plot.getAxis("left"), plot.getAxis("bottom")
        left.enableAutoSIPrefix(False)
        plot.setLabel("left", tr("Residual"), units=tr("% of |Z|"))
        bottom.setLogMode(True)
        bottom.logTickStrings = partial(log_ticks, partial(format_quantity, unit="Hz", digits=3))
        plot.setLabel("bottom", tr("Frequency"))
        return plot

    def _show_all(self) -> None:
        for plot in (*self.planes, *self.residuals):
            plot.autoRange()

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self.colours = colours
        paint(self.graphics, (*self.planes, *self.residuals), colours)
        for plane, residual, view in zip(self.planes, self.residuals, self._views, strict=True):
            _draw_plane(plane, view, colours)
            _draw_residual(residual, view, colours)


def _scale(view: ImpedanceView) -> tuple[float, str]:
    """Return the ohms that an axis counts in, and what they are called: one unit for both axes."""
    exponent, unit = prefixed_unit(float(np.abs(view.measured_ohm).max()), "ohm")
    return 10.0**exponent, unit


def _draw_plane(plane: Any, view: ImpedanceView, colours: Colours) -> None:
    scale, _ = _scale(view)
    measured, curve = view.measured_ohm / scale, view.curve_ohm / scale
    plane.clear()
    plane.plot(
        measured.real,
        -measured.imag,
        pen=None,
        symbol="o",
        symbolSize=_SIZE,
        symbolPen=pen(colours.current, 1.5),
        symbolBrush=None,
    )
    plane.plot(curve.real, -curve.imag, pen=pen(colours.fit, 1.5))
    for frequency, at in _decades(view, scale):
        mark = pg.ScatterPlotItem([at.real], [-at.imag], size=_DECADE_SIZE, brush=colours.fit, pen=None)
        text = pg.TextItem(format_quantity(frequency, "Hz"), color=colours.ink, anchor=_anchor(at, curve))
        text.setPos(at.real, -at.imag)
        plane.addItem(mark)
        plane.addItem(text, ignoreBounds=True)
    set_legend(plane, {view.title: colours.current, tr("fitted"): colours.fit}, {view.title: "○"})


def _anchor(at: complex, curve: Complexes) -> tuple[float, float]:
    """Return which point of its name stands at a place: so that the name hides least of the curve.

    Of places that hide as little, the one towards the middle: what stands at the edge is not cut.
    """
    extent = _extent(curve)
    inwards = at.real < 0.5 * (curve.real.min() + curve.real.max())
    right, up = (curve.real - at.real) / (_APART * extent), (at.imag - curve.imag) / (_NAME_HEIGHT * extent)
    best, fewest = (0.0, 0.0), len(curve) + 1
    for side in (1.0, -1.0) if inwards else (-1.0, 1.0):
        for lowest in (-0.5, 0.0, -1.0):  # beside the place, above it, below
            along = side * right
            hidden = int(np.count_nonzero((along > 0.0) & (along < 1.0) & (up > lowest) & (up < lowest + 1.0)))
            if hidden < fewest:
                best, fewest = (-_NAME_GAP if side > 0.0 else 1.0 + _NAME_GAP, 1.0 + lowest), hidden
    return best


def _extent(curve: Complexes) -> float:
    return float(max(np.ptp(curve.real), np.ptp(curve.imag)))


def _decades(view: ImpedanceView, scale: float) -> list[tuple[float, complex]]:
    """Return whole decades of frequency with their places on the curve, as many as can be named beside each other."""
    curve = view.curve_ohm / scale
    low, high = np.log10(view.curve_Hz[[0, -1]])
    extent = _extent(curve)
    named: list[tuple[float, complex]] = []
    for decade in range(int(np.ceil(low)), int(np.floor(high)) + 1):
        along = [np.interp(decade, np.log10(view.curve_Hz), part) for part in (curve.real, curve.imag)]
        at = complex(*along)
        if all(abs(at - other) > _APART * extent for _, other in named):
            named.append((10.0**decade, at))
    return named


def _draw_residual(plot: Any, view: ImpedanceView, colours: Colours) -> None:
    left = 100.0 * (view.measured_ohm - view.fitted_ohm) / np.abs(view.measured_ohm)
    along = np.log10(view.frequency_Hz)
    plot.clear()
    for values, symbol, ink in ((left.real, "o", colours.current), (left.imag, "x", colours.fit)):
        brush = ink if symbol == "o" else None
        plot.plot(along, values, pen=None, symbol=symbol, symbolSize=_SIZE, symbolPen=pen(ink, 1.5), symbolBrush=brush)
    plot.addItem(pg.InfiniteLine(0.0, angle=0, pen=pen(colours.faint)))
    real, imaginary = tr("real part"), tr("imaginary part")
    set_legend(plot, {real: colours.current, imaginary: colours.fit}, {real: "●", imaginary: "✕"})
