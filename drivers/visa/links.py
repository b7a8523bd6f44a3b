"""Links to instruments: raw sockets, serial lines, and message-based interfaces.

pyvisa opens and closes every resource. On raw sockets and serial lines the bytes then go directly through the socket
or port below it: pyvisa-py reads a socket at a tenth of its speed and a serial line byte by byte (0.1 MB/s), takes a
closed connection for silence, and its writes know no timeout. HiSLIP, VXI-11, USB and GPIB carry messages, whose
protocol is pyvisa's to know.
"""

from __future__ import annotations

import math
import os
import re
import select
import socket
import sys
import threading
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Protocol, cast

import serial

if TYPE_CHECKING:
    from pyvisa import ResourceManager
    from pyvisa.resources import MessageBasedResource

    from drivers.visa.dialect import Dialect

_LARGEST = 1 << 20  # bytes that are dropped at once
_SLOWEST_BPS = 10_000.0  # over a network: a tenth of the slowest one sold
_MESSAGE_AVAILABLE = 0x10  # status byte, IEEE 488.2-1992, 11.2


class Link(Protocol):
    """Bytes to and from one instrument.

    Attributes
    ----------
    slowest_Bps : float
        Bytes a second; what comes more slowly does not come.
    is_timed : bool
        Whether `receive_into` waits for no longer than it is told; else it waits for the timeout of the link.
    """

    slowest_Bps: float
    is_timed: bool

    def send(self, data: bytes, limit_s: float) -> None:
        """Send all of it; `limit_s` is what the instrument may take nothing for."""

    def receive_into(self, memory: memoryview, limit_s: float) -> int:
        """Wait for bytes and put as many as have come into memory; return how many (one at least).

        Raises
        ------
        TimeoutError
            If none came in time; it may be waited again then.
        """

    def waiting(self) -> bool:
        """Whether there is something to be received now."""

    def clear(self) -> None:
        """Drop what has come; by a device clear where there is such a thing."""

    def close(self) -> None:
        """Close the resource."""


def open_link(manager: ResourceManager, resource: str, timeout_s: float, dialect: Dialect) -> Link:
    """Open a resource.

    Raises whatever pyvisa and the transports raise.
    """
    milliseconds = int(timeout_s * 1000)
    claim = _claim_line(resource)
    try:
        opened = cast(
            "MessageBasedResource", manager.open_resource(resource, open_timeout=milliseconds, timeout=milliseconds)
        )
    except BaseException:
        claim.close()
        raise
    try:
        transport = cast("Any", opened.visalib).sessions[opened.session]
        below = getattr(transport, "interface", None)
        if isinstance(below, socket.socket):
            return SocketLink(opened, below)
        if isinstance(below, serial.SerialBase):
            return SerialLink(opened, cast("serial.Serial", below), dialect, claim)
        return MessageLink(opened, timeout_s)
    except BaseException:
        opened.close()
        claim.close()
        raise


