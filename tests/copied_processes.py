"""Guardians and trials of files that tests start: copies of one process that has loaded what they need.

A guardian loads 0.4 s of processor time before it reads its request, a trial of a file 0.15 s, and the tests start
hundreds. On Linux each worker has one process that has done so and is copied (`os.fork`), as a guardian is copied for
its runner. Everything after that is the copy's own: session, input, output and errors, environment, signals, limits,
exit status. Where a copy would not be the same, one is started as the product does it: on other systems, while coverage
is measured, and with another environment of Python. Programs that tests start (`ionecho run`, conductors) start their
children themselves.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

import pytest

from daq.execution.guardian_process import start_guardian
from daq.files.probe import start_trial
from tests.original_process import GUARDIAN, TRIAL

_ORIGINAL = Path(__file__).with_name("original_process.py")
_READ_WHEN_LOADED = ("PYTHON", "COVERAGE", "OPENBLAS", "HDF5")
"""How variables begin that a process reads as it loads, so that a copy cannot have other ones."""


class Copy:
    """A copy, with what the product asks of a `subprocess.Popen`.

    Parameters
    ----------
    module : str
        Whose `main` it is.
    pid : int
    ended : int
        Descriptor from which its exit status is read once it has ended.
    stdin, stdout : binary file, optional
        Where it is written to and read from.
    """

    def __init__(self, module: str, pid: int, ended: int, stdin: IO[bytes] | None, stdout: IO[bytes] | None) -> None:
        self.pid = pid
        self.stdin = stdin
        self.stdout = stdout
        self.returncode: int | None = None
        self._module = module
        self._ended = ended

    def __enter__(self) -> Copy:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in (self.stdin, self.stdout):
            if pipe is not None:
                pipe.close()
        self.wait()

    def poll(self) -> int | None:
        """Return its exit status, as `Popen` has it; None while it lives."""
        return self._status(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return its exit status."""
        status = self._status(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(self._module, timeout or 0.0)
        return status

    def communicate(self, request: bytes = b"", timeout: float | None = None) -> tuple[bytes, None]:
        """Write a request that a pipe holds, and return the answer once it has ended."""
        if self.stdin is not None and not self.stdin.closed:
            with suppress(BrokenPipeError), self.stdin:
                self.stdin.write(request)
        self.wait(timeout)
        return (b"" if self.stdout is None else self.stdout.read()), None

    def kill(self) -> None:
        """End it, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def _status(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._ended], [], [], timeout)[0]:
            told = os.read(self._ended, 16)
            os.close(self._ended)
            self.returncode = int(told) if told else -signal.SIGKILL  # the process that is copied has ended itself
        return self.returncode


class Original:
    """The process that is copied; started when the first copy is wanted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._link: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._loaded_with = _read_when_loaded()

    def guardian(self, requests: IO[bytes] | int, stderr_file: IO[bytes]) -> subprocess.Popen[bytes]:
        """Do as `daq.execution.guardian_process.start_guardian`."""
        if _read_when_loaded() != self._loaded_with:
            return start_guardian(requests, stderr_file)
        with Path(os.devnull).open("wb") as nowhere:
            if not isinstance(requests, int):
                return self._copy(GUARDIAN, requests.fileno(), nowhere.fileno(), stderr_file.fileno())
            theirs, ours = os.pipe()
            stdin = os.fdopen(ours, "wb", buffering=0)
            try:
                return self._copy(GUARDIAN, theirs, nowhere.fileno(), stderr_file.fileno(), stdin=stdin)
            finally:
                os.close(theirs)

    def trial(self) -> subprocess.Popen[bytes]:
        """Do as `daq.files.probe.start_trial`."""
        if _read_when_loaded() != self._loaded_with:
            return start_trial()
        (asked, stdin), (stdout, answered) = os.pipe(), os.pipe()
        try:
            with Path(os.devnull).open("wb") as nowhere:
                pipes = os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb")
                return self._copy(TRIAL, asked, answered, nowhere.fileno(), stdin=pipes[0], stdout=pipes[1])
        finally:
            os.close(asked)
            os.close(answered)

    def _copy(
        self, module: str, *descriptors: int, stdin: IO[bytes] | None = None, stdout: IO[bytes] | None = None
    ) -> subprocess.Popen[bytes]:
        """Have a copy made whose input, output and errors are the descriptors."""
        ended, told = os.pipe()
        request = json.dumps({"module": module, "cwd": str(Path.cwd()), "environment": dict(os.environ)}).encode()
        with self._lock:
            link = self._started()
            socket.send_fds(link, [request], [*descriptors, told])
            pid = int(link.recv(16))
        os.close(told)
        return cast("subprocess.Popen[bytes]", Copy(module, pid, ended, stdin, stdout))

    def _started(self) -> socket.socket:
        if self._link is None:
            self._link, its_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with its_end:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", str(_ORIGINAL), str(its_end.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[its_end.fileno()],
                    start_new_session=True,
                )
        return self._link

    def end(self) -> None:
        """End it; copies that live are left to their end."""
        if self._link is not None and self._process is not None:
            self._link.close()
            self._process.wait()


@contextmanager
def copied_processes() -> Iterator[None]:
    """Have guardians and trials of files that this process starts copied while the context lasts."""
    original = Original()
    with pytest.MonkeyPatch.context() as patch:
        for module in ("bench", "bench_session"):
            patch.setattr(f"daq.execution.{module}.start_guardian", original.guardian)
        patch.setattr("daq.files.probe.start_trial", original.trial)
        yield
    original.end()


def _read_when_loaded() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(_READ_WHEN_LOADED)}
