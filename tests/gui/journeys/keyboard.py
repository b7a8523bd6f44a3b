"""A keyboard: keys go to whatever has the focus, and nothing is clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from gui import MainWindow

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


class Keyboard:
    """Keys at a window."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        window.activateWindow()

    @property
    def focus(self) -> QWidget:
        """What has the focus: in the window that is active, else in the main window."""
        return QApplication.focusWidget() or self.window.focusWidget() or self.window

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key."""
        QTest.keyClick(self.focus, key, modifier)

    def type(self, text: str) -> None:
        """Type a text."""
        QTest.keyClicks(self.focus, text)

    def tab_to(self, name: str) -> None:
        """Press Tab until a widget of this name has the focus."""
        for _ in range(200):
            if self.focus.objectName() == name:
                return
            self.press(Qt.Key.Key_Tab)
        raise AssertionError(f"no Tab leads to {name}")

    def command(self, letters: str) -> None:
        """Do an action by a few letters of its name, in the command palette."""
        self.press(Qt.Key.Key_K, CTRL)
        dialog = self.window.findChild(QDialog, "commandPalette")
        assert dialog is not None
        edit = dialog.findChild(QLineEdit, "paletteEdit")
        assert edit is not None
        QTest.keyClicks(edit, letters)
        QTest.keyClick(edit, Qt.Key.Key_Return)
        assert not dialog.isVisible(), f"{letters} is not allowed"
        self.window.activateWindow()  # as a window system does when a dialog has gone
