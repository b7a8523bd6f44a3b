"""Supervision of one run: the output goes off even if the run's own process cannot see to it.

The guardian is a small process of its own. It opens a spare session to the instrument, starts the runner, receives its
reports several times a second, and passes on what front ends ask. Its own life::

    connecting ──► supervising ─────── outcome reported ───────► finished
        │               │                                           ▲
        │ refused       │ runner dead, or silent while the output   │
        │               │ may be on, or the guardian itself failed  │
        │               ▼                                           │
        │          taking over: kill the runner, switch off, ───────┤
        │               read back, note the end in the run file     │
        └───────────────────────────────────────────────────────────┘

What it does while supervising depends on the runner's phase (`daq.state.Phase`):

- connecting, planning, arming, closing, finished: the output is off, silence does no harm;
- running: the output may be on; a runner that is silent for `RunRequest.stall_s` is taken over;
- switching off: the runner's session has failed, and it waits while the guardian switches off in its place.

A report of a phase that may not follow the last one is a failure of the runner, which is then taken over.

A stop is passed on to the runner; an abort also switches off through the spare session at once. If the guardian itself
dies, the runner stops the run: no run continues without a guardian.

`daq.execution.bench` starts it as ``python -m daq.execution.guardian``, with the request as JSON on its standard input.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daq.execution.control import NOT_STARTED, ControlServer
from daq.execution.messages import ControlRequest, StopOrder, SwitchOffAnswer
from daq.execution.output_marker import OutputMarker
from daq.execution.recovery import settle_instrument
from daq.execution.run_request import request_from_json
from daq.execution.runner_process import run_process
from daq.execution.switch_off import switch_off
from daq.files.run import open_run
from daq.files.writer import RunFileBytes
from daq.locks import lock_instrument, lock_run
from daq.state import Outcome, OutputState, Phase, RunState, RunStatus
from drivers import load_drivers, name_of_driver, open_potentiostat, takes_one_client
from protocols import InstrumentError, IonechoError, OutputStateUnknown

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from daq.execution.run_request import RunRequest
    from daq.locks import Lock
    from drivers import Potentiostat

# Longest wait (s) for a report before stops, aborts and the runner's life are looked at. It adds to the time from the
# death of a runner to the output off, for which a second is promised.
_TURN_S = 0.05
# How long (s) front ends have to fetch the outcome before the control channel closes; a poll takes 0.05 s. After that
# they read it from the run file.
_LINGER_S = 5.0
# How long (s) a runner that has reported its outcome may take to end by itself before it is killed.
_RUNNER_END_S = 2.0
# How long (s) a dead runner may take to be seen as dead: its pipe closes a moment before.
_DEATH_SEEN_S = 0.1


class Guardian:
    """Supervisor of one run.

    Parameters
    ----------
    request : RunRequest

    Raises
    ------
    RunFileError
        If another guardian has this run.
    """

    def __init__(self, request: RunRequest) -> None:
        self._request = request
        self._path = Path(request.path)
        self._status = RunStatus()
        self._last_report_s = time.monotonic()
        self._stop_reason: str | None = None
        self._abort_requested = threading.Event()
        self._spare: Potentiostat | None = None
        self._driver = ""  # name of the instrument's driver, once it is known
        self._instrument_lock: Lock | None = None
        self._run_lock = lock_run(self._path, "guardian")
        self._server = ControlServer(self._path, request.run_id)

    def guard(self) -> Outcome:
        """Carry the request out under supervision and return how the run ended."""
        self._server.serve(self._answer)
        try:
            outcome = self._guard_runner()
        except IonechoError as error:
            outcome = Outcome.refused(str(error), type(error).__name__)
        if self._spare is not None:
            with suppress(IonechoError):
                self._spare.close()
        if self._instrument_lock is not None:
            self._instrument_lock.release()  # before anybody hears of the end: the next run may begin at once
        self._run_lock.remove()  # and the file may be recovered
        self._status = self._status.ended(outcome)
        self._server.finish(_LINGER_S)
        return outcome

    def stop(self, reason: str) -> None:
        """Stop the run."""
        self._stop_reason = self._stop_reason or reason

    def _answer(self, request: ControlRequest) -> RunStatus:
        """Take a front end's request and return how the run stands; called from the channel's threads."""
        if request is ControlRequest.STOP:
            self.stop("stopped by the operator")
        elif request is ControlRequest.ABORT:
            self._abort_requested.set()
        return self._status

    def _guard_runner(self) -> Outcome:
        self._instrument_lock = lock_instrument(self._request.resource, self._path, "guardian")
        # Nor may there be a runner that is still switching off after the death of its guardian.
        lock_instrument(self._request.resource, self._path, "runner").release()
        settle_instrument(self._request.resource, self._request.timeout_s)
        # On a serial line a second session would take the answers that are for the runner: there it is opened only
        # when it is needed, and made ready now: loading drivers takes half a second.
        if takes_one_client(self._request.resource):
            load_drivers(self._request.resource)
        else:
            self._spare = open_potentiostat(self._request.resource, self._request.timeout_s)
            self._driver = name_of_driver(self._spare)
        context = multiprocessing.get_context("spawn")
        pipe, runners_end = context.Pipe()
        runner = context.Process(target=run_process, args=(self._request, runners_end), name="ionecho runner")
        runner.start()
        runners_end.close()
        try:
            outcome = self._supervise(pipe, runner) or self._take_over(runner)
        except Exception as error:  # noqa: BLE001 - whatever it is, even a bug of ours: the output must go off
            self._stop_reason = f"the guardian process failed ({type(error).__name__}: {error})"
            outcome = self._take_over(runner)
        runner.join(_RUNNER_END_S)
        if runner.is_alive():
            runner.kill()
            runner.join()
        return outcome

    def _supervise(self, pipe: Connection[Any, Any], runner: Any) -> Outcome | None:
        """Return how the run ended, or None if the runner died or fell silent."""
        is_stop_sent = False
        while True:
            try:
                # One report a turn: a runner that reports all the time must not keep a stop from being passed on.
                if pipe.poll(_TURN_S):
                    status: RunStatus = pipe.recv()
                    self._last_report_s = time.monotonic()
                    if status.outcome is not None:
                        return status.outcome
                    self._receive(status, pipe)
            except (EOFError, OSError):
                return None
            if self._abort_requested.is_set():
                self._abort(pipe)
                is_stop_sent = True
            if self._stop_reason is not None and not is_stop_sent:
                is_stop_sent = True
                _order_stop(pipe, self._stop_reason)
            silent_s = time.monotonic() - self._last_report_s
            try:
                if not runner.is_alive() and not pipe.poll(0):
                    return None
            except OSError:
                return None
            if not self._status.phase.output_is_off and silent_s > self._request.stall_s:
                self._stop_reason = f"the measuring process was silent for {silent_s:.1f} s"
                return None

    def _receive(self, status: RunStatus, pipe: Connection[Any, Any]) -> None:
        if not status.phase.may_follow(self._status.phase):
            raise InstrumentError(f"the runner reports {status.phase!r} after {self._status.phase!r}")
        self._status = status
        if status.phase is Phase.SWITCHING_OFF:
            pipe.send(SwitchOffAnswer(self._try_to_switch_off()))
            self._last_report_s = time.monotonic()  # it waited for the answer: it was not silent

    def _abort(self, pipe: Connection[Any, Any]) -> None:
        """Tell the runner to stop, and switch off by the spare session without waiting for it."""
        self._abort_requested.clear()
        self.stop("aborted by the operator")
        _order_stop(pipe, self._stop_reason or "")
        self._try_to_switch_off()
        self._last_report_s = time.monotonic()  # its reports waited meanwhile: it was not silent

    def _take_over(self, runner: Any) -> Outcome:
        """Switch the output off in the runner's place, and leave its file as it lies, but for state and event."""
        phase = self._status.phase
        runner.join(_DEATH_SEEN_S)
        reason = self._stop_reason or "the measuring process closed its pipe to the guardian"
        if not runner.is_alive():
            reason = f"the measuring process ended unexpectedly while {phase.activity}{_signal_of(runner.exitcode)}"
        # First the runner, then the output: a runner that wakes up must not switch it on again.
        runner.kill()
        runner.join()
        output = self._status.output if phase.output_is_off else OutputState.UNKNOWN
        self._status = replace(self._status, phase=Phase.SWITCHING_OFF, output=output)
        if (problem := self._try_to_switch_off()) is None:
            OutputMarker(self._request.resource).remove()
            output, state, error = OutputState.OFF, RunState.ABORTED, "InstrumentError"
            reason += "; the guardian process switched the output off and read that back"
        else:
            output, state, error = OutputState.UNKNOWN, RunState.UNKNOWN, OutputStateUnknown.__name__
            reason += f"; {problem}"
        n_samples = self._record_end(state, reason, output)
        if n_samples:
            reason += f". {n_samples} samples are in {self._path}; `ionecho recover` closes the file"
        return Outcome(state, output, reason, error, n_samples)

    def _record_end(self, state: RunState, reason: str, output: OutputState) -> int:
        """Write the end into the run file, if there is one yet, and return its number of samples."""
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

    def _try_to_switch_off(self) -> str | None:
        """Return None once the output is read back as off, else why it may still be on."""
        try:
            self._switch_off()
        except OutputStateUnknown as error:
            return str(error)
        return None

    def _switch_off(self) -> None:
        """Reach the safe state by the spare session, or by fresh ones for some seconds.

        Raises
        ------
        OutputStateUnknown
            If the output could not be read back as off in all that time.
        """
        if self._spare is not None:
            try:
                self._spare.safe_state()
            except Exception:  # noqa: BLE001 - whatever failed in it, of a driver of somebody else's too: a fresh one
                spare, self._spare = self._spare, None
                with suppress(Exception):
                    spare.close()
            else:
                return
        switch_off(self._request.resource, self._driver, self._request.timeout_s)


def _order_stop(pipe: Connection[Any, Any], reason: str) -> None:
    with suppress(OSError):
        pipe.send(StopOrder(reason))


def _signal_of(exit_code: int | None) -> str:
    """Return what killed a process, in words that may follow a sentence; nothing if it ended by itself."""
    if exit_code is None or exit_code >= 0:
        return ""
    try:
        return f" (killed by {signal.Signals(-exit_code).name})"
    except ValueError:
        return f" (killed by signal {-exit_code})"


def main() -> int:
    """Guard the run that standard input names."""
    try:
        guardian = Guardian(request_from_json(sys.stdin.readline()))
    except IonechoError as error:
        sys.stderr.write(f"{error}\n")
        return NOT_STARTED
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: guardian.stop("the guardian process was told to end"))
    outcome = guardian.guard()
    if outcome.state is RunState.REFUSED:  # for a front end that did not hear it
        sys.stderr.write(f"{outcome.reason}\n")
    return 0 if outcome.state is RunState.COMPLETE else 1


if __name__ == "__main__":
    sys.exit(main())
