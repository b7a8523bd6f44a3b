"""Table of kept fits side by side: a column for each run and circuit, a row for each figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from gui.common.language import tr
from gui.common.widgets import label

if TYPE_CHECKING:
    from gui.common.fits_side_by_side import Cell, FitsSideBySide

_ROW = 22
"""Height (pixels) of a row: figures are compared, and many are to be in sight."""


class FitsTable(QWidget):
    """Fits of the selected runs."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("fitsPanel")
        self.title = label("", "heading", "fitsTitle")
        self.note = label("", "faint", "fitsNote")
        self.table = QTableWidget()
        self.table.setObjectName("fitsTable")
        self.table.setAccessibleName(tr("Kept fits side by side"))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.verticalHeader().setDefaultSectionSize(_ROW)
        self.table.setAlternatingRowColors(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for part in (self.title, self.table, self.note):
            column.addWidget(part)
        column.setStretch(1, 1)

    def show_fits(self, fits: FitsSideBySide) -> None:
        """Show fits; nothing where there are none."""
        is_one = len(fits.runs) == 1
        self.title.setText(tr("Kept fits of {run}").format(run=fits.runs[0].name) if is_one else tr("Kept fits"))
        doubtful = any(cell is not None and cell.is_doubtful for _, cells in fits.rows for cell in cells)
        notes = [*fits.problems, *([tr("In brackets: this record does not determine it.")] if doubtful else [])]
        self.note.setText("\n".join(notes))
        self.note.setVisible(bool(notes))
        table = self.table
        table.clear()
        table.setColumnCount(len(fits.columns))
        table.setRowCount(len(fits.rows))
        headings = [circuit if is_one else f"{circuit}\n{run}" for run, circuit in fits.columns]
        table.setHorizontalHeaderLabels(headings)
        table.setVerticalHeaderLabels([title for title, _ in fits.rows])
        for row, (_, cells) in enumerate(fits.rows):
            for place, cell in enumerate(cells):
                table.setItem(row, place, _item(cell))
        table.resizeColumnsToContents()
        self.setVisible(bool(fits.columns or fits.problems))


def _item(cell: Cell | None) -> QTableWidgetItem:
    text = "–" if cell is None else f"({cell.text})" if cell.is_doubtful else cell.text
    item = QTableWidgetItem(text)
    item.setToolTip("" if cell is None else cell.tip)
    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item
