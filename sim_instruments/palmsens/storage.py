"""Files that scripts write (manual, 14.13; examples MSExample008 and 015)."""

from __future__ import annotations

from sim_instruments.palmsens.faults import Code, ScriptFault

OVERWRITE, APPEND, NUMBERED = 0, 1, 2
"""Modes of ``file_open``; in the last one ``&i`` in the path becomes the first number that is free."""


class Storage:
    """The file storage of an instrument. It outlives scripts and restarts.

    Attributes
    ----------
    files : dict of str
        Text by path.
    """

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self._open: str | None = None

    def open(self, path: str, mode: int) -> None:
        """Open a file for what is said from now on.

        Raises
        ------
        ScriptFault
            If one is open, or there is no such mode, or a path with ``&i`` is opened in another than that of numbers.
        """
        if self._open is not None:
            raise ScriptFault(Code.WRONG_SITUATION)
        if mode not in {OVERWRITE, APPEND, NUMBERED} or ("&i" in path) != (mode == NUMBERED):
            raise ScriptFault(Code.UNEXPECTED_VALUE)
        if mode == NUMBERED:
            numbered = (path.replace("&i", f"{k:04d}") for k in range(10_000))
            path = next(name for name in numbered if name not in self.files)
        if mode != APPEND or path not in self.files:
            self.files[path] = ""
        self._open = path

    def close(self) -> None:
        """Close the file that is open, if there is one: the end of a script does too."""
        self._open = None

    def write(self, text: str) -> None:
        """Append to the file that is open; without one nothing is written."""
        if self._open is not None:
            self.files[self._open] += text
