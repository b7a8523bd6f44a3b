"""Transport HiSLIP.

IVI-6.1, *High-Speed LAN Instrument Protocol*, rev. 1.1: two TCP connections a client, one for messages (synchronous),
one for status, clear and locks (asynchronous); each message has a header of 16 bytes. Synchronized mode only.
"""

from __future__ import annotations

import asyncio
import enum
import itertools
import struct
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sim_instruments.core.instrument import messages_of
from sim_instruments.serving.transports.channel import POLL_S, Channel, Clients, Host

if TYPE_CHECKING:
    from sim_instruments.core.instrument import MessageClientSession

_HEADER = struct.Struct("!2sBBIQ")
_VERSION, _VENDOR = 0x0100, 0x494F  # 1.0; "IO"
# Bytes of a message that the server takes (IVI-6.1, 6.14 lets each side choose).
_MAX_MESSAGE = 1 << 20
# Codes of non-fatal and fatal errors (IVI-6.1, tables 15 and 16).
_UNRECOGNISED = 1
_BAD_HEADER, _BAD_START = 1, 3
_LARGEST_TAKEN = 1 << 26  # bytes of a message from a client: a longer one is taken for a broken header


class _HeaderError(ConnectionError):
    """What came is no HiSLIP message."""


class _Kind(enum.IntEnum):
    """Message types, IVI-6.1 table 4."""

    INITIALIZE = 0
    INITIALIZED = 1
    FATAL = 2
    ERROR = 3
    LOCK = 4
    LOCKED = 5
    DATA = 6
    DATA_END = 7
    CLEAR_COMPLETE = 8
    CLEAR_ACKNOWLEDGE = 9
    REMOTE = 10
    REMOTED = 11
    TRIGGER = 12
    INTERRUPTED = 13
    ASYNC_INTERRUPTED = 14
    MAX_SIZE = 15
    MAX_SIZED = 16
    ASYNC_INITIALIZE = 17
    ASYNC_INITIALIZED = 18
    ASYNC_CLEAR = 19
    STATUS = 21
    STATUSED = 22
    ASYNC_CLEARED = 23
    LOCK_INFO = 24
    LOCK_INFOED = 25


