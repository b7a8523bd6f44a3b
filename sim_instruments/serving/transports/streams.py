"""Transports raw socket and serial line."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass

from sim_instruments.serving.transports.channel import POLL_S, Channel, Clients, Host, converse


@dataclass(frozen=True)
class Admission:
    """How many clients an instrument serves at once, and what becomes of one beyond them.

    Attributes
    ----------
    most : int
        0 for any number.
    beyond : str
        ``refuse``: its connection is closed at once; ``block``: it is not heard before another has gone.
    """

    most: int = 0
    beyond: str = "refuse"

    def __post_init__(self) -> None:
        if self.most < 0 or self.beyond not in {"refuse", "block"}:
            raise ValueError(f"clients beyond {self.most} are either refused or blocked (refuse, block)")


class SocketTransport:
    """A raw socket on 127.0.0.1.

    Parameters
    ----------
    host : Host
    channel : str
        Which of the instrument's ports.
    port : int
        0 for a free one.
    admission : Admission, optional
        Any number of clients unless given.
    """

    def __init__(self, host: Host, channel: str = "", port: int = 0, admission: Admission | None = None) -> None:
        self._host = host
        self._channel = channel
        self._port = port
        self._clients = Clients(self._serve)
        self._admission = admission or Admission()
        self._places = asyncio.Semaphore(self._admission.most) if self._admission.most else None

    async def open(self) -> str:
        """Listen; return the VISA resource."""
        port = await self._clients.listen(self._port)
        return f"TCPIP::127.0.0.1::{port}::SOCKET"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._places is None:
            await self._conversed(reader, writer)
        elif not (self._admission.beyond == "refuse" and self._places.locked()):
            async with self._places:
                await self._conversed(reader, writer)

    async def _conversed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = self._host.device.client_session(self._channel)
        await converse(self._host, talk, reader, Channel(self._host, writer))

    async def close(self) -> None:
        """Stop listening and drop every client."""
        await self._clients.close()


class PtyWriter:
    """Writes to a pseudo-terminal that takes bytes when it likes.

    The far end holds 4 kB. That it has room again is not reliably told by epoll: asyncio's own writer waits without end
    now and then. So it is tried again and again.

    Parameters
    ----------
    descriptor : int
        Of our end; must not block.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._left = bytearray()
        self._is_closed = False

    def write(self, data: bytes | bytearray | memoryview, /) -> None:
        """Take bytes."""
        self._left += data

    async def drain(self) -> None:
        """Write until all have gone."""
        while self._left and not self._is_closed:
            try:
                del self._left[: os.write(self._descriptor, self._left)]
            except BlockingIOError:
                await asyncio.sleep(POLL_S)

    def close(self) -> None:
        """Let no more through."""
        self._is_closed = True


class PtyTransport:
    """A serial line: the other end of a pseudo-terminal. There is one session, whoever opens the line.

    Parameters
    ----------
    host : Host
    channel : str
        Which of the instrument's ports.
    """

    def __init__(self, host: Host, channel: str = "") -> None:
        self._host = host
        self._channel = channel
        self._ends: tuple[int, int] | None = None
        self._pipes: list[asyncio.BaseTransport] = []
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> str:
        """Make the line; return the VISA resource."""
        # Windows has neither; virtual serial ports there need a driver.
        import pty
        import tty

        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        # The client's end stays open here too: the line survives clients that come and go.
        self._ends = ours, theirs
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=1 << 20)
        reading, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(os.dup(ours), "rb", 0)
        )
        self._pipes = [reading]
        writer = PtyWriter(ours)
        talk = self._host.device.client_session(self._channel)
        self._task = asyncio.create_task(converse(self._host, talk, reader, Channel(self._host, writer)))
        return f"ASRL{os.ttyname(theirs)}::INSTR"

    async def close(self) -> None:
        """Take the line away."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for pipe in self._pipes:
            pipe.close()
        await asyncio.sleep(0)
        if self._ends is not None:
            for end in self._ends:
                os.close(end)
            self._ends = None
