"""Locks on files and runs, held for as long as a process lives; instruments have theirs in `instrument_locks`.

They are locks of the operating system on files: the kernel releases them when their holder ends, however it ends. So
nothing here believes a process table, a clock, or a file that a crash left behind. A lock file may stay; it means
nothing.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Literal

from daq.shared_folder import open_shared, read_text, write_text
from protocols import IonechoError, RunFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

Role = Literal["guardian", "runner"]
# What the name of a control file adds to that of its run.
CONTROL_SUFFIX = ".control.json"

# What the holder of a runner's lock says of itself once it only has to close the run file.
OUTPUT_IS_OFF = "the output is off"

# Offset (bytes) of the locked byte: Windows keeps others from reading what is locked, so it lies far behind the text.
_LOCKED_BYTE = 1 << 30
# Most bytes that are read of what a holder says of itself: a path and a process number are far shorter.
_HOLDER_BYTES = 4096
# Attempts to lock a run or an instrument, and seconds between them: whoever only asks whether it is locked holds it for
# some microseconds. Twice as long would delay a refusal by 0.2 s.
ATTEMPTS = 10
ATTEMPT_INTERVAL_S = 0.02
# Holders that have not said who they are yet, or had gone when it was asked: with both it is worth trying again.
_NOBODY, _JUST_ENDED = "another process", "a process that has just ended"
BRIEF_HOLDERS = frozenset({_NOBODY, _JUST_ENDED})


class LockHeldError(IonechoError):
    """A lock that another process holds; the message is what the holder wrote about itself."""


class Lock:
    """A lock that is held from its construction to `release`, or to the end of this process.

    Parameters
    ----------
    path : Path
        Made if it does not exist.
    owner : str
        Who holds the lock, for those who come later.
    mode : int
        Permissions of the file, whatever the umask.

    Raises
    ------
    LockHeldError
        If another process holds it.
    RunFileError
        If the file cannot be made or locked at all.
    """

    def __init__(self, path: Path, owner: str = "", mode: int = 0o600) -> None:
        self._path = path
        try:
            self._descriptor = open_shared(path, mode)
        except OSError as error:
            raise RunFileError(f"{path} could not be locked: {error}. Nothing was sent.") from error
        try:
            _lock(self._descriptor)
        except OSError:
            holder = read_text(self._descriptor)
            self.release()
            raise LockHeldError(holder or _NOBODY) from None
        if not self._is_at_its_path():
            self.release()
            raise LockHeldError(_JUST_ENDED)
        self.describe(owner)

    def describe(self, owner: str) -> None:
        """Write who holds the lock, for those who come later."""
        with suppress(OSError):  # a file of another user that may only be read: its lock holds all the same
            write_text(self._descriptor, owner)

    def _is_at_its_path(self) -> bool:
        """Return whether the file is still the one that others will find: its last holder may have removed it."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), self._path.stat())
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Release the lock. May be called more than once."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def remove(self) -> None:
        """Remove the file and release the lock. May be called more than once."""
        if self._descriptor >= 0:
            if sys.platform == "win32":
                self.release()  # Windows removes no open file: neither ours, nor another's who has it by now
            with suppress(OSError):
                self._path.unlink()
            self.release()


if sys.platform == "win32":

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)

else:

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def lock_soon(path: Path, owner: str) -> Lock:
    """Lock a file, though somebody may hold it for a moment who only asks whether it is locked.

    Raises
    ------
    LockHeldError
        If another process goes on holding it.
    """
    for _ in range(ATTEMPTS - 1):
        with suppress(LockHeldError):
            return Lock(path, owner)
        time.sleep(ATTEMPT_INTERVAL_S)
    return Lock(path, owner)


def is_held(path: Path) -> bool:
    """Return whether a process holds the lock of a file, which need not exist; one that only looks does not count."""
    for _ in range(ATTEMPTS):
        if not path.exists():
            return False
        try:
            Lock(path).release()
        except LockHeldError as holder:
            if str(holder) not in BRIEF_HOLDERS:
                return True
            time.sleep(ATTEMPT_INTERVAL_S)
        else:
            return False
    return True


def run_lock_path(run_path: Path, role: Role) -> Path:
    """Return the file beside a run whose lock says that its ``guardian`` or its ``runner`` lives."""
    return run_path.with_name(f"{run_path.name}.{role}.lock")


def lock_run(run_path: Path, role: Role) -> Lock:
    """Lock a run file, before it is made or while it is repaired.

    The lock lies beside the run, so that it also holds on other computers if the file system passes locks on.

    Raises
    ------
    RunFileError
        If another process has it: says which.
    """
    path = run_lock_path(run_path, role)
    path.parent.mkdir(parents=True, exist_ok=True)
    owner = f"process {os.getpid()} ({role}, on {platform.node()})"
    try:
        return lock_soon(path, owner)
    except LockHeldError as holder:
        why = f"{run_path}: this run is still running in {holder}: stop it where it was started"
        raise RunFileError(why) from None


def is_locked(run_path: Path, role: Role) -> bool:
    """Return whether the ``guardian`` or the ``runner`` of a run lives."""
    return is_held(run_lock_path(run_path, role))


def holder_of(run_path: Path, role: Role) -> str:
    """Return what the ``guardian`` or ``runner`` of a run says of itself beside it; empty if there is none."""
    with suppress(OSError), run_lock_path(run_path, role).open("rb") as file:
        return file.read(_HOLDER_BYTES).decode(errors="replace")
    return ""


@contextmanager
def exclusive_access(run_path: Path) -> Iterator[None]:
    """Hold both locks of a run, so that neither guardian nor runner can live meanwhile.

    Raises
    ------
    RunFileError
        If one of them does.
    """
    guardian = lock_run(run_path, "guardian")
    try:
        runner = lock_run(run_path, "runner")
        try:
            yield
        finally:
            runner.remove()
    finally:
        guardian.remove()


def control_path(run_path: Path) -> Path:
    """Return the path of the file with the address of a run's guardian."""
    return run_path.with_name(run_path.name + CONTROL_SUFFIX)


def is_in_progress(run_path: Path) -> bool:
    """Return whether the guardian of a run lives and can be asked."""
    return control_path(run_path).exists() and is_locked(run_path, "guardian")
