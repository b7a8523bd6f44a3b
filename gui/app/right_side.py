"""What stands on the right goes among the tabs of the centre while the window is too narrow, and comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from PySide6.QtWidgets import QDockWidget, QMainWindow

_NARROW = 1100
"""Width (pixels) of a window below which nothing stands on the right of the centre: it would be narrower than the
toolbar of a plot. Doubled, it would hold on common screens too."""


class RightSide(QObject):
    """The docks on the right of a window.

    Parameters
    ----------
    window : QMainWindow
    docks : mapping of str to QDockWidget
    """

    came_back = Signal(object)
    """This dock (QDockWidget) stands on the right again."""

    def __init__(self, window: QMainWindow, docks: Mapping[str, QDockWidget]) -> None:
        super().__init__(window)
        self._window, self._docks = window, docks
        self._away: list[QDockWidget] = []
        self._later = QTimer(self, singleShot=True, interval=0)  # docks are not moved while they are being laid out
        self._later.timeout.connect(self._follow)
        window.installEventFilter(self)

    @property
    def has_room(self) -> bool:
        """Whether the window is wide enough for something on the right of its centre."""
        return self._window.width() >= _NARROW

    def keep_away(self, docks: Iterable[QDockWidget]) -> None:
        """Take note of docks that a layout has put among the tabs of the centre for want of room."""
        self._away = list(docks)

    def eventFilter(self, _window: QObject, event: QEvent) -> bool:
        """Look again when the window has another size."""
        if event.type() == QEvent.Type.Resize:
            self._later.start()
        return False

    def _follow(self) -> None:
        if self.has_room:
            self._bring_back()
        else:
            self._put_away()

    def _standing(self, area: Qt.DockWidgetArea) -> list[QDockWidget]:
        docks = (dock for dock in self._docks.values() if not dock.isFloating())
        return [dock for dock in docks if self._window.dockWidgetArea(dock) == area]

    def _put_away(self) -> None:
        right = self._standing(Qt.DockWidgetArea.RightDockWidgetArea)
        # The content of a tab that is behind is hidden.
        centre = self._standing(Qt.DockWidgetArea.TopDockWidgetArea)
        front = next((dock for dock in centre if (content := dock.widget()) is not None and content.isVisible()), None)
        if front is None:
            return
        for dock in right:
            is_shown = not dock.isHidden()
            self._window.tabifyDockWidget(front, dock)
            dock.setVisible(is_shown)
            self._away.append(dock)
        if right:
            front.raise_()

    def _bring_back(self) -> None:
        away, self._away = self._away, []
        centre = self._standing(Qt.DockWidgetArea.TopDockWidgetArea)
        for dock in away:
            if dock in centre:  # not where somebody has moved it to since
                is_shown = not dock.isHidden()
                self._window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
                dock.setVisible(is_shown)
                if is_shown:
                    self.came_back.emit(dock)