def _claim_line(resource: str) -> ExitStack:
    """Lock a serial line until the returned stack is closed, before it is opened: opening drops what has come.

    The operating system lets any number of programs open one line, and each takes what another was answered. Windows
    does not; nor has it such names.
    """
    claim = ExitStack()
    line = re.match(r"(?i)asrl(/.+?)(::instr)?$", resource.strip())
    if line is None or sys.platform == "win32":
        return claim
    import fcntl

    descriptor = os.open(line[1], os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    claim.callback(os.close, descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        claim.close()
        raise BlockingIOError(f"another program uses the serial line {line[1]}") from None
    return claim


class SocketLink:
    """A raw socket.

    Parameters
    ----------
    opened : MessageBasedResource
    below : socket
        Under it.
    """

    slowest_Bps = _SLOWEST_BPS
    is_timed = True

    def __init__(self, opened: MessageBasedResource, below: socket.socket) -> None:
        self._opened = opened
        self.socket = below
        # Else a write before a query waits 40 ms for a delayed ACK.
        below.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes, limit_s: float) -> None:
        """Send all of it; an instrument that takes nothing for a time is an error."""
        self.socket.settimeout(limit_s)
        done, began = 0, time.monotonic()
        try:
            while done < len(data):
                done += self.socket.send(memoryview(data)[done:])
                if (took_s := time.monotonic() - began) > limit_s + done / self.slowest_Bps:
                    raise BlockingIOError(f"the instrument took {done} bytes in {took_s:.1f} s")
        except TimeoutError:
            raise TimeoutError(f"the instrument took nothing for {limit_s:.3g} s") from None

    def receive_into(self, memory: memoryview, limit_s: float) -> int:
        """Wait for bytes; a connection that the peer has closed is an error at once."""
        self.socket.settimeout(limit_s)
        count = self.socket.recv_into(memory)
        if count == 0:
            raise ConnectionResetError("the instrument closed the connection")
        return count

    def waiting(self) -> bool:
        """Whether bytes have come, or the end of the connection."""
        return bool(select.select([self.socket], [], [], 0)[0])

    def clear(self) -> None:
        """Drop what comes until nothing has come for a tenth of a second."""
        _drop(self, 0.1)

    def close(self) -> None:
        """Close the resource."""
        self._opened.close()


class SerialLink:
    """A serial line, real or virtual.

    Parameters
    ----------
    opened : MessageBasedResource
    below : serial port
    dialect : Dialect
        Its speed, frame and flow control.
    claim : ExitStack
        Closed with it: our lock on the line.
    """

    def __init__(
        self,
        opened: MessageBasedResource,
        below: serial.Serial,
        dialect: Dialect,
        claim: ExitStack,
    ) -> None:
        self.is_timed = True
        self._opened = opened
        self._claim = claim
        self._port = below
        self.slowest_Bps = dialect.baud / 10.0 / 4.0  # ten bits a byte; a quarter of what the line can do
        below.baudrate = dialect.baud
        below.xonxoff = dialect.software_flow
        if not str(below.port).startswith("/dev/pts/"):  # Linux refuses to frame what a pseudo-terminal passes on
            below.bytesize = dialect.data_bits
            below.parity = serial.PARITY_ODD if dialect.odd_parity else serial.PARITY_NONE
        # What was sent to whoever had the line before is not for us.
        below.reset_input_buffer()

    def send(self, data: bytes, limit_s: float) -> None:
        """Send all of it; what fills the line takes its time."""
        whole_s = math.ceil(limit_s + len(data) / self.slowest_Bps)
        if self._port.write_timeout != whole_s:  # each setting of a port is a call of the operating system
            self._port.write_timeout = whole_s
        self._port.write(data)

    def receive_into(self, memory: memoryview, limit_s: float) -> int:
        """Wait for bytes."""
        if self._port.timeout != limit_s:
            self._port.timeout = limit_s
        data = self._port.read(max(1, min(self._port.in_waiting, len(memory))))
        if not data:
            raise TimeoutError
        memory[: len(data)] = data
        return len(data)

    def waiting(self) -> bool:
        """Whether bytes have come."""
        return bool(self._port.in_waiting)

    def clear(self) -> None:
        """Drop what comes until nothing has come for a tenth of a second."""
        _drop(self, 0.1)

    def close(self) -> None:
        """Close the resource."""
        with self._claim:
            self._opened.close()


class MessageLink:
    """HiSLIP, VXI-11, USB or GPIB: whole messages, device clear, a status byte.

    Parameters
    ----------
    opened : MessageBasedResource
    timeout_s : float
        Of each call of the library. Over HiSLIP, which is a socket, it is waited for the beginning of an answer before.
    """

    slowest_Bps = _SLOWEST_BPS

    def __init__(self, opened: MessageBasedResource, timeout_s: float) -> None:
        from pyvisa.constants import ResourceAttribute

        self._opened = opened
        self._timeout_s = timeout_s
        opened.set_visa_attribute(ResourceAttribute.termchar_enabled, False)
        self.is_timed = self._hislip() is not None

    def _hislip(self) -> socket.socket | None:
        """Return the socket of a HiSLIP link on which answers come, None for another link."""
        transport = cast("Any", self._opened.visalib).sessions.get(self._opened.session)
        found = getattr(getattr(transport, "interface", None), "_sync", None)
        return found if isinstance(found, socket.socket) else None

    def send(self, data: bytes, limit_s: float) -> None:
        """Send all of it as one message; the library has a timeout of its own."""
        self._opened.write_raw(data)

    def receive_into(self, memory: memoryview, limit_s: float) -> int:
        """Wait for bytes of a message.

        pyvisa-py waits anew for each part of it: what drips would keep it for hours. So somebody looks at the clock.
        """
        from pyvisa.constants import StatusCode
        from pyvisa.errors import VisaIOError

        # A header of which a part was read when the time was over would be lost.
        if (below := self._hislip()) is not None and not select.select([below], [], [], limit_s)[0]:
            raise TimeoutError

        patience_s = self._timeout_s + len(memory) / self.slowest_Bps
        watch = threading.Timer(patience_s, self._cut)
        watch.daemon = True
        watch.start()
        try:
            # That there may be more than was asked for is no news: answers are read in pieces.
            with self._opened.ignore_warning(StatusCode.success_max_count_read):
                data, status = self._opened.visalib.read(self._opened.session, len(memory))
        except VisaIOError as error:
            if error.error_code == StatusCode.error_timeout:
                raise TimeoutError from error
            raise
        finally:
            watch.cancel()
        if not data:
            raise TimeoutError(f"an empty answer ({status!r})")
        memory[: len(data)] = data
        return len(data)

    def _cut(self) -> None:
        """Cut the connection under a read that does not end."""
        transport = cast("Any", self._opened.visalib).sessions.get(self._opened.session)
        below = getattr(transport, "interface", None)
        for name in ("_sync", "_async", "sock"):  # HiSLIP has the first two, VXI-11 the last
            part = getattr(below, name, None)
            if isinstance(part, socket.socket):
                with suppress(OSError):
                    part.shutdown(socket.SHUT_RDWR)

    def waiting(self) -> bool:
        """Whether the instrument has an answer (bit MAV of its status byte)."""
        return bool(self.status_byte() & _MESSAGE_AVAILABLE)

    def status_byte(self) -> int:
        """Return the status byte by serial poll."""
        return int(self._opened.read_stb())

    def trigger(self) -> None:
        """Send the group execute trigger."""
        below: Any = getattr(cast("Any", self._opened.visalib).sessions[self._opened.session], "interface", None)
        if hasattr(below, "trigger"):
            # pyvisa-py's HiSLIP client has the message, and the library does not hand it on.
            below.trigger()
        else:
            self._opened.assert_trigger()

    def clear(self) -> None:
        """Send a device clear.

        An answer that waits is read first: over HiSLIP pyvisa-py takes it for the acknowledgement and fails.
        """
        if self.waiting():
            self.receive_into(memoryview(bytearray(_LARGEST)), self._timeout_s)
        self._opened.clear()

    def close(self) -> None:
        """Close the resource."""
        self._opened.close()


def _drop(link: SocketLink | SerialLink, quiet_s: float) -> None:
    """Drop what comes until nothing has come for a while, or or, if it never stops, for ten times as long."""
    scratch = memoryview(bytearray(_LARGEST))
    began = quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < quiet_s and time.monotonic() - began < 10 * quiet_s:
        if link.waiting():
            link.receive_into(scratch, quiet_s)
            quiet_since = time.monotonic()
        else:
            time.sleep(0.002)
