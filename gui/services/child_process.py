"""Child processes of the window: what all have in common, and ``ionecho ... --json``."""

from __future__ import annotations

import json
import sys
from typing import Any

from PySide6.QtCore import QObject, QProcess, Qt, QTimer, Signal

from gui.common.language import tr

# How long a window that closes gives a child to end by itself before it is killed. Longer waits only delay the closing.
_END_MS = 3000
# Lines of a traceback or of a warning that are shown: the last ones say what happened.
_N_LAST_LINES = 6


class ChildProcess(QObject):
    """A child process of the window, which ends at the latest with the window.

    Parameters
    ----------
    what : str
        What it does, for messages: "The fit", "The simulated instrument".
    parent : QObject
    """

    failed = Signal(str)
    """Why it could not be started, or has not ended as it should, in words."""

    def __init__(self, what: str, parent: QObject) -> None:
        super().__init__(parent)
        self._what = what
        self._ending = False
        self._process = QProcess(self)
        self._process.errorOccurred.connect(self._not_started)

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    def wait_for_end(self) -> None:
        """Wait some seconds until it is gone, then kill it; only for a window that closes."""
        if self.is_running and not self._process.waitForFinished(_END_MS):
            self._process.kill()
            self._process.waitForFinished(_END_MS)

    def _last_words(self) -> str:
        """Return the last lines of its standard error."""
        output = bytes(self._process.readAllStandardError().data()).decode(errors="replace").strip()
        return "\n".join(output.splitlines()[-_N_LAST_LINES:]) or tr("it gave no reason")

    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            text = tr("{what} could not be started: {why}")
            self.failed.emit(text.format(what=self._what, why=self._process.errorString()))


class JsonChild(ChildProcess):
    """A child process that prints JSON on its standard output.

    Parameters
    ----------
    what : str
        What it does, for messages: "The fit", "The simulated instrument".
    parent : QObject
    serves : bool
        Whether it keeps running after its first line (a server); else its whole output is one document.
    limit_s : float
        How long its document may take; then it is killed, and has failed. 0 for no limit.

    Attributes
    ----------
    limit_s : float
    """

    documented = Signal(object)
    """What it printed. `failed` tells why there is no document, or why a server ended by itself."""

    def __init__(self, what: str, parent: QObject, *, serves: bool = False, limit_s: float = 0.0) -> None:
        super().__init__(what, parent)
        self.limit_s = limit_s
        self._limit = QTimer(self, singleShot=True)
        self._limit.timeout.connect(self._give_up)
        self._serves = serves
        self._text = ""
        self._served = False
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._finished)

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
        if self.limit_s:
            self._limit.start(round(self.limit_s * 1000))

    def end(self) -> None:
        """Tell it to end; it emits nothing more."""
        self._ending = True
        self._limit.stop()
        self._process.terminate()

    def let_go(self) -> None:
        """Tell it to end, and delete this object once it has: Qt kills a process whose object goes first."""
        self.end()
        if self.is_running:
            self._process.finished.connect(self.deleteLater)
        else:
            self.deleteLater()

    def _give_up(self) -> None:
        """Kill a child that has not answered in time: whoever waits for it waits no longer."""
        self._ending = True
        self._process.kill()
        text = tr("{what} has not come to an end within {limit} s and was given up.")
        self.failed.emit(text.format(what=self._what, limit=f"{self.limit_s:.0f}"))

    def _read(self) -> None:
        self._text += bytes(self._process.readAllStandardOutput().data()).decode(errors="replace")
        if self._serves and not self._served and "\n" in self._text:
            self._served = True
            self._emit_document(self._text.partition("\n")[0])

    def _emit_document(self, text: str) -> None:
        self._limit.stop()
        try:
            document = json.loads(text)
        except ValueError:
            why = tr("{what} printed something that is not JSON: {text}")
            self.failed.emit(why.format(what=self._what, text=repr(text[:200])))
        else:
            self.documented.emit(document)

    def _finished(self, status: int, how: QProcess.ExitStatus) -> None:
        if self._ending:
            return
        self._limit.stop()
        self._read()
        crashed = how == QProcess.ExitStatus.CrashExit
        if self._serves or crashed or status != 0:
            ended = tr("{what} has ended: {why}") if self._serves else tr("{what} failed: {why}")
            text = tr("{what} was killed: {why}") if crashed else ended
            self.failed.emit(text.format(what=self._what, why=self._reason()))
        else:
            self._emit_document(self._text)

    def _reason(self) -> str:
        """Return the reason that the process gave, as a document or on its standard error."""
        try:
            document: dict[str, Any] = json.loads(self._text)
            return str(document["error"]["message"])
        except (ValueError, KeyError, TypeError):
            return self._last_words()

    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._limit.stop()
        super()._not_started(error)


def end_children(service: QObject) -> None:
    """End the children of a service, those too that it has let go, and wait for that; only for a window that closes."""
    children = service.findChildren(JsonChild, options=Qt.FindChildOption.FindDirectChildrenOnly)
    for child in children:
        child.end()
    for child in children:
        child.wait_for_end()
