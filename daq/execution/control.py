"""Control channel of a run: front ends find its guardian, ask how the run stands, and stop it.

The guardian listens on a local socket (a named pipe on Windows). Its address and its key lie beside the run file, in a
file that only the user can read. So a window that was closed, or has died, finds its run again. Requests are single
words, answers are statuses as JSON: nothing that comes over the channel is ever executed or unpickled.
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
import threading
import time
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from typing import TYPE_CHECKING, Any

from daq.execution.messages import ControlRequest, status_from_json, status_to_json
from daq.locks import control_path
from protocols import ConnectionLost

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from daq.state import RunStatus

# Exit status of a guardian that could not lock its run: another guardian supervises it. Any number that Python itself
# does not use (0, 1, 2) would do.
NOT_STARTED = 3
# Longest request (bytes): the longest word of `ControlRequest` has 6.
_REQUEST_BYTES = 64


# How often a server whose run is over looks for its first front end: much less than a person notices.
_FIRST_CLIENT_POLL_S = 0.01


class ControlServer:
    """The guardian's end: listens, and publishes its address in the control file.

    Parameters
    ----------
    run_path : Path
        The run's file; the control file goes beside it. Its lock must be held: a control file that lies there already
        is a dead guardian's.
    run_id : str
        Of the run that is guarded.
    """

    def __init__(self, run_path: Path, run_id: str) -> None:
        key = secrets.token_bytes(32)
        self._folder = tempfile.TemporaryDirectory(prefix="ionecho-")
        # The socket has a short path of its own: an AF_UNIX address may have no more than some 100 bytes.
        address = rf"\\.\pipe\ionecho-{secrets.token_hex(8)}" if os.name == "nt" else f"{self._folder.name}/control"
        self._listener = Listener(address, family="AF_PIPE" if os.name == "nt" else "AF_UNIX", authkey=key)
        self._clients: list[threading.Thread] = []
        self._is_over = threading.Event()
        self.path = control_path(run_path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._text = json.dumps({"address": address, "key": key.hex(), "run": run_id})
        self.path.unlink(missing_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(self._text)

    def serve(self, answer: Callable[[ControlRequest], RunStatus]) -> None:
        """Answer front ends from now on, in threads.

        Parameters
        ----------
        answer : callable
            Takes a request and returns how the run stands. Called from several threads.
        """
        threading.Thread(target=self._accept, args=(answer,), name="front ends", daemon=True).start()

    def _accept(self, answer: Callable[[ControlRequest], RunStatus]) -> None:
        while not self._is_over.is_set():
            try:
                connection = self._listener.accept()
            except (OSError, EOFError, AuthenticationError):
                continue
            client = threading.Thread(target=self._answer_client, args=(connection, answer), daemon=True)
            self._clients.append(client)
            client.start()

    def _answer_client(self, connection: Connection[Any, Any], answer: Callable[[ControlRequest], RunStatus]) -> None:
        """Answer one front end until it is gone, asks what is no request, or has heard the outcome."""
        with suppress(OSError, EOFError, ValueError), connection:
            while True:
                status = answer(ControlRequest(connection.recv_bytes(_REQUEST_BYTES).decode()))
                connection.send_bytes(status_to_json(status).encode())
                if status.is_final:
                    return

    def finish(self, linger_s: float) -> None:
        """Close once every front end has heard the outcome, or after some seconds.

        A run that is refused at once ends before the front end that asked for it has had the time to connect.
        """
        self._is_over.set()
        deadline = time.monotonic() + linger_s
        while not self._clients and time.monotonic() < deadline:
            time.sleep(_FIRST_CLIENT_POLL_S)
        for client in self._clients:
            client.join(max(deadline - time.monotonic(), 0.0))
        self.close()

    def close(self) -> None:
        """Stop listening and remove the control file, if it is still this server's."""
        self._is_over.set()
        with suppress(OSError):
            if self.path.read_text(encoding="utf-8") == self._text:
                self.path.unlink()
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

    Raises
    ------
    ConnectionLost
        If no run is in progress there.
    """

    def __init__(self, run_path: Path, run_id: str = "") -> None:
        self.run_path = run_path
        try:
            known = json.loads(control_path(run_path).read_text(encoding="utf-8"))
            if run_id and known["run"] != run_id:
                raise ConnectionLost(f"{run_path}: another run is in progress there")
            self._connection: Connection[Any, Any] = Client(known["address"], authkey=bytes.fromhex(known["key"]))
        except (OSError, ValueError, KeyError, EOFError, AuthenticationError) as error:
            raise ConnectionLost(f"{run_path}: no run is in progress there ({error})") from error

    def ask(self, request: ControlRequest) -> RunStatus:
        """Send a request and return how the run stood when the guardian took it.

        Raises
        ------
        ConnectionLost
            If the guardian is gone.
        """
        try:
            self._connection.send_bytes(request.encode())
            return status_from_json(self._connection.recv_bytes().decode())
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            reason = str(error) or "it closed the connection"
            raise ConnectionLost(f"{self.run_path}: the guardian process of this run is gone ({reason})") from error

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
