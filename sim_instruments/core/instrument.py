"""What a server needs of a simulated instrument, whatever its dialect."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


class ClientSession(Protocol):
    """One client's session over a stream of bytes: a raw socket, or a serial line."""

    output: bytearray
    """What the client has not been sent yet; the transport empties it."""

    @property
    def waiting(self) -> bool:
        """Whether the instrument has more to say or do for this client without a further byte from it."""

    def receive(self, data: bytes) -> None:
        """Take bytes from the client and act on what is complete."""

    def run(self) -> None:
        """Go on with what waits."""


@runtime_checkable
class MessageClientSession(ClientSession, Protocol):
    """A client's session in messages that end: over HiSLIP or VXI-11 (IEEE 488.2 section 6)."""

    def message(self, data: bytes, *, end: bool) -> None:
        """Take a message, or a part of one."""

    def interrupted(self) -> None:
        """Hear that a new message comes before the last answer was read: forget that."""

    def unterminated(self) -> None:
        """Hear that the client wants to read where there is nothing to say."""

    def clear(self) -> None:
        """Do as a device clear: forget input, output and what waits."""

    def trigger(self) -> None:
        """Do as the group execute trigger."""

    def status_byte(self, *, message_available: bool) -> int:
        """Return the status byte of a serial poll."""


class Instrument(Protocol):
    """A simulated instrument: its dialect makes the conversations, its engine lives in simulated time."""

    @property
    def identity(self) -> str:
        """How it names itself to people, and in most dialects to a program."""

    @property
    def output_is_on(self) -> bool:
        """Whether an output (heater, cell switch) is on now, whatever a client is told: the truth for campaigns."""

    def prepare(self) -> None:
        """Do at once what the first command would otherwise wait for."""

    def update(self) -> object:
        """Bring the instrument to the present."""

    def client_session(self, channel: str = "", /) -> ClientSession:
        """Return the session of a client that connects to one of its ports."""

    def inject(self, fault: str) -> None:
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
    "reconnect-jam",
)


class PlainMessages:
    """Messages for a dialect that knows only lines: every message is a line, and nothing is ever wrong with it.

    Parameters
    ----------
    talk : ClientSession
    """

    def __init__(self, talk: ClientSession) -> None:
        self._talk = talk
        self.output = talk.output

    @property
    def waiting(self) -> bool:
        """Whether the instrument has more to say."""
        return self._talk.waiting

    def receive(self, data: bytes) -> None:
        """Take bytes."""
        self._talk.receive(data)

    def run(self) -> None:
        """Go on with what waits."""
        self._talk.run()

    def message(self, data: bytes, *, end: bool) -> None:
        """Take a message; its end is a line end."""
        self._talk.receive(data + (b"\n" if end and not data.endswith(b"\n") else b""))

    def interrupted(self) -> None:
        """Forget an answer that was not read."""
        self._talk.output.clear()

    def unterminated(self) -> None:
        """Have nothing to say."""

    def clear(self) -> None:
        """Forget what was not read."""
        self._talk.output.clear()

    def trigger(self) -> None:
        """Have no trigger."""

    @staticmethod
    def status_byte(*, message_available: bool) -> int:
        """Return bit MAV."""
        return 0x10 if message_available else 0


def messages_of(device: Instrument) -> MessageClientSession:
    """Return a client's session in messages."""
    talk = device.client_session()
    return talk if isinstance(talk, MessageClientSession) else PlainMessages(talk)
