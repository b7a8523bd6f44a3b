"""Control channel of a run: front ends find its guardian, ask how the run stands, and stop it.

The guardian listens on a local socket (a named pipe on Windows). Its address and its key are in the run's control file,
which only the user can read. So a window that was closed, or has died, finds its run again. Requests are single words,
answers are statuses as JSON: nothing that comes over the channel is ever executed or unpickled.

Nothing waits indefinitely, on either side:

- the guardian takes a connection at once and lets the front end prove in a thread of its own that it knows the key, so
  that a silent one keeps nobody waiting;
- every exchange has a time limit; a front end that gets no answer in time gets `GuardianSilent`;
- each answer says how long ago the guardian's supervising loop last turned: threads that answer prove nothing about
  the loop that watches the runner.
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

from daq.execution.control_file import ControlFile, PublishedControlFile, read_control_file
from daq.execution.messages import ControlRequest, status_from_json, status_to_json, supervision_age_from_json
from daq.execution.processes import ProcessId
from daq.execution.worker import Worker
from protocols import ConnectionLost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from daq.execution.run_request import RunRequest
    from daq.state import RunStatus

# Exit status of a guardian that could not lock its run: another guardian supervises it. Any number that Python itself
# does not use (0, 1, 2) would do.
NOT_STARTED = 3
# Exit status of a guardian at the end of whose session the output could not be read back as off, though each of its
# runs had ended; that of `ionecho recover` for the same.
OUTPUT_UNKNOWN = 4
# Longest request (bytes): the longest word of `ControlRequest` has 6.
_REQUEST_BYTES = 64
# How often a server whose run is over looks for its first front end: much less than a person notices.
_FIRST_CLIENT_POLL_S = 0.01
# How long (s) a guardian may take to answer. It answers in a thread that does nothing else, within milliseconds; the
# rest is for a loaded computer. Doubled: a frozen guardian is replaced 3 s later. After it a moment (s) more, counted
# anew: a front end that was itself frozen finds the answer that has waited for it.
ANSWER_S, _LAST_LOOK_S = 3.0, 0.3
# After how long (s) without an answer it is looked whether the guardian is frozen, as the operating system says: a load
# of the computer does not look like that, so nothing is waited for then. Doubled: a quarter of a second later.
_FROZEN_LOOK_S = 0.25
# How long (s) a front end may take to prove that it knows the key: it does nothing else at that moment.
_PROOF_S = 5.0
# How long (s) a front end may stay silent before its connection is closed; it connects anew with its next question.
_IDLE_S = 60.0
# Most front ends at a time: a window and some scripts. The next one is turned away and tries again.
_MOST_CLIENTS = 32
# Pause (s) after a connection that failed: a listener that is broken must not use a whole core.
_ACCEPT_PAUSE_S = 0.05


class GuardianSilent(ConnectionLost):
    """A guardian that is there and does not answer in time."""


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


class ControlServer:
    """The guardian's end: listens, and publishes its address in the control file.

    Parameters
    ----------
    run_path : Path
        The run's file; the control file goes beside it. Its lock must be held: a control file that lies there already
        is a dead guardian's.
    request : RunRequest
        Of the run that is guarded.
    """

    def __init__(self, run_path: Path, request: RunRequest) -> None:
        self._key = secrets.token_bytes(32)
        self._folder = tempfile.TemporaryDirectory(prefix="ionecho-")
        # The socket has a short path of its own: an AF_UNIX address may have no more than some 100 bytes.
        address = rf"\\.\pipe\ionecho-{secrets.token_hex(8)}" if os.name == "nt" else f"{self._folder.name}/control"
        # Without a key: the listener would ask for it before it takes the next connection.
        self._listener = Listener(address, family="AF_PIPE" if os.name == "nt" else "AF_UNIX", backlog=_MOST_CLIENTS)
        self._clients: list[threading.Thread] = []
        self._was_heard = False
        self._is_over = threading.Event()
        guardian = ProcessId.of(os.getpid())
        self.file = PublishedControlFile(
            run_path,
            ControlFile(address, self._key.hex(), request.run_id, request.resource, request.timeout_s, guardian),
        )

    def serve(self, answer: Callable[[ControlRequest], RunStatus], age_s: Callable[[], float] = lambda: 0.0) -> None:
        """Answer front ends from now on, in threads.

        Parameters
        ----------
        answer : callable
            Takes a request and returns how the run stands. Called from several threads.
        age_s : callable, optional
            Returns the time since the last turn of the supervising loop.
        """
        threading.Thread(target=self._accept, args=(answer, age_s), name="front ends", daemon=True).start()

    def _accept(self, answer: Callable[[ControlRequest], RunStatus], age_s: Callable[[], float]) -> None:
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
            client = threading.Thread(target=self._answer_client, args=(connection, answer, age_s), daemon=True)
            self._clients.append(client)
            client.start()

    def _answer_client(
        self,
        connection: Connection[Any, Any],
        answer: Callable[[ControlRequest], RunStatus],
        age_s: Callable[[], float],
    ) -> None:
        """Answer one front end until it is gone, falls silent, asks what is no request, or has heard the outcome."""
        with suppress(OSError, EOFError, ValueError, AuthenticationError, AssertionError), connection:
            limited = _LimitedConnection(connection, _PROOF_S)
            deliver_challenge(limited.as_connection(), self._key)
            answer_challenge(limited.as_connection(), self._key)
            limited.limit_s = _IDLE_S
            while True:
                status = answer(ControlRequest(limited.recv_bytes(_REQUEST_BYTES).decode()))
                limited.send_bytes(status_to_json(status, age_s()).encode())
                self._was_heard = True
                if status.is_final:
                    return

    def finish(self, linger_s: float) -> None:
        """Close once every front end has heard the outcome, or after some seconds.

        A run that is refused at once ends before the front end that asked for it has had the time to connect.
        """
        deadline = time.monotonic() + linger_s
        while not self._was_heard and time.monotonic() < deadline:
            time.sleep(_FIRST_CLIENT_POLL_S)
        self._is_over.set()
        for client in self._clients:
            client.join(max(deadline - time.monotonic(), 0.0))
        self.close()

    def close(self) -> None:
        """Stop listening and remove the control file, if it is still this server's."""
        self._is_over.set()
        self.file.remove()
        self._listener.close()
        self._folder.cleanup()


