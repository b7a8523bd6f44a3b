"""Strip of messages, which stay until the operator dismisses them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout

from gui.common.language import tr
from gui.common.widgets import ScrolledLabel, button, label

# Some six lines: more would take the plots away; less hides the end of a traceback's last lines.
_MAX_HEIGHT = 120
# Messages that are kept: nobody scrolls further back.
_N_MESSAGES = 50


class Messages(QFrame):
    """A strip at the foot of the window: every message until it is dismissed, the newest first."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("messages")
        self._texts: list[str] = []
        self._text = ScrolledLabel(label("", "", "messageText"), _MAX_HEIGHT)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.addWidget(self._text, 1)
        layout.addWidget(button(tr("Dismiss"), "dismissButton", self.dismiss), 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def say(self, text: str) -> None:
        """Show a message above those that are there; one that is there already comes to the top."""
        message = text.strip()
        self._texts = [message, *(one for one in self._texts if one != message)][:_N_MESSAGES]
        self._text.setText("\n\n".join(self._texts))
        self.show()

    def dismiss(self) -> None:
        """Forget all messages."""
        self._texts.clear()
        self.hide()
