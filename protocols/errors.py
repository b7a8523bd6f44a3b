"""Errors that ionecho raises, and what each means for the sample on the bench."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.texts import printable


class IonechoError(Exception):
    """Root of every error that ionecho raises on purpose."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a document.

    Attributes
    ----------
    path : str
        Where it stands, e.g. ``sequence.levels[2]``; empty for the whole.
    message : str
        What is wrong there and what would be right.
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class ProtocolError(IonechoError, ValueError):
    """A protocol cannot be understood, or this instrument cannot carry it out. Nothing was sent.

    Attributes
    ----------
    problems : tuple of Problem
        Every problem that was found, not only the first.
    source : str
        The document: a file's name, or what was being made.
    """

    def __init__(self, problems: tuple[Problem, ...] | str, source: str = "protocol") -> None:
        self.problems = (Problem("", problems),) if isinstance(problems, str) else problems
        self.source = source = printable(source)
        if len(self.problems) == 1:
            text = f"{source}: {self.problems[0]}"
        else:
            lines = "".join(f"\n  {problem}" for problem in self.problems)
            text = f"{source}: {len(self.problems)} problems{lines}"
        super().__init__(text)


class InputError(IonechoError, ValueError):
    """A text or a file that somebody gave cannot be understood. Nothing was sent.

    Attributes
    ----------
    where : str
        The file, or the option.
    """

    def __init__(self, message: str, where: str = "") -> None:
        self.where = where = printable(where)
        super().__init__(f"{where}: {message}" if where else message)


class LimitError(IonechoError):
    """A limit would be crossed (before the run) or was crossed (in the run; the output is off)."""


class InstrumentError(IonechoError):
    """The instrument refused a command or answered what it should not.

    Attributes
    ----------
    command : str
        What was sent.
    number : int or None
        The instrument's own error number.
    """

    def __init__(self, message: str, *, command: str = "", number: int | None = None) -> None:
        self.command = command
        self.number = number
        super().__init__(message)


class ConnectionLost(InstrumentError):  # noqa: N818 - docs/explanations/architecture.md, "Errors"
    """The link to the instrument is gone; its output must be presumed on until read back as off."""


class OutputStateUnknown(IonechoError):  # noqa: N818 - docs/explanations/architecture.md, "Errors"
    """The output could not be read back as off: press the OUTPUT key of the instrument."""


class RunFileError(IonechoError):
    """A run file cannot be made, read or trusted."""


class FitError(IonechoError):
    """A model cannot be understood, or cannot be fitted to this record."""


class LaterVersionError(RunFileError, FitError):
    """A later version of ionecho wrote a file, or what is kept in it: it needs that version, and is left as it is."""
