"""Code of other packages: found by its entry points, loaded, and contained.

Drivers of instruments and elements of circuits may come from packages that nobody here has read. Whatever such code
does when it is imported or called (it raises, it ends the interpreter by `sys.exit`, it prints), it is reported and
left out, and everything else works on. It runs with the user's rights all the same: containing is no protection against
ill will, nor against code that never returns.
"""

from __future__ import annotations

import io
import signal
import sys
import threading
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib.metadata import distributions, entry_points
from typing import TYPE_CHECKING, Any, TextIO, cast

from protocols.errors import IonechoError
from protocols.texts import printable, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from importlib.metadata import EntryPoint

_QUOTED = 300
"""Longest reason of a plug-in that is quoted (characters): three lines. Some give a page."""


# Held while a plug-in is imported; by one thread more than once, since a plug-in may ask for others.
_LOADING = threading.RLock()


class PluginError(IonechoError):
    """Code of another package failed, and is left out."""


@dataclass(frozen=True)
class Plugins:
    """Entry points of a group.

    Attributes
    ----------
    points : tuple of EntryPoint
    problems : tuple of (str, str)
        Package, and why its entry points cannot be read.
    """

    points: tuple[EntryPoint, ...]
    problems: tuple[tuple[str, str], ...] = ()


def plugins_of(group: str) -> Plugins:
    """Return the entry points of a group; a package whose metadata are damaged does not hide the others'."""
    try:
        return Plugins(tuple(entry_points(group=group)))
    except Exception:  # noqa: BLE001 - one package's text is no UTF-8, or no list: which one is told below
        return _one_by_one(group)


def _one_by_one(group: str) -> Plugins:
    points: dict[tuple[str, str], EntryPoint] = {}
    problems: list[tuple[str, str]] = []
    for distribution in distributions():
        try:
            package = str(distribution.metadata["Name"])
        except Exception:  # noqa: BLE001 - its metadata are damaged: it has no name
            package = "a package without a name"
        try:
            for point in distribution.entry_points:
                if point.group == group:
                    points.setdefault((package, point.name), point)  # the first on the path is the one that is imported
        except Exception as error:  # noqa: BLE001 - its list of entry points is damaged
            problems.append((printable(package), f"its entry points cannot be read: {in_words(error)}"))
    return Plugins(tuple(points.values()), tuple(problems))


def package_of(point: EntryPoint) -> str:
    """Return the distribution that an entry point comes from."""
    try:
        return printable(point.dist.name) if point.dist is not None else "ionecho"
    except Exception:  # noqa: BLE001 - its metadata are damaged
        return "a package without a name"


def load(point: EntryPoint, what: str) -> Any:
    """Import what an entry point names.

    What it prints goes to standard error: standard output may be one document. What other threads print meanwhile
    goes where it would have gone.

    Raises
    ------
    PluginError
        Whatever went wrong.
    """
    # One at a time: two threads that redirect standard output could each put back what the other had put in its place.
    with _LOADING, contained(f"{what} cannot be loaded"), _OUTPUT.on_stderr():
        return point.load()


class _Output:
    """Standard output while a plug-in is imported: standard error for the thread that imports it, and for no other.

    `sys.stdout` is the whole process's: with standard error in its place, what another thread says to whoever reads
    standard output would be lost. The one object of this class must outlive all that is printed: Python's `print` does
    not hold the stream that it has found, and ends in freed memory if that goes meanwhile.
    """

    def __init__(self) -> None:
        self._thread: int | None = None
        self._own: TextIO | None = None
        self._others: TextIO | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own if threading.get_ident() == self._thread else self._others, name)

    @contextmanager
    def on_stderr(self) -> Iterator[None]:
        """Let what this thread prints go to standard error; only for the thread that holds `_LOADING`."""
        within_another = self._thread is not None
        if within_another or sys.stdout is None:  # None in a program without a terminal: nobody can be told anything
            yield
            return
        stream = cast("TextIO", self)
        if sys.stdout is not stream:
            self._others = sys.stdout
        self._own, self._thread = sys.stderr or io.StringIO(), threading.get_ident()
        try:
            with redirect_stdout(stream):
                yield
        finally:
            self._thread = None


_OUTPUT = _Output()


@contextmanager
def contained(doing: str, passed: tuple[type[BaseException], ...] = ()) -> Iterator[None]:
    """Turn whatever is raised into `PluginError`, `SystemExit` and other ends of the interpreter too.

    Only an interrupt from the keyboard passes, which is the user's and not the plug-in's.

    Parameters
    ----------
    doing : str
        Begin of the message: "the driver 'x' cannot be loaded".
    passed : tuple of exception classes
        Which pass as they are, because the contract knows them.
    """
    with _interrupts_marked():
        try:
            yield
        except BaseException as error:
            if isinstance(error, (*passed, _UserInterrupt)):
                raise
            raise PluginError(f"{doing}: {in_words(error)}") from error


def in_words(error: BaseException) -> str:
    """Return an exception as a message names it; one whose own text cannot be had, too."""
    try:
        text = shortened(printable(str(error)), _QUOTED)
    except Exception:  # noqa: BLE001 - its `__str__` is the plug-in's
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class _UserInterrupt(KeyboardInterrupt):
    """Ctrl-C, and no `KeyboardInterrupt` that somebody raised."""


@contextmanager
def _interrupts_marked() -> Iterator[None]:
    """Let the handler of SIGINT raise `_UserInterrupt`, where it raises `KeyboardInterrupt`."""
    if threading.current_thread() is not threading.main_thread():
        yield  # no handler is ever called here
        return
    before = signal.getsignal(signal.SIGINT)
    if not callable(before):
        yield
        return
    signal.signal(signal.SIGINT, _marking(before))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _marking(before: Callable[[int, Any], Any]) -> Callable[[int, Any], None]:
    def handle(number: int, frame: Any) -> None:
        try:
            before(number, frame)
        except KeyboardInterrupt as interrupt:
            raise _UserInterrupt from interrupt

    return handle
