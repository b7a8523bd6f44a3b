"""States of a run and of its output; how a run ended."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from protocols import (
    ConnectionLost,
    InstrumentError,
    IonechoError,
    LimitError,
    OutputStateUnknown,
    ProtocolError,
    RunFileError,
)

OutputState = Literal["untouched", "off", "unknown"]


_ERRORS: dict[str, type[IonechoError]] = {
    kind.__name__: kind
    for kind in (ConnectionLost, InstrumentError, LimitError, OutputStateUnknown, ProtocolError, RunFileError)
}


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes
    ----------
    state : str
        ``complete``, ``stopped`` (somebody or a limit stopped it), ``aborted`` (something failed), ``refused``
        (nothing was sent), or ``unknown`` (see `output`).
    output : str
        ``off`` (read back), ``untouched`` (never switched on by this run) or ``unknown``.
    reason : str
        In words.
    error : str
        Class name of the error, empty if there was none.
    n_samples : int
        Safely in the run file.
    warnings : tuple of str
        What to know before the samples are trusted.
    """

    state: str
    output: OutputState
    reason: str = ""
    error: str = ""
    n_samples: int = 0
    warnings: tuple[str, ...] = ()

    def raise_if_failed(self) -> None:
        """Raise what went wrong, as the class that it was in the run's own process."""
        if self.output == "unknown":
            raise OutputStateUnknown(self.reason)
        if self.error:
            raise _ERRORS.get(self.error, InstrumentError)(self.reason)


def outcome_dict(outcome: Outcome | None) -> dict[str, Any] | None:
    """Return an outcome as plain data for a message."""
    return None if outcome is None else asdict(outcome)


STATES = ("created", "running", "paused", "complete", "stopped", "aborted", "unknown")
