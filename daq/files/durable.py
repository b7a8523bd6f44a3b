"""Files that appear whole and durable, or not at all."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# How long (s) Windows is asked to replace a file that somebody has open, and the pause (s) between two attempts. A
# scanner has a small file open for some hundred milliseconds. Doubled: a run ends 2 s later if it cannot be trimmed.
_REPLACE_PATIENCE_S = 2.0
_REPLACE_INTERVAL_S = 0.02


@contextmanager
def write_atomically(target: Path, *, new: bool = False) -> Iterator[Path]:
    """Yield a path to write to; what was written there becomes `target` once it is safely on disk.

    Whoever opens `target` at any time finds the old file or the new one, never a part. If anything fails, the old file
    stays.

    Parameters
    ----------
    target : Path
    new : bool, default False
        Whether `target` must not be there: then FileExistsError if it is, even if it appeared just now.
    """
    making = target.with_name(target.name + ".making")
    try:
        yield making
        descriptor = os.open(making, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            _name_without_replacing(making, target)
        else:
            _replace(making, target)
    finally:
        making.unlink(missing_ok=True)
    with suppress(OSError, AttributeError):  # not every platform lets a folder be synced
        descriptor = os.open(target.parent, os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
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
        _replace(making, target)


def _replace(making: Path, target: Path) -> None:
    """Put a file in another one's place, also where somebody has that open just now.

    Windows replaces no open file, and there a search index, a virus scanner or a reader of ours opens one for moments.
    """
    deadline = time.monotonic() + (_REPLACE_PATIENCE_S if sys.platform == "win32" else 0.0)
    while True:
        try:
            making.replace(target)
        except PermissionError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_REPLACE_INTERVAL_S)
        else:
            return
