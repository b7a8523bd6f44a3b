"""How does a script, a command or a window start a run and follow it?"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from daq.execution.control import NOT_STARTED, RunLink
from daq.execution.messages import Request
from daq.execution.run_request import Job, job_to_json
from daq.files.run import Run, open_run
from daq.locks import is_alive, lives
from daq.state import Outcome, OutputState, RunStatus
from drivers import resolved
from protocols import ConnectionLost, Limits, OutputStateUnknown, RunFileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from protocols import Protocol

_POLL_S = 0.05
_START_S = 30.0
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

        The run does not depend on this process: it goes on if this process ends.

        Parameters
        ----------
        protocol : Protocol
        path : path, optional
            Run file to be made; by default named after the time and the protocol.
        """
        where = Path(path) if path is not None else self.folder / _file_name(protocol.name)
        if where.exists() or is_alive(where.resolve()):
            raise RunFileError(
                f"{where} exists already, or a run goes on there: choose another name. Nothing was sent."
            )
        job = Job(self.resource, protocol.to_toml(), self.limits, str(where.resolve()), transcript=self.transcript)
        words = tempfile.TemporaryFile()  # noqa: SIM115 - outlives this call; RunInProgress closes it
        # Files, not pipes, for the job and for errors: the guardian must not depend on this process's ends of pipes.
        with tempfile.TemporaryFile() as order:
            order.write((job_to_json(job) + "\n").encode())
            order.seek(0)
            guardian = subprocess.Popen(
                [sys.executable, "-P", "-m", "daq.execution.guardian"],
                stdin=order,
                stdout=subprocess.DEVNULL,
                stderr=words,
                # Ctrl-C in the terminal is for the front end, which then asks for a safe stop.
                start_new_session=True,
                creationflags=_OWN_GROUP,
            )
        return RunInProgress(Path(job.path), guardian, words, job.job_id)

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
        going = self.start(protocol, path)
        try:
            outcome = going.wait(progress)
        except BaseException:
            going.stop_and_wait()
            raise
        outcome.raise_if_failed()
        return open_run(going.path)