@dataclass
class _Session:
    """One client: its session, and where its answers go."""

    number: int
    talk: MessageClientSession
    channel: Channel
    asynchronous: Channel | None = None
    message_id: int = 0
    read: bool = True
    """Whether the client has had the whole of the last answer (RMT delivered)."""
    answered: bool = False
    largest: int = _MAX_MESSAGE
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class HislipTransport:
    """A HiSLIP server on 127.0.0.1.

    Parameters
    ----------
    host : Host
    port : int
        0 for a free one; instruments have 4880.
    """

    def __init__(self, host: Host, port: int = 0) -> None:
        self._host = host
        self._port = port
        self._clients = Clients(self._serve)
        self._sessions: dict[int, _Session] = {}
        self._numbers = itertools.count(1)
        self._lock_holder: int | None = None

    async def open(self) -> str:
        """Listen; return the VISA resource."""
        port = await self._clients.listen(self._port)
        return f"TCPIP::127.0.0.1::hislip0,{port}::INSTR"

    async def close(self) -> None:
        """Stop listening and drop every client."""
        await self._clients.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        channel = Channel(self._host, writer)
        try:
            await self._begun(reader, channel)
        except _HeaderError:
            await channel.send(_packet(_Kind.FATAL, _BAD_HEADER, 0, b"poorly formed message header"))

    async def _begun(self, reader: asyncio.StreamReader, channel: Channel) -> None:
        kind, _, parameter, _ = await _message(reader)
        if kind == _Kind.INITIALIZE:
            session = _Session(next(self._numbers), messages_of(self._host.device), channel)
            self._sessions[session.number] = session
            await channel.send(_packet(_Kind.INITIALIZED, 0, _VERSION << 16 | session.number))
            try:
                await self._synchronous(session, reader)
            finally:
                self._sessions.pop(session.number, None)
                if session.asynchronous is not None:
                    session.asynchronous.drop(reset=False)
                self._lock_holder = None if self._lock_holder == session.number else self._lock_holder
        elif kind == _Kind.ASYNC_INITIALIZE and parameter in self._sessions:
            session = self._sessions[parameter]
            session.asynchronous = channel
            await channel.send(_packet(_Kind.ASYNC_INITIALIZED, 0, _VENDOR))
            await self._asynchronous(session, reader)
        else:
            await channel.send(_packet(_Kind.FATAL, _BAD_START, 0, b"wrong initialization"))

    # -- synchronous channel ------------------------------------------------------------------------------------------

    async def _synchronous(self, session: _Session, reader: asyncio.StreamReader) -> None:
        going_on = asyncio.create_task(self._go_on(session))
        try:
            while not session.channel.dropped:
                kind, control, parameter, payload = await _message(reader)
                match kind:
                    case _Kind.DATA | _Kind.DATA_END:
                        await self._take(session, control, parameter, payload, end=kind == _Kind.DATA_END)
                    case _Kind.TRIGGER:
                        session.message_id = parameter
                        session.talk.trigger()
                    case _Kind.CLEAR_COMPLETE:
                        session.talk.clear()
                        await session.channel.send(_packet(_Kind.CLEAR_ACKNOWLEDGE, 0, 0))
                    case _:
                        await session.channel.send(_packet(_Kind.ERROR, _UNRECOGNISED, 0))
        finally:
            going_on.cancel()

    async def _take(self, session: _Session, control: int, message_id: int, payload: bytes, *, end: bool) -> None:
        while self._lock_holder not in {None, session.number}:
            await asyncio.sleep(POLL_S)  # what others send waits until the lock is released
        self._host.heard(payload, end=end)
        session.read = session.read or bool(control & 1)
        if session.answered and not session.read:
            # IVI-6.1 section 3.1.1: a new message before the client has had the answer.
            session.talk.interrupted()
            await session.channel.send(_packet(_Kind.INTERRUPTED, 0, message_id))
            if session.asynchronous is not None:
                await session.asynchronous.send(_packet(_Kind.ASYNC_INTERRUPTED, 0, message_id))
        session.answered, session.message_id = False, message_id
        session.talk.message(payload, end=end)
        await self._answer(session)

    async def _go_on(self, session: _Session) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            if session.talk.waiting:
                session.talk.run()
                await self._answer(session)

    async def _answer(self, session: _Session) -> None:
        """Send what there is to say, in messages not larger than the client takes."""
        async with session.turn:
            output = session.talk.output
            if not output:
                return
            data = memoryview(bytes(output))
            output.clear()
            session.answered, session.read = True, False
            room = max(1, session.largest - _HEADER.size)
            for start in range(0, len(data), room):
                part = data[start : start + room]
                last = start + room >= len(data)
                kind = _Kind.DATA_END if last else _Kind.DATA
                await session.channel.send(_packet(kind, 0, session.message_id, part))

    # -- asynchronous channel -----------------------------------------------------------------------------------------

    async def _asynchronous(self, session: _Session, reader: asyncio.StreamReader) -> None:
        send = Channel.send
        channel = session.asynchronous
        while channel is not None:
            kind, control, parameter, payload = await _message(reader)
            match kind:
                case _Kind.STATUS:
                    session.read = session.read or bool(control & 1)
                    byte = session.talk.status_byte(message_available=session.answered and not session.read)
                    await send(channel, _packet(_Kind.STATUSED, byte, 0))
                case _Kind.ASYNC_CLEAR:
                    session.talk.clear()
                    session.answered, session.read = False, True
                    await send(channel, _packet(_Kind.ASYNC_CLEARED, 0, 0))
                case _Kind.MAX_SIZE:
                    session.largest = min(_MAX_MESSAGE, int.from_bytes(payload, "big") or _MAX_MESSAGE)
                    await send(channel, _packet(_Kind.MAX_SIZED, 0, 0, struct.pack("!Q", _MAX_MESSAGE)))
                case _Kind.LOCK:
                    await send(channel, _packet(_Kind.LOCKED, await self._locked(session, control, parameter), 0))
                case _Kind.LOCK_INFO:
                    holds = self._lock_holder is not None
                    await send(channel, _packet(_Kind.LOCK_INFOED, int(holds), int(holds)))
                case _Kind.REMOTE:
                    await send(channel, _packet(_Kind.REMOTED, 0, 0))
                case _:
                    await send(channel, _packet(_Kind.ERROR, _UNRECOGNISED, 0))

    async def _locked(self, session: _Session, control: int, timeout_ms: int) -> int:
        """Ask for the lock (control 1) or give it back; 0 failure, 1 success, 3 error (IVI-6.1 table 18)."""
        if control == 1:
            deadline = time.monotonic() + timeout_ms / 1000.0
            while self._lock_holder not in {None, session.number}:
                if time.monotonic() >= deadline:
                    return 0
                await asyncio.sleep(POLL_S)
            self._lock_holder = session.number
            return 1
        if self._lock_holder != session.number:
            return 3
        self._lock_holder = None
        return 1


def _packet(kind: int, control: int, parameter: int, payload: bytes | memoryview = b"") -> bytes:
    return _HEADER.pack(b"HS", kind, control, parameter, len(payload)) + payload


async def _message(reader: asyncio.StreamReader) -> tuple[int, int, int, bytes]:
    prologue, kind, control, parameter, length = _HEADER.unpack(await reader.readexactly(_HEADER.size))
    if prologue != b"HS" or length > _LARGEST_TAKEN:
        raise _HeaderError
    return kind, control, parameter, await reader.readexactly(length) if length else b""
