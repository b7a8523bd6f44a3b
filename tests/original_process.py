"""The process whose copies are the guardians and trials of tests: see `tests.copied_processes`."""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import tempfile
from typing import Any

GUARDIAN = "daq.execution.guardian"
TRIAL = "daq.files.probe"
_MOST = 1 << 18
"""Bytes of a request: the environment is most of it, 10 kB. Doubled: nothing."""


def _await_copy(link: socket.socket) -> str:
    """Make copies until there are no more to be made; return the module of a copy, nothing at the original's end."""
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
        request, descriptors, _, _ = socket.recv_fds(link, _MOST, 4)
        if not request:
            return ""
        *standard, told = descriptors
        if (pid := os.fork()) == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for one in (woken, waker, told, *living.values()):
                os.close(one)
            link.close()
            return _become(json.loads(request), standard)
        living[pid] = told
        for one in standard:
            os.close(one)
        link.send(str(pid).encode())


def _tell_of_ended(living: dict[int, int]) -> None:
    while living:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        told = living.pop(pid)
        os.write(told, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(told)


def _become(request: dict[str, Any], standard: list[int]) -> str:
    """Take what a process of its own has: session, input, output, errors, folder, environment; return its module."""
    if request["module"] == GUARDIAN:
        os.setsid()
    for number, given in enumerate(standard):
        os.dup2(given, number)
        os.close(given)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    tempfile.tempdir = None  # of that environment
    return str(request["module"])


def main(link: int) -> int:
    """Load what copies need, and be one in each copy.

    Parameters
    ----------
    link : int
        Descriptor over which copies are asked for.
    """
    importlib.import_module("h5py")  # which a trial loads with its first file
    modules = {name: importlib.import_module(name) for name in (GUARDIAN, TRIAL)}
    modules[GUARDIAN].load_drivers()
    gc.freeze()  # else the first look for garbage of a copy would copy all that they share
    sys.argv = sys.argv[:1]
    module = _await_copy(socket.socket(fileno=link))
    return int(modules[module].main() or 0) if module else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
