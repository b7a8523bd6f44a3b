"""Guardians of the tests: copies of one that has loaded what it needs.

A guardian that is started loads 0.4 s of processor time before it reads its request, and the tests start hundreds. On
Linux each worker has one process that has done so and is copied (`os.fork`), as a guardian is copied for its runner.
Everything after that is the guardian's own: session, input and errors, environment, signals, exit status. Where a copy
would not be the same, one is started as the product does it: on other systems, while coverage is measured, and with
another environment of Python. Programs that tests start (`ionecho run`, conductors) start their guardians themselves.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

_MODULE = "daq.execution.guardian"
_READ_WHEN_LOADED = ("PYTHON", "COVERAGE", "OPENBLAS", "HDF5")
"""How variables begin that a process reads as it loads, so that a copy cannot have other ones."""
_MOST = 1 << 18
"""Bytes of a request: the environment is most of it, 10 kB. Doubled: nothing."""


class CopiedGuardian:
    """A copy, with what the product asks of a `subprocess.Popen`.

    Parameters
    ----------
    pid : int
    ended : int
        Descriptor from which its exit status is read once it has ended.
    stdin : binary file, optional
        Where requests are written.
    """

    def __init__(self, pid: int, ended: int, stdin: IO[bytes] | None) -> None:
        self.pid = pid
        self.stdin = stdin
        self.returncode: int | None = None
        self._ended = ended

    def poll(self) -> int | None:
        """Return its exit status, as `Popen` has it; None while it lives."""
        return self._status(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return its exit status."""
        status = self._status(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(_MODULE, timeout or 0.0)
        return status

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

    def copy(self, requests: IO[bytes] | int, stderr_file: IO[bytes]) -> subprocess.Popen[bytes]:
        """Do as `daq.execution.guardian_process.start_guardian`."""
        if _read_when_loaded() != self._loaded_with:
            from daq.execution.guardian_process import start_guardian

            return start_guardian(requests, stderr_file)
        ended, told = os.pipe()
        theirs, ours = os.pipe() if isinstance(requests, int) else (requests.fileno(), None)
        request = json.dumps({"cwd": str(Path.cwd()), "environment": dict(os.environ)}).encode()
        with self._lock:
            link = self._started()
            socket.send_fds(link, [request], [theirs, stderr_file.fileno(), told])
            pid = int(link.recv(16))
        os.close(told)
        if ours is not None:
            os.close(theirs)
        stdin = None if ours is None else open(ours, "wb", buffering=0)  # noqa: PTH123, SIM115 - a descriptor
        return cast("subprocess.Popen[bytes]", CopiedGuardian(pid, ended, stdin))

    def _started(self) -> socket.socket:
        if self._link is None:
            self._link, its_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with its_end:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", __file__, str(its_end.fileno()), _MODULE],
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
def copied_guardians() -> Iterator[None]:
    """Have guardians that this process starts copied while the context lasts."""
    original = Original()
    modules = [importlib.import_module(f"daq.execution.{name}") for name in ("bench", "bench_session")]
    before = [module.start_guardian for module in modules]
    for module in modules:
        module.start_guardian = original.copy  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module, starts in zip(modules, before, strict=True):
            module.start_guardian = starts  # type: ignore[attr-defined]
        original.end()


def _read_when_loaded() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(_READ_WHEN_LOADED)}


def _await_copy(link: socket.socket) -> bool:
    """Make copies until there are no more to be made; return True in a copy, False at the end of the original."""
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker)
    living: dict[int, int] = {}
    while True:
        readable, _, _ = select.select([link.fileno(), woken], [], [])
        if woken in readable:
            os.read(woken, 1024)
            _tell_of_ended(living)
        if link.fileno() not in readable:
            continue
        request, descriptors, _, _ = socket.recv_fds(link, _MOST, 3)
        if not request:
            return False
        stdin, stderr, told = descriptors
        if (pid := os.fork()) == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for one in (woken, waker, told, *living.values()):
                os.close(one)
            link.close()
            _become(json.loads(request), stdin, stderr)
            return True
        living[pid] = told
        os.close(stdin)
        os.close(stderr)
        link.send(str(pid).encode())


def _tell_of_ended(living: dict[int, int]) -> None:
    while living:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        told = living.pop(pid)
        os.write(told, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(told)


def _become(request: dict[str, Any], stdin: int, stderr: int) -> None:
    """Take what a process of its own has: session, input, errors, folder, environment."""
    os.setsid()
    for given, number in ((stdin, 0), (stderr, 2)):
        os.dup2(given, number)
        os.close(given)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    tempfile.tempdir = None  # of that environment


def main(link: int) -> int:
    """Load what a guardian needs, and be one in each copy.

    Parameters
    ----------
    link : int
        Descriptor over which copies are asked for.
    """
    guardian = importlib.import_module(_MODULE)
    guardian.load_drivers()
    gc.freeze()  # else the first look for garbage of a copy would copy all that they share
    sys.argv = sys.argv[:1]
    return int(guardian.main()) if _await_copy(socket.socket(fileno=link)) else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
