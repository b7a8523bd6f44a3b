"""Run in progress, as a front end sees it: how it stands, how it is stopped, how it ended.

All questions and requests go through `RunInProgress.poll`, and none waits for a process that may be frozen: a guardian
that is dead, does not answer for 3 s, or whose supervising loop does not turn for 3 s, is replaced
(`daq.execution.replacement`), by whichever front end notices. So a stop, an abort or a wait ends within some 10 s, or
tells that the output may still be on.

::

    starting ──► answering ──► ended           the guardian's own answer
        │            │            ▲
        │            ▼            │
        └──────► replacing ───────┘            guardian dead, silent or hung; `poll` says "switching off" meanwhile
"""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import IO, TYPE_CHECKING

from daq.execution.control import NOT_STARTED, GuardianSilent, RunLink
from daq.execution.control_file import ControlFile, read_control_file
from daq.execution.local_channel import ANSWER_S
from daq.execution.messages import ControlRequest, end_from_line
from daq.execution.processes import ProcessId, signal_of
from daq.execution.recorded_end import recorded_end
from daq.execution.replacement import replace_processes
from daq.execution.worker import Job, Worker
from daq.files.run import Run, open_run
from daq.locks import is_in_progress, is_locked
from daq.state import Outcome, OutputState, Phase, RunStatus
from protocols import ConnectionLost, OutputStateUnknown, RunFileError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Interval (s) between two polls of a run: 20 a second, as often as the runner reports.
_POLL_S = 0.05
# How long (s) a guardian may take to start while it does not even use the processor: it takes about a second of it.
# Doubled: one that is frozen at its start is noticed 10 s later.
_START_S = 10.0
# How long (s) a guardian that listens may be out of reach: as long as one that does not answer.
_REACH_S = ANSWER_S
# Age (s) of the supervising loop, which turns 20 times a second, at which it counts as hung; and how much later (s) it
# is asked again: after a computer has slept, its processes wake one after the other.
_HUNG_S, _ASK_AGAIN_S = 3.0, 0.5
# How long (s) a request to end the run may find nobody to take it: starting, and then replacing.
_REQUEST_S = 30.0
# How long (s) a guardian that has told the outcome may take to end: twice the 5 s that it keeps the control channel.
_GUARDIAN_END_S = 10.0
# Processor time (s) of a guardian between two polls that shows that it is starting.
_STARTING_CPU_S = 0.01


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
    is_of_session : bool, default False
        Whether that guardian serves other runs after this one: then neither it nor its standard error is closed here.
    """

    def __init__(
        self,
        path: Path,
        guardian: subprocess.Popen[bytes] | None = None,
        stderr_file: IO[bytes] | None = None,
        run_id: str = "",
        *,
        is_of_session: bool = False,
    ) -> None:
        self.path = path
        self._run_id = run_id
        self._is_of_session = is_of_session
        self._guardian = guardian
        self._stderr_file = stderr_file
        self._link: RunLink | None = None
        self._status = RunStatus()
        self._control: ControlFile | None = None
        self._replacement: Job[Outcome] | None = None
        self._reached_s = time.monotonic()
        self._cpu_s = 0.0

    @property
    def guardian_pid(self) -> int | None:
        """Process number of the guardian, if this process started it."""
        return None if self._guardian is None else self._guardian.pid

    @property
    def is_being_replaced(self) -> bool:
        """Whether the guardian is gone or silent, and this process ends the run in its place."""
        return self._replacement is not None and not self._status.is_final

    def poll(self) -> RunStatus:
        """Return how the run stands; if its guardian is gone or silent, see to it that the run ends."""
        return self._poll(ControlRequest.STATUS)

    def await_end(self) -> RunStatus:
        """Return how the run stands, as soon as it has ended, after a fifth of a second at the latest.

        For whoever does something else now and then while a run is in progress.
        """
        status = self._poll(ControlRequest.END)
        if not status.is_final and self._link is None:
            time.sleep(_POLL_S)
        return status

    def _poll(self, request: ControlRequest) -> RunStatus:
        if self._status.is_final:
            return self._status
        if self._replacement is not None:
            if self._replacement.is_done:
                self._status = self._status.ended(self._result_of_replacement(self._replacement))
            return self._status
        try:
            self._ask_once(request)
        except GuardianSilent as error:
            self._replace(str(error))
        except ConnectionLost as error:
            self._look_for_guardian(str(error))
        return self._status

    def _ask_once(self, request: ControlRequest) -> None:
        """Send a request to the guardian and take in its answer.

        Raises
        ------
        GuardianSilent
            If it does not answer, or its supervising loop hangs.
        ConnectionLost
            If there is none to be reached.
        """
        try:
            if self._link is None:
                self._control = read_control_file(self.path, self._run_id)
                self._link = RunLink(self.path, self._run_id)
            self._status = self._link.ask(request)
            if self._is_hung(self._link):
                self._require_turning(self._link)
        except BaseException:  # a Ctrl-C too: the answer that it interrupted must not be taken for the next one
            if self._link is not None:
                self._link.close()
            self._link = None
            raise
        self._reached_s = time.monotonic()

    def _require_turning(self, link: RunLink) -> None:
        """Ask a guardian again whose supervising loop seems to hang.

        Raises
        ------
        GuardianSilent
            If it has not turned meanwhile either.
        """
        time.sleep(_ASK_AGAIN_S)
        self._status = link.status()
        if self._is_hung(link):
            raise GuardianSilent(
                f"{self.path}: the guardian process of this run has not watched it for {link.supervision_age_s:.0f} s"
            )

    def _is_hung(self, link: RunLink) -> bool:
        return not self._status.is_final and link.supervision_age_s > _HUNG_S

    def _look_for_guardian(self, why: str) -> None:
        """See whether a guardian that cannot be reached may be later; if not, end the run in its place."""
        if not self._guardian_lives():
            self._end_without_guardian()
        elif self._control is not None:
            if time.monotonic() - self._reached_s > _REACH_S:
                self._replace(why)
        elif self._guardian is not None:
            self._await_start(self._guardian)
        elif time.monotonic() - self._reached_s > _START_S:
            self._status = self._status.ended(
                Outcome.unknown(f"{why}; a guardian has its lock, and does not say where it listens")
            )

    def _guardian_lives(self) -> bool:
        if self._guardian is not None:
            return self._guardian.poll() is None
        return is_in_progress(self.path)

    def _await_start(self, guardian: subprocess.Popen[bytes]) -> None:
        """Give a guardian that does not listen yet some time, as long as it does something."""
        cpu_s = ProcessId.of(guardian.pid).cpu_s()
        if cpu_s - self._cpu_s >= _STARTING_CPU_S:
            self._reached_s, self._cpu_s = time.monotonic(), cpu_s
        if time.monotonic() - self._reached_s > _START_S:
            guardian.kill()
            reason = f"the guardian process did not start within {_START_S:.0f} s and was ended. Nothing was sent."
            self._status = self._status.ended(Outcome.refused(reason, "InstrumentError"))

    # -- a guardian that is gone --------------------------------------------------------------------------------------

    def _end_without_guardian(self) -> None:
        """Take in how a run without guardian has ended; if that is not told anywhere, see to it."""
        if self._guardian is not None and self._guardian.returncode == NOT_STARTED:
            self._status = self._status.ended(Outcome.refused(self._last_line_of_stderr(), RunFileError.__name__))
            return
        runner_lives = is_locked(self.path, "runner")
        outcome = recorded_end(self.path, self._run_id) or self._printed_end()
        if outcome is not None and outcome.output.is_off and not runner_lives:
            self._status = self._status.ended(outcome)
        elif not self.path.exists() and not runner_lives and self._status.phase in {Phase.CONNECTING, Phase.PLANNING}:
            reason = f"the run did not start, and nothing was sent: {self._last_line_of_stderr() or self._fate()}"
            self._status = self._status.ended(outcome or Outcome.refused(reason, "InstrumentError"))
        else:
            self._replace(self._fate())

    def _replace(self, why: str) -> None:
        """Have the run ended by this process, in a thread that no Ctrl-C interrupts."""
        with suppress(ConnectionLost):  # it may name the runner by now
            self._control = read_control_file(self.path, self._run_id)
        control = self._control
        if control is None:
            self._status = self._status.ended(
                Outcome.unknown(
                    f"{why}; both processes of this run (runner and guardian) have ended, so its output may still be "
                    f"ON. Press the OUTPUT key of the instrument, then `ionecho recover {self.path}`."
                )
            )
            return
        status = self._status
        self._status = replace(status, phase=Phase.SWITCHING_OFF, output=OutputState.UNKNOWN)
        self._replacement = Worker("replacing the guardian").submit(
            lambda: replace_processes(self.path, control, status, why)
        )

    def _result_of_replacement(self, replacement: Job[Outcome]) -> Outcome:
        try:
            return replacement.result()
        except Exception as error:  # noqa: BLE001 - even a bug of ours must not leave anybody waiting
            return Outcome.unknown(
                f"{self.path}: the run could not be ended ({type(error).__name__}: {error}), so its output may still "
                "be ON. Press the OUTPUT key of the instrument."
            )

    def _fate(self) -> str:
        """Return what has become of a guardian that is gone."""
        killed = signal_of(None if self._guardian is None else self._guardian.returncode).strip(" ()")
        how = killed or self._last_line_of_stderr()
        return "the guardian process of this run has ended" + (f" ({how})" if how else "")

    def _printed_end(self) -> Outcome | None:
        """Return how the run has ended, as the guardian printed it; None if it did not."""
        ends = (end_from_line(line, self._run_id) for line in self._lines_of_stderr())
        return next((end for end in ends if end is not None), None)

    def _last_line_of_stderr(self) -> str:
        """Return what the guardian printed last; empty if it did not, or another program has its output."""
        return (self._lines_of_stderr() or [""])[-1]

    def _lines_of_stderr(self) -> list[str]:
        if self._stderr_file is None:
            return []
        self._stderr_file.seek(0)
        return self._stderr_file.read().decode(errors="replace").strip().splitlines()

    # -- waiting and stopping -----------------------------------------------------------------------------------------

    def wait(self, progress: Callable[[Run], None] | None = None) -> Outcome:
        """Wait for the end of the run and return its outcome.

        Parameters
        ----------
        progress : callable, optional
            Called some times a second with the growing run.
        """
        run: Run | None = None
        while (outcome := (self.await_end() if progress is None else self.poll()).outcome) is None:
            if progress is not None:
                run = run or self._open()
                if run is not None:
                    run.refresh()
                    progress(run)
                time.sleep(_POLL_S)
        self.close()
        return self._status.outcome or outcome

    def _open(self) -> Run | None:
        """Return the run at the path; None if there is none yet, or another file took its place."""
        try:
            return open_run(self.path) if self.path.exists() else None
        except RunFileError:
            return None

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
        deadline = time.monotonic() + _REQUEST_S
        while not self.poll().is_final and self._replacement is None:
            if self._link is not None:
                try:
                    self._ask_once(request)
                except GuardianSilent as error:
                    self._replace(str(error))
                except ConnectionLost:
                    continue  # the next poll finds out what has become of the guardian
                return
            if time.monotonic() > deadline:
                raise OutputStateUnknown(
                    f"{self.path}: the guardian process of this run could not be reached for {_REQUEST_S:.0f} s, so "
                    "the output may still be ON. Press the OUTPUT key of the instrument."
                )
            time.sleep(_POLL_S)

    def close(self) -> None:
        """Close the link. A run in progress continues."""
        if self._link is not None:
            self._link.close()
            self._link = None
        outcome = self._status.outcome
        if self._guardian is not None and outcome is not None and not self._is_of_session:
            if self._stderr_file is not None:
                self._stderr_file.close()
            try:
                self._guardian.wait(_GUARDIAN_END_S)
            except subprocess.TimeoutExpired:
                # How the run ended is known: that must not be hidden.
                note = f"process {self._guardian.pid}, the run's guardian, does not end: it may hold the instrument"
                self._status = self._status.ended(replace(outcome, warnings=(*outcome.warnings, note)))
