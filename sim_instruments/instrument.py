"""What does a server need of a simulated instrument, whatever its dialect?"""

from __future__ import annotations

from typing import Protocol


class Conversation(Protocol):
    """One client's conversation over a stream of bytes: a raw socket, or a serial line."""

    output: bytearray
    """What the client has not been sent yet; the transport empties it."""

    @property
    def waiting(self) -> bool:
        """Whether the instrument has more to say or do for this client without a further byte from it."""

    def receive(self, data: bytes) -> None:
        """Take bytes from the client and act on what is complete."""

    def run(self) -> None:
        """Go on with what waits."""


class Instrument(Protocol):
    """A simulated instrument: its dialect makes the conversations, its engine lives in simulated time."""

    @property
    def identity(self) -> str:
        """How it names itself to people, and in most dialects to a program."""

    def prepare(self) -> None:
        """Do at once what the first command would otherwise wait for."""

    def update(self) -> object:
        """Bring the instrument to the present."""

    def conversation(self, channel: str = "", /) -> Conversation:
        """Return the conversation of a client that connects to one of its ports."""

    def suffer(self, fault: str) -> None:
        """Let something happen to the instrument itself: one of `DEVICE_FAULTS` (link faults are the transport's)."""


DEVICE_FAULTS = (
    "cell-open",
    "cell-short",
    "compliance",
    "error-storm",
    "interlock-open",
    "overtemperature",
    "buffer-overrun",
    "reboot",
)
