"""A dock in a window of its own, for its tests: an area with a store and an exchange, without the main window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow, QPushButton, QWidget

from gui.app.area import Area, Context, Exchange
from gui.app.store import Store
from gui.common.theme import colours_of
from gui.services.jobs import Jobs
from tests.patience import patience

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from gui.app.commands import Commands
    from gui.app.settings import Settings

Found = TypeVar("Found", bound=QWidget)


class Orders(QObject):
    """What is asked of the commands of the window."""

    campaign_stop_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.followed: list[Path] = []

    def follow_run(self, path: Path) -> None:
        self.followed.append(path)


class Dock:
    """A dock, and somebody at it."""

    def __init__(
        self, qtbot: QtBot, make: Callable[[Context], Area], folder: Path, settings: Settings | None = None
    ) -> None:
        self.qtbot = qtbot
        self.parent = QObject()
        self.store, self.exchange = Store(self.parent), Exchange(self.parent)
        self.messages: list[str] = []
        self.exchange.message.connect(self.messages.append)
        self.orders = Orders()
        unused = cast("Any", None)
        commands = cast("Commands", self.orders)
        self.area = make(
            Context(self.parent, self.store, self.exchange, Jobs(self.parent), folder, settings, commands, unused)
        )
        self.store.changed.connect(self.area.show)
        self.window = QMainWindow()
        widget = self.area.docks()[0].widget
        self.window.setCentralWidget(widget if isinstance(widget, QWidget) else widget())
        self.area.set_colours(colours_of(QApplication.palette()))
        self.area.show(self.store.state, self.store.state)
        self.window.resize(900, 600)
        qtbot.addWidget(self.window)
        self.window.show()
        qtbot.waitExposed(self.window)
        self.exchange.painted.emit()

    def find(self, kind: type[Found], name: str) -> Found:
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found

    def click(self, name: str) -> None:
        button = self.find(QPushButton, name)
        self.wait(lambda: button.isEnabled() and button.isVisible())
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def wait(self, until: Callable[[], bool], timeout_s: float = 20.0) -> None:
        def held() -> None:
            assert until(), self.messages

        self.qtbot.waitUntil(held, timeout=round(1000 * patience(timeout_s)))

    def close(self) -> None:
        self.area.close()
