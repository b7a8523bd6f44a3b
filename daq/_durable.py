"""How does a file come into being whole and durable, or not at all?"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def made_whole(target: Path) -> Iterator[Path]:
    """Give a path to write to; what was written there becomes `target` once it is safely on disk.

    Whoever opens `target` finds the old file or the new one, never a part. If anything fails, the old one stays.

    Parameters
    ----------
    target : Path
    """
    making = target.with_name(target.name + ".making")
    try:
        yield making
        descriptor = os.open(making, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        making.replace(target)
    finally:
        making.unlink(missing_ok=True)
    with suppress(OSError, AttributeError):  # not every platform lets a folder be synced
        descriptor = os.open(target.parent, os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
