"""The window paints before what only some docks need is loaded, and a dock that is built late shows what is."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QPushButton, QWidget

from gui.app.first_paint import FirstPaint
from gui.app.main_window import MainWindow

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

HEAVY = ("numpy", "pyqtgraph", "h5py", "scipy", "fitting", "drivers", "psutil", "protocols.protocol", "daq.files.run")
SCRIPT = """
import sys
from pathlib import Path
from gui.app.start import application_of_window
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from gui.app.main_window import MainWindow
from gui.services.jobs import Jobs

told = []

class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and watched.objectName() not in told:
            told.append(watched.objectName())
        return False

do = Jobs.do

def begun(*job):
    if "job" not in told:
        told.extend(("job", *(name for name in sys.argv[2:] if name in sys.modules)))
    do(*job)

Jobs.do = begun
application = application_of_window()
window = MainWindow(Path(sys.argv[1]))
watch = Watch()
window.show()
for one in window.findChildren(QWidget):
    if one.objectName() in ("tryButton", "protocolList", "modelBox", "stopButton"):
        one.installEventFilter(watch)
while "job" not in told or "pyqtgraph" not in sys.modules:
    application.processEvents()
at = told.index("job")
before, early = sorted(told[:at]), [name for name in told[at:] if name in sys.argv]
print(before, early, window.findChild(QWidget, "measurementPage"), flush=True)
import os
os._exit(0)
"""


def test_the_start_page_is_painted_before_anything_else_is_loaded_or_begun(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), *HEAVY], capture_output=True, encoding="utf-8", check=True
    )
    painted = ["modelBox", "protocolList", "stopButton", "tryButton"]
    assert done.stdout.strip() == f"{painted} [] None"  # nor is a plot built, once what draws it is there


def test_the_page_does_not_move_once_it_is_painted(qtbot: QtBot, tmp_path: Path) -> None:
    window = MainWindow(tmp_path)
    qtbot.addWidget(window)
    places: list[object] = []

    def note() -> None:
        button = window.findChild(QPushButton, "tryButton")
        assert button is not None
        places.append(button.mapTo(window, button.rect().topLeft()))

    window.exchange.painted.connect(note)
    with qtbot.waitSignal(window.exchange.painted):
        window.show()
    for _ in range(10):
        qtbot.wait(1)
    note()
    assert places[0] == places[1]
    window.close()


def test_a_window_that_is_not_shown_waits_for_no_paint(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    with qtbot.waitSignal(FirstPaint(widget).over):
        pass


def test_a_window_that_is_shown_tells_once_and_after_its_paint(qtbot: QtBot) -> None:
    painted: list[str] = []

    class Page(QWidget):
        def paintEvent(self, _event: object) -> None:
            painted.append("paint")

    page = Page()
    qtbot.addWidget(page)
    first = FirstPaint(page)
    first.over.connect(lambda: painted.append("over"))
    page.show()
    qtbot.waitUntil(lambda: "over" in painted)
    page.repaint()
    qtbot.wait(1)
    assert painted[0] == "paint"
    assert painted.count("over") == 1


def test_a_window_in_sight_is_waited_for_however_busy_the_computer_is(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.app.first_paint._AT_LATEST_MS", 1)
    told: list[str] = []
    page = QWidget()
    qtbot.addWidget(page)
    first = FirstPaint(page)
    first.over.connect(lambda: told.append("over"))
    page.setUpdatesEnabled(False)  # as if the paint were late
    page.show()
    handle = page.windowHandle()
    assert handle is not None
    qtbot.waitUntil(handle.isExposed)
    qtbot.wait(50)
    assert told == []
    page.setUpdatesEnabled(True)
    qtbot.waitUntil(lambda: told == ["over"])


def test_a_minimised_window_is_not_waited_for(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gui.app.first_paint._AT_LATEST_MS", 1)
    page = QWidget()
    qtbot.addWidget(page)
    page.setUpdatesEnabled(False)
    first = FirstPaint(page)
    with qtbot.waitSignal(first.over):
        page.showMinimized()


def _is_there(window: MainWindow, page: str) -> bool:
    return window.findChild(QWidget, page) is not None


def test_what_the_window_does_not_show_at_first_is_not_built(qtbot: QtBot, tmp_path: Path) -> None:
    window = MainWindow(tmp_path)
    qtbot.addWidget(window)
    window.show()
    for page in ("measurementPage", "memoryPage", "liveFitPlots"):
        assert window.findChild(QWidget, page) is None, page
    for dock, page in (("live", "measurementPage"), ("memory", "memoryPage")):
        window.exchange.dock_wanted.emit(dock)
        qtbot.waitUntil(partial(_is_there, window, page))
    window.close()


def test_the_first_show_of_a_dock_with_plots_makes_none_of_them(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyqtgraph

    made: list[object] = []
    begin = pyqtgraph.PlotItem.__init__

    def note(plot: object, *args: object, **named: object) -> None:
        made.append(plot)
        begin(plot, *args, **named)

    monkeypatch.setattr(pyqtgraph.PlotItem, "__init__", note)
    window = MainWindow(tmp_path)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: len(made) == 9, timeout=20_000)
    qtbot.wait(100)
    for dock, plots in (("live", "livePlots"), ("memory", "fitPlots")):
        window.exchange.dock_wanted.emit(dock)
        qtbot.waitUntil(partial(_is_there, window, plots))
    window.close()
    assert len(made) == 9, "four quantities of a run, three plots of a fit, two of a live fit"
