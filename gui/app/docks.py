"""Docks of the window: their places in the ready layouts, and as the user leaves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QPalette
from PySide6.QtWidgets import QAbstractItemView, QDockWidget, QFrame, QMenu, QScrollArea, QTabBar, QTabWidget, QWidget

from gui.app.area import DockSpec, Layout, Side
from gui.app.dock_titles import DockTitles
from gui.app.right_side import RightSide
from gui.common.language import tr

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtCore import QByteArray
    from PySide6.QtWidgets import QMainWindow

    from gui.app.area import Exchange

_VERSION = 1
"""Of the layouts that are kept: one more whenever a dock gets another name, so that an old one is not restored."""
_WIDTHS = {Side.LEFT: 284, Side.RIGHT: 360}
"""Pixels at the sides of the centre: a VISA resource of a socket; a table of three columns. Doubled, the plots of a
small screen are narrower than high."""
_MOST_OF_RIGHT = 0.25
"""Of the window's width for what stands on the right: on a small screen the curves keep most. Doubled, they do not."""
_BOTTOM_SHARE = 0.32
"""Of the centre's height for what stands below it: a table of some eight rows on a small screen."""
_N_KEYS = 10
"""Docks that have a key: one a digit."""
_LEAST_HEIGHT = 160
"""Pixels of a dock below which it is scrolled though it needs more: the panel of the connection. Doubled, three docks
above each other are higher than a small screen."""
_LEAST_OF_LIST = 68
"""Pixels of a dock with a list or with plots: a row of the list, and the button below it. Halved, a dock that scrolls
holds a list that scrolls; a quarter more, and the longest alarm makes the window higher than a small screen."""
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
            self._keep_room()
            self.came_to_front.emit()

    def _keep_room(self) -> None:
        """Keep the height that the content needs, in the shapes of the style sheet, as far as a small screen has it."""
        content = self._holder.widget()
        if content is None:
            return
        is_form = Side.LEFT in self.spec.sides.values() and content.findChild(QAbstractItemView) is None
        least = _LEAST_HEIGHT if is_form else _LEAST_OF_LIST
        self._holder.setMinimumHeight(min(content.minimumSizeHint().height(), least))

    @property
    def least_width(self) -> int:
        """Width (pixels) that its content needs so that nothing of it has to be scrolled to; 0 before it is made."""
        content = self._holder.widget()
        return 0 if content is None else content.minimumSizeHint().width()

    def bring_to_front(self) -> None:
        """Show it, before the tabs that share its place."""
        self.show()
        self.raise_()

    def enter(self) -> None:
        """Bring it to the front and give it the focus."""
        self.bring_to_front()
        content = self._holder.widget()
        first = next((one for one in content.findChildren(QWidget) if _takes_focus(one)), None) if content else None
        if first is not None:
            first.setFocus(Qt.FocusReason.ShortcutFocusReason)


