"""Bench: start a run on an instrument, follow it, stop it; for scripts, commands and windows."""

from __future__ import annotations

import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from daq.execution.guardian_process import load_drivers_meanwhile, start_guardian
from daq.execution.run_in_progress import RunInProgress
from daq.execution.run_request import NO_CAMPAIGN, CampaignPlace, RunRequest, request_to_json
from daq.files.run import Run, open_run
from daq.files.run_path import new_run_path
from drivers import resolved
from protocols import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from protocols import Protocol


class Bench:
    """An instrument at an address, and a folder for its runs.

    Parameters
    ----------
    resource : str
        VISA resource, e.g. ``TCPIP::192.168.0.10::5025::SOCKET``, or a name in the address book.
    folder : path, default "runs"
        Where run files go.
    limits : Limits, optional
        The rig's own limits; the stricter of these and the protocol's win.
    transcript : path, optional
        File in which every byte between runner and instrument is recorded.
    """

    def __init__(
        self,
        resource: str,
        folder: str | Path = "runs",
        limits: Limits | None = None,
        transcript: str | Path | None = None,
    ) -> None:
        self.resource = resolved(resource)
        self.folder = Path(folder)
        self.limits = limits or Limits()
        self.transcript = "" if transcript is None else str(Path(transcript).resolve())

    def start(
        self, protocol: Protocol, path: str | Path | None = None, *, place: CampaignPlace = NO_CAMPAIGN
    ) -> RunInProgress:
        """Start a run under a guardian of its own and return at once.

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
        """
        run_path = new_run_path(path, self.folder, protocol.name)
        request = RunRequest(
            self.resource, protocol.to_toml(), self.limits, str(run_path), transcript=self.transcript, place=place
        )
        stderr_file = tempfile.TemporaryFile()  # noqa: SIM115 - outlives this call; RunInProgress closes it
        # Files, not pipes, for request and errors: the guardian must not depend on this process's ends of pipes.
        with tempfile.TemporaryFile() as request_file:
            request_file.write((request_to_json(request) + "\n").encode())
            request_file.seek(0)
            guardian = start_guardian(request_file, stderr_file)
        load_drivers_meanwhile(self.resource)
        return RunInProgress(run_path, guardian, stderr_file, request.run_id)

    def run(
        self,
        protocol: Protocol,
        path: str | Path | None = None,
        progress: Callable[[Run], None] | None = None,
        *,
        watched: Callable[[Path], AbstractContextManager[object]] | None = None,
        place: CampaignPlace = NO_CAMPAIGN,
    ) -> Run:
        """Run a protocol to its end and return the run.

        Parameters
        ----------
        protocol : Protocol
        path : path, optional
        progress : callable, optional
            Called some times a second with the growing run.
        watched : callable, optional
            Takes the path of the run file and returns a context that is held while the run lasts; `KnownTo.watch` is
            one, which stops it.
        place : CampaignPlace, optional
            See `start`.

        Raises
        ------
        ProtocolError, LimitError, InstrumentError, RunFileError, OutputStateUnknown
            What the run ended with. What was measured before is in the run file.
        """
        run = self.start(protocol, path, place=place)
        try:
            with nullcontext() if watched is None else watched(run.path):
                outcome = run.wait(progress)
        except BaseException:
            run.stop_and_wait()
            raise
        outcome.raise_if_failed()
        return open_run(run.path)
