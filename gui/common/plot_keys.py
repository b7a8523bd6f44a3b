"""Keys of a plot: each press becomes a wish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

_STEP = 1.0 / 400.0
"""Share of the axis of one press of an arrow key: two pixels; with Shift ten times that. Doubled, four pixels."""
_FAST = 10.0
"""How many steps are one with Shift. Doubled, twenty presses cross the plot."""
_ZOOM = 0.7
"""Share of the time that is left by a key that zooms: three presses are a factor of three. Halved, it jumps."""


class PlotKeys(QObject):
    """Takes the keys that are pressed in a widget with plots.

    Parameters
    ----------
    watched : QWidget
        Takes the focus.
    """

    moved = Signal(float)
    """Move by a share of the axis."""
    zoomed = Signal(float)
    """Show a factor of the time that is shown."""
    cursors_toggled = Signal()
    """Show the cursors, or hide them."""
    cursor_chosen = Signal(int)
    """Move this cursor from now on: 0 for A, 1 for B."""
    values_fitted = Signal()
    """Fit the values into the plots."""
    home_wanted = Signal()
    """Show everything."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__(watched)
        self._plots = watched
        watched.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take a key that means something here."""
        if watched is self._plots and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._take(event)
        return super().eventFilter(watched, event)

    def _take(self, event: QKeyEvent) -> bool:
        key = event.key()
        step = _STEP * (_FAST if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0)
        moves = {Qt.Key.Key_Left: -step, Qt.Key.Key_Right: step}
        zooms = {Qt.Key.Key_Plus: _ZOOM, Qt.Key.Key_Equal: _ZOOM, Qt.Key.Key_Minus: 1.0 / _ZOOM}
        cursors = {Qt.Key.Key_A: 0, Qt.Key.Key_B: 1}
        plain = {
            Qt.Key.Key_C: self.cursors_toggled,
            Qt.Key.Key_Y: self.values_fitted,
            Qt.Key.Key_Home: self.home_wanted,
        }
        if key in moves:
            self.moved.emit(moves[Qt.Key(key)])
        elif key in zooms:
            self.zoomed.emit(zooms[Qt.Key(key)])
        elif key in cursors:
            self.cursor_chosen.emit(cursors[Qt.Key(key)])
        elif key in plain:
            plain[Qt.Key(key)].emit()
        else:
            return False
        return True
