"""First paint of the window: what it does not need waits for it, since threads that import would hold it up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer, Signal

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

_AT_LATEST_MS = 1000
"""After how long a window that is not painted is asked whether it is covered or minimised, so that the others begin
without its paint. Doubled, a run in progress is found so much later there; halved, a busy machine may not have exposed
it yet."""


class FirstPaint(QObject):
    """Tells once when a window has been painted first.

    Parameters
    ----------
    window : QWidget
        One that is not shown is not waited for.
    """

    over = Signal()
    """It is painted."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._is_over = False
        window.installEventFilter(self)
        QTimer.singleShot(0, self, self._begin)

    def _begin(self) -> None:
        if not self._window.isVisible():
            self._end()
        else:
            QTimer.singleShot(_AT_LATEST_MS, self, self._end_if_covered)

    def _end_if_covered(self) -> None:
        """Wait no longer for the paint of a window that nobody sees; where it is seen, the computer is busy."""
        handle = self._window.windowHandle()
        is_seen = handle is not None and handle.isExposed() and not self._window.isMinimized()
        if is_seen and not self._is_over:
            QTimer.singleShot(_AT_LATEST_MS, self, self._end_if_covered)
        else:
            self._end()

    def _end(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._window.removeEventFilter(self)
            self.over.emit()

    def eventFilter(self, _window: QObject, event: QEvent) -> bool:
        """See the window painted; what stands in it is painted in the same turn of the event loop."""
        if event.type() == QEvent.Type.Paint:
            QTimer.singleShot(0, self, self._end)
        return False
