"""Actions of the window: one QAction for each command, enabled and explained by the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence

from gui.app.header import header
from gui.app.rules import Command, allowed
from gui.common.language import tr, tr_later

if TYPE_CHECKING:
    from gui.app.state import AppState

# Text, shortcut, and what the tool tip says while the command is allowed; the header says what Stop does.
_COMMANDS = {
    Command.CONNECT: (tr_later("Connect"), "", tr_later("Ask the address who is there, and connect to it")),
    Command.FIND: (tr_later("Find instruments"), "", tr_later("Address book, and instruments that are found")),
    Command.SIMULATE: (tr_later("Simulate an instrument"), "", tr_later("Other instruments that can be simulated")),
    Command.SIMULATE_USUAL: (
        tr_later("Simulated 2461"),
        "",
        tr_later("Start a simulated Keithley 2461 with a cell between its clips, and connect to it"),
    ),
    Command.RUN: (tr_later("Run"), "Ctrl+R", tr_later("Start the run")),
    # A key that is found blindly and that no text field uses, so it works wherever the focus is.
    Command.STOP: (tr_later("Stop"), "F12", ""),
    Command.FIT: (tr_later("Fit"), "Ctrl+F", tr_later("Fit the cell model to the run")),
    Command.CANCEL_FIT: (tr_later("Cancel the fit"), "", tr_later("End the fit that is in progress")),
    Command.CONFIRM_OFF: (
        tr_later("I have seen that it is off"),
        "",
        tr_later("Only after a look at the instrument"),
    ),
    # The key of other programs for the size that things have unzoomed.
    Command.ZOOM_OUT: (
        tr_later("Zoom out"),
        "Ctrl+0",
        tr_later("Show the whole run, or all that follows the edge; a double click in a plot does it too"),
    ),
}

_INTERRUPT = "Ctrl+."
"""The key that interrupts a program on many systems."""


class Actions(QObject):
    """The actions, by their commands.

    Parameters
    ----------
    parent : QObject
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._actions = {command: self._action(command) for command in Command}

    def _action(self, command: Command) -> QAction:
        text, shortcut, tip = _COMMANDS[command]
        action = QAction(tr(text), self)
        action.setObjectName(command.name.lower())
        action.setToolTip(tr(tip))
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
            # A key that is held down is one press.
            action.setAutoRepeat(False)
        if command is Command.STOP:
            action.setShortcuts([QKeySequence(shortcut), QKeySequence(_INTERRUPT)])
            # In a dialog of the window too.
            action.setShortcutContext(Qt.ShortcutContext.ApplicationShortcut)
        return action

    def __getitem__(self, command: Command) -> QAction:
        return self._actions[command]

    def all(self) -> list[QAction]:
        """Return every action."""
        return list(self._actions.values())

    def show_state(self, state: AppState) -> None:
        """Enable what the rules allow, and give the reason for the rest as its tool tip."""
        shown = header(state)
        for command, permission in allowed(state).items():
            action = self._actions[command]
            action.setEnabled(permission.granted)
            _, shortcut, tip = _COMMANDS[command]
            tip = tr(tip)
            if command is Command.STOP:
                tip = shown.stop_tip
            action.setToolTip(permission.reason or with_key(tip, shortcut))
        self._actions[Command.STOP].setText(shown.stop_text)


def with_key(tip: str, shortcut: str) -> str:
    """Return a tool tip that names its key."""
    key = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)
    return f"{tip} ({key})" if key else tip
