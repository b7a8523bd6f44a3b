"""Supervision of one run: the output goes off even if the run's own process cannot see to it.

The guardian is a small process of its own. It opens a spare session to the instrument, starts the runner, receives its
reports several times a second, and passes on what front ends ask. Its own life::

    connecting ──► supervising ─────── outcome reported ───────► finished
        │               │                                           ▲
        │ refused       │ runner dead, or past the deadline of its  │
        │               │ phase, or the guardian itself failed      │
        │               ▼                                           │
        │          taking over: kill the runner, switch off, ───────┤
        │               read back, note the end in the run file     │
        └───────────────────────────────────────────────────────────┘

Everything is done by one loop that turns every 0.05 s at the latest, whatever happens: what may take long (sessions,
disks) is done by a `Worker`, and the pipe is read and written by a `MessageChannel`. With each turn it

- takes a message of the runner, and answers whether it may start: not after a stop, nor out of turn;
- holds the runner against the deadline of its phase (`daq.execution.deadlines`), the phases before the start too: a
  frozen runner must not wake up later and switch on;
- passes a stop on to the runner; an abort also switches off through the spare session at once;
- lets the runner hear a heartbeat, four times a second. A runner that hears none for 2 s stops, and switches off by
  itself: no run continues without a guardian.

A runner that is taken over is dead before anything else is done, so that it can do nothing when it wakes. A report of a
phase that may not follow the last one is a failure of the runner, which is then taken over.

The guardian itself is watched by the runner, by its heartbeats, and by front ends: each of their answers carries the
time since the loop turned last. A front end replaces a guardian that does not answer, or whose loop does not turn
(`daq.execution.replacement`).

`daq.execution.bench` starts it as ``python -m daq.execution.guardian``, with the request as JSON on its standard input.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from daq.execution.control import NOT_STARTED, ControlServer
from daq.execution.deadlines import RunnerWatch
from daq.execution.message_channel import MessageChannel
from daq.execution.messages import ControlRequest, Heartbeat, StartAnswer, StartRequest, StopOrder, SwitchOffAnswer
from daq.execution.output_marker import OutputMarker
from daq.execution.processes import ProcessId, signal_of
from daq.execution.recorded_end import record_end, recorded_end
from daq.execution.recovery import settle_instrument
from daq.execution.run_request import request_from_json
from daq.execution.runner_process import run_process
from daq.execution.spare_session import open_spare
from daq.execution.switch_off import RETRY_S, switch_off
from daq.execution.worker import Job, Worker
from daq.locks import lock_instrument, lock_run
from daq.state import Outcome, OutputState, Phase, RunState, RunStatus
from drivers import load_drivers
from protocols import ConnectionLost, InstrumentError, IonechoError, OutputStateUnknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from daq.execution.messages import PipeMessage
    from daq.execution.run_request import RunRequest
    from daq.locks import Lock
    from drivers import Potentiostat

T = TypeVar("T")

# Longest wait (s) for a report before stops, aborts and the runner's life are looked at. It adds to the time from the
# death of a runner to the output off, for which a second is promised.
_TURN_S = 0.05
# Interval (s) of the heartbeats: an eighth of what the runner waits for one.
_HEARTBEAT_S = 0.25
# How long (s) the spare session may take to open, an earlier run's output included, before the run is refused: the
# deadline of the runner for its own session. Doubled: a person waits longer for an instrument that does not answer.
# Loading drivers is no exchange: it takes half a second, and ten on a busy computer with a virus scanner.
_CONNECT_S, _LOAD_S = 10.0, 60.0
# How long (s) switching off may take before the guardian tells that it does not know: what the sessions try for, and
# their last attempt. Doubled: a session that hangs in spite of its timeouts is told 5 s later.
_SWITCH_OFF_S = RETRY_S + 5.0
# How long (s) a last word may take to be written into the run file, or a session to be closed: a disk that hangs must
# not keep the outcome back. Doubled: a person is told 5 s later.
_RECORD_S, _CLOSE_S = 5.0, 2.0
# How long (s) front ends have to fetch the outcome before the control channel closes; a poll takes 0.05 s. After that
# they read it from the run file.
_LINGER_S = 5.0
# How long (s) a runner that has reported its outcome may take to end by itself before it is killed, and one that was
# killed to be gone: it does nothing more of its own meanwhile, whatever keeps it.
_RUNNER_END_S, _KILLED_S = 2.0, 2.0
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
        self._turned_s = self._beat_s = time.monotonic()
        self._stop_reason: str | None = None
        self._is_stop_sent = False
        self._abort_requested = threading.Event()
        self._worker = Worker("session of the guardian")
        self._spare: Potentiostat | None = None  # of the worker's thread
        self._note = ""  # on what was done before the run
        self._driver = ""  # name of the instrument's driver, once it is known
        self._switching_off: Job[str | None] | None = None  # for a runner that waits
        self._inbox: queue.SimpleQueue[PipeMessage | None] = queue.SimpleQueue()
        self._channel: MessageChannel | None = None
        self._instrument_lock: Lock | None = None
        self._run_lock = lock_run(self._path, "guardian")
        self._server = ControlServer(self._path, request)

    def guard(self) -> Outcome:
        """Carry the request out under supervision and return how the run ended."""
        self._server.serve(self._answer, lambda: time.monotonic() - self._turned_s)
        try:
            outcome = self._guard_runner()
        except IonechoError as error:
            outcome = Outcome.refused(str(error), type(error).__name__)
        if self._note:
            outcome = replace(outcome, warnings=(self._note, *outcome.warnings))
        with suppress(IonechoError, OSError):
            self._while_turning(self._close_spare, _CLOSE_S, "closing its session")
        if self._instrument_lock is not None:
            self._instrument_lock.remove()  # before anybody hears of the end: the next run may begin at once
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

    # -- the loop -----------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        """Show that the loop turns: to front ends, and to the runner several times a second."""
        self._turned_s = time.monotonic()
        if self._channel is not None and self._turned_s - self._beat_s >= _HEARTBEAT_S:
            self._beat_s = self._turned_s
            self._channel.send(Heartbeat(self._turned_s))

    def _while_turning(self, function: Callable[[], T], limit_s: float, what: str) -> T:
        """Have the worker do something, keep turning meanwhile, and return its result or raise its error.

        Raises
        ------
        ConnectionLost
            If it takes too long: the worker is then left with it, and a new one takes its place.
        """
        job = self._worker.submit(function)
        deadline = time.monotonic() + limit_s
        while not job.wait(_TURN_S):
            self._turn()
            if time.monotonic() > deadline:
                self._worker, self._spare = Worker("session of the guardian"), None
                raise ConnectionLost(
                    f"{self._request.resource}: the guardian process is still {what} after {limit_s:.0f} s"
                )
        return job.result()

    def _guard_runner(self) -> Outcome:
        self._while_turning(lambda: load_drivers(self._request.resource), _LOAD_S, "loading drivers")
        self._while_turning(self._connect, _CONNECT_S, "connecting")
        if self._stop_reason is not None or self._abort_requested.is_set():
            return Outcome.refused(f"{self._stop_reason or 'aborted by the operator'}: nothing was started", "")
        context = multiprocessing.get_context("spawn")
        pipe, runners_end = context.Pipe()
        runner = context.Process(target=run_process, args=(runners_end,), name="ionecho runner")
        runner.start()
        runners_end.close()
        process = ProcessId.of(runner.pid or 0)
        try:
            self._server.file.set_runner(process)
            self._channel = MessageChannel(pipe, self._inbox.put)
            self._channel.send(self._request)
            watch = RunnerWatch(self._request.stall_s, process)
            outcome = self._supervise(self._channel, watch, runner) or self._take_over(runner)
        except Exception as error:  # noqa: BLE001 - whatever it is, even a bug of ours: the output must go off
            self._stop_reason = f"the guardian process failed ({type(error).__name__}: {error})"
            outcome = self._take_over(runner)
        self._await_end(runner, _RUNNER_END_S)
        self._kill(runner)
        return outcome

    def _connect(self) -> None:
        """Take the instrument, see that no earlier run has left its output on, and make ready; done by the worker."""
        self._instrument_lock = lock_instrument(self._request.resource, self._path, "guardian")
        # Nor may there be a runner that is still switching off after the death of its guardian.
        lock_instrument(self._request.resource, self._path, "runner").remove()
        self._note = settle_instrument(self._request.resource, self._request.timeout_s)
        self._spare, self._driver = open_spare(self._request.resource, self._request.timeout_s)

    def _supervise(self, channel: MessageChannel, watch: RunnerWatch, runner: Any) -> Outcome | None:
        """Return how the run ended, or None if the runner died or is past its deadline."""
        seemed_dead = False
        while True:
            self._turn()
            # One report a turn: a runner that reports all the time must not keep a stop from being passed on.
            try:
                message = self._inbox.get(timeout=_TURN_S)
            except queue.Empty:
                # What it sent last may be on its way for another turn.
                if seemed_dead:
                    return None
                seemed_dead = not runner.is_alive()
            else:
                if message is None:
                    return None
                if isinstance(message, RunStatus) and message.outcome is not None:
                    return message.outcome
                self._receive(message, channel, watch)
            self._pass_on_requests(channel, watch)
            self._answer_switched_off(channel, watch)
            if (overdue := watch.overdue()) is not None:
                self._stop_reason = overdue
                return None

    def _receive(self, message: PipeMessage, channel: MessageChannel, watch: RunnerWatch) -> None:
        if isinstance(message, StartRequest):
            channel.send(StartAnswer(message.token, self._refusal_of_start()))
        elif isinstance(message, RunStatus):
            watch.report(message.phase)
            if not message.phase.may_follow(self._status.phase):
                raise InstrumentError(f"the runner reports {message.phase!r} after {self._status.phase!r}")
            self._status = message
            if message.phase is Phase.SWITCHING_OFF and self._switching_off is None:
                self._switching_off = self._worker.submit(self._try_to_switch_off)

    def _refusal_of_start(self) -> str | None:
        """Return why the output must not go on now, None if it may."""
        if self._stop_reason is not None or self._abort_requested.is_set():
            return self._stop_reason or "aborted by the operator"
        if self._status.phase is not Phase.RUNNING:
            return f"the measuring process wants to start while {self._status.phase.activity}"
        return None

    def _pass_on_requests(self, channel: MessageChannel, watch: RunnerWatch) -> None:
        """Tell the runner to stop if somebody asked for it; after an abort, switch off without waiting for it."""
        if self._abort_requested.is_set():
            self._abort_requested.clear()
            self.stop("aborted by the operator")
            self._worker.submit(self._try_to_switch_off)
        if self._stop_reason is not None and not self._is_stop_sent:
            self._is_stop_sent = True
            channel.send(StopOrder(self._stop_reason))
            watch.order_stop()

    def _answer_switched_off(self, channel: MessageChannel, watch: RunnerWatch) -> None:
        """Tell a runner that waits for it what came of switching off; until then its silence is expected."""
        if self._switching_off is None:
            return
        watch.report(self._status.phase)
        if self._switching_off.is_done:
            channel.send(SwitchOffAnswer(self._switching_off.result()))
            self._switching_off = None

    # -- the end ------------------------------------------------------------------------------------------------------

    def _await_end(self, runner: Any, limit_s: float) -> None:
        deadline = time.monotonic() + limit_s
        while runner.is_alive() and time.monotonic() < deadline:
            self._turn()
            runner.join(_TURN_S)

    def _kill(self, runner: Any) -> None:
        """End the runner for certain: one that is frozen, too, does nothing of its own any more."""
        runner.kill()
        self._await_end(runner, _KILLED_S)

    def _take_over(self, runner: Any) -> Outcome:
        """Switch the output off in the runner's place, and leave its file as it lies, but for state and event."""
        phase = self._status.phase
        self._await_end(runner, _DEATH_SEEN_S)
        reason = self._stop_reason or "the measuring process closed its pipe to the guardian"
        if not runner.is_alive():
            reason = f"the measuring process ended unexpectedly while {phase.activity}{signal_of(runner.exitcode)}"
            if (recorded := recorded_end(self._path, self._request.run_id)) is not None and recorded.output.is_off:
                return recorded  # it has ended by itself, with a guardian that was frozen meanwhile
        # First the runner, then the output: a runner that wakes up must not switch it on again.
        self._kill(runner)
        recorded = recorded_end(self._path, self._request.run_id) if phase is Phase.CLOSING else None
        if recorded is not None and recorded.output.is_off:
            return replace(recorded, warnings=(*recorded.warnings, reason))
        was_untouched = self._status.output is OutputState.UNTOUCHED and not self._path.exists()
        output = self._status.output if phase.output_is_off else OutputState.UNKNOWN
        self._status = replace(self._status, phase=Phase.SWITCHING_OFF, output=output)
        try:
            problem = self._while_turning(self._try_to_switch_off, _SWITCH_OFF_S, "switching off")
        except ConnectionLost as error:
            problem = f"the output may still be ON ({error}). Press the OUTPUT key of the instrument."
        if problem is None:
            OutputMarker(self._request.resource).remove()
            output, state, error_name = OutputState.OFF, RunState.ABORTED, "InstrumentError"
            reason += "; the guardian process switched the output off and read that back"
        elif was_untouched:
            return Outcome.refused(
                f"{reason}: nothing was started. Nor does the instrument answer: {problem}", "InstrumentError"
            )
        else:
            output, state, error_name = OutputState.UNKNOWN, RunState.UNKNOWN, OutputStateUnknown.__name__
            reason += f"; {problem}"
        n_samples = self._record_end(state, reason, output)
        if n_samples:
            reason = f"{reason.rstrip('.')}. {n_samples} samples are in {self._path}; `ionecho recover` closes the file"
        return Outcome(state, output, reason, error_name, n_samples)

    def _record_end(self, state: RunState, reason: str, output: OutputState) -> int:
        try:
            record = partial(record_end, self._path, self._request.run_id, state, reason, output)
            return self._while_turning(record, _RECORD_S, "writing the end of the run")
        except ConnectionLost:
            return 0

    def _close_spare(self) -> None:
        if self._spare is not None:
            self._spare.close()

    def _try_to_switch_off(self) -> str | None:
        """Return None once the output is read back as off, else why it may still be on; done by the worker."""
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
    if outcome.state is not RunState.COMPLETE:  # for a front end that did not hear it and finds no run file
        sys.stderr.write(f"{outcome.reason}\n")
    status = 0 if outcome.state is RunState.COMPLETE else 1
    if multiprocessing.active_children():  # one that was killed and is still in a call: nobody waits for it
        os._exit(status)
    return status


if __name__ == "__main__":
    sys.exit(main())
