"""Files that appear whole and durable, or not at all."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
            making.replace(target)
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
        making.replace(target)
