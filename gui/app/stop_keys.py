"""Esc twice: stop, wherever the focus is."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QWindow

TWICE_S = 0.6
"""Two presses within this time are meant as one wish: a double click takes up to 0.5 s. Doubled, two dialogs that are
closed one after the other stop a run."""


class StopKeys(QObject):
    """Hears Esc in every window of the application, dialogs and menus too, and leaves it to them as well.

    It listens to the windows of the system's, not to the application: those have few events, so that drawing is not
    slowed down by a filter in Python.

    Parameters
    ----------
    parent : QObject
    """

    pressed_twice = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._last_s = -TWICE_S
        self._focused: QWindow | None = None
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.focusWindowChanged.connect(self.watch)

    def watch(self, window: QWindow | None) -> None:
        """Listen to the window that has the focus, and to no other."""
        if self._focused is not None:
            self._focused.removeEventFilter(self)
        self._focused = window
        if window is not None:
            window.installEventFilter(self)
            window.destroyed.connect(self._forget)

    def _forget(self, _gone: QObject) -> None:
        self._focused = None

    def eventFilter(self, _window: QObject, event: QEvent) -> bool:
        """Take note of Esc; a key that is held down is one press."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
            self._note(event.key())
        return False

    def _note(self, key: int) -> None:
        if key != Qt.Key.Key_Escape:
            self._last_s = -TWICE_S
            return
        now = time.monotonic()
        if now - self._last_s <= TWICE_S:
            self._last_s = -TWICE_S
            self.pressed_twice.emit()
        else:
            self._last_s = now
