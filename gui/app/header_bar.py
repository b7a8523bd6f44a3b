"""Header of the window: how the run stands, the state of the output, Run and Stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QProgressBar, QPushButton, QVBoxLayout, QWidget

from gui.common.theme import Theme
from gui.common.widgets import action_button, button, elided_label

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from gui.app.rules import Header

# Hit in a hurry: well over the 24 pixels that WCAG 2.2 (2.5.8) asks for; wide enough for "Output off now".
_BIG_BUTTON = (136, 40)
# Finer than the pixels of most screens.
_PROGRESS_STEPS = 2000
_THEMES = {Theme.SYSTEM: "As the desktop", Theme.LIGHT: "Light", Theme.DARK: "Dark"}


class HeaderBar(QWidget):
    """The header with the progress line under it. Run and Stop never leave it, however long a name is.

    Parameters
    ----------
    run, stop : QAction
    """

    theme_chosen = Signal(object)
    """`Theme`."""

    def __init__(self, run: QAction, stop: QAction) -> None:
        super().__init__()
        self._headline = elided_label("headline", "headline")
        self._detail = elided_label("faint", "detail")
        self._badge = QLabel()
        self._badge.setObjectName("outputBadge")
        self._progress = QProgressBar(textVisible=False, maximum=_PROGRESS_STEPS)
        self._progress.setObjectName("progress")
        self._run = action_button(run, "runButton", "primary")
        self._stop = action_button(stop, "stopButton", "stop")
        for big in (self._run, self._stop):
            big.setMinimumSize(*_BIG_BUTTON)
        self._themes = QMenu(self)
        self._theme = self._theme_button()
        self._lay_out()

    def _theme_button(self) -> QPushButton:
        made = button("", "themeButton", lambda: None, "flat", "Theme of the window")
        group = QActionGroup(self)
        for theme, text in _THEMES.items():
            entry = self._themes.addAction(text)
            entry.setCheckable(True)
            entry.setData(theme)
            group.addAction(entry)
        group.triggered.connect(lambda entry: self.theme_chosen.emit(Theme(entry.data())))
        made.setText("◐")
        made.setMenu(self._themes)
        self.show_theme(Theme.SYSTEM)
        return made

    def _lay_out(self) -> None:
        frame = QFrame()
        frame.setObjectName("header")
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(self._headline)
        texts.addWidget(self._detail)
        row = QHBoxLayout(frame)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(10)
        row.addLayout(texts, 1)
        row.addWidget(self._theme)
        row.addWidget(self._badge, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._run)
        row.addWidget(self._stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(frame)
        column.addWidget(self._progress)

    def show_header(self, header: Header) -> None:
        """Show what the rules say."""
        self._headline.setText(header.headline)
        self._detail.setText(header.detail)
        self._badge.setText(header.badge)
        self._badge.setVisible(bool(header.badge))
        if self._badge.property("tone") != header.tone.value:
            self._badge.setProperty("tone", header.tone.value)
            # A style sheet looks at a property only when it is asked to.
            self._badge.style().unpolish(self._badge)
            self._badge.style().polish(self._badge)
        self._progress.setValue(round(_PROGRESS_STEPS * header.progress))

    def show_theme(self, theme: Theme) -> None:
        """Mark a theme in the menu."""
        for entry in self._themes.actions():
            entry.setChecked(entry.data() == theme)
