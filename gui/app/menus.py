"""Menus and tool bar of the window, from the actions that the areas and the window offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from gui.app.actions import with_key
from gui.app.area import ActionSpec, Menu
from gui.app.rules import Command
from gui.common.language import tr

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gui.app.actions import Actions
    from gui.app.state import AppState

_MENUS = {
    Command.CONNECT: Menu.INSTRUMENT,
    Command.SIMULATE_USUAL: Menu.INSTRUMENT,
    Command.CONFIRM_OFF: Menu.INSTRUMENT,
    Command.RUN: Menu.RUN,
    Command.STOP: Menu.RUN,
    Command.FIT: Menu.ANALYSE,
    Command.CANCEL_FIT: Menu.ANALYSE,
    Command.ZOOM_OUT: Menu.VIEW,
}


class Menus(QObject):
    """The menus.

    Parameters
    ----------
    parent : QObject
    commands : Actions
        Actions of the commands.
    specs : iterable of ActionSpec
        Of the areas and of the window.

    Attributes
    ----------
    bar : QMenuBar
    actions : list of QAction
        Those of `specs`, in their order.
    """

    def __init__(self, parent: QObject, commands: Actions, specs: Iterable[ActionSpec]) -> None:
        super().__init__(parent)
        self.bar = QMenuBar()
        self.bar.setObjectName("menuBar")
        self._menus = {menu: self._menu(menu) for menu in Menu}
        self._specs = tuple(specs)
        self.actions = [_action(spec, self) for spec in self._specs]
        for command, menu in _MENUS.items():
            self._menus[menu].addAction(commands[command])
        for spec, action in zip(self._specs, self.actions, strict=True):
            self._menus[spec.menu].addAction(action)

    def _menu(self, menu: Menu) -> QMenu:
        made = QMenu(tr(menu.value), self.bar)
        made.setObjectName(f"menu.{menu.name.lower()}")
        made.setToolTipsVisible(True)
        self.bar.addMenu(made)
        return made

    def __getitem__(self, menu: Menu) -> QMenu:
        return self._menus[menu]

    def show_state(self, state: AppState) -> None:
        """Enable what is allowed, and give the reason for the rest as its tool tip; hide menus without an entry."""
        for spec, action in zip(self._specs, self.actions, strict=True):
            permission = spec.permission(state)
            action.setEnabled(permission.granted)
            action.setToolTip(permission.reason or with_key(tr(spec.tip), spec.shortcut))
        for menu in self._menus.values():
            menu.menuAction().setVisible(bool(menu.actions()))


def _action(spec: ActionSpec, parent: QObject) -> QAction:
    action = QAction(tr(spec.text), parent)
    action.setObjectName(spec.name)
    action.triggered.connect(lambda _checked: spec.do())
    if spec.shortcut:
        action.setShortcut(QKeySequence(spec.shortcut))
        action.setAutoRepeat(False)  # a key that is held down is one press
    return action
