"""Panel of the live fit: W(t) with its band, parameters that close in, and how well each is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
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
from gui.common.widgets import button, label
from gui.run.live_estimates import History, LiveFigures
from protocols import format_quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gui.common.theme import Colours
    from gui.run.live_fit_plots import LiveFitPlots

_ALL_THAT_IS_LEFT = 100
"""Share of the height for the plots, beside 1 of the space below: less leaves a gap that one sees."""
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
        self.plots: LiveFitPlots | None = None
        self._colours: Colours | None = None
        self._table = _table()
        self._lay_out()
        self.clear()

    def _lay_out(self) -> None:
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
        column.addStretch(1)
        self._column = column

    def _shown_plots(self) -> LiveFitPlots:
        """Return the plots, made when a live fit is started: their library takes its time."""
        if self.plots is None:
            from gui.run.live_fit_plots import LiveFitPlots

            self.plots = LiveFitPlots()
            self.plots.hide()
            self._column.insertWidget(self._column.count() - 1, self.plots, _ALL_THAT_IS_LEFT)
            if self._colours is not None:
                self.plots.set_colours(self._colours)
        return self.plots

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
        self._table.hide()
        if self.plots is not None:
            self.plots.clear()
            self.plots.hide()

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
        if is_on:
            self._shown_plots()  # before there is anything to draw: made beside a run, they hold its curves up

    def show_figures(self, figures: LiveFigures) -> None:
        """Show a fit, and keep it in the history."""
        self._history.add(figures)
        plots = self._shown_plots()
        if self._table.isHidden():
            self._table.show()
        plots.show()
        self._fill(figures)
        doubt = "" if figures.explains else tr("This model does not describe what was measured. ")
        self._state.setText(
            doubt
            + tr("{n} samples, residual {rms} rms").format(
                n=f"{figures.n_samples:,}", rms=format_quantity(figures.rms_A, "A", 3)
            )
        )
        self._state.setVisible(True)
        plots.show_relaxation(figures)
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
        self._shown_plots().show_history(figure, self._history.of(self._chosen))

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self._colours = colours
        if self.plots is not None:
            self.plots.set_colours(colours)


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
