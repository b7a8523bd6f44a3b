"""The window paints before what only some docks need is loaded, and a dock that is built late shows what is."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from gui.app.main_window import MainWindow

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

HEAVY = ("pyqtgraph", "h5py", "scipy", "fitting", "drivers")
SCRIPT = """
import sys
from pathlib import Path
from gui.app.start import application_of_window
from PySide6.QtWidgets import QWidget

from gui.app.main_window import MainWindow

application = application_of_window()
window = MainWindow(Path(sys.argv[1]))
window.show()
window.repaint()
early = [name for name in sys.argv[2:] if name in sys.modules]
window.exchange.dock_wanted.emit("live")
application.processEvents()
print(window.isVisible(), early, "pyqtgraph" in sys.modules, flush=True)
import os
os._exit(0)
"""


def test_the_window_is_painted_before_plots_fits_and_drivers_are_loaded(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), *HEAVY], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout.strip() == "True [] True"


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
