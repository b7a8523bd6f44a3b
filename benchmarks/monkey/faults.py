"""What went wrong: exceptions of any thread, warnings of Qt, and what the window says that is not so."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QtMsgType, qInstallMessageHandler
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from shiboken6 import isValid

from daq.state import OutputState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from gui import MainWindow
    from sim_instruments.serving.in_process import InProcess

_OF_THE_PLATFORM = (
    "This plugin does not support",
    "propagateSizeHints",
    'Mouse event "',
    "Mouse event occurs outside",
    *(("QFont::setPointSizeF: Point size <= 0 (-0.75",) if sys.platform == "win32" else ()),
)
"""What Qt says of a screen that is not there, and of a test's mouse; nothing that the window did.

The last, without a screen on Windows, of each menu that opens, a bare `QMenu` of one entry too.
"""
_END_HEADLINES = ("Complete", "Stopped", "Aborted")
"""A run that ended so has read its output back as off."""


class Faults:
    """Everything that went wrong while it listens.

    Attributes
    ----------
    found : list of str
    """

    def __init__(self) -> None:
        self.found: list[str] = []
        self.doing = ""

    def note(self, what: str) -> None:
        """Keep a fault, with what was being done."""
        self.found.append(f"{what} [{self.doing}]")

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear every exception that nobody caught and every warning of Qt."""
        before = sys.excepthook, threading.excepthook, sys.unraisablehook

        def heard(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
            self.note("".join(traceback.format_exception(kind, error, trace)))

        def told(kind: QtMsgType, _where: object, text: str) -> None:
            is_loud = kind not in {QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg}
            if is_loud and not any(one in text for one in _OF_THE_PLATFORM):
                self.note(f"Qt: {text}{_where_else()}")

        sys.excepthook = heard
        threading.excepthook = lambda args: heard(args.exc_type, args.exc_value, args.exc_traceback)
        sys.unraisablehook = lambda args: heard(args.exc_type, args.exc_value, args.exc_traceback)
        handler = qInstallMessageHandler(told)
        try:
            yield
        finally:
            sys.excepthook, threading.excepthook, sys.unraisablehook = before
            qInstallMessageHandler(handler)

    def compare(self, window: MainWindow, instrument: InProcess, within_s: float) -> None:
        """Compare what the window shows with the instrument's own record of its output.

        What is shown may follow what is so by `within_s`, and no longer. A window that was to close when its run has
        ended may go meanwhile.
        """
        deadline = time.monotonic() + within_s
        while isValid(window) and (lie := _lie(window, instrument)):
            if time.monotonic() > deadline:
                self.note(lie)
                return
            QTest.qWait(20)
        if not isValid(window):
            return
        headline = _text(window, "headline")
        if headline in _END_HEADLINES and _is_ours(window, instrument) and instrument.output.is_on:
            self.note(f"the headline says {headline}, and the output is on")
        stop = window.findChild(QPushButton, "stopButton")
        if stop is None or not stop.isEnabled() or stop.visibleRegion().boundingRect() != stop.rect():
            self.note("Stop is not in sight")


def _where_else() -> str:
    """Return the stack of another thread than the GUI's, in which Qt's warning came; empty in the GUI thread."""
    if threading.current_thread() is threading.main_thread():
        return ""
    return f" in {threading.current_thread().name}:\n" + "".join(traceback.format_stack(limit=12))


def _text(window: MainWindow, name: str) -> str:
    label = window.findChild(QLabel, name)
    return "" if label is None else label.text()


def _is_ours(window: MainWindow, instrument: InProcess) -> bool:
    """Whether what the window says of an output is said of this instrument."""
    run = window.store.state.run
    return run is not None and run.resource == instrument.resource


def _lie(window: MainWindow, instrument: InProcess) -> str:
    """Return what the window says that is not so; empty if there is no such thing."""
    if not _is_ours(window, instrument):
        return ""
    badge, foot, is_on = _text(window, "outputBadge"), _text(window, "outputStatus"), instrument.output.is_on
    if badge != foot:
        return f"the badge says {badge!r}, the status line {foot!r}"
    if is_on and badge.startswith("OUTPUT OFF"):
        return f"the badge says {badge!r}, and the output is on"
    state = window.store.state
    if not is_on and badge.startswith("OUTPUT ON") and state.run_in_progress is None:
        return f"the badge says {badge!r}, the run is over, and the output is off"
    if is_on and state.run_in_progress is None and not state.alarms and state.output.state is OutputState.OFF:
        return "no run, no alarm, and the output is on"
    return ""
