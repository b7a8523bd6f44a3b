"""Undo and redo: of whatever area is in front."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence, QUndoGroup

from gui.app.area import Undoable
from gui.common.language import tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QAction

    from gui.app.area import Area


class Undo(QObject):
    """One stack of changes for each area that has one; the one of the dock that came to the front last is active.

    Parameters
    ----------
    parent : QObject
    areas : sequence of Area

    Attributes
    ----------
    actions : list of QAction
        Undo and redo.
    """

    def __init__(self, parent: QObject, areas: Sequence[Area]) -> None:
        super().__init__(parent)
        self._group = QUndoGroup(self)
        self._stacks = {
            spec.name: area.undo_stack() for area in areas if isinstance(area, Undoable) for spec in area.docks()
        }
        for stack in dict.fromkeys(self._stacks.values()):
            self._group.addStack(stack)
        undo, redo = self._group.createUndoAction(self, tr("&Undo")), self._group.createRedoAction(self, tr("&Redo"))
        for action, name, tip, key in (
            (undo, "window.undo", tr("Take back the last change"), "Ctrl+Z"),
            (redo, "window.redo", tr("Make the change again that was taken back"), "Ctrl+Shift+Z"),
        ):
            action.setObjectName(name)
            action.setToolTip(tip)
            action.setShortcut(QKeySequence(key))
        self.actions: list[QAction] = [undo, redo]

    def follow(self, dock: str) -> None:
        """Work on the stack of a dock's area, if it has one."""
        if dock in self._stacks:
            self._group.setActiveStack(self._stacks[dock])
