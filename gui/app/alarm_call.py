"""Call of an alarm: a sound, and the window asks for attention in the task bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from gui.app.state import AppState

_BEEPS, _EVERY_MS = 3, 400
"""Three beeps are no click of the desktop's; twice as far apart they are three single ones."""


class AlarmCall(QObject):
    """Calls when an alarm is raised that was not there before.

    Parameters
    ----------
    window : QWidget
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._left = 0
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self._beep)

    def follow(self, state: AppState, before: AppState) -> None:
        """Call if a state has an alarm more than the one before it."""
        known = {(alarm.path, alarm.resource) for alarm in before.alarms}
        if any((alarm.path, alarm.resource) not in known for alarm in state.alarms):
            QApplication.alert(self._window)
            self._left = _BEEPS
            self._beep()
            self._timer.start()

    def _beep(self) -> None:
        if self._left == 0:
            self._timer.stop()
            return
        self._left -= 1
        QApplication.beep()
