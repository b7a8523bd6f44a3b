"""Table of what two cursors read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QSizePolicy, QTableWidget, QTableWidgetItem

from gui.common.cursor_readings import readings, titles
from gui.common.language import tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gui.common.quantities import Quantity
    from gui.common.traces import Traces

_ROW = 24
"""Height of a row (pixels): a line of text with room. Doubled, four quantities take a fifth of a small window."""


class CursorTable(QTableWidget):
    """A row a quantity: at A, at B, difference, slope. Its cells can be copied."""

    def __init__(self) -> None:
        super().__init__(0, 5)
        self.setObjectName("cursorTable")
        self.setAccessibleName(tr("Cursor readings"))
        self.setAccessibleDescription(tr("Values at the cursors A and B, their difference and the slope between them"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setShowGrid(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().setDefaultSectionSize(_ROW)
        self.verticalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setHighlightSections(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:
        """Return the height of its rows and its heading."""
        return QSize(
            super().sizeHint().width(), self.horizontalHeader().sizeHint().height() + _ROW * self.rowCount() + 8
        )

    def minimumSizeHint(self) -> QSize:
        """Return a height at which no row is cut."""
        return QSize(0, self.sizeHint().height())

    def show_readings(self, traces: Traces | None, quantities: Sequence[Quantity], a_s: float, b_s: float) -> None:
        """Show what cursors at two times of the axis read; a dash where there is nothing."""
        log = traces is not None and traces.edge is not None
        self.setHorizontalHeaderLabels(list(titles(a_s, b_s, log=log)))
        rows = [] if traces is None else readings(traces, quantities, a_s, b_s)
        grown = self.rowCount() != len(rows)
        self.setRowCount(len(rows))
        for row, reading in enumerate(rows):
            for column, text in enumerate(reading.cells()):
                item = self.item(row, column)
                if item is None:
                    item = QTableWidgetItem()
                    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
                    item.setTextAlignment(Qt.AlignmentFlag.AlignCenter if column else left)
                    self.setItem(row, column, item)
                if item.text() != text:
                    item.setText(text)
        if grown:
            self.updateGeometry()
