"""Who makes sure that the output goes off when a run's process cannot?

The guardian is a small process of its own. It opens a spare session to the instrument, starts the runner, hears from it
several times a second, and passes on what front ends ask. If the runner dies, or is silent while the output may be
on, the guardian switches the output off through its spare session and reads that back. If the guardian itself dies,
the runner stops the run: no run without a guard.

Started by `daq.execution.bench` as ``python -m daq.execution.guardian``, with the job as JSON on its standard input.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daq.execution.control import NOT_STARTED, ControlServer
from daq.execution.messages import Request, status_to_json
from daq.execution.run_request import job_from_json
from daq.execution.runner import run_process
from daq.files.writer import RunFileBytes
from daq.locks import take_instrument, take_run
from daq.state import Outcome, OutputState, Phase, RunState, RunStatus
from drivers import open_potentiostat, takes_one_client
from protocols import IonechoError, OutputStateUnknown

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from daq.execution.run_request import Job
    from daq.locks import Lock
    from drivers import Potentiostat

_TURN_S = 0.05
_RETRY_S = 10.0
_LINGER_S = 5.0
_REQUEST_BYTES = 64


class Guardian:
    """Watches one run.

    Parameters
    ----------
    job : Job
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._path = Path(job.path)
        self._status = RunStatus()
        self._heard = time.monotonic()
        self._stop_why: str | None = None
        self._abort_asked = threading.Event()
        self._over = threading.Event()
        self._clients: list[threading.Thread] = []
        self._spare: Potentiostat | None = None
        self._instrument: Lock | None = None
        self._mine = take_run(self._path, "guardian")
        self._server = ControlServer(self._path, job.job_id)

    def guard(self) -> Outcome:
        """Run the job under guard and return how it ended."""
        threading.Thread(target=self._accept, name="front ends", daemon=True).start()
        try:
            outcome = self._guarded()
        except IonechoError as fault:
            outcome = Outcome.refused(str(fault), type(fault).__name__)
        if self._spare is not None:
            with suppress(IonechoError):
                self._spare.close()
        if self._instrument is not None:
            self._instrument.release()  # before anybody hears of the end: the next run may begin at once
        self._mine.remove()  # and the file may be mended
        self._status = self._status.ended(outcome)
        self._over.set()
        deadline = time.monotonic() + _LINGER_S
        for client in self._clients:
            client.join(max(deadline - time.monotonic(), 0.0))
        self._server.close()
        return outcome

    def _guarded(self) -> Outcome:
        self._instrument = take_instrument(self._job.resource, self._path, "guardian")
        # Nor may there be a runner that is still switching off after the death of its guardian.
        take_instrument(self._job.resource, self._path, "runner").release()
        # On a serial line a second session would take the answers that are for the runner: there it is opened only
        # when it is needed.
        if not takes_one_client(self._job.resource):
            self._spare = open_potentiostat(self._job.resource, self._job.timeout_s)
        context = multiprocessing.get_context("spawn")
        mine, theirs = context.Pipe()
        runner = context.Process(target=run_process, args=(self._job, theirs), name="ionecho runner")
        runner.start()
        theirs.close()
        try:
            outcome = self._watched(mine, runner) or self._took_over(runner)
        except Exception as fault:  # noqa: BLE001 - whatever it is, even a bug of ours: the output must go off
            self._stop_why = f"the guardian failed ({type(fault).__name__}: {fault})"
            outcome = self._took_over(runner)
        runner.join(2.0)
        if runner.is_alive():
            runner.kill()
            runner.join()
        return outcome

    def _watched(self, pipe: Connection[Any, Any], runner: Any) -> Outcome | None:
        """Return how the run ended, or None if the runner died or fell silent."""
        told_to_stop = False
        while True:
            try:
                # One message a turn: a runner that talks all the time must not keep a stop from being passed on.
                if pipe.poll(_TURN_S):
                    status: RunStatus = pipe.recv()
                    self._heard = time.monotonic()
                    if status.outcome is not None:
                        return status.outcome
                    self._take_in(status, pipe)
            except (EOFError, OSError):
                return None
            if self._abort_asked.is_set():
                self._abort(pipe)
                told_to_stop = True
            if self._stop_why is not None and not told_to_stop:
                told_to_stop = True
                with suppress(OSError):
                    pipe.send(("stop", self._stop_why))
            silent_s = time.monotonic() - self._heard
            try:
                if not runner.is_alive() and not pipe.poll(0):
                    return None
            except OSError:
                return None
            if self._status.phase is Phase.RUNNING and silent_s > self._job.stall_s:
                self._stop_why = f"the runner was silent for {silent_s:.1f} s"
                return None

    def _take_in(self, status: RunStatus, pipe: Connection[Any, Any]) -> None:
        self._status = status
        if status.phase is Phase.SWITCHING_OFF:
            pipe.send(("rescue", self._rescued()))

    def _abort(self, pipe: Connection[Any, Any]) -> None:
        """Tell the runner to stop, and switch off by the spare session without waiting for it."""
        self._abort_asked.clear()
        self._stop_why = self._stop_why or "aborted by the operator"
        with suppress(OSError):
            pipe.send(("stop", self._stop_why))
        self._rescued()
        self._heard = time.monotonic()  # its messages waited meanwhile: it was not silent

    def _rescued(self) -> str | None:
        try:
            self._switch_off()
        except OutputStateUnknown as fault:
            return str(fault)
        return None

    def _took_over(self, runner: Any) -> Outcome:
        """Switch the output off in the runner's place, and leave its file as it lies, but for state and event."""
        phase = self._status.phase
        runner.join(0.1)  # its pipe closes a moment before it is dead
        why = self._stop_why or "the runner closed its pipe"
        if not runner.is_alive():
            why = f"the runner died (exit {runner.exitcode}) while {phase}"
        # First the runner, then the output: a runner that wakes up must not switch it on again.
        runner.kill()
        runner.join()
        unsafe = self._rescued()
        if unsafe is None:
            output, state, error = OutputState.OFF, RunState.ABORTED, "InstrumentError"
            reason = f"{why}; the guardian switched the output off and read that back"
        else:
            output, state, error = OutputState.UNKNOWN, RunState.UNKNOWN, "OutputStateUnknown"
            reason = f"{why}; {unsafe}"
        n_samples = self._note(state, reason, output)
        if n_samples:
            reason += f". {n_samples} samples are in {self._path}; `ionecho recover` closes the file"
        return Outcome(state, output, reason, error, n_samples)

    def _note(self, state: RunState, reason: str, output: OutputState) -> int:
        """Write the end into the run file, if there is one yet, and return its number of samples."""
        from daq.files.run import open_run

        try:
            run = open_run(self._path)
            if run.state.is_final:
                return run.n_samples
            file = RunFileBytes(self._path)
            try:
                file.add_event(state, reason, output=output)
                file.set_state(state)
            finally:
                file.close()
        except (IonechoError, OSError):
            return 0
        return run.n_samples

    def _switch_off(self) -> None:
        """Reach the safe state by the spare session, or by fresh ones for some seconds.

        Raises
        ------
        OutputStateUnknown
            If the output could not be read back as off in all that time.
        """
        deadline = time.monotonic() + _RETRY_S
        while True:
            try:
                if self._spare is None:
                    self._spare = open_potentiostat(self._job.resource, self._job.timeout_s)
                self._spare.safe_state()
            except (IonechoError, OSError) as fault:
                with suppress(IonechoError, OSError):
                    if self._spare is not None:
                        self._spare.close()
                self._spare = None
                if time.monotonic() > deadline:
                    raise OutputStateUnknown(
                        f"the output of {self._job.resource} may still be ON: it could not be reached for "
                        f"{_RETRY_S:.0f} s ({fault}). Press the OUTPUT key of the instrument."
                    ) from fault
                time.sleep(0.2)
            else:
                return

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection = self._server.listener.accept()
            except (OSError, EOFError, multiprocessing.AuthenticationError):
                continue
            client = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._clients.append(client)
            client.start()

    def _serve(self, connection: Connection[Any, Any]) -> None:
        """Answer one front end until it is gone or has heard the outcome."""
        with suppress(OSError, EOFError, ValueError), connection:
            while True:
                request = Request(connection.recv_bytes(_REQUEST_BYTES).decode())
                if request is Request.STOP:
                    self._stop_why = self._stop_why or "stopped by the operator"
                elif request is Request.ABORT:
                    self._abort_asked.set()
                status = self._status
                connection.send_bytes(status_to_json(status).encode())
                if status.is_final:
                    return

    def stop(self, why: str) -> None:
        """Let the run stop."""
        self._stop_why = self._stop_why or why


def main() -> int:
    """Guard the job that standard input names."""
    try:
        guardian = Guardian(job_from_json(sys.stdin.readline()))
    except IonechoError as fault:
        sys.stderr.write(f"{fault}\n")
        return NOT_STARTED
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: guardian.stop("the guardian was told to end"))
    outcome = guardian.guard()
    return 0 if outcome.state is RunState.COMPLETE else 1


if __name__ == "__main__":
    sys.exit(main())
