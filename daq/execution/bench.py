"""Bench: start a run on an instrument, follow it, stop it; for scripts, commands and windows."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from daq.execution.control import NOT_STARTED, RunLink
from daq.execution.messages import ControlRequest
from daq.execution.run_request import RunRequest, request_to_json
from daq.files.run import Run, open_run
from daq.files.run_path import check_new_run, file_name_for
from daq.locks import CONTROL_SUFFIX, is_in_progress, is_locked
from daq.state import Outcome, RunStatus
from drivers import resolved
from protocols import ConnectionLost, Limits, OutputStateUnknown, RunFileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from protocols import Protocol

# Interval (s) between two polls of a run: 20 a second, as often as the runner reports.
_POLL_S = 0.05
# How long (s) a guardian may take before it listens, and a runner that outlived its guardian before it has closed the
# run file. Both take about a second; the rest is for a loaded machine and a slow disk. Doubled: a person is told 30 s
# later to press the key.
_PATIENCE_S = 30.0
# How long (s) a guardian that has told the outcome may take to end: twice the 5 s that it keeps the control channel.
_GUARDIAN_END_S = 10.0
# What `start_new_session` does elsewhere; both are known on Windows only.
_OWN_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)


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

    def start(self, protocol: Protocol, path: str | Path | None = None) -> RunInProgress:
        """Start a run under a guardian of its own and return at once.

        The run does not depend on this process: it continues if this process ends.

        Parameters
        ----------
        protocol : Protocol
        path : path, optional
            Run file to be made; by default named after the time and the protocol.

        Raises
        ------
        RunFileError
            If the path is taken.
        """
        target = Path(path) if path is not None else self.folder / file_name_for(protocol.name)
        check_new_run(target)
        if is_in_progress(target.resolve()):
            raise RunFileError(f"{target}: a run is in progress there: choose another name. Nothing was sent.")
        run_path = target.resolve()
        request = RunRequest(self.resource, protocol.to_toml(), self.limits, str(run_path), transcript=self.transcript)
        stderr_file = tempfile.TemporaryFile()  # noqa: SIM115 - outlives this call; RunInProgress closes it
        # Files, not pipes, for request and errors: the guardian must not depend on this process's ends of pipes.
        with tempfile.TemporaryFile() as request_file:
            request_file.write((request_to_json(request) + "\n").encode())
            request_file.seek(0)
            guardian = subprocess.Popen(
                [sys.executable, "-P", "-m", "daq.execution.guardian"],
                stdin=request_file,
                stdout=subprocess.DEVNULL,
                stderr=stderr_file,
                # Ctrl-C in the terminal is for the front end, which then asks for a safe stop.
                start_new_session=True,
                creationflags=_OWN_GROUP,
            )
        return RunInProgress(run_path, guardian, stderr_file, request.run_id)

    def run(
        self, protocol: Protocol, path: str | Path | None = None, progress: Callable[[Run], None] | None = None
    ) -> Run:
        """Run a protocol to its end and return the run.

        Parameters
        ----------
        protocol : Protocol
        path : path, optional
        progress : callable, optional
            Called some times a second with the growing run.

        Raises
        ------
        ProtocolError, LimitError, InstrumentError, RunFileError, OutputStateUnknown
            What the run ended with. What was measured before is in the run file.
        """
        run = self.start(protocol, path)
        try:
            outcome = run.wait(progress)
        except BaseException:
            run.stop_and_wait()
            raise
        outcome.raise_if_failed()
        return open_run(run.path)


class RunInProgress:
    """A run in processes of its own.

    Parameters
    ----------
    path : Path
        Its run file.
    guardian : Popen, optional
        The guardian, if this process started it; None to attach to a run that somebody else started.
    stderr_file : binary file, optional
        Standard error of that guardian: what no error of ours could say.
    run_id : str, optional
        The run that was asked of that guardian.
    patience_s : float
        How long to wait for a guardian that does not listen yet, or for the last word of a run without a guardian.
    """

    def __init__(
        self,
        path: Path,
        guardian: subprocess.Popen[bytes] | None = None,
        stderr_file: IO[bytes] | None = None,
        run_id: str = "",
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self.path = path
        self._run_id = run_id
        self._guardian = guardian
        self._stderr_file = stderr_file
        self._patience_s = patience_s
        self._link: RunLink | None = None
        self._status = RunStatus()

    @property
    def guardian_pid(self) -> int | None:
        """Process number of the guardian, if this process started it."""
        return None if self._guardian is None else self._guardian.pid

    def poll(self) -> RunStatus:
        """Return how the run stands; without a guardian, how it ended according to its file."""
        if self._status.is_final:
            return self._status
        try:
            if self._link is None:
                self._link = RunLink(self.path, self._run_id)
            self._status = self._link.status()
        except ConnectionLost:
            self._link = None
            if not self._guardian_may_answer():
                self._status = self._status.ended(self._outcome_on_disk())
        return self._status

    def _guardian_may_answer(self) -> bool:
        """Return whether a guardian that does not listen may do so later."""
        if self._guardian is not None:
            return self._guardian.poll() is None
        return is_in_progress(self.path)

    def _outcome_on_disk(self) -> Outcome:
        """Return what the runner wrote after its guardian died: it stops the run by itself."""
        if self._guardian is not None and self._guardian.returncode == NOT_STARTED:
            return Outcome.refused(self._last_line_of_stderr(), RunFileError.__name__)
        deadline = time.monotonic() + self._patience_s
        while self.path.exists() and time.monotonic() < deadline:
            outcome = open_run(self.path).recorded_outcome()
            # A runner that outlived its guardian still has to trim the file. After a take-over nobody does: it lies
            # there as it was, and the guardian's event is the last word.
            if outcome is not None and not is_locked(self.path, "runner"):
                return outcome
            time.sleep(_POLL_S)
        if not self.path.exists():
            reason = f"the run did not start, and nothing was sent: {self._last_line_of_stderr()}"
            return Outcome.refused(reason, "InstrumentError")
        return Outcome.unknown(
            f"both processes of this run (runner and guardian) have ended ({self._last_line_of_stderr()}), so its "
            "output may still be ON. Press the OUTPUT key of the instrument."
        )

    def _last_line_of_stderr(self) -> str:
        if self._stderr_file is None:
            return "another program started it"
        self._stderr_file.seek(0)
        lines = self._stderr_file.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "without an error message"

    def wait(self, progress: Callable[[Run], None] | None = None) -> Outcome:
        """Wait for the end of the run and return its outcome.

        Parameters
        ----------
        progress : callable, optional
            Called some times a second with the growing run.
        """
        run: Run | None = None
        while (outcome := self.poll().outcome) is None:
            if progress is not None:
                run = run or self._open()
                if run is not None:
                    run.refresh()
                    progress(run)
            time.sleep(_POLL_S)
        self.close()
        return self._status.outcome or outcome

    def _open(self) -> Run | None:
        return open_run(self.path) if self.path.exists() else None

    def stop(self) -> None:
        """End the run now: output off, what was measured kept. Does nothing after the end.

        Raises
        ------
        OutputStateUnknown
            If the guardian cannot be reached.
        """
        self._ask(ControlRequest.STOP)

    def stop_and_wait(self) -> Outcome:
        """End the run now and return its outcome. A second Ctrl-C does not interrupt this.

        Raises
        ------
        OutputStateUnknown
            If the guardian cannot be reached.
        """
        in_main_thread = threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGINT, signal.SIG_IGN) if in_main_thread else None
        try:
            self.stop()
            return self.wait()
        finally:
            if in_main_thread:
                signal.signal(signal.SIGINT, before)

    def abort(self) -> None:
        """Switch the output off at once through the guardian's own session, and end the run.

        Raises
        ------
        OutputStateUnknown
            If the guardian cannot be reached.
        """
        self._ask(ControlRequest.ABORT)

    def _ask(self, request: ControlRequest) -> None:
        deadline = time.monotonic() + self._patience_s
        while not self.poll().is_final:
            if self._link is not None:
                try:
                    self._link.ask(request)
                except ConnectionLost:
                    self._link = None
                return
            if time.monotonic() > deadline:
                raise OutputStateUnknown(
                    f"{self.path}: the guardian process of this run did not answer for {self._patience_s:.0f} s, so "
                    "the output may still be ON. Press the OUTPUT key of the instrument."
                )
            time.sleep(_POLL_S)

    def close(self) -> None:
        """Close the link. A run in progress continues."""
        if self._link is not None:
            self._link.close()
            self._link = None
        outcome = self._status.outcome
        if self._guardian is not None and outcome is not None:
            if self._stderr_file is not None:
                self._stderr_file.close()
            try:
                self._guardian.wait(_GUARDIAN_END_S)
            except subprocess.TimeoutExpired:
                # How the run ended is known: that must not be hidden.
                note = f"process {self._guardian.pid}, the run's guardian, does not end: it may hold the instrument"
                self._status = self._status.ended(replace(outcome, warnings=(*outcome.warnings, note)))


def attach(path: str | Path) -> RunInProgress:
    """Return the run in progress at a path, whoever started it.

    Raises
    ------
    ConnectionLost
        If none is in progress there.
    """
    run_path = Path(path).resolve()
    if not is_in_progress(run_path):
        raise ConnectionLost(f"{run_path}: no run is in progress there")
    return RunInProgress(run_path)


def runs_in_progress(folder: str | Path) -> list[Path]:
    """Return the files of the runs in progress in a folder."""
    control_files = sorted(Path(folder).glob(f"*{CONTROL_SUFFIX}"))
    runs = [control.with_name(control.name.removesuffix(CONTROL_SUFFIX)) for control in control_files]
    return [run for run in runs if is_in_progress(run)]
