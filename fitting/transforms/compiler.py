"""Compilation of loops, and where the result is kept.

An installed package may lie where nothing can be written, so that numba's cache goes to a folder of the user's.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

_Function = TypeVar("_Function", bound="Callable[..., None]")
_Part = TypeVar("_Part", bound="Callable[..., int | None]")
_REORDERED = {"reassoc", "contract"}
_LONGEST_WAIT_S = 60.0
"""How long a process waits for another that compiles the same file: ten times as long as that takes on one core."""
_given_up: set[str] = set()
"""Files that another process, frozen perhaps, still compiled after that: each of its loops would wait as long again."""
_LOOKS_AGAIN_S = 0.05
"""How often it looks; compiling a loop takes 0.2 s at least."""


def compiled(signature: str, *, sums_reordered: bool = False) -> Callable[[_Function], _Function]:
    """Compile for one signature when the file is imported, or take the result from the cache.

    Compiled loops run without the interpreter's lock.

    Parameters
    ----------
    signature : str
        In numba's notation.
    sums_reordered : bool
        Whether sums may be reordered, which lets them run several abreast.
    """
    if "NUMBA_CACHE_DIR" not in os.environ:
        os.environ["NUMBA_CACHE_DIR"] = _cache_folder()
    numba = _numba()
    loose = _REORDERED if sums_reordered else False
    decorator: Callable[[_Function], _Function] = numba.njit(signature, nogil=True, cache=True, fastmath=loose)

    def compile_or_load(function: _Function) -> _Function:
        with _one_at_a_time(function.__module__):
            return decorator(function)

    return compile_or_load


@contextmanager
def _one_at_a_time(name: str) -> Iterator[None]:
    """Let one process at a time compile a file: those that start together with it take its loops from the cache.

    Best effort: where files cannot be locked, and on Windows, each compiles for itself.
    """
    descriptor = -1
    if sys.platform != "win32" and name not in _given_up:
        with suppress(OSError):
            folder = Path(os.environ["NUMBA_CACHE_DIR"])
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            give_up = time.monotonic() + _LONGEST_WAIT_S
            while time.monotonic() < give_up:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    time.sleep(_LOOKS_AGAIN_S)
            else:
                _given_up.add(name)
    try:
        yield
    finally:
        if descriptor >= 0 and sys.platform != "win32":
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_UN)  # closing alone would not, if a child was forked meanwhile
            os.close(descriptor)


def part_of_loop(function: _Part) -> _Part:
    """Let compiled loops of the same file call a function, sums reordered: kept with them, it costs no load of its own.

    Each loop that is loaded from the cache takes 0.05 s.
    """
    numba = _numba()
    decorator: Callable[[_Part], _Part] = numba.njit(nogil=True, fastmath=_REORDERED)
    return decorator(function)


@cache
def _numba() -> ModuleType:
    """Return numba, which has not loaded scipy.linalg to see that there are sums of products by BLAS.

    No loop here asks for them, and loading took as long as the loops themselves: 0.2 s in each process that fits. A
    function of somebody else that does ask loads it when it is compiled.
    """
    import numba
    import numba.np.linalg

    asked = getattr(numba.np.linalg, "ensure_blas", None)
    if asked is not None and find_spec("scipy") is not None:
        numba.np.linalg.ensure_blas = lambda: None
        try:
            import numba.np.arraymath
        finally:
            numba.np.linalg.ensure_blas = asked
            if "numba.np.arraymath" in sys.modules:
                numba.np.arraymath.ensure_blas = asked
    compiler: ModuleType = numba
    return compiler


def _cache_folder() -> str:
    """Return where compiled loops are kept: a folder of the user's, or one for this process alone."""
    root = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME")
    try:
        folder = (Path(root) if root else Path.home() / ".cache") / "ionecho" / "numba"
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return str(folder)
    except (OSError, RuntimeError):  # no home, or a read-only one
        pass
    return tempfile.mkdtemp(prefix="ionecho-numba-")
