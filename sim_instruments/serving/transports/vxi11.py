"""Transport VXI-11.

VXIbus Consortium, *VXI-11 TCP/IP Instrument Protocol*, rev. 1.0 (1995), section B: the core and the abort channel, ONC
remote procedure call programs (RFC 5531) with XDR arguments (RFC 4506). There is no port mapper: clients are given the
port. There is no interrupt channel: service requests are polled for.
"""

from __future__ import annotations

import asyncio
import itertools
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim_instruments.core.instrument import messages_of
from sim_instruments.serving.transports.channel import POLL_S, Channel, Clients, Host

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from sim_instruments.core.instrument import MessageClientSession

    _Procedures = dict[int, Callable[[bytes], Coroutine[None, None, bytes]]]

# Programs, procedures, errors, reasons and flags of VXI-11 (TCP/IP Instrument Protocol 1.0).
_CORE, _ABORT = 0x0607AF, 0x0607B0
_CREATE, _WRITE, _READ, _STATUS, _TRIGGER, _CLEAR, _REMOTE, _LOCAL, _LOCK, _UNLOCK = range(10, 20)
_DESTROY, _DEVICE_ABORT = 23, 1
_NO_ERROR, _BAD_LINK, _LOCKED, _NOT_LOCKED, _TIMEOUT, _ABORTED = 0, 4, 11, 12, 15, 23
_REQUESTED, _CHARACTER, _END = 1, 2, 4
_FLAG_WAIT_LOCK, _FLAG_END, _FLAG_CHARACTER = 1, 8, 128
# Bytes of a message that the server takes (VXI-11 lets it choose, at least 1024).
_LARGEST = 1 << 20
_SUCCESS, _UNAVAILABLE_PROGRAM, _UNAVAILABLE_PROCEDURE, _GARBAGE_ARGUMENTS = 0, 1, 3, 4  # RFC 5531, accept_stat
_LARGEST_RECORD = 1 << 26  # bytes: a longer one is taken for no record at all


@dataclass
class _Link:
    """What ``create_link`` makes: a client's session, with what is left of its answer."""

    talk: MessageClientSession
    aborted: bool = False


