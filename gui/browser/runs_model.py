"""Model of the list of runs: the files of all, and what is known of those in sight, asked for when they come to be."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QIcon, QImage, QPixmap

from gui.browser.columns import EDITED, PICTURE, Column, cell_text, cell_tip, usual_columns
from gui.common.language import tr

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gui.services.catalogue import Row

_PAGE = 50
"""Runs that are asked for at once: a screen. Doubled, the first ones come some milliseconds later."""
_MOST_ROWS, _MOST_PICTURES = 4000, 600
"""Rows and pictures that are kept: 80 and 12 screens. Doubled, they take 20 MB more, and scrolling back reads less."""
_RATIO = 2.0
"""Pixels of a picture for each point of the screen, in each direction."""
_Index = QModelIndex | QPersistentModelIndex


class RunsModel(QAbstractTableModel):
    """The list of runs."""

    rows_wanted = Signal(object)
    """Read what is known of these runs (tuple of str)."""
    picture_wanted = Signal(str)
    edited = Signal(str, str, str)
    """Path, key of the column and the text that somebody typed."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: tuple[str, ...] = ()
        self.columns: tuple[Column, ...] = usual_columns()
        self._rows: OrderedDict[str, Row] = OrderedDict()
        self._pictures: OrderedDict[str, QIcon | None] = OrderedDict()
        self._places: dict[str, int] | None = None
        self._asked: set[int] = set()
        self._wanted: list[int] = []
        self._ink: QColor | None = None
        # Rows are asked for once the view has told all that it is about to paint.
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._ask)

    # -- what is listed -----------------------------------------------------------------------------------------------

    def set_paths(self, paths: tuple[str, ...]) -> bool:
        """List these runs; return whether they are others than before. What is known of them is asked for anew."""
        self._asked.clear()
        if paths == self.paths:
            self._tell_changed(range(len(paths)))
            return False
        self.beginResetModel()
        self.paths, self._places = paths, None
        self.endResetModel()
        return True

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show these columns."""
        self.beginResetModel()
        self.columns = tuple(columns)
        self.endResetModel()

    def take_rows(self, rows: Mapping[str, Row]) -> None:
        """Take in what is known of some runs."""
        changed = [path for path, row in rows.items() if self._rows.get(path) != row]
        for path in changed:
            before = self._rows.get(path)
            if before is not None and before.run.values["samples"] != rows[path].run.values["samples"]:
                self._pictures.pop(path, None)  # it has grown
            self._rows[path] = rows[path]
            self._rows.move_to_end(path)
        while len(self._rows) > _MOST_ROWS:
            self._rows.popitem(last=False)
        self._tell_changed([self.row_of(one) for one in changed if self.row_of(one) >= 0])

    def row_of(self, path: str) -> int:
        """Return the row of a run; -1 if it is not listed."""
        if self._places is None:
            self._places = {one: row for row, one in enumerate(self.paths)}
        return self._places.get(path, -1)

    def take_picture(self, path: str, mask: Any) -> None:
        """Take in the picture of a run (a mask), or that there is none (None)."""
        icon = None
        if mask is not None and self._ink is not None:
            icon = QIcon(_inked(mask, self._ink))
            icon.addPixmap(_inked(mask, QColor(Qt.GlobalColor.white)), QIcon.Mode.Selected)
        self._pictures[path] = icon
        while len(self._pictures) > _MOST_PICTURES:
            self._pictures.popitem(last=False)
        if self.row_of(path) >= 0:
            self._tell_changed([self.row_of(path)])

    def set_ink(self, ink: QColor) -> None:
        """Draw pictures in this colour."""
        if ink != self._ink:
            self._ink = ink
            self._pictures.clear()
            self._tell_changed(range(len(self.paths)))

    def _tell_changed(self, rows: Sequence[int]) -> None:
        if len(rows):
            first, last = min(rows), max(rows)
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))

    def known(self, path: str) -> Row | None:
        """Return what is known of a run, if it has been read."""
        return self._rows.get(path)

    # -- Qt's questions -----------------------------------------------------------------------------------------------

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return how many runs are listed."""
        return 0 if parent.isValid() else len(self.paths)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return how many columns are shown."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the title of a column."""
        if orientation != Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if self.columns[section].is_number else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return self.columns[section].title if role == Qt.ItemDataRole.DisplayRole else None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Return what may be done with a cell: tags and notes are edited."""
        flags = super().flags(index)
        is_edited = index.isValid() and self.columns[index.column()].key in EDITED
        return flags | Qt.ItemFlag.ItemIsEditable if is_edited else flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows; what is not known yet is asked for."""
        if not index.isValid() or index.row() >= len(self.paths):
            return None
        path, column = self.paths[index.row()], self.columns[index.column()]
        row = self._rows.get(path)
        if index.row() // _PAGE not in self._asked:
            self._want(index.row() // _PAGE)
        if row is None:
            return "…" if role == Qt.ItemDataRole.DisplayRole and index.column() == 0 else None
        return self._known_data(path, row, column, role)

    def _known_data(self, path: str, row: Row, column: Column, role: int) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return cell_text(row.run, column.key)
        if role == Qt.ItemDataRole.EditRole:
            return ", ".join(row.run.tags) if column.key == "tags" else row.own_notes
        if role == Qt.ItemDataRole.ToolTipRole:
            return cell_tip(row.run, column.key) or None
        if role == Qt.ItemDataRole.TextAlignmentRole and column.is_number:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if column.key == PICTURE and role == Qt.ItemDataRole.DecorationRole:
            return self._picture(path, has_samples=bool(row.run.values["samples"]))
        if column.key == PICTURE and role == Qt.ItemDataRole.AccessibleTextRole:
            return tr("picture of the current")
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Have what somebody typed stated of the run; it is shown when that is done."""
        if role != Qt.ItemDataRole.EditRole or value == self.data(index, role):
            return False
        self.edited.emit(self.paths[index.row()], self.columns[index.column()].key, str(value))
        return True

    def _picture(self, path: str, *, has_samples: bool) -> QIcon | None:
        if path in self._pictures:
            return self._pictures[path]
        if has_samples and self._ink is not None:
            self.picture_wanted.emit(path)
        return None

    def _want(self, page: int) -> None:
        self._asked.add(page)
        self._wanted.append(page)
        self._timer.start()

    def _ask(self) -> None:
        pages, self._wanted = self._wanted, []
        paths = [path for page in pages for path in self.paths[page * _PAGE : (page + 1) * _PAGE]]
        if paths:
            self.rows_wanted.emit(tuple(paths))


def _inked(mask: Any, ink: QColor) -> QPixmap:
    """Return a picture in a colour."""
    height, width = mask.shape
    image = QImage(width, height, QImage.Format.Format_ARGB32)
    image.fill(ink)
    image.setAlphaChannel(QImage(mask.tobytes(), width, height, width, QImage.Format.Format_Grayscale8))
    picture = QPixmap.fromImage(image)
    picture.setDevicePixelRatio(_RATIO)
    return picture
