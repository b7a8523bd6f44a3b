"""Menus and tool bar of the window, from the actions that the areas and the window offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QMenuBar, QToolBar

from gui.app.actions import with_key
from gui.app.area import ActionSpec, Menu
from gui.app.command_palette import CommandPalette
from gui.app.rules import Command
from gui.common.icons import icon
from gui.common.language import tr, tr_later

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gui.app.actions import Actions
    from gui.app.appearance import Appearance
    from gui.app.docks import Docks
    from gui.app.state import AppState
    from gui.common.theme import Colours

_ICON = 18
"""Pixels of an icon in the tool bar: as high as the texts of the menus beside it."""
_MENUS = {
    Command.SIMULATE_USUAL: Menu.INSTRUMENT,
    Command.CONNECT: Menu.INSTRUMENT,
    Command.CONFIRM_OFF: Menu.INSTRUMENT,
    Command.RUN: Menu.RUN,
    Command.STOP: Menu.RUN,
    Command.FIT: Menu.ANALYSE,
    Command.CANCEL_FIT: Menu.ANALYSE,
    Command.ZOOM_OUT: Menu.VIEW,
}
"""Commands that stand in a menu; the others open menus themselves."""


class Menus(QObject):
    """The menus.

    Parameters
    ----------
    window : QMainWindow
        Hears the shortcuts.
    commands : Actions
        Actions of the commands.
    specs : sequence of ActionSpec
        Of the areas and of the window.

    Attributes
    ----------
    bar : QMenuBar
    """

    def __init__(self, window: QMainWindow, commands: Actions, specs: Sequence[ActionSpec]) -> None:
        super().__init__(window)
        self.bar = QMenuBar()
        self.bar.setObjectName("menuBar")
        self._menus = {menu: self._menu(menu) for menu in Menu}
        palette = ActionSpec(
            "window.palette",
            tr_later("&Commands …"),
            Menu.VIEW,
            lambda: self._ask(window),
            tr_later("Find an action or a dock by a few letters of its name"),
            "Ctrl+K",
            icon="commands",
            in_tool_bar=True,
        )
        self._actions = [(spec, _action(spec, self)) for spec in (*specs, palette)]
        self._tools = QToolBar()
        self._tools.setObjectName("toolBar")
        self._tools.setIconSize(QSize(_ICON, _ICON))
        for command, menu in _MENUS.items():
            self._menus[menu].addAction(commands[command])
        for spec, action in self._actions:
            self._menus[spec.menu].addAction(action)
            if spec.in_tool_bar:
                self._tools.addAction(action)
        self.bar.setCornerWidget(self._tools)
        # A menu that has not been opened yet does not hear the keys of its entries.
        window.addActions([*commands.all(), *(action for _, action in self._actions)])
        self._palette: CommandPalette | None = None

    def _menu(self, menu: Menu) -> QMenu:
        made = QMenu(tr(menu.value), self.bar)
        made.setObjectName(f"menu.{menu.name.lower()}")
        made.setToolTipsVisible(True)
        self.bar.addMenu(made)
        return made

    def add(self, recent: QMenu, undo: Sequence[QAction], docks: Docks, appearance: Appearance) -> None:
        """Add what is no action of an area: files that were opened last, undo, docks, theme and language."""
        files, view = self._menus[Menu.FILE], self._menus[Menu.VIEW]
        files.insertMenu(files.actions()[1], recent)  # beside Open
        files.insertSeparator(files.actions()[-1])  # before Quit
        self._menus[Menu.EDIT].addActions(list(undo))
        view.addSeparator()
        view.addMenu(docks.visits)
        view.addMenu(docks.switches)
        view.addSeparator()
        view.addMenu(appearance.themes)
        view.addMenu(appearance.languages)
        for menu in self._menus.values():
            menu.menuAction().setVisible(bool(menu.actions()))

    def all(self) -> list[tuple[str, QAction]]:
        """Return every action that stands in a menu, in their order, each with the name that it has outside of it."""
        return [one for menu in self._menus.values() for one in _entries(menu)]

    def _ask(self, window: QMainWindow) -> None:
        if self._palette is None:
            self._palette = CommandPalette(window)
        self._palette.ask(self.all())

    def draw_icons(self, colours: Colours) -> None:
        """Draw the icons in the colour of texts."""
        for spec, action in self._actions:
            if spec.icon:
                action.setIcon(icon(spec.icon, colours.ink))
        # As wide as it is with icons: the corner of a menu bar does not grow with what stands in it.
        self._tools.setFixedWidth(self._tools.sizeHint().width())

    def show_state(self, state: AppState) -> None:
        """Enable what is allowed, and give the reason for the rest as its tool tip."""
        for spec, action in self._actions:
            permission = spec.permission(state)
            action.setEnabled(permission.granted)
            action.setToolTip(permission.reason or with_key(tr(spec.tip), spec.shortcut))


def _action(spec: ActionSpec, parent: QObject) -> QAction:
    action = QAction(tr(spec.text), parent)
    action.setObjectName(spec.name)
    action.triggered.connect(lambda _checked: spec.do())
    if spec.shortcut:
        action.setShortcut(QKeySequence(spec.shortcut))
        action.setAutoRepeat(False)  # a key that is held down is one press
    return action


def _entries(menu: QMenu, within: str = "") -> list[tuple[str, QAction]]:
    """Return the actions of a menu and of those within it; an entry of such a one has its title in front."""
    found: list[tuple[str, QAction]] = []
    for action in menu.actions():
        inner, name = action.menu(), action.text().replace("&", "").strip()
        if isinstance(inner, QMenu):
            found += _entries(inner, f"{name}: ")
        elif not action.isSeparator():
            found.append((within + name, action))
    return found