class Vxi11Transport:
    """A VXI-11 core channel on 127.0.0.1.

    Parameters
    ----------
    host : Host
    port : int
        0 for a free one.
    """

    def __init__(self, host: Host, port: int = 0) -> None:
        self._host = host
        self._port = port
        self._clients = Clients(self._serve_core)
        self._aborters = Clients(self._serve_abort)
        self._abort_port = 0
        self._links: dict[int, _Link] = {}
        self._numbers = itertools.count(1)
        self._lock_holder: int | None = None

    async def open(self) -> str:
        """Listen; return the VISA resource (its port spares the port mapper)."""
        port = await self._clients.listen(self._port)
        self._abort_port = await self._aborters.listen(0)
        return f"TCPIP::127.0.0.1,{port}::inst0::INSTR"

    async def close(self) -> None:
        """Stop listening and drop every client."""
        await self._aborters.close()
        await self._clients.close()

    async def _serve_core(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine: set[int] = set()
        try:
            await _serve(reader, Channel(self._host, writer), _CORE, self._procedures(mine))
        finally:
            for number in mine:
                self._destroyed(number)

    async def _serve_abort(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _serve(reader, Channel(self._host, writer), _ABORT, {_DEVICE_ABORT: self._abort})

    async def _abort(self, arguments: bytes) -> bytes:
        link = self._links.get(struct.unpack_from("!i", arguments)[0])
        if link is not None:
            link.aborted = True
        return struct.pack("!i", _BAD_LINK if link is None else _NO_ERROR)

    def _procedures(self, mine: set[int]) -> _Procedures:
        async def create(arguments: bytes) -> bytes:
            number = next(self._numbers)
            self._links[number] = _Link(messages_of(self._host.device))
            mine.add(number)
            if struct.unpack_from("!I", arguments, 4)[0] and self._lock_holder is None:
                self._lock_holder = number
            return struct.pack("!iiII", _NO_ERROR, number, self._abort_port, _LARGEST)

        async def destroy(arguments: bytes) -> bytes:
            number = struct.unpack_from("!i", arguments)[0]
            known = number in self._links
            self._destroyed(number)
            mine.discard(number)
            return struct.pack("!i", _NO_ERROR if known else _BAD_LINK)

        return {
            _CREATE: create,
            _DESTROY: destroy,
            _WRITE: self._write,
            _READ: self._read,
            _STATUS: self._status,
            _TRIGGER: self._trigger,
            _CLEAR: self._clear,
            _REMOTE: self._nothing,
            _LOCAL: self._nothing,
            _LOCK: self._lock,
            _UNLOCK: self._unlock,
        }

    def _destroyed(self, number: int) -> None:
        self._links.pop(number, None)
        if self._lock_holder == number:
            self._lock_holder = None

    async def _refusal(self, number: int, flags: int = 0, lock_timeout_ms: int = 0) -> int:
        """Return why a link may not act now, 0 if it may; another's lock is waited for where the flag says so."""
        deadline = time.monotonic() + (lock_timeout_ms / 1000.0 if flags & _FLAG_WAIT_LOCK else 0.0)
        while number in self._links:
            self._links[number].aborted = False
            if self._lock_holder in {None, number}:
                return _NO_ERROR
            if time.monotonic() >= deadline:
                return _LOCKED
            await asyncio.sleep(POLL_S)
        return _BAD_LINK

    async def _write(self, arguments: bytes) -> bytes:
        number, _, lock_timeout_ms, flags, length = struct.unpack_from("!iIIiI", arguments)
        if error := await self._refusal(number, flags, lock_timeout_ms):
            return struct.pack("!iI", error, 0)
        data = arguments[20 : 20 + length]
        link = self._links[number]
        self._host.heard(data, end=bool(flags & _FLAG_END))
        if link.talk.output:
            link.talk.interrupted()
        link.talk.message(data, end=bool(flags & _FLAG_END))
        return struct.pack("!iI", _NO_ERROR, length)

    async def _read(self, arguments: bytes) -> bytes:
        number, wanted, timeout_ms, lock_timeout_ms, flags, character = struct.unpack_from("!iIIIii", arguments)
        if error := await self._refusal(number, flags, lock_timeout_ms):
            return struct.pack("!iiI", error, 0, 0)
        link = self._links[number]
        talk = link.talk
        deadline = time.monotonic() + timeout_ms / 1000.0
        if not talk.output and not talk.waiting:
            talk.unterminated()
        while not talk.output:
            if link.aborted:
                return struct.pack("!iiI", _ABORTED, 0, 0)
            if time.monotonic() >= deadline:
                return struct.pack("!iiI", _TIMEOUT, 0, 0)
            await asyncio.sleep(POLL_S)
            talk.run()
        data, reason = bytes(talk.output[: min(wanted, _LARGEST)]), 0
        if flags & _FLAG_CHARACTER and (at := data.find(bytes([character & 0xFF]))) >= 0:
            data, reason = data[: at + 1], _CHARACTER
        del talk.output[: len(data)]
        if not talk.output and not talk.waiting:
            reason |= _END
        elif len(data) == wanted:
            reason |= _REQUESTED
        return struct.pack("!iiI", _NO_ERROR, reason, len(data)) + data + bytes(-len(data) % 4)

    async def _status(self, arguments: bytes) -> bytes:
        number = struct.unpack_from("!i", arguments)[0]
        if error := await self._refusal(number):
            return struct.pack("!iI", error, 0)
        talk = self._links[number].talk
        talk.run()
        return struct.pack("!iI", _NO_ERROR, talk.status_byte(message_available=bool(talk.output)))

    async def _trigger(self, arguments: bytes) -> bytes:
        return await self._done(arguments, lambda talk: talk.trigger())

    async def _clear(self, arguments: bytes) -> bytes:
        return await self._done(arguments, lambda talk: talk.clear())

    async def _nothing(self, arguments: bytes) -> bytes:
        return await self._done(arguments, lambda _: None)

    async def _done(self, arguments: bytes, act: Callable[[MessageClientSession], object]) -> bytes:
        number, flags, lock_timeout_ms = struct.unpack_from("!iiI", arguments)
        error = await self._refusal(number, flags, lock_timeout_ms)
        if not error:
            act(self._links[number].talk)
        return struct.pack("!i", error)

    async def _lock(self, arguments: bytes) -> bytes:
        number, flags, lock_timeout_ms = struct.unpack_from("!iiI", arguments)
        error = await self._refusal(number, flags, lock_timeout_ms)
        if not error:
            self._lock_holder = number
        return struct.pack("!i", error)

    async def _unlock(self, arguments: bytes) -> bytes:
        number = struct.unpack_from("!i", arguments)[0]
        if number not in self._links:
            return struct.pack("!i", _BAD_LINK)
        if self._lock_holder != number:
            return struct.pack("!i", _NOT_LOCKED)
        self._lock_holder = None
        return struct.pack("!i", _NO_ERROR)


async def _serve(reader: asyncio.StreamReader, channel: Channel, program: int, procedures: _Procedures) -> None:
    """Answer the calls of one connection, one after the other."""
    while not channel.dropped:
        transaction, called, procedure, arguments = _call(await _record(reader))
        head = struct.pack("!IIIII", transaction, 1, 0, 0, 0)  # a reply, accepted, no verifier
        if called != program:
            body = struct.pack("!I", _UNAVAILABLE_PROGRAM)
        elif (act := procedures.get(procedure)) is None:
            body = struct.pack("!I", _UNAVAILABLE_PROCEDURE)
        else:
            try:
                body = struct.pack("!I", _SUCCESS) + await act(arguments)
            except struct.error:
                body = struct.pack("!I", _GARBAGE_ARGUMENTS)
        await channel.send(struct.pack("!I", 0x80000000 | (len(head) + len(body))) + head + body)


async def _record(reader: asyncio.StreamReader) -> bytes:
    """Return one record: fragments, each with its length and a mark on the last (RFC 5531, section 11)."""
    record = bytearray()
    while True:
        mark = struct.unpack("!I", await reader.readexactly(4))[0]
        if len(record) + (mark & 0x7FFFFFFF) > _LARGEST_RECORD:
            raise ConnectionError("no record")
        record += await reader.readexactly(mark & 0x7FFFFFFF)
        if mark & 0x80000000:
            return bytes(record)


def _call(record: bytes) -> tuple[int, int, int, bytes]:
    """Return transaction, program, procedure and arguments of a call (RFC 5531, section 9)."""
    if len(record) < 40:
        raise ConnectionError("no call")
    transaction, kind, version, program, _, procedure = struct.unpack_from("!IIIIII", record)
    if kind != 0 or version != 2:
        raise ConnectionError("no call")
    at = 24
    for _ in range(2):  # credentials and verifier
        if at + 8 > len(record):
            raise ConnectionError("no call")
        length = struct.unpack_from("!I", record, at + 4)[0]
        at += 8 + length + (-length % 4)
    return transaction, program, procedure, record[at:]
