"""Pictures of the window in ``docs/images/``: the real window, driven against the simulator.

Run it where there is no screen of its own::

    xvfb-run -a -s "-screen 0 1600x900x24" python docs/make_screenshots.py
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QComboBox, QLabel, QListWidget, QPushButton, QSpinBox, QWidget

from daq import Outcome
from gui import MainWindow
from gui.app import transitions
from gui.app.start import application_of_window
from gui.app.state import Page
from gui.common.theme import Theme, set_theme

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


def take_pictures(folder: Path) -> None:
    """Drive the window through a run and a fit."""
    application_of_window()
    window = MainWindow(folder)
    window.show()
    press(window, "simulateButton")
    wait(lambda: "2461" in named(window, QLabel, "instrumentName").text(), "the simulated instrument")
    protocols = named(window, QListWidget, "protocolList")
    protocols.setCurrentItem(protocols.findItems("Pump probe", Qt.MatchFlag.MatchExactly)[0])
    press(window, "runButton")
    wait(lambda: headline(window) == "Running", "the run")
    pass_time(0.7)
    keep(window, "window-live.png")
    show_long_name(window)
    wait(lambda: headline(window) == "Complete", "the end of the run")
    press(window, "fitButton")
    wait(lambda: window.findChild(QLabel, "keyFigure0") is not None, "the fit")
    keep(window, "window-fit.png")
    named(window, QComboBox, "axisBox").setCurrentIndex(1)
    named(window, QSpinBox, "edgeBox").setValue(2)
    set_theme(Theme.DARK)
    keep(window, "window-fit-dark.png")
    set_theme(Theme.LIGHT)
    show_alarm(window)
    window.close()


def show_long_name(window: MainWindow) -> None:
    """Take a picture, 1400 pixels wide, of the run in progress as if its name had 300 letters."""
    run = window.store.state.run
    if run is None or run.facts is None:
        raise LookupError("the window follows no run")
    size = window.size()
    window.resize(1400, size.height())
    window.store.apply(transitions.run_opened, replace(run.facts, title="pump probe " * 28))
    keep(window, "window-long-name.png")
    window.store.apply(transitions.run_opened, run.facts)
    window.resize(size)


def show_alarm(window: MainWindow) -> None:
    """Take a picture of that run as if it had ended in doubt."""
    resource = "TCPIP::192.168.0.10::5025::SOCKET"
    reason = (
        f"the output of {resource} may still be ON: the instrument could not be reached for 10 s (no route to host)"
    )
    outcome = Outcome.unknown(f"{reason}. Press the OUTPUT key of the instrument.", 50_000)
    window.store.apply(transitions.page_shown, Page.MEASUREMENT)
    window.store.apply(transitions.run_ended, outcome, datetime.now().astimezone())
    keep(window, "window-alarm.png")


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as runs:
        take_pictures(Path(runs))
