"""Simulated instruments that a window started die with it, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.gui.window_operator import SIMULATOR_STARTS_MS
from tests.patience import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A window of its own process that starts a simulated instrument, and then lives until it is ended.
_WINDOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QSettings, QTimer
import gui.app.start as start
from gui.app.settings import Settings
from gui import MainWindow

class Window(MainWindow):
    def __init__(self, folder, resource, settings):
        super().__init__(folder, resource)
        self.store.changed.connect(lambda state, _: state.connection.instrument and print("ready", flush=True))
        QTimer.singleShot(0, lambda: self.commands.simulate("ec301"))

start.MainWindow = Window
kept = QSettings(sys.argv[1] + ".ini", QSettings.Format.IniFormat)
start.Settings = lambda: Settings(kept)  # none of this user's
start.main(Path(sys.argv[1]))
"""


@contextmanager
def window_with_simulator(folder: Path) -> Iterator[tuple[subprocess.Popen[str], psutil.Process]]:
    """Start a window in a process of its own; gives it with its simulator."""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", _WINDOW, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8", env=environment) as window:
        try:
            assert window.stdout is not None
            assert window.stdout.readline() == "ready\n"
            children = psutil.Process(window.pid).children(recursive=True)
            (simulator,) = [child for child in children if "sim" in child.cmdline()]
            yield window, simulator
        finally:
            window.kill()


def has_ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


SIGNALS = ["SIGKILL", "SIGTERM", "SIGHUP", "SIGINT"] if os.name == "posix" else ["SIGTERM"]


@pytest.mark.slow
@pytest.mark.parametrize("name", SIGNALS)
def test_a_simulator_ends_with_the_window_that_started_it(folder: Path, name: str) -> None:
    with window_with_simulator(folder) as (window, simulator):
        window.send_signal(getattr(signal, name))
        until(lambda: window.poll() is not None, SIMULATOR_STARTS_MS / 1000)
        until(lambda: has_ended(simulator), SIMULATOR_STARTS_MS / 1000)
        if name != "SIGKILL" and os.name == "posix":
            assert window.returncode == 0, "it was closed in good order"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows cannot stop a process for a while")
def test_a_frozen_simulator_ends_too_once_it_goes_on(folder: Path) -> None:
    with window_with_simulator(folder) as (window, simulator):
        simulator.suspend()
        window.kill()
        window.wait()
        simulator.resume()
        until(lambda: has_ended(simulator), SIMULATOR_STARTS_MS / 1000)
