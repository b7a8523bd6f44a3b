"""Strip of messages, which stay until the operator dismisses them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea

from gui.common.widgets import button, label

# Some six lines: more would take the plots away; less hides the end of a traceback's last lines.
_MAX_HEIGHT = 120


class Messages(QFrame):
    """A strip at the foot of the window: every message until it is dismissed, the newest first."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("messages")
        self._texts: list[str] = []
        self._text = label("", "", "messageText")
        self._text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self._text)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setStyleSheet("background: transparent;")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.addWidget(self._scroll, 1)
        layout.addWidget(button("Dismiss", "dismissButton", self.dismiss), 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def say(self, text: str) -> None:
        """Show a message above those that are there."""
        self._texts.insert(0, text.strip())
        self._text.setText("\n\n".join(self._texts))
        self.show()
        self._fit_height()

    def _fit_height(self) -> None:
        width = max(self.width() - 140, 300)
        self._scroll.setFixedHeight(min(max(self._text.heightForWidth(width) + 4, 30), _MAX_HEIGHT))

    def dismiss(self) -> None:
        """Forget all messages."""
        self._texts.clear()
        self.hide()
