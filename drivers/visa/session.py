"""Session with one instrument over VISA, with the known faults of pyvisa-py kept out.

What plain pyvisa-py 0.8 does, and what is done about it here and in `drivers.visa.links` (all measured over loopback):

- a write before a query waits 40 ms for a delayed ACK: TCP_NODELAY is set;
- opening a port on which nobody listens succeeds: opening asks who is there at once;
- a connection closed by the peer looks like a timeout: the end of a stream is seen as such, at once;
- a write may block indefinitely: it has the timeout of the session;
- a ``#0`` block is returned as an empty array: blocks are read as an exact number of bytes;
- a reply that comes after its timeout answers the next query: after any failure the session refuses to be used;
- two threads on one session swap their replies silently: the session belongs to the thread that opened it;
- status byte, trigger and clear do not exist on sockets: refused with an explanation; clear drops what came;
- a lost link raises whatever the transport raises: all of it becomes `ConnectionLost` here;
- all resource managers are one, and closing one closes the others' sessions: ours is of a library of its own.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from drivers.visa.dialect import Dialect
from drivers.visa.links import MessageLink, SerialLink, open_link
from drivers.visa.patience import AnswerWait, ExchangeAbandonedError, Patience
from drivers.visa.resources import resource_manager
from drivers.visa.transcript import RecordedLink
from drivers.visa.transport_errors import reason_in_words
from protocols import ConnectionLost, InstrumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from drivers.visa.links import Link

_RECEIVE_BYTES = 1 << 16  # of one call: what a socket holds, at either end
_DIALECT = Dialect()  # SCPI, unless told otherwise
# Pause (s) after a message that may have been refused, and how long (s) a refused greeting is repeated: an EmStat hears
# nothing for 50 ms after a refusal, and refuses up to twenty commands in a row. Doubled: 0.1 s and 3 s later.
_DEAF_S, _GREETING_S = 0.06, 3.0


OPENING = "open"
"""What a `ConnectionLost` names as its command where no link could be opened: nothing was sent, in any dialect."""


class VisaSession:
    """An open link to one instrument, used by the one thread that opened it.

    Parameters
    ----------
    resource : str
        VISA resource name, e.g. ``TCPIP::192.168.0.10::5025::SOCKET``.
    timeout_s : float
        How long the instrument may be silent. Always finite. An answer may take longer only by coming
        steadily: one that comes in drips is given up.
    patience : Patience, optional
        Takes the place of `timeout_s`, for whoever waits for longer on a slow computer.
    dialect : Dialect
        How lines end, and what makes the instrument say who it is.
    transcript : Path, optional
        File in which every byte is recorded.
    interrupt : tuple of str
        Messages that are sent before the greeting, and whose answers are dropped: what ends a program that an earlier
        client has left running.

    Attributes
    ----------
    idn : str
        The answer to the dialect's greeting.

    Raises
    ------
    ConnectionLost
        If nobody answers there.
    """

    def __init__(
        self,
        resource: str,
        timeout_s: float = 2.0,
        dialect: Dialect = _DIALECT,
        transcript: Path | None = None,
        interrupt: tuple[str, ...] = (),
        patience: Patience | None = None,
    ) -> None:
        self.resource = resource
        self._patience = patience or Patience(timeout_s, slowness=lambda: 1.0)
        self.timeout_s = self._patience.answer_s
        self.dialect = dialect
        self._owner = threading.get_ident()
        self._n_sent = 0
        self._failure: str | None = None
        self.link: Link | None = None
        self._came = bytearray()
        self._scratch = memoryview(bytearray(_RECEIVE_BYTES))
        with self._transport_errors(OPENING):
            self.link = open_link(resource_manager(), resource, self._patience.limit_s(), dialect)
        if transcript is not None:
            self.link = RecordedLink(self.link, transcript, resource)
        try:
            self._interrupt(interrupt)
            self.idn = self._greet()
        except InstrumentError:
            self.close()
            raise

    def _interrupt(self, messages: tuple[str, ...]) -> None:
        for message in messages:
            self.write(message)
            time.sleep(_DEAF_S)
        if messages:
            self.clear()

    def _greet(self) -> str:
        """Return the answer to the greeting; one that refuses it is asked again for a while."""
        slowness = self._patience.limit_s() / self._patience.answer_s
        patient_until = time.monotonic() + _GREETING_S * slowness
        while self.dialect.is_refusal(answer := self.query(self.dialect.greeting)) and time.monotonic() < patient_until:
            time.sleep(_DEAF_S)
        return answer

    # -- messages -----------------------------------------------------------------------------------------------------

    def write(self, message: str) -> None:
        """Send a message and the line end.

        Raises
        ------
        ConnectionLost
            If it could not be sent within the timeout.
        """
        self._send(message, (message + self.dialect.write_end).encode("ascii"))

    def write_bytes(self, data: bytes) -> None:
        """Send bytes as they are.

        Raises
        ------
        ConnectionLost
            If they could not be sent within the timeout.
        """
        self._send(repr(data), data)

    def _send(self, shown: str, data: bytes) -> None:
        link = self._require_usable(shown)
        self._patience.on_exchange()
        self._n_sent += len(data)
        with self._transport_errors(shown):
            link.send(data, self._patience.limit_s())

    def query(self, message: str) -> str:
        """Send a message and return its answer without the line end.

        Raises
        ------
        ConnectionLost
            If no whole answer came within the timeout. The session is useless from then on: open another.
        """
        self.write(message)
        return self._line(message)

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
        head = self._exactly(message, 2)
        if head[:1] != b"#" or not head[1:].isdigit():
            raise self._desync_error(message, f"expected a binary block, got {head!r}")
        digits = int(head[1:])
        if digits:
            announced = self._exactly(message, digits)
            if not announced.isdigit() or int(announced) != n_bytes:
                raise self._desync_error(message, f"block of {announced!r} bytes instead of {n_bytes}")
        data = self._exactly(message, n_bytes)
        if self._exactly(message, 1) != b"\n":
            raise self._desync_error(message, f"no line end after a block of {n_bytes} bytes")
        return np.frombuffer(data, dtype=dtype).astype(np.float64, copy=False)

    # -- streams: what comes unasked ----------------------------------------------------------------------------------

    def read_line(self) -> str:
        """Wait for a line and return it without its end.

        Raises
        ------
        ConnectionLost
            If none came within the timeout.
        """
        self._require_usable("a line")
        return self._line("a line")

    def read_exactly(self, n_bytes: int) -> bytes:
        """Wait for so many bytes.

        Raises
        ------
        ConnectionLost
            If they did not all come within the timeout, or after it at 10 kB/s at least.
        """
        self._require_usable(f"{n_bytes} bytes")
        return bytes(self._exactly(f"{n_bytes} bytes", n_bytes))

    def poll_line(self) -> str | None:
        """Return a line that has come, None if no whole one has. Never waits."""
        link = self._require_usable("a line")
        end = self.dialect.read_end.encode("ascii")
        with self._transport_errors("a line"):
            while end not in self._came and link.waiting():
                self._take(link)
        return self._cut(end) if end in self._came else None

    def poll_bytes(self, limit: int) -> bytes:
        """Return what has come, up to so many bytes, perhaps none. Never waits."""
        link = self._require_usable("bytes")
        with self._transport_errors("bytes"):
            while len(self._came) < limit and link.waiting():
                self._take(link)
        data = bytes(self._came[:limit])
        del self._came[:limit]
        return data

    # -- the instrument's bus functions -------------------------------------------------------------------------------

    def clear(self) -> None:
        """Drop what has come; on HiSLIP, VXI-11, USB and GPIB by a device clear.

        Raises
        ------
        ConnectionLost
            If the link is lost.
        """
        link = self._require_usable("device clear")
        with self._transport_errors("device clear"):
            link.clear()
        self._came.clear()

    def status_byte(self) -> int:
        """Return the status byte by serial poll (HiSLIP, VXI-11, USB, GPIB).

        Raises
        ------
        InstrumentError
            On sockets and serial lines, which have none: ask ``*STB?`` there.
        """
        link = self._message_link("serial poll")
        with self._transport_errors("serial poll"):
            return link.status_byte()

    def trigger(self) -> None:
        """Send the group execute trigger (HiSLIP, VXI-11, USB, GPIB).

        Raises
        ------
        InstrumentError
            On sockets and serial lines, which have none: send ``*TRG`` there.
        """
        link = self._message_link("trigger")
        with self._transport_errors("trigger"):
            link.trigger()

    def _message_link(self, what: str) -> MessageLink:
        link = self._require_usable(what)
        if isinstance(link, RecordedLink):
            link = link.link
        if not isinstance(link, MessageLink):
            kind = "serial line" if isinstance(link, SerialLink) else "raw socket"
            raise InstrumentError(f"{self.resource}: a {kind} has no {what}", command=what)
        return link

    # -- bytes --------------------------------------------------------------------------------------------------------

    def _take(self, link: Link, wait: AnswerWait | None = None) -> None:
        """Put what comes into the buffer; without a wait only what has come already."""
        count = (wait or self._wait(link)).receive_into(link, self._scratch)
        self._came += self._scratch[:count]

    def _wait(self, link: Link) -> AnswerWait:
        """Return the wait for an answer to all that was sent."""
        n_sent, self._n_sent = min(self._n_sent, _RECEIVE_BYTES), 0  # no more can be on its way
        return AnswerWait(self._patience, link.slowest_Bps, n_sent)

    def _line(self, message: str) -> str:
        link = self._require_usable(message)
        end = self.dialect.read_end.encode("ascii")
        searched, wait = 0, self._wait(link)
        with self._transport_errors(message):
            while self._came.find(end, max(0, searched - len(end))) < 0:
                searched = len(self._came)
                self._take(link, wait)
        return self._cut(end)

    def _cut(self, end: bytes) -> str:
        at = self._came.index(end)
        line = self._came[:at].decode("latin-1")
        del self._came[: at + len(end)]
        return line.rstrip("\r")

    def _exactly(self, message: str, n_bytes: int) -> bytes | bytearray:
        link = self._require_usable(message)
        data = bytearray(n_bytes)
        memory = memoryview(data)
        done = min(n_bytes, len(self._came))
        memory[:done] = self._came[:done]
        del self._came[:done]
        wait = self._wait(link)
        with self._transport_errors(message):
            while done < n_bytes:
                # A short rest may come with what follows it: it goes through the buffer.
                if n_bytes - done < _RECEIVE_BYTES:
                    self._take(link, wait)
                    part = min(n_bytes - done, len(self._came))
                    memory[done : done + part] = self._came[:part]
                    del self._came[:part]
                else:
                    part = wait.receive_into(link, memory[done:])
                done += part
        return data

    def _desync_error(self, message: str, what: str) -> InstrumentError:
        self._failure = f"the reply to {_shown(message)} was garbled"
        return InstrumentError(f"{self.resource}: reply to {_shown(message)}: {what}", command=message)

    def _require_usable(self, message: str) -> Link:
        shown = _shown(message)
        if threading.get_ident() != self._owner:
            raise InstrumentError(
                f"{self.resource} belongs to another thread: {shown} was not sent. Open a session of your own.",
                command=message,
            )
        if self.link is None:
            raise ConnectionLost(f"{self.resource}: {shown} was not sent: the session is closed", command=message)
        if self._failure is not None:
            raise ConnectionLost(
                f"{self.resource}: {shown} was not sent: {self._failure}. Open another session.", command=message
            )
        return self.link

    @contextmanager
    def _transport_errors(self, message: str) -> Iterator[None]:
        """Turn whatever a transport raises for a lost link into `ConnectionLost`."""
        try:
            yield
        except InstrumentError as error:
            if not isinstance(error, ExchangeAbandonedError):
                raise
            self._failure = str(error)
            raise ExchangeAbandonedError(f"{self.resource}: {_shown(message)}: {error}", command=message) from error
        except Exception as error:
            # VisaIOError, OSError, RuntimeError, TypeError, EOFError, RPCError, a bare Exception: no list is complete.
            reason = reason_in_words(error, self.timeout_s)
            self._failure = reason
            raise ConnectionLost(f"{self.resource}: {_shown(message)}: {reason}", command=message) from error

    def close(self) -> None:
        """Close the link. May be called more than once."""
        link, self.link = self.link, None
        if link is not None:
            with self._transport_errors("close"):
                link.close()

    def __enter__(self) -> VisaSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _shown(message: str) -> str:
    """Return a message as it may stand in an error: level lists are long."""
    return repr(message if len(message) <= 80 else message[:77] + "...")
