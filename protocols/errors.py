"""Which errors can ionecho raise, and what does each mean for the sample on the bench?"""

from __future__ import annotations

from dataclasses import dataclass


class IonechoError(Exception):
    """Root of every error that ionecho raises on purpose."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a document.

    Attributes
    ----------
    path : str
        Where it stands, e.g. ``sequence.pulses[2].level``.
    message : str
        What is wrong there and what would be right.
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class ProtocolError(IonechoError):
    """A protocol cannot be understood, or this instrument cannot carry it out. Nothing was sent.

    Attributes
    ----------
    faults : tuple of Fault
        Every fault that was found, not only the first.
    """

    def __init__(self, faults: tuple[Fault, ...] | str, source: str = "protocol") -> None:
        self.faults = (Fault("", faults),) if isinstance(faults, str) else faults
        self.source = source
        if len(self.faults) == 1:
            text = f"{source}: {self.faults[0]}"
        else:
            lines = "".join(f"\n  {fault}" for fault in self.faults)
            text = f"{source}: {len(self.faults)} faults{lines}"
        super().__init__(text)


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