class Docks(QObject):
    """All docks of a window.

    Parameters
    ----------
    window : QMainWindow
    specs : sequence of DockSpec
    exchange : Exchange
        What is wanted of docks, and told of them.
    """

    raised = Signal(str)
    """A dock, by its name, has come to the front."""
    built = Signal(str)
    """The content of a dock, by its name, was built: it does not show the state yet."""

    def __init__(self, window: QMainWindow, specs: Sequence[DockSpec], exchange: Exchange) -> None:
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
        self._tidy = QTimer(self, singleShot=True, interval=0)
        self._tidy.timeout.connect(self._hide_spare_tabs)
        self._docks = {spec.name: Dock(spec) for spec in specs}
        for name, dock in self._docks.items():
            dock.came_to_front.connect(lambda name=name: self.raised.emit(name))
            dock.built.connect(lambda name=name: self.built.emit(name))
            dock.came_to_front.connect(self._tidy.start)
        self._titles = DockTitles(window, self._docks)
        self._right = RightSide(window, self._docks)
        self._right.came_back.connect(lambda dock: self._resize({Side.RIGHT: [dock]}))
        self._layout = Layout.MEASURE
        self.switches, self.visits = self._menu_of_switches(), self._menu_of_visits()
        self.lay_out(self._layout)
        exchange.dock_wanted.connect(self.bring_to_front)
        exchange.dock_offered.connect(self.offer)
        self.raised.connect(exchange.dock_raised)

    def _menu_of_switches(self) -> QMenu:
        menu = QMenu(tr("&Docks"), self._window)
        menu.setObjectName("menu.docks")
        for name, dock in self._docks.items():
            switch = dock.toggleViewAction()
            switch.setObjectName(f"dock.{name}")
            switch.setToolTip(tr("Show or hide the dock {dock}").format(dock=dock.windowTitle()))
            switch.triggered.connect(lambda shown, dock=dock: self._give_width(dock) if shown else None)
            menu.addAction(switch)
        return menu

    def _menu_of_visits(self) -> QMenu:
        menu = QMenu(tr("&Go to"), self._window)
        menu.setObjectName("menu.visit")
        for number, (name, dock) in enumerate(self._docks.items(), start=1):
            visit = menu.addAction(dock.windowTitle())
            visit.setObjectName(f"visit.{name}")
            visit.setToolTip(tr("Bring the dock {dock} to the front").format(dock=dock.windowTitle()))
            visit.triggered.connect(lambda _checked, dock=dock: self._show(dock, dock.enter))
            if number <= _N_KEYS:
                visit.setShortcut(QKeySequence(f"Alt+{number % _N_KEYS}"))
        self._window.addActions(menu.actions())
        return menu

    def bring_to_front(self, name: str) -> None:
        """Show a dock, before the tabs that share its place; one that there is not is left alone."""
        if name in self._docks:
            dock = self._docks[name]
            self._show(dock, dock.bring_to_front)

    def _show(self, dock: Dock, how: Callable[[], None]) -> None:
        """Show a dock, with its usual width if it was hidden."""
        was_hidden = dock.isHidden()
        how()
        if was_hidden:
            self._give_width(dock)

    def _give_width(self, dock: Dock) -> None:
        """Give a dock that came out alone on the right its usual width: Qt gives it what the others leave."""
        area = Qt.DockWidgetArea.RightDockWidgetArea
        standing = [one for one in self._docks.values() if not (one.isHidden() or one.isFloating())]
        if [one for one in standing if self._window.dockWidgetArea(one) == area] == [dock]:
            self._resize({Side.RIGHT: [dock]})

    def offer(self, name: str) -> None:
        """Show a dock of a ready layout that has waited for something to show; where it would cover others, not."""
        dock = self._docks[name]
        side = dock.spec.sides.get(self._layout)
        if side is Side.RIGHT and dock.isHidden() and self._right.has_room:
            self._show(dock, dock.show)

    def lay_out(self, layout: Layout) -> None:
        """Put the docks where a ready layout has them, and hide those that it has not."""
        self._layout = layout
        places: dict[Side, list[Dock]] = {side: [] for side in Side}
        away: list[Dock] = []
        for dock in self._docks.values():
            dock.setFloating(False)
            self._window.removeDockWidget(dock)
            usual = next(iter(dock.spec.sides.values()), Side.CENTRE)
            side = dock.spec.sides.get(layout, usual)
            if side is Side.RIGHT and not self._right.has_room:
                side = Side.CENTRE
                away.append(dock)
            places[side].append(dock)
        self._right.keep_away(away)
        for side, docks in places.items():
            self._stand(side, docks, layout)
        self._titles.follow()  # now, not after the first paint: the page would jump
        self._resize({side: [dock for dock in docks if _is_shown(dock, layout)] for side, docks in places.items()})

    def _hide_spare_tabs(self) -> None:
        """Hide bars of tabs that Qt 6.11 has made twice: the older one stays where the first size had it."""
        bars = [bar for bar in self._window.children() if isinstance(bar, QTabBar)]
        newest = {tuple(bar.tabText(k) for k in range(bar.count())): bar for bar in bars}
        for bar in bars:
            if bar not in newest.values():
                bar.hide()

    def reset(self) -> None:
        """Put the docks back to the ready layout that was chosen last."""
        self.lay_out(self._layout)

    def _stand(self, side: Side, docks: list[Dock], layout: Layout) -> None:
        """Stack them on the left, where lists stay in sight; make tabs of them elsewhere, the first one in front."""
        shown = [dock for dock in docks if _is_shown(dock, layout)]
        hidden = [dock for dock in docks if dock not in shown]
        for dock in (*shown, *hidden):
            self._window.addDockWidget(_AREAS[side], dock)
            dock.setVisible(dock in shown)
        if side is not Side.LEFT:
            for dock in (*shown, *hidden)[1:]:
                self._window.tabifyDockWidget((*shown, *hidden)[0], dock)
        if shown:
            shown[0].raise_()

    def _resize(self, places: Mapping[Side, Sequence[Dock]]) -> None:
        """Give docks that are shown their usual sizes."""
        left, centre, bottom = (places.get(side, ()) for side in (Side.LEFT, Side.CENTRE, Side.BOTTOM))
        for side, usual in _WIDTHS.items():
            if not places.get(side):
                continue
            first, width = places[side][0], usual
            if side is Side.RIGHT:
                width = max(first.least_width, min(usual, round(_MOST_OF_RIGHT * self._window.width())))
            self._window.resizeDocks([first], [width], Qt.Orientation.Horizontal)
        if centre and bottom:
            height = self._window.height()
            heights = [round(height * (1.0 - _BOTTOM_SHARE)), round(height * _BOTTOM_SHARE)]
            self._window.resizeDocks([centre[0], bottom[0]], heights, Qt.Orientation.Vertical)
        if left:
            self._window.resizeDocks(list(left), [_height_of(dock) for dock in left], Qt.Orientation.Vertical)

    def state(self) -> QByteArray:
        """Return where the docks are, to be kept."""
        return self._window.saveState(_VERSION)

    def restore(self, state: QByteArray) -> None:
        """Put the docks where they were; what was kept by another version is left alone."""
        self._window.restoreState(state, _VERSION)


def _takes_focus(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isEnabled() and widget.isVisible()


def _is_shown(dock: Dock, layout: Layout) -> bool:
    """Return whether a ready layout shows a dock from the beginning."""
    return layout in dock.spec.sides and not dock.spec.waits


def _height_of(dock: Dock) -> int:
    """Return the height that a dock of the stack on the left wants: a list wants all that there is."""
    content = dock.spec.widget
    if not isinstance(content, QWidget):
        return dock.sizeHint().height()
    return content.sizeHint().height() + dock.style().pixelMetric(
        dock.style().PixelMetric.PM_TitleBarHeight, None, dock
    )
