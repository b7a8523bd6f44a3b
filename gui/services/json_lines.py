"""Child process of the window that prints a line of JSON for each of its findings until it ends."""

from __future__ import annotations

import json
import sys
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

from gui.common.language import tr
from gui.services.child_process import ChildProcess


class JsonLines(ChildProcess):
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

    def __init__(self, what: str, module: str, parent: QObject) -> None:
        super().__init__(what, parent)
        self._module = module
        self._rest = b""
        self._error = ""
        environment = QProcessEnvironment.systemEnvironment()
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # the runner and the window need a core too
            environment.insert(name, "1")
        self._process.setProcessEnvironment(environment)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._finished)

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
            why = tr("{what} printed something that is not JSON: {text}")
            self._error = why.format(what=self._what, text=repr(lines[-1][:200]))
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
            self.failed.emit(tr("{what} was killed: {why}").format(what=self._what, why=self._last_words()))
        elif status != 0 or self._error:
            why = self._error or self._last_words()
            self.failed.emit(tr("{what} failed: {why}").format(what=self._what, why=why))
        else:
            self.ended.emit()
