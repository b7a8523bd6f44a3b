"""How is an instrument reached over VXI-11?

VXIbus Consortium, *VXI-11 TCP/IP Instrument Protocol*, rev. 1.0 (1995), section B: the core channel, an ONC remote
procedure call program (RFC 5531) with XDR arguments (RFC 4506). There is no port mapper: clients are given the port.
"""

from __future__ import annotations

import asyncio
import itertools
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim_instruments.instrument import messages_of
from sim_instruments.transports.channel import POLL_S, Channel, Clients, Host

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from sim_instruments.instrument import MessageConversation

_CORE, _VERSION = 0x0607AF, 1
_CREATE, _WRITE, _READ, _STATUS, _TRIGGER, _CLEAR, _REMOTE, _LOCAL, _LOCK, _UNLOCK = range(10, 20)
_DESTROY = 23
_NO_ERROR, _BAD_LINK, _LOCKED, _NOT_LOCKED, _TIMEOUT = 0, 4, 11, 12, 15
_REQUESTED, _CHARACTER, _END = 1, 2, 4
_FLAG_END, _FLAG_CHARACTER = 8, 128
_LARGEST = 1 << 20
_UNAVAILABLE_PROGRAM, _UNAVAILABLE_PROCEDURE = 1, 3


@dataclass
class _Link:
    """What ``create_link`` makes: a conversation, with what is left of its answer."""

    talk: MessageConversation
    started: bool = False


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
        self._clients = Clients(self._serve)
        self._links: dict[int, _Link] = {}
        self._numbers = itertools.count(1)
        self._lock_holder: int | None = None

    async def open(self) -> str:
        """Listen; return the VISA resource (its port spares the port mapper)."""
        port = await self._clients.listen(self._port)
        return f"TCPIP::127.0.0.1,{port}::inst0::INSTR"

    async def close(self) -> None:
        """Stop listening and drop every client."""
        await self._clients.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        channel = Channel(self._host, writer)
        mine: set[int] = set()
        try:
            while not channel.dropped:
                record = await _record(reader)
                transaction, program, procedure, arguments = _call(record)
                head = struct.pack("!IIIII", transaction, 1, 0, 0, 0)  # a reply, accepted, no verifier
                if program != _CORE:
                    body = struct.pack("!I", _UNAVAILABLE_PROGRAM)
                elif (act := self._procedures(mine).get(procedure)) is None:
                    body = struct.pack("!I", _UNAVAILABLE_PROCEDURE)
                else:
                    body = struct.pack("!I", 0) + await act(arguments)
                await channel.send(struct.pack("!I", 0x80000000 | (len(head) + len(body))) + head + body)
        finally:
            for number in mine:
                self._destroyed(number)

    def _procedures(self, mine: set[int]) -> dict[int, Callable[[bytes], Coroutine[None, None, bytes]]]:
        async def create(arguments: bytes) -> bytes:
            number = next(self._numbers)
            self._links[number] = _Link(messages_of(self._host.device))
            mine.add(number)
            if struct.unpack_from("!I", arguments, 4)[0] and self._lock_holder is None:
                self._lock_holder = number
            return struct.pack("!iiII", _NO_ERROR, number, 0, _LARGEST)

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

    def _refusal(self, number: int) -> int:
        if number not in self._links:
            return _BAD_LINK
        return _NO_ERROR if self._lock_holder in {None, number} else _LOCKED

    async def _write(self, arguments: bytes) -> bytes:
        number, _, _, flags, length = struct.unpack_from("!iIIiI", arguments)
        if error := self._refusal(number):
            return struct.pack("!iI", error, 0)
        data = arguments[20 : 20 + length]
        link = self._links[number]
        if not self._host.faults.quiet:
            self._host.suffer(self._host.faults.heard(data))
        if link.talk.output:
            link.talk.interrupted()
        link.talk.message(data, end=bool(flags & _FLAG_END))
        link.started = False
        return struct.pack("!iI", _NO_ERROR, length)

    async def _read(self, arguments: bytes) -> bytes:
        number, wanted, timeout_ms, _, flags, character = struct.unpack_from("!iIIIii", arguments)
        if error := self._refusal(number):
            return struct.pack("!iiI", error, 0, 0)
        talk = self._links[number].talk
        deadline = time.monotonic() + timeout_ms / 1000.0
        if not talk.output and not talk.waiting:
            talk.unterminated()
        while not talk.output:
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
        if error := self._refusal(number):
            return struct.pack("!iI", error, 0)
        talk = self._links[number].talk
        talk.run()
        return struct.pack("!iI", _NO_ERROR, talk.status_byte(message_available=bool(talk.output)))

    async def _trigger(self, arguments: bytes) -> bytes:
        return self._done(arguments, lambda talk: talk.trigger())

    async def _clear(self, arguments: bytes) -> bytes:
        return self._done(arguments, lambda talk: talk.clear())

    async def _nothing(self, arguments: bytes) -> bytes:
        return self._done(arguments, lambda _: None)

    def _done(self, arguments: bytes, act: Callable[[MessageConversation], object]) -> bytes:
        number = struct.unpack_from("!i", arguments)[0]
        error = self._refusal(number)
        if not error:
            act(self._links[number].talk)
        return struct.pack("!i", error)

    async def _lock(self, arguments: bytes) -> bytes:
        number = struct.unpack_from("!i", arguments)[0]
        error = self._refusal(number)
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


async def _record(reader: asyncio.StreamReader) -> bytes:
    """Return one record: fragments, each with its length and a mark on the last (RFC 5531, section 11)."""
    record = bytearray()
    while True:
        mark = struct.unpack("!I", await reader.readexactly(4))[0]
        record += await reader.readexactly(mark & 0x7FFFFFFF)
        if mark & 0x80000000:
            return bytes(record)


def _call(record: bytes) -> tuple[int, int, int, bytes]:
    """Return transaction, program, procedure and arguments of a call (RFC 5531, section 9)."""
    transaction, kind, version, program, _, procedure = struct.unpack_from("!IIIIII", record)
    if kind != 0 or version != 2:
        raise ConnectionError("no call")
    at = 24
    for _ in range(2):  # credentials and verifier
        length = struct.unpack_from("!I", record, at + 4)[0]
        at += 8 + length + (-length % 4)
    return transaction, program, procedure, record[at:]
