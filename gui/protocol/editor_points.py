"""The points of a campaign as a table, and how long all of it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from gui.common.language import tr
from gui.common.widgets import label
from gui.protocol.editor_plan import MOST_POINTS
from protocols import format_duration

if TYPE_CHECKING:
    from gui.protocol.editor_plan import Preview


class PointsView(QWidget):
    """One row a point, in the order in which they are measured. The chosen one is drawn."""

    chosen = Signal(int)
    """Number of a point."""

    def __init__(self) -> None:
        super().__init__()
        self._is_filling = False
        self.note = label("", "faint", "editorPointsNote")
        self.table = QTableWidget(0, 4)
        self.table.setObjectName("editorPoints")
        self.table.setAccessibleName(tr("Points of the campaign"))
        self.table.setHorizontalHeaderLabels([tr("Point"), tr("Values"), tr("Duration"), tr("Can be measured")])
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.itemSelectionChanged.connect(self._emit_chosen)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.addWidget(self.note)
        column.addWidget(self.table, 1)
        self.show_preview(None)

    def show_preview(self, preview: Preview | None) -> None:
        """Show the points of a campaign."""
        rows = () if preview is None else preview.rows
        self._is_filling = True
        chosen = self.table.currentRow()
        self.table.setRowCount(len(rows))
        for k, row in enumerate(rows):
            measured = tr("no: {reason}").format(reason=row.refused) if row.refused else tr("yes")
            texts = (str(row.number), row.label, format_duration(row.duration_s), measured)
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                if column in (0, 2):
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(k, column, item)
        if 0 <= chosen < len(rows):
            self.table.selectRow(chosen)
        self._is_filling = False
        if preview is None or not preview.n_points:
            self.note.setText(tr("One run. Add a sweep, and its points are listed here."))
        elif preview.n_points > len(rows):
            self.note.setText(
                tr("The first {shown} of {n} points; the time of all is estimated from these.").format(
                    shown=MOST_POINTS, n=f"{preview.n_points:,}"
                )
            )
        else:
            self.note.setText(tr("{n} points; the chosen one is drawn.").format(n=preview.n_points))

    def _emit_chosen(self) -> None:
        row = self.table.currentRow()
        if not self._is_filling and row >= 0:
            self.chosen.emit(row + 1)
