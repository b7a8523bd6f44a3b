"""Start of the window: the Qt application, its style, signals of the system, errors that nobody foresaw."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QStyleFactory

from gui.app.languages import speak
from gui.app.main_window import MainWindow
from gui.app.settings import Settings
from gui.services.garbage import GuiThreadCollector
from gui.services.jobs import as_message

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_STYLE = "fusion"
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
    settings = Settings()
    speak(application, settings.language)
    window = MainWindow(folder, resource, settings=settings)
    window.show()
    show_unforeseen(window.commands.message.emit)
    heed_signals(window)
    return application.exec()


def heed_signals(window: MainWindow) -> None:
    """Close the window when the system, or a terminal, asks for it.

    Ctrl-C asks what is to become of a run in progress; a system that shuts down, or a terminal that closes, does not
    wait for an answer.
    """
    signal.signal(signal.SIGINT, lambda *_: window.close())
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), lambda *_: close_unasked(window))
    # Python hears of signals only when Qt lets it run now and then.
    listener = QTimer(window, interval=_LISTEN_MS)
    listener.timeout.connect(lambda: None)
    listener.start()


def close_unasked(window: MainWindow) -> None:
    """Close a window without a question. A run keeps running; one on a simulated instrument is stopped first."""
    window.exchange.closing_unasked.emit()
    state = window.store.state
    run = state.run_in_progress
    if run.simulated if run is not None else state.campaign_ends_with_window:
        window.commands.stop_and_close()
    else:
        window.commands.leave_run()


def show_unforeseen(show: Callable[[str], object]) -> None:
    """Show errors that nobody foresaw and nobody caught, in whatever thread, beside their traceback in the terminal.

    Parameters
    ----------
    show : callable
        Takes a message; may be called from any thread. Each message is shown once.
    """
    print_traceback, shown = sys.excepthook, set[str]()

    def tell(kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None) -> None:
        caught = kind() if error is None else error
        print_traceback(kind, caught, traceback)
        message = str(as_message(caught))
        if issubclass(kind, Exception) and message not in shown:
            shown.add(message)
            show(message)

    sys.excepthook = tell
    threading.excepthook = lambda args: tell(args.exc_type, args.exc_value, args.exc_traceback)


def application_of_window() -> QApplication:
    """Return the Qt application, in the style that looks alike everywhere and follows the system's palette."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication(sys.argv[:1])
    application.setApplicationName("ionecho")
    # Many Qt calls let the interpreter lock go. By default another thread's Python code then keeps it for 5 ms each
    # time, and a frame of some twenty such calls takes 0.1 s while the follower imports or parses.
    sys.setswitchinterval(_SWITCH_S)
    if application.style().name() != _STYLE:  # set anew, it would be put on every widget that is there
        application.setStyle(QStyleFactory.create(_STYLE))
    if application.findChild(GuiThreadCollector) is None:
        GuiThreadCollector(application)
    return application
