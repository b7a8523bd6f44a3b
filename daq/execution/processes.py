"""Processes of a run, told from all others: which they are, whether they live, and how they are ended.

A process number alone is no identity, since numbers are reused. With the start of the process it is one.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

# Interval (s) between two looks at a process that is to end.
_POLL_S = 0.01


@dataclass(frozen=True)
class ProcessId:
    """Identity of a process on this computer.

    Attributes
    ----------
    pid : int
    started : str
        When it was started, by a clock that nobody can set where there is one. Empty if that could not be found out.
    """

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> ProcessId:
        """Return the identity of the process that has a number now."""
        return cls(pid, _start_of(pid))

    def is_alive(self) -> bool:
        """Return whether this very process lives; one that is frozen does."""
        if not self.started or _start_of(self.pid) != self.started:
            return False
        try:
            return psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def kill(self, limit_s: float) -> bool:
        """End this process, if it lives, and return whether it has ended within some seconds.

        A process in a call that cannot be interrupted ends later; it does nothing more of its own until then.

        Raises
        ------
        PermissionError
            If it is not ours to end, or this very process.
        """
        if not self.is_alive():
            return True
        if self.pid == os.getpid():
            raise PermissionError(f"process {self.pid} is this very program")
        try:
            psutil.Process(self.pid).kill()
        except psutil.NoSuchProcess:
            return True
        except psutil.AccessDenied as error:
            raise PermissionError(f"process {self.pid} cannot be ended: it belongs to another user") from error
        deadline = time.monotonic() + limit_s
        while self.is_alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True

    def children(self) -> tuple[ProcessId, ...]:
        """Return the processes that this one has started and that live, and those that they have started."""
        if not self.is_alive():
            return ()
        with suppress(psutil.Error):
            return tuple(ProcessId.of(child.pid) for child in psutil.Process(self.pid).children(recursive=True))
        return ()

    def is_frozen(self) -> bool:
        """Return whether this process is kept from running (SIGSTOP), as far as the operating system says so."""
        with suppress(psutil.Error):
            return self.is_alive() and psutil.Process(self.pid).status() == psutil.STATUS_STOPPED
        return False

    def cpu_s(self) -> float:
        """Return the processor time (s) that this process has used; 0 if it does not live."""
        with suppress(psutil.Error):
            if self.is_alive():
                times = psutil.Process(self.pid).cpu_times()
                return float(times.user + times.system)
        return 0.0


def _start_of(pid: int) -> str:
    """Return when a process was started; empty if there is none of that number."""
    if sys.platform == "linux":
        # Ticks since the start of the computer. psutil adds the time of that start, which changes with the wall clock.
        with suppress(OSError, IndexError):
            return (
                Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[19]
            )
    else:
        with suppress(psutil.Error):
            return repr(psutil.Process(pid).create_time())
    return ""


def signal_of(exit_code: int | None) -> str:
    """Return what killed a process, in words that may follow a sentence; nothing if it ended by itself."""
    if exit_code is None or exit_code >= 0:
        return ""
    try:
        return f" (killed by {signal.Signals(-exit_code).name})"
    except ValueError:
        return f" (killed by signal {-exit_code})"
