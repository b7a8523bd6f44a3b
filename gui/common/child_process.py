"""How does the window have something done by a process of its own: ``ionecho ... --json``?"""

from __future__ import annotations

import json
import sys
from typing import Any

from PySide6.QtCore import QObject, QProcess, Signal

_END_MS = 3000


class JsonChild(QObject):
    """A child process that says what it has to say as JSON on its standard output.

    Parameters
    ----------
    what : str
        What it does, for messages: "The fit", "The simulated instrument".
    serves : bool
        Whether it goes on after its first line (a server); else its whole output is one document.
    parent : QObject
    """

    documented = Signal(object)
    """What it printed."""
    failed = Signal(str)
    """Why there is no document, or why a server ended by itself, in words."""

    def __init__(self, what: str, parent: QObject, *, serves: bool = False) -> None:
        super().__init__(parent)
        self._what = what
        self._serves = serves
        self._text = ""
        self._served = False
        self._ending = False
        self._process = QProcess(self)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._not_started)

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    def start(self, *arguments: str) -> None:
        """Start ``ionecho`` with some arguments; does nothing while it runs.

        Parameters
        ----------
        arguments : str
        """
        if self.is_running:
            return
        self._text, self._served, self._ending = "", False, False
        self._process.start(sys.executable, ["-P", "-m", "ionecho", *arguments])

    def end(self) -> None:
        """Tell it to end. Nothing more is heard of it."""
        self._ending = True
        self._process.terminate()

    def wait_for_end(self) -> None:
        """Wait some seconds until it is gone, then make it go; only for a window that closes."""
        if self.is_running and not self._process.waitForFinished(_END_MS):
            self._process.kill()
            self._process.waitForFinished(_END_MS)

    def _read(self) -> None:
        self._text += bytes(self._process.readAllStandardOutput().data()).decode(errors="replace")
        if self._serves and not self._served and "\n" in self._text:
            self._served = True
            self._hand_on(self._text.partition("\n")[0])

    def _hand_on(self, text: str) -> None:
        try:
            document = json.loads(text)
        except ValueError:
            self.failed.emit(f"{self._what} said something that is not JSON: {text[:200]!r}")
        else:
            self.documented.emit(document)

    def _finished(self, status: int, how: QProcess.ExitStatus) -> None:
        if self._ending:
            return
        self._read()
        crashed = how == QProcess.ExitStatus.CrashExit
        if self._serves or crashed or status != 0:
            ended = "was killed" if crashed else f"ended with exit status {status}"
            self.failed.emit(f"{self._what} {ended}: {self._reason()}")
        else:
            self._hand_on(self._text)

    def _reason(self) -> str:
        """Return what the process gave as its reason, as a document or in words."""
        try:
            document: dict[str, Any] = json.loads(self._text)
            return str(document["error"]["message"])
        except (ValueError, KeyError, TypeError):
            words = bytes(self._process.readAllStandardError().data()).decode(errors="replace").strip()
            return "\n".join(words.splitlines()[-6:]) or "it gave no reason"

    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.failed.emit(f"{self._what} could not be started: {self._process.errorString()}")
