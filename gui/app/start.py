"""Start of the window: the Qt application, its style, Ctrl-C."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QStyleFactory

from gui.app.main_window import MainWindow
from gui.app.settings import Settings

# Python's default, 5 ms, gives frames of 0.1 s; see `application_of_window`. Twice this adds 4 ms to such a frame.
_SWITCH_S = 2e-4
# How soon Ctrl-C in the terminal is noticed; each turn wakes the process.
_LISTEN_MS = 200


def main(folder: Path = Path("runs"), resource: str | None = None) -> int:
    """Open the window and return its exit status when it is closed.

    Parameters
    ----------
    folder : Path
        Where run files go.
    resource : str, optional
        VISA resource to connect to at once.
    """
    application = application_of_window()
    window = MainWindow(folder, resource, settings=Settings())
    window.show()
    # Ctrl-C in the terminal closes the window; Python hears of it only when Qt lets it run now and then.
    signal.signal(signal.SIGINT, lambda *_: window.close())
    listener = QTimer(application, interval=_LISTEN_MS)
    listener.timeout.connect(lambda: None)
    listener.start()
    return application.exec()


def application_of_window() -> QApplication:
    """Return the Qt application, in the style that looks alike everywhere and follows the system's palette."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication(sys.argv[:1])
    application.setApplicationName("ionecho")
    # Many Qt calls let the interpreter lock go. By default another thread's Python code then keeps it for 5 ms each
    # time, and a frame of some twenty such calls takes 0.1 s while the follower imports or parses.
    sys.setswitchinterval(_SWITCH_S)
    application.setStyle(QStyleFactory.create("Fusion"))
    return application
