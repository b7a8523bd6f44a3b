"""What the editor shows before anything is open: the ready protocols to start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from gui.common.language import tr
from gui.common.widgets import button, label
from gui.protocol.ready import ready_title
from protocols.library import names

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

_WIDEST = 460
"""Width (pixels) of the list: the longest title fits twice. Wider, the eye has far to go."""


class StartFrom(QWidget):
    """The ready protocols; a double click or Enter starts from one."""

    ready_chosen = Signal(str)
    """Name of a ready protocol."""
    file_wanted = Signal()
    """Open a file."""
    back_wanted = Signal()
    """Go back to the document that is open."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("editorStart")
        self._list = _List(self)
        self._list.setObjectName("editorReady")
        self._list.setAccessibleName(tr("Ready protocols"))
        self._list.setAccessibleDescription(tr("Enter starts a new document from the chosen one."))
        self._list.setMaximumWidth(_WIDEST)
        for name in names():
            item = QListWidgetItem(ready_title(name), self._list)
            item.setData(Qt.ItemDataRole.UserRole, name)
        self._list.setCurrentRow(0)
        self._list.itemDoubleClicked.connect(lambda _: self.start())
        row = QHBoxLayout()
        row.addWidget(button(tr("Start from this"), "editorStartButton", self.start, role="primary"))
        row.addWidget(button(tr("Open a file …"), "editorOpenButton", self.file_wanted.emit))
        self._back = button(tr("Back"), "editorBackButton", self.back_wanted.emit)
        row.addWidget(self._back)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(10)
        column.addWidget(label(tr("New protocol"), "headline"))
        column.addWidget(
            label(tr("Choose the ready protocol that is nearest to what you want, and change it."), "faint")
        )
        column.addWidget(self._list, 1)
        column.addLayout(row)
        self.show_back(shown=False)

    def show_back(self, *, shown: bool) -> None:
        """Offer the way back where a document is open."""
        self._back.setVisible(shown)

    def start(self) -> None:
        """Start from the chosen one."""
        item = self._list.currentItem()
        if item is not None:
            self.ready_chosen.emit(item.data(Qt.ItemDataRole.UserRole))

    def take_focus(self) -> None:
        """Let the keys choose."""
        self._list.setFocus()


class _List(QListWidget):
    """A list in which Enter starts."""

    def __init__(self, owner: StartFrom) -> None:
        super().__init__()
        self._owner = owner

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._owner.start()
        else:
            super().keyPressEvent(event)
