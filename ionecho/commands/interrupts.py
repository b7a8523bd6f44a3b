"""Signals to a command that measures: Ctrl-C, and SIGTERM as a shutdown or another program sends it.

Both mean the same: the output goes off, what was measured is kept, the command ends with exit status 3. SIGHUP (the
terminal was closed, the connection to a remote computer was cut) means something else: that nobody watches any more.
The command ends and the run continues under its guardian, as it does when a window is closed (decision 187).
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# Ctrl-Break is the nearest that Windows has to a SIGTERM which a program can answer.
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name))


class Interrupts:
    """What to do with a signal: raise `KeyboardInterrupt` at once, or wait until it may be raised."""

    def __init__(self) -> None:
        self._held = True
        self.came = False

    def handle(self, number: int, frame: Any) -> None:  # noqa: ARG002 - the signature of a handler
        """Take a signal; only the first one counts, for a stop that is under way must not be interrupted."""
        if self.came:
            return
        self.came = True
        if not self._held:
            raise KeyboardInterrupt

    def release(self) -> None:
        """Raise `KeyboardInterrupt` from now on, also for a signal that has come already."""
        self._held = False
        if self.came:
            raise KeyboardInterrupt


@contextmanager
def stopping_signals() -> Iterator[Interrupts]:
    """Let Ctrl-C and SIGTERM raise `KeyboardInterrupt`, once; held back until `Interrupts.release`.

    Held back, because a run that has just been started must be known before it can be stopped. Once only, and so for
    good: a second one that comes late must not cut off how the command says what it has stopped, nor its exit status.
    """
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts  # no handler is ever called here
        return
    # What a shell has the program ignore (a job in the background) stays ignored.
    heard = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupts.handle) for number in heard}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            # Our handler ends with the interpreter, which then still has to be taken down for a tenth of a second.
            signal.signal(number, signal.SIG_IGN if interrupts.came else handler)
