"""How are bytes exchanged with one instrument over VISA, with the known faults of pyvisa-py kept out?

What plain pyvisa-py 0.8 does, and what is done about it here (all measured over loopback):

- a write before a query waits 40 ms for a delayed ACK: TCP_NODELAY is set;
- opening a port on which nobody listens succeeds: opening asks ``*IDN?`` at once;
- a connection closed by the peer looks like a timeout: after a timeout the socket is asked;
- a write may block for ever: writability is awaited within the timeout first;
- a ``#0`` block is returned as an empty array: blocks are read as an exact number of bytes;
- a reply that comes after its timeout answers the next query: after any failure the session refuses to be used;
- two threads on one session swap their replies silently: the session belongs to the thread that opened it;
- a lost link raises whatever the transport raises: all of it becomes `ConnectionLost` here.
"""

from __future__ import annotations

import select
import socket
import struct
import sys
import threading
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from protocols import ConnectionLost, InstrumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from pyvisa import ResourceManager
    from pyvisa.resources import MessageBasedResource

_RECEIVE_BYTES = 1 << 20
_WRITE_CHUNK = 4096


@lru_cache(maxsize=1)
def _manager() -> ResourceManager:
    # All managers of the pure-Python library share one session table, and closing one closes the others'
    # resources (pyvisa issue 742): so there is one, and it is never closed.
    import pyvisa

    return pyvisa.ResourceManager("@py")


def list_visa_resources() -> tuple[str, ...]:
    """Return what VISA itself finds. Takes some seconds; raw sockets are never among it."""
    return _manager().list_resources("?*")


def canonical_resource(resource: str) -> str:
    """Return a VISA resource name in the one spelling that all spellings of it have in common.

    ``tcpip::localhost::5025::socket`` and ``TCPIP0::127.0.0.1::5025::SOCKET`` are the same. Host names are looked up;
    one that cannot be is left as it is.
    """
    from pyvisa.rname import InvalidResourceName, ResourceName, TCPIPInstr, TCPIPSocket

    try:
        # The class of the resource is recognised in capitals only.
        name = ResourceName.from_string(resource.strip().upper())
    except InvalidResourceName:
        return resource.strip().upper()
    if isinstance(name, TCPIPInstr | TCPIPSocket):
        with suppress(OSError):
            name.host_address = socket.gethostbyname(name.host_address)
    return str(name)


