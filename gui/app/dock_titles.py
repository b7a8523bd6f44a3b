"""Titles of docks: a bar of its own for one that stands alone; of tabs, the tab says the title, and has a menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QIcon, QMouseEvent
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QTabBar,
    QToolButton,
    QWidget,
)

from gui.common.icons import icon
from gui.common.language import tr
from gui.common.theme import colours_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_ICON = 14
"""Side (pixels) of the icons in a title: the height of its letters."""


class DockTitle(QWidget):
    """Bar with the title of a dock, and buttons to float and to hide it. Without height while the dock is a tab.

    Parameters
    ----------
    dock : QDockWidget
    """

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self.setObjectName("dockTitle")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        title = QLabel(dock.windowTitle())
        title.setProperty("role", "dockTitle")
        self._float = _tool("dockFloat", tr("Out of the window, or back into it"))
        self._float.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        self._close = _tool("dockClose", tr("Hide: View → Docks shows it again"))
        self._close.clicked.connect(dock.close)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 4, 2)
        row.setSpacing(0)
        row.addWidget(title, 1)
        row.addWidget(self._float)
        row.addWidget(self._close)
        self._is_tab = False
        self.draw_icons()

    def set_tab(self, is_tab: bool) -> None:
        """Take no room while a tab says the title."""
        if is_tab != self._is_tab:
            self._is_tab = is_tab
            for part in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
                part.setVisible(not is_tab)
            self.setMaximumHeight(0 if is_tab else 16777215)
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Return the size of the bar; none of a tab's."""
        return QSize(0, 0) if self._is_tab else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Return the same height; the title is cut where there is no room."""
        return QSize(0, self.sizeHint().height())

    def draw_icons(self) -> None:
        """Draw the icons in the colours of the palette."""
        faint = colours_of(QApplication.palette()).faint
        for made, name in ((self._float, "float"), (self._close, "close")):
            made.setIcon(QIcon(icon(name, faint)))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.draw_icons()


def _tool(name: str, tip: str) -> QToolButton:
    made = QToolButton()
    made.setObjectName(name)
    made.setProperty("role", "title")
    made.setAutoRaise(True)
    made.setIconSize(QSize(_ICON, _ICON))
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its keys: the menus View → Docks
    made.setToolTip(tip)
    made.setAccessibleName(tip)
    return made


class DockTitles(QObject):
    """Titles of all docks of a window.

    Parameters
    ----------
    window : QMainWindow
    docks : dict
        By their names.
    """

    def __init__(self, window: QMainWindow, docks: Mapping[str, QDockWidget]) -> None:
        super().__init__(window)
        self._window, self._docks = window, docks
        self._tidy = QTimer(self, singleShot=True, interval=0)
        self._tidy.timeout.connect(self.follow)
        self._known: set[QTabBar] = set()
        for dock in docks.values():
            dock.setTitleBarWidget(DockTitle(dock))
            for changed in (dock.visibilityChanged, dock.topLevelChanged, dock.dockLocationChanged):
                changed.connect(self._tidy.start)

    def follow(self) -> None:
        """Take the titles of those away that are tabs now; done by itself, but after the event that made them so."""
        for bar in self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if bar not in self._known:
                self._known.add(bar)
                bar.destroyed.connect(lambda _=None, bar=bar: self._known.discard(bar))
                bar.setElideMode(Qt.TextElideMode.ElideNone)
                bar.installEventFilter(self)
        for dock in self._docks.values():
            title = dock.titleBarWidget()
            if isinstance(title, DockTitle):
                others = [one for one in self._window.tabifiedDockWidgets(dock) if not one.isHidden()]
                title.set_tab(bool(others) and not dock.isFloating())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask by a menu what is to become of the dock of a tab that is clicked with the right button."""
        if not isinstance(watched, QTabBar) or not isinstance(event, QMouseEvent):
            return super().eventFilter(watched, event)
        dock = self._dock_at(watched, event.position().toPoint())
        is_right = event.button() == Qt.MouseButton.RightButton
        if dock is not None and is_right and event.type() == QEvent.Type.MouseButtonRelease:
            self._menu(dock).popup(event.globalPosition().toPoint())
            return True
        return super().eventFilter(watched, event)

    def _dock_at(self, bar: QTabBar, at: QPoint) -> QDockWidget | None:
        title = bar.tabText(bar.tabAt(at))
        return next((dock for dock in self._docks.values() if dock.windowTitle() == title), None)

    def _menu(self, dock: QDockWidget) -> QMenu:
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Out of the window")).triggered.connect(lambda: dock.setFloating(True))
        menu.addAction(tr("Hide")).triggered.connect(dock.close)
        return menu
