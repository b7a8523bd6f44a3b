"""Local channel: a process answers others of the same user on this computer, and nobody waits indefinitely.

It is a Unix socket, or a named pipe on Windows, with a key that both sides prove to know. Requests and answers are
short texts: nothing that comes over the channel is ever executed or unpickled.

- The server takes a connection at once and lets the other side prove in a thread of its own that it knows the key, so
  that a silent one keeps nobody waiting.
- Every exchange has a time limit; who gets no answer in time gets a `TimeoutError`.
"""

from __future__ import annotations

import os
import secrets
import socket
import struct
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener, answer_challenge, deliver_challenge
from typing import TYPE_CHECKING, Any, cast

from daq.execution.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Longest request (bytes): a word of some 10 letters.
_REQUEST_BYTES = 64
# How often a server that is to end looks for its first client: much less than a person notices.
_FIRST_CLIENT_POLL_S = 0.01
# How long (s) a server may take to answer. It answers in a thread that does nothing else, within milliseconds; the
# rest is for a loaded computer. Doubled: a frozen process is replaced 3 s later. After it a moment (s) more, counted
# anew: a client that was itself frozen finds the answer that has waited for it.
ANSWER_S, _LAST_LOOK_S = 3.0, 0.3
# After how long (s) without an answer it is looked whether the server is frozen, as the operating system says: a load
# of the computer does not look like that, so nothing is waited for then. Doubled: a quarter of a second later.
_FROZEN_LOOK_S = 0.25
# How long (s) a client may take to prove that it knows the key: it does nothing else at that moment.
_PROOF_S = 5.0
# How long (s) a client may stay silent before its connection is closed; it connects anew with its next question.
_IDLE_S = 60.0
# Most clients at a time: a window and some scripts. The next one is turned away and tries again.
_MOST_CLIENTS = 32
# Pause (s) after a connection that failed: a listener that is broken must not use a whole core.
_ACCEPT_PAUSE_S = 0.05


class _LimitedConnection:
    """A connection on which nothing waits for longer than some seconds.

    Parameters
    ----------
    connection : Connection
    limit_s : float
    is_frozen : callable, optional
        Whether the other side is known to be frozen, so that it is not worth while to wait.
    """

    def __init__(
        self, connection: Connection[Any, Any], limit_s: float, is_frozen: Callable[[], bool] = lambda: False
    ) -> None:
        self._connection = connection
        self._is_frozen = is_frozen
        self.limit_s = limit_s
        if os.name != "nt":  # a named pipe carries whole messages: there nothing stops midway
            _limit_socket(connection.fileno(), limit_s)

    def send_bytes(self, data: bytes) -> None:
        """Send a message."""
        self._connection.send_bytes(data)

    def recv_bytes(self, most: int | None = None) -> bytes:
        """Return the next message.

        Raises
        ------
        TimeoutError
            If none has come in time.
        """
        if not self._is_readable():
            raise TimeoutError(f"no message for {self.limit_s:.0f} s")
        return self._connection.recv_bytes(most)

    def _is_readable(self) -> bool:
        deadline = time.monotonic() + self.limit_s
        while (left_s := deadline - time.monotonic()) > 0:
            if self._connection.poll(min(_FROZEN_LOOK_S, left_s)):
                return True
            if self._is_frozen():
                return self._connection.poll(0)
        return self._connection.poll(min(_LAST_LOOK_S, self.limit_s))

    def as_connection(self) -> Connection[Any, Any]:
        """Return this as what the challenges of multiprocessing take; they send and receive bytes only."""
        return cast("Connection[Any, Any]", self)


def _limit_socket(descriptor: int, limit_s: float) -> None:
    """Give each read and write of a socket a time limit of the kernel's: a message may stop midway."""
    with socket.socket(fileno=os.dup(descriptor)) as duplicate:
        limit = struct.pack("ll", int(limit_s), int(limit_s % 1 * 1e6))
        duplicate.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        duplicate.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


