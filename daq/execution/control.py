"""How does a front end find a run that is going on, ask how it stands, and stop it?

The guardian listens on a local socket (a named pipe on Windows). Its address and its key lie beside the run file, in a
file that only the user can read. So a window that was closed, or has died, finds its run again.
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from typing import TYPE_CHECKING, Any

from daq.execution.messages import Request, status_from_json
from daq.locks import control_path
from protocols import ConnectionLost

if TYPE_CHECKING:
    from pathlib import Path

    from daq.state import RunStatus

# Exit status of a guardian that could not have its run at all; others guard it.
NOT_STARTED = 3


class ControlServer:
    """The guardian's end: listens, and says where in the control file.

    Parameters
    ----------
    run_path : Path
        The run's file; the control file goes beside it. Its lock must be held: what lies there is a dead guardian's.
    job_id : str
        Of the job that is guarded.
    """

    def __init__(self, run_path: Path, job_id: str) -> None:
        key = secrets.token_bytes(32)
        self._folder = tempfile.TemporaryDirectory(prefix="ionecho-")
        # The socket has a short path of its own: an AF_UNIX address may have no more than some 100 bytes.
        address = rf"\\.\pipe\ionecho-{secrets.token_hex(8)}" if os.name == "nt" else f"{self._folder.name}/control"
        self.listener = Listener(address, family="AF_PIPE" if os.name == "nt" else "AF_UNIX", authkey=key)
        self.path = control_path(run_path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._text = json.dumps({"address": address, "key": key.hex(), "job": job_id})
        self.path.unlink(missing_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(self._text)

    def close(self) -> None:
        """Stop listening and remove the control file, if it is still this server's."""
        with suppress(OSError):
            if self.path.read_text(encoding="utf-8") == self._text:
                self.path.unlink()
        self.listener.close()
        self._folder.cleanup()


class RunLink:
    """A front end's link to a run that is going on.

    Parameters
    ----------
    run_path : Path
        The run's file.
    job_id : str, optional
        Of the job that must be the one that goes on there; any will do if empty.

    Raises
    ------
    ConnectionLost
        If no run goes on there.
    """

    def __init__(self, run_path: Path, job_id: str = "") -> None:
        self.run_path = run_path
        try:
            known = json.loads(control_path(run_path).read_text(encoding="utf-8"))
            if job_id and known["job"] != job_id:
                raise ConnectionLost(f"{run_path}: another run goes on there")
            self._connection: Connection[Any, Any] = Client(known["address"], authkey=bytes.fromhex(known["key"]))
        except (OSError, ValueError, KeyError, EOFError, AuthenticationError) as fault:
            raise ConnectionLost(f"{run_path}: no run goes on there ({fault})") from fault

    def ask(self, request: Request) -> RunStatus:
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
            raise ConnectionLost(f"{self.run_path}: the run's guardian process is gone ({reason})") from error

    def status(self) -> RunStatus:
        """Return how the run stands."""
        return self.ask(Request.STATUS)

    def stop(self) -> None:
        """End the run now: output off, what was measured kept."""
        self.ask(Request.STOP)

    def abort(self) -> None:
        """Switch the output off through the guardian's own session at once, then end the run."""
        self.ask(Request.ABORT)

    def close(self) -> None:
        """Let the link go. The run goes on."""
        self._connection.close()