class RunLink:
    """A front end's link to the guardian of a run in progress.

    Parameters
    ----------
    run_path : Path
        The run's file.
    run_id : str, optional
        Of the run that is expected there; any will do if empty.
    limit_s : float, optional
        How long to wait for the guardian, with each question.

    Attributes
    ----------
    control : ControlFile
    supervision_age_s : float
        How long before its last answer the guardian's supervising loop had turned last.

    Raises
    ------
    ConnectionLost
        If no run is in progress there.
    GuardianSilent
        If its guardian does not answer in time.
    """

    def __init__(self, run_path: Path, run_id: str = "", limit_s: float = ANSWER_S) -> None:
        self.run_path = run_path
        self.supervision_age_s = 0.0
        known = self.control = read_control_file(run_path, run_id)
        try:
            self._connection = _connect(known.address, limit_s)
            self._limited = _LimitedConnection(self._connection, limit_s, known.guardian.is_frozen)
            key = bytes.fromhex(known.key)
            with _close_on_failure(self._connection):
                answer_challenge(self._limited.as_connection(), key)
                deliver_challenge(self._limited.as_connection(), key)
        except (TimeoutError, BlockingIOError) as error:
            raise self._silent(limit_s) from error
        except (OSError, ValueError, EOFError, AuthenticationError, AssertionError) as error:
            raise ConnectionLost(f"{run_path}: no run is in progress there ({error})") from error

    def ask(self, request: ControlRequest) -> RunStatus:
        """Send a request and return how the run stood when the guardian took it.

        Raises
        ------
        GuardianSilent
            If the guardian does not answer in time.
        ConnectionLost
            If the guardian is gone.
        """
        try:
            self._limited.send_bytes(request.encode())
            text = self._limited.recv_bytes().decode()
            self.supervision_age_s = supervision_age_from_json(text)
            return status_from_json(text)
        except (TimeoutError, BlockingIOError) as error:
            raise self._silent(self._limited.limit_s) from error
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            reason = str(error) or "it closed the connection"
            raise ConnectionLost(f"{self.run_path}: the guardian process of this run is gone ({reason})") from error

    def _silent(self, limit_s: float) -> GuardianSilent:
        if self.control.is_of_this_computer and self.control.guardian.is_frozen():
            return GuardianSilent(f"{self.run_path}: the guardian process of this run is frozen and did not answer")
        return GuardianSilent(f"{self.run_path}: the guardian process of this run did not answer for {limit_s:.0f} s")

    def status(self) -> RunStatus:
        """Return how the run stands."""
        return self.ask(ControlRequest.STATUS)

    def stop(self) -> None:
        """End the run now: output off, what was measured kept."""
        self.ask(ControlRequest.STOP)

    def abort(self) -> None:
        """Switch the output off through the guardian's own session at once, then end the run."""
        self.ask(ControlRequest.ABORT)

    def close(self) -> None:
        """Close the link. The run stays in progress."""
        self._connection.close()


@contextmanager
def _close_on_failure(connection: Connection[Any, Any]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _connect(address: str, limit_s: float) -> Connection[Any, Any]:
    """Return a connection to a guardian.

    Raises
    ------
    TimeoutError
        If the guardian lets nobody in: its queue of front ends is full.
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
