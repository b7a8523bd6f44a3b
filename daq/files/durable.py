"""Files that appear whole and durable, or not at all, and reading and writing at offsets."""

from __future__ import annotations

import errno
import math
import os
import secrets
import sys
import time
from collections import OrderedDict
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from protocols import when_free

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform != "win32":
    import fcntl

# What ends the name of a file that is being made; before it stands a random word, since two programs may make the same
# results file.
_MAKING_SUFFIX = ".making"
_LISTED_ANEW_S = 60.0
"""How old a listing of a folder may be (s): that of a hundred thousand runs takes 0.1 s, and a refit writes
beside each of them. Doubled, what a process that was killed just now left lies about for twice as long."""
_MOST_FOLDERS = 64
"""Folders whose listing is remembered. Doubled, so much more memory."""
_listings: OrderedDict[str, tuple[float, tuple[str, ...]]] = OrderedDict()
# Bytes moved at a time from file to file: 1 MiB hides the cost of a call; more only takes memory.
_PIECE_BYTES = 1 << 20
_BINARY = getattr(os, "O_BINARY", 0)
# A symbolic link at a name of ours was put there by somebody else, to have another file written.
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


@contextmanager
def write_atomically(target: Path, *, new: bool = False, mode: int = 0o666) -> Iterator[Path]:
    """Yield a path to write to; what was written there becomes `target` once it is safely on disk.

    Whoever opens `target` at any time finds the old file or the new one, never a part. If anything fails, the old file
    stays. The path is an empty new file, never a link that somebody put there.

    Parameters
    ----------
    target : Path
    new : bool, default False
        Whether `target` must not be there: then FileExistsError if it is, even if it appeared just now.
    mode : int
        Who may do what with it, less what the process never grants (umask).
    """
    _remove_leftovers(target)
    making = target.with_name(f"{target.name}.{secrets.token_hex(4)}{_MAKING_SUFFIX}")
    owner = os.open(making, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY | _NO_LINK, mode)
    try:
        _claim(owner)
        yield making
        os.fsync(owner)
        if sys.platform == "win32":  # an open file cannot be renamed there
            os.close(owner)
            owner = -1
        if new:
            _name_without_replacing(making, target)
        else:
            when_free(lambda: making.replace(target))
    finally:
        if owner >= 0:
            os.close(owner)
        with suppress(OSError):  # the disk may be gone: what went wrong before is to be told, not this
            making.unlink(missing_ok=True)
    sync_folder(target.parent)


def write_small_file(target: Path, text: str, mode: int = 0o666) -> None:
    """Replace a small text file whole; a symbolic link at its name is replaced, not followed."""
    with write_atomically(target, mode=mode) as making:
        making.write_text(text, "utf-8", newline="")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the platform lets a folder be synced."""
    with suppress(OSError, AttributeError):
        descriptor = os.open(folder, os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _claim(descriptor: int) -> None:
    """Lock a file that is being made, so that nobody takes it for a leftover of a crash."""
    if sys.platform != "win32":
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _remove_leftovers(target: Path) -> None:
    """Remove what killed processes left while they made this file: it is locked by nobody."""
    with suppress(OSError):
        start = f"{target.name}."
        for name in _being_made(target.parent):
            if name.startswith(start):
                with suppress(OSError):
                    _remove_if_unlocked(target.with_name(name))


def _being_made(folder: Path) -> tuple[str, ...]:
    """Return the names of files that are being made in a folder, or were a moment ago."""
    place, now = str(folder.absolute()), time.monotonic()
    listed_at, names = _listings.get(place, (-math.inf, ()))
    if now - listed_at >= _LISTED_ANEW_S:
        with os.scandir(folder) as entries:
            names = tuple(entry.name for entry in entries if entry.name.endswith(_MAKING_SUFFIX))
        _listings[place] = now, names
        while len(_listings) > _MOST_FOLDERS:
            with suppress(KeyError):  # another thread was faster
                _listings.popitem(last=False)
    return names


def _remove_if_unlocked(leftover: Path) -> None:
    if sys.platform == "win32":
        leftover.unlink()  # refused while it is open
        return
    if leftover.is_symlink():
        leftover.unlink()
        return
    descriptor = os.open(leftover, os.O_RDONLY | _NO_LINK | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        leftover.unlink()
    finally:
        os.close(descriptor)


def _name_without_replacing(making: Path, target: Path) -> None:
    """Give a file its final name unless that name is taken: a rename would replace the other file."""
    try:
        os.link(making, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: claim the name first
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        when_free(lambda: making.replace(target))


def open_in_place(path: Path, *, write: bool = False, follow: bool = True) -> int:
    """Return a descriptor of an existing file.

    Parameters
    ----------
    path : Path
    write : bool, default False
    follow : bool, default True
        Whether a symbolic link may lead to it; not at names that ionecho gives.
    """
    if sys.platform == "win32" and not follow and path.is_symlink():  # it knows no O_NOFOLLOW
        raise OSError(errno.ELOOP, "symbolic links are not followed here", str(path))
    return os.open(path, (os.O_RDWR if write else os.O_RDONLY) | _BINARY | (0 if follow else _NO_LINK))


if hasattr(os, "pread"):

    def _read_some(descriptor: int, offset: int, count: int) -> bytes:
        return os.pread(descriptor, count, offset)

    def _write_some(descriptor: int, offset: int, data: memoryview) -> int:
        return os.pwrite(descriptor, data, offset)

else:  # Windows: the position is shared, so that one thread at a time may use a descriptor

    def _read_some(descriptor: int, offset: int, count: int) -> bytes:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.read(descriptor, count)

    def _write_some(descriptor: int, offset: int, data: memoryview) -> int:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.write(descriptor, data)


def read_at(descriptor: int, offset: int, count: int) -> bytes:
    """Return bytes of a file; fewer only at its end."""
    parts = []
    while count > 0 and (part := _read_some(descriptor, offset, count)):
        parts.append(part)
        offset += len(part)
        count -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def write_at(descriptor: int, offset: int, data: bytes | bytearray | memoryview) -> None:
    """Write all of some bytes at an offset: a single write can be short near a full disk."""
    rest = memoryview(data).cast("B")
    while rest:
        written = _write_some(descriptor, offset, rest)
        offset += written
        rest = rest[written:]


def copy_range(source: int, source_offset: int, target: int, target_offset: int, count: int) -> None:
    """Copy bytes from file to file.

    Raises
    ------
    OSError
        If the source ends before all of them.
    """
    while count > 0:
        part = read_at(source, source_offset, min(count, _PIECE_BYTES))
        if not part:
            raise OSError(f"the file ends {count} bytes too early")
        write_at(target, target_offset, part)
        source_offset += len(part)
        target_offset += len(part)
        count -= len(part)
