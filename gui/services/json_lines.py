"""Child process of the window that prints a line of JSON for each of its findings until it ends."""

from __future__ import annotations

import json
import sys
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

_END_MS = 3000
"""How long (ms) a window that closes gives a child to end by itself before it is killed. Longer only delays that."""
_N_LAST_LINES = 6
"""Lines of a traceback that are shown: the last ones say what happened. Doubled, the banner takes half the window."""


class JsonLines(QObject):
    """A child process whose newest line counts; it ends with its standard input, and so with the window.

    Parameters
    ----------
    what : str
        What it does, for messages: "The live fit".
    module : str
        Module that it runs.
    parent : QObject
    """

    told = Signal(object)
    """What its newest line holds; lines that came at the same time before it are passed over."""
    ended = Signal()
    """It has ended by itself, as it should."""
    failed = Signal(str)
    """Why it has ended otherwise, or could not be started, in words."""

    def __init__(self, what: str, module: str, parent: QObject) -> None:
        super().__init__(parent)
        self._what, self._module = what, module
        self._rest = b""
        self._error = ""
        self._ending = False
        self._process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # the runner and the window need a core too
            environment.insert(name, "1")
        self._process.setProcessEnvironment(environment)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._not_started)

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    @property
    def process_id(self) -> int:
        """Number of the process; 0 if there is none."""
        return int(self._process.processId())

    def start(self, *arguments: str) -> None:
        """Start the module with some arguments; does nothing while it runs."""
        if not self.is_running:
            self._rest, self._error, self._ending = b"", "", False
            self._process.start(sys.executable, ["-P", "-m", self._module, *arguments])

    def tell(self, line: str) -> None:
        """Write a line to its standard input."""
        self._process.write(f"{line}\n".encode())

    def end(self) -> None:
        """Tell it to end; it emits nothing more."""
        self._ending = True
        self._process.closeWriteChannel()
        self._process.terminate()

    def wait_for_end(self) -> None:
        """Wait some seconds until it is gone, then kill it; only for a window that closes."""
        if self.is_running and not self._process.waitForFinished(_END_MS):
            self._process.kill()
            self._process.waitForFinished(_END_MS)

    def _read(self) -> None:
        if self._ending:
            return
        *lines, self._rest = (self._rest + bytes(self._process.readAllStandardOutput().data())).split(b"\n")
        if not lines:
            return
        try:
            document: dict[str, Any] = json.loads(lines[-1])
            error = document.get("error")
        except (ValueError, AttributeError):
            self._error = f"{self._what} printed something that is not JSON: {lines[-1][:200]!r}"
            return
        if error is not None:
            self._error = str(error.get("message", error)) if isinstance(error, dict) else str(error)
        else:
            self.told.emit(document)

    def _finished(self, status: int, how: QProcess.ExitStatus) -> None:
        self._read()
        if self._ending:
            return
        if how == QProcess.ExitStatus.CrashExit:
            self.failed.emit(f"{self._what} was killed: {self._reason()}")
        elif status != 0 or self._error:
            self.failed.emit(f"{self._what} failed: {self._error or self._reason()}")
        else:
            self.ended.emit()

    def _reason(self) -> str:
        output = bytes(self._process.readAllStandardError().data()).decode(errors="replace").strip()
        return "\n".join(output.splitlines()[-_N_LAST_LINES:]) or "it gave no reason"

    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.failed.emit(f"{self._what} could not be started: {self._process.errorString()}")
