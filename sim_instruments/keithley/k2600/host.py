"""What a client's session and the system commands need of an instrument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Mapping

    from sim_instruments.keithley.k2600.channel import Channel
    from sim_instruments.keithley.k2600.errors import ErrorQueue, TspError
    from sim_instruments.keithley.k2600.numbers import Format
    from sim_instruments.keithley.k2600.timeline import Timeline


class Client(Protocol):
    """A client whose script runs.

    Attributes
    ----------
    output : bytearray
        What is being sent to it.
    answered : bool
        Whether its script's answer has ended.
    """

    output: bytearray
    answered: bool

    def forget(self) -> None:
        """Drop what was said and not yet done or answered."""


class StatusByte(Protocol):
    """The status byte, as a client's session asks for it."""

    message_available: bool

    def byte(self) -> int:
        """Return it."""


class SessionHost(Protocol):
    """The instrument as a client's session sees it: any that runs scripts.

    Attributes
    ----------
    active_client : Client or None
        Whose script runs.
    shows_images : bool
        Whether it takes pictures of front-panel applications.
    """

    active_client: Client | None
    shows_images: bool

    @property
    def status(self) -> StatusByte:
        """Its status byte."""

    @property
    def scripting(self) -> bool:
        """Whether a chunk runs or waits."""

    @property
    def computing(self) -> bool:
        """Whether a chunk runs and waits for nothing."""

    def update(self) -> float:
        """Bring the instrument to the present."""

    def execute(self, chunk: str, active_client: Client) -> None:
        """Run a chunk for a client."""

    def keep_script(self, name: str, lines: list[str], active_client: Client, *, run: bool) -> None:
        """Keep a script under its name; run it if asked."""

    def refuse(self, error: TspError) -> None:
        """Queue an error."""

    def abort(self) -> None:
        """End the script that runs, and overlapped operations."""

    def trigger(self) -> None:
        """Do as ``*TRG``."""

    def clear_status(self) -> None:
        """Do as ``*CLS``."""


class Host(Protocol):
    """The 2602B as its commands see it.

    Attributes
    ----------
    answers : deque of str
        What the operator at the front panel will answer.
    channels : mapping of str to Channel
    errors, format, timeline
        Its parts.
    """

    answers: deque[str]
    channels: Mapping[str, Channel]
    errors: ErrorQueue
    format: Format
    timeline: Timeline

    @property
    def busy(self) -> bool:
        """Whether an overlapped operation is running."""

    def say(self, data: bytes, *, ends: bool = False) -> None:
        """Send something to the client whose script runs."""

    def refuse(self, error: TspError) -> None:
        """Queue an error."""

    def note_completion(self) -> None:
        """Do as ``opc()``."""

    def reset(self) -> None:
        """Do as ``reset()``."""
