"""Header of the window: how the run stands, the state of the output, Run and Stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from gui.common.widgets import ElidedLabel, action_button, label

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from gui.app.header import Header

# Hit in a hurry: well over the 24 pixels that WCAG 2.2 (2.5.8) asks for; wide enough for "Output off now".
_BIG_BUTTON = (150, 40)
_KEY_MARGIN = 10
"""Pixels from the key on a button to its edge: as far as its text from the other one."""
# Width (pixels) that the texts keep on the narrowest window: the name of the run's instrument.
_TEXTS_WIDTH = 140
# Finer than the pixels of most screens.
_PROGRESS_STEPS = 2000


class HeaderBar(QWidget):
    """The header with the progress line under it. Run and Stop never leave it, however long a name is.

    Parameters
    ----------
    run, stop : QAction
    """

    def __init__(self, run: QAction, stop: QAction) -> None:
        super().__init__()
        self._headline = label("", "headline", "headline")
        self._warning = QLabel()
        self._warning.setObjectName("warning")
        self._warning.setProperty("role", "warning")
        self._detail = ElidedLabel(Qt.TextElideMode.ElideRight)
        self._detail.setTextFormat(Qt.TextFormat.PlainText)
        self._detail.setObjectName("detail")
        self._detail.setProperty("role", "faint")
        self._badge = QLabel()
        self._badge.setObjectName("outputBadge")
        self._progress = QProgressBar(textVisible=False, maximum=_PROGRESS_STEPS)
        self._progress.setObjectName("progress")
        self._run = action_button(run, "runButton", "primary")
        self._stop = action_button(stop, "stopButton", "stop")
        for big in (self._run, self._stop):
            big.setMinimumSize(*_BIG_BUTTON)
        self._lay_out(run, stop)

    def _texts(self) -> QWidget:
        made = QWidget()
        made.setMinimumWidth(_TEXTS_WIDTH)
        second = QHBoxLayout()
        second.setSpacing(8)
        second.addWidget(self._warning)
        second.addWidget(self._detail, 1)
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addStretch(1)
        column.addWidget(self._headline)
        column.addLayout(second)
        column.addStretch(1)
        return made

    def _lay_out(self, run: QAction, stop: QAction) -> None:
        frame = QFrame()
        frame.setObjectName("header")
        row = QHBoxLayout(frame)
        row.setContentsMargins(16, 6, 12, 6)
        row.setSpacing(10)
        row.addWidget(self._texts(), 1)
        row.addWidget(self._badge, 0, Qt.AlignmentFlag.AlignVCenter)
        for big, action in ((self._run, run), (self._stop, stop)):
            _put_key(big, action.shortcut())
            row.addWidget(big)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(frame)
        column.addWidget(self._progress)

    def show_header(self, header: Header) -> None:
        """Show what the rules say."""
        self._headline.setText(header.headline)
        self._detail.setText(header.detail)
        self._warning.setText(header.warning)
        self._warning.setVisible(bool(header.warning))
        badge = header.badge
        self._badge.setText(badge.text)
        self._badge.setToolTip(badge.tip)
        if self._badge.property("tone") != badge.tone.value:
            self._badge.setProperty("tone", badge.tone.value)
            # A style sheet looks at a property only when it is asked to.
            self._badge.style().unpolish(self._badge)
            self._badge.style().polish(self._badge)
        self._progress.setValue(round(_PROGRESS_STEPS * header.progress))


def _put_key(button: QPushButton, shortcut: QKeySequence) -> None:
    """Write on a button the key that does the same, beside its text."""
    key = QLabel(shortcut.toString(QKeySequence.SequenceFormat.NativeText), button)
    key.setObjectName(f"{button.objectName()}Key")
    key.setProperty("role", "key")
    key.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    row = QHBoxLayout(button)
    row.setContentsMargins(0, 0, _KEY_MARGIN, 0)
    row.addStretch(1)
    row.addWidget(key)
