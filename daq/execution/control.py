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
from multiprocessing import AuthenticationError
from typing import TYPE_CHECKING

from daq.execution.control_file import ControlFile, PublishedControlFile, read_control_file
from daq.execution.local_channel import ANSWER_S, LocalLink, LocalServer
from daq.execution.messages import ControlRequest, status_from_json, status_to_json, supervision_age_from_json
from daq.execution.processes import ProcessId
from protocols import ConnectionLost, RunFileError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from daq.execution.run_request import RunRequest
    from daq.state import RunStatus

# Exit status of a guardian that could not lock its run: another guardian supervises it. Any number that Python itself
# does not use (0, 1, 2) would do.
NOT_STARTED = 3
# Exit status of a guardian at the end of whose session the output could not be read back as off, though each of its
# runs had ended; that of `ionecho recover` for the same.
OUTPUT_UNKNOWN = 4


class GuardianSilent(ConnectionLost):
    """A guardian that is there and does not answer in time."""


class ControlServer:
    """The guardian's end: listens, and publishes its address in the control file.

    Parameters
    ----------
    run_path : Path
        The run's file; the control file goes beside it. Its lock must be held: a control file that lies there already
        is a dead guardian's.
    request : RunRequest
        Of the run that is guarded.

    Raises
    ------
    RunFileError
        If the folder takes no control file.
    """

    def __init__(self, run_path: Path, request: RunRequest) -> None:
        self._server = LocalServer()
        guardian = ProcessId.of(os.getpid())
        server = self._server
        content = ControlFile(server.address, server.key, request.run_id, request.resource, request.timeout_s, guardian)
        try:
            self.file = PublishedControlFile(run_path, content)
        except RunFileError:
            server.close()
            raise

    def serve(self, answer: Callable[[ControlRequest], RunStatus], age_s: Callable[[], float] = lambda: 0.0) -> None:
        """Answer front ends from now on, in threads.

        Parameters
        ----------
        answer : callable
            Takes a request and returns how the run stands. Called from several threads.
        age_s : callable, optional
            Returns the time since the last turn of the supervising loop.
        """

        def answer_text(request: str) -> tuple[str, bool]:
            status = answer(ControlRequest(request))
            return status_to_json(status, age_s()), status.is_final

        self._server.serve(answer_text)

    def finish(self, linger_s: float) -> None:
        """Close once every front end has heard the outcome, or after some seconds.

        A run that is refused at once ends before the front end that asked for it has had the time to connect.
        """
        self._server.linger(linger_s)
        self.close()

    def close(self) -> None:
        """Stop listening and remove the control file, if it is still this server's."""
        self.file.remove()
        self._server.close()


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
            self._link = LocalLink(known.address, known.key, limit_s, known.guardian.is_frozen)
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
            text = self._link.ask(request)
            self.supervision_age_s = supervision_age_from_json(text)
            return status_from_json(text)
        except (TimeoutError, BlockingIOError) as error:
            raise self._silent(self._link.limit_s) from error
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
        self._link.close()
