"""Somebody at the window, for its tests: finds widgets by their names, clicks, reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QListWidget, QPushButton, QTableWidget, QTabWidget, QWidget

from gui.fit.model_panel import FitPanel
from gui.fit.result_page import MemoryPage
from gui.instrument.connection_panel import ConnectionPanel
from gui.protocol.library_panel import ProtocolPanel
from gui.protocol.plan_page import PlanPage
from gui.run.live_dock import LiveDock
from tests.patience import patience

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from gui import MainWindow

Part = TypeVar("Part", bound=QWidget)

# Labels that say how things stand; a dock that was not shown yet has none.
_TOLD = ("headline", "detail", "messageText", "planFault")
# What it takes on an idle machine at most; `Operator.wait` is more patient.
SIMULATOR_STARTS_MS = 20_000
RUN_ENDS_MS = 30_000
FIT_ENDS_MS = 60_000


class Operator:
    """Somebody at the window: finds things by their names, clicks, reads."""

    def __init__(self, qtbot: QtBot, window: MainWindow) -> None:
        self.qtbot = qtbot
        self.window = window

    def part(self, kind: type[Part]) -> Part:
        """Return the only widget of a kind."""
        (found,) = self.window.findChildren(kind)
        return found

    def part_of(self, dock: str, kind: type[Part]) -> Part:
        """Return the content of a dock; it is brought to the front if nobody has looked at it yet."""
        if self.window.findChild(kind) is None:
            self.window.exchange.dock_wanted.emit(dock)
            self.qtbot.waitUntil(lambda: self.window.findChild(kind) is not None)
        return self.part(kind)

    @property
    def protocols(self) -> ProtocolPanel:
        return self.part(ProtocolPanel)

    @property
    def connection(self) -> ConnectionPanel:
        return self.part(ConnectionPanel)

    @property
    def plan_page(self) -> PlanPage:
        return self.part(PlanPage)

    @property
    def live_page(self) -> LiveDock:
        return self.part_of("live", LiveDock)

    @property
    def memory_page(self) -> MemoryPage:
        return self.part_of("memory", MemoryPage)

    @property
    def fitting(self) -> FitPanel:
        return self.part(FitPanel)

    def button(self, name: str) -> QPushButton:
        found = self.window.findChild(QPushButton, name)
        assert found is not None, name
        return found

    def click(self, name: str) -> None:
        button = self.button(name)
        assert button.isVisible(), name
        assert button.isEnabled(), name
        self._click_at(button)

    def _click_at(self, widget: QWidget, pos: QPoint | None = None) -> None:
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=pos or widget.rect().center())

    def choose(self, protocol: str) -> None:
        found = self.window.findChild(QListWidget, "protocolList")
        assert found is not None
        (item,) = found.findItems(protocol, Qt.MatchFlag.MatchExactly)
        self._click_at(found.viewport(), found.visualItemRect(item).center())

    def text(self, name: str) -> str:
        if name.startswith("now") and self.window.findChild(QLabel, name) is None:
            return ""  # nobody has looked at the dock "Measurement" yet
        found = self.window.findChild(QLabel, name)
        assert found is not None, name
        return found.text()

    def is_visible(self, name: str) -> bool:
        found = self.window.findChild(QWidget, name)
        assert found is not None, name
        return found.isVisible()

    def rows(self, table: str) -> list[list[str]]:
        found = self.window.findChild(QTableWidget, table)
        assert found is not None, table
        cells = [[found.item(row, column) for column in range(3)] for row in range(found.rowCount())]
        return [["" if cell is None else cell.text() for cell in row] for row in cells]

    def show_evidence(self, title: str) -> None:
        """Click one of the tabs below the verdict."""
        tabs = self.window.findChild(QTabWidget, "fitTabs")
        assert tabs is not None
        (index,) = [index for index in range(tabs.count()) if tabs.tabText(index) == title]
        bar = tabs.tabBar()
        if not bar.rect().contains(bar.tabRect(index)):  # reached by the arrows beside the tabs
            tabs.setCurrentIndex(index)
        else:
            self._click_at(bar, bar.tabRect(index).center())
        assert tabs.currentIndex() == index

    def wait(self, until: Callable[[], bool], timeout_ms: int = 10_000) -> None:
        def shown() -> list[str]:
            labels = (self.window.findChild(QLabel, name) for name in _TOLD)
            return [label.text() for label in labels if label is not None]

        try:
            self.qtbot.waitUntil(until, timeout=round(1000 * patience(timeout_ms / 1000)))
        except self.qtbot.TimeoutError:
            pytest.fail(f"in vain: the window shows {shown()}")

    def connect_simulated(self) -> None:
        self.click("simulateButton")
        self.wait(lambda: self.window.store.state.connection.instrument is not None, SIMULATOR_STARTS_MS)
        assert "2461" in self.text("instrumentName")

    def connect(self, resource: str) -> None:
        """Type an address and connect to the instrument there."""
        address = self.window.findChild(QLineEdit, "resourceEdit")
        assert address is not None
        address.setText(resource)
        self.click("connectButton")
        self.wait(lambda: self.window.store.state.connection.instrument is not None, SIMULATOR_STARTS_MS)

    def run(self, protocol: str) -> None:
        self.choose(protocol)
        self.wait(self.button("runButton").isEnabled)
        self.click("runButton")
