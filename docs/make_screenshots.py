"""Pictures of the window in ``docs/images/``: the real window, driven against the simulator.

Run it where there is no screen of its own::

    xvfb-run -a -s "-screen 0 1600x900x24" python docs/make_screenshots.py
"""

from __future__ import annotations

import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QCheckBox, QLabel, QListWidget, QPushButton, QSpinBox, QTableWidget, QWidget

from daq import Outcome, OutputState, Phase, RunStatus
from gui import MainWindow
from gui.app import transitions
from gui.app.start import application_of_window
from gui.common.run_facts import RunFacts
from gui.common.theme import Theme, set_theme

if TYPE_CHECKING:
    from collections.abc import Callable

W = TypeVar("W", bound=QWidget)

IMAGES = Path(__file__).parent / "images"
_PATIENCE_S = 60.0
# Width and height (pixels) of the window on a common small screen.
_WIDE = (1400, 780)


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
    pass_time(1.3)
    keep(window, "window-live.png")
    wait(lambda: headline(window) == "Complete", "the end of the run")
    press(window, "fitButton")
    wait(lambda: named(window, QTableWidget, "memoryTable").rowCount() > 0, "the fit")
    keep(window, "window-fit.png")
    named(window, QCheckBox, "logTimeBox").setChecked(True)
    named(window, QSpinBox, "edgeBox").setValue(2)
    set_theme(Theme.DARK)
    keep(window, "window-fit-dark.png")
    set_theme(Theme.LIGHT)
    window.resize(*_WIDE)
    show_long_name(window, folder / "long.nxs")
    keep(window, "window-long-name.png")
    show_alarm(window)
    keep(window, "window-alarm.png")
    window.commands.leave_run()


def show_long_name(window: MainWindow, path: Path) -> None:
    """Let the window follow a run of somebody else with a name of 300 letters."""
    now = datetime.now().astimezone()
    window.store.apply(transitions.run_found, path, now)
    times = np.array([0.1, 0.4])
    facts = RunFacts(path, "pump probe " * 28, "Keithley 2461 04089762", 2.0, 200_000, times, times)
    window.store.apply(transitions.run_opened, facts)
    window.store.apply(transitions.run_progressed, RunStatus(Phase.RUNNING, 50_000, 200_000, OutputState.ON), now)


def show_alarm(window: MainWindow) -> None:
    """Let that run end in doubt."""
    reason = (
        "the output of TCPIP::192.168.0.10::5025::SOCKET may still be ON: the instrument could not be reached for 10 s"
    )
    outcome = Outcome.unknown(f"{reason}. Press the OUTPUT key of the instrument.", 50_000)
    window.store.apply(transitions.run_ended, outcome, datetime.now().astimezone())


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as runs:
        take_pictures(Path(runs))