class RunInProgress:
    """A run that goes on in processes of its own.

    Parameters
    ----------
    path : Path
        Its run file.
    guardian : Popen, optional
        The guardian, if this process started it; None to attach to a run that somebody else started.
    words : binary file, optional
        Where that guardian writes what no error of ours could say.
    job_id : str, optional
        The job that was given to that guardian.
    """

    def __init__(
        self,
        path: Path,
        guardian: subprocess.Popen[bytes] | None = None,
        words: IO[bytes] | None = None,
        job_id: str = "",
    ) -> None:
        self.path = path
        self._job_id = job_id
        self._guardian = guardian
        self._words = words
        self._link: RunLink | None = None
        self._status = RunStatus()

    @property
    def guardian_pid(self) -> int | None:
        """Process of the guardian, if this process started it."""
        return None if self._guardian is None else self._guardian.pid

    def poll(self) -> RunStatus:
        """Return how the run stands.

        Raises
        ------
        OutputStateUnknown
            If the guardian is gone without a word.
        """
        if self._status.is_final:
            return self._status
        try:
            if self._link is None:
                self._link = RunLink(self.path, self._job_id)
            self._status = self._link.status()
        except ConnectionLost:
            self._link = None
            self._without_guardian()
        return self._status

    def _without_guardian(self) -> None:
        if self._guardian is not None and self._guardian.poll() is None:
            return  # not listening yet
        if self._guardian is None and is_alive(self.path):
            return
        self._status = self._status.ended(self._outcome_on_disk())

    def _outcome_on_disk(self) -> Outcome:
        """Return what the runner wrote after its guardian died: it stops the run by itself."""
        if self._guardian is not None and self._guardian.returncode == NOT_STARTED:
            return Outcome.refused(self._last_words(), "RunFileError")
        deadline = time.monotonic() + _START_S
        while self.path.exists() and time.monotonic() < deadline:
            run = open_run(self.path)
            ends = [event for event in run.events if event["kind"] in {"complete", "stopped", "aborted", "unknown"}]
            # A runner that outlived its guardian still has to trim the file. After a take-over nobody does: it lies
            # there as it was, and the guardian's event is the last word.
            if ends and "output" in ends[-1] and not lives(self.path, "runner"):
                output = OutputState(ends[-1]["output"])
                error = "OutputStateUnknown" if output is OutputState.UNKNOWN else ""
                warnings = tuple(ends[-1].get("warnings", ()))
                return Outcome(run.state, output, ends[-1]["message"], error, run.n_samples, warnings)
            time.sleep(_POLL_S)
        last = self._last_words()
        if not self.path.exists():
            return Outcome.refused(f"the guardian did not start: {last}", "InstrumentError")
        reason = f"guardian and runner are gone ({last}). Press the OUTPUT key of the instrument."
        return Outcome.unknown(reason)

    def _last_words(self) -> str:
        if self._words is None:
            return "somebody else started it"
        self._words.seek(0)
        return (self._words.read().decode(errors="replace").strip().splitlines() or ["it said nothing"])[-1]

    def wait(self, progress: Callable[[Run], None] | None = None) -> Outcome:
        """Wait for the end and say how it was.

        Parameters
        ----------
        progress : callable, optional
            Called some times a second with the growing run.
        """
        run: Run | None = None
        while (outcome := self.poll().outcome) is None:
            if progress is not None:
                run = run or self._opened()
                if run is not None:
                    run.refresh()
                    progress(run)
            time.sleep(_POLL_S)
        self.close()
        return self._status.outcome or outcome

    def _opened(self) -> Run | None:
        return open_run(self.path) if self.path.exists() else None

    def stop(self) -> None:
        """Let the run end now: output off, what was measured kept. Does nothing after the end."""
        self._request(Request.STOP)

    def stop_and_wait(self) -> Outcome:
        """Let the run end now and say how it ended. A second Ctrl-C does not get in between.

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
        """Switch the output off at once through the guardian's own session, and end the run."""
        self._request(Request.ABORT)

    def _request(self, request: Request) -> None:
        deadline = time.monotonic() + _START_S
        while not self.poll().is_final:
            if self._link is not None:
                try:
                    self._link.ask(request)
                except ConnectionLost:
                    self._link = None
                return
            if time.monotonic() > deadline:
                raise OutputStateUnknown(
                    f"{self.path}: the guardian does not answer. Press the OUTPUT key of the instrument."
                )
            time.sleep(_POLL_S)

    def close(self) -> None:
        """Let the link go. A run that goes on goes on."""
        if self._link is not None:
            self._link.close()
            self._link = None
        outcome = self._status.outcome
        if self._guardian is not None and outcome is not None:
            if self._words is not None:
                self._words.close()
            try:
                self._guardian.wait(10.0)
            except subprocess.TimeoutExpired:
                # How the run ended is known: that must not be hidden.
                note = f"process {self._guardian.pid}, the run's guardian, does not end: it may hold the instrument"
                self._status = self._status.ended(replace(outcome, warnings=(*outcome.warnings, note)))


def attach(path: str | Path) -> RunInProgress:
    """Return the run that goes on in a file, started by whomever.

    Raises
    ------
    ConnectionLost
        If none goes on there.
    """
    where = Path(path).resolve()
    if not is_alive(where):
        raise ConnectionLost(f"{where}: no run goes on there")
    return RunInProgress(where)


def runs_in_progress(folder: str | Path) -> list[Path]:
    """Return the files of the runs that go on in a folder."""
    ending = ".control.json"
    found = sorted(Path(folder).glob(f"*{ending}"))
    runs = [control.with_name(control.name.removesuffix(ending)) for control in found]
    return [run for run in runs if is_alive(run)]


def _file_name(title: str) -> str:
    now = datetime.now().astimezone()
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "run"
    return f"{now:%Y%m%d-%H%M%S}-{now.microsecond // 1000:03d}-{words}.nxs"
