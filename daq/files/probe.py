"""Trial of files without a seal: read in a child process under limits first.

A damaged HDF5 file makes the library loop or crash; nothing in its own process can end that. Files of this version are
sealed and never get that far when they are damaged. All others are read by a child first, many files by one child; only
what it has read in time and memory is opened here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from protocols import RunFileError

if TYPE_CHECKING:
    from collections.abc import Iterable

_Key = tuple[int, int, int, int]

# Processor time (s) for one file: reading its description takes some milliseconds. Doubled: a damaged file is refused
# 1 s later.
_CPU_S = 1
# Longest wait (s) for the child beyond that: for a loaded computer and a slow share.
_WAIT_S = 60.0
# Address space of the child (bytes): twice what numpy and HDF5 map. A damaged length that is believed asks for more.
_ADDRESS_SPACE = 4 << 30
# Statuses of a child that a file has ended. One that somebody else kills (SIGKILL) says nothing about its file.
_FATAL = {-getattr(signal, name) for name in ("SIGXCPU", "SIGSEGV", "SIGABRT", "SIGBUS") if hasattr(signal, name)}
# Files that were read in time, and those that ended a child: device, number, size and time of change. Not the path: one
# that was moved is the same. To end a child at its limit takes 2 s of processor time, so none does it twice.
_readable: set[_Key] = set()
_fatal: set[_Key] = set()


def require_readable(path: Path) -> None:
    """Raise unless a child process can read an HDF5 file of ours within its limits.

    Parameters
    ----------
    path : Path
        A file that was tried already, and has not changed since, is not tried again.

    Raises
    ------
    RunFileError
        If it cannot.
    """
    if _key(path) not in _readable and path not in readable_files([path]):
        raise RunFileError(
            f"{path} is damaged, or no file of ionecho: HDF5 fails at it, or does not read it within {_CPU_S} s of "
            "processor time. Take a copy of it from a backup."
        )


def readable_files(paths: Iterable[Path]) -> set[Path]:
    """Return the files that a child process can read as HDF5 within its limits; one child reads many."""
    keys = {path: _key_of_any(path) for path in paths}
    waiting = [path for path, key in keys.items() if key not in _fatal]
    found: set[Path] = set()
    while waiting:
        n_read = 0
        read, was_fatal = _read_by_child(waiting)
        for path in read:
            n_read += 1
            if path is not None:
                found.add(path)
                with suppress(OSError):
                    _readable.add(_key(path))
        # The child ended at the file after those: that one is not readable.
        if was_fatal and (key := keys[waiting[n_read]]) is not None:
            _fatal.add(key)
        waiting = waiting[n_read + 1 :]
    return found


def start_trial() -> subprocess.Popen[bytes]:
    """Start a child that reads the files which its standard input names."""
    command = [sys.executable, "-P", "-m", "daq.files.probe"]
    return subprocess.Popen(  # noqa: S603 - our own module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def _read_by_child(paths: list[Path]) -> tuple[list[Path | None], bool]:
    """Have a child read files.

    Returns
    -------
    read : list of Path or None
        For each file that it came past the file if it could be read, else None.
    was_fatal : bool
        Whether the next file ended the child: by a crash or the limit of its processor time, not because all took long.
    """
    request = b"\0".join(os.fsencode(path) for path in paths)
    with start_trial() as child:
        try:
            answer, _ = child.communicate(request, _WAIT_S + _CPU_S * len(paths))
        except subprocess.TimeoutExpired:
            child.kill()
            answer, _ = child.communicate()
    was_fatal = child.returncode in _FATAL and len(answer) < len(paths)
    return [path if letter == ord("y") else None for path, letter in zip(paths, answer, strict=False)], was_fatal


def _key(path: Path) -> _Key:
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _key_of_any(path: Path) -> _Key | None:
    """Return the key of a file; None if there is none."""
    try:
        return _key(path)
    except OSError:
        return None


def _limit() -> None:
    """Give this process its processor time for the next file."""
    with suppress(ImportError):  # Windows has no such limits: the wait alone ends the child
        import resource

        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        limits = {
            resource.RLIMIT_CPU: int(used) + _CPU_S + 1,
            resource.RLIMIT_AS: _ADDRESS_SPACE,
            resource.RLIMIT_CORE: 0,
        }
        for kind, limit in limits.items():
            _, most = resource.getrlimit(kind)  # whoever started this may have set it, and it cannot be raised
            with suppress(ValueError, OSError):
                resource.setrlimit(kind, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))


def _can_be_read(path: Path) -> bool:
    """Read the description of a file, whatever kind it is of: names, attributes and all but long arrays."""
    import h5py

    def read(_name: str, item: object) -> None:
        dict(item.attrs)  # type: ignore[attr-defined]
        if isinstance(item, h5py.Dataset) and (item.dtype.hasobject or item.nbytes < _LONG_BYTES):
            item[()]

    try:
        with h5py.File(path, "r") as file:
            file.visititems(read)
    except Exception:  # noqa: BLE001 - whatever it is, the file is not readable
        return False
    return True


# Arrays from this length (bytes) on are not read by a trial: they are numbers, and cannot mislead the library.
_LONG_BYTES = 64 << 20


def main() -> None:
    """Read the files that standard input names, and write a letter for each."""
    for name in sys.stdin.buffer.read().split(b"\0"):
        _limit()
        letter = b"y" if _can_be_read(Path(os.fsdecode(name))) else b"n"
        os.write(sys.stdout.fileno(), letter)


if __name__ == "__main__":
    main()
