"""Watch over the path of an open file, which must keep leading to it.

A file that is deleted, renamed or replaced while it is written takes all that is written, and nobody finds it at its
path afterwards: programs that keep folders in step with a cloud do that. Each look costs two system calls.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from daq.files.durable import open_in_place, read_at

# What Linux adds to the path of an open file that was deleted.
_DELETED = " (deleted)"


class PathWatch:
    """Watch over the path of an open file.

    Parameters
    ----------
    path : Path
        As it was opened.
    descriptor : int
    size : int
        Length (bytes) that the file must keep.
    start : bytes
        First bytes of the file, which must stay as they are.
    """

    def __init__(self, path: Path, descriptor: int, size: int, start: bytes) -> None:
        self._path = path
        self._descriptor = descriptor
        self._size = size
        self._start = start

    def problem(self, last_written: tuple[int, bytes] = (0, b"")) -> str | None:
        """Return what happened to the file at its path, None if it is there and whole.

        Parameters
        ----------
        last_written : (int, bytes)
            Offset and content of what was written last. A file there with another number but this content is the same
            one: not every file system keeps the numbers of files.
        """
        here = os.fstat(self._descriptor)
        if here.st_size < self._size:
            return f"was cut short to {here.st_size} of its {self._size} bytes"
        if self.is_damaged():
            return "was overwritten"
        try:
            there = os.lstat(self._path)
        except (FileNotFoundError, NotADirectoryError):
            return self._absence(here)
        except OSError:  # a folder that may not be read, a share that does not answer: writing tells whether it is gone
            return None
        if stat.S_ISLNK(there.st_mode):
            return "was replaced by a symbolic link"
        if os.path.samestat(here, there) or self._has_content(there, last_written):
            return None
        return "was replaced by another file"

    def is_damaged(self) -> bool:
        """Return whether the open file itself was cut short or overwritten."""
        is_short = os.fstat(self._descriptor).st_size < self._size
        return is_short or read_at(self._descriptor, 0, len(self._start)) != self._start

    def _has_content(self, there: os.stat_result, last_written: tuple[int, bytes]) -> bool:
        offset, content = last_written
        if not content or not stat.S_ISREG(there.st_mode) or there.st_size < self._size:
            return False
        with suppress(OSError):
            other = open_in_place(self._path, follow=False)
            try:
                return read_at(other, offset, len(content)) == content
            finally:
                os.close(other)
        return False

    def _absence(self, here: os.stat_result) -> str:
        """Return why nothing is at the path."""
        now = current_path(self._descriptor)
        folder = self._path.parent
        if not folder.is_dir():
            moved = now is not None and now.name == self._path.name
            return f"lost its folder, which was renamed: it is now {now}" if moved else "was deleted with its folder"
        if now is not None:
            return f"was renamed to {now}"
        return "was deleted" if here.st_nlink == 0 else "was deleted or renamed"


def current_path(descriptor: int) -> Path | None:
    """Return where an open file is now, None if it was deleted or the system does not tell."""
    if not sys.platform.startswith("linux"):
        return None
    with suppress(OSError):
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if not path.name.endswith(_DELETED) and path.is_absolute() and path.exists():
            return path
    return None
