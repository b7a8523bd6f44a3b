"""Files that somebody else has open just now: Windows refuses then what other systems do."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_PATIENCE_S = 2.0 if sys.platform == "win32" else 0.0
"""How long a file that is refused is tried again (s): a virus scanner, a search index or a reader of ours has a small
file open for some hundred milliseconds. Doubled: a run ends 2 s later if its file cannot be trimmed."""
_INTERVAL_S = 0.02
"""Pause between two attempts (s). Doubled, a file is had 0.02 s later."""


def when_free(use: Callable[[], T]) -> T:
    """Return what a use of a file returns, which is tried again for a while where Windows refuses it.

    Windows replaces no file that is open, and opens none that is just being replaced.

    Parameters
    ----------
    use : callable
        Opens, reads or replaces the file; it must be harmless to do that twice.

    Raises
    ------
    PermissionError
        If it is refused until the end: there is no right to it, or somebody keeps it open.
    """
    deadline_s = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return use()
        except PermissionError:
            if time.monotonic() >= deadline_s:
                raise
        time.sleep(_INTERVAL_S)
