"""How do the pictures of the window in ``docs/images/`` come about? The real window, driven against the simulator.

Run it where there is no screen of its own::

    xvfb-run -a -s "-screen 0 1280x800x24" python docs/make_screenshots.py
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QCheckBox, QLabel, QListWidget, QPushButton, QSpinBox, QTableWidget, QWidget

from gui import MainWindow
from gui.app.start import application_of_window

if TYPE_CHECKING:
    from collections.abc import Callable

W = TypeVar("W", bound=QWidget)

IMAGES = Path(__file__).parent / "images"
_PATIENCE_S = 60.0


def pass_time(seconds: float) -> None:
    """Let the window live."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def wait(until: Callable[[], bool], what: str) -> None:
    """Let the window live until something is so."""
    deadline = time.monotonic() + _PATIENCE_S
    while not until():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {_PATIENCE_S:.0f} s for {what}")
        pass_time(0.02)


def named(window: MainWindow, kind: type[W], name: str) -> W:
    """Return a widget of the window."""
    found = window.findChild(kind, name)
    if found is None:
        raise LookupError(f"the window has no {kind.__name__} {name!r}")
    return found


def press(window: MainWindow, name: str) -> None:
    """Press a button when it can be pressed."""
    button = named(window, QPushButton, name)
    wait(button.isEnabled, name)
    button.click()


def headline(window: MainWindow) -> str:
    """Return what the window says first."""
    return named(window, QLabel, "headline").text()


def keep(window: MainWindow, name: str) -> None:
    """Save a picture of the window."""
    pass_time(0.3)
    window.grab().save(str(IMAGES / name))


def dark_palette() -> QPalette:
    """Return what a dark desktop hands to its programs; the bare X server of this script has no desktop."""
    palette = QPalette(QColor("#2a2d31"), QColor("#1d1f22"))
    for role, colour in (
        (QPalette.ColorRole.Base, "#1d1f22"),
        (QPalette.ColorRole.Text, "#e6e6e6"),
        (QPalette.ColorRole.WindowText, "#e6e6e6"),
        (QPalette.ColorRole.ButtonText, "#e6e6e6"),
    ):
        palette.setColor(role, QColor(colour))
    return palette


def take_pictures(folder: Path) -> None:
    """Drive the window through a run and a fit."""
    application = application_of_window()
    window = MainWindow(folder)
    window.show()
    press(window, "simulateButton")
    wait(lambda: "2461" in named(window, QLabel, "instrumentName").text(), "the simulated instrument")
    protocols = named(window, QListWidget, "protocolList")
    protocols.setCurrentItem(protocols.findItems("Pump probe", Qt.MatchFlag.MatchExactly)[0])
    press(window, "runButton")
    wait(lambda: headline(window) == "Running", "the run")
    pass_time(1.3)
    keep(window, "window-live.png")
    wait(lambda: headline(window) == "Complete", "the end of the run")
    press(window, "fitButton")
    wait(lambda: named(window, QTableWidget, "memoryTable").rowCount() > 0, "the fit")
    keep(window, "window-fit.png")
    named(window, QCheckBox, "logTimeBox").setChecked(True)
    named(window, QSpinBox, "edgeBox").setValue(2)
    application.setPalette(dark_palette())
    keep(window, "window-fit-dark.png")
    window.close()


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as runs:
        take_pictures(Path(runs))
