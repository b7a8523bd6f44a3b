"""Panel of the protocols: the ready ones, and files that have been opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from gui.common.language import tr
from gui.common.widgets import button, plain
from gui.protocol.ready import ready_title
from protocols.library import names

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

_SPACING = 4
"""Pixels between the list and its button: little, so that both are in sight under an alarm on a small screen."""
_LEAST_HEIGHT = 30
"""Pixels of the list: a row. Doubled, a low dock scrolls a list that scrolls."""


class _ProtocolList(QListWidget):
    """A list whose chosen item stays in sight when its height changes; it does not move for any other reason."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the height."""
        seen = QRect(QPoint(0, 0), event.oldSize())
        stay = [one for one in self.selectedItems() if seen.intersects(self.visualItemRect(one))]
        super().resizeEvent(event)
        for item in stay:
            self.scrollToItem(item)


class ProtocolPanel(QWidget):
    """The box "Protocol": the ready protocols, and files that have been opened.

    Parameters
    ----------
    folder : Path, optional
        Where the dialog for files looks first; by default in the current folder.
    """

    chosen = Signal(object)
    """Name of a ready protocol (str), or a file (Path)."""
    file_opened = Signal(object)
    """A file (Path) that the operator has opened."""

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self._folder = folder or Path.cwd()
        self._dialog: QFileDialog | None = None
        self.list = _ProtocolList()
        self.list.setObjectName("protocolList")
        self.list.setAccessibleName(tr("Protocols"))
        for name in names():
            self._add(ready_title(name), name)
        # Not the current item: a list that is given the focus makes its first item current.
        self.list.itemSelectionChanged.connect(self._changed)
        self.list.setMinimumHeight(_LEAST_HEIGHT)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_SPACING)
        layout.addWidget(self.list, 1)
        layout.addWidget(button(tr("Open file …"), "openProtocolButton", self._ask_for_file))

    def _add(self, text: str, source: str | Path) -> QListWidgetItem:
        item = QListWidgetItem(text, self.list)
        item.setData(Qt.ItemDataRole.UserRole, source)
        item.setToolTip(plain(str(source)))
        return item

    def _changed(self) -> None:
        for item in self.list.selectedItems():
            self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))

    def _ask_for_file(self) -> None:
        if self._dialog is None:
            dialog = QFileDialog(self, tr("Open a protocol file"), str(self._folder), f"{tr('Protocols')} (*.toml)")
            dialog.setObjectName("openProtocolDialog")
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            # Stop can be pressed while it is open.
            dialog.setWindowModality(Qt.WindowModality.NonModal)
            dialog.fileSelected.connect(lambda name: self.open_file(Path(name)))
            dialog.finished.connect(lambda _: self._forget_dialog())
            self._dialog = dialog
        self._dialog.show()
        self._dialog.raise_()

    def _forget_dialog(self) -> None:
        self._dialog = None

    def open_file(self, path: Path) -> None:
        """Put a protocol file into the list, and choose it."""
        self._folder = path.parent
        self.file_opened.emit(path)
        self.choose(path)

    def choose(self, source: str | Path) -> None:
        """Choose a ready protocol by its name, or a file, which is put into the list."""
        listed = (self.list.item(row) for row in range(self.list.count()))
        known = next((item for item in listed if item.data(Qt.ItemDataRole.UserRole) == source), None)
        if known is not None:
            self.list.clearSelection()  # read again, though it is chosen already
        self.list.setCurrentItem(known or self._add(Path(source).name, source))