class LocalServer:
    """The end that listens."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._folder = tempfile.TemporaryDirectory(prefix="ionecho-")
        # The socket has a short path of its own: an AF_UNIX address may have no more than some 100 bytes.
        self.address = (
            rf"\\.\pipe\ionecho-{secrets.token_hex(8)}" if os.name == "nt" else f"{self._folder.name}/control"
        )
        # Without a key: the listener would ask for it before it takes the next connection.
        self._listener = Listener(
            self.address, family="AF_PIPE" if os.name == "nt" else "AF_UNIX", backlog=_MOST_CLIENTS
        )
        self._clients: list[threading.Thread] = []
        self._was_heard = False
        self._is_over = threading.Event()

    @property
    def key(self) -> str:
        """What a client must know, in hexadecimal digits."""
        return self._key.hex()

    def serve(self, answer: Callable[[str], tuple[str, bool]]) -> None:
        """Answer clients from now on, in threads.

        Parameters
        ----------
        answer : callable
            Takes a request and returns the answer, and whether it is the last one that there is to be heard. Called
            from several threads; a ValueError closes the connection.
        """
        threading.Thread(target=self._accept, args=(answer,), name="front ends", daemon=True).start()

    def _accept(self, answer: Callable[[str], tuple[str, bool]]) -> None:
        while not self._is_over.is_set():
            try:
                connection = self._listener.accept()
            except (OSError, EOFError):
                self._is_over.wait(_ACCEPT_PAUSE_S)
                continue
            self._clients = [client for client in self._clients if client.is_alive()]
            if len(self._clients) >= _MOST_CLIENTS:
                connection.close()
                continue
            client = threading.Thread(target=self._answer_client, args=(connection, answer), daemon=True)
            self._clients.append(client)
            client.start()

    def _answer_client(self, connection: Connection[Any, Any], answer: Callable[[str], tuple[str, bool]]) -> None:
        """Answer one client until it is gone, falls silent, asks what is no request, or has heard the last answer."""
        with suppress(OSError, EOFError, ValueError, AuthenticationError, AssertionError), connection:
            limited = _LimitedConnection(connection, _PROOF_S)
            deliver_challenge(limited.as_connection(), self._key)
            answer_challenge(limited.as_connection(), self._key)
            limited.limit_s = _IDLE_S
            while True:
                text, is_last = answer(limited.recv_bytes(_REQUEST_BYTES).decode())
                limited.send_bytes(text.encode())
                self._was_heard = True
                if is_last:
                    return

    def linger(self, linger_s: float) -> None:
        """Wait until every client has heard the last answer, for some seconds at most; new ones are not answered then.

        What ends at once ends before the client that asked for it has had the time to connect.
        """
        deadline = time.monotonic() + linger_s
        while not self._was_heard and time.monotonic() < deadline:
            time.sleep(_FIRST_CLIENT_POLL_S)
        self._is_over.set()
        for client in self._clients:
            client.join(max(deadline - time.monotonic(), 0.0))

    def close(self) -> None:
        """Stop listening."""
        self._is_over.set()
        self._listener.close()
        self._folder.cleanup()


class LocalLink:
    """A client's end.

    Parameters
    ----------
    address : str
    key : str
        In hexadecimal digits.
    limit_s : float
        How long to wait with each question.
    is_frozen : callable, optional
        Whether the other side is known to be frozen, so that it is not worth while to wait.

    Raises
    ------
    TimeoutError, BlockingIOError
        If the server does not answer in time; `ask` too.
    OSError, ValueError, EOFError, AuthenticationError, AssertionError
        If there is none, or one that knows another key.
    """

    def __init__(
        self, address: str, key: str, limit_s: float = ANSWER_S, is_frozen: Callable[[], bool] = lambda: False
    ) -> None:
        self.limit_s = limit_s
        self._connection = _connect(address, limit_s)
        self._limited = _LimitedConnection(self._connection, limit_s, is_frozen)
        with _close_on_failure(self._connection):
            known = bytes.fromhex(key)
            answer_challenge(self._limited.as_connection(), known)
            deliver_challenge(self._limited.as_connection(), known)

    def ask(self, request: str) -> str:
        """Send a request and return the answer.

        Raises
        ------
        TimeoutError, BlockingIOError
            If none comes in time.
        OSError, EOFError
            If the server is gone.
        """
        self._limited.send_bytes(request.encode())
        return self._limited.recv_bytes().decode()

    def close(self) -> None:
        """Close the link."""
        self._connection.close()


@contextmanager
def _close_on_failure(connection: Connection[Any, Any]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _connect(address: str, limit_s: float) -> Connection[Any, Any]:
    """Return a connection to a server.

    Raises
    ------
    TimeoutError
        If the server lets nobody in: its queue of clients is full.
    OSError
        If nobody listens there.
    """
    if os.name == "nt":  # `Client` waits for a busy pipe for 20 s, and cannot be told otherwise
        job = Worker("connecting").submit(lambda: Client(address))
        if not job.wait(limit_s):
            raise TimeoutError(f"no connection for {limit_s:.0f} s")
        return job.result()
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(limit_s)
        link.connect(address)
        link.setblocking(True)
        return Connection(link.detach())
