"""Command palette: every action and every dock by a few letters of its name, with the keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from gui.common.language import tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QAction

_SIZE = (520, 380)
"""Pixels: a reason on one line, a dozen entries. Doubled, it covers the plots of a small screen."""
_NO_MATCH = -1
"""No score: the best one is 0."""


def score(typed: str, text: str) -> int:
    """Return how well letters fit a text: the lower the better, -1 if they do not occur in it in this order.

    Letters that follow each other, or begin a word, fit best: "lm" finds "Layout: measure" before "Plan a sample".

    Parameters
    ----------
    typed, text : str
        Compared without regard to case; blanks in `typed` mean nothing.
    """
    letters, target = typed.lower().replace(" ", ""), text.lower()
    at, total = -1, 0
    for letter in letters:
        found = target.find(letter, at + 1)
        initial = next((k for k in range(at + 1, len(target)) if target[k] == letter and _begins(target, k)), found)
        if found < 0:
            return _NO_MATCH
        found = found if found == at + 1 else initial
        total += 0 if found == at + 1 or _begins(target, found) else found - at
        at = found
    return total + (0 if target.startswith(letters) else 1)


def _begins(text: str, at: int) -> bool:
    return at == 0 or not text[at - 1].isalnum()


class CommandPalette(QDialog):
    """The list of all actions, narrowed down as one types; Enter does the chosen one.

    Parameters
    ----------
    parent : QWidget
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("commandPalette")
        self.setWindowTitle(tr("Commands"))
        self.setWindowModality(Qt.WindowModality.NonModal)  # Stop can be pressed while it is open
        self.resize(*_SIZE)
        self._actions: Sequence[tuple[str, QAction]] = ()
        self._typed = QLineEdit()
        self._typed.setObjectName("paletteEdit")
        self._typed.setAccessibleName(tr("Name of a command"))
        self._typed.setPlaceholderText(tr("Type a few letters of what you want to do"))
        self._typed.textChanged.connect(self._narrow)
        self._typed.returnPressed.connect(self._do)
        self._typed.installEventFilter(self)
        self._list = QListWidget()
        self._list.setObjectName("paletteList")
        self._list.setAccessibleName(tr("Commands"))
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.itemActivated.connect(lambda _: self._do())
        column = QVBoxLayout(self)
        column.addWidget(self._typed)
        column.addWidget(self._list, 1)

    def ask(self, actions: Sequence[tuple[str, QAction]]) -> None:
        """Open with actions by their names; those that are not allowed are listed with the reason."""
        self._actions = actions
        self._typed.clear()
        self._narrow("")
        self.show()
        self.raise_()
        self.activateWindow()
        self._typed.setFocus()

    def _narrow(self, typed: str) -> None:
        self._list.clear()
        found = [(score(typed, name), k) for k, (name, _) in enumerate(self._actions)]
        for _, k in sorted(one for one in found if one[0] != _NO_MATCH):
            self._add(*self._actions[k])
        self._list.setCurrentRow(0)

    def _add(self, name: str, action: QAction) -> None:
        key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        text = f"{name}    {key}".rstrip()
        if not action.isEnabled():
            text = f"{text}\n    {action.toolTip()}"
        item = QListWidgetItem(text, self._list)
        item.setToolTip(action.toolTip())
        item.setData(Qt.ItemDataRole.UserRole, action)
        if not action.isEnabled():
            item.setForeground(self.palette().placeholderText())

    def _do(self) -> None:
        item = self._list.currentItem()
        action = None if item is None else item.data(Qt.ItemDataRole.UserRole)
        if action is not None and action.isEnabled():
            self.hide()
            action.trigger()

    def eventFilter(self, _edit: QObject, event: QEvent) -> bool:
        """Move in the list by the arrow keys while one types."""
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: 10,
            Qt.Key.Key_PageUp: -10,
        }
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress or event.key() not in steps:
            return False
        row = self._list.currentRow() + steps[Qt.Key(event.key())]
        self._list.setCurrentRow(min(max(row, 0), self._list.count() - 1))
        return True
