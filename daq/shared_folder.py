"""Folder that all programs and users of a computer share, and files in it that are opened without being misled.

Locks on instruments and markers of outputs lie here. ``$TMPDIR`` is a matter of each program: two programs with
different ones would not see each other's locks and collide on one instrument. The folders here are the system's own.
Anybody may put something into them, so nothing in them is followed, trusted or executed: a symbolic link, a pipe or a
second name of somebody's file is refused, and what a file says is read up to a bound and shown without control
characters.
"""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from protocols import InstrumentError

# Folders in the order in which they are taken. The first is not emptied when the computer starts again, so that a
# marker outlives a power cut; the others are for containers and systems without it.
CANDIDATES = ("/var/tmp", "/dev/shm", "/run/lock", "/tmp")  # noqa: S108 - see `_is_shared` and `open_shared`
# Names a folder in place of these, where none of them is fit, and in tests.
ENVIRONMENT = "IONECHO_LOCKS"
# Everybody may write, and only the owner of a file may remove or rename it.
_SHARED = stat.S_ISVTX | stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO
# Permissions of a file that every user must be able to open.
EVERYBODY = 0o666
# Most bytes that are read of what somebody wrote: a path and some names are shorter.
_TEXT_BYTES = 4096
# Group of all users of a computer, whatever the language of Windows, and how long (s) its permissions may take to set.
_WINDOWS_USERS, _ICACLS_S = "*S-1-5-32-545", 10.0


def shared_folder() -> Path:
    """Return the folder that all users of this computer share.

    Raises
    ------
    InstrumentError
        If there is none: says what to do.
    """
    chosen = os.environ.get(ENVIRONMENT)
    if chosen:
        folder = Path(chosen)
        if folder.is_dir() and os.access(folder, os.W_OK):
            return folder
        raise InstrumentError(
            f"{folder}, which the environment variable {ENVIRONMENT} names, is no folder that can be written to. "
            "Nothing was sent."
        )
    if sys.platform == "win32":
        return _of_windows()
    for candidate in CANDIDATES:
        if _is_shared(Path(candidate)):
            return Path(candidate)
    raise InstrumentError(
        f"this computer has no folder that all its users share ({', '.join(CANDIDATES)}: each is missing, or not "
        "everybody may write there, or it is not sticky), so two runs on one instrument could not see each other. "
        f"Nothing was sent. Let an administrator run `chmod 1777 {CANDIDATES[0]}`, or name a folder that all users "
        f"share in the environment variable {ENVIRONMENT}."
    )


def _is_shared(folder: Path) -> bool:
    """Return whether everybody may write there, nobody may remove what is another's, and this process can."""
    try:
        mode = folder.lstat().st_mode
    except OSError:
        return False
    return stat.S_ISDIR(mode) and mode & _SHARED == _SHARED and os.access(folder, os.W_OK)


def _of_windows() -> Path:
    """Return the folder in ``%PROGRAMDATA%``; whoever makes it lets all users change what is in it."""
    folder = Path(os.environ.get("PROGRAMDATA") or r"C:\ProgramData") / "ionecho"
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        return folder
    except OSError as error:
        raise InstrumentError(
            f"{folder} could not be made ({error}), so two runs on one instrument could not see each other. Nothing "
            f"was sent. Name a folder that all users share in the environment variable {ENVIRONMENT}."
        ) from error
    # Else other users could read the locks of the first one, and lock them, but not say who they are.
    with suppress(OSError, subprocess.SubprocessError):
        tool = Path(os.environ.get("SYSTEMROOT") or r"C:\Windows") / "System32" / "icacls.exe"
        subprocess.run(  # noqa: S603 - a tool of Windows, with arguments of ours
            [str(tool), str(folder), "/grant", f"{_WINDOWS_USERS}:(OI)(CI)M"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ICACLS_S,
            check=False,
        )
    return folder


def open_shared(path: Path, mode: int) -> int:
    """Open a plain file of one name for reading and writing, or for reading if no more is allowed; make it if need be.

    Parameters
    ----------
    path : Path
    mode : int
        Permissions of a new file, whatever the umask.

    Returns
    -------
    int
        Its descriptor.

    Raises
    ------
    OSError
        If it cannot be opened, or is no plain file of one name.
    """
    flags = getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    if path.is_symlink():  # Windows knows no O_NOFOLLOW
        raise OSError(errno.ELOOP, "it is a symbolic link, which is not followed", str(path))
    try:
        # Without O_CREAT: Linux may forbid that on another user's file in a folder that is open to all.
        descriptor = os.open(path, os.O_RDWR | flags)
    except FileNotFoundError:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | flags, mode)
        with suppress(OSError, AttributeError):  # Windows cannot change the permissions of an open file
            os.fchmod(descriptor, mode)
    except PermissionError:
        descriptor = os.open(path, os.O_RDONLY | flags)
    opened = os.fstat(descriptor)
    if not stat.S_ISREG(opened.st_mode) or opened.st_nlink > 1:
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no plain file, or has a second name", str(path))
    return descriptor


def write_text(descriptor: int, text: str, *, durable: bool = False) -> None:
    """Replace what an open file says; if it is to be durable, it is on disk when this returns."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    rest = text.encode()
    length = len(rest)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.ftruncate(descriptor, length)
    if durable:
        os.fsync(descriptor)


def read_text(descriptor: int) -> str:
    """Return what an open file says, up to some bytes and without control characters."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    text = os.read(descriptor, _TEXT_BYTES).decode(errors="replace")
    return "".join(character if character.isprintable() else " " for character in text).strip()