class VisaSession:
    """An open link to one instrument, used by the one thread that opened it.

    Parameters
    ----------
    resource : str
        VISA resource name, e.g. ``TCPIP::192.168.0.10::5025::SOCKET``.
    timeout_s : float
        How long any single exchange may take. Always finite.

    Raises
    ------
    ConnectionLost
        If nobody answers there.
    """

    def __init__(self, resource: str, timeout_s: float = 2.0) -> None:
        if not 0 < timeout_s < float("inf"):
            raise ValueError(f"timeout_s must be finite and above zero, not {timeout_s!r}")
        self.resource = resource
        self.timeout_s = timeout_s
        self._owner = threading.get_ident()
        self._failure: str | None = None
        self._link: MessageBasedResource | None = None
        with self._mapped("open"):
            self._link = cast("MessageBasedResource", self._opened())
        try:
            with self._mapped("open"):
                self._socket = self._tuned_socket()
            self.idn = self.query("*IDN?")
        except InstrumentError:
            self.close()
            raise

    def _opened(self) -> object:
        return _manager().open_resource(
            self.resource,
            open_timeout=int(self.timeout_s * 1000),
            timeout=int(self.timeout_s * 1000),
            read_termination="\n",
            write_termination="\n",
        )

    def _tuned_socket(self) -> socket.socket | None:
        link = self._resource
        transport = cast("Any", link.visalib).sessions[link.session]
        link_socket = getattr(transport, "interface", None)
        if not isinstance(link_socket, socket.socket):
            return None
        link_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        seconds, fraction = divmod(self.timeout_s, 1.0)
        limit = (
            struct.pack("@L", int(self.timeout_s * 1000))
            if sys.platform == "win32"
            else struct.pack("@ll", int(seconds), int(fraction * 1e6))
        )
        link_socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        transport.max_recv_size = _RECEIVE_BYTES
        return link_socket

    @property
    def _resource(self) -> MessageBasedResource:
        if self._link is None:
            raise ConnectionLost(f"{self.resource}: the session is closed")
        return self._link

    def write(self, message: str) -> None:
        """Send a message.

        Raises
        ------
        ConnectionLost
            If it could not be sent within the timeout.
        """
        self._may_be_used(message)
        data = (message + "\n").encode("ascii")
        with self._mapped(message):
            for start in range(0, len(data), _WRITE_CHUNK):
                self._await_writable()
                self._resource.write_raw(data[start : start + _WRITE_CHUNK])

    def _await_writable(self) -> None:
        if self._socket is not None and not select.select([], [self._socket], [], self.timeout_s)[1]:
            raise TimeoutError(f"the instrument took nothing for {self.timeout_s:g} s")

    def query(self, message: str) -> str:
        """Send a message and return its answer without the line end.

        Raises
        ------
        ConnectionLost
            If no whole answer came within the timeout. The session is useless from then on: open another.
        """
        self.write(message)
        with self._mapped(message):
            return self._resource.read().rstrip("\r")

    def query_block(self, message: str, count: int, dtype: str) -> NDArray[np.float64]:
        """Send a query whose answer is one IEEE 488.2 block of known length, and return its numbers.

        Parameters
        ----------
        message : str
        count : int
            How many numbers will come.
        dtype : str
            ``"<f8"``, ``">f4"`` and the like.

        Returns
        -------
        ndarray of float64, shape (count,)

        Raises
        ------
        InstrumentError
            If the block is not one, or has another length than `count` asks for.
        ConnectionLost
            If it did not come whole.
        """
        n_bytes = count * np.dtype(dtype).itemsize
        self.write(message)
        with self._mapped(message), self._without_termination():
            head = self._exactly(2)
            if head[:1] != b"#" or not head[1:].isdigit():
                raise self._desynchronised(message, f"expected a binary block, got {head!r}")
            digits = int(head[1:])
            if digits:
                announced = self._exactly(digits)
                if not announced.isdigit() or int(announced) != n_bytes:
                    raise self._desynchronised(message, f"block of {announced!r} bytes instead of {n_bytes}")
            data = self._exactly(n_bytes)
            if self._exactly(1) != b"\n":
                raise self._desynchronised(message, f"no line end after a block of {n_bytes} bytes")
        return np.frombuffer(data, dtype=dtype).astype(np.float64)

    @contextmanager
    def _without_termination(self) -> Iterator[None]:
        # With the termination character on, pyvisa-py stops at each byte 10 of the data.
        from pyvisa.constants import ResourceAttribute

        self._resource.set_visa_attribute(ResourceAttribute.termchar_enabled, False)
        try:
            yield
        finally:
            if self._link is not None and self._failure is None:
                self._link.set_visa_attribute(ResourceAttribute.termchar_enabled, True)

    def _exactly(self, n_bytes: int) -> bytes:
        return self._resource.read_bytes(n_bytes, chunk_size=min(max(n_bytes, 1), _RECEIVE_BYTES))

    def _desynchronised(self, message: str, what: str) -> InstrumentError:
        self._failure = f"the reply to {_shown(message)} was garbled"
        return InstrumentError(f"{self.resource}: reply to {_shown(message)}: {what}", command=message)

    def _may_be_used(self, message: str) -> None:
        shown = _shown(message)
        if threading.get_ident() != self._owner:
            raise InstrumentError(
                f"{self.resource} belongs to another thread: {shown} was not sent. Open a session of your own.",
                command=message,
            )
        if self._link is None:
            raise ConnectionLost(f"{self.resource}: {shown} was not sent: the session is closed", command=message)
        if self._failure is not None:
            raise ConnectionLost(
                f"{self.resource}: {shown} was not sent: {self._failure}. Open another session.", command=message
            )

    @contextmanager
    def _mapped(self, message: str) -> Iterator[None]:
        """Turn whatever a transport raises for a lost link into `ConnectionLost`."""
        from pyvisa.errors import Error as VisaError

        try:
            yield
        except (VisaError, OSError, RuntimeError, TypeError, ValueError) as fault:
            reason = self._reason(fault)
            self._failure = reason
            raise ConnectionLost(f"{self.resource}: {_shown(message)}: {reason}", command=message) from fault
        except Exception as fault:
            # pyvisa-py raises a bare Exception when a connection cannot be made.
            if type(fault) is not Exception:
                raise
            self._failure = str(fault)
            raise ConnectionLost(f"{self.resource}: {_shown(message)}: {fault}", command=message) from fault

    def _reason(self, fault: Exception) -> str:
        from pyvisa.constants import StatusCode
        from pyvisa.errors import VisaIOError

        if isinstance(fault, VisaIOError) and fault.error_code == StatusCode.error_timeout:
            if self._peer_has_closed():
                return "the instrument closed the connection"
            return f"no answer within {self.timeout_s:g} s"
        if isinstance(fault, ConnectionRefusedError):
            return "nothing listens at that address (is the instrument on, is the port right?)"
        return f"{type(fault).__name__}: {fault}"

    def _peer_has_closed(self) -> bool:
        if self._socket is None:
            return False
        try:
            return bool(select.select([self._socket], [], [], 0)[0]) and self._socket.recv(1, socket.MSG_PEEK) == b""
        except (OSError, ValueError):
            return True

    def close(self) -> None:
        """Let the link go. May be called more than once."""
        link, self._link = self._link, None
        if link is not None:
            with self._mapped("close"):
                link.close()

    def __enter__(self) -> VisaSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _shown(message: str) -> str:
    """Return a message as it may stand in an error: level lists are long."""
    return repr(message if len(message) <= 80 else message[:77] + "...")
