"""Panel of the live fit: W(t) with its band, parameters that close in, and how well each is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyqtgraph as pg
from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.common.language import tr
from gui.common.plots import add_plot, graphics, paint, pen, set_time_axis
from gui.common.widgets import button, label
from gui.run.live_estimates import History, LiveFigures, percent
from protocols import format_quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gui.common.theme import Colours

_SHADE = 0.25
"""Opacity of a band: the line over it keeps 3:1. Doubled, the grid under it is gone."""
_LEAST_HEIGHT = 300
"""Pixels of the two plots. Doubled, a small window scrolls them."""
_ROW = 24
"""Height of a row (pixels): a line of text with room. Doubled, six parameters do not fit into a small window."""


class LiveFitPanel(QWidget):
    """Live fit of the run in progress.

    Parameters
    ----------
    models : sequence of str
        Circuits in the list, the usual one first.
    """

    start_wanted = Signal(str)
    """Follow the run with this circuit."""
    stop_wanted = Signal()
    """Follow it no longer."""

    def __init__(self, models: Sequence[str]) -> None:
        super().__init__()
        self._history = History()
        self._is_on = False
        self._chosen = ""
        self.model = QComboBox()
        self.model.setObjectName("liveModelBox")
        self.model.setEditable(True)
        self.model.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.model.addItems(list(models))
        self.model.setAccessibleName(tr("Cell model"))
        self.model.setAccessibleDescription(tr("Circuit that the live fit follows the run with"))
        self.model.setToolTip(self.model.accessibleDescription())
        self.model.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        typed = self.model.lineEdit()
        if typed is not None:
            typed.returnPressed.connect(self._entered)
        self._button = button(tr("Start live fit"), "liveFitButton", self._clicked, "primary")
        self._state = label("", "faint", "liveFitState")
        self._problem = label("", "fault", "liveFitProblem")
        self._graphics = graphics("liveFitPlots")
        self._graphics.setMinimumHeight(_LEAST_HEIGHT)
        self._graphics.setAccessibleName(tr("Relaxation W, and the chosen parameter over the run"))
        self.memory_plot = add_plot(self._graphics, 0, tr("Relaxation W"), "")
        self.history_plot = add_plot(self._graphics, 1, "", "")
        self._curves = {plot: _BandCurve(plot) for plot in (self.memory_plot, self.history_plot)}
        self._table = _table()
        self._lay_out()
        self.clear()

    def _lay_out(self) -> None:
        set_time_axis(self.memory_plot, tr("Time since a step of the voltage"), log=True)
        set_time_axis(self.history_plot, tr("Time of the run"), log=False)
        self.memory_plot.setYRange(0.0, 1.0, padding=0.05)
        for plot in (self.memory_plot, self.history_plot):
            plot.setMouseEnabled(x=False, y=False)
        self._table.itemSelectionChanged.connect(self._choose)
        head = QHBoxLayout()
        head.addWidget(self.model, 1)
        head.addWidget(self._button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        column.addLayout(head)
        for widget in (self._state, self._problem, self._table):
            column.addWidget(widget)
        column.addWidget(self._graphics, 100)
        column.addStretch(1)

    def _clicked(self) -> None:
        if self._is_on:
            self.stop_wanted.emit()
        else:
            self.start_wanted.emit(self.model.currentText().strip())

    def _entered(self) -> None:
        if not self._is_on:
            self._clicked()

    def clear(self) -> None:
        """Forget what was found."""
        self._history = History()
        self._table.setRowCount(0)
        for curve in self._curves.values():
            curve.draw((), (), (), ())
        self._graphics.hide()
        self._table.hide()

    def show_stage(self, text: str, problem: str, *, is_on: bool) -> None:
        """Say how the live fit stands.

        Parameters
        ----------
        text, problem : str
            May be empty.
        is_on : bool
            Whether there is one that can be stopped.
        """
        self._is_on = is_on
        self._button.setText(tr("Stop live fit") if is_on else tr("Start live fit"))
        self._button.setToolTip(tr("The run goes on without it") if is_on else tr("Fit the run as it comes"))
        self.model.setEnabled(not is_on)
        self._state.setText(text)
        self._state.setVisible(bool(text))
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))

    def show_figures(self, figures: LiveFigures) -> None:
        """Show a fit, and keep it in the history."""
        self._history.add(figures)
        if self._table.isHidden():
            self._table.show()
            self._graphics.show()
        self._fill(figures)
        doubt = "" if figures.explains else tr("This model does not describe what was measured. ")
        self._state.setText(
            doubt
            + tr("{n} samples, residual {rms} rms").format(
                n=f"{figures.n_samples:,}", rms=format_quantity(figures.rms_A, "A", 3)
            )
        )
        self._state.setVisible(True)
        self.memory_plot.setVisible(bool(len(figures.W)))
        self._curves[self.memory_plot].draw(figures.band_s, figures.W, figures.W_lowest, figures.W_highest)
        self._draw_history()

    def _fill(self, figures: LiveFigures) -> None:
        table = self._table
        if table.rowCount() != len(figures.figures):
            table.setRowCount(len(figures.figures))
            table.updateGeometry()
        for row, figure in enumerate(figures.figures):
            for column, text in enumerate(figure.cells()):
                item = table.item(row, column)
                if item is None:
                    item = QTableWidgetItem()
                    table.setItem(row, column, item)
                if item.text() != text:
                    item.setText(text)
                    item.setToolTip(figure.interval if figure.is_known else "")
        if not self._chosen or self._chosen not in {one.name for one in figures.figures}:
            table.selectRow(self._least_known(figures))

    @staticmethod
    def _least_known(figures: LiveFigures) -> int:
        widths = [one.half_width for one in figures.figures]
        return widths.index(max(widths))

    def _choose(self) -> None:
        latest, rows = self._history.latest, self._table.selectionModel().selectedRows()
        if latest is not None and rows:
            self._chosen = latest.figures[rows[0].row()].name
            self._draw_history()

    def _draw_history(self) -> None:
        latest = self._history.latest
        if latest is None or not self._chosen:
            return
        figure = next((one for one in latest.figures if one.name == self._chosen), None)
        if figure is None:
            return
        title = figure.title
        if figure.is_known:
            title = tr("{title}, known to {share}").format(title=title, share=percent(figure.half_width))
        self.history_plot.setLabel("left", figure.title, units=figure.unit or None)
        self.history_plot.getAxis("left").enableAutoSIPrefix(bool(figure.unit))
        self.history_plot.setTitle(title, size="9pt")
        self._curves[self.history_plot].draw(*self._history.of(self._chosen))

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        paint(self._graphics, (self.memory_plot, self.history_plot), colours)
        self.history_plot.titleLabel.setAttr("color", colours.ink.name())
        for curve in self._curves.values():
            curve.set_colour(colours.fit)


class _BandCurve:
    """A line within its band."""

    def __init__(self, plot: Any) -> None:
        self._ends = [plot.plot(), plot.plot()]
        self._band = pg.FillBetweenItem(*self._ends)
        plot.addItem(self._band)
        self._line = plot.plot()

    def draw(self, x: _Points, middle: _Points, lowest: _Points, highest: _Points) -> None:
        # A fill of no width would begin at zero, and the plot with it.
        self._band.setVisible(len(x) > 1)
        self._line.setData(x, middle)
        for end, values in zip(self._ends, (lowest, highest), strict=True):
            end.setData(x, values)

    def set_colour(self, colour: QColor) -> None:
        shade = QColor(colour)
        shade.setAlphaF(_SHADE)
        self._band.setBrush(shade)
        self._line.setPen(pen(colour, 1.5))
        for end in self._ends:
            end.setPen(pen(colour, 0.5))


if TYPE_CHECKING:
    _Points = NDArray[Any] | tuple[()]


class _Table(QTableWidget):
    """A table as high as its rows."""

    def sizeHint(self) -> Any:
        hint = super().sizeHint()
        hint.setHeight(self.horizontalHeader().height() + _ROW * self.rowCount() + 4)
        return hint


def _table() -> QTableWidget:
    table = _Table(0, 3)
    table.setObjectName("liveFitTable")
    table.setAccessibleName(tr("Parameters of the live fit"))
    table.setAccessibleDescription(tr("The chosen row is drawn over the run"))
    table.setHorizontalHeaderLabels([tr("Parameter"), tr("Value"), tr("Known to")])
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(_ROW)
    table.setShowGrid(False)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
    return table
