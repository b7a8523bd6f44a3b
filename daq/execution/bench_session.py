"""Bench session: one guardian and one runner that stay warm, for many runs over one session to the instrument.

A single run (`daq.execution.bench`) pays for two processes that load Python and its libraries, and for opening two
links. Here that is paid once::

    with BenchSession(resource, limits) as session:
        for number, protocol in enumerate(protocols):
            outcome = session.run(protocol, folder / f"{number:04d}.nxs")

Each run is guarded as a single one is, by the same processes over the same pipe: its own lock, control file, marker,
permission to start, deadlines and read-back; windows and commands attach to it by its run file. What differs is the
time between the runs: the output was read back as off, both processes wait, and the instrument stays locked.

===================================  ===================================================================================
what happens                         what becomes of the session
===================================  ===================================================================================
a run fails, or is stopped           the next run goes ahead; over a fresh session to the instrument if it had a part
the runner dies in a run             the guardian takes the run over; the next run gets a fresh runner
the runner dies between runs         the guardian switches off and reads back; the next run gets a fresh runner
the guardian dies                    the runner stops and switches off; the next run gets a fresh guardian
this process dies                    the run in progress continues to its end, then the session ends
===================================  ===================================================================================
"""

from __future__ import annotations

import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from daq.execution.attaching import attach
from daq.execution.control import OUTPUT_UNKNOWN
from daq.execution.guardian_process import load_drivers_meanwhile, start_guardian
from daq.execution.processes import ProcessId
from daq.execution.run_in_progress import RunInProgress
from daq.execution.run_request import NO_CAMPAIGN, CampaignPlace, RunRequest, request_to_json
from daq.execution.worker import Worker
from daq.files.run_path import new_run_path
from drivers import resolved
from protocols import ConnectionLost, InstrumentError, Limits, OutputStateUnknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from daq.files.run import Run
    from daq.state import Outcome
    from protocols import Protocol

# How long (s) a guardian may take to end its session: its runner reads back and closes (5 s), the spare session and the
# front ends of the last run 7 s more. Doubled: a guardian that hangs with its output off is ended 15 s later.
_END_S = 15.0


class _WarmGuardian:
    """A guardian with the end of the pipe over which it is asked."""

    def __init__(self) -> None:
        self.stderr_file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with it
        self.process = start_guardian(subprocess.PIPE, self.stderr_file)
        self._writer = Worker("requests")  # a guardian that is frozen takes nothing: this process must not wait for it

    def ask(self, request: RunRequest) -> None:
        """Send a request. Never waits; whether it was taken shows in its run."""
        data = (request_to_json(request) + "\n").encode()

        def write() -> None:
            if self.process.stdin is not None:
                self.process.stdin.write(data)
                self.process.stdin.flush()

        self._writer.submit(write)

    def is_usable(self) -> bool:
        """Whether it lives and is not frozen."""
        return self.process.poll() is None and not ProcessId.of(self.process.pid).is_frozen()

    def end(self, limit_s: float) -> str:
        """End it, and return why the output may be on; empty if it is off."""
        if self.process.stdin is not None:
            with suppress(OSError):
                self.process.stdin.close()
        try:
            status = self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.process.kill()  # its runner then reads back off by itself, and ends
            status = self.process.wait()
        with self.stderr_file as file:
            file.seek(0)
            lines = file.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if status == OUTPUT_UNKNOWN and lines else ""


class BenchSession:
    """An instrument that is kept for many runs.

    For use by one thread, but for `stop`.

    Parameters
    ----------
    resource : str
        VISA resource, or a name in the address book.
    limits : Limits, optional
        The rig's own limits; the stricter of these and each protocol's win.
    folder : path, default "runs"
        Where run files go that are not named.
    """

    def __init__(self, resource: str, limits: Limits | None = None, folder: str | Path = "runs") -> None:
        self.resource = resolved(resource)
        self.limits = limits or Limits()
        self.folder = Path(folder)
        self._guardian: _WarmGuardian | None = None
        self._run: RunInProgress | None = None

    def start(
        self, protocol: Protocol, path: str | Path | None = None, *, place: CampaignPlace = NO_CAMPAIGN
    ) -> RunInProgress:
        """Start the next run and return at once.

        The run does not depend on this process: it continues if this process ends.

        Parameters
        ----------
        protocol : Protocol
        path : path, optional
            Run file to be made; by default named after the time and the protocol.
        place : CampaignPlace, optional
            Which point of which campaign it is; the run file says so.

        Raises
        ------
        RunFileError
            If the path is taken.
        InstrumentError
            If the last run of this session has not ended.
        """
        if self._run is not None and not self._run.poll().is_final:
            raise InstrumentError(f"{self._run.path}: this run of the session is in progress: wait for its end")
        run_path = new_run_path(path, self.folder, protocol.name)
        request = RunRequest(self.resource, protocol.to_toml(), self.limits, str(run_path), place=place)
        guardian = self._usable_guardian()
        guardian.ask(request)
        self._run = RunInProgress(run_path, guardian.process, guardian.stderr_file, request.run_id, is_of_session=True)
        return self._run

    def run(
        self,
        protocol: Protocol,
        path: str | Path | None = None,
        progress: Callable[[Run], None] | None = None,
        *,
        place: CampaignPlace = NO_CAMPAIGN,
    ) -> Outcome:
        """Run a protocol to its end and return how it ended; `Outcome.raise_if_failed` raises what went wrong.

        Parameters
        ----------
        protocol : Protocol
        path : path, optional
        progress : callable, optional
            Called some times a second with the growing run.
        place : CampaignPlace, optional
            See `start`.

        Raises
        ------
        RunFileError
            If the path is taken.
        """
        run = self.start(protocol, path, place=place)
        try:
            return run.wait(progress)
        except BaseException:
            run.stop_and_wait()
            raise

    def stop(self) -> None:
        """End the run in progress now: output off, what was measured kept. Does nothing between runs.

        May be called from any thread; the session lasts.
        """
        if self._run is not None:
            with suppress(ConnectionLost):  # none is in progress
                attach(self._run.path).stop()

    def _usable_guardian(self) -> _WarmGuardian:
        if self._guardian is not None and not self._guardian.is_usable():
            self._guardian.process.kill()
            self._guardian.end(_END_S)
            self._guardian = None
        if self._guardian is None:
            self._guardian = _WarmGuardian()
            load_drivers_meanwhile(self.resource)
        return self._guardian

    def close(self) -> None:
        """Stop the run in progress, have the output read back as off once more, and give the instrument back.

        May be called more than once.

        Raises
        ------
        OutputStateUnknown
            If the output could not be read back as off.
        """
        run, self._run = self._run, None
        try:
            if run is not None and not run.poll().is_final:
                run.stop_and_wait()
        finally:
            guardian, self._guardian = self._guardian, None
            problem = "" if guardian is None else guardian.end(_END_S)
        if problem:
            raise OutputStateUnknown(problem)

    def __enter__(self) -> BenchSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
