"""Docks of the window: their places in the ready layouts, and as the user leaves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QDockWidget, QFrame, QScrollArea, QTabWidget, QWidget

from gui.app.area import DockSpec, Layout, Side
from gui.common.language import tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QByteArray
    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QMainWindow

_VERSION = 1
"""Of the layouts that are kept: one more whenever a dock gets another name, so that an old one is not restored."""
_WIDTHS = {Side.LEFT: 284, Side.RIGHT: 360}
"""Pixels at the sides of the centre: a VISA resource of a socket; a table of three columns. Doubled, the plots of a
small screen are narrower than high."""
_BOTTOM_SHARE = 0.32
"""Of the centre's height for what stands below it: a table of some eight rows on a small screen."""
_TITLE_HEIGHT = 28
"""Pixels of a dock's title, see `gui.common.theme`: less, and what stands below it is cut."""
_AREAS = {
    Side.LEFT: Qt.DockWidgetArea.LeftDockWidgetArea,
    Side.CENTRE: Qt.DockWidgetArea.TopDockWidgetArea,
    Side.RIGHT: Qt.DockWidgetArea.RightDockWidgetArea,
    Side.BOTTOM: Qt.DockWidgetArea.BottomDockWidgetArea,
}
_CORNERS = {
    Qt.Corner.TopLeftCorner: Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.Corner.BottomLeftCorner: Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.Corner.TopRightCorner: Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.Corner.BottomRightCorner: Qt.DockWidgetArea.RightDockWidgetArea,
}


class Dock(QDockWidget):
    """A dock that builds its content when it first comes to the front, and scrolls what it has no room for.

    Parameters
    ----------
    spec : DockSpec
    """

    came_to_front = Signal()
    built = Signal()

    def __init__(self, spec: DockSpec) -> None:
        super().__init__(tr(spec.title))
        self.setObjectName(spec.name)
        self.spec = spec
        self._holder = QScrollArea()
        self._holder.setWidgetResizable(True)
        self._holder.setFrameShape(QFrame.Shape.NoFrame)
        self._holder.viewport().setBackgroundRole(QPalette.ColorRole.Base)
        policy = self._holder.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._holder.setSizePolicy(policy)
        self.setWidget(self._holder)
        if isinstance(spec.widget, QWidget):
            self._take(spec.widget)
        self.visibilityChanged.connect(self._follow)

    def _take(self, content: QWidget) -> None:
        content.setBackgroundRole(QPalette.ColorRole.Base)
        self._holder.setWidget(content)

    def _follow(self, in_front: bool) -> None:
        """Hide the content of a tab that is behind: Qt takes it for visible, and would have it painted."""
        if in_front and self._holder.widget() is None and callable(self.spec.widget):
            self._take(self.spec.widget())
            self.built.emit()
        self._holder.setVisible(in_front)
        if in_front:
            self.came_to_front.emit()

    def bring_to_front(self) -> None:
        """Show it, before the tabs that share its place."""
        self.show()
        self.raise_()


class Docks(QObject):
    """All docks of a window.

    Parameters
    ----------
    window : QMainWindow
    specs : sequence of DockSpec
    """

    raised = Signal(str)
    """A dock, by its name, has come to the front."""
    built = Signal(str)
    """The content of a dock, by its name, was built: it does not show the state yet."""

    def __init__(self, window: QMainWindow, specs: Sequence[DockSpec]) -> None:
        super().__init__(window)
        self._window = window
        window.setDockNestingEnabled(True)
        window.setAnimated(False)  # lists must not move while somebody aims at them
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        for corner, area in _CORNERS.items():
            window.setCorner(corner, area)
        # Without height: the docks have it all. As wide as can be: it takes the width that the sides leave.
        centre = QWidget()
        centre.setMaximumHeight(0)
        window.setCentralWidget(centre)
        self._docks = {spec.name: Dock(spec) for spec in specs}
        for name, dock in self._docks.items():
            dock.came_to_front.connect(lambda name=name: self.raised.emit(name))
            dock.built.connect(lambda name=name: self.built.emit(name))
        self.lay_out(Layout.MEASURE)

    def switches(self) -> list[QAction]:
        """Return an action for each dock that shows and hides it, in the order of the docks."""
        return [dock.toggleViewAction() for dock in self._docks.values()]

    def bring_to_front(self, name: str) -> None:
        """Show a dock, before the tabs that share its place; one that there is not is left alone."""
        if name in self._docks:
            self._docks[name].bring_to_front()

    def lay_out(self, layout: Layout) -> None:
        """Put the docks where a ready layout has them, and hide those that it has not."""
        places: dict[Side, list[Dock]] = {side: [] for side in Side}
        for dock in self._docks.values():
            dock.setFloating(False)
            self._window.removeDockWidget(dock)
            usual = next(iter(dock.spec.sides.values()), Side.CENTRE)
            places[dock.spec.sides.get(layout, usual)].append(dock)
        for side, docks in places.items():
            self._stand(side, docks, layout)
        self._resize({side: [dock for dock in docks if layout in dock.spec.sides] for side, docks in places.items()})

    def _stand(self, side: Side, docks: list[Dock], layout: Layout) -> None:
        """Stack them on the left, where lists stay in sight; make tabs of them elsewhere, the first one in front."""
        shown = [dock for dock in docks if layout in dock.spec.sides]
        hidden = [dock for dock in docks if layout not in dock.spec.sides]
        for dock in (*shown, *hidden):
            self._window.addDockWidget(_AREAS[side], dock)
            dock.setVisible(dock in shown)
        if side is not Side.LEFT:
            for dock in (*shown, *hidden)[1:]:
                self._window.tabifyDockWidget((*shown, *hidden)[0], dock)
        if shown:
            shown[0].raise_()

    def _resize(self, places: dict[Side, list[Dock]]) -> None:
        for side, width in _WIDTHS.items():
            if places[side]:
                self._window.resizeDocks([places[side][0]], [width], Qt.Orientation.Horizontal)
        if places[Side.CENTRE] and places[Side.BOTTOM]:
            height = self._window.height()
            heights = [round(height * (1.0 - _BOTTOM_SHARE)), round(height * _BOTTOM_SHARE)]
            both = [places[Side.CENTRE][0], places[Side.BOTTOM][0]]
            self._window.resizeDocks(both, heights, Qt.Orientation.Vertical)
        left = places[Side.LEFT]
        if left:
            self._window.resizeDocks(left, [_height_of(dock) for dock in left], Qt.Orientation.Vertical)

    def state(self) -> QByteArray:
        """Return where the docks are, to be kept."""
        return self._window.saveState(_VERSION)

    def restore(self, state: QByteArray) -> None:
        """Put the docks where they were; what was kept by another version is left alone."""
        self._window.restoreState(state, _VERSION)


def _height_of(dock: Dock) -> int:
    """Return the height that a dock of the stack on the left wants: a list wants all that there is."""
    content = dock.spec.widget
    if not isinstance(content, QWidget):
        return dock.sizeHint().height()
    return content.sizeHint().height() + dock.style().pixelMetric(
        dock.style().PixelMetric.PM_TitleBarHeight, None, dock
    )
