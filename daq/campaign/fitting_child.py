"""Child process that fits, for a conductor: this room imports no fits, and no fit keeps its loop waiting."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NOTHING_WATCHED = "nothing watched for"
"""Beginning of the note on a condition of the document that could not be looked at; front ends show it as a warning."""
_POLL_S = 0.1
"""Interval (s) at which it is looked whether it has ended. Doubled, a point ends 0.1 s later."""


class FittingChild:
    """A module of the fits that runs as a process of its own; it does not end with this process.

    Parameters
    ----------
    module : str
        Its name.
    arguments : str
    """

    def __init__(self, module: str, *arguments: str) -> None:
        self._output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `wait`
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `wait`
        self._process = subprocess.Popen(  # noqa: S603 - this program
            [sys.executable, "-P", "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._errors,
        )

    def wait(self, longest_s: float, turn: Callable[[], object]) -> tuple[bool, str]:
        """Wait for its end, and end it if that takes too long.

        Parameters
        ----------
        longest_s : float
        turn : callable
            Called several times a second meanwhile; if it raises, the process is ended.

        Returns
        -------
        tuple of bool and str
            Whether all was well, and what it printed; the last line of its errors if not.
        """
        deadline = time.monotonic() + longest_s
        try:
            while (status := self._process.poll()) is None and time.monotonic() < deadline:
                turn()
                time.sleep(_POLL_S)
        finally:
            if self._process.poll() is None:
                self._process.kill()
            self._process.wait()
            output, errors = _text_of(self._output), _text_of(self._errors)
        if status == 0:
            return True, output
        return False, errors.splitlines()[-1] if errors else "its process did not end"


def _text_of(file: IO[bytes]) -> str:
    with file:
        file.seek(0)
        return file.read().decode(errors="replace").strip()
