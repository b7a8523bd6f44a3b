"""Who has a thing to himself for as long as he lives?

Locks of the operating system on files: the kernel releases them when their holder ends, however it ends. So no process
table has to be believed, no clock, and no file that a crash left behind. A lock file may stay; it means nothing.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

from protocols import (
    InstrumentError,
    IonechoError,
    RunFileError,
)

if TYPE_CHECKING:
    from pathlib import Path


import hashlib
import platform
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from drivers import canonical_resource

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

# Windows keeps others from reading what is locked: the locked byte lies far behind the words.
_LOCKED_BYTE = 1 << 30
_WORDS_BYTES = 4096
_TRIES = 10
_TRY_EVERY_S = 0.02


class TakenError(IonechoError):
    """Somebody else holds a lock; the message is what the holder said of himself."""


class Lock:
    """A lock that is held from its making to `release`, or to the end of this process.

    Parameters
    ----------
    path : Path
        Made if it is not there.
    words : str
        Who holds it, for those who come later.
    mode : int
        Permissions of the file, whatever the umask.

    Raises
    ------
    TakenError
        If somebody holds it.
    RunFileError
        If the file cannot be made or locked at all.
    """

    def __init__(self, path: Path, words: str = "", mode: int = 0o600) -> None:
        self._path = path
        try:
            self._descriptor = _opened(path, mode)
        except OSError as fault:
            raise RunFileError(f"{path} could not be locked: {fault}. Nothing was sent.") from fault
        try:
            _lock(self._descriptor)
        except OSError:
            holder = os.read(self._descriptor, _WORDS_BYTES).decode(errors="replace")
            self.release()
            raise TakenError(holder or "another process") from None
        if not self._is_at_its_path():
            self.release()
            raise TakenError("a process that has just ended")
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, words.encode())

    def _is_at_its_path(self) -> bool:
        """Return whether the file is still the one that others will find: its last holder may have removed it."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), self._path.stat())
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Let it go. May be called more than once."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def remove(self) -> None:
        """Remove the file and let the lock go. May be called more than once."""
        if self._descriptor >= 0:
            with suppress(OSError):  # Windows removes no open file: there it stays, and means nothing
                self._path.unlink()
            self.release()


def _opened(path: Path, mode: int) -> int:
    how = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    with suppress(FileNotFoundError):
        # Without O_CREAT: Linux may forbid that on another user's file in a folder that is open to all.
        return os.open(path, how)
    descriptor = os.open(path, how | os.O_CREAT, mode)
    with suppress(OSError):
        path.chmod(mode)
    return descriptor


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


def instrument_lock_path(resource: str, who: str) -> Path:
    """Return the file whose lock stands for an instrument on this computer.

    Parameters
    ----------
    resource : str
        VISA resource name; other spellings of the same give the same file.
    who : str
        ``guardian`` or ``runner``: each has a lock of its own, since either may outlive the other.
    """
    name = hashlib.sha256(canonical_resource(resource).encode()).hexdigest()[:24]
    return Path(tempfile.gettempdir()) / f"ionecho-{name}.{who}.lock"


def take_instrument(resource: str, run_path: Path, who: str) -> Lock:
    """Take an instrument for one run, before anything is sent to it.

    Raises
    ------
    InstrumentError
        If another run of this computer has it: says which.
    """
    try:
        # Any user of this computer must find the lock taken.
        return Lock(instrument_lock_path(resource, who), f"the run {run_path} (process {os.getpid()})", 0o666)
    except TakenError as holder:
        raise InstrumentError(
            f"{resource} is in use by {holder}: stop that run or wait for its end. Nothing was sent."
        ) from None


def run_lock_path(run_path: Path, who: str) -> Path:
    """Return the file beside a run whose lock says that its ``guardian`` or its ``runner`` lives."""
    return run_path.with_name(f"{run_path.name}.{who}.lock")


def take_run(run_path: Path, who: str) -> Lock:
    """Take a run file, before it is made or while it is mended.

    The lock lies beside the run, so that it also holds on other computers if the file system passes locks on.

    Raises
    ------
    RunFileError
        If somebody else has it: says who.
    """
    path = run_lock_path(run_path, who)
    path.parent.mkdir(parents=True, exist_ok=True)
    words = f"process {os.getpid()} ({who}, on {platform.node()})"
    for attempt in range(_TRIES):
        try:
            return Lock(path, words)
        except TakenError as taken:
            holder = taken
            if attempt < _TRIES - 1:  # whoever only looks whether a run goes on holds the lock for a moment
                time.sleep(_TRY_EVERY_S)
    raise RunFileError(f"{run_path}: this run still goes on in {holder}: stop it where it was started")


def lives(run_path: Path, who: str) -> bool:
    """Return whether a run's ``guardian`` or ``runner`` lives."""
    path = run_lock_path(run_path, who)
    if not path.exists():
        return False
    try:
        Lock(path).release()
    except TakenError:
        return True
    return False


@contextmanager
def nobody_runs(run_path: Path) -> Iterator[None]:
    """Hold a run so that neither guardian nor runner can live meanwhile.

    Raises
    ------
    RunFileError
        If one of them does.
    """
    guardian = take_run(run_path, "guardian")
    try:
        runner = take_run(run_path, "runner")
        try:
            yield
        finally:
            runner.remove()
    finally:
        guardian.remove()


def control_path(run_path: Path) -> Path:
    """Return where the address of a run's guardian lies."""
    return run_path.with_name(run_path.name + ".control.json")


def is_alive(run_path: Path) -> bool:
    """Return whether the guardian of a run lives and can be asked."""
    return control_path(run_path).exists() and lives(run_path, "guardian")
