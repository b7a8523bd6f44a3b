"""Channel that carries an instrument's bytes to a client, with what may go wrong on the way."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
import weakref
from typing import TYPE_CHECKING, Protocol

from sim_instruments.serving.injected_faults import garbled, wrong_length

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.core.instrument import ClientSession, Instrument
    from sim_instruments.serving.injected_faults import Fault, FaultSchedule

POLL_S = 0.001
"""How often something that waits in the instrument is looked at."""
TICK_S = 0.01
"""How often the instrument is brought to the present with nobody asking."""
# Bytes that are read or sent at a time.
_PIECE = 1 << 18


class Host:
    """An instrument among its transports: its time passes, and its faults come when they are due.

    Parameters
    ----------
    device : Instrument
    faults : FaultSchedule
    now : callable
        Instrument time, s.
    """

    def __init__(self, device: Instrument, faults: FaultSchedule, now: Callable[[], float]) -> None:
        self.device = device
        self.faults = faults
        self.channels: weakref.WeakSet[Channel] = weakref.WeakSet()
        self.flowing = asyncio.Event()
        """Set unless all answers are held back, as by an instrument that is busy: see `hold_answers`."""
        self.flowing.set()
        self._now = now

    def hold_answers(self) -> None:
        """Keep all answers back until they are released; the instrument itself goes on."""
        self.flowing.clear()

    def release_answers(self) -> None:
        """Let held answers go, and all further ones."""
        self.flowing.set()

    async def live(self) -> None:
        """Bring the instrument to the present again and again, so that little is left to do when someone asks."""
        while True:
            self.device.update()
            if not self.faults.quiet:
                self.inject(self.faults.at_time(self._now()))
                self._drop_all()
            await asyncio.sleep(TICK_S)

    def _drop_all(self) -> None:
        """Drop every client if it is time to, whether or not there is anything to say."""
        if any(not channel.dropped for channel in self.channels) and (fault := self.faults.drop_due()) is not None:
            for channel in list(self.channels):
                channel.drop(reset=fault.name == "drop-rst")

    def heard(self, data: bytes, *, end: bool = False) -> None:
        """Let faults come that come with a client's message; its end counts as that of a line."""
        if not self.faults.quiet:
            self.inject(self.faults.heard(data + (b"\n" if end and not data.endswith(b"\n") else b"")))

    def inject(self, faults: list[Fault]) -> None:
        """Let the instrument's own faults happen."""
        for fault in faults:
            if fault.name == "second-client":
                self.device.client_session().receive(b"*RST\n")
                continue
            try:
                self.device.inject(fault.name)
            except ValueError as unknown:
                sys.stderr.write(f"{unknown}\n")


class Writer(Protocol):
    """Where bytes for a client go: an asyncio stream, or the like."""

    def write(self, data: bytes | bytearray | memoryview, /) -> None:
        """Take bytes."""

    async def drain(self) -> None:
        """Wait until they have gone."""

    def close(self) -> None:
        """Let no more through."""


class Channel:
    """The way back to one client.

    Parameters
    ----------
    host : Host
    writer : Writer
    """

    def __init__(self, host: Host, writer: Writer) -> None:
        self._host = host
        self._writer = writer
        self._turn = asyncio.Lock()
        self.dropped = False
        self._stalled = False
        host.channels.add(self)

    async def send(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes; what is to go wrong with them goes wrong."""
        await self._host.flowing.wait()
        async with self._turn:
            if self._host.faults.quiet and not self._stalled:
                await self._written(data)
            else:
                await self._sent_with_faults(bytes(data))

    async def _sent_with_faults(self, data: bytes) -> None:
        faults = self._host.faults
        while data and not (self.dropped or self._stalled):
            until = faults.bytes_until_next()
            if until is None or until >= len(data):
                await self._passed(data)
                return
            await self._passed(data[:until])
            data = await self._failed(faults.next_on_link(), data[until:])

    async def _written(self, data: bytes | bytearray | memoryview) -> None:
        view = memoryview(data)
        # What the socket does not take at once is copied: pieces of about its buffer keep that small.
        for start in range(0, len(view), _PIECE):
            self._writer.write(view[start : start + _PIECE])
            await self._writer.drain()

    async def _passed(self, data: bytes) -> None:
        if data:
            await self._written(data)
            self._host.inject(self._host.faults.counted(len(data)))

    async def _failed(self, fault: Fault, data: bytes) -> bytes:
        """Do one fault to what is left of an answer; return what is left then."""
        match fault.name:
            case "drop-fin" | "drop-rst":
                self.drop(reset=fault.name == "drop-rst")
                return b""
            case "stall":
                self._stalled = True
                return b""
            case "truncate":
                return b""
            case "late":
                await asyncio.sleep(fault.value)
            case "drip":
                for byte in data:
                    await self._passed(bytes([byte]))
                    await asyncio.sleep(fault.value)
                return b""
            case "garble":
                return garbled(data, int(fault.value))
            case "length":
                return wrong_length(data)
            case "no-lf":
                return data.removesuffix(b"\n")
        return data

    def drop(self, *, reset: bool) -> None:
        """Close the connection, properly (FIN) or by a reset (RST)."""
        self.dropped = True
        if reset and isinstance(self._writer, asyncio.StreamWriter):
            raw: socket.socket = self._writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._writer.transport.abort()
        else:
            self._writer.close()


async def converse(host: Host, talk: ClientSession, reader: asyncio.StreamReader, channel: Channel) -> None:
    """Carry a client's session over a stream of bytes until the client goes or is dropped."""

    async def flush() -> None:
        if talk.output:
            data = bytes(talk.output)
            talk.output.clear()
            await channel.send(data)

    async def go_on() -> None:
        while True:
            # What happened at a tick of the instrument may have left something to say to this client.
            if talk.waiting or talk.output:
                talk.run()
                await flush()
            await asyncio.sleep(POLL_S)

    waiting = asyncio.create_task(go_on())
    try:
        while not channel.dropped and (data := await reader.read(1 << 16)):
            host.heard(data)
            talk.receive(data)
            await flush()
    finally:
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await waiting


class Clients:
    """The clients of a listening socket, each in a task of its own.

    Parameters
    ----------
    serve : callable
        What is done with a client: gets its reader and writer.
    """

    def __init__(self, serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]) -> None:
        self._serve = serve
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[object]] = set()

    async def listen(self, port: int) -> int:
        """Listen on 127.0.0.1; return the port (a free one if 0 was given)."""
        self._server = await asyncio.start_server(self._client, "127.0.0.1", port, limit=1 << 20)
        address: tuple[str, int] = self._server.sockets[0].getsockname()
        return address[1]

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        raw: socket.socket = writer.get_extra_info("socket")
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            # A client that vanishes harms nobody.
            with contextlib.suppress(ConnectionError, asyncio.CancelledError, asyncio.IncompleteReadError):
                served = self._serve(reader, writer)
                if asyncio.iscoroutine(served):
                    await served
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()
            if task is not None:
                self._tasks.discard(task)

    async def close(self) -> None:
        """Stop listening and drop every client."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
