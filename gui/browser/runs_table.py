"""Table of runs: chosen by Enter or a double click, edited in place, its selection told as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QTableView

from gui.browser.columns import EDITED
from gui.common.language import tr
from gui.services.thumbnails import HEIGHT, WIDTH

if TYPE_CHECKING:
    from PySide6.QtGui import QContextMenuEvent, QKeyEvent

    from gui.browser.runs_model import RunsModel

_ROW = 30
"""Height (pixels) of a row: a picture of 24, and room between two."""
_MOST_RESTORED = 1000
"""Most runs whose selection outlives a new list. Doubled, a list of 1e5 takes some milliseconds more."""


class RunsTable(QTableView):
    """Table of runs."""

    open_wanted = Signal()
    selected = Signal(object)
    """Files of the runs that are selected (tuple of str), in the order of the list."""
    sort_wanted = Signal(str)
    """Sort by this field or figure; behind a minus, the largest first."""
    menu_wanted = Signal(object)

    def __init__(self, model: RunsModel) -> None:
        super().__init__()
        self.setObjectName("runsTable")
        self.setAccessibleName(tr("Runs"))
        self.setAccessibleDescription(tr("Enter opens what is selected, F2 edits tags and notes."))
        self._runs = model
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setIconSize(QSize(WIDTH // 2, HEIGHT // 2))
        self.setTabKeyNavigation(False)  # Tab leads on, as everywhere
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        # Of its own: with that of the table it would ask for every cell of 1e5 selected rows whenever it is painted.
        header.setSelectionModel(QItemSelectionModel(model, header))
        header.sectionClicked.connect(self._sort_by)
        self._sort = "-start"
        self.doubleClicked.connect(self._double_clicked)
        model.modelReset.connect(self._reset)
        self._kept: list[str] = []
        model.modelAboutToBeReset.connect(self._keep)
        selection = self.selectionModel()
        selection.selectionChanged.connect(lambda *_: self.selected.emit(self.selected_paths()))
        self._reset()

    def selected_paths(self) -> tuple[str, ...]:
        """Return the files of the selected runs, in the order of the list."""
        return tuple(self._runs.paths[row] for row in self._selected_rows())

    def _selected_rows(self) -> list[int]:
        ranges = self.selectionModel().selection().toList()
        return sorted({row for one in ranges for row in range(one.top(), one.bottom() + 1)})

    def _keep(self) -> None:
        rows = self._selected_rows()
        self._kept = [self._runs.paths[row] for row in rows] if len(rows) <= _MOST_RESTORED else []

    def _reset(self) -> None:
        """Give columns their widths, and select what was selected before."""
        for place, column in enumerate(self._runs.columns):
            self.setColumnWidth(place, column.width)
        self._show_sort()
        chosen = QItemSelection()
        for row in (row for path in self._kept if (row := self._runs.row_of(path)) >= 0):
            index = self._runs.index(row, 0)
            chosen.select(index, index)
        how = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().select(chosen, how)
        if not chosen.isEmpty():
            self.selectionModel().setCurrentIndex(chosen.indexes()[0], QItemSelectionModel.SelectionFlag.NoUpdate)
        self.selected.emit(self.selected_paths())

    def show_sort(self, sort: str) -> None:
        """Show by what the list is sorted."""
        self._sort = sort
        self._show_sort()

    def _show_sort(self) -> None:
        header, name = self.horizontalHeader(), self._sort.removeprefix("-")
        place = next((k for k, one in enumerate(self._runs.columns) if one.sort == name), -1)
        header.setSortIndicatorShown(place >= 0)
        if place >= 0:
            order = Qt.SortOrder.DescendingOrder if self._sort.startswith("-") else Qt.SortOrder.AscendingOrder
            header.setSortIndicator(place, order)

    def _sort_by(self, place: int) -> None:
        name = self._runs.columns[place].sort
        if not name:
            self._show_sort()
            return
        self.sort_wanted.emit(f"-{name}" if self._sort == name else name)

    def _double_clicked(self, index: QModelIndex) -> None:
        if self._runs.columns[index.column()].key in EDITED:
            self._edit(index)
        else:
            self.open_wanted.emit()

    def _edit(self, index: QModelIndex) -> None:
        """Edit a cell, unless one is edited already, or this one cannot be: Qt would complain on standard error."""
        is_editing = self.state() == QAbstractItemView.State.EditingState
        if self._runs.flags(index) & Qt.ItemFlag.ItemIsEditable and not is_editing:
            self.edit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open by Enter; F2 edits the tags, wherever in the row one is."""
        is_editing = self.state() == QAbstractItemView.State.EditingState
        current = self.currentIndex()
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not is_editing:
            self.open_wanted.emit()
        elif event.key() == Qt.Key.Key_F2 and current.isValid() and not is_editing:
            keys = [one.key for one in self._runs.columns]
            if keys[current.column()] not in EDITED and "tags" in keys:
                current = current.siblingAtColumn(keys.index("tags"))
            self._edit(current)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of what is selected."""
        if self.selectionModel().hasSelection():
            self.menu_wanted.emit(event.globalPos())
